"""Chapter 9: VideoFrame(data, init)."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np

from conformance.fixtures.frames_and_samples import (
    I420,
    I420_INIT,
    closed,
    display_size,
    new_frame,
    numbers_of,
    pixels_of,
    rect,
)
from conformance.interfaces import is_another_implementation
from conformance.suite.harness import Test, assert_equals, assert_throws_dom, assert_throws_js, promise_test

#: Steps of the constructor, as references.
_CONSTRUCTOR: Final = "dom-videoframe-videoframe-data-init"


def _steps(*steps: str) -> list[str]:
    return [f"{_CONSTRUCTOR}#{step}" for step in steps]


@promise_test(
    "a frame of bytes has the properties that it was made with",
    shows=[
        *_steps("2", "3", "5", "7", "9", "15", "15.1", "17", "18", "19", "20", "21"),
        *_steps("21.1", "21.3", "21.3.1", "21.3.2", "21.4", "21.5", "21.7", "21.7.1", "21.7.1.1", "21.7.1.2"),
        *_steps("21.8", "21.11", "21.13"),
        *[f"dom-videoframe-{name}" for name in ("format", "codedwidth", "codedheight", "timestamp", "duration")],
        *[f"dom-videoframe-{name}" for name in ("rotation", "flip", "displaywidth", "displayheight")],
        *[f"dom-videoframe-codedrect#{step}" for step in ("2", "2.1", "2.2", "3")],
        *[f"dom-videoframe-visiblerect#{step}" for step in ("2", "2.1", "3")],
    ],
)
async def attributes(t: Test) -> None:
    frame = new_frame(duration=40)
    closed(t, frame)
    assert_equals((frame.format, frame.timestamp, frame.duration), ("I420", 1234, 40))
    assert_equals((frame.codedWidth, frame.codedHeight), (4, 2))
    assert_equals(numbers_of(frame.codedRect), (0, 0, 4, 2))
    assert_equals(numbers_of(frame.visibleRect), (0, 0, 4, 2))
    assert_equals((frame.rotation, frame.flip, display_size(frame)), (0.0, False, (4, 2)))
    assert_equals(frame.metadata(), {})
    assert_equals(await pixels_of(frame), I420)
    other = new_frame(timestamp=-1)
    closed(t, other)
    assert_equals((other.timestamp, other.duration), (-1, None))


@promise_test("attributes are read-only", shows=["videoframe-attributes"])
async def read_only(t: Test) -> None:
    frame = new_frame()
    closed(t, frame)
    for name in (
        *("format", "codedWidth", "codedHeight", "codedRect", "visibleRect", "rotation", "flip"),
        *("displayWidth", "displayHeight", "duration", "timestamp", "colorSpace"),
    ):
        assert_throws_js(AttributeError, partial(setattr, frame, name, 1), name)


@promise_test(
    "the default rectangle is as high as the coded height, which may be more than the width",
    shows=_steps("2", "5"),
)
async def upright(t: Test) -> None:
    data = bytes(range(24))
    frame = new_frame(data, format="I444", codedWidth=2, codedHeight=4)
    closed(t, frame)
    assert_equals(numbers_of(frame.visibleRect), (0, 0, 2, 4))
    assert_equals(await pixels_of(frame), data)


@promise_test("format, coded size and timestamp are required", shows=["videoframe-interface", _CONSTRUCTOR])
async def required_members(t: Test) -> None:
    for missing in I420_INIT:
        assert_throws_js(TypeError, partial(new_frame, **{missing: None}), f"without {missing}")


@promise_test("members of other types are refused", shows=["videoframe-interface", "plane-layout", "pixel-format"])
async def types_of_members(t: Test) -> None:
    for name, value in [
        ("format", "YUY2"),
        ("codedWidth", -1),
        ("codedHeight", 2**32),
        ("timestamp", 2**53),
        ("duration", -1),
        ("rotation", math.inf),
        ("displayWidth", -1),
        ("layout", 1),
        ("layout", [{"offset": 0}] * 3),
        ("layout", [{"offset": -1, "stride": 4}] * 3),
        ("visibleRect", "all"),
        ("colorSpace", {"matrix": "bt601"}),
        # JavaScript's buffers can all be transferred.
        *([] if is_another_implementation() else [("transfer", [I420])]),
        ("metadata", {"rtpTimestamp": "soon"}),
    ]:
        assert_throws_js(TypeError, partial(new_frame, **{name: value}), f"{name}: {value!r}")
    for data in (None, "pixels", 12, [1, 2]):
        assert_throws_js(TypeError, partial(new_frame, data), repr(data))


@promise_test(
    "an init that is not valid throws TypeError",
    shows=[*_steps("1"), *[f"valid-videoframebufferinit#{step}" for step in range(1, 8)]],
)
async def invalid_init(t: Test) -> None:
    cases: list[Mapping[str, object]] = [
        {"codedWidth": 0},
        {"codedHeight": 0},
        {"visibleRect": rect(-1, 0, 4, 2)},
        {"visibleRect": rect(0, 0, 4, -2)},
        {"visibleRect": rect(0, 0, math.inf, 2)},
        {"visibleRect": rect(0, math.nan, 4, 2)},
        {"visibleRect": rect(0, 1, 4, 2)},
        {"visibleRect": rect(1, 0, 4, 2)},
        {"displayWidth": 4},
        {"displayHeight": 2},
        {"displayWidth": 0, "displayHeight": 2},
        {"displayWidth": 4, "displayHeight": 0},
    ]
    for members in cases:
        assert_throws_js(TypeError, partial(new_frame, **members), str(members))


@promise_test(
    "a rectangle that is empty, or begins between samples, throws TypeError",
    shows=[
        *_steps("4", "5", "6"),
        *[f"videoframe-parse-visible-rect#{step}" for step in ("2", "2.2", "3", "4")],
        *[f"videoframe-verify-rect-offset-alignment#{step}" for step in ("2", "3", "4", "4.1", "4.2", "4.3")],
        *[f"videoframe-verify-rect-offset-alignment#{step}" for step in ("4.4", "4.5", "5")],
        "sub-sampling",
    ],
)
async def refused_rectangles(t: Test) -> None:
    size = {"codedWidth": 8, "codedHeight": 4}
    for format, x, y, width, height in [
        ("I420", 0, 0, 0, 2),
        ("I420", 0, 0, 4, 0),
        ("I420", 1, 0, 2, 2),
        ("I420", 0, 1, 2, 2),
        ("NV12", 1, 0, 2, 2),
        ("I422", 1, 0, 2, 2),
    ]:
        members = {**size, "format": format, "visibleRect": rect(x, y, width, height)}
        assert_throws_js(TypeError, partial(new_frame, bytes(128), **members), f"{format}: {members['visibleRect']}")
    for format, x, y in [("I420", 2, 2), ("I422", 2, 1), ("I444", 1, 1), ("RGBA", 1, 1)]:
        frame = new_frame(bytes(128), **size, format=format, visibleRect=rect(x, y, 3, 1))
        assert_equals(display_size(frame), (3, 1), format)
        frame.close()


@promise_test(
    "data must hold the planes, which come one after the other without a layout",
    shows=[
        *_steps("9", "11"),
        *[f"videoframe-compute-layout-and-allocation-size#{step}" for step in ("7.11", "7.11.1", "7.11.2", "7.16")],
        "dom-videopixelformat-i420",
        "dom-videopixelformat-nv12",
    ],
)
async def enough_data(t: Test) -> None:
    for format, width, height, enough in [
        ("I420", 4, 2, 12),
        ("I420", 3, 3, 17),
        ("I420P10", 4, 2, 24),
        ("I420A", 1, 1, 4),
        ("I422", 3, 1, 7),
        ("I444", 3, 1, 9),
        ("NV12", 3, 3, 17),
        ("RGBX", 3, 1, 12),
    ]:
        members = {"format": format, "codedWidth": width, "codedHeight": height}
        assert_throws_js(TypeError, partial(new_frame, bytes(enough - 1), **members), f"{format}, {enough - 1} bytes")
        for extra in (0, 5):
            frame = new_frame(bytes(range(enough + extra)), **members)
            assert_equals(await pixels_of(frame), bytes(range(enough)), format)
            frame.close()


@promise_test(
    "a layout says where the planes are, in whatever order",
    shows=[
        *_steps("7", "8", "9", "15.1"),
        *[f"videoframe-compute-layout-and-allocation-size#{step}" for step in ("7.10", "7.10.1", "7.10.3", "7.10.4")],
        "dom-planelayout-offset",
        "dom-planelayout-stride",
    ],
)
async def layout(t: Test) -> None:
    data = b"\x00\x09\x0a\x00\x0b\x0c\x00\x01\x02\x03\x04\x00\x05\x06\x07\x08\x00"
    layout = [{"offset": 7, "stride": 5}, {"offset": 1, "stride": 3}, {"offset": 4, "stride": 3}]
    frame = new_frame(data, layout=layout)
    closed(t, frame)
    assert_equals(await pixels_of(frame), I420)
    assert_throws_js(TypeError, partial(new_frame, data[:-1], layout=layout), "the last row with its padding")


@promise_test(
    "a layout that is not possible throws TypeError",
    shows=[
        *_steps("10"),
        *[f"videoframe-compute-layout-and-allocation-size#{step}" for step in ("1", "2", "7.10.2", "7.14")],
        *[f"videoframe-compute-layout-and-allocation-size#{step}" for step in ("7.15", "7.17", "7.18", "7.18.1")],
        *[f"videoframe-compute-layout-and-allocation-size#{step}" for step in ("7.18.2", "7.18.3", "7.19")],
    ],
)
async def impossible_layouts(t: Test) -> None:
    good: list[dict[str, int]] = [{"offset": 0, "stride": 4}, {"offset": 8, "stride": 2}, {"offset": 10, "stride": 2}]
    closed(t, new_frame(layout=good))
    for what, layout in [
        ("too few planes", good[:2]),
        ("too many planes", [*good, {"offset": 12, "stride": 4}]),
        ("a stride below a row", [{"offset": 0, "stride": 3}, *good[1:]]),
        ("a stride below a row of chroma", [good[0], {"offset": 8, "stride": 1}, good[2]]),
        ("a plane inside of another", [*good[:2], {"offset": 4, "stride": 2}]),
        ("a plane that reaches into the next", [{"offset": 1, "stride": 4}, *good[1:]]),
        ("a plane that reaches into an earlier one", [good[0], {"offset": 7, "stride": 2}, good[2]]),
        ("an end beyond 32 bits", [*good[:2], {"offset": 2**32 - 1, "stride": 2}]),
        ("a size beyond 32 bits", [{"offset": 12, "stride": 2**32 - 1}, *good[1:]]),
    ]:
        assert_throws_js(TypeError, partial(new_frame, bytes(64), layout=layout), what)
    huge = {"codedWidth": 2**32 - 1, "codedHeight": 2**32 - 1}
    assert_throws_js(TypeError, partial(new_frame, **huge), "a packed size beyond 32 bits")


@promise_test(
    "the visible rectangle is what is seen of the coded size",
    shows=[
        *_steps("4", "9", "15.1", "21.1", "21.2", "21.2.1", "21.2.2", "21.2.3", "21.2.4"),
        "videoframe-parse-visible-rect#2.5",
        "videoframe-parse-visible-rect#5",
        "videoframe-domrect",
    ],
)
async def visible_rectangle(t: Test) -> None:
    y, u, v = np.arange(32).reshape(4, 8), np.arange(32, 40).reshape(2, 4), np.arange(40, 48).reshape(2, 4)
    data = np.concatenate([y.ravel(), u.ravel(), v.ravel()]).astype(np.uint8)
    for x, top, width, height in [(2, 2, 4, 2), (4, 0, 4, 3), (0, 0, 8, 4), (0, 0, 1, 1), (2, 2, 5.9, 1.5)]:
        visible = rect(x, top, width, height)
        frame = new_frame(data, codedWidth=8, codedHeight=4, visibleRect=visible)
        columns, rows = int(width), int(height)
        found = numbers_of(frame.visibleRect)
        assert_equals(None if found is None else found[2:], (columns, rows), f"truncated: {visible}")
        assert_equals(display_size(frame), (columns, rows))
        expected = [y[top : top + rows, x : x + columns]]
        expected += [plane[top // 2 : (top + rows + 1) // 2, x // 2 : (x + columns + 1) // 2] for plane in (u, v)]
        assert_equals(await pixels_of(frame), b"".join(plane.astype(np.uint8).tobytes() for plane in expected))
        frame.close()


@promise_test(
    "rotation is to the nearest quarter turn, and turns the display size",
    shows=[
        *_steps("21.4", "21.5", "21.6", "21.7.1.1", "21.7.1.2", "21.7.2", "21.7.2.1", "21.7.2.2"),
        *[f"videoframe-parse-rotation#{step}" for step in range(1, 4)],
    ],
)
async def orientation(t: Test) -> None:
    for rotation, expected in [
        (0, 0),
        (44.9, 0),
        (45, 90),
        (134, 90),
        (135, 180),
        (270, 270),
        (315, 0),
        (360, 0),
        (450, 90),
        (-45, 0),
        (-46, 270),
        (-90, 270),
        (-135, 270),
        (-315, 90),
        (3600090, 90),
    ]:
        frame = new_frame(rotation=rotation, flip=True)
        assert_equals((frame.rotation, frame.flip), (float(expected), True), f"{rotation} degrees")
        assert_equals(display_size(frame), (2, 4) if expected in (90, 270) else (4, 2), f"{rotation} degrees")
        assert_equals(numbers_of(frame.visibleRect), (0, 0, 4, 2), "the pixels are as they are")
        frame.close()
    frame = new_frame(rotation=90, displayWidth=8, displayHeight=3)
    closed(t, frame)
    assert_equals(display_size(frame), (8, 3), "a display size that is given is not turned")


@promise_test("the pixels are a copy", shows=_steps("15", "15.1"))
async def data_is_copied(t: Test) -> None:
    source = bytearray(I420)
    frame = new_frame(source)
    closed(t, frame)
    source[:] = bytes(12)
    assert_equals(await pixels_of(frame), I420)
    backing = b"\xff" + I420 + b"\xff"
    for buffer in (memoryview(backing)[1:13], np.frombuffer(I420, "<u4")):
        other = new_frame(buffer)
        assert_equals(await pixels_of(other), I420)
        other.close()


@promise_test(
    "buffers in transfer are detached, whether they are the data or not",
    shows=_steps("14", "14.1", "16", "16.1"),
)
async def transfer(t: Test) -> None:
    view, array, other = memoryview(bytearray(I420)), bytearray(I420), bytearray(b"other")
    for source, transferred in [(view, [view]), (array, [array, other])]:
        frame = new_frame(source, transfer=transferred)
        assert_equals(await pixels_of(frame), I420)
        frame.close()
    assert_throws_js(ValueError, lambda: view.nbytes, "the memoryview is released")
    assert_equals((array, other), (bytearray(), bytearray()))


@promise_test(
    "a transfer list that is not possible throws DataCloneError, and nothing is detached",
    shows=_steps("12", "13", "13.1"),
)
async def refused_transfer(t: Test) -> None:
    buffer, detached = bytearray(I420), memoryview(bytearray(12))
    detached.release()
    assert_throws_dom("DataCloneError", partial(new_frame, buffer, transfer=[buffer, buffer]), "twice")
    assert_throws_dom("DataCloneError", partial(new_frame, buffer, transfer=[buffer, detached]), "detached")
    assert_throws_js(TypeError, partial(new_frame, buffer[:11], transfer=[buffer, buffer]), "too short, before that")
    assert_throws_js(TypeError, partial(new_frame, detached), "a detached buffer has no pixels")
    assert_equals(buffer, bytearray(I420))
