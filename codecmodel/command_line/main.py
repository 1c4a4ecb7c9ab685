"""The command line of ``python -m codecmodel``."""

import argparse
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from codecmodel.command_line import transcode
from codecmodel.command_line.damage import DamageError
from codecmodel.command_line.decode import ProgressListener, decode_file, progress_bar, summary
from codecmodel.command_line.encoder_choice import AUDIO_CODECS, VIDEO_CODECS, default_codecs
from codecmodel.command_line.probe import as_json, as_table, probe_file, title
from codecmodel.command_line.run import run_program
from codecmodel.command_line.timeline_picture import draw_file
from codecmodel.files.errors import MediaFileError
from codecmodel.tracing import Timeline, use_timeline

_FAILURE: Final = 1
#: 128 and the number of SIGINT, as shells have it.
_INTERRUPTED: Final = 130
#: Columns of a table that goes to a file or a pipe.
_WIDTH_WITHOUT_TERMINAL: Final = 160


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 1 after one line on stderr, 130 if interrupted, 2 for usage."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that lacks a character, or a file name that is none, is no reason to fail.
        sys.stdout.reconfigure(errors="replace")
    try:
        if options.command == "probe":
            _probe(options.file, options.json)
        elif options.command == "timeline":
            draw_file(options.trace_file, options.picture, options.begin, options.end)
        else:
            with _traced(options.trace) if options.trace is not None else nullcontext():
                if options.command == "decode":
                    _decode(options)
                else:
                    _transcode(options)
    except DamageError as error:
        for line in error.lines:
            print(f"error: {line}", file=sys.stderr)
        return _FAILURE
    except MediaFileError as error:
        print(f"error: {error}", file=sys.stderr)
        return _FAILURE
    except KeyboardInterrupt:
        print("interrupted; outputs removed" if "trace" in options else "interrupted", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the table has left; Python must not find that out once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILURE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m codecmodel", description="Real media files through W3C WebCodecs, as this package models it."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    probe = commands.add_parser("probe", help="print each track as the WebCodecs configuration that decodes it")
    probe.add_argument("file", metavar="FILE")
    probe.add_argument("--json", action="store_true", help="print JSON; a description is in hexadecimal there")
    decode = commands.add_parser(
        "decode",
        help="decode to Y4M and WAV, one file for each track",
        description="Decode through VideoDecoder and AudioDecoder to Y4M and WAV, one file for each track; what Y4M "
        "cannot hold becomes raw planes with a JSON description. A change of format or size begins another file.",
    )
    decode.add_argument("file", metavar="FILE")
    decode.add_argument("--out", metavar="DIR", type=Path, required=True, help="where to; made if it is not there")
    decode.add_argument("--tracks", metavar="N,N", type=_track_numbers, help="only the tracks with these numbers")
    convert = commands.add_parser(
        "transcode",
        help="decode and encode again, into another file",
        description="Decode through VideoDecoder and AudioDecoder, encode through VideoEncoder and AudioEncoder, and "
        "write a file whose format its extension tells. Where no codec is named, it is the usual one of that format.",
    )
    convert.add_argument("file", metavar="IN")
    convert.add_argument("target", metavar="OUT")
    codec_help = "{}, a whole codec string, or none"
    convert.add_argument("--video", metavar="CODEC", help=codec_help.format(", ".join(VIDEO_CODECS)))
    convert.add_argument("--audio", metavar="CODEC", help=codec_help.format(", ".join(AUDIO_CODECS)))
    convert.add_argument("--video-bitrate", metavar="N", type=int, help="bits a second")
    convert.add_argument("--audio-bitrate", metavar="N", type=int, help="bits a second")
    for command in (decode, convert):
        command.add_argument(
            "--trace", metavar="OUT.json", type=Path, help="also record a timeline, for Perfetto or chrome://tracing"
        )
        command.add_argument("--strict", action="store_true", help="stop at the first damage in the file")
        command.add_argument("--quiet", action="store_true", help="print nothing but errors")
    picture = commands.add_parser(
        "timeline",
        help="draw a stretch of a trace as an SVG",
        description="Draw a trace that --trace has written, or a stretch of it, as an SVG. Perfetto shows more.",
    )
    picture.add_argument("trace_file", metavar="TRACE.json", type=Path)
    picture.add_argument("picture", metavar="OUT.svg", type=Path)
    for name, which in (("begin", "the beginning"), ("end", "the end")):
        picture.add_argument(
            f"--{name}", metavar="MS", type=float, help=f"in milliseconds since the first event (default: {which})"
        )
    return parser


def _transcoding(options: argparse.Namespace) -> transcode.Transcoding:
    video, audio = options.video, options.audio
    if video is None or audio is None:
        usual = default_codecs(options.target)
        video, audio = video or usual.video, audio or usual.audio
    return transcode.Transcoding(video, audio, options.video_bitrate, options.audio_bitrate)


def _track_numbers(text: str) -> list[int]:
    try:
        return [int(number) for number in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} are not numbers separated by commas") from None


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _WIDTH_WITHOUT_TERMINAL
    return console


def _probe(path: str, wants_json: bool) -> None:
    probed = run_program(probe_file(path))
    if wants_json:
        print(json.dumps(as_json(probed), indent=2))
    else:
        console = _console()
        # A long path is not wrapped: it can be copied.
        console.print(Text(title(probed)), soft_wrap=True)
        console.print(as_table(probed))
    if probed.problem:
        raise MediaFileError(f"{path}: {probed.problem}")


def _decode(options: argparse.Namespace) -> None:
    with _progress(options) as report_progress:
        decoded = run_program(
            decode_file(options.file, options.out, options.tracks, report_progress, is_strict=options.strict)
        )
    _warn(decoded.warnings)
    if not options.quiet:
        _console().print(summary(decoded))


def _transcode(options: argparse.Namespace) -> None:
    transcoding = _transcoding(options)
    with _progress(options) as report_progress:
        transcoded = run_program(
            transcode.transcode_file(
                options.file, options.target, transcoding, report_progress, is_strict=options.strict
            )
        )
    _warn(transcoded.warnings)
    if not options.quiet:
        _console().print(transcode.summary(transcoded))


def _warn(lines: Sequence[str]) -> None:
    for line in lines:
        print(f"warning: {line}", file=sys.stderr)


@contextmanager
def _progress(options: argparse.Namespace) -> Iterator[ProgressListener]:
    """A listener that shows progress on the terminal, unless the command is to be quiet."""
    if options.quiet:
        yield lambda done, total: None
        return
    with progress_bar(_console(stderr=True)) as progress:
        bar = progress.add_task(os.path.basename(options.file), total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


@contextmanager
def _traced(path: Path) -> Iterator[None]:
    """Trace the codecs made within the block. The trace is written in the end, unless the block is interrupted."""
    timeline = Timeline()
    # Whether it can be written is found out before the work, not after.
    _write(path, timeline)
    try:
        with use_timeline(timeline):
            yield
    except KeyboardInterrupt:
        path.unlink()
        raise
    except BaseException:
        _write(path, timeline)
        raise
    _write(path, timeline)


def _write(path: Path, timeline: Timeline) -> None:
    try:
        with path.open("w", encoding="utf-8") as file:
            timeline.write(file)
    except OSError as error:
        raise MediaFileError(f"{path}: {error.strerror or error}") from error
