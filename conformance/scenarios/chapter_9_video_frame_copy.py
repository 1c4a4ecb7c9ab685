"""Chapter 9: VideoFrame.allocationSize() and copyTo()."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np

from conformance.fixtures.frames_and_samples import (
    I420,
    CountedResources,
    allocation_size,
    closed,
    counted_frame,
    frame_of_frame,
    layout_of,
    new_frame,
    pixels_of,
    rect,
)
from conformance.interfaces import VideoFrame, is_another_implementation
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_false,
    assert_throws_dom,
    assert_throws_js,
    promise_rejects_dom,
    promise_rejects_js,
    promise_test,
)

PACKED: Final = [{"offset": 0, "stride": 4}, {"offset": 8, "stride": 2}, {"offset": 10, "stride": 2}]
#: 4 x 2 pixels of RGBA.
RGBA: Final = bytes(range(32))


async def _refused(t: Test, frame: VideoFrame, options: Mapping[str, object], what: str) -> None:
    """Check that both methods refuse ``options`` with TypeError. copyTo() does so by rejecting, and writes nothing."""
    assert_throws_js(TypeError, partial(allocation_size, frame, **options), what)
    destination = bytearray(100)
    await promise_rejects_js(t, TypeError, layout_of(frame, destination, **options), what)
    assert_equals(destination, bytearray(100), what)


def _compute(*steps: str) -> list[str]:
    return [f"videoframe-compute-layout-and-allocation-size#{step}" for step in steps]


def _copy(*steps: str) -> list[str]:
    return [f"dom-videoframe-copyto#{step}" for step in steps]


@promise_test(
    "without options the visible rectangle is copied, one plane packed after the other",
    shows=[
        *_copy("3", "8", "9", "10", "10.1", "10.2", "10.3", "10.4", "10.4.1", "10.4.2", "10.4.11", "10.5"),
        *[f"dom-videoframe-allocationsize#{step}" for step in (3, 5)],
        *[f"videoframe-parse-videoframecopytooptions#{step}" for step in (1, 2, 4, 6, 8, 9, 11, 12)],
        *_compute("1", "3", "4", "5", "6", "7", "7.11.1", "7.11.2", "7.12", "7.13", "7.16", "8", "9"),
        "combined-buffer-layout",
        "computed-plane-layout",
    ],
)
async def packed(t: Test) -> None:
    frame = new_frame()
    closed(t, frame)
    assert_equals(frame.allocationSize(), 12)
    destination = bytearray(b"\xee" * 15)
    assert_equals(await frame.copyTo(destination), PACKED)
    assert_equals(destination, bytearray(I420 + b"\xee" * 3))
    crop = frame_of_frame(frame, visibleRect=rect(2, 0, 2, 2))
    closed(t, crop)
    assert_equals(crop.allocationSize(), 6)
    assert_equals(await pixels_of(crop), b"\x03\x04\x07\x08\x0a\x0c")


@promise_test(
    "a rectangle of the coded size can be copied; chroma of odd sizes is rounded up",
    shows=[
        "dom-videoframecopytooptions-rect",
        "videoframe-parse-videoframecopytooptions#3",
        "videoframe-parse-visible-rect#2.5",
        *_compute("7.1", "7.2", "7.3", "7.4", "7.6", "7.7", "7.8", "7.9"),
        *_copy("10.4.3", "10.4.4", "10.4.5", "10.4.6", "10.4.8", "10.4.9", "10.4.9.1", "10.4.9.2"),
        "videoframe-domrect",
    ],
)
async def rectangles(t: Test) -> None:
    y, u, v = np.arange(24).reshape(4, 6), np.arange(24, 30).reshape(2, 3), np.arange(30, 36).reshape(2, 3)
    data = np.concatenate([y.ravel(), u.ravel(), v.ravel()]).astype(np.uint8)
    frame = new_frame(data, codedWidth=6, codedHeight=4)
    crop = frame_of_frame(frame, visibleRect=rect(2, 2, 2, 2))
    closed(t, frame, crop)
    for x, top, width, height in [
        (0, 0, 6, 4),
        (2, 2, 3, 1),
        (4, 0, 1, 3),
        (0, 2, 6, 2),
        (2, 0, 2.9, 1.2),
        (2, 2, 3, 2),
    ]:
        columns, rows = int(width), int(height)
        planes = [y[top : top + rows, x : x + columns]]
        planes += [plane[top // 2 : (top + rows + 1) // 2, x // 2 : (x + columns + 1) // 2] for plane in (u, v)]
        expected = b"".join(plane.astype(np.uint8).tobytes() for plane in planes)
        for image in (frame, crop):
            assert_equals(
                await pixels_of(image, rect=rect(x, top, width, height)), expected, f"{(x, top, width, height)}"
            )


@promise_test(
    "rectangles that are not possible are refused",
    shows=[
        "videoframe-parse-videoframecopytooptions#5",
        *[f"videoframe-parse-visible-rect#{step}" for step in ("2.1", "2.2", "2.3", "2.4", "4")],
        *_copy("4"),
        "dom-videoframe-allocationsize#4",
    ],
)
async def refused_rectangles(t: Test) -> None:
    frame = new_frame()
    closed(t, frame)
    for what, rectangle in [
        ("negative", rect(-2, 0, 4, 2)),
        ("infinite", rect(0, 0, math.inf, 2)),
        ("not a number", rect(0, math.nan, 4, 2)),
        ("no width", rect(0, 0, 0, 2)),
        ("no height", rect(0, 0, 4, 0)),
        ("too wide", rect(2, 0, 3, 2)),
        ("too high", rect(0, 0, 4, 3)),
        ("between samples horizontally", rect(1, 0, 2, 2)),
        ("between samples vertically", rect(0, 1, 2, 1)),
    ]:
        await _refused(t, frame, {"rect": rectangle}, what)
    await _refused(t, frame, {"rect": "all"}, "of another type")


@promise_test(
    "a layout says where planes and rows go; bytes between them are left as they are",
    shows=[
        "dom-videoframecopytooptions-layout",
        "videoframe-parse-videoframecopytooptions#7",
        *_compute("7.10", "7.10.1", "7.10.3", "7.10.4", "7.15", "7.16", "7.18.2", "7.19"),
        *_copy("10.4.7", "10.4.9.3", "10.4.9.4", "10.4.11"),
    ],
)
async def layout(t: Test) -> None:
    frame = new_frame()
    closed(t, frame)
    layout = [{"offset": 9, "stride": 5}, {"offset": 1, "stride": 3}, {"offset": 5, "stride": 3}]
    assert_equals(allocation_size(frame, layout=layout), 19)
    destination = bytearray(b"\xee" * 20)
    assert_equals(await layout_of(frame, destination, layout=layout), layout)
    expected = b"\xee\x09\x0a\xee\xee\x0b\x0c\xee\xee\x01\x02\x03\x04\xee\x05\x06\x07\x08\xee\xee"
    assert_equals(destination, bytearray(expected))
    rgba = new_frame(RGBA, format="RGBA")
    closed(t, rgba)
    destination = bytearray(b"\xee" * 32)
    await layout_of(rgba, destination, rect=rect(0, 0, 2, 2), layout=[{"offset": 0, "stride": 16}])
    assert_equals(destination, bytearray(RGBA[:8] + b"\xee" * 8 + RGBA[16:24] + b"\xee" * 8))


@promise_test(
    "layouts that are not possible are refused",
    shows=[*_compute("2", "7.10.2", "7.14", "7.18.3"), *_copy("4"), "plane-layout"],
)
async def refused_layouts(t: Test) -> None:
    frame = new_frame()
    closed(t, frame)
    for what, layout in [
        ("too few planes", PACKED[:2]),
        ("a stride below a row", [{"offset": 0, "stride": 3}, *PACKED[1:]]),
        ("planes that overlap", [*PACKED[:2], {"offset": 9, "stride": 2}]),
        ("a size beyond 32 bits", [PACKED[0], PACKED[1], {"offset": 2**32 - 1, "stride": 2}]),
        ("a negative offset", [PACKED[0], PACKED[1], {"offset": -1, "stride": 2}]),
        ("no stride", [{"offset": 0}, *PACKED[1:]]),
    ]:
        await _refused(t, frame, {"layout": layout}, what)


@promise_test(
    "a destination that is too small, or can't be written, rejects with TypeError",
    shows=_copy("5"),
)
async def destinations(t: Test) -> None:
    frame = new_frame()
    closed(t, frame)
    small = bytearray(11)
    await promise_rejects_js(t, TypeError, layout_of(frame, small))
    assert_equals(small, bytearray(11))
    if not is_another_implementation():
        # Every buffer of JavaScript's can be written.
        await promise_rejects_js(t, TypeError, layout_of(frame, bytes(12)), "read-only")
    detached = memoryview(bytearray(12))
    detached.release()
    await promise_rejects_js(t, TypeError, layout_of(frame, detached), "detached")
    array = np.zeros(6, np.uint16)
    await layout_of(frame, array)
    assert_equals(array.tobytes(), I420, "any buffer will do")


@promise_test(
    "the copy is resolved in a task of its own, and many may be on their way",
    shows=_copy("7", "8", "10", "10.5", "11"),
)
async def asynchronous(t: Test) -> None:
    frame = new_frame()
    closed(t, frame)
    destinations = [bytearray(12) for _ in range(5)]
    promises = [frame.copyTo(destination) for destination in destinations]
    assert_false(any(promise.done() for promise in promises))
    for promise in promises:
        assert_equals(await promise, PACKED)
    assert_array_equals(destinations, [bytearray(I420)] * 5)


@promise_test(
    "a frame that is closed while it is copied is copied",
    shows=_copy("10.1", "10.4.9"),
)
async def closed_meanwhile(t: Test) -> None:
    resources = CountedResources()
    frame = counted_frame(resources)
    destination = bytearray(6)
    promise = frame.copyTo(destination)
    frame.close()
    await promise
    assert_equals(destination, bytearray(b"\x07" * 6))
    resources.check(1, 1)


@promise_test(
    "a closed frame rejects with InvalidStateError",
    shows=[*_copy("1"), "dom-videoframe-allocationsize#1"],
)
async def of_a_closed_frame(t: Test) -> None:
    frame = new_frame()
    frame.close()
    assert_throws_dom("InvalidStateError", frame.allocationSize)
    await promise_rejects_dom(t, "InvalidStateError", frame.copyTo(bytearray(12)))


@promise_test(
    "pixels in a format without a name reject with NotSupportedError",
    shows=[*_copy("2"), "dom-videoframe-allocationsize#2"],
)
async def unnamed_format(t: Test) -> None:
    resources = CountedResources()
    frame = counted_frame(resources, named=False)
    assert_throws_dom("NotSupportedError", frame.allocationSize)
    await promise_rejects_dom(t, "NotSupportedError", frame.copyTo(bytearray(12)))
    frame.close()
    resources.check(1, 1)


@promise_test(
    "no format but those of RGB can be asked for, not even the frame's own",
    shows=["videoframe-parse-videoframecopytooptions#10", "dom-videoframecopytooptions-format"],
)
async def other_formats(t: Test) -> None:
    frame = new_frame()
    closed(t, frame)
    for format in ("I420", "I420A", "I422P10", "I444", "NV12"):
        assert_throws_dom("NotSupportedError", partial(allocation_size, frame, format=format), format)
        await promise_rejects_dom(t, "NotSupportedError", layout_of(frame, bytearray(100), format=format), format)
    await _refused(t, frame, {"format": "YUY2"}, "no format at all")
    await _refused(t, frame, {"format": "RGBA", "colorSpace": "rec2020"}, "no colour space at all")


@promise_test(
    "the size of a copy in RGB is four bytes a pixel",
    shows=["videoframe-parse-videoframecopytooptions#10", "dom-videopixelformat-rgba", *_compute("7.2", "7.9")],
)
async def sizes_of_rgb(t: Test) -> None:
    frame = new_frame()
    closed(t, frame)
    for format in ("RGBA", "RGBX", "BGRA", "BGRX"):
        assert_equals(allocation_size(frame, format=format), 32)
        assert_equals(allocation_size(frame, format=format, layout=[{"offset": 3, "stride": 20}]), 43)
        assert_equals(allocation_size(frame, format=format, rect=rect(2, 0, 1, 1)), 4)
        await promise_rejects_js(t, TypeError, layout_of(frame, bytearray(31), format=format), format)


@promise_test(
    "RGB that is asked for as it is comes as it is",
    shows=[*_copy("6", "6.1", "6.2", "6.3", "6.4"), "dom-videoframecopytooptions-colorspace"],
)
async def rgb_as_it_is(t: Test) -> None:
    for format in ("RGBA", "BGRA"):
        frame = new_frame(RGBA, format=format)
        destination = bytearray(32)
        for options in ({"format": format}, {"format": format, "colorSpace": "srgb"}):
            assert_equals(await layout_of(frame, destination, **options), [{"offset": 0, "stride": 16}])
            assert_equals(destination, bytearray(RGBA), format)
        assert_equals(await pixels_of(frame, format=format, rect=rect(1, 1, 2, 1)), RGBA[20:28])
        frame.close()
