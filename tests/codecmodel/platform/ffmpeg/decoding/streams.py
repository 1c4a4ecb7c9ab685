"""Streams of video that FFmpeg encodes, and the platform's decoder as the model uses it."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from codecmodel.platform import threads
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.decoding.video_decoder import FFmpegVideoDecoder
from ffbind import Encoder, EncoderSettings, Frame, PictureParameters, find_encoder

WIDTH, HEIGHT = 128, 96


class Codec(NamedTuple):
    """A codec string, and the encoder with the options that make a stream of it."""

    string: str
    encoder: str
    options: dict[str, str]


CODECS = {
    "avc": Codec("avc1.42001e", "libx264", {"x264-params": "annexb=1", "profile": "baseline", "tune": "zerolatency"}),
    "avc with B-frames": Codec("avc1.64001e", "libx264", {"x264-params": "annexb=1:scenecut=0:b-adapt=0"}),
    "avc in slices": Codec("avc1.42001e", "libx264", {"x264-params": "annexb=1:slices=4", "tune": "zerolatency"}),
    "hevc": Codec("hev1.1.6.L93.B0", "libx265", {"x265-params": "annexb=1:bframes=0", "tune": "zerolatency"}),
    "hevc with B-frames": Codec("hev1.1.6.L93.B0", "libx265", {"x265-params": "annexb=1:scenecut=0:b-adapt=0"}),
    "vp8": Codec("vp8", "libvpx", {"lag-in-frames": "0", "deadline": "good", "cpu-used": "4"}),
    "vp9": Codec("vp09.00.10.08", "libvpx-vp9", {"lag-in-frames": "0", "deadline": "realtime", "cpu-used": "8"}),
    "av1": Codec("av01.0.04M.08", "libaom-av1", {"lag-in-frames": "0", "usage": "realtime", "cpu-used": "8"}),
}
IN_ORDER = [name for name in CODECS if "B-frames" not in name]


def require(name: str) -> Codec:
    """The codec of a name in CODECS. Skips the test if this FFmpeg does not encode it."""
    codec = CODECS[name]
    if find_encoder(codec.encoder) is None:
        pytest.skip(f"this FFmpeg has no {codec.encoder}")
    return codec


@cache
def stream(name: str, frames: int = 16, keys: tuple[int, ...] = (0,)) -> Sequence[bytes]:
    """Chunks of pictures that change everywhere. The frames ``keys`` are key frames."""
    codec = CODECS[name]
    pictures = PictureParameters(width=WIDTH, height=HEIGHT, format="yuv420p", framerate=(25, 1))
    chunks = []
    options = {**codec.options, **({"forced-idr": "1"} if codec.encoder in ("libx264", "libx265") else {})}
    with Encoder(codec.encoder, pictures, EncoderSettings(gop_size=1000), options=options) as encoder:
        for number in range(frames):
            with Frame.video(WIDTH, HEIGHT, "yuv420p") as frame:
                for plane in frame.writable_planes():
                    samples = np.frombuffer(plane.data, np.uint8)
                    samples[:] = np.arange(samples.size) * (number + 1) // 7 % 251
                chunks += encoder.encode(frame, pts=number, key_frame=number in keys)
        chunks += encoder.drain()
        return [chunk.tobytes() for chunk in chunks]


class Run(NamedTuple):
    """The outputs of a decoder: timestamps, their number after each chunk, pixels, and the error, if any."""

    timestamps: list[int]
    counts: list[int]
    pixels: list[bytes]
    error: str | None


def use_processors(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Make the platform believe that the machine has this number of processors."""
    monkeypatch.setattr(threads, "usable_processors", lambda: count)


def run(
    name: str,
    chunks: Sequence[bytes],
    *,
    waiting: Sequence[int] | None = None,
    flush: bool = False,
    **config: object,
) -> Run:
    """Decode chunks whose timestamps are their numbers. ``waiting``: the number of requests behind each."""
    decoder = FFmpegVideoDecoder()
    whole: VideoDecoderConfig = {"codec": CODECS[name].string, **config}  # type: ignore[typeddict-item]
    decoder.configure(whole)
    timestamps: list[int] = []
    counts: list[int] = []
    pixels: list[bytes] = []
    error: str | None = None

    def take(outputs: Sequence[object]) -> None:
        for output in outputs:
            timestamps.append(output.timestamp)  # type: ignore[attr-defined]
            resource = output.resource  # type: ignore[attr-defined]
            pixels.append(b"".join(bytes(plane.data) for plane in resource.planes()))
            resource.release()

    try:
        for number, chunk in enumerate(chunks):
            behind = 0 if waiting is None else waiting[number]
            decoder.requests.accepted = number + 1 + behind
            decoder.requests.finished = number
            take(decoder.decode(chunk, number, None))
            counts.append(len(timestamps))
        if flush:
            take(decoder.flush())
    except CodecError as failure:
        error = str(failure)
        take(decoder.outputs_before_failure())
    decoder.release()
    return Run(timestamps, counts, pixels, error)
