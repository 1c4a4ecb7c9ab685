"""The arguments of ``python -m codecmodel``."""

import argparse
import re
import sys
from fractions import Fraction
from pathlib import Path
from typing import Final, NoReturn

from codecmodel.command_line.batch.arguments import add_batch
from codecmodel.command_line.encoder_choice import AUDIO_CODECS, VIDEO_CODECS
from codecmodel.files.printable import printable
from codecmodel.version import __version__

_CODEC_HELP: Final = "{}, a whole codec string, copy, or none"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def parser() -> argparse.ArgumentParser:
    """The parser of the command line. Its result has the attribute ``command``, and those of the command's options."""
    is_installed = Path(sys.argv[0]).stem == "codecmodel"
    result = _Parser(
        prog="codecmodel" if is_installed else "python -m codecmodel",
        description="Read, decode and transcode media files through W3C WebCodecs, as this package models it.",
    )
    result.add_argument("--version", action="version", version=f"codecmodel {__version__}")
    commands = result.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_probe(commands)
    decode = _add_decode(commands)
    transcode = _add_transcode(commands)
    codecs = commands.add_parser("codecs", help="list the codecs that can be decoded and encoded here")
    codecs.add_argument("--json", action="store_true", help="print JSON, with a configuration for each")
    # Its options are the suite's, so nothing is an option here.
    purpose = "make a page that steps through the spec while a program runs"
    explain = commands.add_parser("explain", prefix_chars="\0", add_help=False, help=purpose)
    explain.add_argument("arguments", nargs="*")
    timeline, thumbnails = _add_timeline(commands), _add_thumbnails(commands)
    for command in (decode, transcode, timeline, thumbnails):
        command.add_argument("--overwrite", action="store_true", help="replace files that exist, without asking")
    for command in (decode, transcode):
        _add_selection(command)
        command.add_argument("--strict", action="store_true", help="stop at the first damage in the file")
        command.add_argument(
            "--trace", metavar="OUT.json", type=Path, help="also record a timeline, for Perfetto or chrome://tracing"
        )
        command.add_argument("--quiet", action="store_true", help="print nothing but errors and warnings")
    batch = commands.add_parser(
        "batch",
        help="do a command for many files, on all cores or on a cluster",
        description="Do a command for many files. A file that crashes a codec library costs no other file. After an "
        "interrupt, the same command goes on with the rest.",
    )
    add_batch(batch, commands.choices)
    return result


def _add_probe(commands: "argparse._SubParsersAction[_Parser]") -> None:
    probe = commands.add_parser("probe", help="print each track as the WebCodecs configuration that decodes it")
    probe.add_argument("file", metavar="FILE")
    probe.add_argument("--json", action="store_true", help="print JSON; a description is in hexadecimal there")


def _add_decode(commands: "argparse._SubParsersAction[_Parser]") -> argparse.ArgumentParser:
    decode = commands.add_parser(
        "decode",
        help="decode to Y4M and WAV, one file for each track",
        description="Decode through VideoDecoder and AudioDecoder to Y4M and WAV, one file for each track. Frames that "
        "Y4M cannot hold become raw planes with a JSON description. A change of format or size begins another file. "
        "Damage is passed over: a line reports the parts that are left out, and the exit status is 1.",
    )
    decode.add_argument("file", metavar="FILE")
    decode.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="the directory for the files, which is made if need be"
    )
    decode.add_argument("--tracks", metavar="N,N", type=_track_numbers, help="only the tracks with these numbers")
    return decode


def _add_transcode(commands: "argparse._SubParsersAction[_Parser]") -> argparse.ArgumentParser:
    transcode = commands.add_parser(
        "transcode",
        help="decode and encode again, into another file",
        description="Decode through VideoDecoder and AudioDecoder, encode through VideoEncoder and AudioEncoder, and "
        "write a file. Its extension tells the format, which has usual codecs. Damage is passed over: a line reports "
        "the parts that are left out, and the exit status is 1.",
    )
    transcode.add_argument("file", metavar="IN")
    transcode.add_argument("target", metavar="OUT", help="a path, or - for standard output")
    transcode.add_argument("--video", metavar="CODEC", help=_CODEC_HELP.format(", ".join(VIDEO_CODECS)))
    transcode.add_argument("--audio", metavar="CODEC", help=_CODEC_HELP.format(", ".join(AUDIO_CODECS)))
    transcode.add_argument(
        "--format", metavar="NAME", help="FFmpeg's name of the format, if OUT's extension does not tell it"
    )
    transcode.add_argument(
        "--keep-start", action="store_true", help="keep the time at which the file begins, instead of beginning at 0"
    )
    transcode.add_argument(
        "--moov-first", action="store_true", help="begin an MP4 file with its index, so that it plays as it is loaded"
    )
    transcode.add_argument("--video-bitrate", metavar="N", type=int, help="bits per second")
    transcode.add_argument("--audio-bitrate", metavar="N", type=int, help="bits per second")
    return transcode


def _add_selection(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--from", dest="start", metavar="TIME", type=_time, help="begin at this time: seconds, or h:mm:ss.s"
    )
    command.add_argument("--to", dest="end", metavar="TIME", type=_time, help="end before this time")
    command.add_argument("--size", metavar="WxH", type=_size, help="scale pictures to this size in pixels")
    command.add_argument("--fps", metavar="N", type=_rate, help="so many frames a second, such as 25 or 30000/1001")


def _add_timeline(commands: "argparse._SubParsersAction[_Parser]") -> argparse.ArgumentParser:
    picture = commands.add_parser(
        "timeline",
        help="draw a stretch of a trace as an SVG",
        description="Draw a trace that --trace has written, or a stretch of it, as an SVG. Perfetto shows more.",
    )
    picture.add_argument("trace_file", metavar="TRACE.json", type=Path)
    picture.add_argument("picture", metavar="OUT.svg", type=Path)
    for name, default in (("begin", "the beginning"), ("end", "the end")):
        picture.add_argument(
            f"--{name}", metavar="MS", type=float, help=f"in milliseconds since the first event (default: {default})"
        )
    return picture


def _add_thumbnails(commands: "argparse._SubParsersAction[_Parser]") -> argparse.ArgumentParser:
    thumbnails = commands.add_parser(
        "thumbnails",
        help="write small pictures of a video as PNG",
        description="Decode key frames that are spread over a video, and write them as PNG images.",
    )
    thumbnails.add_argument("file", metavar="FILE")
    thumbnails.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="the directory for the images, which is made if need be"
    )
    thumbnails.add_argument(
        "--at", metavar="TIME,TIME", type=_times, help="the frames that are shown at these times, and no others"
    )
    thumbnails.add_argument("--count", metavar="N", type=_positive, default=5, help="at most so many (default: 5)")
    thumbnails.add_argument("--width", metavar="N", type=_positive, default=320, help="in pixels (default: 320)")
    thumbnails.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return thumbnails


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return number


def _time(text: str) -> int:
    """A time in µs."""
    match = re.fullmatch(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: give seconds, or h:mm:ss.s")
    hours, minutes, seconds = match.groups()
    return round((int(hours or 0) * 3600 + int(minutes or 0) * 60 + Fraction(seconds.rstrip("."))) * 1_000_000)


def _times(text: str) -> list[int]:
    return [_time(each) for each in text.split(",")]


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: give the width and the height, as in 640x360")
    return int(match[1]), int(match[2])


def _rate(text: str) -> Fraction:
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no frame rate: give a number such as 25 or 30000/1001")
    return rate


def _track_numbers(text: str) -> list[int]:
    try:
        return [int(number) for number in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} are not numbers separated by commas") from None
