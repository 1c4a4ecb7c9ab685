"""Transcoding in ``conformance bench``: ``codecmodel transcode`` beside the ffmpeg program, process with process.

Both use the libraries of the system, and FFmpeg's encoders with the same options: rate control, speed, distance of key
frames, and the most threads that ours may have. FFmpeg chooses the threads of both decoders. The costs are those of
the whole file, with start-up in them; ``--seconds 60`` makes a file of a minute.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from codecmodel.command_line.encoder_choice import VideoChoice
from codecmodel.files import open as open_media
from codecmodel.platform.current import use_platform
from codecmodel.platform.ffmpeg import FFmpegPlatform
from codecmodel.platform.ffmpeg.encoding.video_codecs import video_encoding
from conformance.bench.comparison import Comparison, Comparisons, Settings, Turn, compare, timed_in_child
from conformance.bench.libraries import has_program, of_the_system
from conformance.bench.media import make_benchmark_video

CASES: Final[Mapping[str, str]] = {"transcode": "H.264 640×360 transcoded, a process for the whole file"}
_SIZE: Final = (640, 360)
#: Title → the name of the codec on the command line of codecmodel.
_CODECS: Final[Mapping[str, str]] = {"VP9": "vp9", "H.264": "avc"}
#: The parameter of libx264 that says how chunks separate NAL units. The ffmpeg program's muxer wants its own way.
_SEPARATION: Final = "annexb="


async def _encoder_options(source: Path, codec: str) -> Sequence[str]:
    """The options of the ffmpeg program that make it encode as ``codecmodel transcode`` does."""
    with open_media(source) as media, use_platform(FFmpegPlatform(looks_ahead=True)):
        track = media.video.track
        async for frame in media.video:
            with frame:
                config = await VideoChoice(codec, None, track.frame_rate).config_for(frame)
            break
    encoding = video_encoding(config, looks_ahead=True)
    assert encoding is not None, "the configuration is supported"
    options = dict(encoding.options)
    if "x264-params" in options:
        kept = [each for each in options["x264-params"].split(":") if not each.startswith(_SEPARATION)]
        options["x264-params"] = ":".join(kept)
    arguments = {
        "c:v": encoding.encoder,
        "g": str(encoding.key_interval or encoding.request.key_interval),
        "threads": str(encoding.most_threads),
        "pix_fmt": encoding.pixel_formats[0],
        **options,
    }
    if encoding.bit_rate is not None:
        arguments["b:v"] = str(encoding.bit_rate)
    if encoding.max_b_frames is not None:
        arguments["bf"] = str(encoding.max_b_frames)
    return [part for name, value in arguments.items() for part in (f"-{name}", value)]


def _runs(*command: str) -> Turn:
    environment = of_the_system()
    return timed_in_child(lambda: subprocess.run(command, env=environment, check=True))


def commands(source: Path, codec: str) -> tuple[Sequence[str], Sequence[str]]:
    """Our command and ffmpeg's, to each of which the path of the target is to be added."""
    ours = [sys.executable, "-m", "codecmodel", "transcode", "--quiet", "--overwrite", "--video", codec, str(source)]
    ffmpeg = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(source)]
    return ours, [*ffmpeg, *asyncio.run(_encoder_options(source, codec))]


def measure(case: str, settings: Settings) -> Comparisons:
    """The comparisons with the ffmpeg program. Empty if there is none."""
    if not has_program("ffmpeg"):
        return {}
    found: dict[str, Comparison] = {}
    with tempfile.TemporaryDirectory() as directory:
        source, target = Path(directory) / "source.mkv", str(Path(directory) / "target.mkv")
        make_benchmark_video("h264", settings.seconds, source, _SIZE)
        for title, codec in _CODECS.items():
            ours, ffmpeg = commands(source, codec)
            found[f"to {title}, ffmpeg"] = compare(_runs(*ours, target), _runs(*ffmpeg, target), settings.rounds)
    return found
