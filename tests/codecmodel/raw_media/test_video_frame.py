"""VideoFrame as a decoder makes it: attributes, clone(), close(), and the planes for Python (§ 9.4)."""

import gc
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from codecmodel.raw_media.dom_rect import DOMRectReadOnly
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.video_frame import VideoFrame, create_a_video_frame
from tests.codecmodel.raw_media.raw_media_resources import RecordedVideo, raises, random_bytes

ATTRIBUTES = [
    *("format", "codedWidth", "codedHeight", "codedRect", "visibleRect", "rotation", "flip"),
    *("displayWidth", "displayHeight", "duration", "timestamp", "colorSpace"),
]


def create(resource: RecordedVideo, **arguments: Any) -> VideoFrame:
    return create_a_video_frame(resource, **({"timestamp": 0} | arguments))


def attributes(frame: VideoFrame) -> dict[str, object]:
    return {name: getattr(frame, name) for name in ATTRIBUTES}


# Create a VideoFrame


def test_attributes() -> None:
    resource = RecordedVideo("NV12", (1920, 1088), [], (0, 0, 1920, 1080), (1920, 1080))
    color_space = {"primaries": "bt2020", "transfer": "pq", "matrix": "bt2020-ncl", "fullRange": False}
    frame = create(resource, timestamp=-5, duration=40000, color_space=color_space, flip=True)
    assert attributes(frame) | {"colorSpace": frame.colorSpace.toJSON()} == {
        "format": "NV12",
        "codedWidth": 1920,
        "codedHeight": 1088,
        "codedRect": DOMRectReadOnly(0, 0, 1920, 1088),
        "visibleRect": DOMRectReadOnly(0, 0, 1920, 1080),
        "rotation": 0.0,
        "flip": True,
        "displayWidth": 1920,
        "displayHeight": 1080,
        "duration": 40000,
        "timestamp": -5,
        "colorSpace": color_space,
    }
    assert frame.metadata() == {}


@pytest.mark.parametrize(
    ("display_size", "aspect", "expected"),
    [
        ((640, 480), (4, 3), (640, 480)),
        ((640, 480), (16, 9), (853, 480)),
        ((640, 480), (1, 1), (640, 640)),
        ((720, 576), (16, 9), (1024, 576)),
        ((720, 576), (5, 4), (720, 576)),
        ((720, 576), (9, 16), (720, 1280)),
        ((3, 2), (5, 3), (3, 2)),
        ((2, 3), (3, 5), (2, 3)),
        ((1, 2), (3, 4), (2, 2)),
    ],
)
def test_the_display_size_is_increased_to_the_aspect(
    display_size: tuple[int, int], aspect: tuple[int, int], expected: tuple[int, int]
) -> None:
    resource = RecordedVideo(display_size=display_size)
    frame = create(resource, display_aspect_width=aspect[0], display_aspect_height=aspect[1])
    assert (frame.displayWidth, frame.displayHeight) == expected


@pytest.mark.parametrize(
    ("rotation", "expected", "display_size"),
    [
        (90, 90.0, (480, 853)),
        (180, 180.0, (853, 480)),
        (270, 270.0, (480, 853)),
        (360, 0.0, (853, 480)),
        (-90, 270.0, (480, 853)),
        (44.9, 0.0, (853, 480)),
    ],
)
def test_rotation_turns_the_display_size(rotation: float, expected: float, display_size: tuple[int, int]) -> None:
    resource = RecordedVideo(display_size=(640, 480))
    frame = create(resource, rotation=rotation, display_aspect_width=16, display_aspect_height=9)
    assert frame.rotation == expected
    assert (frame.displayWidth, frame.displayHeight) == display_size


def test_a_copy_of_a_turned_frame_is_displayed_alike() -> None:
    frame = create(RecordedVideo(display_size=(8, 2)), rotation=90)
    copy = VideoFrame(frame)
    assert attributes(copy) == attributes(frame)
    assert (copy.displayWidth, copy.displayHeight) == (2, 8)


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("I420", ("bt709", "bt709", "bt709", False)),
        ("NV12", ("bt709", "bt709", "bt709", False)),
        (None, ("bt709", "bt709", "bt709", False)),
        ("RGBX", ("bt709", "iec61966-2-1", "rgb", True)),
        ("BGRA", ("bt709", "iec61966-2-1", "rgb", True)),
    ],
)
def test_the_color_space_that_is_picked(format: VideoPixelFormat | None, expected: tuple[object, ...]) -> None:
    frame = create(RecordedVideo(format, planes=[]))
    assert tuple(frame.colorSpace.toJSON().values()) == expected


def test_nothing_is_guessed_for_a_color_space_that_is_known_in_part() -> None:
    frame = create(RecordedVideo(), color_space={"matrix": "smpte170m"})
    assert tuple(frame.colorSpace.toJSON().values()) == (None, None, "smpte170m", None)


# clone() and close()


def test_a_clone_has_the_same_slots_and_pixels() -> None:
    frame = create(RecordedVideo(visible_rect=(2, 0, 2, 2)), timestamp=3, duration=4, rotation=90.0, flip=True)
    frame = VideoFrame(frame, {"metadata": {"rtpTimestamp": 9}})
    clone = frame.clone()
    assert attributes(clone) == attributes(frame)
    assert clone.metadata() == {"rtpTimestamp": 9}
    assert np.shares_memory(clone.plane_arrays()[0], frame.plane_arrays()[0])
    frame.close()
    assert clone.format == "I420"
    assert clone.plane_arrays()[1].tolist() == [[9, 10]]


def test_closing() -> None:
    frame = create(RecordedVideo(), timestamp=10, duration=15, rotation=90.0, flip=True)
    frame.close()
    frame.close()
    assert attributes(frame) | {"colorSpace": frame.colorSpace.toJSON()} == {
        "format": None,
        "codedWidth": 0,
        "codedHeight": 0,
        "codedRect": None,
        "visibleRect": None,
        "rotation": 0.0,
        "flip": False,
        "displayWidth": 0,
        "displayHeight": 0,
        "duration": 15,
        "timestamp": 10,
        "colorSpace": {"primaries": None, "transfer": None, "matrix": None, "fullRange": None},
    }
    assert repr(frame) == "VideoFrame(closed, timestamp=10)"


@pytest.mark.parametrize(
    "use", [VideoFrame.clone, VideoFrame.metadata, VideoFrame.planes, VideoFrame.plane_arrays, VideoFrame]
)
def test_a_closed_frame_is_of_no_use(use: Callable[[VideoFrame], object]) -> None:
    frame = create(RecordedVideo())
    frame.close()
    with raises("InvalidStateError"):
        use(frame)


# For Python


def test_planes() -> None:
    frame = create(RecordedVideo())
    planes = frame.planes()
    assert [(plane.data.tobytes(), plane.stride) for plane in planes] == [
        (bytes(range(1, 9)), 4),
        (bytes([9, 10]), 2),
        (bytes([11, 12]), 2),
    ]
    assert all(plane.data.readonly for plane in planes)


def test_planes_of_an_unknown_format_are_the_codec_s() -> None:
    frame = create(RecordedVideo(None, planes=[(b"anything", 3)]))
    assert [(plane.data.tobytes(), plane.stride) for plane in frame.planes()] == [(b"anything", 3)]
    with raises("NotSupportedError"):
        frame.plane_arrays()


def test_a_frame_without_alpha_has_no_plane_of_it() -> None:
    planes = [(bytes(8), 4), (bytes(2), 2), (bytes(2), 2), (b"\xff" * 8, 4)]
    frame = create(RecordedVideo("I420A", planes=planes))
    assert len(frame.planes()) == len(frame.plane_arrays()) == 4
    opaque = VideoFrame(frame, {"alpha": "discard"})
    assert opaque.format == "I420"
    assert len(opaque.planes()) == len(opaque.plane_arrays()) == 3


SHAPES: dict[VideoPixelFormat, tuple[type[np.unsignedinteger[Any]], list[tuple[int, ...]], list[tuple[int, ...]]]] = {
    "I420": (np.uint8, [(9, 13), (5, 7), (5, 7)], [(4, 6), (2, 3), (2, 3)]),
    "I420AP10": (np.uint16, [(9, 13), (5, 7), (5, 7), (9, 13)], [(4, 6), (2, 3), (2, 3), (4, 6)]),
    "I422P12": (np.uint16, [(9, 13), (9, 7), (9, 7)], [(4, 6), (4, 3), (4, 3)]),
    "I444": (np.uint8, [(9, 13)] * 3, [(4, 6)] * 3),
    "NV12": (np.uint8, [(9, 13), (5, 7, 2)], [(4, 6), (2, 3, 2)]),
    "RGBA": (np.uint8, [(9, 13, 4)], [(4, 6, 4)]),
    "BGRX": (np.uint8, [(9, 13, 4)], [(4, 6, 4)]),
}
FACTORS = {"I420": (2, 2), "NV12": (2, 2), "I422": (2, 1), "I444": (1, 1)}


@pytest.mark.parametrize("format", SHAPES)
def test_planes_as_arrays(format: VideoPixelFormat) -> None:
    dtype, shapes, visible_shapes = SHAPES[format]
    strides = [math.prod(shape[1:]) * np.dtype(dtype).itemsize + 6 for shape in shapes]
    memory = [random_bytes(shape[0] * stride) for shape, stride in zip(shapes, strides, strict=True)]
    resource = RecordedVideo(format, (13, 9), list(zip(memory, strides, strict=True)), (2, 4, 6, 4))
    frame = create(resource)
    arrays = frame.plane_arrays()
    expected = []
    for data, shape, stride in zip(memory, shapes, strides, strict=True):
        rows = np.frombuffer(data, np.uint8).reshape(shape[0], stride)[:, :-6]
        expected.append(np.ascontiguousarray(rows).view(np.dtype(dtype).newbyteorder("<")).reshape(shape))
    for array, plane, (view, _) in zip(arrays, expected, frame.planes(), strict=True):
        assert array.dtype == plane.dtype
        assert array.shape == plane.shape
        assert (array == plane).all()
        assert np.shares_memory(array, np.frombuffer(view, np.uint8))
        assert not array.flags.writeable
    for index, (array, plane) in enumerate(zip(frame.plane_arrays(visible=True), expected, strict=True)):
        width, height = FACTORS.get(format[:4], (1, 1)) if index in (1, 2) else (1, 1)
        assert array.shape == visible_shapes[index]
        assert (array == plane[4 // height : 8 // height, 2 // width : 8 // width]).all()


def test_a_visible_rectangle_between_samples_includes_the_samples_it_touches() -> None:
    frame = create(RecordedVideo("I420", (4, 2), visible_rect=(1, 1, 2, 1)))
    luma, u, v = frame.plane_arrays(visible=True)
    assert luma.tolist() == [[6, 7]]
    assert u.tolist() == [[9, 10]]
    assert v.tolist() == [[11, 12]]


def test_views_outlive_the_frame() -> None:
    resource = RecordedVideo()
    frame = create(resource)
    planes, arrays = frame.planes(), frame.plane_arrays(visible=True)
    frame.close()
    assert resource.released == 1
    del frame, resource
    gc.collect()
    assert planes[0].data.tobytes() == bytes(range(1, 9))
    assert [array.tolist() for array in arrays] == [[[1, 2, 3, 4], [5, 6, 7, 8]], [[9, 10]], [[11, 12]]]


def test_a_frame_is_no_array_and_says_how_to_get_one() -> None:
    frame = create(RecordedVideo())
    for value in (frame, [frame, frame]):
        with pytest.raises(TypeError, match=r"plane_arrays\(\).*codecmodel\.rgb"):
            np.asarray(value)
