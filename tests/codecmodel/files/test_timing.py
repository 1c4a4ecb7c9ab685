"""Timestamps and durations of containers, in µs."""

from fractions import Fraction

import pytest

from codecmodel.files.timing import ChunkTiming, TrackClock, microseconds, tick_in_microseconds


@pytest.mark.parametrize(
    ("ticks", "time_base", "expected"),
    [
        (1, Fraction(1, 3), 333_333),
        (2, Fraction(1, 3), 666_667),
        (-1, Fraction(1, 3), -333_333),
        (-1024, Fraction(1, 48_000), -21_333),
        (1, Fraction(1, 2_000_000), 1),
        (-1, Fraction(1, 2_000_000), -1),
        (2**62, Fraction(1, 90_000), 51_240_955_760_304_310_044),
        (1001, Fraction(1, 24_000), 41_708),
    ],
)
def test_ticks_are_rounded_to_nearest_and_halves_away_from_zero(ticks: int, time_base: Fraction, expected: int) -> None:
    assert microseconds(ticks, time_base) == expected


def test_a_tick_is_rounded_up() -> None:
    assert tick_in_microseconds(Fraction(1, 1000)) == 1000
    assert tick_in_microseconds(Fraction(1, 90_000)) == 12
    assert tick_in_microseconds(Fraction(1, 14_112_000)) == 1


def test_presentation_timestamps_come_first() -> None:
    clock = TrackClock(Fraction(1, 1000), None)
    assert clock.timing(40, 0, 20) == ChunkTiming(40_000, 20_000)
    assert clock.timing(-7, 20, 0) == ChunkTiming(-7000, None)


def test_decoding_timestamps_serve_where_there_are_no_others() -> None:
    assert TrackClock(Fraction(1, 1000), None).timing(None, 60, 20) == ChunkTiming(60_000, 20_000)


def test_packets_without_timestamps_follow_each_other() -> None:
    clock = TrackClock(Fraction(1, 90_000), Fraction(30_000, 1001))
    # 3003 ticks a frame. The first packet states this; the frame rate gives it for the others.
    assert clock.timing(None, None, 3003) == ChunkTiming(0, 33_367)
    assert clock.timing(None, None, 0) == ChunkTiming(33_367, 33_367)
    assert clock.timing(None, None, 0) == ChunkTiming(66_733, 33_367)
    assert clock.timing(90_000, None, 0) == ChunkTiming(1_000_000, None)
    assert clock.timing(None, None, 0) == ChunkTiming(1_033_367, 33_367)


def test_time_stands_still_where_nothing_is_known() -> None:
    clock = TrackClock(Fraction(1, 1000), None)
    assert clock.timing(None, None, 0) == ChunkTiming(0, None)
    assert clock.timing(None, None, 0) == ChunkTiming(0, None)


def test_rounding_does_not_add_up() -> None:
    clock = TrackClock(Fraction(1, 3), None)
    timestamps = [clock.timing(None, None, 1).timestamp for _ in range(7)]
    assert timestamps == [0, 333_333, 666_667, 1_000_000, 1_333_333, 1_666_667, 2_000_000]
