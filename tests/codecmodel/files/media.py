"""Media files that the tests of codecmodel.files make with FFmpeg's encoders and muxers."""

import os
import random
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest

import ffbind


class MadeStream(NamedTuple):
    """An encoder, the packets it made, and the description for the muxer."""

    encoder: ffbind.Encoder
    packets: list[ffbind.Packet]
    description: dict[str, object]


def video(
    *encoders: str,
    count: int = 6,
    width: int = 64,
    height: int = 48,
    framerate: tuple[int, int] = (25, 1),
    format: str = "yuv420p",
    global_header: bool = True,
    is_noise: bool = False,
    description: dict[str, object] | None = None,
    **settings: object,
) -> MadeStream:
    """A video stream of the first encoder there is: each picture is brighter than the one before, or all are noise."""
    noise = random.Random(0)
    pictures: dict[str, object] = {"width": width, "height": height, "format": format, "framerate": framerate}
    encoder = _encoder(encoders, ffbind.PictureParameters, pictures, {"global_header": global_header, **settings})
    packets: list[ffbind.Packet] = []
    for pts in range(count):
        with ffbind.Frame.video(width, height, format) as frame:
            for plane in frame.writable_planes():
                level = bytes([20 + pts * 10 % 220]) * len(plane.data)
                plane.data[:] = noise.randbytes(len(plane.data)) if is_noise else level
            frame.pts = pts
            packets += encoder.encode(frame)
    return MadeStream(encoder, packets + encoder.drain(), description or {})


def _encoder(
    names: Sequence[str],
    kind: type[ffbind.PictureParameters | ffbind.SampleParameters],
    source: dict[str, object],
    settings: dict[str, object],
) -> ffbind.Encoder:
    """The first encoder there is, with each setting where it belongs."""
    of_source = {field.name for field in fields(kind)}
    of_encoder = {field.name for field in fields(ffbind.EncoderSettings)}
    source |= {name: value for name, value in settings.items() if name in of_source}
    return ffbind.Encoder(
        _first(names),
        kind(**source),  # type: ignore[arg-type]  # the test says what
        ffbind.EncoderSettings(**{name: value for name, value in settings.items() if name in of_encoder}),  # type: ignore[arg-type]
        **{name: value for name, value in settings.items() if name not in of_source | of_encoder},  # type: ignore[arg-type]
    )


def x264(**settings: object) -> MadeStream:
    """An H.264 stream without a global header unless asked for, and without B-frames unless asked for."""
    return video("libx264", **{"max_b_frames": 0, "options": {"preset": "ultrafast"}, **settings})  # type: ignore[arg-type]


def impulse(frame: ffbind.Frame) -> None:
    """Silence with an impulse."""
    for plane in frame.writable_planes():
        plane.data[:] = bytes(len(plane.data))
        plane.data[40:42] = b"\x00\x20"


def noise(frame: ffbind.Frame) -> None:
    """Noise, which hardly becomes smaller when it is encoded."""
    random = np.random.default_rng(1)
    for plane in frame.writable_planes():
        if frame.format in ("flt", "fltp"):
            plane.data[:] = random.uniform(-0.5, 0.5, len(plane.data) // 4).astype(np.float32).tobytes()
        else:
            plane.data[:] = random.bytes(len(plane.data))


def audio(
    *encoders: str,
    format: str,
    count: int = 6,
    rate: int = 48_000,
    channels: int = 2,
    fill: Callable[[ffbind.Frame], None] = impulse,
    description: dict[str, object] | None = None,
    **settings: object,
) -> MadeStream:
    """An audio stream of the first encoder there is; ``fill`` puts samples into each frame."""
    samples: dict[str, object] = {"format": format, "sample_rate": rate, "channels": channels}
    encoder = _encoder(encoders, ffbind.SampleParameters, samples, {"global_header": True, **settings})
    size = encoder.frame_size or 1024
    packets: list[ffbind.Packet] = []
    for index in range(count):
        with ffbind.Frame.audio(size, format, channels, rate) as frame:
            fill(frame)
            frame.pts = index * size
            packets += encoder.encode(frame)
    return MadeStream(encoder, packets + encoder.drain(), description or {})


def write(
    path: Path, *streams: MadeStream, format: str | None = None, options: Mapping[str, str] = MappingProxyType({})
) -> Path:
    """A container with these streams, their packets interleaved; returns ``path``."""
    with ffbind.ContainerWriter.open(path, format, options=options) as writer:
        indexes = [
            writer.add_stream(stream.encoder, **stream.description)  # type: ignore[arg-type]  # whatever the test says
            for stream in streams
        ]
        order: list[tuple[float, int, ffbind.Packet]] = []
        for index, stream in zip(indexes, streams, strict=True):
            numerator, denominator = stream.encoder.time_base
            order += [
                ((packet.dts or 0) * numerator / denominator, index, packet) for packet in stream.packets if packet.size
            ]
        for _, index, packet in sorted(order, key=lambda entry: entry[:2]):
            writer.write(packet, index)
    for stream in streams:
        for packet in stream.packets:
            packet.close()
        stream.encoder.close()
    return path


def wave(path: Path, samples: bytes, *, tag: int = 1, channels: int = 1, bits: int = 16, rate: int = 8000) -> Path:
    """A WAV file of these samples, whose format is given by its tag (1: integers, 3: floats, 6: A-law, 7: µ-law)."""
    frame = channels * bits // 8
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, channels, rate, rate * frame, frame, bits)
    body = b"WAVE" + head + struct.pack("<4sI", b"data", len(samples)) + samples
    path.write_bytes(struct.pack("<4sI", b"RIFF", len(body)) + body)
    return path


def media_files() -> Sequence[Path]:
    """The files of web-platform-tests that hold audio or video, if CODECMODEL_MEDIA says where they are."""
    media = os.environ.get("CODECMODEL_MEDIA")
    suffixes = {".mp4", ".webm", ".annexb", ".ogg", ".wav", ".adts", ".flac", ".mp3"}
    return sorted(path for path in Path(media, "wpt").iterdir() if path.suffix in suffixes) if media else []


def _first(encoders: Sequence[str]) -> str:
    for name in encoders:
        if ffbind.find_encoder(name) is not None:
            return name
    pytest.skip(f"this FFmpeg has no encoder {' or '.join(encoders)}")
