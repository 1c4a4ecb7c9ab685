"""Colour spaces in numbers: ITU-T H.273's matrices, transfer characteristics and primaries, as float64 arithmetic.

R', G', B' and R, G, B are from 0 to 1. Light is that of a display, in units of the white of an sRGB display.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from codecmodel.raw_media.color_space import (
    PredefinedColorSpace,
    VideoColorPrimaries,
    VideoColorSpaceInit,
    VideoMatrixCoefficients,
    VideoTransferCharacteristics,
)

Floats: TypeAlias = npt.NDArray[np.float64]

#: Luminance in cd/m² that BT.2408 gives the white of graphics and diffuse objects in HDR pictures: sRGB's white.
REFERENCE_WHITE: Final = 203.0
#: Nominal peak luminance in cd/m² of the display that HLG's system gamma of 1.2 is for (BT.2100).
HLG_PEAK: Final = 1000.0
_PQ_PEAK: Final = 10_000.0

#: KR and KB: the share of R' and of B' in Y' (H.273 table 4).
LUMA_SHARES: Final[Mapping[VideoMatrixCoefficients, tuple[float, float]]] = {
    "bt709": (0.2126, 0.0722),
    "bt470bg": (0.299, 0.114),
    "smpte170m": (0.299, 0.114),
    "bt2020-ncl": (0.2627, 0.0593),
}

_D65: Final = (0.3127, 0.3290)
#: x and y of red, green and blue (H.273 table 2). White is D65 in all.
_CHROMATICITIES: Final[Mapping[VideoColorPrimaries, tuple[tuple[float, float], ...]]] = {
    "bt709": ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    "bt470bg": ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060)),
    "smpte170m": ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    "bt2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    "smpte432": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}


class ColorSpace(NamedTuple):
    """A colour space of which everything is known."""

    primaries: VideoColorPrimaries
    transfer: VideoTransferCharacteristics
    matrix: VideoMatrixCoefficients
    full_range: bool


def completed_color_space(color_space: VideoColorSpaceInit, *, is_rgb: bool) -> ColorSpace:
    """What ``color_space`` stands for when a picture is converted, ``is_rgb`` telling whether its format is RGB.

    What is null is that of sRGB in an RGB format, and that of REC709 in others. The matrix of an RGB format is "rgb",
    whatever is said; with that matrix, a range that is null is full.
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


#: Primaries of the spaces that VideoFrame converts to. Transfer and range are sRGB's in both.
TARGET_PRIMARIES: Final[Mapping[PredefinedColorSpace, VideoColorPrimaries]] = {
    "srgb": "bt709",
    "display-p3": "smpte432",
}

#: Transfer characteristics whose R'G'B' is shown on an sRGB display as it is. Those of BT.709 and SMPTE 170M describe
#: cameras; what they are shown with is a display's curve, and the one pictures on the web share is sRGB's.
_SRGB_LIKE: Final = frozenset({"bt709", "smpte170m", "iec61966-2-1"})


def needs_light(source: ColorSpace, target: PredefinedColorSpace) -> bool:
    """Whether R'G'B' of ``source`` is not that of ``target``, so that one gets from one to the other by light only."""
    return source.transfer not in _SRGB_LIKE or source.primaries != TARGET_PRIMARIES[target]


@lru_cache(maxsize=32)
def _rgb_to_xyz(primaries: VideoColorPrimaries) -> Floats:
    columns = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in _CHROMATICITIES[primaries]]).T
    white_x, white_y = _D65
    white = np.array((white_x / white_y, 1.0, (1 - white_x - white_y) / white_y))
    return np.asarray(columns * np.linalg.solve(columns, white), np.float64)


@lru_cache(maxsize=64)
def primaries_matrix(source: VideoColorPrimaries, target: VideoColorPrimaries) -> Floats:
    """The 3×3 matrix from R, G, B of the one primaries to those of the other, by CIE XYZ."""
    return np.asarray(np.linalg.solve(_rgb_to_xyz(target), _rgb_to_xyz(source)), np.float64)


# Transfer characteristics (H.273 table 3)


def srgb_to_light(signal: Floats) -> Floats:
    """R' of sRGB to R (value 13)."""
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def light_to_srgb(light: Floats) -> Floats:
    """R to R' of sRGB (value 13)."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0.0) ** (1 / 2.4) - 0.055)


def _linear_to_light(signal: Floats) -> Floats:
    """Value 8."""
    return signal


def _pq_to_light(signal: Floats) -> Floats:
    """Value 16, relative to reference white."""
    root = signal ** (1 / 78.84375)
    normalized = (np.maximum(root - 0.8359375, 0.0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
    return normalized * (_PQ_PEAK / REFERENCE_WHITE)


def hlg_to_scene_light(signal: Floats) -> Floats:
    """R' of HLG to R of the scene, from 0 to 1 (value 18, inverted)."""
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
    """R' to R of the display; of HLG to R of the scene, which BT.2100's system gamma then takes to the display."""
    return _TO_LIGHT[transfer](signal)
