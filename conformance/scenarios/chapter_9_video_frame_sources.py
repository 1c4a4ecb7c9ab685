"""Chapter 9: VideoFrame(image, init) of canvases, bitmaps, images and videos."""

from functools import partial
from typing import Final

from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.image_source import (
    BitmapSource,
    ImageElementSource,
    ImageSource,
    VideoElementSource,
    pixels_in_memory,
)
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.resource_protocols import VideoResource
from codecmodel.raw_media.video_frame_init import VideoFrameInit
from codecmodel.web.errors import DOMException
from conformance.fixtures.frames_and_samples import closed, display_size, new_frame, numbers_of, pixels_of, rect
from conformance.fixtures.image_sources import (
    DISPLAY_P3,
    OPAQUE_RGBA,
    SOURCES,
    SRGB,
    NewSource,
    PaintedCanvas,
    unusable_sources,
)
from conformance.interfaces import VideoFrame, is_another_implementation, require_this_implementation
from conformance.suite.harness import (
    Test,
    assert_equals,
    assert_in_array,
    assert_throws_dom,
    assert_throws_js,
    promise_test,
)

RGBA: Final = bytes(range(32))
_CANVAS: Final = "dom-videoframe-videoframe:htmlcanvaselement-imagebitmap-offscreencanvas"
_IMAGE: Final = "dom-videoframe-videoframe:htmlimageelement-svgimageelement"
_VIDEO: Final = "dom-videoframe-videoframe:htmlvideoelement"


def _with_resource(*steps: int) -> list[str]:
    return [f"videoframe-initialize-frame-with-resource#{step}" for step in steps]


class _Image:
    """Four by two pixels of RGBA, unless the scenario says otherwise."""

    is_clean = True

    def __init__(
        self, format: VideoPixelFormat = "RGBA", data: bytes = RGBA, color_space: VideoColorSpaceInit | None = None
    ) -> None:
        self.pixels = pixels_in_memory(format, 4, 2, data, color_space)

    def is_usable(self) -> bool:
        return True

    def is_origin_clean(self) -> bool:
        return self.is_clean


class _Canvas(_Image, BitmapSource):
    @property
    def width(self) -> int:
        return 4

    @property
    def height(self) -> int:
        return 2

    def bitmap_data(self) -> VideoResource:
        return self.pixels


class _ImageElement(_Image, ImageElementSource):
    """An image that is shown on its side and mirrored, twice as large as its data."""

    size: tuple[int, int] | None = (4, 8)

    @property
    def natural_size(self) -> tuple[int, int] | None:
        return self.size

    @property
    def orientation(self) -> tuple[float, bool]:
        return 90, True

    def media_data(self) -> VideoResource:
        return self.pixels


class _VideoElement(VideoElementSource):
    def __init__(self, frame: VideoFrame | None) -> None:
        self.frame = frame

    def is_usable(self) -> bool:
        return True

    def is_origin_clean(self) -> bool:
        return True

    @property
    def is_network_empty(self) -> bool:
        return self.frame is None

    def current_frame(self) -> VideoFrame:
        assert self.frame is not None
        return self.frame


class _ClosedBitmap(_Canvas):
    is_clean = False

    def is_usable(self) -> bool:
        raise DOMException("closed", "InvalidStateError")


def _frame_of(t: Test, image: ImageSource, init: VideoFrameInit) -> VideoFrame:
    frame = VideoFrame(image, init)
    closed(t, frame)
    return frame


@promise_test(
    "a canvas gives a frame of its pixels, in its size",
    shows=[
        "dom-videoframe-videoframe#3",
        "dom-videoframe-videoframe#4",
        "dom-videoframe-videoframe#5",
        *[f"{_CANVAS}#{step}" for step in (2, 3, 4)],
        *_with_resource(1, 2, 5, 7, 8, 9, 10, 11, 12),
    ],
    variants=SOURCES,
)
async def canvas(t: Test, new_source: NewSource) -> None:
    source = new_source("srgb")
    frame = _frame_of(t, source, {"timestamp": -10, "duration": 15})
    assert_equals((frame.timestamp, frame.duration), (-10, 15))
    if not is_another_implementation():
        assert_equals(frame.format, "RGBA", "that of the stand-in")
    assert_equals((frame.codedWidth, frame.codedHeight, *display_size(frame)), (4, 2, 4, 2))
    assert_equals(numbers_of(frame.visibleRect), (0, 0, 4, 2))
    assert_equals((frame.rotation, frame.flip), (0, False))
    assert_equals(await pixels_of(frame, format="RGBA"), OPAQUE_RGBA)
    assert_equals(_frame_of(t, source, {"timestamp": 0}).duration, None)


@promise_test(
    "a canvas gives a frame in its colour space",
    shows=_with_resource(13),
    variants=SOURCES,
)
async def color_space_of_a_canvas(t: Test, new_source: NewSource) -> None:
    assert_equals(_frame_of(t, new_source("srgb"), {"timestamp": 0}).colorSpace.toJSON(), SRGB)
    frame = _frame_of(t, new_source("display-p3"), {"timestamp": 0})
    assert_equals(frame.colorSpace.toJSON(), DISPLAY_P3)
    assert_equals(await pixels_of(frame, format="RGBA", colorSpace="display-p3"), OPAQUE_RGBA)


@promise_test(
    "a frame has a copy of the canvas, which may be painted anew",
    shows=[f"{_CANVAS}#2"],
)
async def copy_of_a_canvas(t: Test) -> None:
    painted = PaintedCanvas()
    frame = _frame_of(t, painted.source, {"timestamp": 0})
    painted.clear()
    assert_equals(await pixels_of(frame, format="RGBA"), OPAQUE_RGBA)
    cleared = _frame_of(t, painted.source, {"timestamp": 0})
    assert_equals(await pixels_of(cleared, format="RGBA"), bytes(len(OPAQUE_RGBA)))


@promise_test(
    "a frame of a canvas takes the rectangle, the display size and the orientation that are given",
    shows=_with_resource(8, 9, 10, 11, 12),
    variants=SOURCES,
)
async def init_of_a_canvas(t: Test, new_source: NewSource) -> None:
    source = new_source("srgb")
    frame = _frame_of(
        t, source, {"timestamp": 0, "visibleRect": rect(2, 0, 2, 2), "displayWidth": 6, "displayHeight": 8}
    )
    assert_equals((numbers_of(frame.visibleRect), *display_size(frame)), ((2, 0, 2, 2), 6, 8))
    expected = OPAQUE_RGBA[8:16] + OPAQUE_RGBA[24:32]
    assert_equals(await pixels_of(frame, format="RGBA"), expected)
    turned = _frame_of(t, source, {"timestamp": 0, "rotation": 90, "flip": True})
    assert_equals((turned.rotation, turned.flip, *display_size(turned)), (90, True, 2, 4))


@promise_test("a colour space that is not known is one of nulls", shows=_with_resource(14))
async def unknown_color_space(t: Test) -> None:
    frame = _frame_of(t, _Canvas(), {"timestamp": 0})
    nothing = {"primaries": None, "transfer": None, "matrix": None, "fullRange": None}
    assert_equals(frame.colorSpace.toJSON(), nothing)


@promise_test("alpha can be discarded", shows=_with_resource(6), variants=SOURCES)
async def without_alpha(t: Test, new_source: NewSource) -> None:
    frame = _frame_of(t, new_source("srgb"), {"timestamp": 0, "alpha": "discard"})
    assert_in_array(frame.format, ["RGBX", "BGRX"])
    assert_equals(await pixels_of(frame, format="RGBA"), OPAQUE_RGBA)


@promise_test("alpha of other formats can be discarded", shows=_with_resource(6))
async def without_alpha_of_yuv(t: Test) -> None:
    require_this_implementation("a canvas in YUV")
    i420a = _Canvas("I420A", bytes(range(20)))
    assert_equals(_frame_of(t, i420a, {"timestamp": 0, "alpha": "discard"}).format, "I420")
    assert_equals(_frame_of(t, i420a, {"timestamp": 0, "alpha": "keep"}).format, "I420A")


@promise_test("an init that is not valid is refused", shows=_with_resource(3, 4), variants=SOURCES)
async def invalid_init(t: Test, new_source: NewSource) -> None:
    source = new_source("srgb")
    inits: list[VideoFrameInit] = [
        {"visibleRect": rect(2, 0, 4, 2)},
        {"visibleRect": rect(-1, 0, 2, 2)},
        {"visibleRect": rect(0, 0, 2, 0)},
        {"displayWidth": 10},
        {"displayWidth": 0, "displayHeight": 10},
    ]
    for init in inits:
        init["timestamp"] = 0
        assert_throws_js(TypeError, partial(VideoFrame, source, init), str(init))


@promise_test("canvases have no timestamp of their own", shows=[f"{_CANVAS}#1"], variants=SOURCES)
async def timestamp_required(t: Test, new_source: NewSource) -> None:
    source = new_source("srgb")
    assert_throws_js(TypeError, partial(VideoFrame, source))
    assert_throws_js(TypeError, partial(VideoFrame, source, {"duration": 1}))


@promise_test("images have no timestamp of their own", shows=[f"{_IMAGE}#1"])
async def timestamp_of_an_image_required(t: Test) -> None:
    assert_throws_js(TypeError, partial(VideoFrame, _ImageElement()))
    assert_throws_js(TypeError, partial(VideoFrame, _ImageElement(), {"duration": 1}))


@promise_test("an image that cannot be used is refused", shows=["dom-videoframe-videoframe#1"])
async def unusable(t: Test) -> None:
    for source in unusable_sources():
        assert_throws_dom("InvalidStateError", partial(VideoFrame, source, {"timestamp": 0}))


@promise_test(
    "an image that cannot be used is refused before its origin is looked at", shows=["dom-videoframe-videoframe#1"]
)
async def unusable_and_of_another_origin(t: Test) -> None:
    assert_throws_dom("InvalidStateError", partial(VideoFrame, _ClosedBitmap(), {"timestamp": 0}))


@promise_test("the pixels of another origin are no script's business", shows=["dom-videoframe-videoframe#2"])
async def another_origin(t: Test) -> None:
    for image in (_Canvas(), _ImageElement()):
        image.is_clean = False
        assert_throws_dom("SecurityError", partial(VideoFrame, image, {"timestamp": 0}))


@promise_test(
    "an image gives a frame that is turned as the image is shown",
    shows=[f"{_IMAGE}#{step}" for step in (3, 4, 5, 6, 7)],
)
async def image_element(t: Test) -> None:
    frame = _frame_of(t, _ImageElement(), {"timestamp": 7})
    assert_equals((frame.codedWidth, frame.codedHeight, *display_size(frame)), (4, 2, 4, 8))
    assert_equals((frame.rotation, frame.flip), (90, True))
    assert_equals(await pixels_of(frame), RGBA)
    turned = _frame_of(t, _ImageElement(), {"timestamp": 7, "rotation": 90, "flip": True})
    assert_equals((turned.rotation, turned.flip, *display_size(turned)), (0, False, 8, 4))
    cut = _frame_of(t, _ImageElement(), {"timestamp": 7, "visibleRect": rect(1, 0, 2, 2)})
    assert_equals(display_size(cut), (4, 4))


@promise_test("an image without dimensions is refused", shows=[f"{_IMAGE}#2"])
async def no_natural_size(t: Test) -> None:
    image = _ImageElement()
    image.size = None
    assert_throws_dom("InvalidStateError", partial(VideoFrame, image, {"timestamp": 0}))


@promise_test(
    "a video gives the frame that it shows, with its timestamp and metadata",
    shows=[f"{_VIDEO}#{step}" for step in (2, 3, 4)],
)
async def video_element(t: Test) -> None:
    current = new_frame(metadata={"rtpTimestamp": 5})
    closed(t, current)
    frame = _frame_of(t, _VideoElement(current), {})
    assert_equals((frame.format, frame.timestamp, frame.metadata()), ("I420", 1234, {"rtpTimestamp": 5}))
    other = _frame_of(t, _VideoElement(current), {"timestamp": 1, "metadata": {"rtpTimestamp": 6}})
    assert_equals((other.timestamp, other.metadata()), (1, {"rtpTimestamp": 6}))


@promise_test("a video without media is refused", shows=[f"{_VIDEO}#1"])
async def video_without_media(t: Test) -> None:
    assert_throws_dom("InvalidStateError", partial(VideoFrame, _VideoElement(None)))


@promise_test("metadata are those of init", shows=["videoframe-initialize-frame-with-resource"])
async def metadata(t: Test) -> None:
    source = PaintedCanvas().source
    assert_equals(_frame_of(t, source, {"timestamp": 0}).metadata(), {})
    frame = _frame_of(t, source, {"timestamp": 0, "metadata": {"rtpTimestamp": 7}})
    assert_equals(frame.metadata(), {"rtpTimestamp": 7})


@promise_test("a display size that would be nothing is refused", shows=_with_resource(10))
async def no_display_size(t: Test) -> None:
    image = _ImageElement()
    image.size = (2, 1)
    for width, expected in [(2, (2, 1)), (1, None)]:
        init: VideoFrameInit = {"timestamp": 0, "visibleRect": rect(0, 0, width, 2)}
        if expected is None:
            assert_throws_js(TypeError, partial(VideoFrame, image, init))
        else:
            assert_equals(display_size(_frame_of(t, image, init)), expected)
