"""Conversion of Y'CbCr to R'G'B' of 8 bits with the same primaries and transfer characteristics, in fixed point.

Numbers of 16 bits, with 6 bits for a fraction of a code value, are sufficient: no component differs by more than
0.56 of a code value from the result of H.273's equations, so none is off by more than one. Gray stays gray, and black
and white are exact.

For speed: the picture is converted in bands that fit the processor's cache. Matrices are linear, so the contributions
of chroma to R', G' and B' are computed first, then interpolated, and then added to luma. Even and odd columns are
processed separately and meet in the result.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.chroma import Tap
from codecmodel.raw_media.color_space import VideoMatrixCoefficients
from codecmodel.raw_media.plane_arrays import PlaneArray
from codecmodel.raw_media.rgb.colorimetry import LUMA_SHARES
from codecmodel.raw_media.rgb.source_picture import Region, SourcePicture

if TYPE_CHECKING:
    import numpy.typing as npt


Int16s: TypeAlias = "npt.NDArray[np.int16]"
UInt8s: TypeAlias = "npt.NDArray[np.uint8]"
#: Samples in numbers that have twice as many bits.
Wider: TypeAlias = "npt.NDArray[np.uint16] | npt.NDArray[np.uint32]"

#: The number of units in a code value.
_UNIT: Final = 64
#: All numbers are too small by this bias, so that every sum of luma and chroma fits in 16 bits.
_BIAS: Final = 128 * _UNIT
#: The bits of a fraction of a unit, in numbers of 32 bits.
_FINE: Final = 14
#: About how many pixels a band has.
_BAND: Final = 96 * 1024


class Equations(NamedTuple):
    """Linear equations from samples to code values of R', G' and B' with 8 bits.

    ``luma`` is the factor of Y. ``chroma`` has, for each of R', G' and B', the factors of U and V. ``zeros`` are the
    samples of Y, U and V that mean zero.
    """

    luma: float
    chroma: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    zeros: tuple[int, int, int]


def equations(matrix: VideoMatrixCoefficients, full_range: bool, bit_depth: int) -> Equations:
    """The equations of H.273 § 8.3, solved for R', G' and B'. With the matrix "rgb", Y, U and V are G', B' and R'."""
    step = 1 << (bit_depth - 8)
    maximum = (1 << bit_depth) - 1
    luma = 255 / (maximum if full_range else 219 * step)
    luma_zero = 0 if full_range else 16 * step
    if matrix == "rgb":
        return Equations(luma, ((0.0, luma), (0.0, 0.0), (luma, 0.0)), (luma_zero,) * 3)
    chroma = 255 / (maximum if full_range else 224 * step)
    red, blue = LUMA_SHARES[matrix]
    green = 1 - red - blue
    from_u, from_v = 2 * (1 - blue) * chroma, 2 * (1 - red) * chroma
    return Equations(
        luma,
        ((0.0, from_v), (-from_u * blue / green, -from_v * red / green), (from_u, 0.0)),
        (luma_zero, 128 * step, 128 * step),
    )


@lru_cache(maxsize=128)
class _Constants:
    """Numbers that are computed once for a kind of picture. ``order`` has R, G, B (0, 1, 2) as in the result."""

    def __init__(
        self, matrix: VideoMatrixCoefficients, full_range: bool, bit_depth: int, order: tuple[int, int, int]
    ) -> None:
        luma, chroma, (luma_zero, *chroma_zeros) = equations(matrix, full_range, bit_depth)
        self.mask = (1 << bit_depth) - 1
        self.luma_factor = round(luma * _UNIT * (1 << _FINE))
        self.luma_whole, self.luma_rest = divmod(round(luma * _UNIT * 256), 256)
        #: Whether Y is G', and no part of the other two components.
        self.luma_is_green = matrix == "rgb"
        #: For each component the factors of U and V, and the constant to add.
        self.chroma: list[tuple[int, int, int]] = []
        for component in order:
            from_u, from_v = (round(factor * _UNIT * (1 << _FINE)) for factor in chroma[component])
            constant = _UNIT // 2 - _BIAS
            if matrix != "rgb" or component == 1:
                constant -= self.luma_of(luma_zero)
            constant = (constant << _FINE) + (1 << (_FINE - 1))
            self.chroma.append((from_u, from_v, constant - from_u * chroma_zeros[0] - from_v * chroma_zeros[1]))

    def luma_of(self, sample: int) -> int:
        """The result of ``scaled_luma`` for one sample."""
        if self.mask > 255:
            return (sample * self.luma_factor) >> _FINE
        return sample * self.luma_whole + ((sample * self.luma_rest) >> 8)

    def scaled_luma(self, samples: Wider) -> Int16s:
        """The contributions of luma. ``samples``, in 16 bits or in 32 if they are deeper, may be overwritten."""
        if samples.dtype.itemsize == 4:
            wide = samples.view(np.int32)
            wide &= self.mask
            wide *= self.luma_factor
            wide >>= _FINE
            return wide.astype(np.int16)
        narrow = samples.view(np.uint16)
        scaled = narrow * np.uint16(self.luma_whole)
        if self.luma_rest:
            narrow *= np.uint16(self.luma_rest)
            narrow >>= np.uint16(8)
            scaled += narrow
        return scaled.view(np.int16)

    def chroma_contributions(self, u: PlaneArray, v: PlaneArray, out: Int16s) -> None:
        """Write the contributions of chroma to the three components to ``out``."""
        wide_u, wide_v = u.astype(np.int32), v.astype(np.int32)
        if self.mask > 255:
            wide_u &= self.mask
            wide_v &= self.mask
        scratch = np.empty_like(wide_u)
        for (from_u, from_v, constant), component in zip(self.chroma, out, strict=True):
            if from_u and from_v:
                total = wide_u * from_u
                total += np.multiply(wide_v, from_v, out=scratch)
            else:
                total = np.multiply(wide_u, from_u, out=scratch) if from_u else np.multiply(wide_v, from_v, out=scratch)
            total += constant
            total >>= _FINE
            np.copyto(component, total, casting="unsafe")


def ycbcr_to_rgb(
    picture: SourcePicture, region: Region, order: tuple[int, int, int], opaque: bool, out: UInt8s
) -> None:
    """Convert the pixels of ``region``, which is within the bounds of the picture, to ``out``.

    ``out`` has the shape (rows, columns, 4). ``order`` is (0, 1, 2) for RGBA and (2, 1, 0) for BGRA. Alpha is 255 if
    ``opaque`` is true or the picture has no alpha.
    """
    converter = _Converter(picture, region, order, opaque)
    rows = max(2, _BAND // region.width & ~1)
    for top in range(region.top & ~1, region.bottom, rows):
        first, last = max(top, region.top), min(top + rows, region.bottom)
        converter.convert_band(first, last, out[first - region.top : last - region.top])


class _Converter:
    """Converts a region of a picture, band by band."""

    def __init__(self, picture: SourcePicture, region: Region, order: tuple[int, int, int], opaque: bool) -> None:
        description = picture.description
        space = picture.color_space
        self.constants = _Constants(space.matrix, space.full_range, description.bit_depth, order)
        self.picture, self.region, self.bounds = picture, region, picture.bounds
        arrays = picture.arrays()
        self.luma = arrays[0]
        uv = arrays[1]
        self.u, self.v = (uv[..., 0], uv[..., 1]) if uv.ndim == 3 else (uv, arrays[2])
        self.alpha = arrays[-1] if description.has_alpha and not opaque else None
        self.alpha_maximum = (1 << description.bit_depth) - 1
        self.column_taps, self.row_taps = picture.chroma_taps()

    def convert_band(self, top: int, bottom: int, out: UInt8s) -> None:
        """Convert the rows from ``top`` up to, and without, ``bottom``."""
        left, right = self.region.left, self.region.right
        chroma = self._chroma(top, bottom)
        if self.column_taps is None:
            samples = self._luma_rows(top, bottom, left, right)
            wider = samples.astype(np.uint16) if samples.itemsize == 1 else samples.astype(np.uint32)
            luma = self.constants.scaled_luma(wider)
            self._store(chroma, luma, top, bottom, left, 1, out)
            return
        start, stop = left & ~1, right + 1 & ~1
        samples = self._luma_rows(top, bottom, start, stop)
        # For speed: each pair of samples is one number; shifts and masks give the two samples.
        pairs: Wider = samples.view("<u2") if samples.itemsize == 1 else samples.view("<u4")
        for parity, tap in enumerate(self.column_taps):
            skipped = 1 if parity < left - start else 0
            column = start + 2 * skipped + parity
            count = (right - column + 1) // 2
            if count <= 0:
                continue
            luma = self.constants.scaled_luma(_unpaired(pairs[:, skipped : skipped + count], parity))
            components = _between(chroma, tap, 2)[..., skipped : skipped + count]
            self._store(components, luma, top, bottom, column, 2, out)

    def _luma_rows(self, top: int, bottom: int, left: int, right: int) -> PlaneArray:
        """A copy of luma; a column outside of the bounds has zeros."""
        bounds = self.bounds
        first, last = max(left, bounds.left), min(right, bounds.right)
        samples = np.zeros((bottom - top, right - left), self.luma.dtype)
        samples[:, first - left : last - left] = self.luma[
            top - bounds.top : bottom - bounds.top, first - bounds.left : last - bounds.left
        ]
        return samples

    def _chroma(self, top: int, bottom: int) -> Int16s:
        """The contributions of chroma for each row of luma and each column of chroma, and one more at both ends."""
        rows, columns = self.picture.chroma_spans(Region(self.region.left, top, self.region.right, bottom))
        samples = np.empty((3, rows.length, columns.length), np.int16)
        self.constants.chroma_contributions(
            self.u[rows.source, columns.source],
            self.v[rows.source, columns.source],
            samples[:, rows.inside, columns.inside],
        )
        for span, axis in ((rows, 1), (columns, 2)):
            view = samples.swapaxes(0, axis)
            view[: span.before] = view[span.before]
            view[span.length - span.after :] = view[span.length - span.after - 1]
        if self.row_taps is None:
            return samples
        height = 2 * (rows.length - 2)
        interpolated = np.empty((3, height, columns.length), np.int16)
        for parity, tap in enumerate(self.row_taps):
            _between(samples, tap, 1, interpolated[:, parity::2])
        return interpolated[:, top & 1 : (top & 1) + bottom - top]

    def _store(
        self, components: Int16s, luma: Int16s, top: int, bottom: int, column: int, step: int, out: UInt8s
    ) -> None:
        """Add luma to the contributions of chroma, and store the sums in every column, or in every second one."""
        if self.constants.luma_is_green:
            components = components.copy()
            components[1] += luma
        else:
            components = components + luma
        np.clip(components, -_BIAS, _BIAS - 1, out=components)
        components >>= 6
        first, second, third = components.view(np.uint16)
        pixels = out[:, column - self.region.left :: step].view("<u2")
        second <<= 8
        second += np.uint16(0x8080)
        np.add(first, second, out=pixels[..., 0])
        if self.alpha is None:
            np.add(third, np.uint16(0xFF80), out=pixels[..., 1])
            return
        bounds = self.bounds
        alpha = self.alpha[
            top - bounds.top : bottom - bounds.top, column - bounds.left : self.region.right - bounds.left : step
        ]
        high = alpha_of_8_bits(alpha, self.alpha_maximum)
        high <<= 8
        high += np.uint16(128)
        np.add(third, high, out=pixels[..., 1])


def alpha_of_8_bits(alpha: PlaneArray, maximum: int) -> npt.NDArray[np.uint16]:
    """Alpha, in which ``maximum`` is opaque, as numbers up to 255, rounded correctly."""
    if maximum == 255:
        return alpha.astype(np.uint16)
    wide = alpha.astype(np.uint32)
    wide &= maximum
    wide *= 510
    wide += maximum
    wide //= 2 * maximum
    return wide.astype(np.uint16)


def _unpaired(pairs: Wider, parity: int) -> Wider:
    """The first samples of all pairs if ``parity`` is 0, and the second ones if it is 1."""
    if pairs.dtype.itemsize == 2:
        return pairs >> np.uint16(8) if parity else pairs & np.uint16(0xFF)
    return pairs >> np.uint32(16) if parity else pairs & np.uint32(0xFFFF)


def _between(samples: Int16s, tap: Tap, axis: int, out: Int16s | None = None) -> Int16s:
    """Interpolate along an axis, to ``out`` if it is given. The outermost samples are used as neighbours only."""
    view = samples.swapaxes(0, axis)
    near = view[1:-1]
    if not tap.shift:
        between = near
        if out is not None:
            np.copyto(out.swapaxes(0, axis), near)
    else:
        parts = view >> np.int16(tap.shift)
        between = np.subtract(near, parts[1:-1], out=None if out is None else out.swapaxes(0, axis))
        between += parts[:-2] if tap.neighbour < 0 else parts[2:]
    return between.swapaxes(0, axis)
