"""Images drawn at another size: each axis is sampled on its own.

The filter is a triangle: bilinear interpolation when the image is enlarged, and as much wider as there are source
pixels to one of the target when it is made smaller. Samples beyond the image are those of its edge.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float32]


class Axis(NamedTuple):
    """Which samples make each pixel, along one axis: indices, and weights that add to 1, of shape (pixels, taps)."""

    indices: npt.NDArray[np.intp]
    weights: FloatArray

    def applied(self, image: FloatArray) -> FloatArray:
        """Along the first axis of ``image``."""
        result = np.zeros((len(self.indices), *image.shape[1:]), np.float32)
        shape = (-1,) + (1,) * (image.ndim - 1)
        for indices, weights in zip(self.indices.T, self.weights.T, strict=True):
            result += image[indices] * weights.reshape(shape)
        return result


def sampled_axis(first: int, last: int, origin: float, step: float, size: int, *, smooth: bool) -> Axis:
    """For pixels ``first`` up to ``last``: pixel p has its centre at the sample position origin + (p + 0.5) * step.

    There are ``size`` samples; the first covers positions 0 to 1. Without smoothing it is the sample at the position.
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
