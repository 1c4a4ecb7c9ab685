"""Media with known content for the tests of containers, and file objects that behave in known ways."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypedDict, Unpack, cast

import pytest

import ffbind
from ffbind.dictionaries import EMPTY

if TYPE_CHECKING:
    from typing_extensions import Buffer


def wave(samples: int = 20_000, *, title: str = "") -> bytes:
    """A WAV file of 16-bit stereo at 48 kHz: its frames count upwards on the left and downwards on the right."""
    return wave_header(samples, title=title) + wave_data(samples)


def wave_data(samples: int) -> bytes:
    return b"".join(struct.pack("<hh", n % 30_000, -(n % 30_000)) for n in range(samples))


def wave_header(samples: int, *, title: str = "") -> bytes:
    chunks = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 48_000, 192_000, 4, 16)
    if title:
        text = title.encode() + bytes(2 - len(title.encode()) % 2)
        chunks += struct.pack("<4sI4s4sI", b"LIST", 12 + len(text), b"INFO", b"INAM", len(text)) + text
    chunks += struct.pack("<4sI", b"data", samples * 4)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks) + samples * 4, b"WAVE") + chunks


def encoder(name: str) -> str:
    """The name, if there is such an encoder. Otherwise the test is skipped."""
    if ffbind.find_encoder(name) is None:
        pytest.skip(f"this FFmpeg has no encoder {name}")
    return name


def pictures(count: int, width: int = 64, height: int = 48) -> Iterator[ffbind.Frame]:
    """Pictures in yuv420p with pts 0, 1, 2, …, each of other colours than the one before."""
    for pts in range(count):
        frame = ffbind.Frame.video(width, height, "yuv420p")
        for index, plane in enumerate(frame.writable_planes()):
            plane.data[:] = bytes([(16 + 9 * pts + 50 * index) % 256]) * len(plane.data)
        frame.pts = pts
        yield frame


def tones(count: int, size: int, format: str, rate: int = 48_000, channels: int = 2) -> Iterator[ffbind.Frame]:
    """Frames of samples, silent but for an impulse in each."""
    for index in range(count):
        frame = ffbind.Frame.audio(size, format, channels, rate)
        for plane in frame.writable_planes():
            plane.data[:] = bytes(len(plane.data))
            plane.data[40 : 40 + 2] = b"\x00\x20"
        frame.pts = index * size
        yield frame


#: Pictures in BT.709, 25 a second.
PICTURES = ffbind.PictureParameters(
    width=64,
    height=48,
    format="yuv420p",
    framerate=(25, 1),
    color_range=1,
    color_primaries=1,
    color_trc=1,
    colorspace=1,
)


def encoded_video(
    name: str, count: int = 12, *, global_header: bool = False, options: Mapping[str, str] = EMPTY
) -> tuple[ffbind.Encoder, list[ffbind.Packet]]:
    """An encoder of PICTURES and the packets it has made."""
    settings = ffbind.EncoderSettings(global_header=global_header)
    made = ffbind.Encoder(encoder(name), PICTURES, settings, options=options)
    packets = [packet for frame in pictures(count) for packet in made.encode(frame)]
    return made, packets + made.drain()


def encoded_audio(
    name: str, format: str, count: int = 6, *, global_header: bool = False
) -> tuple[ffbind.Encoder, list[ffbind.Packet]]:
    """An encoder of stereo at 48 kHz and the packets it has made."""
    settings = ffbind.EncoderSettings(global_header=global_header)
    made = ffbind.Encoder(encoder(name), ffbind.SampleParameters(format, 48_000, 2), settings)
    packets = [packet for frame in tones(count, made.frame_size or 1024, format) for packet in made.encode(frame)]
    return made, packets + made.drain()


class StreamDescription(TypedDict, total=False):
    """The arguments of ContainerWriter.add_stream() that describe a stream."""

    codec_tag: str
    sample_aspect_ratio: tuple[int, int]
    display_matrix: tuple[int, ...]
    metadata: Mapping[str, str]


def written(
    format: str, made: ffbind.Encoder, packets: list[ffbind.Packet], **description: Unpack[StreamDescription]
) -> bytes:
    """A container with one stream, free of dates and version numbers."""
    target = io.BytesIO()
    with ffbind.ContainerWriter.open(target, format, options={"fflags": "+bitexact"}) as writer:
        stream = writer.add_stream(made, **description)
        for packet in packets:
            writer.write(packet, stream)
    return target.getvalue()


def contents(packets: list[ffbind.Packet]) -> list[bytes]:
    """The data of those packets that have data."""
    return [bytes(packet.data) for packet in packets if packet.size]


class Unseekable(io.RawIOBase):
    """A stream of bytes that goes forward only, up to `most` of them at a time."""

    def __init__(self, data: bytes = b"", most: int = 1 << 20) -> None:
        super().__init__()
        self._file = io.BytesIO(data)
        self._most = most

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def readinto(self, buffer: Buffer) -> int:
        return self._file.readinto(memoryview(buffer)[: self._most])

    def write(self, data: Buffer) -> int:
        return self._file.write(memoryview(data)[: self._most])

    def getvalue(self) -> bytes:
        return self._file.getvalue()


def unseekable(data: bytes = b"", most: int = 1 << 20) -> BinaryIO:
    """An Unseekable, with the type of a binary file."""
    return cast("BinaryIO", Unseekable(data, most))


class Failing(io.BytesIO):
    """A file whose method `name` raises `error` at its call number `at`, counting from 0."""

    def __init__(self, data: bytes, error: BaseException, *, name: str = "read", at: int = 0) -> None:
        super().__init__(data)
        self._error, self._name, self._left = error, name, at

    def fail_now(self) -> None:
        self._left = 0

    def _count(self, name: str) -> None:
        if name == self._name:
            self._left -= 1
            if self._left < 0:
                raise self._error

    def read(self, size: int | None = -1) -> bytes:
        self._count("read")
        return super().read(size)

    def write(self, data: Buffer) -> int:
        self._count("write")
        return super().write(data)

    def seek(self, position: int, whence: int = 0) -> int:
        self._count("seek")
        return super().seek(position, whence)


def saved(directory: Path, name: str, data: bytes) -> Path:
    """A file with the data."""
    path = directory / name
    path.write_bytes(data)
    return path
