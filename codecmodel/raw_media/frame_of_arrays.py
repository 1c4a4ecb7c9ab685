"""Arrays of numpy in one of the spec's formats, as the bytes of a VideoFrame. Not from the spec."""

from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import NotRequired, TypeAlias, TypedDict

import numpy as np

from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.dom_rect import DOMRectInit, DOMRectReadOnly
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, PixelFormatDescription, PlaneDescription, VideoPixelFormat
from codecmodel.raw_media.plane_arrays import PlaneArray
from codecmodel.raw_media.video_frame_metadata import VideoFrameMetadata

#: One array, or one for each plane.
Arrays: TypeAlias = PlaneArray | Sequence[PlaneArray]


class VideoFrameArrayInit(TypedDict):
    """What arrays are: as VideoFrameBufferInit, without what their shapes say."""

    format: VideoPixelFormat
    timestamp: int
    duration: NotRequired[int]
    visibleRect: NotRequired[DOMRectInit | DOMRectReadOnly]
    rotation: NotRequired[float]
    flip: NotRequired[bool]
    displayWidth: NotRequired[int]
    displayHeight: NotRequired[int]
    colorSpace: NotRequired[VideoColorSpaceInit]
    metadata: NotRequired[VideoFrameMetadata]


def packed(arrays: Arrays, format: VideoPixelFormat) -> tuple[memoryview, int, int]:
    """A copy of the planes, one after the other and without padding; width and height in pixels.

    Raises TypeError if the shapes or types are not those of the format.
    """
    description = PIXEL_FORMATS[format]
    if isinstance(arrays, np.ndarray):
        if len(description.planes) == 1:
            return _packed_rgb(arrays)
        return _packed_stack(arrays, format)
    planes = [_checked(array, description) for array in arrays]
    if len(planes) != len(description.planes):
        raise TypeError(f"{format} has {len(description.planes)} planes, not {len(planes)}")
    if len(planes) == 1:
        return _packed_rgb(planes[0])
    height, width = _rows_and_columns(planes[0])
    for array, plane in zip(planes, description.planes, strict=True):
        expected = _shape(plane, width, height)
        if array.shape != expected:
            raise TypeError(
                f"the plane {plane.components} of {width} by {height} pixels is {expected}, not {array.shape}"
            )
    memory = np.concatenate([array.reshape(-1) for array in planes])
    return memory.view(np.uint8).data, width, height


def _shape(plane: PlaneDescription, width: int, height: int) -> tuple[int, ...]:
    rows, columns = -(-height // plane.sample_height), -(-width // plane.sample_width)
    return (rows, columns) if len(plane.components) == 1 else (rows, columns, len(plane.components))


def _checked(array: PlaneArray, description: PixelFormatDescription) -> PlaneArray:
    kind = "uint8" if description.bit_depth == 8 else "uint16"
    if array.dtype.newbyteorder("=").name != kind:
        raise TypeError(f"samples of {description.bit_depth} bits are {kind}, not {array.dtype.name}")
    return array if array.dtype.itemsize == 1 else array.astype("<u2", copy=False)


def _rows_and_columns(array: PlaneArray) -> tuple[int, int]:
    if array.ndim < 2 or not array.size:
        raise TypeError(f"not rows and columns of samples: an array of shape {array.shape}")
    return array.shape[0], array.shape[1]


def _packed_rgb(array: PlaneArray) -> tuple[memoryview, int, int]:
    """Four components, or three that become opaque."""
    _checked(array, PIXEL_FORMATS["RGBA"])
    height, width = _rows_and_columns(array)
    if array.ndim != 3 or array.shape[2] not in (3, 4):
        raise TypeError(f"pixels of RGB are (rows, columns, 3 or 4), not {array.shape}")
    memory = np.full((height, width, 4), 255, np.uint8)
    memory[..., : array.shape[2]] = array
    return memory.reshape(-1).data, width, height


def _packed_stack(array: PlaneArray, format: VideoPixelFormat) -> tuple[memoryview, int, int]:
    """All planes one after the other, in one array as wide as the picture."""
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
        raise TypeError(f"an array of shape {array.shape} is not the planes of {format} stacked; give one for each")
    return array.copy().reshape(-1).view(np.uint8).data, width, int(height)
