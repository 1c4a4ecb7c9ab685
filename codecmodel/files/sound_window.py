"""The samples of a range of time."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

from codecmodel.files.sound_trimmer import part_of
from codecmodel.files.tracks import AudioTrack
from codecmodel.raw_media.audio_data import AudioData

_MICROSECONDS: Final = 1_000_000


class SoundWindow:
    """Takes the samples of a range of time, ``start`` and ``end`` in µs, out of AudioData.

    The samples are counted from time 0 on, at the rate of the AudioData. A sample belongs to the range if its time,
    rounded to µs, does. Where timestamps of a container are rounded more coarsely, AudioData overlap, or have gaps
    between them: the range begins in the first AudioData that ends after ``start``, and ends likewise.
    """

    def __init__(self, track: AudioTrack, start: int | None, end: int | None) -> None:
        self._track = track
        self._start = start
        self._end = end
        self._ends_with_track = False
        #: Whether all samples of the range have come.
        self.is_past = False

    def end_with_track(self) -> None:
        """Leave out samples after the length of the track, whose beginning the trimmer does not see."""
        self._ends_with_track = True

    def parts(self, sound: Iterable[AudioData]) -> Iterator[AudioData]:
        """The parts that belong to the range. ``sound`` is closed."""
        for data in sound:
            with data:
                rate, frames = round(data.sampleRate), data.numberOfFrames
                position = _position(data.timestamp, rate)
                begin, end = 0, frames
                if self._start is not None:
                    begin = _first_sample(self._start, rate) - position
                    if begin >= frames:
                        continue
                    self._start = None
                for last in self._ends(rate):
                    if position + frames > last:
                        end = min(end, last - position)
                        self.is_past = True
                begin = max(0, begin)
                if begin < end:
                    yield part_of(data, begin, end, data.timestamp)
            if self.is_past:
                return

    def _ends(self, rate: int) -> Iterator[int]:
        """The positions at which the range ends."""
        if self._end is not None:
            yield _first_sample(self._end, rate)
        track = self._track
        if self._ends_with_track and track.length is not None and track.first_timestamp is not None:
            seconds = Fraction(track.codec_delay + track.length, track.config["sampleRate"])
            yield _position(track.first_timestamp, rate) + round(seconds * rate)


def _position(timestamp: int, rate: int) -> int:
    """The number of the sample that is nearest to a time in µs."""
    return round(Fraction(timestamp * rate, _MICROSECONDS))


def _first_sample(time: int, rate: int) -> int:
    """The number of the first sample whose time, rounded to µs, is not before ``time``."""
    return -(-(2 * time - 1) * rate // (2 * _MICROSECONDS))
