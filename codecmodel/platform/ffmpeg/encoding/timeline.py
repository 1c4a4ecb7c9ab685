"""The times of frames for an encoder's control of the bit rate."""

from typing import Final

#: Microseconds between frames that count as such. A longer pause counts as this long, because bits that were not used
#: in a pause cannot all be used after it.
_SHORTEST: Final = 1_000
_LONGEST: Final = 1_000_000


class Timeline:
    """Places frames at times that increase, in microseconds.

    The distance of two frames is that of their timestamps. Timestamps that do not increase, or hardly, tell nothing.
    Then the distance is that of frames at the configuration's rate, ``usual`` microseconds.
    """

    def __init__(self, usual: int) -> None:
        self._usual = max(1, usual)
        self._timestamp: int | None = None
        self._place = 0

    def place(self, timestamp: int) -> int:
        """The place of the next frame. The first one is at 0."""
        if self._timestamp is not None:
            distance = timestamp - self._timestamp
            self._place += min(distance, _LONGEST) if distance >= _SHORTEST else self._usual
        self._timestamp = timestamp
        return self._place
