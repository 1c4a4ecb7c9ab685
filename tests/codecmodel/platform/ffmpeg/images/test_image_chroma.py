"""The positions of chroma samples in image formats. See docs/images.md."""

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from codecmodel.registry.av1 import first_sequence_header
from tests.codecmodel.platform.ffmpeg.images import image_writers as write
from tests.codecmodel.platform.ffmpeg.images.images import Array, Image, all_frames, decoded, noise, pixels_of, saved

needs_avif = pytest.mark.skipif("AVIF" not in Image.SAVE, reason="this Pillow has no AVIF")


def _waves() -> Array:
    """Red and green that change from column to column, so that half a pixel of shift makes a mean error of 5."""
    red = np.rint(127 + 120 * np.sin(np.arange(96) / 6))
    row = np.stack([red, 255 - red, np.full(96, 128)], axis=-1)
    return np.repeat(row[None], 64, axis=0).astype(np.uint8)


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("JPEG", {"quality": 95, "subsampling": 1}),
        ("JPEG", {"quality": 95, "subsampling": 2}),
        ("WEBP", {"quality": 100}),
        pytest.param("AVIF", {"quality": 100, "subsampling": "4:2:0"}, marks=needs_avif),
        pytest.param("AVIF", {"quality": 100, "subsampling": "4:2:2"}, marks=needs_avif),
    ],
)
@pytest.mark.parametrize("turn", [lambda pixels: pixels, lambda pixels: pixels.transpose(1, 0, 2)])
def test_chroma_is_where_the_encoder_put_it(
    format: str, options: dict[str, object], turn: Callable[[Array], Array]
) -> None:
    original = turn(_waves())
    file = saved(Image.fromarray(original), format, **options)
    pixels = pixels_of(decoded(f"image/{format.lower()}", file))[:, :, :3].astype(int)
    with Image.open(io.BytesIO(file)) as image:
        others = np.asarray(image.convert("RGB")).astype(int)
    # libjpeg, libwebp and libavif interpolate as we do, and round differently.
    assert np.abs(pixels - others).max() <= 2
    assert np.abs(pixels - original).mean() < 1.5


@needs_avif
@pytest.mark.parametrize(("position", "location"), [(0, "center"), (1, "left"), (2, "topleft"), (3, "center")])
def test_chroma_of_avif_is_where_the_bitstream_says(position: int, location: str) -> None:
    file = bytearray(saved(Image.fromarray(_waves()), "AVIF", quality=100, subsampling="4:2:0"))
    begin = file.index(b"mdat") + 4
    header = first_sequence_header(bytes(file[begin:]))
    assert header is not None
    expected = replace(header, chroma_sample_position=position)
    # Its place in the header depends on the fields before it, so all places are tried.
    for place in range(8 * begin, 8 * begin + 160):
        changed = bytearray(file)
        for bit, value in enumerate((position >> 1, position & 1), place):
            changed[bit // 8] = changed[bit // 8] & ~(0x80 >> bit % 8) | (0x80 >> bit % 8) * value
        if first_sequence_header(bytes(changed[begin:])) == expected:
            resource = decoded("image/avif", bytes(changed)).resource
            assert resource.chroma_location == location
            resource.release()
            return
    pytest.fail("the place of chroma_sample_position was not found")


@pytest.mark.parametrize("alpha", [False, True])
def test_animations_are_converted_as_frames_are(alpha: bool) -> None:
    pixels = np.dstack([_waves(), np.full((64, 96), 255, np.uint8)])
    if alpha:
        pixels[:, :, 3] = noise(1, 1, 96, 64)[:, :, 0]
    file = saved(Image.fromarray(pixels[:, :, : 4 if alpha else 3]), "WEBP", quality=90, exact=True)
    picture = write.webp(*((kind, content) for kind, content in write.webp_chunks(file) if kind != b"VP8X"))[12:]
    size = bytes([95, 0, 0, 63, 0, 0])
    frame = bytes(6) + size + bytes([40, 0, 0, 2]) + picture
    animation = write.webp((b"VP8X", bytes([0x12, 0, 0, 0]) + size), (b"ANIM", bytes(6)), (b"ANMF", frame))
    (output,) = all_frames("image/webp", animation)
    assert output.resource.format == "RGBA"
    assert (pixels_of(output) == pixels_of(decoded("image/webp", file))).all()
