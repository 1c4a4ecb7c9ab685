"""Encodes test signals with FFmpeg. No other module of the suite uses FFmpeg for media."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from io import BytesIO
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

import ffbind
from conformance.media.signals import Picture, Sound
from conformance.suite.assertions import OptionalFeatureUnsupportedError

FRAMES_PER_SECOND: Final = 25

#: FFmpeg has no usable libraries.
LibraryError = ffbind.FFbindError

#: Level of full scale in 16 bits.
_FULL_SCALE: Final = 32767


class EncodedPacket(NamedTuple):
    """``pts`` counts pictures, or samples."""

    data: bytes
    pts: int
    key: bool


class EncodedStream(NamedTuple):
    """Packets in decoding order, and the other results of the encoder."""

    packets: Sequence[EncodedPacket]
    extradata: bytes
    initial_padding: int


def live_objects() -> Mapping[str, int]:
    """Objects of FFmpeg's that are alive, by kind."""
    return ffbind.live_objects()


def first_encoder(*names: str) -> str:
    """The first of these encoders that this FFmpeg has. Raises OptionalFeatureUnsupportedError if it has none."""
    for name in names:
        if ffbind.find_encoder(name) is not None:
            return name
    raise OptionalFeatureUnsupportedError(f"this FFmpeg has no encoder {' or '.join(names)}")


def encode_pictures(
    encoder: str,
    pictures: Sequence[Picture],
    *,
    gop_size: int,
    max_b_frames: int = 0,
    bit_rate: int | None = None,
    global_header: bool = False,
    colors: tuple[int, int, int, int] = (2, 2, 2, 0),
    sample_aspect_ratio: tuple[int, int] = (0, 1),
    options: Mapping[str, str] | None = None,
) -> EncodedStream:
    """Encode 4:2:0 pictures at 25 a second, with a key frame every ``gop_size``.

    ``colors`` are primaries, transfer, matrix (H.273) and range (0 unknown, 1 limited, 2 full).
    """
    height, width = pictures[0][0].shape
    primaries, transfer, matrix, color_range = colors
    with ffbind.Encoder(
        encoder,
        ffbind.PictureParameters(
            width=width,
            height=height,
            format="yuv420p",
            framerate=(FRAMES_PER_SECOND, 1),
            color_primaries=primaries,
            color_trc=transfer,
            colorspace=matrix,
            color_range=color_range,
            sample_aspect_ratio=sample_aspect_ratio,
        ),
        ffbind.EncoderSettings(
            gop_size=gop_size, max_b_frames=max_b_frames, bit_rate=bit_rate, global_header=global_header
        ),
        options=options or {},
    ) as context:
        packets: list[ffbind.Packet] = []
        for number, picture in enumerate(pictures):
            with _frame_of(picture) as frame:
                frame.pts = number
                frame.color_primaries, frame.color_trc, frame.colorspace = primaries, transfer, matrix
                frame.color_range = color_range
                frame.sample_aspect_ratio = sample_aspect_ratio
                packets += context.encode(frame)
        packets += context.drain()
        return EncodedStream(_taken(packets), context.extradata, 0)


def _frame_of(picture: Picture) -> ffbind.Frame:
    height, width = picture[0].shape
    frame = ffbind.Frame.video(width, height, "yuv420p")
    for plane, samples in zip(frame.writable_planes(), picture, strict=True):
        rows, columns = samples.shape
        np.ndarray((rows, columns), np.uint8, plane.data, strides=(plane.stride, 1))[:] = samples
    return frame


def encode_images(
    encoder: str,
    format: str,
    pictures: Sequence[npt.NDArray[np.uint8] | Picture],
    *,
    muxer: str | None = None,
    options: Mapping[str, str] | None = None,
    muxer_options: Mapping[str, str] | None = None,
) -> bytes:
    """An image file: made by a muxer, or by the encoder if its output for one picture is a file already.

    Pictures are in the pixel format that FFmpeg calls ``format``: the planes, or one array [row, column(, component)].
    """
    planes_of = [picture if isinstance(picture, tuple) else (picture,) for picture in pictures]
    height, width = planes_of[0][0].shape[:2]
    file = BytesIO()
    with ExitStack() as uses:
        context = uses.enter_context(
            ffbind.Encoder(
                encoder,
                ffbind.PictureParameters(
                    width=width, height=height, format=format, framerate=(FRAMES_PER_SECOND, 1), color_range=2
                ),
                # AVIF has the header of its bitstream in a box. Other image formats know nothing of such headers.
                ffbind.EncoderSettings(global_header=muxer == "avif"),
                options=options or {},
            )
        )
        packets: list[ffbind.Packet] = []
        for number, planes in enumerate(planes_of):
            with ffbind.Frame.video(width, height, format) as frame:
                frame.pts = number
                frame.color_range = 2
                for plane, samples in zip(frame.writable_planes(), planes, strict=False):
                    row = samples.reshape(samples.shape[0], -1)
                    np.ndarray(row.shape, np.uint8, plane.data, strides=(plane.stride, 1))[:] = row
                packets += context.encode(frame)
        packets += context.drain()
        if muxer is None:
            return _taken(packets)[0].data
        writer = uses.enter_context(ffbind.ContainerWriter.open(file, muxer, options=muxer_options or {}))
        stream = writer.add_stream(context)
        for packet in packets:
            with packet:
                writer.write(packet, stream)
    return file.getvalue()


def encode_sound(
    encoder: str,
    sound: Sound,
    sample_rate: int,
    *,
    format: str,
    samples_per_packet: int,
    bit_rate: int | None = None,
    options: Mapping[str, str] | None = None,
) -> EncodedStream:
    """Encode samples. ``samples_per_packet`` is for encoders that accept any number."""
    channels, length = sound.shape
    with ffbind.Encoder(
        encoder,
        ffbind.SampleParameters(format, sample_rate, channels),
        ffbind.EncoderSettings(bit_rate=bit_rate, global_header=True),
        options=options or {},
    ) as context:
        packets: list[ffbind.Packet] = []
        size = context.frame_size or samples_per_packet
        for start in range(0, length, size):
            with _samples_of(sound[:, start : start + size], format, sample_rate) as frame:
                frame.pts = start
                packets += context.encode(frame)
        packets += context.drain()
        return EncodedStream(_taken(packets), context.extradata, context.initial_padding)


def quantized(sound: Sound) -> Sound:
    """``sound`` as ``encode_sound`` gives it to an encoder of 16-bit samples."""
    return np.rint(sound * _FULL_SCALE) / 2**15


def _samples_of(sound: Sound, format: str, sample_rate: int) -> ffbind.Frame:
    channels, length = sound.shape
    frame = ffbind.Frame.audio(length, format, channels, sample_rate)
    planes = frame.writable_planes()
    # Packed samples alternate between the channels.
    parts = list(sound) if len(planes) == channels else [sound.T.reshape(-1)]
    for plane, part in zip(planes, parts, strict=True):
        match format:
            case "flt" | "fltp":
                np.frombuffer(plane.data, np.float32)[:] = part
            case "s16":
                np.frombuffer(plane.data, np.int16)[:] = np.rint(part * _FULL_SCALE)
            case _:
                raise ValueError(f"not made for {format}")
    return frame


def _taken(packets: Iterable[ffbind.Packet]) -> list[EncodedPacket]:
    """The contents of the packets, which are closed. The empty packet that ends FLAC is left out."""
    taken = []
    for packet in packets:
        with packet:
            if packet.size:
                assert packet.pts is not None
                taken.append(EncodedPacket(bytes(packet.data), packet.pts, packet.key))
    return taken
