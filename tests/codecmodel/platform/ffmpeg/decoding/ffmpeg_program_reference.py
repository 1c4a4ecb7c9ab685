"""The reference through the programs ``ffmpeg`` and ``ffprobe``: the same packets, listed and decoded."""

import json
import re
import subprocess
from fractions import Fraction
from functools import cache
from pathlib import Path
from shutil import which

import ffbind
from tests.codecmodel.platform.ffmpeg.decoding.media_model import Decoded, Encoded, TrackContent, microseconds

#: FFmpeg applies edit lists of MP4 by dropping packets. This option keeps them all, at the movie's timestamps.
_MOV_OPTIONS = ["-advanced_editlist", "0"]
#: FFmpeg's decoders apply "skip samples" side data and the pre-skip of OpusHead; this option keeps all samples.
_NO_SKIPPING = ["-flags2", "+skip_manual"]


@cache
def why_not() -> str | None:
    """Why this reference can't be used here, or None. It must run on the very libraries that ffbind uses."""
    if which("ffmpeg") is None or which("ffprobe") is None:
        return "there is no ffmpeg program"
    try:
        output = _run(["ffmpeg", "-version"]).decode()
    except (OSError, subprocess.CalledProcessError) as error:
        return f"the ffmpeg program does not run: {error}"
    library = ffbind.load()
    for name in ("avutil", "avcodec", "avformat"):
        # "libavcodec     59. 37.100 / 59. 37.100": the version it was built with, and the version it runs on.
        match = re.search(rf"^lib{name} .*/ *(\d+)\. *(\d+)\. *(\d+)", output, re.MULTILINE)
        assert match is not None, output
        version = tuple(int(group) for group in match.groups())
        if version != library.versions[name]:
            return f"the ffmpeg program runs on lib{name} {version}, this test on {library.versions[name]}"
    return None


def content(path: Path, decoder_names: list[str], pre_skips: list[int]) -> list[TrackContent]:
    """Every track of the file: packets as ffprobe lists them, decoded as ffmpeg's framemd5 has it.

    Decoders are asked for by name, to be those that the model uses. Of an Opus track as many samples are dropped from
    the untrimmed output as its OpusHead says.
    """
    options = _MOV_OPTIONS if path.suffix == ".mp4" else []
    probe = ["ffprobe", "-v", "error", *options, "-show_data_hash", "md5", "-show_streams", "-show_packets"]
    probed = json.loads(_run([*probe, "-of", "json", str(path)]))
    tracks: list[TrackContent] = []
    for stream, decoder_name, pre_skip in zip(probed["streams"], decoder_names, pre_skips, strict=True):
        time_base = Fraction(stream["time_base"])
        encoded = [
            Encoded(
                microseconds(packet.get("pts"), time_base),
                microseconds(packet.get("duration"), time_base),
                packet["flags"].startswith("K"),
                packet["data_hash"].removeprefix("MD5:"),
            )
            for packet in probed["packets"]
            if packet["stream_index"] == stream["index"]
        ]
        command = ["ffmpeg", "-v", "error", "-nostdin", *options, *_NO_SKIPPING, "-noautorotate", "-copyts"]
        command += ["-c", decoder_name, "-i", str(path), "-map", f"0:{stream['index']}"]
        if stream["codec_type"] == "video":
            command += ["-fps_mode", "passthrough", "-enc_time_base", "-1"]
        else:
            command += ["-c:a", f"pcm_{_packed_format(stream['sample_fmt'])}"]
            command += ["-af", f"atrim=start_sample={pre_skip}"] if pre_skip else []
        decoded, sizes = _parse_framemd5(_run([*command, "-f", "framemd5", "-"]).decode(), stream)
        rate = int(stream.get("sample_rate", 0))
        tracks.append(TrackContent(stream["codec_type"], stream["codec_name"], rate, sizes, encoded, decoded))
    return tracks


def _packed_format(sample_format: str) -> str:
    return {"u8": "u8", "s16": "s16le", "s32": "s32le", "flt": "f32le"}[sample_format.removesuffix("p")]


def _parse_framemd5(text: str, stream: dict[str, str]) -> tuple[list[Decoded], list[int]]:
    match = re.search(r"^#tb 0: (\d+/\d+)$", text, re.MULTILINE)
    assert match is not None, text
    time_base = Fraction(match[1])
    decoded: list[Decoded] = []
    sizes: list[int] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            _, _, pts, duration, _, digest = (field.strip() for field in line.split(","))
            decoded.append(Decoded(microseconds(int(pts), time_base), microseconds(int(duration), time_base), digest))
            sizes.append(1 if stream["codec_type"] == "video" else int(duration))
    if stream["codec_type"] == "audio":
        assert time_base == Fraction(1, int(stream["sample_rate"])), "durations are numbers of samples"
    return decoded, sizes


def _run(command: list[str]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout
