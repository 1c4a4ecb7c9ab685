"""VideoFrame's constructors (§ 9.4.2)."""

import asyncio
import math
from typing import Any

import numpy as np
import pytest

from codecmodel.raw_media.dom_rect import DOMRectReadOnly
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.raw_media.video_frame_algorithms import add_rotations, parse_rotation
from tests.codecmodel.raw_media.raw_media_resources import raises, random_bytes

I420_4X2 = bytes(range(1, 13))


def i420(data: Any = I420_4X2, **members: Any) -> VideoFrame:
    return frame_of(data, {"format": "I420", "timestamp": 1234, "codedWidth": 4, "codedHeight": 2} | members)


def frame_of(source: Any, init: Any = None) -> VideoFrame:
    """VideoFrame(source, init) with arguments that a type checker would refuse, too."""
    return VideoFrame(source, init)


def rgbx(rotation: float = 0.0, flip: bool = False) -> VideoFrame:
    init = {"format": "RGBX", "timestamp": 0, "codedWidth": 4, "codedHeight": 2, "rotation": rotation, "flip": flip}
    return frame_of(bytes(32), init)


def pixels(frame: VideoFrame) -> list[Any]:
    return [array.tolist() for array in frame.plane_arrays()]


def display(frame: VideoFrame) -> tuple[int, int]:
    return frame.displayWidth, frame.displayHeight


# From bytes


def test_attributes() -> None:
    frame = i420(duration=40)
    assert (frame.format, frame.timestamp, frame.duration) == ("I420", 1234, 40)
    assert (frame.codedWidth, frame.codedHeight) == (4, 2)
    assert frame.codedRect == frame.visibleRect == DOMRectReadOnly(0, 0, 4, 2)
    assert (frame.rotation, frame.flip, display(frame)) == (0.0, False, (4, 2))
    assert tuple(frame.colorSpace.toJSON().values()) == ("bt709", "bt709", "bt709", False)
    assert frame.metadata() == {}
    assert pixels(frame) == [[[1, 2, 3, 4], [5, 6, 7, 8]], [[9, 10]], [[11, 12]]]
    assert i420().duration is None


def test_the_coded_height_counts_where_it_is_greater_than_the_width() -> None:
    frame = VideoFrame(bytes(range(24)), {"format": "I444", "timestamp": 0, "codedWidth": 2, "codedHeight": 4})
    assert (frame.codedWidth, frame.codedHeight) == (2, 4)
    assert pixels(frame)[2] == [[16, 17], [18, 19], [20, 21], [22, 23]]
    with pytest.raises(TypeError, match="data has 23 bytes, but the planes need 24"):
        VideoFrame(bytes(23), {"format": "I444", "timestamp": 0, "codedWidth": 2, "codedHeight": 4})


@pytest.mark.parametrize("source", [bytearray(I420_4X2), memoryview(I420_4X2), np.frombuffer(I420_4X2, "<u4")])
def test_any_buffer_will_do_and_is_copied(source: Any) -> None:
    frame = i420(source)
    assert frame.planes()[0].data.tobytes() == I420_4X2[:8]
    if isinstance(source, bytearray):
        source[:] = bytes(12)
        assert frame.planes()[0].data.tobytes() == I420_4X2[:8]


def test_a_layout() -> None:
    data = b"\0" + bytes([9, 10, 0, 11, 12, 0]) + bytes([1, 2, 3, 4, 0, 5, 6, 7, 8, 0])
    layout = [{"offset": 7, "stride": 5}, {"offset": 1, "stride": 3}, {"offset": 4, "stride": 3}]
    assert pixels(i420(data, layout=layout)) == pixels(i420())
    with pytest.raises(TypeError, match="data has 16 bytes, but the planes need 17"):
        i420(data[:-1], layout=layout)


@pytest.mark.parametrize("plane", [0, 1, 2])
def test_a_stride_below_a_row(plane: int) -> None:
    layout = [{"offset": 0, "stride": 4}, {"offset": 8, "stride": 2}, {"offset": 10, "stride": 2}]
    layout[plane]["stride"] = 1
    with pytest.raises(TypeError, match="needs a stride of"):
        i420(layout=layout)


@pytest.mark.parametrize("transferred", [False, True])
@pytest.mark.parametrize("rect", [(2, 2, 4, 2), (4, 2, 3, 3), (0, 0, 1, 1), (2, 0, 5.9, 4.5)])
@pytest.mark.parametrize("padding", [0, 3])
def test_only_the_visible_rectangle_is_kept(padding: int, rect: tuple[float, ...], transferred: bool) -> None:
    left, top, width, height = (int(number) for number in rect)
    strides = (8 + padding, 4 + padding, 4 + padding)
    sizes = (strides[0] * 6, strides[1] * 3, strides[2] * 3)
    data = random_bytes(sum(sizes))
    planes = [
        np.frombuffer(data[:start], np.uint8)[-size:].reshape(-1, stride)
        for start, size, stride in zip(np.cumsum(sizes), sizes, strides, strict=True)
    ]
    expected = [planes[0][top : top + height, left : left + width].tolist()]
    for plane in planes[1:]:
        rows = plane[top // 2 : (top + height + 1) // 2]
        expected.append(rows[:, left // 2 : (left + width + 1) // 2].tolist())
    init: dict[str, Any] = {"format": "I420", "timestamp": 0, "codedWidth": 8, "codedHeight": 6}
    init["visibleRect"] = dict(zip(("x", "y", "width", "height"), rect, strict=True))
    if padding:
        offsets = (0, sizes[0], sizes[0] + sizes[1])
        init["layout"] = [{"offset": o, "stride": s} for o, s in zip(offsets, strides, strict=True)]
    view = memoryview(data)
    frame = frame_of(view, init | ({"transfer": [view]} if transferred else {}))
    assert frame.codedRect == frame.visibleRect == DOMRectReadOnly(0, 0, width, height)
    assert display(frame) == (width, height)
    assert pixels(frame) == expected
    assert np.shares_memory(frame.plane_arrays()[0], np.frombuffer(data, np.uint8)) == transferred
    destination = bytearray(frame.allocationSize())

    async def copy() -> None:
        await frame.copyTo(destination)

    asyncio.run(copy())
    assert list(destination) == np.concatenate([np.ravel(plane) for plane in expected]).tolist()


def test_formats_of_16_bits() -> None:
    data = np.arange(12, dtype="<u2") + 1000
    frame = i420(data, format="I420P10")
    assert pixels(frame) == [[[1000, 1001, 1002, 1003], [1004, 1005, 1006, 1007]], [[1008, 1009]], [[1010, 1011]]]
    with pytest.raises(TypeError, match="data has 12 bytes, but the planes need 24"):
        i420(format="I420P12")


@pytest.mark.parametrize(
    "members",
    [
        {"codedWidth": 0},
        {"codedHeight": 0},
        {"displayWidth": 4},
        {"displayHeight": 4},
        {"displayWidth": 0, "displayHeight": 4},
        {"displayWidth": 4, "displayHeight": 0},
        {"visibleRect": {"x": -1, "width": 4, "height": 2}},
        {"visibleRect": {"width": -4, "height": 2}},
        {"visibleRect": {"width": math.inf, "height": 2}},
        {"visibleRect": {"y": math.nan, "width": 4, "height": 2}},
        {"visibleRect": {"x": 100, "y": 100, "width": 1, "height": 1}},
        {"visibleRect": {"width": 5, "height": 2}},
        {"visibleRect": {"y": 1, "width": 4, "height": 2}},
    ],
)
def test_invalid_init(members: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="not a valid VideoFrameBufferInit"):
        i420(**members)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"format": "ABCD"}, "not a VideoPixelFormat"),
        ({"codedWidth": None}, "codedWidth is required"),
        ({"codedHeight": None}, "codedHeight is required"),
        ({"format": None}, "format is required"),
        ({"timestamp": None}, "timestamp is required"),
        ({"timestamp": 2**53}, "outside the range of long long"),
        ({"duration": -1}, "outside the range of unsigned long long"),
        ({"displayWidth": 2**32}, "outside the range of unsigned long"),
        ({"rotation": math.inf}, "not finite"),
        ({"codedWidth": 2**32 - 1, "codedHeight": 2**32 - 1}, "would end after"),
        ({"visibleRect": {"width": 0, "height": 2}}, "is empty"),
        ({"visibleRect": {"width": 2, "height": 0}}, "is empty"),
        ({"visibleRect": {"x": 1, "width": 2, "height": 2}}, "does not start at a sample"),
        ({"layout": [{"offset": 0, "stride": 4}]}, "layout has 1"),
        ({"colorSpace": {"matrix": "bt601"}}, "not a VideoMatrixCoefficients"),
        ({"transfer": [I420_4X2]}, "cannot be transferred"),
        ({"metadata": {"backgroundBlur": {}}}, r"BackgroundBlur\.enabled is required"),
    ],
)
def test_members_that_are_refused(members: dict[str, Any], reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        i420(**members)


@pytest.mark.parametrize("size", [0, 8, 11])
def test_data_that_is_too_short(size: int) -> None:
    with pytest.raises(TypeError, match=f"data has {size} bytes, but the planes need 12"):
        i420(I420_4X2[:size])


def test_what_a_frame_cannot_be_made_of() -> None:
    for source in (None, "frame", 12, object(), np.zeros(24, np.uint8)[::2]):
        with pytest.raises(TypeError, match="made from an image or from bytes, and this is neither"):
            i420(source)
    with pytest.raises(TypeError, match="an init that describes them"):
        frame_of(I420_4X2)


def test_orientation() -> None:
    frame = rgbx(-315, flip=True)
    assert (frame.rotation, frame.flip, display(frame)) == (90.0, True, (2, 4))
    assert frame.visibleRect == DOMRectReadOnly(0, 0, 4, 2)
    assert display(rgbx(180)) == (4, 2)
    assert display(i420(rotation=90, displayWidth=8, displayHeight=2)) == (8, 2)


def test_color_space_and_metadata() -> None:
    frame = i420(colorSpace={"primaries": "smpte170m", "matrix": "bt470bg"}, metadata={"captureTime": 1.5, "other": 1})
    assert tuple(frame.colorSpace.toJSON().values()) == ("smpte170m", None, "bt470bg", None)
    assert frame.metadata() == {"captureTime": 1.5}


def test_metadata_is_immutable() -> None:
    segment = {"type": "eye", "id": -(2**31) - 1, "probability": 0.5, "boundingBox": {"width": 2}}
    frame = i420(metadata={"segments": [segment], "rtpTimestamp": 2**32 + 3, "backgroundBlur": {"enabled": 1}})
    expected = {
        "segments": [
            {
                "type": "eye",
                "id": 2**31 - 1,
                "probability": 0.5,
                "boundingBox": {"x": 0.0, "y": 0.0, "width": 2.0, "height": 0.0},
            }
        ],
        "rtpTimestamp": 3,
        "backgroundBlur": {"enabled": True},
    }
    metadata = frame.metadata()
    assert metadata == expected
    metadata["segments"][0]["boundingBox"]["x"] = 9.0
    segment["probability"] = 0.25
    assert frame.metadata() == expected


def test_a_transferred_bytearray_is_emptied() -> None:
    source, other = bytearray(I420_4X2), bytearray(5)
    frame = i420(source, transfer=[source, other])
    assert (len(source), len(other)) == (0, 0)
    assert pixels(frame) == pixels(i420())


def test_a_transferred_memoryview_is_released_and_not_copied() -> None:
    array = np.frombuffer(bytearray(I420_4X2), np.uint8)
    view: memoryview = array.data
    frame = i420(view, transfer=[view])
    with pytest.raises(ValueError, match="released"):
        view.nbytes  # noqa: B018
    assert np.shares_memory(frame.plane_arrays()[2], array)
    assert not frame.plane_arrays()[2].flags.writeable
    assert pixels(frame) == pixels(i420())


def test_the_buffer_under_a_view_may_be_transferred() -> None:
    source = bytearray(I420_4X2)
    frame = i420(memoryview(source), transfer=[source])
    assert len(source) == 0
    assert pixels(frame) == pixels(i420())


def test_transfers_that_are_refused() -> None:
    source, released = bytearray(I420_4X2), memoryview(bytes(4))
    released.release()
    with raises("DataCloneError"):
        i420(source, transfer=[source, source])
    with raises("DataCloneError"):
        i420(source, transfer=[source, released])
    with pytest.raises(TypeError, match="data has 0 bytes"):
        i420(released)
    # Checks of the data come first.
    with pytest.raises(TypeError, match="data has 11 bytes"):
        i420(source[:11], transfer=[source, source])
    assert source == I420_4X2


# From a VideoFrame


def test_a_frame_of_a_frame() -> None:
    frame = i420(
        duration=40, colorSpace={"matrix": "bt470bg"}, rotation=180, flip=True, displayWidth=8, displayHeight=3
    )
    copy = VideoFrame(frame)
    for name in ("format", "timestamp", "duration", "codedRect", "visibleRect", "colorSpace", "rotation", "flip"):
        assert getattr(copy, name) == getattr(frame, name)
    assert display(copy) == (8, 3)
    assert np.shares_memory(copy.plane_arrays()[0], frame.plane_arrays()[0])


def test_times_may_be_replaced() -> None:
    frame = i420(duration=40)
    copy = VideoFrame(frame, {"timestamp": -1, "duration": 456})
    assert (copy.timestamp, copy.duration) == (-1, 456)
    assert (VideoFrame(frame, {"duration": 1}).timestamp, VideoFrame(frame, {"timestamp": 1}).duration) == (1234, 40)
    # Without [EnforceRange], numbers wrap.
    assert VideoFrame(frame, {"duration": -1}).duration == 2**64 - 1


def test_metadata_is_not_inherited() -> None:
    frame = i420(metadata={"rtpTimestamp": 1})
    assert VideoFrame(frame).metadata() == {}
    assert VideoFrame(frame, {"metadata": {"receiveTime": 2}}).metadata() == {"receiveTime": 2.0}


@pytest.mark.parametrize(
    ("format", "opaque"),
    [("I420A", "I420"), ("I444AP12", "I444P12"), ("RGBA", "RGBX"), ("BGRA", "BGRX"), ("NV12",) * 2],
)
def test_alpha(format: str, opaque: str) -> None:
    frame = frame_of(bytes(100), {"format": format, "timestamp": 0, "codedWidth": 4, "codedHeight": 2})
    assert VideoFrame(frame, {"alpha": "keep"}).format == format
    assert VideoFrame(frame, {"alpha": "discard"}).format == opaque
    with pytest.raises(TypeError, match="not an AlphaOption"):
        frame_of(frame, {"alpha": "drop"})


@pytest.mark.parametrize(
    ("display_size", "rect", "expected"),
    [
        ({}, (0, 0, 2, 2), (2, 2)),
        ({"displayWidth": 8, "displayHeight": 2}, (2, 0, 2, 2), (4, 2)),
        ({"displayWidth": 8, "displayHeight": 4}, (2, 0, 2, 2), (4, 4)),
        ({"displayWidth": 5, "displayHeight": 3}, (2, 0, 2, 1), (3, 2)),
    ],
)
def test_a_visible_rectangle_within_the_frame(
    display_size: dict[str, int], rect: tuple[int, int, int, int], expected: tuple[int, int]
) -> None:
    frame = i420(**display_size)
    crop = frame_of(frame, {"visibleRect": dict(zip(("x", "y", "width", "height"), rect, strict=True))})
    assert crop.codedRect == frame.codedRect
    assert crop.visibleRect == DOMRectReadOnly(*rect)
    assert display(crop) == expected
    assert crop.plane_arrays(visible=True)[0].tolist() == [
        row[rect[0] : rect[0] + rect[2]] for row in ([1, 2, 3, 4], [5, 6, 7, 8])[: rect[3]]
    ]


def test_a_visible_rectangle_is_truncated() -> None:
    crop = VideoFrame(i420(), {"visibleRect": {"x": 2.5, "y": 0.9, "width": 1.5, "height": 1.1}})
    assert crop.visibleRect == DOMRectReadOnly(2, 0, 1, 1)
    assert display(crop) == (1, 1)


def test_an_explicit_display_size() -> None:
    init = {"visibleRect": {"width": 2, "height": 2}, "displayWidth": 10, "displayHeight": 20, "rotation": 90}
    assert display(frame_of(i420(), init)) == (10, 20)


@pytest.mark.parametrize(
    "init",
    [
        {"visibleRect": {"x": -1, "width": 2, "height": 2}},
        {"visibleRect": {"width": -2, "height": 2}},
        {"visibleRect": {"width": 2, "height": 0}},
        {"visibleRect": {"width": 2, "height": 0.5}},
        {"visibleRect": {"y": math.inf, "width": 2, "height": 2}},
        {"visibleRect": {"width": 2, "height": math.inf}},
        {"visibleRect": {"x": math.nan, "width": 2, "height": 2}},
        {"visibleRect": {"width": 5, "height": 3}},
        {"visibleRect": {"x": 2, "width": 4, "height": 2}},
        {"visibleRect": {"x": 1, "width": 2, "height": 2}},
        {"visibleRect": {"y": 1, "width": 2, "height": 1}},
        {"displayWidth": 10},
        {"displayHeight": 10},
        {"displayWidth": 0, "displayHeight": 10},
        {"displayWidth": 10, "displayHeight": 0},
    ],
)
def test_invalid_init_for_a_frame(init: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="init is not valid"):
        frame_of(i420(), init)


def test_a_display_size_that_would_be_nothing() -> None:
    frame = i420(bytes(67500), codedWidth=300, codedHeight=150, displayWidth=1280, displayHeight=1)
    with pytest.raises(TypeError, match="display size would be 798 by 0"):
        VideoFrame(frame, {"visibleRect": {"width": 187, "height": 40}})


def test_combinations_of_rotation_and_flip() -> None:
    for base_rotation in (0, 90, 180, 270):
        for base_flip in (False, True):
            base = rgbx(base_rotation, base_flip)
            for rotation in (0, 90, 180, 270):
                for flip in (False, True):
                    frame = VideoFrame(base, {"rotation": rotation, "flip": flip})
                    applied = -rotation if base_flip else rotation
                    assert frame.rotation == (base_rotation + applied) % 360
                    assert frame.flip == (base_flip != flip)
                    assert display(frame) == ((4, 2) if frame.rotation in (0, 180) else (2, 4))


def test_the_pixel_aspect_ratio_is_kept_when_turning() -> None:
    wide = i420(displayWidth=8, displayHeight=2)
    assert display(VideoFrame(wide, {"rotation": 90})) == (2, 8)
    assert display(VideoFrame(VideoFrame(wide, {"rotation": 90}), {"rotation": 180})) == (2, 8)
    assert display(VideoFrame(VideoFrame(wide, {"rotation": 90}), {"rotation": 270})) == (8, 2)
    assert display(VideoFrame(VideoFrame(wide, {"rotation": 90}), {"visibleRect": {"width": 2, "height": 2}})) == (2, 4)


# Rotations


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        (0, 0),
        (44, 0),
        (math.nextafter(45, 0), 0),
        (45, 90),
        (134, 90),
        (135, 180),
        (270, 270),
        (314, 270),
        (315, 0),
        (360, 0),
        (450, 90),
        (-44, 0),
        (-45, 0),
        (math.nextafter(-45, -90), 270),
        (-90, 270),
        (-135, 270),
        (-136, 180),
        (-315, 90),
        (1e-20, 0),
        (-1e-20, 0),
        (3.6e18 + 0.0, 0),
    ],
)
def test_parsing_a_rotation(rotation: float, expected: float) -> None:
    assert parse_rotation(rotation) == expected


def test_adding_rotations() -> None:
    assert add_rotations(270, False, 180) == 90
    assert add_rotations(90, True, 180) == 270
    assert add_rotations(180, True, 180) == 0
