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
callbacks are ready than there were strangers the last time. Callbacks that can be no reactions are not counted: timers,
and coroutines that gave way of their own accord, as ``asyncio.sleep(0)`` does.

Which callbacks are ready is known for asyncio's own loops and for uvloop's.
"""

import asyncio
import gc
import inspect
import weakref
from collections import deque
from collections.abc import Iterator
from typing import Final, Literal

#: The number of turns of the asyncio loop that one checkpoint waits for reactions.
MAXIMUM_CHECKPOINT_TURNS: Final = 16


def find_ready_callbacks(loop: asyncio.AbstractEventLoop) -> deque[object] | None:
    """The queue of the callbacks of ``loop`` that are ready to run, which may only be looked at. None if it is hidden.

    Must be called on the loop's thread.
    """
    # asyncio has no public name for it.
    ready = getattr(loop, "_ready", None)
    if isinstance(ready, deque):
        return ready
    # uvloop has no name for it in Python at all, but shows it to the garbage collector.
    queues = [referent for referent in gc.get_referents(loop) if isinstance(referent, deque)]
    if not queues or loop.is_closed():
        return None
    handle = loop.call_soon(_do_nothing)
    found = next((queue for queue in queues if queue and queue[-1] is handle), None)
    handle.cancel()
    return found


def _do_nothing() -> None:
    """A callback whose handle can be looked for."""


def _may_be_reaction(handle: object) -> bool:
    """Whether a ready callback may be a reaction to a promise, or be called by one."""
    return not isinstance(handle, asyncio.TimerHandle) and not any(map(_has_given_way, _tasks_stepped_by(handle)))


def _tasks_stepped_by(handle: object) -> Iterator[asyncio.Task[object]]:
    """The asyncio task that a ready callback goes on with, unless the task has awaited something."""
    # The loops that are known keep the callback and its arguments under different names, or under none.
    referents = gc.get_referents(handle)
    # The callback that goes on after a future has that future for its argument.
    if not any(isinstance(referent, tuple) and referent for referent in referents):
        for referent in referents:
            task = getattr(referent, "__self__", None)
            if isinstance(task, asyncio.Task):
                yield task


def _has_given_way(task: asyncio.Task[object]) -> bool:
    """Whether a task that is to go on has begun before."""
    coroutine = task.get_coro()
    return inspect.iscoroutine(coroutine) and inspect.getcoroutinestate(coroutine) != inspect.CORO_CREATED


class Checkpoint:
    """The microtask checkpoints of an event loop. The methods are called on the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, number_of_ours: int) -> None:
        """``number_of_ours`` is the number of ready callbacks that belong to the event loop itself."""
        self._ready = find_ready_callbacks(loop)
        self._marker: weakref.ref[asyncio.Handle] | None = None
        # The callbacks that may be reactions, at present and when the last checkpoint after a script was over.
        self._possible_reactions = self._strangers = number_of_ours
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
        if self._after == "a script":
            # A callback that has never rested is a stranger.
            self._strangers = self._possible_reactions
        self._after = None
        return True

    def may_be_ready(self) -> bool:
        """Whether any callback is ready. True if that is unknown."""
        return self._ready is None or bool(self._ready)

    def _has_reactions(self) -> bool:
        ready = self._ready
        if ready is None:
            # The ready callbacks are unknown, so a checkpoint always lasts for all of its turns.
            return True
        is_marker_last = self._is_marker_last(ready)
        if self._after == "a task":
            return bool(ready) and not is_marker_last
        marker = None if self._marker is None else self._marker()
        # It is a copy because other threads may add callbacks meanwhile.
        self._possible_reactions = sum(handle is not marker and _may_be_reaction(handle) for handle in ready.copy())
        return self._possible_reactions > self._strangers and not is_marker_last

    def _is_marker_last(self, ready: deque[object]) -> bool:
        return bool(ready) and self._marker is not None and ready[-1] is self._marker()

    def _put_marker(self, loop: asyncio.AbstractEventLoop) -> None:
        # A strong reference to the handle would keep the loop alive.
        self._marker = weakref.ref(loop.call_soon(self._pass_marker, loop))

    def _pass_marker(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._after == "a task":
            self._put_marker(loop)
