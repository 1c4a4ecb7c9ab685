"""The chroma of pictures for encoders is level with the even columns, for every kind of source."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from codecmodel.platform.codec_implementation import VideoInput
from codecmodel.platform.ffmpeg.encoding.video_input import InputConverter
from codecmodel.raw_media.chroma import ChromaLocation
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.media_resource import BufferVideoResource
from codecmodel.raw_media.resource_protocols import Plane
from tests.codecmodel.platform.ffmpeg.encoding.pictures import SRGB

WIDTH, HEIGHT = 32, 16
COLUMNS = np.arange(WIDTH)


def chroma_of(resource: BufferVideoResource, color_space: VideoColorSpaceInit) -> npt.NDArray[np.float64]:
    """A row of Cb of the picture in 4:2:0."""
    encoding = SimpleNamespace(
        alpha_format=None,
        pixel_format=lambda depth, has_alpha: "yuv420p",
        request=SimpleNamespace(width=WIDTH, height=HEIGHT),
    )
    pictures = InputConverter(cast("Any", encoding))
    rect = (0, 0, WIDTH, HEIGHT)
    with pictures.picture(
        VideoInput(resource, resource.format, rect, color_space, 0, None, {"keyFrame": False})
    ).frame as frame:
        plane = frame.planes()[1]
        row = np.frombuffer(plane.data, np.uint8)[4 * plane.stride :][: WIDTH // 2].astype(float)
    pictures.close()
    return row


def test_rgb() -> None:
    pixels = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    pixels[..., 2] = 4 * COLUMNS
    resource = BufferVideoResource("RGBX", (WIDTH, HEIGHT), [Plane(pixels.reshape(-1).data, 4 * WIDTH)])
    cb = chroma_of(resource, SRGB)
    # Limited range: 224 steps for 255, and half of blue.
    assert np.abs(cb - (128 + 4 * COLUMNS[::2] * 0.5 * 224 / 255))[2:-2].max() <= 1


@pytest.mark.parametrize(("location", "right"), [(None, 0), ("left", 0), ("center", 0.5)])
def test_of_half_as_many_rows(location: ChromaLocation | None, right: float) -> None:
    luma = np.full((HEIGHT, WIDTH), 128, np.uint8)
    positions = 2 * np.arange(WIDTH // 2) + right
    chroma = np.tile((60 + 4 * positions).astype(np.uint8), (HEIGHT, 1))
    planes = [Plane(plane.reshape(-1).data, plane.shape[1]) for plane in (luma, chroma, chroma)]
    resource = BufferVideoResource("I422", (WIDTH, HEIGHT), planes)
    resource.chroma_location = location
    cb = chroma_of(resource, {"matrix": "bt709", "fullRange": False})
    assert np.abs(cb - (60 + 4 * 2 * np.arange(WIDTH // 2)))[2:-2].max() <= 1
