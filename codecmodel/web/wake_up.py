"""Waking an asyncio loop from another thread without giving up the GIL.

``call_soon_threadsafe`` writes to a socket and lets the GIL go meanwhile. The loop, woken, takes it at once, and the
thread that woke it has to wait for it, on a machine whose cores are busy with codecs for a millisecond and more. A
write that keeps the GIL lets the thread go on to its next long call, which gives the GIL up anyway.
"""

import asyncio
import ctypes
import os
import weakref
from collections.abc import Callable
from contextlib import suppress

_READ_AT_ONCE = 4096


def _find_write() -> Callable[[int, bytes, int], int] | None:
    """The C library's write(), called with the GIL kept; None where there is none to be had."""
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


class _Reader:
    """What a loop has for the pipe it watches. Nobody else holds it, so it goes when the loop is closed."""

    __slots__ = ("__weakref__", "_callback", "_wake_up")

    def __init__(self, wake_up: "WakeUp", callback: Callable[[], None]) -> None:
        self._wake_up = wake_up
        self._callback = callback

    def read(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._wake_up._reader, _READ_AT_ONCE)
        self._callback()


class WakeUp:
    """Calls ``callback`` on the loop's thread some time after ``wake()``, once for any number of these.

    ``closed`` is called when the loop is closed, and not only once someone tries to use it after that.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None], closed: Callable[[], None]
    ) -> None:
        """Made on the loop's thread. Raises NotImplementedError where loops can't watch a pipe."""
        if _write is None:
            raise NotImplementedError
        self._write = _write
        self._reader, self._writer = os.pipe()
        # Not at exit: a worker still at work would write to whatever got the number next.
        weakref.finalize(self, _close, self._reader, self._writer).atexit = False
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        reader = _Reader(self, callback)
        weakref.finalize(reader, closed).atexit = False
        loop.add_reader(self._reader, reader.read)

    def wake(self) -> None:
        """May be called on any thread. Never blocks: a pipe that is full wakes the loop as well."""
        self._write(self._writer, b"\0", 1)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
