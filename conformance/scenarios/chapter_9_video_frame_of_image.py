"""Chapter 9: VideoFrame(image, init) of a host's canvases, bitmaps, image and video elements."""

import math
from collections.abc import Mapping
from functools import partial
from typing import cast

from codecmodel import DOMException, VideoFrame
from codecmodel.platform.interface import VideoResource
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.image_source import (
    BitmapSource,
    ImageElementSource,
    ImageSource,
    VideoElementSource,
    pixels_in_memory,
)
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.video_frame_init import VideoFrameInit
from conformance.harness import (
    Test,
    assert_equals,
    assert_throws_dom,
    assert_throws_js,
    promise_test,
)
from conformance.raw_media import closed, display_size, new_frame, numbers_of, pixels_of, rect

#: 4 x 2 pixels.
RGBA = bytes(range(32))
DISPLAY_P3: VideoColorSpaceInit = {
    "primaries": "smpte432",
    "transfer": "iec61966-2-1",
    "matrix": "rgb",
    "fullRange": True,
}


class _Counted:
    """A resource of 4 x 2 pixels, as far as it is one; ``live`` is how many have not been released."""

    live = 0

    def __init__(self, format: VideoPixelFormat | None, color_space: VideoColorSpaceInit | None) -> None:
        type(self).live += 1
        self._pixels = pixels_in_memory("RGBA", 4, 2, RGBA, color_space)
        self.format = format
        self.color_space = color_space
        self.coded_size = self._pixels.coded_size
        self.visible_rect = self._pixels.visible_rect
        self.display_size = self._pixels.display_size
        self.chroma_location = self._pixels.chroma_location
        self.planes = self._pixels.planes

    def release(self) -> None:
        type(self).live -= 1
        self._pixels.release()


class _Source:
    """What the sources below have in common."""

    usable: bool | DOMException = True
    origin_clean = True
    format: VideoPixelFormat | None = "RGBA"
    color_space: VideoColorSpaceInit | None = None

    def is_usable(self) -> bool:
        if isinstance(self.usable, DOMException):
            raise self.usable
        return self.usable

    def is_origin_clean(self) -> bool:
        return self.origin_clean

    def resource(self) -> VideoResource:
        return _Counted(self.format, self.color_space)


class _Bitmap(_Source, BitmapSource):
    @property
    def width(self) -> int:
        return 4

    @property
    def height(self) -> int:
        return 2

    def bitmap_data(self) -> VideoResource:
        return self.resource()


class _Image(_Source, ImageElementSource):
    natural: tuple[int, int] | None = (4, 2)
    turned: tuple[float, bool] = (0, False)

    @property
    def natural_size(self) -> tuple[int, int] | None:
        return self.natural

    @property
    def orientation(self) -> tuple[float, bool]:
        return self.turned

    def media_data(self) -> VideoResource:
        return self.resource()


class _Video(_Source, VideoElementSource):
    is_empty = False

    def __init__(self, frame: VideoFrame) -> None:
        self._frame = frame

    @property
    def is_network_empty(self) -> bool:
        return self.is_empty

    def current_frame(self) -> VideoFrame:
        return self._frame


def _frame_of(image: ImageSource, **members: object) -> VideoFrame:
    return VideoFrame(image, cast("VideoFrameInit", members))


def _resource_steps(*steps: int) -> list[str]:
    return [f"videoframe-initialize-frame-with-resource#{step}" for step in steps]


@promise_test(
    "a frame of a bitmap has its size and pixels, and a timestamp that must be given",
    shows=[
        "dom-videoframe-videoframe#4",
        *[f"dom-videoframe-videoframe:htmlcanvaselement-imagebitmap-offscreencanvas#{step}" for step in range(1, 5)],
        *_resource_steps(1, 2, 5, 7, 8, 9, 10, 11, 12, 14),
    ],
)
async def of_a_bitmap(t: Test) -> None:
    frame = _frame_of(_Bitmap(), timestamp=-5)
    closed(t, frame)
    assert_equals((frame.format, frame.timestamp, frame.duration), ("RGBA", -5, None))
    assert_equals((numbers_of(frame.codedRect), numbers_of(frame.visibleRect)), ((0, 0, 4, 2), (0, 0, 4, 2)))
    assert_equals((frame.rotation, frame.flip, display_size(frame)), (0.0, False, (4, 2)))
    assert_equals(list(frame.colorSpace.toJSON().values()), [None] * 4, "a colour space that is not known is null")
    assert_equals(await pixels_of(frame), RGBA)
    crop = _frame_of(
        _Bitmap(), timestamp=0, duration=7, visibleRect=rect(1, 1, 2, 1), rotation=90, metadata={"rtpTimestamp": 7}
    )
    closed(t, crop)
    assert_equals(crop.metadata(), {"rtpTimestamp": 7})
    assert_equals((crop.duration, crop.rotation, display_size(crop)), (7, 90.0, (1, 2)))
    assert_equals(await pixels_of(crop), RGBA[20:28])
    live = _Counted.live
    assert_throws_js(TypeError, partial(_frame_of, _Bitmap()), "without a timestamp")
    assert_throws_js(TypeError, partial(_frame_of, _Bitmap(), duration=1), "without a timestamp")
    assert_equals(_Counted.live, live)


@promise_test(
    "an image that is turned when shown is a frame that is turned",
    shows=[
        "dom-videoframe-videoframe#4",
        *[f"dom-videoframe-videoframe:htmlimageelement-svgimageelement#{step}" for step in range(1, 8)],
        *_resource_steps(10),
    ],
)
async def of_an_image(t: Test) -> None:
    for turned, natural, expected in [
        ((0.0, False), (4, 2), (4, 2)),
        ((90.0, True), (2, 4), (2, 4)),
        ((180.0, False), (8, 2), (8, 2)),
    ]:
        image = _Image()
        image.turned, image.natural = turned, natural
        frame = _frame_of(image, timestamp=3)
        assert_equals((frame.timestamp, frame.rotation, frame.flip), (3, *turned))
        assert_equals((display_size(frame), numbers_of(frame.visibleRect)), (expected, (0, 0, 4, 2)))
        assert_equals(await pixels_of(frame), RGBA, "the pixels are as they are")
        frame.close()
    image = _Image()
    assert_throws_js(TypeError, partial(_frame_of, image), "without a timestamp")
    image.natural = None
    assert_throws_dom("InvalidStateError", partial(_frame_of, image, timestamp=0), "without natural dimensions")


@promise_test(
    "a frame of a video is one of the frame that is shown, with its metadata",
    shows=[
        "dom-videoframe-videoframe#4",
        *[f"dom-videoframe-videoframe:htmlvideoelement#{step}" for step in range(1, 5)],
    ],
)
async def of_a_video(t: Test) -> None:
    shown = new_frame(duration=40, metadata={"rtpTimestamp": 7})
    video = _Video(shown)
    frame = _frame_of(video)
    other = _frame_of(video, timestamp=1, metadata={"receiveTime": 1})
    closed(t, shown, frame, other)
    assert_equals((frame.timestamp, frame.duration, frame.metadata()), (1234, 40, {"rtpTimestamp": 7}))
    assert_equals((other.timestamp, other.metadata()), (1, {"receiveTime": 1.0}))
    assert_equals(await pixels_of(frame), await pixels_of(shown))
    video.is_empty = True
    assert_throws_dom("InvalidStateError", partial(_frame_of, video), "no media")


@promise_test(
    "alpha may be discarded; what has no format has none without alpha either",
    shows=_resource_steps(1, 2, 6, 7),
)
async def alpha(t: Test) -> None:
    formats: list[tuple[VideoPixelFormat | None, str, str | None]] = [
        ("RGBA", "keep", "RGBA"),
        ("RGBA", "discard", "RGBX"),
        ("BGRX", "discard", "BGRX"),
        (None, "keep", None),
        (None, "discard", None),
    ]
    for format, option, expected in formats:
        bitmap = _Bitmap()
        bitmap.format = format
        frame = _frame_of(bitmap, timestamp=0, alpha=option)
        assert_equals(frame.format, expected, f"{format}, {option}")
        frame.close()


@promise_test("the colour space is that of the pixels, if it is known", shows=_resource_steps(13, 14))
async def color_space(t: Test) -> None:
    bitmap = _Bitmap()
    bitmap.color_space = DISPLAY_P3
    frame = _frame_of(bitmap, timestamp=0)
    closed(t, frame)
    assert_equals(frame.colorSpace.toJSON(), DISPLAY_P3)


@promise_test(
    "an init that is not valid throws TypeError, and the resource is released",
    shows=[*_resource_steps(3, 4, 10), *[f"validate-videoframeinit#{step}" for step in ("1.3", "1.4", "1.5", "1.6")]],
)
async def invalid_init(t: Test) -> None:
    live = _Counted.live
    cases: list[Mapping[str, object]] = [
        {"visibleRect": rect(-1, 0, 1, 1)},
        {"visibleRect": rect(0, 0, math.inf, 1)},
        {"visibleRect": rect(0, 0, 0, 1)},
        {"visibleRect": rect(0, 1, 1, 2)},
        {"visibleRect": rect(4, 0, 1, 1)},
        {"displayWidth": 2},
        {"displayWidth": 0, "displayHeight": 2},
    ]
    for members in cases:
        for image in (_Bitmap(), _Image()):
            assert_throws_js(TypeError, partial(_frame_of, image, timestamp=0, **members), str(members))
    narrow = _Image()
    narrow.natural = (1, 2)
    assert_throws_js(
        TypeError, partial(_frame_of, narrow, timestamp=0, visibleRect=rect(0, 0, 1, 2)), "a display size of nothing"
    )
    frame = _frame_of(narrow, timestamp=0, visibleRect=rect(0, 0, 2, 2))
    assert_equals(display_size(frame), (1, 2))
    frame.close()
    assert_equals(_Counted.live, live)


@promise_test(
    "images that can't be used throw InvalidStateError, those of other origins SecurityError",
    shows=["dom-videoframe-videoframe#1", "dom-videoframe-videoframe#2"],
)
async def refused_images(t: Test) -> None:
    for image in (_Bitmap(), _Image(), _Video(new_frame())):
        if isinstance(image, _Video):
            closed(t, image.current_frame())
        image.origin_clean = False
        assert_throws_dom("SecurityError", partial(_frame_of, image, timestamp=0))
        for reason in (False, DOMException("still loading", "InvalidStateError")):
            image.usable = reason
            assert_throws_dom("InvalidStateError", partial(_frame_of, image, timestamp=0), "checked first")
