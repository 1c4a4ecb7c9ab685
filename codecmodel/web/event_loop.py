"""HTML's event loop: task sources, tasks that run to completion, microtask checkpoints, on asyncio.

A promise is an ``asyncio.Future``; its reactions are callbacks of the asyncio loop and serve as microtasks.
Between two tasks every reaction that is ready runs, and then those which these caused, up to
``MAXIMUM_CHECKPOINT_TURNS`` generations deep. What asyncio does not let one see: a reaction cannot run *inside*
a task, so the checkpoint that HTML performs after each callback happens here at the end of the task that invoked
the callback; and a chain through more generations of asyncio tasks of the user's own than that bound may finish
after the next task has begun. A loop that hides which of its callbacks are ready (uvloop) is given that many turns
after every task, which is slower and just as correct.

A task runs in an empty context (``contextvars``), whoever queued it.
"""

import asyncio
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, ContextVar
from time import perf_counter
from typing import Final, Protocol, TypeAlias, TypeVar

from codecmodel.web.parallel_queue import BriefParallelQueue, ParallelQueue, StepsAbandoned, ThreadParallelQueue
from codecmodel.web.wake_up import WakeUp

T = TypeVar("T")

#: A promise of the web platform: awaitable, settled once, on its event loop.
Promise: TypeAlias = asyncio.Future[T]
Steps: TypeAlias = Callable[[], None]

#: Tasks run back to back for this long (seconds) before asyncio gets to look at timers and sockets.
TIME_SLICE: Final = 0.001
#: Generations of reactions one microtask checkpoint waits for.
MAXIMUM_CHECKPOINT_TURNS: Final = 16
#: Tasks a worker may queue before it must wake the loop.
MAXIMUM_UNANNOUNCED_TASKS: Final = 16


class TaskSource:
    """HTML: task source. Tasks of one source run in the order in which they were queued."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"TaskSource({self.name!r})"


class EventLoopClosed(StepsAbandoned):
    """The loop a task was queued on is closed; the task was dropped."""


class EventLoop(Protocol):
    """What the model needs of an event loop. One thread runs it; any thread may queue tasks on it."""

    def queue_task(self, source: TaskSource, steps: Steps) -> None:
        """HTML: queue a task. Raises EventLoopClosed if the loop will run no more tasks."""

    def new_promise(self) -> Promise[T]:
        """A new pending promise whose reactions are microtasks of this loop."""

    def prepare_to_run_script(self) -> None:
        """HTML: prepare to run script; called before each callback."""

    def clean_up_after_running_script(self) -> None:
        """HTML: clean up after running script; performs a microtask checkpoint if no script is left running."""

    def report_exception(self, exception: BaseException) -> None:
        """HTML: report the exception. Never raises."""

    def start_parallel_queue(self, *, brief: bool = False) -> ParallelQueue:
        """HTML: start a new parallel queue, whose steps may queue tasks on this loop.

        ``brief``: the steps take less than a millisecond and wait for nothing. The loop may run them where they are
        enqueued.
        """


def resolve(promise: Promise[T], value: T) -> None:
    """Resolve ``promise`` unless it is settled already (by an earlier step, or cancelled by its holder)."""
    if not promise.done():
        promise.set_result(value)


def reject(promise: Promise[T], reason: BaseException) -> None:
    """Reject ``promise`` unless it is settled already."""
    if not promise.done():
        promise.set_exception(reason)


def mark_as_handled(promise: Promise[T]) -> None:
    """Web IDL: mark as handled. That ``promise`` is rejected needs nobody's attention."""
    promise.add_done_callback(lambda settled: None if settled.cancelled() else settled.exception())


class _HeldWakeUps:
    """The loops that a thread which holds wake-ups has queued tasks on and not yet woken."""

    __slots__ = ("loops", "unannounced")

    def __init__(self) -> None:
        self.loops: list[AsyncioEventLoop] = []
        self.unannounced = 0

    def add(self, loop: "AsyncioEventLoop") -> None:
        if loop not in self.loops:
            self.loops.append(loop)
        self.unannounced += 1
        if self.unannounced >= MAXIMUM_UNANNOUNCED_TASKS:
            self.release()

    def release(self) -> None:
        loops = self.loops
        self.loops = []
        self.unannounced = 0
        for loop in loops:
            try:
                loop.wake()
            except EventLoopClosed:
                # Whoever queued tasks on it learns of it when queuing the next.
                continue


class _Worker(threading.local):
    held: _HeldWakeUps | None = None


_worker = _Worker()


def hold_wake_ups() -> None:
    """From now on tasks that this thread queues do not wake their loop until ``release_wake_ups()``."""
    if _worker.held is None:
        _worker.held = _HeldWakeUps()


def release_wake_ups() -> None:
    """Wake every loop that this thread has queued tasks on, once each. Holding goes on. Never raises."""
    held = _worker.held
    if held is not None and held.loops:
        held.release()


_brief_parallel_queue: Final = BriefParallelQueue()


class AsyncioEventLoop:
    """The event loop of a thread that runs asyncio. Get it with ``current_event_loop()``."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._tasks: deque[tuple[TaskSource, Steps]] = deque()
        # Held from when a wake-up is posted until the loop finds no more tasks: there is never more than one.
        self._awake = threading.Lock()
        self._checkpoint_turns = 0
        self._wake_up: WakeUp | None = None
        # RuntimeError: the loop is closed, and nobody wakes it.
        with suppress(NotImplementedError, RuntimeError):
            self._wake_up = WakeUp(loop, self._run_tasks, self._tasks.clear)

    def _open_loop(self) -> asyncio.AbstractEventLoop:
        loop = self._loop()
        if loop is None or loop.is_closed():
            self._tasks.clear()
            raise EventLoopClosed("the event loop is closed")
        return loop

    def queue_task(self, source: TaskSource, steps: Steps) -> None:
        # Looked at after the task is there: whoever closes the loop drops the tasks that came before.
        self._tasks.append((source, steps))
        loop = self._loop()
        if loop is None or loop.is_closed():
            self._open_loop()
        if self._awake.locked():
            # The loop looks for tasks once more after it has released the lock.
            return
        held = _worker.held
        if held is None:
            self.wake()
        else:
            held.add(self)

    def wake(self) -> None:
        """Have the loop run its tasks soon, with at most one wake-up however many threads ask.

        Raises EventLoopClosed.
        """
        if not self._tasks or not self._awake.acquire(blocking=False):
            return
        try:
            loop = self._open_loop()
            if asyncio._get_running_loop() is loop:
                loop.call_soon(self._run_tasks)
            elif self._wake_up is not None:
                self._wake_up.wake()
            else:
                loop.call_soon_threadsafe(self._run_tasks)
        except (EventLoopClosed, RuntimeError):
            # RuntimeError: it was closed between the check and the call.
            self._tasks.clear()
            raise EventLoopClosed("the event loop is closed") from None

    def _run_tasks(self) -> None:
        """Run tasks, each followed by its checkpoint, until there are none or the time slice is over."""
        loop = self._loop()
        assert loop is not None, "a loop runs its own callbacks"
        # asyncio's callbacks that are ready to run. It is not public, so a loop may lack it.
        ready: deque[object] | None = getattr(loop, "_ready", None)
        if (ready is None or ready) and self._checkpoint_turns < MAXIMUM_CHECKPOINT_TURNS:
            # The checkpoint after the last task, or the last script, goes on.
            self._checkpoint_turns += 1
            loop.call_soon(self._run_tasks)
            return
        self._checkpoint_turns = 0
        slice_end = perf_counter() + TIME_SLICE
        while True:
            try:
                _, steps = self._tasks.popleft()
            except IndexError:
                self._awake.release()
                if not self._tasks or not self._awake.acquire(blocking=False):
                    return
                # A task came in between, from somebody who may have seen the loop still awake.
                continue
            try:
                Context().run(steps)
            except (KeyboardInterrupt, SystemExit):
                # asyncio lets these end the program; if it runs the loop again, tasks go on.
                loop.call_soon(self._run_tasks)
                raise
            except BaseException as exception:
                self.report_exception(exception)
            # Without ready reactions the checkpoint is done, and the next task may follow at once.
            if ready is None or ready or perf_counter() > slice_end:
                loop.call_soon(self._run_tasks)
                return

    def new_promise(self) -> Promise[T]:
        return self._open_loop().create_future()

    def prepare_to_run_script(self) -> None:
        """Nothing depends on how deep scripts are nested here."""

    def clean_up_after_running_script(self) -> None:
        """The checkpoint happens when the running task ends (see the module's docstring)."""

    def report_exception(self, exception: BaseException) -> None:
        loop = self._loop()
        if loop is not None:
            loop.call_exception_handler(
                {"message": "Exception in a callback given to codecmodel", "exception": exception}
            )

    def start_parallel_queue(self, *, brief: bool = False) -> ParallelQueue:
        if brief:
            return _brief_parallel_queue
        return ThreadParallelQueue(hold_wake_ups, release_wake_ups)


#: By the ids of asyncio's, as long as these live. (A WeakKeyDictionary takes several times as long to look into.)
_asyncio_event_loops: dict[int, AsyncioEventLoop] = {}
_chosen: ContextVar[EventLoop | None] = ContextVar("codecmodel event loop", default=None)


def current_event_loop() -> EventLoop:
    """The event loop of the running code: one chosen with ``use_event_loop``, else that of running asyncio.

    Raises RuntimeError where there is neither.
    """
    chosen = _chosen.get()
    if chosen is not None:
        return chosen
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "WebCodecs objects that work asynchronously belong to an event loop: use them inside a coroutine, "
            "for instance under asyncio.run()"
        ) from None
    event_loop = _asyncio_event_loops.get(id(running))
    if event_loop is None or event_loop._loop() is not running:
        event_loop = _asyncio_event_loops[id(running)] = AsyncioEventLoop(running)
        weakref.finalize(running, _asyncio_event_loops.pop, id(running), None).atexit = False
    return event_loop


@contextmanager
def use_event_loop(event_loop: EventLoop) -> Iterator[None]:
    """Make ``event_loop`` the current one within the block, for hosts that bring their own."""
    token = _chosen.set(event_loop)
    try:
        yield
    finally:
        _chosen.reset(token)
