"""Objects that one call at a time may use: FFmpeg's contexts do not support two threads at once.

During a call that releases the GIL, or that calls a Python file object, another call or a close() could begin.
"""

from __future__ import annotations

import threading
from typing import Self

from ffbind.errors import BusyError
from ffbind.ownership import Owner


class Turn:
    """A block of code that only one call at a time may be in. Entering it during another call raises BusyError."""

    __slots__ = ("enter", "leave")

    def __init__(self) -> None:
        lock = threading.Lock()
        #: For speed, in place of a with statement: the block may begin if enter(False) returns True; leave() ends it.
        self.enter = lock.acquire
        self.leave = lock.release

    def __enter__(self) -> None:
        if not self.enter(False):
            raise busy()

    def __exit__(self, *_: object) -> None:
        self.leave()


def busy() -> BusyError:
    """The error for a call to an object that is in use."""
    return BusyError("in use by another thread, or by a call that has not returned")


class Exclusive(Owner):
    """An Owner that one call at a time may use. A call to it, or a close(), during another call raises BusyError."""

    _turn: Turn

    # Not in __init__, because close() is called for an object whose __init__ failed, too.
    def __new__(cls, *_: object, **__: object) -> Self:
        instance = super().__new__(cls)
        instance._turn = Turn()
        return instance

    def close(self) -> None:
        """Free the FFmpeg object; every later use raises ClosedError. Closing again does nothing. Raises BusyError."""
        with self._turn:
            super().close()
