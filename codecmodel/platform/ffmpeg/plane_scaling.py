"""Planes of samples at another size, by libswscale."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, cast

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.plane_arrays import PlaneArray
from ffbind import PictureKind, Scaler, Scaling, lend_picture
from ffbind.h273 import FULL_RANGE

#: "bilinear" is a triangle, which is wider where the plane is made smaller.
Interpolation: TypeAlias = Literal["bilinear", "bicubic"]

_FLAGS: Final[dict[Interpolation, Scaling]] = {"bilinear": Scaling.BILINEAR, "bicubic": Scaling.BICUBIC}
_EXACT: Final = Scaling.ACCURATE_ROUNDING | Scaling.BITEXACT


def scaled_plane(
    samples: PlaneArray, width: int, height: int, interpolation: Interpolation, *, bits: int = 8
) -> PlaneArray:
    """A plane of shape (rows, columns), with 8, 10 or 12 ``bits`` a sample, in the shape (height, width).

    Raises ValueError if libswscale cannot scale to that size.
    """
    rows, columns = samples.shape
    name = "gray" if bits == 8 else f"gray{bits}le"
    # All values are scaled as they are: gray has full range for libswscale.
    source = PictureKind(columns, rows, name, range=FULL_RANGE)
    target = PictureKind(width, height, name, range=FULL_RANGE)
    contiguous = np.ascontiguousarray(samples)
    with (
        lend_picture(
            columns, rows, name, [(contiguous.reshape(-1).view(np.uint8).data, contiguous.strides[0])]
        ) as lent,
        Scaler(source, target, _FLAGS[interpolation] | _EXACT) as scaler,
        scaler.scale(lent) as result,
    ):
        (plane,) = result.planes()
        strides = plane.stride, samples.itemsize
        return cast("PlaneArray", np.ndarray((height, width), samples.dtype, plane.data, 0, strides).copy())
