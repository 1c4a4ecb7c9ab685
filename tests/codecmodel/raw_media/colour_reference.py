"""Conversion to RGB in float64, straight from the equations of H.273 and independent of the code under test.

R', G', B' and light are from 0 to 1. Nothing here is fast.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

#: Arrays of float64, or of integers that become float64.
Floats: TypeAlias = npt.NDArray[Any]

# KR and KB.
LUMA = {
    "bt709": (0.2126, 0.0722),
    "bt470bg": (0.299, 0.114),
    "smpte170m": (0.299, 0.114),
    "bt2020-ncl": (0.2627, 0.0593),
}
# x, y of red, green, blue; white is D65.
PRIMARIES = {
    "bt709": [0.640, 0.330, 0.300, 0.600, 0.150, 0.060],
    "bt470bg": [0.640, 0.330, 0.290, 0.600, 0.150, 0.060],
    "smpte170m": [0.630, 0.340, 0.310, 0.595, 0.155, 0.070],
    "bt2020": [0.708, 0.292, 0.170, 0.797, 0.131, 0.046],
    "smpte432": [0.680, 0.320, 0.265, 0.690, 0.150, 0.060],
}
# Position of the first chroma sample in luma samples, (x, y).
LOCATIONS = {
    None: (0, 0.5),
    "left": (0, 0.5),
    "center": (0.5, 0.5),
    "topleft": (0, 0),
    "top": (0.5, 0),
    "bottomleft": (0, 1),
    "bottom": (0.5, 1),
}


def ycbcr_of_rgb(rgb: Floats, matrix: str, full_range: bool, depth: int) -> Floats:
    """Sample values, not rounded, of R', G', B' in the last axis."""
    maximum, step = 2**depth - 1, 2 ** (depth - 8)
    red, green, blue = np.moveaxis(rgb, -1, 0)
    if matrix == "rgb":
        quantized = [green, blue, red]
        return np.stack([x * maximum if full_range else x * 219 * step + 16 * step for x in quantized], -1)
    kr, kb = LUMA[matrix]
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    cb, cr = 0.5 * (blue - luma) / (1 - kb), 0.5 * (red - luma) / (1 - kr)
    half = 2 ** (depth - 1)
    if full_range:
        return np.stack([luma * maximum, cb * maximum + half, cr * maximum + half], -1)
    return np.stack([(219 * luma + 16) * step, (224 * cb + 128) * step, (224 * cr + 128) * step], -1)


def rgb_of_ycbcr(samples: Floats, matrix: str, full_range: bool, depth: int) -> Floats:
    """R', G', B' of samples in the last axis: the equations above, which are linear, solved."""
    origin = ycbcr_of_rgb(np.zeros(3), matrix, full_range, depth)
    columns = [ycbcr_of_rgb(unit, matrix, full_range, depth) - origin for unit in np.eye(3)]
    rgb: Floats = (samples - origin) @ np.linalg.inv(np.array(columns).T).T
    return rgb


def interpolated(samples: Floats, axis: int, factor: int, first: float, positions: Floats) -> Floats:
    """Linearly between samples ``factor`` apart, the first of them at ``first``; the outermost go on outside."""
    if factor == 1:
        return np.take(samples, positions, axis)
    places = first + factor * np.arange(samples.shape[axis])
    return np.apply_along_axis(lambda line: np.interp(positions, places, line), axis, samples)


def light_of(signal: Floats, transfer: str) -> Floats:
    """Light of an sRGB display's white, of R', G', B' in the last axis."""
    signal = np.clip(signal, 0, 1)
    if transfer == "linear":
        return signal
    if transfer == "pq":
        m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
        power = signal ** (1 / m2)
        return 10000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1) / 203
    if transfer == "hlg":
        a = 0.17883277
        b = 1 - 4 * a
        c = 0.5 - a * np.log(4 * a)
        scene = np.where(signal <= 0.5, signal * signal / 3, (np.exp((signal - c) / a) + b) / 12)
        luminance = scene @ np.array([0.2627, 0.6780, 0.0593])
        display: Floats = 1000 * luminance[..., None] ** 0.2 * scene / 203
        return display
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def srgb_of(light: Floats) -> Floats:
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def to_xyz(primaries: str) -> Floats:
    x, y = np.array(PRIMARIES[primaries]).reshape(3, 2).T
    columns = np.array([x / y, np.ones(3), (1 - x - y) / y])
    matrix: Floats = columns @ np.diag(np.linalg.inv(columns) @ [0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
    return matrix


def encoded(signal: Floats, primaries: str, transfer: str, target: str) -> Floats:
    """R', G', B' of "srgb" or "display-p3"."""
    target_primaries = {"srgb": "bt709", "display-p3": "smpte432"}[target]
    if transfer in ("bt709", "smpte170m", "iec61966-2-1") and primaries == target_primaries:
        return np.clip(signal, 0, 1)
    return srgb_of(light_of(signal, transfer) @ (np.linalg.inv(to_xyz(target_primaries)) @ to_xyz(primaries)).T)


def code_values(signal: Floats, maximum: int = 255) -> Floats:
    return np.floor(signal * maximum + 0.5).astype(int)


def alpha_values(alpha: Floats, depth: int) -> Floats:
    return code_values(alpha / (2**depth - 1))
