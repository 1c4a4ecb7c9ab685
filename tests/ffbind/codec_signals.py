"""Pictures and tones with known content, and measurements of them after a codec."""

import numpy as np
import numpy.typing as npt

from ffbind import Decoder, Encoder, Frame, Packet, PictureParameters, pixel_format, sample_format

WIDTH, HEIGHT = 128, 96
RATE = 48_000
TONE = 1_500

#: Pictures as most of these tests encode them.
PICTURES = PictureParameters(width=WIDTH, height=HEIGHT, format="yuv420p", framerate=(30, 1))


def level(index: int) -> int:
    """The luma of the flat picture number `index`: different for the first 16, in limited range."""
    return 20 + 13 * index


def flat_picture(index: int, format: str = "yuv420p", *, width: int = WIDTH, height: int = HEIGHT) -> Frame:
    """A picture of one grey, level(index) of 8 bits; pts is the index."""
    picture = Frame.video(width, height, format)
    depth = pixel_format(format).components[0].depth
    kind = "u1" if depth == 8 else "<u2"
    for number, plane in enumerate(picture.writable_planes()):
        value = (128 if number else level(index)) << (depth - 8)
        row = np.full(plane.row_bytes // np.dtype(kind).itemsize, value, kind).tobytes()
        for y in range(plane.height):
            plane.data[y * plane.stride : y * plane.stride + plane.row_bytes] = row
    picture.pts = index
    return picture


def noise_picture(index: int, format: str = "yuv420p", *, width: int = WIDTH, height: int = HEIGHT) -> Frame:
    """A picture of random samples, always the same ones for the same arguments; pts is the index."""
    picture = Frame.video(width, height, format)
    depth = pixel_format(format).components[0].depth
    random = np.random.default_rng(index)
    for plane in picture.writable_planes():
        if depth == 8:
            rows = random.integers(0, 256, (plane.height, plane.row_bytes)).astype("u1")
        else:
            rows = random.integers(0, 1 << depth, (plane.height, plane.row_bytes // 2)).astype("<u2").view("u1")
        for y in range(plane.height):
            plane.data[y * plane.stride : y * plane.stride + plane.row_bytes] = rows[y].tobytes()
    picture.pts = index
    return picture


def pixels(frame: Frame) -> list[bytes]:
    """The visible bytes of each plane."""
    return [
        b"".join(bytes(plane.data[y * plane.stride :][: plane.row_bytes]) for y in range(plane.height))
        for plane in frame.planes()
    ]


def mean_luma(frame: Frame) -> float:
    """The mean of the first plane, in 8 bits."""
    depth = pixel_format(frame.format).components[0].depth
    kind = "u1" if depth == 8 else "<u2"
    return float(np.frombuffer(pixels(frame)[0], kind).mean()) / (1 << (depth - 8))


SAMPLE_TYPES = {"u8": "u1", "s16": "<i2", "s32": "<i4", "flt": "<f4", "dbl": "<f8"}


def tone(start: int, count: int, format: str, channels: int = 2) -> Frame:
    """Samples [start, start + count) of a tone of TONE Hz at half of full scale, the same in all channels."""
    frame = Frame.audio(count, format, channels, RATE)
    kind = SAMPLE_TYPES[format.removesuffix("p")]
    wave = np.sin(2 * np.pi * TONE / RATE * np.arange(start, start + count)) / 2
    if kind == "u1":
        values = np.round(wave * 128 + 128)
    elif kind[1] == "i":
        values = np.round(wave * 2 ** (8 * int(kind[2]) - 1))
    else:
        values = wave
    data = values.astype(kind)
    if not sample_format(format).is_planar:
        data = np.repeat(data, channels)
    for plane in frame.writable_planes():
        plane.data[:] = data.tobytes()
    frame.pts = start
    return frame


def first_channel(frames: list[Frame]) -> npt.NDArray[np.float64]:
    """The samples of the first channel of all frames, full scale being 1."""
    parts = []
    for frame in frames:
        form = sample_format(frame.format)
        kind = SAMPLE_TYPES[frame.format.removesuffix("p")]
        values = np.frombuffer(frame.planes()[0].data, kind).astype(np.float64)
        if not form.is_planar:
            values = values[:: frame.channels]
        if kind == "u1":
            values = (values - 128) / 128
        elif kind[1] == "i":
            values = values / 2 ** (8 * int(kind[2]) - 1)
        parts.append(values)
    return np.concatenate(parts)


def encode_pictures(encoder: Encoder, pictures: list[Frame]) -> list[Packet]:
    """All packets of a stream of these pictures."""
    packets = [packet for picture in pictures for packet in encoder.encode(picture)]
    return packets + encoder.drain()


def encode_tone(encoder: Encoder, format: str, frames: int, channels: int = 2) -> list[Packet]:
    """All packets of a stream of that many frames of tone."""
    size = encoder.frame_size or 960
    packets: list[Packet] = []
    for index in range(frames):
        packets += encoder.encode(tone(index * size, size, format, channels))
    return packets + encoder.drain()


def decode_all(decoder: Decoder, packets: list[Packet]) -> list[Frame]:
    """All frames of a stream of these packets."""
    frames = [frame for packet in packets if packet.size for frame in decoder.decode(bytes(packet.data), packet.pts)]
    return frames + decoder.drain()
