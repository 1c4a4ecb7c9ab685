"""The reference through PyAV: packets without their side data, decoded by FFmpeg's own decoders."""

import importlib
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import ffbind
from tests.codecmodel.platform.ffmpeg.decoding.media_model import Decoded, Encoded, TrackContent, md5, microseconds


@cache
def why_not() -> str | None:
    """Why this reference can't be used here, or None. It must run on the very libraries that ffbind uses."""
    try:
        av = importlib.import_module("av")
    except ImportError:
        return "PyAV is not installed"
    library = ffbind.load()
    for name in ("avutil", "avcodec", "avformat"):
        version = tuple(av.library_versions[f"lib{name}"])
        if version != library.versions[name]:
            return f"PyAV runs on lib{name} {version}, this test on {library.versions[name]}"
    return None


def content(path: Path, decoder_names: list[str], pre_skips: list[int]) -> list[TrackContent]:
    """Every track of the file. ``pre_skips`` is not needed: the decoder itself drops the samples that OpusHead in
    extradata says.
    """
    av = importlib.import_module("av")
    options = {"advanced_editlist": "0"} if path.suffix == ".mp4" else {}
    tracks: list[TrackContent] = []
    for index, decoder_name in enumerate(decoder_names):
        with av.open(str(path), options=options) as container:
            stream = container.streams[index]
            context = av.CodecContext.create(decoder_name, "r")
            context.extradata = stream.codec_context.extradata
            if stream.type == "audio":
                # PCM says these nowhere else.
                context.sample_rate = stream.codec_context.sample_rate
                context.layout = stream.codec_context.layout
            encoded: list[Encoded] = []
            frames: list[Any] = []
            for packet in container.demux(stream):
                if not packet.size:
                    frames += context.decode(None)
                    continue
                time_base = Fraction(packet.time_base)
                data = bytes(packet)
                encoded.append(
                    Encoded(
                        microseconds(packet.pts, time_base),
                        microseconds(packet.duration or None, time_base),
                        packet.is_keyframe,
                        md5(data),
                    )
                )
                bare = av.Packet(data)
                bare.pts, bare.dts, bare.duration = packet.pts, packet.dts, packet.duration
                bare.time_base = packet.time_base
                frames += context.decode(bare)
            time_base = Fraction(stream.time_base)
            decoded = [Decoded(microseconds(frame.pts, time_base), None, md5(*_planes(frame))) for frame in frames]
            sizes = [frame.samples if stream.type == "audio" else 1 for frame in frames]
            rate = stream.codec_context.sample_rate if stream.type == "audio" else 0
            tracks.append(TrackContent(stream.type, stream.codec_context.name, rate, sizes, encoded, decoded))
    return tracks


def _planes(frame: Any) -> list[bytes]:
    """The picture's planes without their padding, or the samples interleaved."""
    if hasattr(frame, "samples"):
        array = frame.to_ndarray()
        if frame.format.is_planar:
            array = np.ascontiguousarray(array.T)
        return [array.tobytes()]
    planes: list[bytes] = []
    for component, plane in zip(frame.format.components, frame.planes, strict=True):
        assert component.bits == 8
        rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        planes.append(rows[:, : plane.width].tobytes())
    return planes
