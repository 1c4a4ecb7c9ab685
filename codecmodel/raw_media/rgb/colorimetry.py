"""The matrices, transfer characteristics and primaries of ITU-T H.273, as float64 arithmetic.

R', G', B' and R, G, B are numbers from 0 to 1. Light is that of a display, in units of the white of an sRGB display.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.color_space import (
    PredefinedColorSpace,
    VideoColorPrimaries,
    VideoColorSpaceInit,
    VideoMatrixCoefficients,
    VideoTransferCharacteristics,
)

if TYPE_CHECKING:
    import numpy.typing as npt


Floats: TypeAlias = "npt.NDArray[np.float64]"

#: The luminance in cd/m² of white graphics and diffuse white objects in HDR pictures (BT.2408). It is the white of
#: sRGB.
REFERENCE_WHITE: Final = 203.0
#: The nominal peak luminance in cd/m² of a display with HLG's system gamma of 1.2 (BT.2100).
HLG_PEAK: Final = 1000.0
_PQ_PEAK: Final = 10_000.0

#: KR and KB, the shares of R' and of B' in Y' (H.273 table 4).
LUMA_SHARES: Final[Mapping[VideoMatrixCoefficients, tuple[float, float]]] = {
    "bt709": (0.2126, 0.0722),
    "bt470bg": (0.299, 0.114),
    "smpte170m": (0.299, 0.114),
    "bt2020-ncl": (0.2627, 0.0593),
}

_D65: Final = (0.3127, 0.3290)
#: x and y of red, green and blue (H.273 table 2). White is D65 for all of them.
_CHROMATICITIES: Final[Mapping[VideoColorPrimaries, tuple[tuple[float, float], ...]]] = {
    "bt709": ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    "bt470bg": ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060)),
    "smpte170m": ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    "bt2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    "smpte432": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}


class ColorSpace(NamedTuple):
    """A colour space without unknown members."""

    primaries: VideoColorPrimaries
    transfer: VideoTransferCharacteristics
    matrix: VideoMatrixCoefficients
    full_range: bool


def completed_color_space(color_space: VideoColorSpaceInit, *, is_rgb: bool) -> ColorSpace:
    """The colour space that a conversion uses for a picture with ``color_space``; ``is_rgb`` is true for RGB formats.

    A member that is null has its value in sRGB if the format is an RGB format, else its value in REC709. The matrix of
    an RGB format is always "rgb". With that matrix a null range is full.
    """
    matrix = color_space.get("matrix")
    if is_rgb:
        matrix = "rgb"
    elif matrix is None:
        matrix = "bt709"
    full_range = color_space.get("fullRange")
    return ColorSpace(
        color_space.get("primaries") or "bt709",
        color_space.get("transfer") or ("iec61966-2-1" if is_rgb else "bt709"),
        matrix,
        matrix == "rgb" if full_range is None else full_range,
    )


#: The primaries of the colour spaces that VideoFrame converts to. Both have the transfer and the range of sRGB.
TARGET_PRIMARIES: Final[Mapping[PredefinedColorSpace, VideoColorPrimaries]] = {
    "srgb": "bt709",
    "display-p3": "smpte432",
}

#: Transfer characteristics whose R'G'B' is shown unchanged on an sRGB display. Those of BT.709 and SMPTE 170M describe
#: cameras; a display has a curve of its own, which for pictures on the web is that of sRGB.
_SRGB_LIKE: Final = frozenset({"bt709", "smpte170m", "iec61966-2-1"})


def needs_light(source: ColorSpace, target: PredefinedColorSpace) -> bool:
    """Whether R'G'B' of ``source`` differs from that of ``target``, so that it must be converted by way of light."""
    return source.transfer not in _SRGB_LIKE or source.primaries != TARGET_PRIMARIES[target]


@lru_cache(maxsize=32)
def _rgb_to_xyz(primaries: VideoColorPrimaries) -> Floats:
    """The 3×3 matrix from R, G, B to CIE XYZ."""
    columns = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in _CHROMATICITIES[primaries]]).T
    white_x, white_y = _D65
    white = np.array((white_x / white_y, 1.0, (1 - white_x - white_y) / white_y))
    return np.asarray(columns * np.linalg.solve(columns, white), np.float64)


@lru_cache(maxsize=64)
def primaries_matrix(source: VideoColorPrimaries, target: VideoColorPrimaries) -> Floats:
    """The 3×3 matrix from R, G, B of the source primaries to R, G, B of the target primaries, by way of CIE XYZ."""
    return np.asarray(np.linalg.solve(_rgb_to_xyz(target), _rgb_to_xyz(source)), np.float64)


# Transfer characteristics (H.273 table 3)


def srgb_to_light(signal: Floats) -> Floats:
    """Convert R' of sRGB to R (value 13 of H.273)."""
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def light_to_srgb(light: Floats) -> Floats:
    """Convert R to R' of sRGB (value 13)."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0.0) ** (1 / 2.4) - 0.055)


def _linear_to_light(signal: Floats) -> Floats:
    """Convert R' of the linear transfer to R (value 8)."""
    return signal


def _pq_to_light(signal: Floats) -> Floats:
    """Convert R' of PQ to R (value 16), in units of reference white."""
    root = signal ** (1 / 78.84375)
    normalized = (np.maximum(root - 0.8359375, 0.0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
    return normalized * (_PQ_PEAK / REFERENCE_WHITE)


def hlg_to_scene_light(signal: Floats) -> Floats:
    """Convert R' of HLG to R of the scene, from 0 to 1 (the inverse of value 18)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


_TO_LIGHT: Final[Mapping[VideoTransferCharacteristics, Callable[[Floats], Floats]]] = {
    "bt709": srgb_to_light,
    "smpte170m": srgb_to_light,
    "iec61966-2-1": srgb_to_light,
    "linear": _linear_to_light,
    "pq": _pq_to_light,
    "hlg": hlg_to_scene_light,
}


def signal_to_light(transfer: VideoTransferCharacteristics, signal: Floats) -> Floats:
    """Convert R' to R of the display, or for HLG to R of the scene, which lacks the system gamma of BT.2100."""
    return _TO_LIGHT[transfer](signal)
