"""sRGB and Display P3, the two predefined colour spaces of canvases, and conversion between them.

Both have the transfer function of IEC 61966-2-1 and the white point D65, so one matrix on linear light converts between
them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.color_space import PredefinedColorSpace

if TYPE_CHECKING:
    import numpy.typing as npt

FloatArray: TypeAlias = "npt.NDArray[np.float64]"

_WHITE: Final = (0.3127, 0.3290)
#: Chromaticities (x, y) of red, green and blue.
_PRIMARIES: Final[dict[PredefinedColorSpace, tuple[tuple[float, float], ...]]] = {
    "srgb": ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    "display-p3": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}


def _xyz(chromaticity: tuple[float, float]) -> FloatArray:
    x, y = chromaticity
    return np.array([x / y, 1, (1 - x - y) / y])


def _to_xyz(color_space: PredefinedColorSpace) -> FloatArray:
    """The matrix from linear RGB to XYZ: the primaries, weighted so that they add up to white."""
    primaries = np.stack([_xyz(chromaticity) for chromaticity in _PRIMARIES[color_space]], axis=1)
    return np.asarray(primaries * np.linalg.solve(primaries, _xyz(_WHITE)), np.float64)


@cache
def _conversion(source: PredefinedColorSpace, target: PredefinedColorSpace) -> FloatArray:
    """The matrix from linear RGB in one colour space to linear RGB in the other."""
    return np.asarray(np.linalg.solve(_to_xyz(target), _to_xyz(source)), np.float64)


def linear_light(encoded: FloatArray) -> FloatArray:
    """Light from code values, both nominally from 0 to 1. The function is odd, for values outside the gamut."""
    magnitude = np.abs(encoded)
    return np.copysign(np.where(magnitude <= 0.04045, magnitude / 12.92, ((magnitude + 0.055) / 1.055) ** 2.4), encoded)


def encoded_light(linear: FloatArray) -> FloatArray:
    """The inverse of ``linear_light``."""
    magnitude = np.abs(linear)
    return np.copysign(
        np.where(magnitude <= 0.0031308, magnitude * 12.92, 1.055 * magnitude ** (1 / 2.4) - 0.055), linear
    )


def convert_colors(colors: FloatArray, source: PredefinedColorSpace, target: PredefinedColorSpace) -> FloatArray:
    """Converted colours of shape (..., 3), encoded, nominally from 0 to 1. Colours outside the gamut of the target
    are not clipped.
    """
    if source == target:
        return colors
    return encoded_light(linear_light(colors) @ _conversion(source, target).T)
