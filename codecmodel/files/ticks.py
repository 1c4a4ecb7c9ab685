"""Timestamps in microseconds as ticks of a track in a container."""

from fractions import Fraction
from heapq import heappush, heappushpop
from typing import Final

from codecmodel.files.frame_rate import constant_frame_rate

_SECOND: Final = 1_000_000
#: Ticks a second of a track whose frame rate is unknown, as in MPEG's system layer.
_USUAL_TICKS: Final = 90_000
#: The fewest ticks a second that keep the timestamps of a variable frame rate.
_FEWEST_TICKS: Final = 10_000
#: More ticks a second make some readers ignore composition offsets after a pause of minutes.
_MOST_TICKS: Final = 200_000
#: Frames per second where nothing else says how long the last frame lasts.
_ASSUMED_FRAME_RATE: Final = Fraction(30)
#: 29.97 is 30000/1001, and so on.
_NTSC: Final = Fraction(1000, 1001)
#: Matroska has a frame's duration in nanoseconds, and FFmpeg keeps numerators and denominators small.
_RATE_TOLERANCE: Final = Fraction(1, 10_000)
#: Chunks of audio that are nearer to the end of the chunk before than this, in µs, follow it immediately.
_AUDIO_TOLERANCE: Final = 1000


class VideoTicks:
    """The ticks of a video track.

    ``frame_rate`` is the constant rate of the track if it has one. ``time_base`` is the unit, in seconds, that the
    timestamps were rounded to before they became microseconds, None if they were not. ``duration`` is that of the first
    chunk in µs.

    A tick is a whole fraction of a frame's duration, if the rate is known or ``duration`` implies it. A timestamp that
    the rate explains is exact then. Otherwise ``time_base`` is the tick.
    """

    def __init__(self, frame_rate: Fraction | None, time_base: Fraction | None, duration: int | None) -> None:
        rate = _usual_rate(frame_rate)
        if rate is None and time_base is None and duration:
            rate = _usual_rate(constant_frame_rate([0], duration))
        ticks = rate.numerator if rate else time_base.denominator if time_base else _USUAL_TICKS
        if ticks > _MOST_TICKS:
            rate, ticks = None, _USUAL_TICKS
        while ticks < _FEWEST_TICKS:
            ticks *= 2
        #: Seconds a tick.
        self.time_base = Fraction(1, ticks)
        self._ticks = ticks
        self._rate = rate
        # µs; where frames are closer than two units of the rounding, their timestamps cannot tell the rate.
        self._tolerance = Fraction(1 + (time_base * _SECOND if time_base else 0))
        if rate is not None and 2 * self._tolerance * rate >= _SECOND:
            self._tolerance = Fraction(1)
        #: Ticks from one frame to the next, where nothing else says it.
        self.step = round(ticks / (rate or frame_rate or _ASSUMED_FRAME_RATE))
        self._origin: int | None = None

    def at(self, timestamp: int) -> int:
        """The tick of a timestamp in µs. The first call's timestamp is where a constant rate begins."""
        if self._origin is None:
            self._origin = timestamp
        if self._rate is not None:
            # For speed: with whole numbers alone, as it is done for each frame.
            frames, seconds = self._rate.numerator, self._rate.denominator
            since = timestamp - self._origin
            number = _rounded_quotient(since * frames, seconds * _SECOND)
            error = abs(number * seconds * _SECOND - since * frames)
            if error * self._tolerance.denominator <= self._tolerance.numerator * frames:
                first = _rounded_quotient(self._origin * self._ticks, _SECOND)
                return first + _rounded_quotient(number * seconds * self._ticks, frames)
        return _rounded_quotient(timestamp * self._ticks, _SECOND)


def _rounded_quotient(dividend: int, divisor: int) -> int:
    """``round(Fraction(dividend, divisor))``, for a positive divisor: halves are rounded to an even number."""
    quotient, rest = divmod(dividend, divisor)
    return quotient + (2 * rest > divisor or (2 * rest == divisor and quotient & 1))


def _usual_rate(rate: Fraction | None) -> Fraction | None:
    """The whole number, perhaps times 1000/1001, that ``rate`` is or was rounded from; None if there is none."""
    for unit in (Fraction(1), _NTSC):
        usual = round((rate or 0) / unit) * unit
        if rate and usual and abs(usual - rate) <= rate * _RATE_TOLERANCE:
            return usual
    return None


class AudioTicks:
    """The ticks of an audio track, which are samples. Chunks that were rounded to µs or ms follow without gaps."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        #: Seconds a tick.
        self.time_base = Fraction(1, sample_rate)
        self._end: int | None = None

    def at(self, timestamp: Fraction, samples: int) -> int:
        """The tick of the next chunk, presented at ``timestamp`` µs, of ``samples`` samples; 0 if unknown."""
        tick = round(timestamp * self._rate / _SECOND)
        if self._end is not None and abs(tick - self._end) * _SECOND <= _AUDIO_TOLERANCE * self._rate:
            tick = self._end
        self._end = tick + samples if samples else None
        return tick

    def samples(self, duration: int | None) -> int:
        """A duration in µs as samples; 0 if unknown."""
        return round((duration or 0) * self._rate / _SECOND)


class DecodingClock:
    """The ticks at which chunks are to be decoded, for containers that store them.

    The smallest timestamp of presentation is due first, ``reordering`` chunks later than without reordering. Before the
    first timestamp there are as many more, ``step`` ticks apart.
    """

    def __init__(self, reordering: int, step: int) -> None:
        self._reordering = reordering
        self._step = step
        self._first: int | None = None
        self._count = 0
        self._seen: list[int] = []

    def next(self, presented_at: int) -> int:
        """The tick at which the next chunk, presented at the tick ``presented_at``, is to be decoded."""
        if self._first is None:
            self._first = presented_at
        count, self._count = self._count, self._count + 1
        if count < self._reordering:
            heappush(self._seen, presented_at)
            return self._first - (self._reordering - count) * self._step
        return heappushpop(self._seen, presented_at)
