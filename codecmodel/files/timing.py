"""Timestamps of a container as microseconds."""

from fractions import Fraction
from typing import Final, NamedTuple

from ffbind.named_tuples import new_named_tuple

_MICROSECONDS: Final = 1_000_000


def microseconds(ticks: int | Fraction, time_base: Fraction) -> int:
    """``ticks`` of ``time_base`` seconds in µs, computed exactly and rounded to nearest, halves away from zero."""
    return _rounded(ticks.numerator * time_base.numerator * _MICROSECONDS, ticks.denominator * time_base.denominator)


def _rounded(numerator: int, denominator: int) -> int:
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
        self._to_microseconds = _Line(time_base * _MICROSECONDS, Fraction(0))
        # For speed: the last duration in ticks and in µs. As a rule the next packet has the same duration.
        self._last_duration: tuple[int | Fraction, int | None] = 0, None
        #: Whether the timestamps of all packets so far can be decoding timestamps: their order tells nothing of the
        #: order of presentation.
        self.counts_decoding = True

    def shift(self, seconds: Fraction) -> None:
        """Add ``seconds`` to the timestamps of all packets that follow."""
        self._shift += seconds
        self._to_microseconds = _Line(self._time_base * _MICROSECONDS, self._shift * _MICROSECONDS)

    def rewind(self) -> None:
        """The packets that follow are those of the beginning again."""
        self._end = 0
        self.counts_decoding = True

    def ticks_at(self, timestamp: int) -> int:
        """The last tick at or before a ``timestamp`` in µs."""
        return (Fraction(timestamp, _MICROSECONDS) - self._shift) // self._time_base

    def timing(self, pts: int | None, dts: int | None, duration: int) -> ChunkTiming:
        """The timing of the next packet. All arguments are in ticks; a ``duration`` of 0 is unknown."""
        if pts is not None and pts != dts:
            self.counts_decoding = False
        start: int | Fraction | None = pts if pts is not None else dts
        ticks: int | Fraction = duration
        if start is None:
            start = self._end
            ticks = duration or self._frame_ticks
        self._end = start + (duration or self._frame_ticks)
        last_ticks, lasts = self._last_duration
        if ticks != last_ticks:
            lasts = microseconds(ticks, self._time_base) if ticks else None
            self._last_duration = ticks, lasts
        return new_named_tuple(ChunkTiming, (self._to_microseconds.rounded(start), lasts))


class _Line:
    """A linear function, ``slope * x + offset``, rounded to nearest, halves away from zero.

    For speed: integers with one denominator take a tenth of the time that fractions take.
    """

    def __init__(self, slope: Fraction, offset: Fraction) -> None:
        self._denominator = slope.denominator * offset.denominator
        self._factor = slope.numerator * offset.denominator
        self._summand = offset.numerator * slope.denominator

    def rounded(self, x: int | Fraction) -> int:
        if type(x) is int:
            numerator, denominator = x * self._factor + self._summand, self._denominator
        else:
            numerator = x.numerator * self._factor + self._summand * x.denominator
            denominator = self._denominator * x.denominator
        return _rounded(numerator, denominator)
