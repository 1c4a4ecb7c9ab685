"""One timeline for recordings that were joined to one file, each with timestamps of its own."""

from dataclasses import dataclass
from typing import Final

#: µs by which a track may run ahead of its end, or fall behind it, within one recording.
LARGEST_GAP: Final = 10_000_000
_LARGEST_STEP_BACK: Final = 100_000
#: µs by which the tracks of a recording may begin apart.
_LARGEST_DISTANCE: Final = 1_000_000


@dataclass
class _Track:
    """The recording that a track has reached. Times in µs of the one timeline."""

    shift: int
    end: int


class Continuity:
    """Finds the places where a transport stream jumps to the timestamps of another recording.

    A recording begins where the longest track of the one before ends. All of its tracks are shifted by the same time.
    """

    def __init__(self) -> None:
        self._shifts: list[int] = [0]
        self._tracks: dict[int, _Track] = {}

    def shift_of(self, index: int, decoded_at: int, duration: int | None) -> int:
        """The time (µs) to add to the timestamps of the next chunk of the track ``index``.

        ``decoded_at`` is the timestamp of decoding that the container has, ``duration`` is that of the chunk, in µs.
        """
        track = self._tracks.get(index)
        if track is None:
            # The tracks of a recording may begin long after each other.
            track = self._tracks[index] = _Track(self._shifts[-1], decoded_at + self._shifts[-1])
        elif not -_LARGEST_STEP_BACK <= decoded_at + track.shift - track.end <= LARGEST_GAP:
            track.shift = self._shift_from(track, decoded_at)
        track.end = decoded_at + track.shift + (duration or 0)
        return track.shift

    def _shift_from(self, track: _Track, decoded_at: int) -> int:
        """The shift of the recording that the track jumps to. It may have been found with another track."""
        for shift in reversed(self._shifts):
            if shift != track.shift and abs(decoded_at + shift - track.end) <= _LARGEST_DISTANCE:
                return shift
        self._shifts.append(max(each.end for each in self._tracks.values()) - decoded_at)
        return self._shifts[-1]
