"""HTML's event loop on asyncio: task sources, tasks, microtask checkpoints, promises.

HTML: https://html.spec.whatwg.org/multipage/webappapis.html#event-loops. A task runs to completion, and a microtask
checkpoint follows. A promise is an ``asyncio.Future``; its reactions are callbacks of the asyncio loop, and serve as
microtasks. The checkpoint between two tasks runs every reaction that is ready, and then the reactions that these made
ready, through a bounded number of turns of the asyncio loop (see ``checkpoint``). asyncio sets two limits:

- A reaction can't run inside a task. HTML performs a checkpoint after each callback that a task invokes; here the
  checkpoint follows the task.
- A chain of more reactions than that bound may end after the next task has begun.

asyncio's own loops and uvloop's let a checkpoint see which callbacks are ready. Any other loop is given that many turns
after every task. That is slower, and correct.

Not in the spec: a task runs in an empty context (``contextvars``), so it does not depend on who queued it.
"""

import asyncio
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, ContextVar
from functools import partial
from time import perf_counter, sleep, thread_time
from typing import Final, Protocol, TypeAlias, TypeVar

from codecmodel.web import forks, threads
from codecmodel.web.checkpoint import Checkpoint
from codecmodel.web.finalizers import install_hook
from codecmodel.web.gil_turns import an_event_loop_was_woken
from codecmodel.web.parallel_queue import (
    BriefParallelQueue,
    LightParallelQueue,
    ParallelQueue,
    ThreadParallelQueue,
    Turn,
    WakeUps,
)
from codecmodel.web.steps import LastingSteps, Steps, StepsAbandoned, put_back_if_lost, run_in_turn
from codecmodel.web.wake_up import PipeWakeUp, new_wake_up

T = TypeVar("T")
OutcomeT = TypeVar("OutcomeT")

#: A promise of the web platform: it can be awaited, and is settled once, on its event loop.
Promise: TypeAlias = asyncio.Future[T]

#: Seconds for which tasks may follow each other before asyncio looks at timers and sockets again.
TIME_SLICE: Final = 0.001
#: Seconds from one loan of the interpreter to the next, if callbacks of the loop don't take longer.
LENDING_PERIOD: Final = 0.001
#: The part of its time for which a loop that never rests lends the interpreter, and the shortest and the longest loan
#: in seconds.
LENT_PART: Final = 0.1
SHORTEST_LOAN: Final = 0.00002
LONGEST_LOAN: Final = 0.001
#: The part of its time for which a loop that never rests has a processor at least. Others may keep it busy as well.
BUSY_PART: Final = 1 / 3
#: Seconds until a loop that was idle is looked at again.
IDLE_PERIOD: Final = 0.005
#: The number of tasks that a worker queues at most before it wakes the loop.
MAXIMUM_UNANNOUNCED_TASKS: Final = 16


class TaskSource:
    """HTML: task source. Tasks of one source run in the order in which they were queued."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"TaskSource({self.name!r})"


class EventLoopClosed(StepsAbandoned, RuntimeError):
    """The event loop is closed, and runs no more tasks. A task that was queued on it is dropped."""


class EventLoop(Protocol):
    """The event loop as the model uses it. One thread runs it. Any thread may queue tasks on it."""

    def queue_task(self, source: TaskSource, steps: Steps) -> None:
        """HTML: queue a task. Raises EventLoopClosed if the event loop is closed."""

    def require_open(self) -> None:
        """Not in the spec: raise EventLoopClosed if the event loop is closed, so that no task can run any more."""

    def new_promise(self) -> Promise[T]:
        """A new pending promise, whose reactions are microtasks of this event loop. Raises EventLoopClosed."""

    def prepare_to_run_script(self) -> None:
        """HTML: prepare to run script. Called before each callback."""

    def clean_up_after_running_script(self) -> None:
        """HTML: clean up after running script. Performs a microtask checkpoint if no script is left running."""

    def report_exception(self, exception: BaseException) -> None:
        """HTML: report the exception. Never raises."""

    def now(self) -> float:
        """Seconds of a monotonic clock. May be called on any thread."""

    def start_parallel_queue(self, *, brief: bool = False, light: bool = False) -> ParallelQueue:
        """HTML: start a new parallel queue. Its steps may queue tasks on this event loop.

        ``brief`` says that the steps take less than a millisecond, and wait for nothing. The event loop may run such
        steps at once when they are enqueued. ``light`` says that they keep the GIL and take microseconds, as a rule.
        The event loop's thread may run such steps between tasks.
        """


def resolve(promise: Promise[T], value: T) -> None:
    """Resolve ``promise``, unless it is settled: by an earlier step, or because its holder has cancelled it."""
    _settle(promise, promise.set_result, value)


def reject(promise: Promise[T], reason: BaseException) -> None:
    """Reject ``promise``, unless it is settled."""
    if isinstance(reason, StopIteration):
        # asyncio refuses a StopIteration, because it would end a coroutine that awaits the promise.
        cause, reason = reason, RuntimeError("StopIteration cannot be raised into a promise")
        reason.__cause__ = cause
    _settle(promise, promise.set_exception, reason)


def _settle(promise: Promise[T], settle: Callable[[OutcomeT], None], outcome: OutcomeT) -> None:
    """Settle ``promise``, even if an interrupt comes, and even if its event loop is closed and runs no reactions."""
    try:
        if not promise.done():
            settle(outcome)
    except KeyboardInterrupt:
        if not promise.done():
            settle(outcome)
        raise
    except RuntimeError:
        if not promise.get_loop().is_closed():
            raise


def settling(promise: Promise[T], steps: Steps) -> Steps:
    """``steps``, which settle ``promise``. They are run again, while it is pending, if an interrupt ends them.

    Nothing else would settle it.
    """
    return LastingSteps.until(lambda: not promise.done(), steps)


def mark_as_handled(promise: Promise[T]) -> None:
    """Web IDL: mark as handled. A rejection of ``promise`` is not logged, even if no program ever looks at it."""
    promise.add_done_callback(lambda settled: None if settled.cancelled() else settled.exception())


class _HeldWakeUps(threading.local, WakeUps):
    """The wake-ups that the current thread holds: the event loops that it has queued tasks on and has yet to wake."""

    def __init__(self) -> None:
        self.is_holding = False
        self._event_loops: list[AsyncioEventLoop] = []
        self._unannounced_tasks = 0

    def hold(self) -> None:
        self.is_holding = True

    def add(self, event_loop: "AsyncioEventLoop") -> None:
        """A task was queued on ``event_loop``, which is not awake."""
        if event_loop not in self._event_loops:
            self._event_loops.append(event_loop)
        self._unannounced_tasks += 1
        if self._unannounced_tasks >= MAXIMUM_UNANNOUNCED_TASKS:
            self.release()

    def release(self) -> None:
        event_loops = self._event_loops
        if not event_loops:
            return
        self._event_loops = []
        self._unannounced_tasks = 0
        an_event_loop_was_woken()
        for event_loop in event_loops:
            # A thread that queues a task learns that the event loop is closed when it queues the next.
            with suppress(EventLoopClosed):
                event_loop.wake()


_held_wake_ups: Final = _HeldWakeUps()
_brief_parallel_queue: Final = BriefParallelQueue()
#: The tasks that serve light parallel queues, and all of them where the system has no thread for these.
_parallel_queue_task_source: Final = TaskSource("parallel queue")


class AsyncioEventLoop:
    """The event loop of a thread that runs asyncio. ``current_event_loop()`` returns it.

    Tasks never get lost, and never wait for ever, by these rules. They hold for any thread that queues tasks, and for a
    KeyboardInterrupt at any point:

    - While ``_wake_up`` is awake, the asyncio loop calls ``_run_tasks()`` in each of its turns.
    - Whoever queues a task, and doesn't find ``_is_awake`` true after that, wakes it up.
    - ``_run_tasks()`` has the wake-up rest when it finds no task. After that it clears ``_is_awake``, and then it looks
      for tasks once more. So a task that was queued by a thread which found ``_is_awake`` true is seen.
    - ``_is_awake`` is set before the wake-up is awakened, and an exception in between doesn't prevent the latter.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        install_hook()
        # The callback is no Python function, so no interrupt ends it.
        self._loop = weakref.ref(loop, partial(_asyncio_event_loops.pop, id(loop)))
        self._generation = forks.generation
        self._tasks: deque[Steps] = deque()
        self._first_task = run_in_turn(self._tasks)
        self._is_awake = False
        #: Called when the asyncio loop is closed, if it watches a pipe for the wake-up.
        self.closing_callbacks: list[Callable[[], None]] = []
        self._wake_up = new_wake_up(loop, self._run_tasks, self._closed)
        self._hears_of_closing = isinstance(self._wake_up, PipeWakeUp)
        self._checkpoint = Checkpoint(loop, self._wake_up.number_of_callbacks)
        self._lends_until = 0.0
        self._lent_at = self._cpu_seconds = 0.0

    def _closed(self) -> None:
        """The asyncio loop was closed, so no task runs any more."""
        try:
            for callback in self.closing_callbacks:
                callback()
        finally:
            turns = [task for task in self._tasks if isinstance(task, Turn)]
            self._tasks.clear()
            for turn in turns:
                turn.queue.ask_thread()

    def _open_loop(self) -> asyncio.AbstractEventLoop:
        """The asyncio loop. Raises EventLoopClosed, with all tasks dropped, if it is closed or gone."""
        loop = self._loop()
        if loop is None or loop.is_closed():
            self._tasks.clear()
            raise EventLoopClosed("the event loop is closed")
        return loop

    def _loop_running_here(self) -> asyncio.AbstractEventLoop | None:
        """The asyncio loop if it runs, and on this thread."""
        loop = self._loop()
        return loop if loop is not None and asyncio._get_running_loop() is loop else None

    def queue_task(self, source: TaskSource, steps: Steps) -> None:
        try:
            # The task is queued before the loop is looked at, because closing the loop drops the tasks queued before.
            self._tasks.append(steps)
            loop = self._loop()
            if loop is None or loop.is_closed():
                self._open_loop()
            if self._is_awake:
                return
            if _held_wake_ups.is_holding:
                _held_wake_ups.add(self)
            else:
                self.wake()
        except EventLoopClosed:
            raise
        except BaseException:
            self._wake_up.wake()
            raise

    def wake(self) -> None:
        """Have the asyncio loop run the tasks, soon. May be called on any thread. Raises EventLoopClosed."""
        if not self._tasks:
            return
        try:
            self._open_loop()
            self._is_awake = True
            self._wake_up.wake()
        except EventLoopClosed:
            raise
        except BaseException as exception:
            try:
                # It may have been awakened already. Once more does no harm, and gets over an error that does not last.
                self._wake_up.wake()
            except RuntimeError:
                # The asyncio loop was closed meanwhile.
                self._tasks.clear()
                raise EventLoopClosed("the event loop is closed") from None
            if not isinstance(exception, Exception):
                raise

    def _rest(self) -> None:
        """Have the asyncio loop call ``_run_tasks()`` no more, unless a task was queued meanwhile."""
        try:
            self._wake_up.rest()
            self._is_awake = False
            if self._tasks:
                self.wake()
        except EventLoopClosed:
            raise
        except BaseException:
            self._wake_up.wake()
            raise

    def _run_tasks(self) -> None:
        """Run tasks, each followed by its microtask checkpoint, until there are none or the time slice is over.

        The asyncio loop calls this in each turn. In a turn that belongs to a checkpoint it does nothing.
        """
        loop = self._loop()
        assert loop is not None, "a loop runs its own callbacks"
        checkpoint = self._checkpoint
        if not checkpoint.is_over():
            return
        slice_end = perf_counter() + TIME_SLICE
        while self._tasks:
            checkpoint.begin(loop)
            task = self._tasks[0]
            try:
                Context().run(next, self._first_task)
            except (KeyboardInterrupt, SystemExit):
                # asyncio ends the program with these. If the program runs the loop again, the next turn goes on.
                put_back_if_lost(self._tasks, task)
                raise
            except BaseException as exception:
                self.report_exception(exception)
            if not checkpoint.is_over_after_task() or perf_counter() > slice_end:
                return
        self._rest()

    def require_open(self) -> None:
        # For speed: _open_loop() is called only where it raises.
        loop = self._loop()
        if loop is None or loop.is_closed():
            self._open_loop()

    def new_promise(self) -> Promise[T]:
        return self._open_loop().create_future()

    def prepare_to_run_script(self) -> None:
        """Do nothing: here a checkpoint follows a task, however deep scripts are nested in it."""

    def clean_up_after_running_script(self) -> None:
        """Do nothing: the checkpoint follows the running task."""

    def report_exception(self, exception: BaseException) -> None:
        loop = self._loop()
        if loop is not None:
            loop.call_exception_handler(
                {"message": "Exception in a callback given to codecmodel", "exception": exception}
            )

    now = staticmethod(perf_counter)

    def start_parallel_queue(self, *, brief: bool = False, light: bool = False) -> ParallelQueue:
        if brief:
            return _brief_parallel_queue
        if light and self._hears_of_closing:
            return LightParallelQueue(self._run_soon, _held_wake_ups, self._begin_to_lend, self._give_turn)
        return ThreadParallelQueue(self._run_soon, _held_wake_ups, self._begin_to_lend)

    def _begin_to_lend(self) -> None:
        """Lend the interpreter from time to time, as long as threads of the pool are at work.

        For speed: a loop that never rests gives up the GIL only for the instant of a look at its sockets. The instant
        wakes a thread that waits for the GIL, but it is over before the thread has taken it, and Python's patience, the
        switch interval, begins anew. So the thread would wait for ever.

        A thread has just been given a job. It needs the interpreter to begin, so the first loan comes at once.
        """
        loop = self._loop_running_here()
        if loop is None:
            return
        now = perf_counter()
        if now - self._lent_at >= LENDING_PERIOD:
            self._lend_unless_rested(now)
        # An interrupt may have ended the series of loans.
        if now > self._lends_until:
            self._lends_until = now + 20 * IDLE_PERIOD
            loop.call_later(LENDING_PERIOD, self._lend)

    def _lend(self) -> None:
        """Lend the interpreter, and arrange for the next time."""
        loop = self._loop()
        if loop is None or not threads.are_at_work():
            self._lends_until = 0.0
            return
        now = perf_counter()
        has_rested = self._lend_unless_rested(now)
        self._lends_until = now + 20 * IDLE_PERIOD
        loop.call_later(IDLE_PERIOD if has_rested else LENDING_PERIOD, self._lend)

    def _lend_unless_rested(self, now: float) -> bool:
        """Lend the interpreter, unless the loop has rested since the last time, or is about to rest.

        Returns whether it has rested, or is about to.
        """
        seconds, cpu_seconds = now - self._lent_at, thread_time() - self._cpu_seconds
        has_rested = cpu_seconds <= seconds * BUSY_PART or not self._checkpoint.may_be_ready()
        if not has_rested and not threads.wait_for_new_jobs(max(seconds, SHORTEST_LOAN)):
            sleep(min(max(seconds * LENT_PART, SHORTEST_LOAN), LONGEST_LOAN))
        # A loan is no rest: the thread that has taken the GIL may keep it for longer.
        self._lent_at, self._cpu_seconds = perf_counter(), thread_time()
        return has_rested

    def _run_soon(self, steps: Steps) -> None:
        """Run steps of a parallel queue in a task."""
        self.queue_task(_parallel_queue_task_source, steps)

    def _give_turn(self, turn: Turn) -> bool:
        """Run a turn of a light queue in a task. Returns False if the event loop does not run on this thread."""
        if self._loop_running_here() is None:
            return False
        self._run_soon(turn)
        return True


#: For speed: the event loops by the ids of their asyncio loops, as long as these live. A WeakKeyDictionary is several
#: times slower.
_asyncio_event_loops: dict[int, AsyncioEventLoop] = {}
_chosen: ContextVar[EventLoop | None] = ContextVar("codecmodel event loop", default=None)


def current_event_loop() -> EventLoop:
    """The event loop that was chosen with ``use_event_loop()``, or else that of the asyncio loop which is running.

    Raises RuntimeError if there is neither.
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
    if event_loop is None or event_loop._loop() is not running or event_loop._generation != forks.generation:
        event_loop = AsyncioEventLoop(running)
        _asyncio_event_loops[id(running)] = event_loop
    return event_loop


@contextmanager
def use_event_loop(event_loop: EventLoop) -> Iterator[None]:
    """Make ``event_loop`` the current one within the block. For hosts that have an event loop of their own."""
    token = _chosen.set(event_loop)
    try:
        yield
    finally:
        _chosen.reset(token)
