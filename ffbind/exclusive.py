"""Objects that one call at a time may use: FFmpeg's contexts do not support two threads at once.

During a call that releases the GIL, or that calls a Python file object, another call or a close() could begin.
"""

from __future__ import annotations

import threading
from typing import Self

from ffbind.errors import BusyError
from ffbind.ownership import Owner


class Exclusive(Owner):
    """An Owner that one call at a time may use. A call to it, or a close(), during another call raises BusyError."""

    _lock: threading.Lock

    # Not in __init__, because close() is called for an object whose __init__ failed, too.
    def __new__(cls, *_: object, **__: object) -> Self:
        instance = super().__new__(cls)
        instance._lock = threading.Lock()
        return instance

    @property
    def _turn(self) -> threading.Lock:
        """The lock for a block that only one call at a time may be in. Raises BusyError during another call.

        Only a with statement takes and gives back a lock so that no interrupt comes in between. It waits if a thread
        has taken the lock just now.
        """
        if self._lock.locked():
            raise BusyError("in use by another thread, or by a call that has not returned")
        return self._lock

    def close(self) -> None:
        """Free the FFmpeg object; every later use raises ClosedError. Closing again does nothing. Raises BusyError."""
        with self._turn:
            super().close()
