"""Timestamps in microseconds become ticks that a container can hold exactly."""

from fractions import Fraction

import pytest

from codecmodel.files.ticks import AudioTicks, DecodingClock, VideoTicks

NTSC = Fraction(1000, 1001)


@pytest.mark.parametrize(
    ("rate", "ticks"),
    [(Fraction(25), 12_800), (Fraction(60), 15_360), (30 * NTSC, 30_000), (24 * NTSC, 24_000), (60 * NTSC, 60_000)],
)
@pytest.mark.parametrize("resolution", [1, 1000])
def test_a_constant_rate_is_exact(rate: Fraction, ticks: int, resolution: int) -> None:
    track = VideoTicks(rate, Fraction(1, 1000) if resolution == 1000 else None, None)
    assert track.time_base == Fraction(1, ticks)
    timestamps = [round(number * 1_000_000 / rate / resolution) * resolution for number in range(1000)]
    found = [track.at(timestamp) for timestamp in timestamps]
    assert found == [number * track.step for number in range(1000)]
    assert track.step == ticks / rate


def test_the_first_duration_implies_the_rate() -> None:
    assert VideoTicks(None, None, 33_366).time_base == Fraction(1, 30_000)
    assert VideoTicks(None, None, 40_000).time_base == Fraction(1, 12_800)
    assert VideoTicks(None, None, 33_000).time_base == Fraction(1, 90_000)
    assert VideoTicks(None, None, None).time_base == Fraction(1, 90_000)


def test_other_timestamps_keep_the_unit_of_the_source() -> None:
    track = VideoTicks(Fraction(2990, 100), Fraction(1, 90_000), None)
    assert track.time_base == Fraction(1, 90_000)
    assert [track.at(round(tick * 100 / 9)) for tick in (0, 3001, 7777)] == [0, 3001, 7777]
    assert VideoTicks(None, Fraction(1, 1_000_000), None).time_base == Fraction(1, 90_000)


def test_a_frame_that_is_off_the_rate_keeps_its_place() -> None:
    track = VideoTicks(Fraction(25), None, None)
    assert [track.at(timestamp) for timestamp in (0, 40_000, 90_000, 120_000)] == [0, 512, 1152, 1536]


def test_a_rate_that_the_clock_cannot_tell_changes_nothing() -> None:
    track = VideoTicks(Fraction(1000), Fraction(1, 1000), None)
    assert [track.at(timestamp) for timestamp in (0, 1000, 1400, 3000)] == [0, 16, 22, 48]


def test_chunks_of_sound_follow_each_other_in_spite_of_rounding() -> None:
    track = AudioTicks(44_100)
    # As Matroska stores them, with a pause after the third.
    times = [0, 23_000, 46_000, 70_000 + 500_000]
    assert [track.at(Fraction(time), 1024) for time in times] == [0, 1024, 2048, 25_137]
    assert [track.samples(duration) for duration in (23_219, 23_220, None)] == [1024, 1024, 0]


def test_timestamps_of_decoding_rise_and_never_come_after_those_of_presentation() -> None:
    # I P B B P B B, two reordered.
    presented = [0, 120, 40, 80, 240, 160, 200, 360, 280, 320]
    clock = DecodingClock(1, 40)
    decoded = [clock.next(timestamp) for timestamp in presented]
    assert decoded == [-40, 0, 40, 80, 120, 160, 200, 240, 280, 320]
    assert all(dts <= pts for dts, pts in zip(decoded, presented, strict=True))
    in_order = DecodingClock(0, 40)
    assert [in_order.next(timestamp) for timestamp in (0, 40, 80)] == [0, 40, 80]
