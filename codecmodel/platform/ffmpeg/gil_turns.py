"""The GIL during short calls of FFmpeg."""

from time import perf_counter, sleep
from typing import Final

_TURN: Final = 0.001


class GilTurns:
    """For speed: calls that take microseconds keep the GIL, and so never wait to get it back.

    Other threads get it about once a millisecond, between two of the calls.
    """

    __slots__ = ("_end",)

    def __init__(self) -> None:
        self._end = 0.0

    def give_way(self) -> None:
        """Release the GIL for a moment if the last time is a millisecond ago."""
        if perf_counter() >= self._end:
            sleep(0)
            self._end = perf_counter() + _TURN
