"""The GIL during short calls of native code, which keep it.

For speed: calls that take microseconds keep the GIL, and so never wait to get it back. Other threads get it between two
of the calls. To give it away costs as much as to decode a packet of audio, so that it is done rarely unless an event
loop is known to wait for it.
"""

import threading
from time import perf_counter, sleep
from typing import Final

#: Seconds that a thread keeps the GIL if it has woken an event loop meanwhile, which now waits for the GIL; and if not.
_SHORT_TURN: Final = 0.001
_LONG_TURN: Final = 0.005


class _Turn(threading.local):
    """The time for which the current thread has kept the GIL, whichever codecs it has worked for."""

    start = 0.0
    next_look = 0.0
    has_woken_a_loop = False


_turn: Final = _Turn()


def begin_turn() -> None:
    """The current thread has waited for something, so it has just got the GIL."""
    _turn.start = now = perf_counter()
    _turn.next_look = now + _SHORT_TURN
    _turn.has_woken_a_loop = False


def an_event_loop_was_woken() -> None:
    """The current thread has woken an event loop, which waits for the GIL from now on."""
    _turn.has_woken_a_loop = True


def give_way() -> None:
    """Release the GIL for a moment if it is time."""
    turn = _turn
    now = perf_counter()
    if now < turn.next_look:
        return
    if turn.has_woken_a_loop or now - turn.start >= _LONG_TURN:
        sleep(0)
        begin_turn()
    else:
        turn.next_look = now + _SHORT_TURN
