"""The costs of large images and long animations grow with their size, not with its square. Nothing is timed."""

import struct
import zlib
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from codecmodel.image_files import png_data
from codecmodel.image_files.avif import AvifFile
from codecmodel.image_files.avif_tracks import Sample
from codecmodel.image_files.reader import CodedPicture
from codecmodel.platform.ffmpeg.images import composition
from codecmodel.platform.ffmpeg.images.avif import AvifImage
from codecmodel.platform.ffmpeg.images.composition import Composition
from codecmodel.platform.ffmpeg.pixel_limit import PixelLimit
from tests.codecmodel.platform.ffmpeg.images.images import Array, Image, never, noise, saved


class _CountingInflater:
    """zlib's inflater. It counts the bytes that it was given, and those that it left over, which it copies."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj()
        self.bytes = 0

    def decompress(self, data: bytes, most: int) -> bytes:
        result = self._inflater.decompress(data, most)
        self.bytes += len(data) + len(self.unconsumed_tail)
        return result

    def flush(self) -> bytes:
        return self._inflater.flush()

    @property
    def unconsumed_tail(self) -> bytes:
        return self._inflater.unconsumed_tail

    @property
    def eof(self) -> bool:
        return self._inflater.eof


@pytest.mark.parametrize("content", ["noise", "zeros"])
def test_the_rows_of_a_png_are_counted_in_linear_time(content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # There are many steps, as in an image that is far larger.
    monkeypatch.setattr(png_data, "_INPUT_STEP", 1 << 12)
    monkeypatch.setattr(png_data, "_OUTPUT_STEP", 1 << 16)
    width = 4 << 10
    costs = []
    for height in (256, 1024):
        rows = np.zeros((height, 1 + width), np.uint8)
        if content == "noise":
            rows[:, 1:] = noise(1, 1, width, height)[:, :, 0]
        inflater = _CountingInflater()
        counting = SimpleNamespace(decompressobj=lambda inflater=inflater: inflater, error=zlib.error)
        monkeypatch.setattr(png_data, "zlib", counting)
        header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        data = zlib.compress(rows.tobytes(), 1)
        assert png_data.has_all_rows(header, data)
        assert inflater.bytes <= 2 * (len(data) + rows.nbytes)
        costs.append(inflater.bytes)
    assert costs[1] < 4.5 * costs[0]


def _pictures(count: int, width: int, height: int) -> list[CodedPicture]:
    """Pictures of one pixel, one after the other all over the canvas. Some of them give way to the earlier content."""
    return [
        CodedPicture(
            (),
            left=number % width,
            top=number // width % height,
            width=1,
            height=1,
            blends=True,
            disposal="restore" if number % 7 == 0 else "keep",
            timestamp=number,
        )
        for number in range(count)
    ]


def _color(picture: CodedPicture) -> Array:
    number = picture.timestamp
    return np.array([[[number % 251, number // 251 % 256, 7, 255]]], np.uint8)


def _counting(calls: list[int]) -> Callable[[CodedPicture], Array]:
    def pixels_of(picture: CodedPicture) -> Array:
        calls.append(picture.timestamp)
        return _color(picture)

    return pixels_of


@pytest.mark.parametrize(
    ("capacity", "most"),
    # Each picture is composed when it is asked for, twice on the way to the end, and once for each further level of
    # canvases that are kept: the fewer of them, the more levels.
    [(1024, 4), (100, 4), (30, 6), (12, 10)],
)
def test_to_step_backwards_is_cheap(capacity: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    count, width, height = 2000, 8, 6
    monkeypatch.setattr(composition, "_KEPT_CANVASES", capacity)
    pictures = _pictures(count, width, height)
    forward = Composition(width, height, _color)
    expected = [forward.frame(pictures, index, never) for index in range(count)]
    calls: list[int] = []
    backward = Composition(width, height, _counting(calls))
    for index in reversed(range(count)):
        assert (backward.frame(pictures, index, never) == expected[index]).all()
    assert len(calls) <= most * count
    assert len(backward._kept) <= capacity


def test_to_step_backwards_is_cheap_after_any_other_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "_KEPT_CANVASES", 100)
    count = 2000
    pictures = _pictures(count, 8, 6)
    calls: list[int] = []
    animation = Composition(8, 6, _counting(calls))
    # Every canvas that can be kept is one of the first pictures'.
    for index in (100, *range(99, 0, -1), 100, *range(99, 0, -1), 101, 100):
        animation.frame(pictures, index, never)
    calls.clear()
    for index in reversed(range(count)):
        animation.frame(pictures, index, never)
    assert len(calls) <= 6 * count


def test_canvases_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "_KEPT_BYTES", 3 * 4 * 8 * 6)
    pictures = _pictures(200, 8, 6)
    animation = Composition(8, 6, _color)
    for index in (199, *range(198, 0, -7), 40, 150, 3, 2, 199, 198):
        animation.frame(pictures, index, never)
        assert len(animation._kept) <= 3
    forward = Composition(8, 6, _color)
    for index in range(200):
        forward.frame(pictures, index, never)
        assert not forward._kept


@pytest.mark.skipif("AVIF" not in Image.SAVE, reason="this Pillow has no AVIF")
def test_to_step_backwards_in_a_sequence_of_avif_is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 24
    images = [Image.new("RGB", (64, 64), (index * 10, 0, 0)) for index in range(count)]
    file = saved(images[0], "AVIF", save_all=True, append_images=images[1:], duration=40, quality=90)
    image = AvifImage(PixelLimit(), ignores_colors=False)
    image.file.read(file, is_complete=True)
    assert image.file.tracks is not None
    color = image.file.tracks[1].color
    # A single key frame: otherwise there would be nothing to keep.
    assert color.first_needed == (0,) * count
    assert all(image.file.has(color, index) for index in range(count))
    decoded: list[int] = []
    packet = AvifFile.packet

    def counting(file: AvifFile, sample: Sample) -> bytes:
        decoded.append(sample.timestamp)
        return packet(file, sample)

    monkeypatch.setattr(AvifFile, "packet", counting)
    lumas = []
    for index in reversed(range(count)):
        output = image.decode(1, index, never)
        lumas.append(output.resource.planes()[0].data[0])
        output.resource.release()
    image.release()
    # The bitstream's header is looked up for each frame.
    assert len(decoded) - count <= 3 * count
    assert lumas == sorted(lumas, reverse=True)
