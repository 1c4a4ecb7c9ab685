"""Planes as numpy arrays, without a copy. Not from the spec."""

from collections.abc import Sequence
from typing import Final, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from codecmodel.platform.interface import Plane
from codecmodel.raw_media.pixel_format import PixelFormatDescription

#: The components of a plane: uint8, or uint16 in little-endian byte order.
PlaneArray: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

_UINT8: Final = np.dtype("u1")
_UINT16: Final = np.dtype("<u2")


def plane_arrays(
    planes: Sequence[Plane], format: PixelFormatDescription, left: int, top: int, right: int, bottom: int
) -> tuple[PlaneArray, ...]:
    """Views of the samples of each plane that belong to the pixels from (left, top) up to (right, bottom)."""
    component_bytes = format.component_bytes
    dtype = _UINT8 if component_bytes == 1 else _UINT16
    arrays: list[PlaneArray] = []
    for (data, stride), (components, sample_bytes, sample_width, sample_height) in zip(
        planes, format.planes, strict=False
    ):
        first_row, first_column = top // sample_height, left // sample_width
        rows = -(-bottom // sample_height) - first_row
        columns = -(-right // sample_width) - first_column
        offset = first_row * stride + first_column * sample_bytes
        if sample_bytes == component_bytes:
            array = np.ndarray((rows, columns), dtype, data, offset, (stride, sample_bytes))
        else:
            shape = (rows, columns, len(components))
            array = np.ndarray(shape, dtype, data, offset, (stride, sample_bytes, component_bytes))
        arrays.append(cast("PlaneArray", array))
    return tuple(arrays)
