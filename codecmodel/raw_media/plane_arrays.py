"""Not in the spec: planes as numpy arrays, without a copy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.resource_protocols import Plane

if TYPE_CHECKING:
    import numpy.typing as npt


#: The components of a plane: uint8, or little-endian uint16.
PlaneArray: TypeAlias = "npt.NDArray[np.uint8] | npt.NDArray[np.uint16]"

_ComponentType: TypeAlias = "np.dtype[np.uint8] | np.dtype[np.uint16]"


def plane_arrays(
    planes: Sequence[Plane], format: VideoPixelFormat, left: int, top: int, right: int, bottom: int
) -> tuple[PlaneArray, ...]:
    """Views of the samples that the pixels from (left, top) up to, and without, (right, bottom) are derived from.

    There is one array for each plane of ``format``, of shape (rows, columns) or (rows, columns, components).
    """
    dtype, places = _places(format, left, top, right, bottom)
    arrays = [
        np.ndarray(shape, dtype, data, first_row * stride + first_byte, (stride, *strides))
        for (data, stride), (shape, first_row, first_byte, strides) in zip(planes, places, strict=False)
    ]
    return cast("tuple[PlaneArray, ...]", tuple(arrays))


class _Place(NamedTuple):
    """The place of a rectangle's samples in a plane."""

    shape: tuple[int, ...]
    first_row: int
    first_byte: int
    #: The strides of all dimensions except the first, which is that of the rows.
    strides: tuple[int, ...]


# For speed: the places are the same for all frames of a stream.
@lru_cache(maxsize=256)
def _places(
    format: VideoPixelFormat, left: int, top: int, right: int, bottom: int
) -> tuple[_ComponentType, tuple[_Place, ...]]:
    description = PIXEL_FORMATS[format]
    component_bytes = description.component_bytes
    places: list[_Place] = []
    for components, sample_bytes, sample_width, sample_height in description.planes:
        first_row, first_column = top // sample_height, left // sample_width
        shape = (-(-bottom // sample_height) - first_row, -(-right // sample_width) - first_column)
        if sample_bytes == component_bytes:
            places.append(_Place(shape, first_row, first_column * sample_bytes, (sample_bytes,)))
        else:
            strides = (sample_bytes, component_bytes)
            places.append(_Place((*shape, len(components)), first_row, first_column * sample_bytes, strides))
    return (np.dtype("u1") if component_bytes == 1 else np.dtype("<u2")), tuple(places)
