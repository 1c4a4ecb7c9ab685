"""Chapter 9: VideoFrame(image, init) of another VideoFrame."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Final

from conformance.fixtures.frames_and_samples import (
    I420,
    CountedResources,
    closed,
    counted_frame,
    display_size,
    frame_of_frame,
    new_frame,
    numbers_of,
    pixels_of,
    rect,
)
from conformance.suite.harness import Test, assert_equals, assert_throws_dom, assert_throws_js, promise_test

_INITIALIZE: Final = "videoframe-initialize-visible-rect-orientation-and-display-size"


def _from_other_frame(*steps: int) -> list[str]:
    return [f"videoframe-initialize-frame-from-other-frame#{step}" for step in steps]


def _initialize(*steps: str) -> list[str]:
    return [f"{_INITIALIZE}#{step}" for step in steps]


@promise_test(
    "a frame of a frame is like it, but for the metadata",
    shows=[
        "dom-videoframe-videoframe#4",
        "dom-videoframe-videoframe:videoframe#1",
        *_from_other_frame(1, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        *_initialize("1", "3"),
    ],
)
async def like_the_other(t: Test) -> None:
    frame = new_frame(
        I420,
        duration=40,
        colorSpace={"matrix": "bt470bg"},
        rotation=180,
        flip=True,
        displayWidth=8,
        displayHeight=3,
        metadata={"rtpTimestamp": 1},
    )
    other = frame_of_frame(frame)
    closed(t, frame, other)
    for name in (
        *("format", "timestamp", "duration", "codedWidth", "codedHeight", "codedRect", "visibleRect"),
        *("rotation", "flip", "displayWidth", "displayHeight", "colorSpace"),
    ):
        assert_equals(getattr(other, name), getattr(frame, name), name)
    assert_equals(frame.metadata(), {"rtpTimestamp": 1})
    assert_equals(other.metadata(), {})
    assert_equals(await pixels_of(other), I420)


@promise_test(
    "it has a reference of its own to the same pixels",
    shows=[*_from_other_frame(5, 6), "raw-media-memory-model-reference-counting"],
)
async def reference(t: Test) -> None:
    resources = CountedResources()
    frame = counted_frame(resources)
    other = frame_of_frame(frame)
    frame.close()
    resources.check(1, 0)
    assert_equals(await pixels_of(other), b"\x07" * 6)
    other.close()
    resources.check(1, 1)


@promise_test("a closed frame throws InvalidStateError", shows=["dom-videoframe-videoframe#1"])
async def of_a_closed_frame(t: Test) -> None:
    frame = new_frame()
    frame.close()
    assert_throws_dom("InvalidStateError", partial(frame_of_frame, frame))
    assert_throws_dom("InvalidStateError", partial(frame_of_frame, frame, displayWidth=1))


@promise_test(
    "timestamp, duration and metadata may be replaced",
    shows=[*_from_other_frame(12, 13, 15), "videoframe-copy-videoframe-metadata#3"],
)
async def replaced(t: Test) -> None:
    frame = new_frame(duration=40)
    closed(t, frame)
    for members, expected in [
        ({"timestamp": -5}, (-5, 40)),
        ({"duration": 7}, (1234, 7)),
        ({"timestamp": 0, "duration": 0}, (0, 0)),
    ]:
        other = frame_of_frame(frame, **members)
        assert_equals((other.timestamp, other.duration), expected)
        other.close()
    other = frame_of_frame(frame, metadata={"receiveTime": 2})
    closed(t, other)
    assert_equals(other.metadata(), {"receiveTime": 2.0})


@promise_test(
    "alpha is kept, or discarded: then the format is the opaque one",
    shows=[*_from_other_frame(1, 2, 14), "equivalent-opaque-format"],
)
async def alpha(t: Test) -> None:
    for format, opaque in [
        *[("I420A", "I420"), ("I420AP10", "I420P10"), ("I420AP12", "I420P12")],
        *[("I422A", "I422"), ("I422AP10", "I422P10"), ("I422AP12", "I422P12")],
        *[("I444A", "I444"), ("I444AP10", "I444P10"), ("I444AP12", "I444P12")],
        *[("RGBA", "RGBX"), ("BGRA", "BGRX"), ("NV12", "NV12"), ("I420", "I420"), ("RGBX", "RGBX")],
    ]:
        frame = new_frame(bytes(64), format=format)
        for members, expected in [({}, format), ({"alpha": "keep"}, format), ({"alpha": "discard"}, opaque)]:
            other = frame_of_frame(frame, **members)
            assert_equals(other.format, expected, f"{format}, {members}")
            other.close()
        assert_throws_js(TypeError, partial(frame_of_frame, frame, alpha="drop"))
        frame.close()


@promise_test(
    "a frame in a format without a name stays one, wherever the rectangle begins",
    shows=[*_from_other_frame(1, 2), "videoframe-verify-rect-offset-alignment#1", "dom-videoframe-format"],
)
async def unnamed_format(t: Test) -> None:
    frame = counted_frame(CountedResources(), named=False)
    closed(t, frame)
    for members in ({}, {"alpha": "discard"}):
        other = frame_of_frame(frame, visibleRect=rect(1, 1, 1, 1), **members)
        assert_equals((other.format, numbers_of(other.visibleRect)), (None, (1, 1, 1, 1)))
        other.close()


@promise_test(
    "an init that is not valid throws TypeError, and leaves no reference",
    shows=[
        *_from_other_frame(3, 4),
        *[f"validate-videoframeinit#{step}" for step in ("1", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "3", "4")],
    ],
)
async def invalid_init(t: Test) -> None:
    resources = CountedResources()
    frame = counted_frame(resources)
    cases: list[Mapping[str, object]] = [
        {"visibleRect": rect(1, 0, 1, 1)},
        {"visibleRect": rect(0, 1, 1, 1)},
        {"visibleRect": rect(-2, 0, 1, 1)},
        {"visibleRect": rect(0, 0, -1, 1)},
        {"visibleRect": rect(0, 0, math.inf, 1)},
        {"visibleRect": rect(0, 0, 1, math.nan)},
        {"visibleRect": rect(0, 0, 0, 1)},
        {"visibleRect": rect(0, 0, 1, 0)},
        {"visibleRect": rect(0, 0, 0.9, 1), "displayWidth": 1, "displayHeight": 1},
        {"visibleRect": rect(0, 0, 1, 0.9), "displayWidth": 1, "displayHeight": 1},
        {"visibleRect": rect(0, 0, 1, 3)},
        {"visibleRect": rect(0, 0, 3, 1)},
        {"displayWidth": 2},
        {"displayHeight": 2},
        {"displayWidth": 0, "displayHeight": 2},
        {"displayWidth": 2, "displayHeight": 0},
    ]
    for members in cases:
        assert_throws_js(TypeError, partial(frame_of_frame, frame, **members), str(members))
    frame.close()
    resources.check(1, 1)


@promise_test(
    "a visible rectangle crops; the display size keeps the shape of a pixel",
    shows=[
        *[f"validate-videoframeinit#{step}" for step in ("2", "5")],
        *_initialize("2", "2.1", "2.2", "3", "8", "8.1", "8.1.1", "8.1.2", "8.3", "8.4", "8.5", "8.5.1", "8.5.2"),
        "videoframe-domrect",
    ],
)
async def visible_rectangle(t: Test) -> None:
    for shown, visible, expected in [
        ((4, 2), rect(0, 0, 2, 2), (2, 2)),
        ((8, 2), rect(2, 0, 2, 2), (4, 2)),
        ((8, 4), rect(2, 0, 2, 2), (4, 4)),
        ((5, 3), rect(2, 0, 2, 1), (3, 2)),
    ]:
        frame = new_frame(displayWidth=shown[0], displayHeight=shown[1])
        crop = frame_of_frame(frame, visibleRect=visible)
        assert_equals(numbers_of(crop.codedRect), (0, 0, 4, 2))
        assert_equals(numbers_of(crop.visibleRect), tuple(visible.values()))
        assert_equals(display_size(crop), expected, f"{visible} of {shown}")
        frame.close()
        crop.close()
    frame = new_frame()
    crop = frame_of_frame(frame, visibleRect=rect(2.5, 0.9, 1.5, 1.1))
    closed(t, frame, crop)
    assert_equals(numbers_of(crop.visibleRect), (2, 0, 1, 1), "truncated")
    assert_equals(await pixels_of(crop), b"\x03\x0a\x0c")


@promise_test(
    "a display size that would be nothing throws TypeError",
    shows=_initialize("8.4"),
)
async def no_display_size(t: Test) -> None:
    frame = new_frame(bytes(1200), codedWidth=40, codedHeight=20, displayWidth=40, displayHeight=1)
    closed(t, frame)
    assert_throws_js(TypeError, partial(frame_of_frame, frame, visibleRect=rect(0, 0, 40, 2)))


@promise_test(
    "rotation and flip are added to those of the other frame: a flipped one turns the other way",
    shows=[
        *_initialize("4", "5", "6", "8.2", "8.2.1", "8.2.2", "8.6", "8.6.1", "8.6.2"),
        *[f"videoframe-add-rotations#{step}" for step in range(1, 4)],
    ],
)
async def orientation(t: Test) -> None:
    for base_rotation in (0, 90, 180, 270):
        for base_flip in (False, True):
            base = new_frame(rotation=base_rotation, flip=base_flip)
            for rotation in (0, 90, 180, 270):
                for flip in (False, True):
                    frame = frame_of_frame(base, rotation=rotation, flip=flip)
                    turned = (base_rotation + (-rotation if base_flip else rotation)) % 360
                    assert_equals((frame.rotation, frame.flip), (float(turned), base_flip != flip))
                    assert_equals(display_size(frame), (4, 2) if turned in (0, 180) else (2, 4))
                    frame.close()
            base.close()


@promise_test(
    "the shape of a pixel turns with the frame",
    shows=_initialize("8.2.1", "8.2.2", "8.5", "8.6"),
)
async def turned_pixels(t: Test) -> None:
    wide = new_frame(displayWidth=8, displayHeight=2)
    lying = frame_of_frame(wide, rotation=90)
    closed(t, wide, lying)
    assert_equals(display_size(lying), (2, 8))
    cases: list[tuple[Mapping[str, object], tuple[int, int]]] = [
        ({}, (2, 8)),
        ({"rotation": 180}, (2, 8)),
        ({"rotation": 270}, (8, 2)),
        ({"visibleRect": rect(0, 0, 2, 2)}, (2, 4)),
    ]
    for members, expected in cases:
        other = frame_of_frame(lying, **members)
        assert_equals(display_size(other), expected, str(members))
        other.close()


@promise_test("a display size that is given is taken as it is", shows=_initialize("7"))
async def display_size_given(t: Test) -> None:
    frame = new_frame()
    other = frame_of_frame(frame, rotation=90, visibleRect=rect(0, 0, 2, 2), displayWidth=10, displayHeight=20)
    closed(t, frame, other)
    assert_equals(display_size(other), (10, 20))
    assert_equals(display_size(frame), (4, 2))
