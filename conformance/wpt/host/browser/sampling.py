"""Images drawn at another size. Each axis is sampled on its own.

The filter is a triangle. It interpolates bilinearly when the image is enlarged, and is wider in proportion when the
image is made smaller. Samples beyond the image are those of its edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, cast

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.plane_arrays import PlaneArray
from conformance.wpt.host.browser.surface import PixelArray

if TYPE_CHECKING:
    import numpy.typing as npt

FloatArray: TypeAlias = "npt.NDArray[np.float32]"

#: From this size on, and up to this ratio, libswscale's triangle is the same: gradients differ by one 255th at most,
#: and noise by ten.
_SMALLEST_SIZE: Final = 16
_LARGEST_RATIO: Final = 16


class Axis(NamedTuple):
    """The samples that make each pixel along one axis: indices, and weights that add up to 1, of shape (pixels,
    taps).
    """

    indices: npt.NDArray[np.intp]
    weights: FloatArray

    def applied(self, image: FloatArray) -> FloatArray:
        """The result along the first axis of ``image``."""
        result = np.zeros((len(self.indices), *image.shape[1:]), np.float32)
        shape = (-1,) + (1,) * (image.ndim - 1)
        for indices, weights in zip(self.indices.T, self.weights.T, strict=True):
            result += image[indices] * weights.reshape(shape)
        return result


def sampled_axis(first: int, last: int, origin: float, step: float, size: int, *, smooth: bool) -> Axis:
    """The samples for pixels from ``first`` up to ``last``. The centre of pixel p is at the position origin + (p +
    0.5) * step.

    There are ``size`` samples, the first of which covers the positions from 0 to 1. Without smoothing, a pixel is the
    sample at its position.
    """
    positions = origin + (np.arange(first, last) + 0.5) * step
    if not smooth:
        indices = np.clip(np.floor(positions), 0, size - 1).astype(np.intp)[:, None]
        return Axis(indices, np.ones(indices.shape, np.float32))
    radius = max(abs(step), 1.0)
    nearest = np.floor(positions - radius).astype(np.intp)
    taps = nearest[:, None] + np.arange(int(np.ceil(2 * radius)) + 1)
    weights = np.maximum(0, 1 - np.abs(taps + 0.5 - positions[:, None]) / radius)
    weights /= weights.sum(axis=1, keepdims=True)
    return Axis(np.clip(taps, 0, size - 1), weights.astype(np.float32))


def can_scale(old: int, new: int) -> bool:
    """Whether ``scaled()`` can change the size along an axis so."""
    return min(old, new) >= _SMALLEST_SIZE and max(old, new) <= _LARGEST_RATIO * min(old, new)


def scaled(pixels: PixelArray, width: int, height: int) -> PixelArray:
    """Pixels of shape (rows, columns, 4) at another size. This is much faster than two axes, and the same filter.

    Components are rounded after each axis.
    """
    # For speed: not every script scales, and this loads all of FFmpeg's platform.
    from codecmodel.platform.ffmpeg.plane_scaling import scaled_plane

    rows, columns = pixels.shape[:2]
    # Only whole rows are scaled, so that the components of a pixel stay apart.
    vertically = scaled_plane(pixels.reshape(rows, 4 * columns), 4 * columns, height, "bilinear")
    horizontally = scaled_plane(_transposed(vertically), 4 * height, width, "bilinear")
    return cast("PixelArray", _transposed(horizontally).reshape(height, width, 4))


def _transposed(samples: PlaneArray) -> PixelArray:
    """Rows of pixels of four bytes in the place of columns."""
    return np.ascontiguousarray(samples.view(np.uint32).T).view(np.uint8)
