"""VideoFrames drawn on canvases, and made of canvases and bitmaps."""

from collections.abc import Sequence
from typing import TypedDict, Unpack, cast

import numpy as np
import pytest

from codecmodel import VideoFrame
from codecmodel.raw_media.dom_rect import DOMRectInit
from codecmodel.raw_media.media_resource import BufferVideoResource
from codecmodel.raw_media.video_frame import create_a_video_frame
from codecmodel.types import VideoColorSpaceInit, VideoFrameBufferInit, VideoPixelFormat
from codecmodel.web.errors import DOMException
from conformance.wpt.host.browser.canvas import OffscreenCanvas
from conformance.wpt.host.browser.image_bitmap import create_image_bitmap
from tests.conformance.wpt.host.browser.platform_pixels import (
    BLUE,
    GREEN,
    NOTHING,
    RED,
    WHITE,
    canvas_of,
    image_data,
    pixels_of,
)

YELLOW = (255, 255, 0, 255)


class _More(TypedDict, total=False):
    visibleRect: DOMRectInit
    displayWidth: int
    displayHeight: int
    rotation: float
    flip: bool
    colorSpace: VideoColorSpaceInit


def frame_of(
    rows: Sequence[Sequence[tuple[int, ...]]], format: VideoPixelFormat = "RGBA", **more: Unpack[_More]
) -> VideoFrame:
    data = np.array(rows, np.uint8)
    height, width, _ = data.shape
    init = {"format": format, "codedWidth": width, "codedHeight": height, "timestamp": 0, **more}
    return VideoFrame(data.tobytes(), cast("VideoFrameBufferInit", init))


def drawn(frame: VideoFrame) -> list[list[tuple[int, ...]]]:
    _, context = canvas_of(frame.displayWidth, frame.displayHeight)
    context.drawImage(frame, 0, 0)
    return pixels_of(context)


QUADRANTS = [[RED, GREEN], [BLUE, YELLOW]]


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("RGBA", (10, 20, 30, 0)),
        ("RGBX", (10, 20, 30, 255)),
        ("BGRA", (30, 20, 10, 0)),
        ("BGRX", (30, 20, 10, 255)),
    ],
)
def test_rgb_formats(format: VideoPixelFormat, expected: tuple[int, ...]) -> None:
    frame = frame_of([[(10, 20, 30, 0)]], format)
    assert drawn(frame) == [[expected if expected[3] else NOTHING]]


def test_alpha_of_a_frame_is_not_premultiplied() -> None:
    assert drawn(frame_of([[(200, 100, 50, 51)]])) == [[(200, 100, 50, 51)]]


def test_visible_rectangle() -> None:
    frame = frame_of([[RED, GREEN, BLUE]], visibleRect={"x": 1, "y": 0, "width": 2, "height": 1})
    assert drawn(frame) == [[GREEN, BLUE]]


def test_display_size() -> None:
    frame = frame_of([[RED] * 8] * 8, displayWidth=2, displayHeight=4)
    assert drawn(frame) == [[RED] * 2] * 4
    _, context = canvas_of(3, 5)
    context.drawImage(frame, 1, 3, 1, 1, 0, 0, 1, 1)
    assert pixels_of(context) == [[RED, NOTHING, NOTHING]] + [[NOTHING] * 3] * 4


@pytest.mark.parametrize(
    ("rotation", "flip", "expected"),
    [
        (0, False, [[RED, GREEN], [BLUE, YELLOW]]),
        (90, False, [[BLUE, RED], [YELLOW, GREEN]]),
        (180, False, [[YELLOW, BLUE], [GREEN, RED]]),
        (270, False, [[GREEN, YELLOW], [RED, BLUE]]),
        (0, True, [[GREEN, RED], [YELLOW, BLUE]]),
        (90, True, [[RED, BLUE], [GREEN, YELLOW]]),
        (180, True, [[BLUE, YELLOW], [RED, GREEN]]),
        (270, True, [[YELLOW, GREEN], [BLUE, RED]]),
    ],
)
def test_orientation(rotation: int, flip: bool, expected: list[list[tuple[int, ...]]]) -> None:
    frame = frame_of(QUADRANTS, rotation=rotation, flip=flip)
    assert drawn(frame) == expected
    _, context = canvas_of(2, 2)
    context.drawImage(create_image_bitmap(frame), 0, 0)
    assert pixels_of(context) == expected


def test_oriented_size() -> None:
    assert drawn(frame_of([[RED, GREEN, BLUE]], rotation=90)) == [[RED], [GREEN], [BLUE]]


def test_closed_frame() -> None:
    frame = frame_of(QUADRANTS)
    frame.close()
    _, context = canvas_of(1, 1)
    for use in (lambda: context.drawImage(frame, 0, 0), lambda: create_image_bitmap(frame)):
        with pytest.raises(DOMException) as raised:
            use()
        assert raised.value.name == "InvalidStateError"


# Colour


def test_frame_is_converted_to_the_canvas_color_space() -> None:
    frame = frame_of([[(50, 100, 150, 255)]])
    _, context = canvas_of(1, 1, {"colorSpace": "display-p3"})
    context.drawImage(frame, 0, 0)
    assert pixels_of(context) == [[(62, 99, 146, 255)]]


def test_frame_in_display_p3() -> None:
    p3: VideoColorSpaceInit = {"primaries": "smpte432", "transfer": "iec61966-2-1", "matrix": "rgb", "fullRange": True}
    frame = frame_of([[(62, 99, 146, 255)]], colorSpace=p3)
    assert drawn(frame) == [[(49, 100, 150, 255)]]
    bitmap = create_image_bitmap(frame)
    assert bitmap.surface().color_space == "display-p3"
    assert bitmap.surface().pixels.tolist() == [[[62, 99, 146, 255]]]


# Frames of canvases and bitmaps


def test_frame_of_a_canvas() -> None:
    canvas, context = canvas_of(2, 1)
    context.putImageData(image_data([[RED, (200, 100, 50, 51)]]), 0, 0)
    frame = VideoFrame(canvas, {"timestamp": 7})
    context.clearRect(0, 0, 2, 1)
    assert (frame.format, frame.codedWidth, frame.codedHeight, frame.timestamp) == ("RGBA", 2, 1, 7)
    assert frame.colorSpace.toJSON() == {
        "primaries": "bt709",
        "transfer": "iec61966-2-1",
        "matrix": "rgb",
        "fullRange": True,
    }
    (pixels,) = frame.plane_arrays()
    assert pixels.tolist() == [[list(RED), [200, 100, 50, 51]]]


def test_frame_of_an_opaque_canvas() -> None:
    canvas, context = canvas_of(1, 1, {"alpha": False, "colorSpace": "display-p3"})
    context.fillStyle = "color(display-p3 1 1 1)"
    context.fillRect(0, 0, 1, 1)
    frame = VideoFrame(canvas, {"timestamp": 0})
    assert (frame.format, frame.colorSpace.primaries) == ("RGBX", "smpte432")
    assert drawn(frame) == [[WHITE]]
    assert VideoFrame(canvas_of(1, 1)[0], {"timestamp": 0, "alpha": "discard"}).format == "RGBX"


def test_frame_of_a_bitmap_keeps_its_alpha() -> None:
    faint = [[(200, 100, 50, 2)]]
    bitmap = create_image_bitmap(image_data(faint), None, {"premultiplyAlpha": "none"})
    (pixels,) = VideoFrame(bitmap, {"timestamp": 0}).plane_arrays()
    assert [[tuple(pixel) for pixel in row] for row in pixels.tolist()] == faint


def test_frame_of_what_cannot_be_used() -> None:
    closed = create_image_bitmap(image_data(QUADRANTS))
    closed.close()
    for image in (closed, OffscreenCanvas(0, 1), OffscreenCanvas(1, 0)):
        with pytest.raises(DOMException) as raised:
            VideoFrame(image, {"timestamp": 0})
        assert raised.value.name == "InvalidStateError"
    with pytest.raises(TypeError):
        VideoFrame(canvas_of(1, 1)[0], {})


# Other formats

SRGB_AS_YCBCR: VideoColorSpaceInit = {
    "primaries": "bt709",
    "transfer": "iec61966-2-1",
    "matrix": "bt709",
    "fullRange": False,
}


def ycbcr_init(format: VideoPixelFormat) -> VideoFrameBufferInit:
    return {"format": format, "codedWidth": 2, "codedHeight": 2, "timestamp": 0, "colorSpace": SRGB_AS_YCBCR}


def test_high_bit_depth_is_not_cut_off() -> None:
    # Of 10 bits, (503 - 64) / 876 is 127.8 / 255; of the upper 8 bits it would be 126.9.
    data = np.array([503] * 4 + [512, 512], "<u2")
    init = ycbcr_init("I420P10")
    assert drawn(VideoFrame(data.tobytes(), init)) == [[(128, 128, 128, 255)] * 2] * 2


def test_alpha_plane() -> None:
    data = bytes([235, 16, 126, 235, 128, 128, 255, 255, 128, 0])
    init = ycbcr_init("I420A")
    assert drawn(VideoFrame(data, init)) == [[WHITE, (0, 0, 0, 255)], [(128, 128, 128, 128), NOTHING]]
    bitmap = create_image_bitmap(VideoFrame(data, init))
    assert bitmap.surface().straight().pixels[1, 0].tolist() == [128, 128, 128, 128]


def test_format_without_a_name_is_not_drawn() -> None:
    nameless = cast("VideoPixelFormat", None)
    frame = create_a_video_frame(BufferVideoResource(nameless, (2, 2), []), 0)
    with pytest.raises(DOMException) as raised:
        drawn(frame)
    assert raised.value.name == "NotSupportedError"
