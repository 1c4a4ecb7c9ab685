"""Computes rotation, flip and display aspect of VideoDecoderConfig from the values that containers store."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Final, NamedTuple

#: Entries of a matrix that are this small, compared with the largest, are rounding errors.
_NEGLIGIBLE: Final = 1 / 1000
#: The largest ratio of the sides of a pixel that a container can mean.
_LARGEST_PIXEL_ASPECT: Final = 1000
#: Members of VideoDecoderConfig are of type unsigned long.
_LARGEST_UNSIGNED_LONG: Final = 2**32 - 1


class Orientation(NamedTuple):
    """A rotation by ``rotation`` degrees clockwise, a multiple of 90. If ``flip``, a horizontal flip follows."""

    rotation: int
    flip: bool


def orientation_of(display_matrix: Sequence[int] | None) -> Orientation:
    """The rotation and flip in the matrix of ISO/IEC 14496-12 § 6.2.2: 9 numbers, row by row.

    Scaling and translation are ignored. Any other matrix, such as a rotation by 45 degrees or a shear, counts as none.
    """
    if display_matrix is None:
        return Orientation(0, False)
    a, b, _, c, d = display_matrix[:5]
    # A pixel at (x, y) is shown at (a·x + c·y, b·x + d·y), where y points down. A clockwise rotation by the angle t has
    # a = cos t, b = sin t, c = -sin t, d = cos t. A horizontal flip after it negates a and c.
    negligible = _NEGLIGIBLE * max(abs(a), abs(b), abs(c), abs(d))
    is_upright = abs(b) <= negligible and abs(c) <= negligible
    is_sideways = abs(a) <= negligible and abs(d) <= negligible
    if is_upright == is_sideways:
        return Orientation(0, False)
    if is_upright:
        return Orientation(0 if d > 0 else 180, (a > 0) != (d > 0)) if a and d else Orientation(0, False)
    return Orientation(90 if b > 0 else 270, (b > 0) == (c > 0)) if b and c else Orientation(0, False)


def display_aspect(width: int, height: int, sample_aspect_ratio: tuple[int, int]) -> tuple[int, int] | None:
    """The aspect ratio of a picture of ``width`` by ``height`` pixels in lowest terms, or None if pixels are square.

    ``sample_aspect_ratio`` is the width of a pixel to its height. A ratio with a zero is unknown, and one beyond
    1000 : 1 is a mistake: both count as square. The result is exact if unsigned longs can hold it, else the nearest
    ratio that they can hold.
    """
    numerator, denominator = sample_aspect_ratio
    if numerator <= 0 or denominator <= 0 or numerator == denominator:
        return None
    pixel = Fraction(numerator, denominator)
    if max(pixel, 1 / pixel) > _LARGEST_PIXEL_ASPECT:
        return None
    aspect = pixel * width / height
    if max(aspect.numerator, aspect.denominator) > _LARGEST_UNSIGNED_LONG:
        aspect = aspect.limit_denominator(_LARGEST_UNSIGNED_LONG // max(1, ceil(aspect)))
    return aspect.numerator, aspect.denominator
