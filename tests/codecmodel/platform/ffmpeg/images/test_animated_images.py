"""Animations: frames composed on their canvas, times and repetitions, also of AVIF."""

import io
import math
from typing import Any

import numpy as np
import pytest

from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.images.image_decoder import FFmpegImageDecoder
from codecmodel.platform.image_decoder_implementation import (
    EncodedImageFrame,
    ImageConfig,
    ImageTrackDescription,
    ImageTracks,
)
from ffbind import Container, Decoder, StreamHeader, live_objects
from tests.codecmodel.platform.ffmpeg.images.avif_grid import grid_of
from tests.codecmodel.platform.ffmpeg.images.images import (
    HEIGHT,
    WIDTH,
    Array,
    Image,
    all_frames,
    frames_of,
    never,
    noise,
    opened,
    planes_of,
    rgba_of,
    saved,
)

Image.init()
needs_avif = pytest.mark.skipif("AVIF" not in Image.SAVE, reason="this Pillow cannot write AVIF")


def _sprites() -> list[Any]:
    """Pictures in which only a part changes, with transparent and opaque places."""
    images = []
    for index in range(5):
        pixels = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        pixels[2:14, 2 + 3 * index : 10 + 3 * index] = noise(index)[2:14, :8] // 64 * 64
        pixels[..., 3] = np.where(pixels[..., :3].sum(-1) > 200, 255, 0)
        images.append(Image.fromarray(pixels))
    return images


def _animation(format: str, images: list[Any], **options: Any) -> bytes:
    durations = [10 * (index + 3) for index in range(len(images))]
    return saved(images[0], format, save_all=True, append_images=images[1:], duration=durations, **options)


@pytest.mark.parametrize("disposal", [0, 1, 2])
@pytest.mark.parametrize("blend", [0, 1])
def test_apng(disposal: int, blend: int) -> None:
    file = _animation("PNG", _sprites(), disposal=disposal, blend=blend, loop=3)
    # Pillow does not go back by more than a frame.
    expected = _frames_of_apng(file)
    _check("image/apng", file, 2, expected)
    _check("image/png", file, 2, expected)


def _frames_of_apng(file: bytes) -> list[Array]:
    """The frames that FFmpeg's own demuxer and decoder output."""
    frames = []
    with Container.open(io.BytesIO(file), format="apng") as container:
        (stream,) = container.streams
        with Decoder("apng", StreamHeader(extradata=stream.extradata)) as decoder:
            for packet in container.packets():
                with packet:
                    decoder.send_packet(packet)
                while (frame := decoder.receive()) is not None:
                    frames.append(frame)
            frames += decoder.drain()
    made = []
    for frame in frames:
        with frame:
            (plane,) = frame.planes()
            made.append(np.ndarray((HEIGHT, WIDTH, 4), np.uint8, plane.data, 0, (plane.stride, 4, 1)).copy())
    return made


@pytest.mark.parametrize("disposal", [1, 2, 3])
def test_gif(disposal: int) -> None:
    _check("image/gif", _animation("GIF", _sprites(), disposal=disposal, loop=5), 5)


@pytest.mark.parametrize("kmax", [0, 9])
def test_webp(kmax: int) -> None:
    file = _animation("WEBP", _sprites(), lossless=True, exact=True, loop=4, kmin=0 if not kmax else 3, kmax=kmax)
    _check("image/webp", file, 3)


def _check(type: str, file: bytes, repetitions: float, expected: list[Array] | None = None) -> None:
    expected = expected or frames_of(file)
    durations = [10_000 * (index + 3) for index in range(5)]
    assert opened(type, file).tracks() == ImageTracks((ImageTrackDescription(True, 5, repetitions),))
    # Forward, backward, and each from a decoder that has seen none before.
    for order in (range(5), [4, 3, 2, 1, 0, 3, 3], [2], [4]):
        for index, output in zip(order, all_frames(type, file, list(order)), strict=True):
            assert output.duration == durations[index]
            assert (output.timestamp, output.derived_timestamp) == (None, sum(durations[:index]))
            _assert_same(rgba_of(output), expected[index])


def _assert_same(one: Array, other: Array) -> None:
    """Compare the pixels without the colours of transparent ones, which don't matter."""
    visible = other[..., 3] > 0
    assert (one[..., 3] == other[..., 3]).all()
    assert (one[visible] == other[visible]).all()


def test_translucent_pictures_are_blended() -> None:
    below = Image.new("RGBA", (WIDTH, HEIGHT), (200, 100, 0, 128))
    above = Image.new("RGBA", (WIDTH, HEIGHT), (0, 100, 200, 128))
    file = _animation("PNG", [below, above], disposal=0, blend=1)
    second = rgba_of(all_frames("image/png", file)[1])
    # Alpha 128 over 128: each covers 128/255 of the remainder.
    assert second[0, 0].tolist() == [66, 100, 134, 192]


def test_endless_animations() -> None:
    for format in ("PNG", "GIF", "WEBP"):
        tracks = opened(f"image/{format.lower()}", _animation(format, _sprites(), loop=0)).tracks()
        assert tracks is not None
        assert tracks.tracks[0].repetition_count == math.inf


def test_a_gif_that_grows() -> None:
    file = _animation("GIF", _sprites(), loop=5)
    decoder = FFmpegImageDecoder()
    decoder.configure(ImageConfig("image/gif"))
    counts = []
    for position in range(len(file)):
        decoder.append(file[position : position + 1])
        tracks = decoder.tracks()
        counts.append(0 if tracks is None else tracks.tracks[0].frame_count)
        if tracks is not None:
            last = counts[-1] - 1
            assert all(decoder.frame(0, index).availability == "complete" for index in range(last))
            assert decoder.frame(0, last + 1).availability == "incomplete"
    assert sorted(set(counts)) == [0, 1, 2, 3, 4, 5]
    assert counts == sorted(counts)
    decoder.release()


def test_frames_before_a_broken_place_stay() -> None:
    for format in ("GIF", "WEBP", "PNG"):
        type = f"image/{format.lower()}"
        file = _animation(format, _sprites(), loop=0)
        decoder = opened(type, file[: len(file) - 40])
        states = [decoder.frame(0, index).availability for index in range(6)]
        assert states == ["complete"] * 4 + ["malformed", "incomplete"]
        if format != "WEBP":
            _assert_same(rgba_of(decoder.decode(0, 3, never)), frames_of(file)[3])
        decoder.release()


def test_decoding_is_aborted_between_frames() -> None:
    decoder = opened("image/gif", _animation("GIF", _sprites(), disposal=1))
    with pytest.raises(CodecError):
        decoder.decode(0, 4, lambda: True)
    decoder.decode(0, 0, lambda: True).resource.release()
    decoder.release()


@needs_avif
def test_avif_with_alpha() -> None:
    pixels = np.full((HEIGHT, WIDTH, 4), (255, 255, 255, 0), np.uint8)
    pixels[:, WIDTH // 2 :, 3] = 255
    decoder = opened("image/avif", saved(Image.fromarray(pixels), "AVIF", quality=100, subsampling="4:4:4"))
    assert decoder.tracks() == ImageTracks([ImageTrackDescription(False, 1)])
    output = decoder.decode(0, 0, never)
    assert (output.timestamp, output.duration) == (None, None)
    assert output.resource.format == "I444A"
    *_, alpha = planes_of(output)
    assert (alpha[:, :, 0] == pixels[..., 3]).all()
    output.resource.release()
    decoder.release()


@needs_avif
@pytest.mark.parametrize("tag", range(1, 9))
def test_orientation_of_avif(tag: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = tag
    file = saved(Image.fromarray(noise(1, 3)), "AVIF", exif=exif)
    output = opened("image/avif", file).decode(0, 0, never)
    shown = np.rot90(np.arange(4).reshape(2, 2), -int(output.rotation) // 90)
    if output.flip:
        shown = shown[:, ::-1]
    expected = {
        1: [[0, 1], [2, 3]],
        2: [[1, 0], [3, 2]],
        3: [[3, 2], [1, 0]],
        4: [[2, 3], [0, 1]],
        5: [[0, 2], [1, 3]],
        6: [[2, 0], [3, 1]],
        7: [[3, 1], [2, 0]],
        8: [[1, 3], [0, 2]],
    }
    assert shown.tolist() == expected[tag]
    output.resource.release()


@needs_avif
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
def test_a_grid_of_avif(subsampling: str) -> None:
    grays = (10, 60, 110, 160, 210, 250)
    files = [
        saved(Image.new("RGB", (64, 64), (gray,) * 3), "AVIF", quality=90, subsampling=subsampling) for gray in grays
    ]
    file = grid_of(files, 3, 150, 100, (64, 64))
    decoder = opened("image/avif", file)
    assert decoder.tracks() == ImageTracks([ImageTrackDescription(False, 1)])
    before = live_objects()
    output = decoder.decode(0, 0, never)
    assert output.resource.coded_size == (150, 100)
    assert (output.rotation, output.flip) == (90, False)
    luma, u, v = (plane[:, :, 0] for plane in planes_of(output))
    for index, gray in enumerate(grays):
        row, column = divmod(index, 3)
        tile = luma[64 * row : 64 * row + 64, 64 * column : 64 * column + 64].astype(int)
        assert tile.shape == (64 if row == 0 else 36, 64 if column < 2 else 22)
        assert np.abs(tile - gray).max() <= 2
    assert np.abs(np.stack([u, v]).astype(int) - 128).max() <= 2
    assert u.shape == ((50, 75) if subsampling == "4:2:0" else (100, 150))
    output.resource.release()
    assert live_objects() == before
    assert opened("image/avif", file[:-1]).frame(0, 0) == EncodedImageFrame("malformed")
    with pytest.raises(CodecError):
        opened("image/avif", grid_of(files[:2], 1, 150, 100, (64, 64))).decode(0, 0, never)


@needs_avif
def test_a_sequence_of_avif() -> None:
    images = [Image.new("RGB", (64, 64), (index * 60, 0, 0)) for index in range(4)]
    file = saved(images[0], "AVIF", save_all=True, append_images=images[1:], duration=40, quality=90)
    decoder = opened("image/avif", file)
    tracks = decoder.tracks()
    assert tracks is not None
    assert [(one.animated, one.frame_count) for one in tracks.tracks] == [(False, 1), (True, 4)]
    assert tracks.primary == 1
    lumas = []
    for index in (0, 1, 2, 3, 1, 0):
        output = decoder.decode(1, index, never)
        assert (output.timestamp, output.duration) == (40_000 * index, 40_000)
        lumas.append(float(planes_of(output)[0].mean()))
        output.resource.release()
    # 0.299 of red, in the range that libavif writes.
    assert lumas == pytest.approx([0, 18, 36, 54, 18, 0], abs=2)
    assert decoder.frame(1, 4) == EncodedImageFrame("incomplete")
    decoder.release()
    cut = opened("image/avif", file[:-20])
    assert [cut.frame(1, index).availability for index in (0, 3)] == ["complete", "malformed"]
    assert opened("image/avif", file[:100]).tracks() is None
