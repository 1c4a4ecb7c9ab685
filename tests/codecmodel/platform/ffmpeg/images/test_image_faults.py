"""Faulty files whose right pictures are known, from a directory beside CODECMODEL_MEDIA."""

import io
import os
from pathlib import Path

import numpy as np
import pytest

from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.image_decoder_implementation import DecodedImage
from tests.codecmodel.platform.ffmpeg.images.images import Array, Image, all_frames, decoded, never, opened, pixels_of


def fault(name: str) -> bytes:
    media = os.environ.get("CODECMODEL_MEDIA")
    file = Path(media).parent / "faults" / name if media else None
    if file is None or not file.exists():
        pytest.skip("CODECMODEL_MEDIA does not say where the faulty files are")
    return file.read_bytes()


def by_pillow(file: bytes) -> Array:
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image.convert("RGBA"))


def difference(output: DecodedImage, file: bytes) -> int:
    """The largest difference of a component from Pillow's."""
    return int(np.abs(pixels_of(output).astype(int) - by_pillow(file)).max())


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("cmyk_noadobe.jpg", 1),
        ("extran.jpg", 2),
        ("noaflag.webp", 2),
        ("siting.webp", 1),
        ("v3rgb_alpha.bmp", 0),
    ],
)
def test_still_images_are_as_pillow_has_them(name: str, tolerance: int) -> None:
    file, type = fault(name), "image/" + name.rsplit(".", 1)[1].replace("jpg", "jpeg")
    output = decoded(type, file)
    assert output.resource.format is not None
    assert not output.resource.format.endswith("A")
    assert difference(output, file) <= tolerance


def test_chroma_of_webp() -> None:
    row = np.rint(127 + 120 * np.sin(np.arange(96) / 6))
    original = np.stack([row, 255 - row, np.full(96, 128)], axis=-1)
    pixels = pixels_of(decoded("image/webp", fault("siting.webp")))[:, :, :3].astype(float)
    assert np.abs(pixels - original).mean() < 1.4


def test_a_premultiplied_avif() -> None:
    file = fault("premul.avif")
    output = decoded("image/avif", file)
    assert output.resource.format == "RGBA"
    pixels, expected = pixels_of(output).astype(int), by_pillow(file).astype(int)
    assert (pixels[:, :, 3] == expected[:, :, 3]).all()
    # libavif divides rounded components. The smaller alpha is, the larger is the error.
    error, alpha = np.abs(pixels - expected).max(axis=2), expected[:, :, 3]
    assert error[alpha >= 128].max() <= 2
    assert error[alpha >= 64].max() <= 3
    assert (pixels[alpha == 0] == 0).all()


def test_an_animated_webp_that_says_it_has_no_alpha() -> None:
    for output in all_frames("image/webp", fault("an_noalphaflag.webp")):
        assert output.resource.format == "RGBX"
        pixels = pixels_of(output)
        assert pixels[0, :3].tolist() == [[0, 0, 0, 255], [4, 0, 2, 255], [8, 0, 4, 255]]
        assert (pixels[:, :, 3] == 255).all()


@pytest.mark.parametrize(("name", "count"), [("ap_less.png", 1), ("ap_more.png", 2)])
def test_apng_has_the_frames_that_are_there(name: str, count: int) -> None:
    outputs = all_frames("image/png", fault(name))
    assert len(outputs) == count
    assert difference(outputs[0], fault(name)) == 0


def test_disposal_4_of_gif() -> None:
    *_, last = all_frames("image/gif", fault("disp4.gif"))
    assert pixels_of(last)[1, 2].tolist() == [255, 0, 0, 255]


def test_a_gif_without_a_palette() -> None:
    assert (pixels_of(decoded("image/gif", fault("nopalette.gif"))) == (0, 0, 0, 255)).all()


def test_two_segments_of_exif() -> None:
    output = decoded("image/jpeg", fault("twoexif.jpg"))
    assert (output.rotation, output.flip) == (90, False)
    output.resource.release()


def test_arithmetic_coding_is_named() -> None:
    decoder = opened("image/jpeg", fault("arith.jpg"))
    with pytest.raises(CodecError, match="arithmetic coding is not supported"):
        decoder.decode(0, 0, never)
    decoder.release()
