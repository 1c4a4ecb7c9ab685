"""Conversion to R'G'B' with other primaries, another transfer or 16 bits, by way of light and in floating point.

R'G'B' of the source is limited to 0 … 1, because transfer characteristics are defined for that range. A table of 65536
entries converts it to light, and a matrix converts that to the primaries of the target. The result is limited to 0 … 1
again, which clips light that is brighter than the white of sRGB and colours outside of the gamut of the target. The
curve of sRGB encodes it. Nothing is rounded to 8 bits before the end.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.chroma import Tap
from codecmodel.raw_media.color_space import PredefinedColorSpace, VideoColorPrimaries, VideoTransferCharacteristics
from codecmodel.raw_media.plane_arrays import PlaneArray
from codecmodel.raw_media.rgb.colorimetry import (
    HLG_PEAK,
    LUMA_SHARES,
    REFERENCE_WHITE,
    TARGET_PRIMARIES,
    light_to_srgb,
    needs_light,
    primaries_matrix,
    signal_to_light,
)
from codecmodel.raw_media.rgb.source_picture import Region, SourcePicture
from codecmodel.raw_media.rgb.ycbcr import equations

if TYPE_CHECKING:
    import numpy.typing as npt


Float32s: TypeAlias = "npt.NDArray[np.float32]"
Target: TypeAlias = "npt.NDArray[np.uint8] | npt.NDArray[np.uint16]"

_TABLE_SIZE: Final = 1 << 16
#: About how many pixels a band has.
_BAND: Final = 64 * 1024


def convert_by_light(
    picture: SourcePicture,
    region: Region,
    target: PredefinedColorSpace | None,
    order: tuple[int, int, int],
    opaque: bool,
    out: Target,
) -> None:
    """Convert the pixels of ``region``, which is within the bounds of the picture, to ``out``.

    ``out`` has the shape (rows, columns, 4) and 8 or 16 bits, whose greatest number is white and opaque. ``order`` is
    (0, 1, 2) for RGBA and (2, 1, 0) for BGRA. Alpha is opaque if ``opaque`` is true or the picture has no alpha.
    """
    arrays = picture.arrays()
    rows = max(2, _BAND // region.width)
    for first in range(region.top, region.bottom, rows):
        band = Region(region.left, first, region.right, min(first + rows, region.bottom))
        signal = _rgb_signal(picture, arrays, band) if picture.description.is_rgb else _signal(picture, arrays, band)
        band_out = out[first - region.top : band.bottom - region.top]
        _encode(picture, signal, target, [band_out[..., place] for place in order])
        _put_alpha(picture, arrays, band, opaque, band_out[..., 3])


def _encode(
    picture: SourcePicture, signal: list[Float32s], target: PredefinedColorSpace | None, out: list[Target]
) -> None:
    """Convert R', G', B' of the source to those of the target. ``signal`` is overwritten."""
    space = picture.color_space
    maximum = 255 if out[0].dtype.itemsize == 1 else 65535
    if target is None or not needs_light(space, target):
        for component, component_out in zip(signal, out, strict=True):
            np.copyto(component_out, _rounded(component, maximum), casting="unsafe")
        return
    table = _light_table(space.transfer)
    light = [np.take(table, _rounded(component, _TABLE_SIZE - 1).astype(np.uint16)) for component in signal]
    if space.transfer == "hlg":
        _apply_system_gamma(light)
    light = _in_primaries(light, space.primaries, TARGET_PRIMARIES[target])
    for component, component_out in zip(light, out, strict=True):
        if maximum == 255:
            np.copyto(component_out, np.take(_srgb_table(), _rounded(component, _TABLE_SIZE - 1).astype(np.uint16)))
        else:
            exact = light_to_srgb(np.clip(component, 0, 1).astype(np.float64))
            np.copyto(component_out, np.floor(exact * maximum + 0.5), casting="unsafe")


def _rounded(signal: Float32s, maximum: int) -> Float32s:
    """Scale ``signal`` in place to 0 … ``maximum`` and add a half, so that truncation rounds it."""
    signal *= np.float32(maximum)
    signal += np.float32(0.5)
    return np.clip(signal, np.float32(0.5), np.float32(maximum), out=signal)


@lru_cache(maxsize=8)
def _light_table(transfer: VideoTransferCharacteristics) -> Float32s:
    """Light for each number of a signal of 16 bits."""
    return signal_to_light(transfer, np.arange(_TABLE_SIZE) / (_TABLE_SIZE - 1)).astype(np.float32)


@lru_cache(maxsize=1)
def _srgb_table() -> npt.NDArray[np.uint8]:
    """The code value of sRGB for each number of light of 16 bits."""
    return np.floor(light_to_srgb(np.arange(_TABLE_SIZE) / (_TABLE_SIZE - 1)) * 255 + 0.5).astype(np.uint8)


def _apply_system_gamma(light: list[Float32s]) -> None:
    """BT.2100: convert HLG's light of the scene to that of a display of 1000 cd/m², in units of reference white."""
    red, blue = LUMA_SHARES["bt2020-ncl"]
    luminance = light[0] * np.float32(red) + light[1] * np.float32(1 - red - blue) + light[2] * np.float32(blue)
    gain = luminance ** np.float32(0.2)
    gain *= np.float32(HLG_PEAK / REFERENCE_WHITE)
    for component in light:
        component *= gain


def _in_primaries(light: list[Float32s], source: VideoColorPrimaries, target: VideoColorPrimaries) -> list[Float32s]:
    """R, G, B of the source primaries as R, G, B of the target primaries."""
    if source == target:
        return light
    return [
        sum(
            (component * factor for component, factor in zip(light[1:], row[1:], strict=True)),
            start=light[0] * row[0],
        )
        for row in primaries_matrix(source, target).astype(np.float32)
    ]


def _put_alpha(picture: SourcePicture, arrays: tuple[PlaneArray, ...], band: Region, opaque: bool, out: Target) -> None:
    """Write the alpha of the band to ``out``."""
    maximum = 255 if out.dtype.itemsize == 1 else 65535
    if opaque or not picture.description.has_alpha:
        out[:] = maximum
        return
    alpha = _rows(picture, arrays[-1], band)
    if alpha.ndim == 3:
        alpha = alpha[..., 3]
    greatest = (1 << picture.description.bit_depth) - 1
    wide = alpha.astype(np.uint32) & greatest
    np.copyto(out, (wide * maximum + greatest // 2) // greatest, casting="unsafe")


def _rows(picture: SourcePicture, samples: PlaneArray, band: Region) -> PlaneArray:
    """The samples of the pixels in the band."""
    bounds = picture.bounds
    return samples[band.top - bounds.top : band.bottom - bounds.top, band.left - bounds.left : band.right - bounds.left]


def _rgb_signal(picture: SourcePicture, arrays: tuple[PlaneArray, ...], band: Region) -> list[Float32s]:
    """R', G', B' of a picture in an RGB format, from 0 to 1."""
    samples = _rows(picture, arrays[0], band)
    components = picture.description.planes[0].components
    zero, step = (0, 255) if picture.color_space.full_range else (16, 219)
    table = ((np.arange(256) - zero) / step).astype(np.float32)
    return [np.take(table, samples[..., components.index(component)]) for component in "RGB"]


def _signal(picture: SourcePicture, arrays: tuple[PlaneArray, ...], band: Region) -> list[Float32s]:
    """R', G', B' of a picture with luma and chroma; 1 is white."""
    space = picture.color_space
    depth = picture.description.bit_depth
    luma, chroma, zeros = equations(space.matrix, space.full_range, depth)
    uv = arrays[1]
    u_plane, v_plane = (uv[..., 0], uv[..., 1]) if uv.ndim == 3 else (uv, arrays[2])
    y = _centred(_rows(picture, arrays[0], band), zeros[0], depth)
    u = _interpolated(picture, _centred(_chroma_rows(picture, u_plane, band), zeros[1], depth), band)
    v = _interpolated(picture, _centred(_chroma_rows(picture, v_plane, band), zeros[2], depth), band)
    y *= np.float32(luma / 255)
    signal: list[Float32s] = []
    for index, (from_u, from_v) in enumerate(chroma):
        component = y.copy() if space.matrix != "rgb" or index == 1 else np.zeros_like(y)
        if from_u:
            component += u * np.float32(from_u / 255)
        if from_v:
            component += v * np.float32(from_v / 255)
        signal.append(component)
    return signal


def _centred(samples: PlaneArray, zero: int, depth: int) -> Float32s:
    """Samples minus the sample that means zero."""
    centred = (samples if depth == 8 else samples & ((1 << depth) - 1)).astype(np.float32)
    centred -= np.float32(zero)
    return centred


def _chroma_rows(picture: SourcePicture, samples: PlaneArray, band: Region) -> PlaneArray:
    """The chroma samples for the band, with the neighbours that interpolation needs."""
    rows, columns = picture.chroma_spans(band)
    widths = (rows.before, rows.after), (columns.before, columns.after)
    return cast("PlaneArray", np.pad(samples[rows.source, columns.source], widths, "edge"))


def _interpolated(picture: SourcePicture, samples: Float32s, band: Region) -> Float32s:
    """Chroma, interpolated for each pixel of the band."""
    column_taps, row_taps = picture.chroma_taps()
    if row_taps is not None:
        samples = _doubled(samples, row_taps)[band.top & 1 :][: band.height]
    if column_taps is not None:
        samples = _doubled(samples.T, column_taps).T[:, band.left & 1 :][:, : band.width]
    return samples


def _doubled(samples: Float32s, taps: tuple[Tap, Tap]) -> Float32s:
    """Interpolate two rows for each row. The outermost rows are used as neighbours only."""
    doubled = np.empty((2 * (samples.shape[0] - 2), *samples.shape[1:]), np.float32)
    near = samples[1:-1]
    for parity, tap in enumerate(taps):
        neighbours = samples[:-2] if tap.neighbour < 0 else samples[2:]
        weight = np.float32(tap.weight)
        doubled[parity::2] = near * (1 - weight) + neighbours * weight
    return doubled
