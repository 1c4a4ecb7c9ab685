"""Web IDL conversions of numbers."""

import ctypes
import enum
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecmodel.web.webidl import (
    Converter,
    double,
    enforced_long,
    enforced_long_long,
    enforced_unsigned_long,
    enforced_unsigned_long_long,
    long_long,
    single_float,
    unrestricted_double,
    unsigned_long_long,
    unsigned_short,
)

MAX_SAFE_INTEGER = 2**53 - 1

ENFORCED = {
    "long": (enforced_long, -(2**31), 2**31 - 1),
    "unsigned long": (enforced_unsigned_long, 0, 2**32 - 1),
    "long long": (enforced_long_long, -MAX_SAFE_INTEGER, MAX_SAFE_INTEGER),
    "unsigned long long": (enforced_unsigned_long_long, 0, MAX_SAFE_INTEGER),
}
WRAPPING: dict[str, tuple[Converter[int], Callable[[int], int]]] = {
    "long long": (long_long, lambda number: ctypes.c_int64(number).value),
    "unsigned long long": (unsigned_long_long, lambda number: ctypes.c_uint64(number).value),
    "unsigned short": (unsigned_short, lambda number: ctypes.c_uint16(number).value),
}
NUMBERS: list[Converter[Any]] = [
    *(converter for converter, _, _ in ENFORCED.values()),
    *(converter for converter, _ in WRAPPING.values()),
    double,
    unrestricted_double,
    single_float,
]
FLOATS: list[Converter[float]] = [double, unrestricted_double, single_float]

enforced = pytest.mark.parametrize(("convert", "lower", "upper"), ENFORCED.values(), ids=list(ENFORCED))
wrapping = pytest.mark.parametrize(("convert", "wrap"), WRAPPING.values(), ids=list(WRAPPING))


@enforced
def test_enforce_range_accepts_its_bounds_and_nothing_beyond(convert: Converter[int], lower: int, upper: int) -> None:
    assert convert(lower, "x") == lower
    assert convert(upper, "x") == upper
    for beyond in (lower - 1, upper + 1, -(2**64), 2**64, 10**400):
        with pytest.raises(TypeError, match=r"^x is outside the range of "):
            convert(beyond, "x")


@enforced
def test_enforce_range_truncates_before_it_looks_at_the_range(convert: Converter[int], lower: int, upper: int) -> None:
    assert convert(7.999, "x") == 7
    assert type(convert(7.0, "x")) is int
    assert convert(-0.999, "x") == 0
    assert convert(0.999, "x") == 0
    assert convert(Fraction(-999, 1000), "x") == 0
    if lower == 0:
        with pytest.raises(TypeError, match=r"outside the range"):
            convert(-1.0, "x")
    else:
        assert convert(-1.999, "x") == -1


@enforced
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan"), Decimal("Infinity")])
def test_enforce_range_refuses_what_is_not_finite(
    convert: Converter[int], lower: int, upper: int, value: object
) -> None:
    with pytest.raises(TypeError, match=r"^x is not finite"):
        convert(value, "x")


@enforced
@given(number=st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_enforce_range_is_truncation_within_the_range(
    convert: Converter[int], lower: int, upper: int, number: float
) -> None:
    expected = math.trunc(number)
    if lower <= expected <= upper:
        assert convert(number, "x") == expected
    else:
        with pytest.raises(TypeError, match=r"outside the range"):
            convert(number, "x")


@wrapping
@given(number=st.integers())
def test_integers_wrap_around(convert: Converter[int], wrap: Callable[[int], int], number: int) -> None:
    assert convert(number, "x") == wrap(number)


@wrapping
@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_floats_are_truncated_and_wrap_around(
    convert: Converter[int], wrap: Callable[[int], int], number: float
) -> None:
    assert convert(number, "x") == wrap(math.trunc(number))


@wrapping
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_wraps_to_zero(convert: Converter[int], wrap: object, value: float) -> None:
    assert convert(value, "x") == 0


def test_the_bounds_of_wrapping() -> None:
    assert long_long(2**63 - 1, "x") == 2**63 - 1
    assert long_long(2**63, "x") == -(2**63)
    assert long_long(-(2**63) - 1, "x") == 2**63 - 1
    assert unsigned_long_long(2**64, "x") == 0
    assert unsigned_long_long(-1, "x") == 2**64 - 1
    assert unsigned_short(65536, "x") == 0
    assert unsigned_short(-1, "x") == 65535


@pytest.mark.parametrize("convert", NUMBERS)
@pytest.mark.parametrize(
    "value",
    [
        "1",
        "",
        b"1",
        None,
        [],
        [1],
        {},
        pytest.param(object(), id="object"),
        1j,
        np.array([1, 2]),
        np.datetime64("2020"),
        Decimal("sNaN"),
    ],
    ids=repr,
)
def test_what_is_not_a_number_is_refused(convert: Converter[object], value: object) -> None:
    with pytest.raises(TypeError):
        convert(value, "x")


class Five(enum.IntEnum):
    FIVE = 5


@pytest.mark.parametrize("convert", NUMBERS)
@pytest.mark.parametrize(
    "value",
    [
        *(kind(5) for kind in (np.uint8, np.int16, np.int64, np.uint64, np.float32, np.float64, np.float16)),
        np.array(5),
        Decimal(5),
        Fraction(5),
        Five.FIVE,
    ],
    ids=repr,
)
def test_numbers_of_other_types_become_pythons_own(convert: Converter[float], value: object) -> None:
    number = convert(value, "x")
    assert number == 5
    assert type(number) is (float if convert in FLOATS else int)


def test_integers_of_other_types_are_exact() -> None:
    assert unsigned_long_long(np.uint64(2**64 - 1), "x") == 2**64 - 1
    assert long_long(np.int64(-(2**63) + 1), "x") == -(2**63) + 1


@pytest.mark.parametrize("convert", NUMBERS)
@pytest.mark.parametrize(("value", "expected"), [(True, 1), (False, 0), (np.True_, 1), (np.False_, 0)])
def test_booleans_are_one_and_zero(convert: Converter[float], value: object, expected: int) -> None:
    number = convert(value, "x")
    assert number == expected
    assert type(number) is (float if convert in FLOATS else int)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**1023), 2**1023))
def test_doubles_are_the_nearest_float(value: float) -> None:
    assert double(value, "x") == float(value)
    assert unrestricted_double(value, "x") == float(value)
    assert math.copysign(1, double(-0.0, "x")) == -1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, -(10**400)])
def test_double_is_finite(value: float) -> None:
    with pytest.raises(TypeError, match=r"^x is not finite"):
        double(value, "x")


def test_unrestricted_double_need_not_be_finite() -> None:
    assert math.isnan(unrestricted_double(math.nan, "x"))
    assert unrestricted_double(math.inf, "x") == math.inf
    assert unrestricted_double(10**400, "x") == math.inf
    assert unrestricted_double(-(10**400), "x") == -math.inf


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_single_float_is_the_nearest_of_32_bits(value: float) -> None:
    with np.errstate(over="ignore"):
        expected = np.float32(value)
    if np.isfinite(expected):
        assert single_float(value, "x") == float(expected)
    else:
        with pytest.raises(TypeError, match=r"^x does not fit a 32-bit float"):
            single_float(value, "x")


def test_the_bounds_of_single_float() -> None:
    largest = (2 - 2**-23) * 2.0**127
    halfway_to_the_next = (2 - 2**-24) * 2.0**127
    assert single_float(largest, "x") == largest
    assert single_float(math.nextafter(halfway_to_the_next, 0), "x") == largest
    assert single_float(-largest, "x") == -largest
    assert single_float(0.1, "x") == 0.10000000149011612
    for beyond in (halfway_to_the_next, -halfway_to_the_next, 2.0**128, 10**400, math.nan, math.inf):
        with pytest.raises(TypeError):
            single_float(beyond, "x")
