"""VideoFrame.from_arrays()."""

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from codecmodel.raw_media.frame_of_arrays import VideoFrameArrayInit
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.video_frame import VideoFrame

SIZES = {"even": (6, 4), "odd": (5, 3), "one": (1, 1)}


def arrays_of(format: VideoPixelFormat, width: int, height: int) -> list[npt.NDArray[Any]]:
    """Noise in the shapes that plane_arrays() gives."""
    description = PIXEL_FORMATS[format]
    random = np.random.default_rng(1)
    arrays = []
    for names, _, sub_width, sub_height in description.planes:
        shape = [-(-height // sub_height), -(-width // sub_width)] + [len(names)] * (len(names) > 1)
        kind = np.uint8 if description.bit_depth == 8 else np.uint16
        arrays.append(random.integers(0, 1 << description.bit_depth, shape).astype(kind))
    return arrays


@pytest.mark.parametrize("size", SIZES)
def test_a_plane_each(size: str) -> None:
    width, height = SIZES[size]
    for format in PIXEL_FORMATS:
        arrays = arrays_of(format, width, height)
        frame = VideoFrame.from_arrays(arrays, {"format": format, "timestamp": 7})
        assert (frame.format, frame.codedWidth, frame.codedHeight, frame.timestamp) == (format, width, height, 7)
        for actual, expected in zip(frame.plane_arrays(), arrays, strict=True):
            assert actual.tolist() == expected.tolist()
            assert not actual.flags.writeable


def test_the_rest_of_the_init() -> None:
    init: VideoFrameArrayInit = {
        "format": "NV12",
        "timestamp": 7,
        "duration": 5,
        "rotation": 90,
        "visibleRect": {"width": 2, "height": 4},
        "colorSpace": {"matrix": "bt470bg"},
    }
    frame = VideoFrame.from_arrays(arrays_of("NV12", 6, 4), init)
    assert (frame.duration, frame.displayWidth, frame.displayHeight) == (5, 4, 2)
    assert frame.colorSpace.matrix == "bt470bg"
    with pytest.raises(TypeError, match="timestamp"):
        VideoFrame.from_arrays(arrays_of("NV12", 6, 4), cast("VideoFrameArrayInit", {"format": "NV12"}))
    with pytest.raises(TypeError, match="is not a VideoPixelFormat"):
        VideoFrame.from_arrays(arrays_of("NV12", 6, 4), cast("VideoFrameArrayInit", {"format": "NV21", "timestamp": 0}))


def test_arrays_of_any_strides_are_copied() -> None:
    pixels = arrays_of("RGBA", 6, 4)[0]
    turned = np.rot90(pixels)
    frame = VideoFrame.from_arrays(turned, {"format": "RGBA", "timestamp": 0})
    expected = turned.tolist()
    pixels[:] = 0
    assert frame.plane_arrays()[0].tolist() == expected
    big_endian = [array.astype(">u2") for array in arrays_of("I444P10", 3, 2)]
    frame = VideoFrame.from_arrays(big_endian, {"format": "I444P10", "timestamp": 0})
    assert [array.tolist() for array in frame.plane_arrays()] == [array.tolist() for array in big_endian]


def test_three_components_are_opaque() -> None:
    pixels = arrays_of("RGBA", 3, 2)[0][..., :3]
    formats: list[VideoPixelFormat] = ["RGBA", "BGRX"]
    for format in formats:
        (array,) = VideoFrame.from_arrays(pixels, {"format": format, "timestamp": 0}).plane_arrays()
        assert array[..., :3].tolist() == pixels.tolist()
        assert (array[..., 3] == 255).all()


@pytest.mark.parametrize(("components", "format"), [(3, "RGBX"), (4, "RGBA")])
def test_the_format_of_rgb_pixels_follows_from_the_shape(components: int, format: VideoPixelFormat) -> None:
    pixels = arrays_of("RGBA", 3, 2)[0][..., :components]
    for arrays in (pixels, [pixels]):
        frame = VideoFrame.from_arrays(arrays, {"timestamp": 7})
        assert (frame.format, frame.codedWidth, frame.codedHeight, frame.timestamp) == (format, 3, 2, 7)
        assert frame.plane_arrays()[0][..., :components].tolist() == pixels.tolist()


@pytest.mark.parametrize(
    ("arrays", "shapes"),
    [
        (np.zeros((6, 4), np.uint8), r"uint8 of shape \(6, 4\)"),
        (np.zeros((6, 4, 2), np.uint8), r"uint8 of shape \(6, 4, 2\)"),
        (np.zeros((6, 4, 3), np.uint16), r"uint16 of shape \(6, 4, 3\)"),
        ([np.zeros((2, 2), np.uint8), np.zeros((1, 1), np.uint8)], r"uint8 of shape \(2, 2\), uint8 of shape \(1, 1\)"),
        ([], "nothing"),
    ],
)
def test_other_arrays_need_a_format(arrays: Any, shapes: str) -> None:
    message = rf"^init\.format is required .*, not {shapes}; the values are 'I420', .*'BGRX'$"
    with pytest.raises(TypeError, match=message):
        VideoFrame.from_arrays(arrays, {"timestamp": 0})


class ForeignArray:
    """An array of another library, which numpy can read."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self._array = array

    def __array__(self, dtype: object = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return self._array


def test_an_init_is_needed() -> None:
    for init in (None, 5):
        with pytest.raises(TypeError, match=f"init is a dictionary such as .*, not {init}"):
            VideoFrame.from_arrays(np.zeros((4, 6, 3), np.uint8), init)  # type: ignore[arg-type]  # no dictionary


def test_the_constructor_names_the_function_for_arrays() -> None:
    init: Any = {"timestamp": 0}
    with pytest.raises(TypeError, match="is required") as caught:
        VideoFrame(np.zeros((4, 6, 3), np.uint8), init)
    (note,) = caught.value.__notes__
    assert note == "VideoFrame.from_arrays(array, init) takes format and size from an array"
    with pytest.raises(TypeError, match="is required") as caught:
        VideoFrame(bytes(72), init)
    assert not hasattr(caught.value, "__notes__")


def test_arrays_of_other_libraries_are_read_by_numpy() -> None:
    pixels = arrays_of("RGBA", 3, 2)[0]
    frame = VideoFrame.from_arrays(ForeignArray(pixels), {"timestamp": 0})
    assert frame.plane_arrays()[0].tolist() == pixels.tolist()
    planes = arrays_of("I420", 3, 2)
    frame = VideoFrame.from_arrays([ForeignArray(plane) for plane in planes], {"format": "I420", "timestamp": 0})
    assert [array.tolist() for array in frame.plane_arrays()] == [array.tolist() for array in planes]


@pytest.mark.parametrize("format", [name for name, format in PIXEL_FORMATS.items() if not format.is_rgb])
def test_stacked_planes(format: VideoPixelFormat) -> None:
    arrays = arrays_of(format, 6, 4)
    stack = np.concatenate([array.reshape(-1) for array in arrays]).reshape(-1, 6)
    frame = VideoFrame.from_arrays(stack, {"format": format, "timestamp": 0})
    assert (frame.codedWidth, frame.codedHeight) == (6, 4)
    assert [array.tolist() for array in frame.plane_arrays()] == [array.tolist() for array in arrays]


@pytest.mark.parametrize(
    ("arrays", "format", "message"),
    [
        (np.zeros((6, 5), np.uint8), "I420", "does not hold the planes of I420"),
        (np.zeros((5, 4), np.uint8), "I420", "does not hold the planes of I420"),
        (np.zeros((6, 4, 1), np.uint8), "I420", "does not hold the planes of I420"),
        (np.zeros((4, 4), np.uint8), "RGBA", "have the shape .rows, columns, 3 or 4."),
        (np.zeros((4, 4, 2), np.uint8), "RGBA", "have the shape .rows, columns, 3 or 4."),
        (np.zeros((4, 4, 4), np.float32), "RGBA", "samples of 8 bits have the type uint8, not float32"),
        (np.zeros((6, 4), np.uint8), "I420P10", "samples of 10 bits have the type uint16, not uint8"),
        ([np.zeros((2, 2), np.uint8)] * 3, "I420", "plane U of 2 by 2 pixels has the shape .1, 1., not .2, 2."),
        ([np.zeros((2, 2), np.uint8)] * 2, "I444", "I444 has 3 planes, but there are 2 arrays"),
        (np.zeros((0, 4), np.uint8), "I420", "has no rows and columns"),
        (np.zeros(4, np.uint8), "I420", "has no rows and columns"),
    ],
)
def test_what_is_not_the_format(arrays: Any, format: VideoPixelFormat, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        VideoFrame.from_arrays(arrays, {"format": format, "timestamp": 0})
