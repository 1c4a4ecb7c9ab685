"""Waking an asyncio loop from any thread.

A wake-up is a state and not an event: from ``wake()`` until ``rest()`` the loop calls a function once in each of its
turns. If an exception (KeyboardInterrupt above all) ends a call, that call is lost, and the next turn calls again.
"""

import asyncio
import ctypes
import os
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, Protocol

_READ_AT_ONCE: Final = 4096
#: Seconds after which TurnWakeUp looks whether an interrupt has ended its chain of turns.
_WATCH_SECONDS: Final = 0.05


class WakeUp(Protocol):
    """The state that has a loop call a function in each turn."""

    @property
    def number_of_callbacks(self) -> int:
        """The number of the wake-up's callbacks among those that are ready when the function is called."""

    def wake(self) -> None:
        """Have the loop call the function in each turn. May be called on any thread, and again. Never blocks.

        Raises RuntimeError if the loop is closed, though not every implementation finds that out.
        """

    def rest(self) -> None:
        """Have the loop call the function no more, until the next ``wake()``. Called on the loop's thread."""


def new_wake_up(loop: asyncio.AbstractEventLoop, function: Callable[[], None], closed: Callable[[], None]) -> WakeUp:
    """A wake-up that has ``loop`` call ``function``. Must be made on the loop's thread.

    ``closed`` is called when the loop is closed, if the loop watches a pipe for the wake-up.
    """
    try:
        return PipeWakeUp(loop, function, closed)
    except (NotImplementedError, OSError, RuntimeError):
        # The loop can't watch a pipe, or is closed, or the process has no file descriptors left.
        return TurnWakeUp(loop, function)


def _find_write() -> Callable[[int, bytes, int], int] | None:
    """The C library's write(), which is called without releasing the GIL; None if there is no such function."""
    if os.name != "posix":
        return None
    try:
        write = ctypes.PyDLL(None).write
    except (OSError, AttributeError):
        return None
    write.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
    write.restype = ctypes.c_ssize_t
    return write


_write = _find_write()


class _Watcher:
    """The loop calls it when the pipe is readable. Only the loop refers to it, so it goes when the loop is closed."""

    __slots__ = ("_closed", "_function")

    _can_finish_again: Final = True

    def __init__(self, function: Callable[[], None], closed: Callable[[], None]) -> None:
        self._function = function
        self._closed = closed

    def call(self) -> None:
        self._function()

    def __del__(self) -> None:
        # An interrupt may have ended the constructor.
        if hasattr(self, "_closed"):
            self._closed()


class PipeWakeUp:
    """A wake-up by a pipe that the loop watches. The loop is awake as long as there is a byte in the pipe.

    For speed: a thread that calls ``call_soon_threadsafe`` writes to a socket and releases the GIL meanwhile. The loop
    wakes up and takes the GIL, and the thread waits for it, often for a millisecond and more. The write to this pipe
    keeps the GIL, so the thread goes on to its next long call, which releases the GIL anyway.
    """

    number_of_callbacks: Final = 0
    _can_finish_again: Final = True
    #: The descriptors that are open.
    _to_close: Iterator[int] = iter(())

    def __init__(
        self, loop: asyncio.AbstractEventLoop, function: Callable[[], None], closed: Callable[[], None]
    ) -> None:
        """Raises NotImplementedError if the loop can't watch a pipe, RuntimeError if it is closed, OSError."""
        if _write is None:
            raise NotImplementedError
        self._write = _write
        self._reader, self._writer = descriptors = os.pipe()
        self._to_close = iter(descriptors)
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        loop.add_reader(self._reader, _Watcher(function, closed).call)

    def wake(self) -> None:
        # If the pipe is full, nothing is written, and the loop is awake already.
        self._write(self._writer, b"\0", 1)

    def rest(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._reader, _READ_AT_ONCE)

    def __del__(self) -> None:
        # The descriptors stay open at exit: a worker that is still at work would write to the number's next owner.
        if not sys.is_finalizing():
            # No interrupt comes between taking a number and closing it, because Python has no instruction in between.
            for _ in map(os.close, self._to_close):
                pass


class TurnWakeUp:
    """A wake-up by callbacks of the loop, each of which arranges for the next.

    An interrupt that comes before a callback has done so would end the chain. A timer, which runs as long as the loop
    is awake, begins the chain anew.
    """

    number_of_callbacks: Final = 1

    def __init__(self, loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
        # Neither this reference nor a handle, which would refer to the loop, may keep the loop alive.
        self._loop = weakref.ref(loop)
        self._function = function
        self._is_awake = False
        # The numbers of the chain of turns and of the timer that are in use. Older ones come to an end.
        self._chain = 0
        self._timer = 0

    def wake(self) -> None:
        loop = self._loop()
        if loop is None:
            raise RuntimeError("the event loop is gone")
        self._is_awake = True
        loop.call_soon_threadsafe(self._begin_turns)
        loop.call_soon_threadsafe(self._begin_to_watch)

    def rest(self) -> None:
        self._is_awake = False

    def _begin_turns(self) -> None:
        """Begin a chain of turns, which replaces the one before."""
        self._chain += 1
        self._arrange_for_a_turn(self._chain)

    def _arrange_for_a_turn(self, chain: int) -> None:
        loop = self._loop()
        if loop is not None and self._is_awake and chain == self._chain:
            loop.call_soon(self._turn, chain)

    def _turn(self, chain: int) -> None:
        self._arrange_for_a_turn(chain)
        if self._is_awake and chain == self._chain:
            self._function()

    def _begin_to_watch(self) -> None:
        """Begin with a timer, which replaces the one before."""
        self._timer += 1
        self._watch(self._timer)

    def _watch(self, timer: int) -> None:
        """Begin the chain of turns anew, now and after a while."""
        loop = self._loop()
        if loop is not None and self._is_awake and timer == self._timer:
            loop.call_later(_WATCH_SECONDS, self._watch, timer)
            self._begin_turns()
