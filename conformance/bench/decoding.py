"""Decoding in ``conformance bench``: the same chunks or the same file, in turns with PyAV, ffmpeg and other peers.

Decoders get chunks that are in memory, and each frame is closed as it comes out; the costs are those of a frame, of
audio those of a packet. All have as many threads as FFmpeg chooses. PyAV is in the same process, on the same libraries.
The ffmpeg program is compared with a program that decodes the whole file, process with process, on the libraries of the
system; the costs are those of the file, with start-up in them. See conformance.bench.peers for browsers and Node.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from codecmodel import AudioData, AudioDecoder, EncodedAudioChunk, EncodedVideoChunk, VideoDecoder, VideoFrame
from codecmodel.files import Demuxer
from codecmodel.types import AudioDecoderConfig, VideoDecoderConfig
from conformance.bench.comparison import (
    Comparison,
    Comparisons,
    Settings,
    Turn,
    at,
    compare,
    compared,
    interleaved,
    timed_here,
    timed_in_child,
)
from conformance.bench.libraries import has_program, has_pyav, of_the_system
from conformance.bench.media import make_benchmark_audio, make_benchmark_video, seconds_of_audio
from conformance.bench.peers import Peer
from conformance.bench.pyav_track import PyavTrack

#: Name → description; conformance.bench.media makes it.
CASES: Final[Mapping[str, str]] = {
    "h264": "H.264 1920×1080, decoded",
    "hevc": "HEVC 1920×1080, decoded",
    "vp9": "VP9 1280×720, decoded",
    "av1": "AV1 1920×1080, decoded",
    "opus": "Opus stereo, 20 ms packets, decoded",
    "resolution": "H.264 of several resolutions, decoded",
}
_AUDIO: Final = ("opus",)
#: Width and height of pictures in pixels.
_RESOLUTIONS: Final = ((320, 180), (640, 360), (1280, 720), (1920, 1080))


class AudioMedia:
    """A track of audio as chunks in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with Demuxer(path) as demuxer:
            track = demuxer.audio_track
            self.config: AudioDecoderConfig = track.config
            self.chunks: Sequence[EncodedAudioChunk] = list(demuxer.chunks_of(track))

    async def decode(self) -> None:
        with AudioDecoder({"output": AudioData.close, "error": print}) as decoder:
            decoder.configure(self.config)
            for chunk in self.chunks:
                decoder.decode(chunk)
            await decoder.flush()


class VideoMedia:
    """A track of video as chunks in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with Demuxer(path) as demuxer:
            track = demuxer.video_track
            self.config: VideoDecoderConfig = track.config
            self.chunks: Sequence[EncodedVideoChunk] = list(demuxer.chunks_of(track))

    async def decode(self) -> None:
        with VideoDecoder({"output": VideoFrame.close, "error": print}) as decoder:
            decoder.configure(self.config)
            for chunk in self.chunks:
                decoder.decode(chunk)
            await decoder.flush()


def _pyav(media: AudioMedia | VideoMedia) -> Callable[[], None]:
    import av

    track = PyavTrack(media.path)

    def decode() -> None:
        context = track.new_context()
        if isinstance(context, av.VideoCodecContext):
            # With 0, FFmpeg chooses.
            context.thread_count = 0
            context.thread_type = "AUTO"
        for packet in [*track.packets, None]:
            for _ in context.decode(packet):
                pass

    return decode


def _runs(*command: str) -> Turn:
    environment = of_the_system()
    return timed_in_child(lambda: subprocess.run(command, env=environment, check=True))


def _whole_files(kind: str, path: Path, settings: Settings) -> dict[str, Comparison]:
    """The comparison with the ffmpeg program, if there is one."""
    if not has_program("ffmpeg"):
        return {}
    ours = _runs(sys.executable, "-m", "conformance.bench.whole_file", kind, str(path))
    ffmpeg = _runs("ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-f", "null", "-")
    return {"the whole file, a process, ffmpeg": compare(ours, ffmpeg, settings.rounds)}


def _make(case: str, settings: Settings, directory: Path) -> AudioMedia | VideoMedia:
    if case in _AUDIO:
        return AudioMedia(make_benchmark_audio(case, seconds_of_audio(case, settings.packets), directory))
    path = directory / "video.mkv"
    make_benchmark_video(case, settings.seconds, path)
    return VideoMedia(path)


def measure(case: str, settings: Settings) -> Comparisons:
    """The comparisons with all peers that are installed, or asked for."""
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        if case == "resolution":
            return _by_resolution(settings, Path(directory))
        media = _make(case, settings, Path(directory))
        count, unit = len(media.chunks), "packet" if case in _AUDIO else "frame"
        turns: dict[str, Turn] = {"codecmodel": timed_here(lambda: asyncio.run(media.decode()), count)}
        if has_pyav():
            turns["PyAV"] = timed_here(_pyav(media), count)
        for name in settings.peers:
            peer = stack.enter_context(Peer(name))
            peer.take(media.config, media.chunks)
            turns[peer.description] = peer.turn
        costs = interleaved(turns, settings.rounds) if len(turns) > 1 else {}
        found = {f"a {unit}, {name}": compared(costs["codecmodel"], costs[name]) for name in [*turns][1:]}
        return found | _whole_files("audio" if case in _AUDIO else "video", media.path, settings)


def _by_resolution(settings: Settings, directory: Path) -> Comparisons:
    if not has_pyav():
        return {}
    found: dict[str, Comparison] = {}
    for width, height in _RESOLUTIONS:
        path = directory / f"{height}.mkv"
        make_benchmark_video("h264", settings.seconds, path, (width, height))
        media = VideoMedia(path)
        count = len(media.chunks)
        ours = timed_here(lambda media=media: asyncio.run(media.decode()), count)  # type: ignore[misc]
        comparison = compare(ours, timed_here(_pyav(media), count), settings.rounds)
        found[f"a frame of {width}×{height}, PyAV"] = at(height, comparison)
    return found
