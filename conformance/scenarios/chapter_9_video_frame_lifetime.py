"""Chapter 9: the life of a VideoFrame: clones, closing, references to its pixels, metadata."""

from functools import partial

import numpy as np

from codecmodel.raw_media.video_frame import create_a_video_frame
from conformance.fixtures.frames_and_samples import (
    I420,
    CountedResources,
    closed,
    counted_frame,
    display_size,
    new_frame,
    numbers_of,
    pixels_of,
)
from conformance.interfaces import VideoFrame, is_another_implementation
from conformance.scripted.scripted_media import ResourceLedger, ScriptedVideoResource
from conformance.suite.harness import (
    Test,
    assert_equals,
    assert_false,
    assert_not_equals,
    assert_throws_dom,
    assert_throws_js,
    assert_true,
    promise_test,
)

ATTRIBUTES = (
    *("format", "codedWidth", "codedHeight", "codedRect", "visibleRect", "rotation", "flip"),
    *("displayWidth", "displayHeight", "duration", "timestamp", "colorSpace"),
)


def _full_frame() -> VideoFrame:
    """A frame whose attributes all differ from their defaults."""
    return new_frame(
        duration=40,
        rotation=90,
        flip=True,
        displayWidth=5,
        displayHeight=7,
        colorSpace={"primaries": "bt2020"},
        metadata={"rtpTimestamp": 7},
    )


@promise_test(
    "a clone is another frame of the same pixels, and closed by itself",
    shows=[
        "dom-videoframe-clone#2",
        *[f"clone-videoframe#{step}" for step in ("1", "1.1", "1.2", "1.3", "1.4", "2")],
    ],
)
async def clone(t: Test) -> None:
    frame = _full_frame()
    other = frame.clone()
    closed(t, frame, other)
    assert_not_equals(other, frame)
    for name in ATTRIBUTES:
        assert_equals(getattr(other, name), getattr(frame, name), name)
    assert_equals(other.metadata(), frame.metadata())
    if not is_another_implementation():
        assert_true(np.shares_memory(other.plane_arrays()[0], frame.plane_arrays()[0]), "nothing is copied")
    frame.close()
    assert_equals((frame.codedWidth, other.codedWidth), (0, 4))
    assert_equals(await pixels_of(other), I420)
    other.close()
    other.close()


@promise_test(
    "a closed frame has nothing but its times; closing again does nothing",
    shows=[
        "dom-videoframe-close",
        *[f"close-videoframe#{step}" for step in range(1, 7)],
        "dom-videoframe-codedrect#1",
        "dom-videoframe-visiblerect#1",
        "dom-videoframe-format-slot",
    ],
)
async def close(t: Test) -> None:
    frame = _full_frame()
    for _ in range(2):
        frame.close()
        assert_equals((frame.format, frame.codedWidth, frame.codedHeight), (None, 0, 0))
        assert_equals((numbers_of(frame.codedRect), numbers_of(frame.visibleRect)), (None, None))
        assert_equals((frame.rotation, frame.flip, display_size(frame)), (0.0, False, (0, 0)))
        assert_equals((frame.timestamp, frame.duration), (1234, 40))


@promise_test(
    "clone() and metadata() of a closed frame throw InvalidStateError",
    shows=["dom-videoframe-clone#1", "dom-videoframe-metadata#1"],
)
async def use_after_close(t: Test) -> None:
    frame = new_frame()
    frame.close()
    assert_throws_dom("InvalidStateError", frame.clone)
    assert_throws_dom("InvalidStateError", frame.metadata)


@promise_test(
    "the resource lives as long as a reference to it, and not longer",
    shows=[
        "raw-media-memory-model-reference-counting",
        "media-resource",
        "dom-videoframe-resource-reference-slot",
        "close-videoframe#1",
        "clone-videoframe#1.2",
    ],
)
async def references(t: Test) -> None:
    resources = CountedResources()
    frame = counted_frame(resources)
    clones = [frame.clone() for _ in range(3)]
    resources.check(1, 0)
    frame.close()
    frame.close()
    clones[2].close()
    clones[0].close()
    resources.check(1, 0)
    assert_equals(await pixels_of(clones[1]), b"\x07" * 6)
    clones[1].close()
    resources.check(1, 1, "released by the last close(), at once")


@promise_test(
    "views of pixels stay valid when the frame is closed; new views are refused",
    shows=["media-resource", "close-videoframe#1"],
)
async def views(t: Test) -> None:
    frame = new_frame()
    planes, arrays = frame.planes(), frame.plane_arrays()
    frame.close()
    assert_equals([bytes(plane.data) for plane in planes], [I420[:8], I420[8:10], I420[10:]])
    assert_equals([array.tolist() for array in arrays], [[[1, 2, 3, 4], [5, 6, 7, 8]], [[9, 10]], [[11, 12]]])
    assert_false(any(array.flags.writeable for array in arrays))
    assert_throws_dom("InvalidStateError", frame.planes)
    assert_throws_dom("InvalidStateError", frame.plane_arrays)


@promise_test(
    "metadata has the members that the registry knows, and cannot be changed",
    shows=[
        "dom-videoframe-metadata#2",
        *[f"videoframe-copy-videoframe-metadata#{step}" for step in (1, 2, 3)],
        "dom-videoframe-metadata-slot",
        "dom-videoframe-videoframe-data-init#21.13",
    ],
)
async def metadata(t: Test) -> None:
    segment = {"type": "eye", "id": 3, "probability": 0.5}
    given = {
        "captureTime": 1.5,
        "rtpTimestamp": 2**32 + 3,
        "segments": [segment],
        "backgroundBlur": {"enabled": 1},
        "unknown": 1,
    }
    expected = {
        "captureTime": 1.5,
        "rtpTimestamp": 3,
        "segments": [{"type": "eye", "id": 3, "probability": 0.5}],
        "backgroundBlur": {"enabled": True},
    }
    frame = new_frame(metadata=given)
    closed(t, frame)
    assert_equals(frame.metadata(), expected)
    segment["probability"] = 0.25
    found = frame.metadata()
    found["captureTime"] = 9.0
    found["segments"][0]["id"] = 9
    assert_equals(frame.metadata(), expected)
    clone = frame.clone()
    closed(t, clone)
    assert_equals(clone.metadata(), expected)
    refused: list[object] = [{"backgroundBlur": {}}, {"segments": [{}]}, {"captureTime": "now"}, 3]
    for wrong in refused:
        assert_throws_js(TypeError, partial(new_frame, metadata=wrong), repr(wrong))


@promise_test(
    "a decoder's frame is shown in the aspect it is asked for, and turned after that",
    shows=[f"create-a-videoframe#1.{step}" for step in range(1, 14)],
)
async def created(t: Test) -> None:
    ledger = ResourceLedger()
    for aspect, rotation, parsed, expected in [
        ((None, None), 0, 0, (2, 2)),
        ((16, 9), 0, 0, (4, 2)),
        ((9, 16), 0, 0, (2, 4)),
        ((2, 1), 90, 90, (2, 4)),
        ((2, 1), 181, 180, (4, 2)),
        ((2, 1), -100, 270, (2, 4)),
        ((1, None), 0, 0, (2, 2)),
    ]:
        resource = ScriptedVideoResource(ledger, 7)
        aspect_width, aspect_height = aspect
        frame = create_a_video_frame(
            resource,
            -3,
            duration=40,
            display_aspect_width=aspect_width,
            display_aspect_height=aspect_height,
            color_space={"matrix": "bt470bg"},
            rotation=rotation,
            flip=True,
        )
        assert_equals((frame.timestamp, frame.duration), (-3, 40))
        assert_equals((frame.rotation, frame.flip), (float(parsed), True))
        assert_equals(display_size(frame), expected, f"{aspect}, {rotation}")
        assert_equals((frame.codedWidth, numbers_of(frame.visibleRect)), (2, (0, 0, 2, 2)))
        assert_equals((frame.colorSpace.matrix, frame.colorSpace.primaries), ("bt470bg", None))
        assert_equals(frame.metadata(), {})
        frame.close()
    assert_equals(ledger.live, 0)
