"""HTML's microtask checkpoint on asyncio. It tells reactions, which it has to wait for, from other ready callbacks.

After a task, reactions run as long as there are any: those that the task made ready, those that these made ready, and
so on. Other callbacks may be ready all the time, for instance those of a coroutine that never rests. A checkpoint must
not wait for such strangers. The asyncio loop runs callbacks in the order in which they became ready, so a marker tells
them apart. It stands behind the strangers, and in front of the callbacks that the task makes ready:

    strangers, marker, reactions

In the next turn the strangers run, and append callbacks. Then the marker runs, and puts itself at the
end. Then the reactions run, and append callbacks behind the marker. So the order is the same as before,
and the checkpoint is over when nothing is behind the marker.

A script (any callback of asyncio that is no task of ours) has no marker. After it the checkpoint lasts until no more
callbacks are ready than there were strangers the last time.
"""

import asyncio
import weakref
from collections import deque
from typing import Final, Literal

#: The number of turns of the asyncio loop that one checkpoint waits for reactions.
MAXIMUM_CHECKPOINT_TURNS: Final = 16


class Checkpoint:
    """The microtask checkpoints of an event loop. The methods are called on the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, number_of_ours: int) -> None:
        """``number_of_ours`` is the number of ready callbacks that belong to the event loop itself."""
        # The callbacks that are ready to run. The attribute is private, and some loops lack it.
        self._ready: deque[object] | None = getattr(loop, "_ready", None)
        self._marker: weakref.ref[asyncio.Handle] | None = None
        self._strangers = number_of_ours
        self._after: Literal["a script", "a task", None] = None
        self._turns = 0

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called before a task: callbacks that become ready from now on belong to its checkpoint."""
        if self._ready and not self._is_marker_last(self._ready):
            self._put_marker(loop)

    def is_over_after_task(self) -> bool:
        """Called after a task: whether it has made nothing ready, so that the next task may follow."""
        ready = self._ready
        if ready is not None and (not ready or self._is_marker_last(ready)):
            return True
        self._after = "a task"
        self._turns = 0
        return False

    def is_over(self) -> bool:
        """Called in each turn before the first task: whether all reactions to the last task or script have run."""
        if self._after is None:
            self._after = "a script"
            self._turns = 0
        if self._turns < MAXIMUM_CHECKPOINT_TURNS and self._has_reactions():
            self._turns += 1
            return False
        self._after = None
        if self._ready is not None:
            # A callback that has never rested is a stranger.
            self._strangers = len(self._ready) - self._is_marker_last(self._ready)
        return True

    def may_be_ready(self) -> bool:
        """Whether any callback is ready. True if that is unknown."""
        return self._ready is None or bool(self._ready)

    def _has_reactions(self) -> bool:
        ready = self._ready
        if ready is None:
            # The ready callbacks are unknown, so a checkpoint always lasts for all of its turns.
            return True
        if self._is_marker_last(ready):
            return False
        return bool(ready) if self._after == "a task" else len(ready) > self._strangers

    def _is_marker_last(self, ready: deque[object]) -> bool:
        return bool(ready) and self._marker is not None and ready[-1] is self._marker()

    def _put_marker(self, loop: asyncio.AbstractEventLoop) -> None:
        # A strong reference to the handle would keep the loop alive.
        self._marker = weakref.ref(loop.call_soon(self._pass_marker, loop))

    def _pass_marker(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._after == "a task":
            self._put_marker(loop)
