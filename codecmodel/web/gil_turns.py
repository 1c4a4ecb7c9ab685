"""The GIL during short calls of native code, which keep it."""

import threading
from time import perf_counter, sleep
from typing import Final

#: Seconds that a thread keeps the GIL if it has woken an event loop meanwhile, which now waits for the GIL; and if not.
_SHORT_TURN: Final = 0.001
_LONG_TURN: Final = 0.005


class _Waiting(threading.local):
    """Whether the current thread has woken an event loop since it last gave way."""

    has_woken_a_loop = False


_waiting: Final = _Waiting()


def an_event_loop_was_woken() -> None:
    """The current thread has woken an event loop, which waits for the GIL from now on."""
    _waiting.has_woken_a_loop = True


class GilTurns:
    """For speed: calls that take microseconds keep the GIL, and so never wait to get it back.

    Other threads get it between two of the calls. To give it away costs as much as to decode a packet of audio, so that
    it is done rarely unless an event loop is known to wait for it.
    """

    __slots__ = ("_next_look", "_start")

    def __init__(self) -> None:
        self._start = self._next_look = 0.0

    def give_way(self) -> None:
        """Release the GIL for a moment if it is time."""
        now = perf_counter()
        if now < self._next_look:
            return
        if _waiting.has_woken_a_loop or now - self._start >= _LONG_TURN:
            _waiting.has_woken_a_loop = False
            sleep(0)
            self._start = now = perf_counter()
        self._next_look = now + _SHORT_TURN
