"""Rotation, flip and display aspect as VideoDecoderConfig has them, from what containers store."""

from collections.abc import Sequence
from math import gcd
from typing import NamedTuple

#: Rounding of 16.16 numbers that were cosines once.
_NEGLIGIBLE = 1 / 1000


class Orientation(NamedTuple):
    """``rotation`` in degrees clockwise, a multiple of 90, then perhaps a horizontal flip."""

    rotation: int
    flip: bool


def orientation_of(display_matrix: Sequence[int] | None) -> Orientation:
    """The rotation and flip that the matrix of ISO/IEC 14496-12 § 6.2.2 (9 numbers, row by row) amounts to.

    Scaling and translation are left aside. A matrix that is anything else, a rotation by 45 degrees or a shear, counts
    as none.
    """
    if display_matrix is None:
        return Orientation(0, False)
    a, b, _, c, d = display_matrix[:5]
    # A pixel at (x, y) is shown at (a·x + c·y, b·x + d·y), y pointing down. Clockwise by an angle t that is a = cos t,
    # b = sin t, c = -sin t, d = cos t; a horizontal flip after that negates a and c.
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

    ``sample_aspect_ratio`` is a pixel's width to its height; with a zero it is unknown, which means square.
    """
    numerator, denominator = sample_aspect_ratio
    if numerator <= 0 or denominator <= 0 or numerator == denominator:
        return None
    display_width, display_height = width * numerator, height * denominator
    divisor = gcd(display_width, display_height)
    return display_width // divisor, display_height // divisor
