"""VideoFrame of a Pillow image."""

import io
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.raw_media.video_frame_conversion import rendered
from tests.codecmodel.raw_media.raw_media_resources import raises

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")

SRGB = {"primaries": "bt709", "transfer": "iec61966-2-1", "matrix": "rgb", "fullRange": True}
PIXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def pixels_of(frame: VideoFrame) -> list[Any]:
    (array,) = frame.plane_arrays()
    return list(array.tolist())


def test_rgba() -> None:
    frame = VideoFrame(Image.fromarray(PIXELS), {"timestamp": 5, "duration": 3})
    assert (frame.format, frame.timestamp, frame.duration) == ("RGBA", 5, 3)
    assert (frame.codedWidth, frame.codedHeight, frame.displayWidth, frame.displayHeight) == (3, 2, 3, 2)
    assert frame.colorSpace.toJSON() == SRGB
    assert pixels_of(frame) == PIXELS.tolist()


def test_rgb_is_opaque() -> None:
    frame = VideoFrame(Image.fromarray(PIXELS[..., :3].copy()), {"timestamp": 0})
    assert frame.format == "RGBX"
    assert np.array(pixels_of(frame))[..., :3].tolist() == PIXELS[..., :3].tolist()


@pytest.mark.parametrize(
    ("mode", "value", "format", "pixel"),
    [
        ("L", 7, "RGBX", [7, 7, 7]),
        ("1", 1, "RGBX", [255, 255, 255]),
        ("LA", (7, 8), "RGBA", [7, 7, 7, 8]),
        ("P", 0, "RGBX", None),
        ("CMYK", (0, 0, 0, 0), "RGBX", [255, 255, 255]),
        ("I;16", 0x8080, "RGBX", [128, 128, 128]),
    ],
)
def test_other_modes(mode: str, value: Any, format: str, pixel: list[int] | None) -> None:
    frame = VideoFrame(Image.new(mode, (2, 2), value), {"timestamp": 0})
    assert frame.format == format
    if pixel is not None:
        assert pixels_of(frame)[1][1][: len(pixel)] == pixel


def test_transparent_palette() -> None:
    image = Image.new("P", (1, 1), 3)
    image.putpalette(list(range(30)))
    image.info["transparency"] = 3
    frame = VideoFrame(image, {"timestamp": 0})
    assert (frame.format, pixels_of(frame)) == ("RGBA", [[[9, 10, 11, 0]]])


@pytest.mark.parametrize("mode", ["I", "F"])
def test_numbers_without_a_white(mode: str) -> None:
    with pytest.raises(TypeError, match="does not define which number is white"):
        VideoFrame(Image.new(mode, (2, 2)), {"timestamp": 0})


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(orientation: int) -> None:
    from PIL import ImageOps

    image = Image.fromarray(PIXELS[..., :3].copy())
    image.getexif()[0x0112] = orientation
    file = io.BytesIO()
    image.save(file, "PNG", exif=image.getexif())
    image = Image.open(file)
    frame = VideoFrame(image, {"timestamp": 0})
    upright = np.asarray(ImageOps.exif_transpose(image))
    assert (frame.codedWidth, frame.codedHeight) == (3, 2)
    assert (frame.displayHeight, frame.displayWidth) == upright.shape[:2]
    assert rendered(frame)[..., :3].tolist() == upright.tolist()


def test_profile_makes_colours_unknown() -> None:
    image = Image.fromarray(PIXELS)
    image.info["icc_profile"] = b"profile"
    assert VideoFrame(image, {"timestamp": 0}).colorSpace.primaries is None


def test_frame_of_an_animation() -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (4, 4), (value, 0, 0)) for value in (10, 200)]
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    image = Image.open(file)
    assert pixels_of(VideoFrame(image, {"timestamp": 0}))[0][0][0] == 10
    image.seek(1)
    assert pixels_of(VideoFrame(image, {"timestamp": 0}))[0][0][0] == 200


def test_images_that_cannot_be_used() -> None:
    with raises("InvalidStateError"):
        VideoFrame(Image.new("RGB", (0, 4)), {"timestamp": 0})
    file = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(file, "PNG")
    broken = Image.open(io.BytesIO(file.getvalue()[:200]))
    with raises("InvalidStateError"):
        VideoFrame(broken, {"timestamp": 0})
    with pytest.raises(TypeError, match="timestamp is required"):
        VideoFrame(Image.new("RGB", (4, 4)))


def test_pillow_is_not_imported() -> None:
    program = "import sys, codecmodel; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
