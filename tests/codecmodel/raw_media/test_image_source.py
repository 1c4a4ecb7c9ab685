"""VideoFrame(image, init) with images of a host."""

from typing import Any, cast

import pytest

from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.dom_rect import DOMRectInit
from codecmodel.raw_media.image_source import (
    BitmapSource,
    ImageElementSource,
    VideoElementSource,
    pixels_in_memory,
)
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.raw_media.video_frame_init import VideoFrameBufferInit, VideoFrameInit
from codecmodel.web.errors import DOMException
from tests.codecmodel.raw_media.raw_media_resources import RecordedVideo, raises, random_bytes

DISPLAY_P3: VideoColorSpaceInit = {
    "primaries": "smpte432",
    "transfer": "iec61966-2-1",
    "matrix": "rgb",
    "fullRange": True,
}
UNKNOWN: VideoColorSpaceInit = {"primaries": None, "transfer": None, "matrix": None, "fullRange": None}


class Bitmap(BitmapSource):
    """A canvas of 4 by 2 pixels."""

    width, height = 4, 2

    def __init__(self, resource: RecordedVideo | None = None, usable: bool = True, clean: bool = True) -> None:
        self.resource = resource or RecordedVideo("RGBA", planes=[(random_bytes(32), 16)], color_space=DISPLAY_P3)
        self.usable, self.clean = usable, clean

    def is_usable(self) -> bool:
        if not self.usable:
            raise DOMException("no pixels", "InvalidStateError")
        return True

    def is_origin_clean(self) -> bool:
        return self.clean

    def bitmap_data(self) -> RecordedVideo:
        return self.resource


class Image(ImageElementSource):
    """An image of 4 by 2 pixels, displayed 20 high and 10 wide: on its side and then flipped."""

    natural_size: tuple[int, int] | None = (10, 20)
    orientation = (90, True)
    usable = True

    def __init__(self) -> None:
        self.resource = RecordedVideo()

    def is_usable(self) -> bool:
        return self.usable

    def is_origin_clean(self) -> bool:
        return True

    def media_data(self) -> RecordedVideo:
        return self.resource


class Video(VideoElementSource):
    """A video that shows a frame with metadata."""

    is_network_empty = False

    def __init__(self) -> None:
        init: VideoFrameBufferInit = {"format": "RGBA", "codedWidth": 2, "codedHeight": 1, "timestamp": 40}
        self.frame = VideoFrame(random_bytes(8), init | {"metadata": {"rtpTimestamp": 9}})

    def is_usable(self) -> bool:
        return True

    def is_origin_clean(self) -> bool:
        return True

    def current_frame(self) -> VideoFrame:
        return self.frame


def geometry(frame: VideoFrame) -> tuple[int, ...]:
    return frame.codedWidth, frame.codedHeight, frame.displayWidth, frame.displayHeight


def test_bitmap() -> None:
    bitmap = Bitmap()
    with_duration = VideoFrame(bitmap, {"timestamp": -10, "duration": 15, "metadata": {"rtpTimestamp": 5}})
    assert (with_duration.timestamp, with_duration.duration) == (-10, 15)
    assert with_duration.metadata() == {"rtpTimestamp": 5}
    assert (with_duration.format, geometry(with_duration)) == ("RGBA", (4, 2, 4, 2))
    assert with_duration.colorSpace.toJSON() == DISPLAY_P3
    assert with_duration.planes()[0].data.tobytes() == random_bytes(32)
    with_duration.close()
    assert bitmap.resource.released == 1


def test_colours_and_formats_that_are_not_known() -> None:
    frame = VideoFrame(Bitmap(RecordedVideo(None)), {"timestamp": 0, "alpha": "discard"})
    assert (frame.format, frame.duration, frame.metadata()) == (None, None, {})
    assert frame.colorSpace.toJSON() == UNKNOWN


def test_alpha_is_discarded() -> None:
    assert VideoFrame(Bitmap(), {"timestamp": 0, "alpha": "discard"}).format == "RGBX"


def test_geometry_can_be_overridden() -> None:
    rect: DOMRectInit = {"x": 1, "y": 0, "width": 2, "height": 2}
    frame = VideoFrame(Bitmap(), {"timestamp": 0, "visibleRect": rect, "rotation": 90, "flip": True})
    assert frame.visibleRect is not None
    assert (frame.visibleRect.x, frame.visibleRect.width, frame.rotation, frame.flip) == (1, 2, 90, True)
    assert geometry(frame) == (4, 2, 2, 2)
    frame = VideoFrame(Bitmap(), {"timestamp": 0, "displayWidth": 10, "displayHeight": 20})
    assert geometry(frame) == (4, 2, 10, 20)


@pytest.mark.parametrize(
    "members",
    [
        {"visibleRect": {"x": 2, "width": 4, "height": 2}},
        {"displayWidth": 4},
        {"displayWidth": 4, "displayHeight": 0},
        {"visibleRect": {"x": -1, "width": 2, "height": 2}},
    ],
)
def test_an_init_that_is_not_valid_leaves_no_resource_behind(members: dict[str, Any]) -> None:
    bitmap = Bitmap()
    with pytest.raises(TypeError, match="init is not valid"):
        VideoFrame(bitmap, cast("VideoFrameInit", {"timestamp": 0, **members}))
    assert bitmap.resource.released == 1


def test_a_display_size_of_zero_leaves_no_resource_behind() -> None:
    image = Image()
    image.natural_size = (1, 1)
    with pytest.raises(TypeError, match="the display size would be"):
        VideoFrame(image, {"timestamp": 0, "visibleRect": {"width": 1, "height": 2}})
    assert image.resource.released == 1


def test_usability_comes_before_origin_and_both_before_the_timestamp() -> None:
    with raises("InvalidStateError"):
        VideoFrame(Bitmap(usable=False, clean=False))
    with raises("SecurityError"):
        VideoFrame(Bitmap(clean=False))
    for image in (Bitmap(), Image()):
        with pytest.raises(TypeError, match="timestamp is required"):
            VideoFrame(image)
        assert image.resource.released == 0
    image.usable = False
    with raises("InvalidStateError"):
        VideoFrame(image, {"timestamp": 0})


def test_orientation_of_an_image_is_that_to_start_from() -> None:
    frame = VideoFrame(Image(), {"timestamp": 0})
    assert (frame.rotation, frame.flip, geometry(frame)) == (90, True, (4, 2, 10, 20))
    # Counter-clockwise, as it is flipped already.
    frame = VideoFrame(Image(), {"timestamp": 0, "rotation": 90, "flip": True})
    assert (frame.rotation, frame.flip, geometry(frame)) == (0, False, (4, 2, 20, 10))


def test_an_image_without_dimensions() -> None:
    image = Image()
    image.natural_size = None
    with raises("InvalidStateError"):
        VideoFrame(image, {"timestamp": 0})


def test_video() -> None:
    video = Video()
    frame = VideoFrame(video)
    assert (frame.timestamp, frame.format, frame.metadata()) == (40, "RGBA", {"rtpTimestamp": 9})
    assert VideoFrame(video, {"metadata": {"rtpTimestamp": 1}}).metadata() == {"rtpTimestamp": 1}
    video.frame.close()
    assert frame.planes()[0].data.tobytes() == random_bytes(8)
    video.is_network_empty = True
    with raises("InvalidStateError"):
        VideoFrame(video)


def test_pixels_in_memory() -> None:
    data = bytearray(random_bytes(13))
    resource = pixels_in_memory("I420", 3, 2, data, DISPLAY_P3)
    assert (resource.format, resource.coded_size, resource.display_size) == ("I420", (3, 2), (3, 2))
    assert [(plane.data.tobytes(), plane.stride) for plane in resource.planes()] == [
        (bytes(data[:6]), 3),
        (bytes(data[6:8]), 2),
        (bytes(data[8:10]), 2),
    ]
    assert all(plane.data.obj is data and plane.data.readonly for plane in resource.planes())
    with pytest.raises(TypeError, match="data has 9 bytes, but the planes need 10"):
        pixels_in_memory("I420", 3, 2, bytes(9))
