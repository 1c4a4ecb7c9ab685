"""A container's timestamps as microseconds."""

from fractions import Fraction
from typing import Final, NamedTuple

_MICROSECONDS: Final = 1_000_000


def microseconds(ticks: int | Fraction, time_base: Fraction) -> int:
    """``ticks`` of ``time_base`` seconds in µs: exact, then rounded to nearest, halves away from zero."""
    numerator = ticks.numerator * time_base.numerator * _MICROSECONDS
    denominator = ticks.denominator * time_base.denominator
    rounded = (2 * abs(numerator) + denominator) // (2 * denominator)
    return rounded if numerator >= 0 else -rounded


def tick_in_microseconds(time_base: Fraction) -> int:
    """One tick in µs, rounded up: how far off the distance of two timestamps may be."""
    return -(-time_base.numerator * _MICROSECONDS // time_base.denominator)


class ChunkTiming(NamedTuple):
    """Timestamp and duration of a chunk in µs."""

    timestamp: int
    duration: int | None


class TrackClock:
    """Gives the packets of one track, in decoding order, their timestamps and durations in µs.

    A packet's timestamp is its presentation timestamp; where the container has none, its decoding timestamp; where it
    has neither (a raw stream), the time at which the packet before ends, and 0 for the first. Its duration is the
    container's; where that has none, packets without any timestamp last as long as the frame rate says, others have
    none. So a raw stream whose frames are reordered (Annex B with B-frames) counts its chunks in decoding order: only
    the bits of its frames would tell the order of presentation.
    """

    def __init__(self, time_base: Fraction, frame_rate: Fraction | None) -> None:
        self._time_base = time_base
        self._frame_ticks = 1 / (frame_rate * time_base) if frame_rate else Fraction(0)
        self._end: int | Fraction = 0

    def timing(self, pts: int | None, dts: int | None, duration: int) -> ChunkTiming:
        """The timing of the next packet; all in ticks of the time base, ``duration`` 0 if unknown."""
        time_base = self._time_base
        start: int | Fraction | None = pts if pts is not None else dts
        ticks: int | Fraction = duration
        if start is None:
            start = self._end
            ticks = duration or self._frame_ticks
        self._end = start + (duration or self._frame_ticks)
        return ChunkTiming(microseconds(start, time_base), microseconds(ticks, time_base) if ticks else None)
