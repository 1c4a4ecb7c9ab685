"""Timestamps of a container as microseconds."""

from fractions import Fraction
from typing import Final, NamedTuple

_MICROSECONDS: Final = 1_000_000


def microseconds(ticks: int | Fraction, time_base: Fraction) -> int:
    """``ticks`` of ``time_base`` seconds in µs, computed exactly and rounded to nearest, halves away from zero."""
    numerator = ticks.numerator * time_base.numerator * _MICROSECONDS
    denominator = ticks.denominator * time_base.denominator
    rounded = (2 * abs(numerator) + denominator) // (2 * denominator)
    return rounded if numerator >= 0 else -rounded


def tick_in_microseconds(time_base: Fraction) -> int:
    """One tick in µs, rounded up. The distance of two timestamps may be wrong by this much."""
    return -(-time_base.numerator * _MICROSECONDS // time_base.denominator)


class ChunkTiming(NamedTuple):
    """Timestamp and duration of a chunk in µs."""

    timestamp: int
    duration: int | None


class TrackClock:
    """Gives the packets of one track, in decoding order, their timestamps and durations in µs.

    The timestamp of a packet is its presentation timestamp. If the container has none, it is the decoding timestamp. If
    the container has neither, as in a raw stream, it is the time at which the packet before ends, and 0 for the first
    packet.

    The duration of a packet is that of the container. If the container has none, a packet without any timestamp lasts
    as long as the frame rate says, and other packets have no duration.
    """

    def __init__(self, time_base: Fraction, frame_rate: Fraction | None) -> None:
        self._time_base = time_base
        self._frame_ticks = 1 / (frame_rate * time_base) if frame_rate else Fraction(0)
        self._end: int | Fraction = 0
        self._shift = Fraction(0)
        #: Whether the timestamps of all packets so far can be decoding timestamps: their order tells nothing of the
        #: order of presentation.
        self.counts_decoding = True

    def shift(self, seconds: Fraction) -> None:
        """Add ``seconds`` to the timestamps of all packets that follow."""
        self._shift += seconds / self._time_base

    def timing(self, pts: int | None, dts: int | None, duration: int) -> ChunkTiming:
        """The timing of the next packet. All arguments are in ticks; a ``duration`` of 0 is unknown."""
        time_base = self._time_base
        if pts is not None and pts != dts:
            self.counts_decoding = False
        start: int | Fraction | None = pts if pts is not None else dts
        ticks: int | Fraction = duration
        if start is None:
            start = self._end
            ticks = duration or self._frame_ticks
        self._end = start + (duration or self._frame_ticks)
        timestamp = microseconds(start + self._shift, time_base)
        return ChunkTiming(timestamp, microseconds(ticks, time_base) if ticks else None)
