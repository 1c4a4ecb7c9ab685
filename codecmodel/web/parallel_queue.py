"""HTML's parallel queue, served by one native thread at a time.

Threads are shared: a queue takes one when it becomes non-empty and gives it back when it has run dry, so an idle
queue owns no thread and nothing but its owner keeps it alive. Threads without work end after a while; at
interpreter exit they are told to stop and are joined, with a bound. A forked child has none of its parent's
threads: it must make queues of its own.
"""

import atexit
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from time import monotonic, perf_counter
from typing import Final, Protocol, TypeAlias

Steps: TypeAlias = Callable[[], None]

#: Seconds a thread waits for more work, of any queue, before it ends.
IDLE_SECONDS: Final = 1.0
#: Announcements are gathered until as many steps are done as still wait, but no longer than so many seconds.
SLICE_SECONDS: Final = 0.01
#: How many threads can run at once.
_PROCESSORS: Final = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
#: Seconds that interpreter exit waits for running steps to end, in all.
EXIT_SECONDS: Final = 10.0


class StepsAbandoned(Exception):
    """Raised by steps whose event loop is gone. The queue drops what is left in it."""


class ParallelQueue(Protocol):
    """Steps enqueued run in parallel to the event loop, in order, one at a time."""

    def enqueue(self, steps: Steps) -> None:
        """HTML: enqueue steps to a parallel queue. They raise nothing but StepsAbandoned."""


class BriefParallelQueue:
    """A parallel queue for steps that take less time than a thread takes to begin: they run where they are enqueued.

    That is one of the orders in which steps of the event loop and parallel ones may happen.
    """

    def enqueue(self, steps: Steps) -> None:
        with suppress(StepsAbandoned):
            steps()


class ThreadParallelQueue:
    """A parallel queue on native threads.

    ``hold`` and ``release`` bracket what the steps announce to event loops: while steps follow each other,
    announcements are gathered, and released while there is still as much to do as was done, so that whoever hears them
    can add to it before the queue runs dry. They never raise.
    """

    def __init__(self, hold: Steps, release: Steps) -> None:
        self._steps: deque[Steps] = deque()
        self._lock = threading.Lock()
        self._being_served = False
        self._hold = hold
        self._release = release

    def enqueue(self, steps: Steps) -> None:
        """As ParallelQueue says. Raises RuntimeError, with nothing enqueued, if the system has no more threads."""
        self._steps.append(steps)
        if self._being_served:
            # The serving thread looks once more under the lock before it leaves, see serve().
            return
        if self._claim():
            served = False
            try:
                served = _threads.serve(self)
            finally:
                if not served:
                    self._steps.clear()
                    self._being_served = False

    def _claim(self) -> bool:
        """Whether the queue was not being served; from now on it is."""
        with self._lock:
            claimed = not self._being_served
            self._being_served = True
            return claimed

    def serve(self) -> None:
        """Run all steps there are, then leave. Called by one thread at a time."""
        queue = self._steps
        self._hold()
        slice_start, steps_in_slice = perf_counter(), 0
        while True:
            try:
                steps = queue.popleft()
            except IndexError:
                self._release()
                if self._leave():
                    return
                continue
            if _threads.stopping:
                queue.clear()
                continue
            try:
                steps()
            except StepsAbandoned:
                queue.clear()
            except BaseException:
                # A fault of ours. It is shown, and the queue goes on for the sake of its other steps.
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
            steps_in_slice += 1
            if steps_in_slice >= len(queue) or perf_counter() - slice_start >= SLICE_SECONDS:
                self._release()
                slice_start, steps_in_slice = perf_counter(), 0

    def _leave(self) -> bool:
        """Whether the queue is still empty, in which case the thread may go."""
        with self._lock:
            self._being_served = False
            if not self._steps:
                return True
            self._being_served = True
            return False


def share(steps: Sequence[Steps]) -> None:
    """Run steps that may run at once: on this thread, and on another as far as that finds any left to begin with.

    Returns when all have ended, or raises then what one of them raised.
    """
    left = deque(steps)
    ended: SimpleQueue[BaseException | None] = SimpleQueue()

    def take_part() -> None:
        while True:
            try:
                one = left.popleft()
            except IndexError:
                return
            try:
                one()
            except BaseException as exception:
                ended.put(exception)
            else:
                ended.put(None)

    if _PROCESSORS > 1:
        # RuntimeError: the system has no more threads.
        with suppress(RuntimeError):
            ThreadParallelQueue(_nothing, _nothing).enqueue(take_part)
    take_part()
    failure: BaseException | None = None
    count = 0
    while count < len(steps):
        try:
            outcome = ended.get()
            count += 1
        except KeyboardInterrupt as interrupt:
            # The other thread is still at it.
            outcome = interrupt
        failure = failure or outcome
    if failure is not None:
        raise failure


def _nothing() -> None:
    """There is nothing to announce."""


class _Thread:
    """One native thread that serves one queue after another."""

    __slots__ = ("queue", "ready", "thread")

    def __init__(self, queue: ThreadParallelQueue) -> None:
        self.queue: ThreadParallelQueue | None = queue
        # Locked while the thread rests; whoever gives it something to do unlocks it.
        self.ready = threading.Lock()
        self.ready.acquire()
        self.thread = threading.Thread(target=self._run, name="codecmodel parallel queue", daemon=True)

    def _run(self) -> None:
        while True:
            queue = self.queue
            if queue is None:
                return
            queue.serve()
            self.queue = queue = None
            if not _threads.rest(self):
                return


class _Threads:
    """The threads of this process: those at work, and those resting."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self.stopping = False
        self._lock = threading.Lock()
        self._all: set[_Thread] = set()
        self._resting: list[_Thread] = []

    def serve(self, queue: ThreadParallelQueue) -> bool:
        """Have a thread serve ``queue``. Returns False when the interpreter is exiting."""
        with self._lock:
            if self.stopping:
                return False
            if self._resting:
                thread = self._resting.pop()
                thread.queue = queue
                thread.ready.release()
                return True
            thread = _Thread(queue)
            self._all.add(thread)
        try:
            thread.thread.start()
        except RuntimeError:
            with self._lock:
                self._all.discard(thread)
            raise
        return True

    def rest(self, thread: _Thread) -> bool:
        """Wait for the next queue to serve. Returns False when the thread has to end."""
        with self._lock:
            if self.stopping:
                self._all.discard(thread)
                return False
            self._resting.append(thread)
        thread.ready.acquire(timeout=IDLE_SECONDS)
        with self._lock:
            if thread in self._resting:
                self._resting.remove(thread)
            elif thread.queue is not None:
                # If it was given the queue just after its waiting had ended, it has yet to take the lock.
                thread.ready.acquire(blocking=False)
                return True
            self._all.discard(thread)
            return False

    def stop(self) -> None:
        """Tell all threads to end after their current step, and wait for that, with a bound."""
        with self._lock:
            self.stopping = True
            threads = list(self._all)
            for thread in self._resting:
                thread.ready.release()
            self._resting.clear()
        deadline = monotonic() + EXIT_SECONDS
        for thread in threads:
            if thread.thread.ident is not None:
                thread.thread.join(max(0.0, deadline - monotonic()))

    def forget(self) -> None:
        """In a child after fork: the parent's threads do not exist here."""
        self._reset()


_threads = _Threads()
atexit.register(_threads.stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_threads.forget)
