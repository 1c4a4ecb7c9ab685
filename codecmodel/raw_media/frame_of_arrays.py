"""Not in the spec: numpy arrays as the bytes of a VideoFrame."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, NotRequired, TypeAlias, TypedDict

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.dom_rect import DOMRectInit, DOMRectReadOnly
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, PixelFormatDescription, PlaneDescription, VideoPixelFormat
from codecmodel.raw_media.plane_arrays import PlaneArray
from codecmodel.raw_media.video_frame_metadata import VideoFrameMetadata

if TYPE_CHECKING:
    import numpy.typing as npt

#: One array, or an array for each plane, of numpy or of a library whose arrays numpy can read.
Arrays: TypeAlias = "npt.ArrayLike | Sequence[npt.ArrayLike]"


class VideoFrameArrayInit(TypedDict):
    """The description of arrays: VideoFrameBufferInit without the members that follow from the shapes of the arrays.

    RGB pixels need no ``format``: see ``VideoFrame.from_arrays``.
    """

    format: NotRequired[VideoPixelFormat]
    timestamp: int
    duration: NotRequired[int]
    visibleRect: NotRequired[DOMRectInit | DOMRectReadOnly]
    rotation: NotRequired[float]
    flip: NotRequired[bool]
    displayWidth: NotRequired[int]
    displayHeight: NotRequired[int]
    colorSpace: NotRequired[VideoColorSpaceInit]
    metadata: NotRequired[VideoFrameMetadata]


def as_arrays(arrays: Arrays) -> PlaneArray | list[PlaneArray]:
    """``arrays`` as numpy's: one, or an array for each plane if they are a sequence."""
    if isinstance(arrays, Sequence) and not isinstance(arrays, memoryview):
        return [np.asarray(array) for array in arrays]
    return np.asarray(arrays)


def format_of(arrays: PlaneArray | list[PlaneArray]) -> VideoPixelFormat:
    """The format of one array of RGB pixels. Raises TypeError for other arrays, which could be of several formats."""
    planes = arrays if isinstance(arrays, list) else [arrays]
    if len(planes) == 1 and planes[0].dtype == np.uint8 and planes[0].ndim == 3 and planes[0].shape[2] in (3, 4):
        return "RGBX" if planes[0].shape[2] == 3 else "RGBA"
    shapes = ", ".join(f"{array.dtype.name} of shape {array.shape}" for array in planes) or "nothing"
    values = ", ".join(map(repr, PIXEL_FORMATS))
    raise TypeError(
        "init.format is required unless there is one array of RGB pixels, uint8 of shape (rows, columns, 3 or 4), "
        f"not {shapes}; the values are {values}"
    )


def packed(arrays: PlaneArray | list[PlaneArray], format: VideoPixelFormat) -> tuple[memoryview, int, int]:
    """A copy of the planes, one after the other without padding, with width and height in pixels.

    Raises TypeError if the shapes or types of the arrays are not those of the format.
    """
    description = PIXEL_FORMATS[format]
    if isinstance(arrays, np.ndarray):
        if len(description.planes) == 1:
            return _packed_rgb(arrays)
        return _packed_stack(arrays, format)
    planes = [_checked(array, description) for array in arrays]
    if len(planes) != len(description.planes):
        raise TypeError(f"{format} has {len(description.planes)} planes, but there are {len(planes)} arrays")
    if len(planes) == 1:
        return _packed_rgb(planes[0])
    height, width = _rows_and_columns(planes[0])
    for array, plane in zip(planes, description.planes, strict=True):
        expected = _shape(plane, width, height)
        if array.shape != expected:
            size = f"{width} by {height} pixels"
            raise TypeError(f"the plane {plane.components} of {size} has the shape {expected}, not {array.shape}")
    memory = np.concatenate([array.reshape(-1) for array in planes])
    return memory.view(np.uint8).data, width, height


def _shape(plane: PlaneDescription, width: int, height: int) -> tuple[int, ...]:
    """The shape of a plane of a picture of ``width`` by ``height`` pixels."""
    rows, columns = -(-height // plane.sample_height), -(-width // plane.sample_width)
    return (rows, columns) if len(plane.components) == 1 else (rows, columns, len(plane.components))


def _checked(array: PlaneArray, description: PixelFormatDescription) -> PlaneArray:
    """The array in little-endian byte order. Raises TypeError if its type is not that of the format."""
    kind = "uint8" if description.bit_depth == 8 else "uint16"
    if array.dtype.newbyteorder("=").name != kind:
        raise TypeError(f"samples of {description.bit_depth} bits have the type {kind}, not {array.dtype.name}")
    return array if array.dtype.itemsize == 1 else array.astype("<u2", copy=False)


def _rows_and_columns(array: PlaneArray) -> tuple[int, int]:
    if array.ndim < 2 or not array.size:
        raise TypeError(f"an array of shape {array.shape} has no rows and columns of samples")
    return array.shape[0], array.shape[1]


def _packed_rgb(array: PlaneArray) -> tuple[memoryview, int, int]:
    """Pixels of four components, or of three, to which an opaque fourth is added."""
    _checked(array, PIXEL_FORMATS["RGBA"])
    height, width = _rows_and_columns(array)
    if array.ndim != 3 or array.shape[2] not in (3, 4):
        raise TypeError(f"RGB pixels have the shape (rows, columns, 3 or 4), not {array.shape}")
    memory = np.full((height, width, 4), 255, np.uint8)
    memory[..., : array.shape[2]] = array
    return memory.reshape(-1).data, width, height


def _packed_stack(array: PlaneArray, format: VideoPixelFormat) -> tuple[memoryview, int, int]:
    """All planes below each other, in one array that is as wide as the picture."""
    description = PIXEL_FORMATS[format]
    array = _checked(array, description)
    rows, width = _rows_and_columns(array)
    factor = sum(
        (Fraction(len(plane.components), plane.sample_width * plane.sample_height) for plane in description.planes),
        start=Fraction(0),
    )
    height = Fraction(rows) / factor
    samples = sum(prod(_shape(plane, width, int(height))) for plane in description.planes)
    if array.ndim != 2 or height.denominator != 1 or samples != array.size:
        raise TypeError(
            f"an array of shape {array.shape} does not hold the planes of {format}: give an array for each plane"
        )
    return array.copy().reshape(-1).view(np.uint8).data, width, int(height)
