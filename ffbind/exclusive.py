"""Objects that one call at a time may use: FFmpeg's contexts are not made for two threads at once.

Calls that release the GIL, or come back to a Python file object, would otherwise let another call, or a close(), in.
"""

from __future__ import annotations

import threading
from typing import Self

from ffbind.errors import BusyError
from ffbind.ownership import Owner


class Turn:
    """A block of code that refuses to be entered while it is being executed. Raises BusyError."""

    __slots__ = ("enter", "leave")

    def __init__(self) -> None:
        lock = threading.Lock()
        #: enter(False) begins the block if it returns True, leave() ends it, for where a with statement costs too much.
        self.enter = lock.acquire
        self.leave = lock.release

    def __enter__(self) -> None:
        if not self.enter(False):
            raise busy()

    def __exit__(self, *_: object) -> None:
        self.leave()


def busy() -> BusyError:
    """The error for using what is in use."""
    return BusyError("in use by another thread, or by a call that has not returned")


class Exclusive(Owner):
    """An Owner whose operations, and close(), take turns: whoever comes while it is in use gets BusyError."""

    _turn: Turn

    # Not in __init__, because an object whose making failed is closed as well.
    def __new__(cls, *_: object, **__: object) -> Self:
        instance = super().__new__(cls)
        instance._turn = Turn()
        return instance

    def close(self) -> None:
        """Free the FFmpeg object; every later use raises ClosedError. Closing again does nothing. Raises BusyError."""
        with self._turn:
            super().close()
