"""The current transformation matrix of a 2D context (HTML § 4.12.5.1.7), of which those that keep rectangles are drawn.

Turns by 90 degrees and reflections exchange pixels exactly. A matrix that would turn a rectangle into another shape is
kept, but to draw with it is an error.
"""

import math
from typing import Final, NamedTuple

from codecmodel.lazy_numpy import np
from codecmodel.web.errors import DOMException
from conformance.wpt.host.browser.compositing import Rect
from conformance.wpt.host.browser.surface import Surface

#: Sines and cosines of right angles are integers but for this.
_ROUNDING: Final = 1e-12


class Matrix(NamedTuple):
    """A point (x, y) is drawn at (a·x + c·y + e, b·x + d·y + f), in pixels."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def times(self, other: "Matrix") -> "Matrix":
        """The matrix that applies ``other`` first."""
        a, b, c, d, e, f = self
        product = (
            a * other.a + c * other.b,
            b * other.a + d * other.b,
            a * other.c + c * other.d,
            b * other.c + d * other.d,
            a * other.e + c * other.f + e,
            b * other.e + d * other.f + f,
        )
        return Matrix(*(_rounded(number) for number in product))


IDENTITY: Final = Matrix(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def rotation(angle: float) -> Matrix:
    """A turn to the right, by radians."""
    sine, cosine = math.sin(angle), math.cos(angle)
    return Matrix(cosine, sine, -sine, cosine, 0.0, 0.0)


class Placement(NamedTuple):
    """A rectangle of pixels to draw to, and how the picture lies in it: rows exchanged with columns first, then the
    columns reversed, then the rows.
    """

    rect: Rect
    is_transposed: bool
    is_mirrored: bool
    is_upside_down: bool

    def oriented(self, image: Surface, source: Rect) -> tuple[Surface, Rect]:
        """The image as it lies in the rectangle, and where its part ``source`` is then."""
        if not (self.is_transposed or self.is_mirrored or self.is_upside_down):
            return image, source
        pixels = image.pixels
        if self.is_transposed:
            pixels = pixels.swapaxes(0, 1)
            source = Rect(source.y, source.x, source.height, source.width)
        if self.is_mirrored:
            pixels = pixels[:, ::-1]
            source = source._replace(x=pixels.shape[1] - source.x - source.width)
        if self.is_upside_down:
            pixels = pixels[::-1]
            source = source._replace(y=pixels.shape[0] - source.y - source.height)
        oriented = Surface(
            np.ascontiguousarray(pixels),
            image.color_space,
            is_premultiplied=image.is_premultiplied,
            is_opaque=image.is_opaque,
        )
        return oriented, source


def placed(rect: Rect, matrix: Matrix) -> Placement:
    """Where a normalized rectangle is drawn. Raises NotSupportedError if it would be no rectangle there."""
    a, b, c, d, e, f = matrix
    if b == 0 and c == 0:
        moved = Rect(a * rect.x + e, d * rect.y + f, a * rect.width, d * rect.height)
        return Placement(moved.normalized(), False, a < 0, d < 0)
    if a == 0 and d == 0:
        moved = Rect(c * rect.y + e, b * rect.x + f, c * rect.height, b * rect.width)
        return Placement(moved.normalized(), True, c < 0, b < 0)
    raise DOMException("transformations are drawn only if they keep rectangles", "NotSupportedError")


def _rounded(number: float) -> float:
    return float(round(number)) if abs(number - round(number)) < _ROUNDING else number
