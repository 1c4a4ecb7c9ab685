"""Videos for the tests of seeking: every picture differs from all others, wherever it is looked at."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest

import ffbind
from tests.codecmodel.files.media import MadeStream, write

#: Ticks (1/1000 s) from one picture to the next where the rate varies.
_UNEVEN = (20, 40, 33, 7, 500, 40, 1, 90)


class Video(NamedTuple):
    """How a video is made."""

    extension: str
    encoder: str
    options: Mapping[str, str] = MappingProxyType({})
    max_b_frames: int = 0
    gop_size: int = 8
    is_uneven: bool = False
    format: str | None = None
    #: Options of the muxer.
    muxer_options: Mapping[str, str] = MappingProxyType({})
    pictures: int = 40


_X264 = {"preset": "ultrafast"}
_X265 = {"preset": "ultrafast", "x265-params": "log-level=error:pools=1:frame-threads=1"}
_OPEN_265 = {"preset": "ultrafast", "x265-params": "log-level=error:pools=1:frame-threads=1:open-gop=1:bframes=3"}
_CLOSED_265 = {"preset": "ultrafast", "x265-params": "log-level=error:pools=1:frame-threads=1:open-gop=0:bframes=3"}
_VPX = {"deadline": "realtime", "cpu-used": "8"}
_ALT_REF = {"deadline": "good", "cpu-used": "5", "auto-alt-ref": "1", "lag-in-frames": "12"}
_SVT = {"preset": "12", "svtav1-params": "lp=1"}
_AOM = {"cpu-used": "8", "usage": "realtime"}

VIDEOS: Mapping[str, Video] = {
    "mp4 avc": Video("mp4", "libx264", _X264),
    "mp4 avc b-frames": Video("mp4", "libx264", _X264 | {"b-pyramid": "normal", "preset": "faster"}, 4),
    "mp4 avc open gop": Video("mp4", "libx264", _X264 | {"x264-params": "open-gop=1:b-adapt=0"}, 3),
    "mp4 avc intra refresh": Video("mp4", "libx264", _X264 | {"intra-refresh": "1"}),
    "mp4 avc one gop": Video("mp4", "libx264", _X264, 2, gop_size=1000),
    "mp4 avc uneven": Video("mp4", "libx264", _X264, 3, is_uneven=True),
    "mp4 avc fragmented": Video(
        "mp4", "libx264", _X264, 3, muxer_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    ),
    "mp4 avc fragments with index": Video(
        "mp4", "libx264", _X264, 3, muxer_options={"movflags": "frag_keyframe+dash+global_sidx"}
    ),
    "mov avc negative offsets": Video("mov", "libx264", _X264, 3, muxer_options={"movflags": "negative_cts_offsets"}),
    "mp4 avc without edit list": Video("mp4", "libx264", _X264, 3, muxer_options={"use_editlist": "0"}),
    "mp4 hevc": Video("mp4", "libx265", _CLOSED_265),
    "mp4 hevc open gop": Video("mp4", "libx265", _OPEN_265),
    "mp4 vp9": Video("mp4", "libvpx-vp9", _ALT_REF),
    "mp4 av1": Video("mp4", "libsvtav1", _SVT),
    "mkv avc b-frames": Video("mkv", "libx264", _X264, 4),
    "mkv avc open gop uneven": Video(
        "mkv", "libx264", _X264 | {"x264-params": "open-gop=1:b-adapt=0"}, 3, is_uneven=True
    ),
    "mkv hevc open gop": Video("mkv", "libx265", _OPEN_265),
    "webm vp8": Video("webm", "libvpx", _VPX),
    "webm vp8 hidden frames": Video("webm", "libvpx", _ALT_REF),
    "webm vp9 hidden frames uneven": Video("webm", "libvpx-vp9", _ALT_REF, is_uneven=True),
    "webm av1": Video("webm", "libsvtav1", _SVT),
    "avi avc": Video("avi", "libx264", _X264),
    "avi avc b-frames": Video("avi", "libx264", _X264, 3),
    "ts avc b-frames": Video("ts", "libx264", _X264, 3, format="mpegts"),
    "ts hevc open gop": Video("ts", "libx265", _OPEN_265, format="mpegts"),
    "flv avc": Video("flv", "libx264", _X264, 2),
    "annex b avc": Video("h264", "libx264", _X264, 2),
    "annex b hevc": Video("hevc", "libx265", _CLOSED_265),
    "ivf vp8": Video("ivf", "libvpx", _VPX),
    "ivf vp9": Video("ivf", "libvpx-vp9", _ALT_REF),
    "ivf av1": Video("ivf", "libsvtav1", _SVT),
}


def times_of(video: Video) -> Sequence[int]:
    """The timestamps of the pictures, in ms."""
    if not video.is_uneven:
        return [number * 40 for number in range(video.pictures)]
    times = np.cumsum([0, *(_UNEVEN[number % len(_UNEVEN)] for number in range(video.pictures - 1))])
    return [int(time) for time in times]


def made(directory: Path, video: Video) -> Path:
    """The video as a file."""
    if ffbind.find_encoder(video.encoder) is None:
        pytest.skip(f"this FFmpeg has no encoder {video.encoder}")
    settings = ffbind.EncoderSettings(
        global_header=video.extension not in ("h264", "hevc", "ts", "avi"),
        max_b_frames=video.max_b_frames,
        gop_size=video.gop_size,
    )
    # Encoders take a rate from this, so an even video has ticks of a frame.
    rate = (1000, 1) if video.is_uneven else (25, 1)
    source = ffbind.PictureParameters(width=64, height=64, format="yuv420p", framerate=rate)
    encoder = ffbind.Encoder(video.encoder, source, settings, options=dict(video.options))
    packets: list[ffbind.Packet] = []
    generator = np.random.default_rng(5)
    backdrop = generator.integers(0, 256, (128, 128), np.uint8)
    for number, time in enumerate(times_of(video)):
        with ffbind.Frame.video(64, 64, "yuv420p") as frame:
            for plane in frame.writable_planes():
                shape = plane.height, plane.row_bytes
                pixels = np.ndarray(shape, np.uint8, buffer=plane.data, strides=(plane.stride, 1))
                pixels[:] = backdrop[number % 40 :, number % 50 :][: shape[0], : shape[1]] // 2 + number % 50 * 2
            frame.pts = time if video.is_uneven else number
            packets += encoder.encode(frame)
    stream = MadeStream(encoder, packets + encoder.drain(), {})
    return write(directory / f"video.{video.extension}", stream, format=video.format, options=video.muxer_options)
