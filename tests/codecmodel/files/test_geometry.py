"""Display matrices and aspect ratios in the terms of WebCodecs."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecmodel.files.geometry import Orientation, display_aspect, orientation_of

_ONE = 1 << 16


def _matrix(a: int, b: int, c: int, d: int) -> tuple[int, ...]:
    return (a, b, 0, c, d, 0, 7 << 16, 9 << 16, 1 << 30)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        # The first pair is the image of (1, 0), the second that of (0, 1); x goes to the right, and y down.
        (_matrix(1, 0, 0, 1), Orientation(0, False)),
        (_matrix(0, 1, -1, 0), Orientation(90, False)),
        (_matrix(-1, 0, 0, -1), Orientation(180, False)),
        (_matrix(0, -1, 1, 0), Orientation(270, False)),
        (_matrix(-1, 0, 0, 1), Orientation(0, True)),
        (_matrix(0, 1, 1, 0), Orientation(90, True)),
        (_matrix(1, 0, 0, -1), Orientation(180, True)),
        (_matrix(0, -1, -1, 0), Orientation(270, True)),
        # Scaled, by different factors.
        (_matrix(0, 3 * _ONE, -2 * _ONE, 0), Orientation(90, False)),
        # Cosines that were rounded.
        (_matrix(3, _ONE, -_ONE, -2), Orientation(90, False)),
    ],
)
def test_a_matrix_is_a_rotation_and_perhaps_a_flip(matrix: tuple[int, ...], expected: Orientation) -> None:
    assert orientation_of(matrix) == expected


@pytest.mark.parametrize(
    "matrix",
    [
        _matrix(46_341, 46_341, -46_341, 46_341),
        _matrix(_ONE, _ONE // 2, 0, _ONE),
        _matrix(0, 0, 0, 0),
        _matrix(_ONE, 0, 0, 0),
        _matrix(0, _ONE, 0, 0),
        None,
    ],
)
def test_any_other_matrix_is_none(matrix: tuple[int, ...] | None) -> None:
    assert orientation_of(matrix) == Orientation(0, False)


def test_display_aspect_is_in_lowest_terms() -> None:
    assert display_aspect(720, 576, (16, 15)) == (4, 3)
    assert display_aspect(720, 576, (64, 45)) == (16, 9)
    assert display_aspect(1440, 1080, (4, 3)) == (16, 9)


@pytest.mark.parametrize(
    "ratio", [(1, 1), (0, 1), (0, 0), (3, 3), (1, 0), (-4, 3), (1001, 1), (1, 1001), (2**31 - 1, 1), (1, 2**31 - 1)]
)
def test_square_or_unknown_pixels_have_none(ratio: tuple[int, int]) -> None:
    assert display_aspect(720, 576, ratio) is None


def test_a_pixel_may_be_a_thousand_times_as_wide_as_high() -> None:
    assert display_aspect(64, 48, (1000, 1)) == (4000, 3)
    assert display_aspect(64, 48, (1, 1000)) == (1, 750)


@given(st.integers(1, 2**16), st.integers(1, 2**16), st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
def test_every_aspect_fits_into_the_configuration(width: int, height: int, numerator: int, denominator: int) -> None:
    aspect = display_aspect(width, height, (numerator, denominator))
    exact = Fraction(width * numerator, height * denominator)
    if aspect is None:
        assert numerator == denominator or not 1 / 1000 <= numerator / denominator <= 1000
        return
    assert 1 <= min(aspect) <= max(aspect) < 2**32
    assert abs(Fraction(*aspect) / exact - 1) < Fraction(1, 1000)
    if max(exact.numerator, exact.denominator) < 2**32:
        assert Fraction(*aspect) == exact
