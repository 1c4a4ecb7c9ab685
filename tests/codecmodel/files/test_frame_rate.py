"""The frame rate that is derived from timestamps."""

from fractions import Fraction

import pytest

from codecmodel.files.frame_rate import constant_frame_rate
from codecmodel.files.timing import microseconds


def _timestamps(rate: Fraction, count: int, *, unit: Fraction = Fraction(1, 1_000_000), start: int = 0) -> list[int]:
    """µs of ``count`` frames at ``rate``, kept by the container in multiples of ``unit`` seconds."""
    return [microseconds(round((start + index) / rate / unit), unit) for index in range(count)]


@pytest.mark.parametrize("rate", ["24", "25", "30", "60", "10", "1", "1/2", "24000/1001", "30000/1001", "60000/1001"])
@pytest.mark.parametrize("count", [2, 3, 1000])
def test_usual_rates_are_found_behind_microseconds(rate: str, count: int) -> None:
    assert constant_frame_rate(_timestamps(Fraction(rate), count), None) == Fraction(rate)


@pytest.mark.parametrize("rate", ["90000/3001", "37/3", "1001/40"])
def test_unusual_rates_are_found_in_lowest_terms(rate: str) -> None:
    assert constant_frame_rate(_timestamps(Fraction(rate), 20_000), None) == Fraction(rate)


def test_the_order_and_the_start_of_timestamps_do_not_matter() -> None:
    timestamps = _timestamps(Fraction(25), 100, start=-7)
    assert constant_frame_rate(timestamps[::2] + timestamps[1::2], None) == 25


def test_a_clock_of_milliseconds_tells_ntsc_from_whole_rates_when_there_are_enough_frames() -> None:
    millisecond = Fraction(1, 1000)
    rate = Fraction(30000, 1001)
    assert constant_frame_rate(_timestamps(rate, 300, unit=millisecond), None, 1000) == rate
    assert constant_frame_rate(_timestamps(Fraction(30), 300, unit=millisecond), None, 1000) == 30
    # Ten frames fit both rates. The rate that the container states decides, if it states one.
    assert constant_frame_rate(_timestamps(rate, 10, unit=millisecond), None, 1000) == 30
    assert constant_frame_rate(_timestamps(rate, 10, unit=millisecond), None, 1000, rate) == rate


def test_a_hint_that_does_not_fit_is_not_believed() -> None:
    assert constant_frame_rate(_timestamps(Fraction(25), 100), None, 1, Fraction(30)) == 25


def test_a_variable_rate_is_none() -> None:
    timestamps = _timestamps(Fraction(25), 100)
    timestamps[50] += 3
    assert constant_frame_rate(timestamps, None) is None
    assert constant_frame_rate([0, 40_000, 120_000], 40_000) is None
    assert constant_frame_rate([0, 0, 0], None) is None


@pytest.mark.parametrize(
    ("duration", "rate"), [(40_000, 25), (33_367, Fraction(30000, 1001)), (41_708, Fraction(24000, 1001)), (33_333, 30)]
)
def test_a_single_frame_has_the_rate_of_its_duration(duration: int, rate: int | Fraction) -> None:
    assert constant_frame_rate([5], duration) == rate


def test_a_single_frame_without_duration_has_no_rate() -> None:
    assert constant_frame_rate([5], None) is None
    assert constant_frame_rate([], None) is None
