"""The event loop of a realm: HTML's, with real microtask checkpoints.

Everything that happens in either language is part of a task. Python runs the tasks one after the other, and JavaScript
acts when they tell it to.
"""

import heapq
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final, Protocol, TypeVar

from codecmodel.codecs.processing_model import Epoch
from codecmodel.web.event_loop import EventLoopClosed, Promise, TaskSource
from codecmodel.web.parallel_queue import ParallelQueue, ThreadParallelQueue
from codecmodel.web.steps import Steps
from codecmodel.web.webidl import invoke_callback
from conformance.scripted.microtasks import MicrotaskQueue
from conformance.wpt.host.calls import Call, PutOffCalls
from conformance.wpt.host.promises import JsPromise

T = TypeVar("T")

#: Seconds without a task after which JavaScript gets a turn, by default. Only its finalizers need one.
IDLE_SECONDS: Final = 0.25
#: As long as Node is not at work, each turn comes after twice the time of the one before, up to so many seconds.
_LONGEST_IDLE_SECONDS: Final = 0.032

timer_task_source: Final = TaskSource("timer")
parallel_queue_task_source: Final = TaskSource("parallel queue")


class _CountedParallelQueue:
    """A parallel queue that tells when it gets steps, and when they are done."""

    def __init__(self, queue: ParallelQueue, count: Callable[[int], None]) -> None:
        self._queue = queue
        self._count = count

    def enqueue(self, steps: Steps) -> None:
        def counted_steps() -> None:
            try:
                steps()
            finally:
                self._count(-1)

        self._count(1)
        self._queue.enqueue(counted_steps)


class Checkpoint(Protocol):
    """Performs a microtask checkpoint."""

    def __call__(self, *, is_idle: bool) -> bool: ...


class RealmEventLoop:
    """An event loop in the sense of codecmodel's protocol. ``run()`` runs tasks on the thread that calls it. Any
    thread may queue tasks.

    ``checkpoint`` performs JavaScript's microtask checkpoint, in a turn of Node's event loop, and returns whether Node
    is at work on something that it will need further turns for. It gets one, which ``is_idle``, after ``idle_seconds``
    without a task. While Node is not at work, further ones come later and later. They are needed because
    it does not tell of all that it does in other threads.

    ``rest`` has Node do what it has left to do by itself, and returns whether anything may be left. It ends early after
    a script that asks Python for anything, because that may have queued a task.

    The ``calls`` of a task that outputs are made after the task, perhaps together with those of the next one.
    """

    def __init__(
        self,
        checkpoint: "Checkpoint",
        rest: Callable[[], bool],
        report: Callable[[BaseException], None],
        settled: Callable[[JsPromise[object]], None],
        calls: PutOffCalls,
        *,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._checkpoint = checkpoint
        self._rest = rest
        self._report = report
        self._settled = settled
        self._calls = calls
        self._idle_seconds = idle_seconds
        self._next_idle_seconds = idle_seconds
        self._parallel_steps = 0
        self._is_running_a_task = False
        self._others: list[Callable[[], bool]] = []
        self._node_is_at_work = False
        self._tasks: deque[Steps] = deque()
        self._changed = threading.Condition()
        self._scripts = 0
        self._performing_a_checkpoint = False
        self._closed = False
        #: While a task outputs whose calls are put off: the epoch of the outputs.
        self._epoch_to_put_off: Epoch | None = None
        self._timers: list[tuple[float, int]] = []
        self._timer_periods: dict[int, float | None] = {}
        self._next_timer = 1
        self._fire_timer: Callable[[int], None] | None = None
        self._microtasks = MicrotaskQueue(  # type: ignore[abstract]  # what it lacks raises NotImplementedError
            report, lambda: True
        )

    # The EventLoop protocol of codecmodel

    def queue_task(self, source: TaskSource, steps: Steps) -> None:
        with self._changed:
            if self._closed:
                raise EventLoopClosed("the realm is closed")
            self._tasks.append(steps)
            self._changed.notify()

    def require_open(self) -> None:
        if self._closed:
            raise EventLoopClosed("the realm is closed")

    def new_promise(self) -> Promise[T]:
        promise: JsPromise[T] = JsPromise(loop=self._microtasks)
        promise.settled = self._settled
        return promise

    def prepare_to_run_script(self) -> None:
        self._scripts += 1

    def clean_up_after_running_script(self) -> None:
        self._scripts -= 1
        if not self._scripts:
            self.perform_a_microtask_checkpoint()

    def checkpoint_follows(self) -> bool:
        """Whether the script that is about to run is the outermost, so that a checkpoint follows it."""
        return self._scripts == 1 and not self._performing_a_checkpoint

    def puts_off(self, call: Call) -> bool:
        """Whether a call in the running task is made after that task, and so returns nothing."""
        if self._epoch_to_put_off is None:
            return False
        self._calls.put_off(self._epoch_to_put_off, call)
        return True

    def report_exception(self, exception: BaseException) -> None:
        self._report(exception)

    def now(self) -> float:
        return monotonic()

    def start_parallel_queue(self, *, brief: bool = False, light: bool = False) -> ParallelQueue:
        return _CountedParallelQueue(ThreadParallelQueue(self._run_soon), self._count_parallel_steps)

    def _count_parallel_steps(self, change: int) -> None:
        with self._changed:
            self._parallel_steps += change

    def _run_soon(self, steps: Steps) -> None:
        """Run the steps of a parallel queue that has no thread."""
        self.queue_task(parallel_queue_task_source, steps)

    # The rest of HTML

    def perform_a_microtask_checkpoint(self, *, is_idle: bool = False) -> None:
        """Run the microtasks of JavaScript and the reactions to promises in Python. A microtask causes no checkpoint
        of its own.
        """
        if self._performing_a_checkpoint:
            return
        self._let_node_turn(lambda: self._checkpoint(is_idle=is_idle))

    def _let_node_turn(self, turn: Callable[[], bool]) -> None:
        """Run microtasks and whatever else ``turn`` has Node do. It returns whether Node is at work after that."""
        self._performing_a_checkpoint = True
        try:
            self._node_is_at_work = turn()
            self._microtasks.perform_a_checkpoint()
        finally:
            self._performing_a_checkpoint = False

    def rest(self, is_stopped: Callable[[], bool]) -> bool:
        """Let Node alone work until it causes work here, or is stopped. Returns whether nothing is left to do."""
        while not (is_stopped() or self._has_own_work()):
            self._let_node_turn(self._rest)
            if not self._node_is_at_work:
                return not self._has_own_work()
        return False

    def set_timer(self, fire: Callable[[int], None], milliseconds: float, repeat: bool) -> int:
        """Have a task call ``fire`` with the number of the timer when its time has come. Returns that number."""
        number = self._next_timer
        self._next_timer += 1
        self._fire_timer = fire
        self._timer_periods[number] = milliseconds if repeat else None
        heapq.heappush(self._timers, (monotonic() + milliseconds / 1000, number))
        return number

    def clear_timer(self, number: int) -> None:
        self._timer_periods.pop(number, None)

    def wait_for(self, is_at_work: Callable[[], bool]) -> None:
        """Have ``has_work()`` ask another one, that queues tasks here, whether it is at work."""
        self._others.append(is_at_work)

    def has_others(self) -> bool:
        """Whether any other one may queue tasks here."""
        return bool(self._others)

    def has_work(self) -> bool:
        """Whether there are tasks or timers, or one is running; or whether a codec is at work, or Node, or another one
        that queues tasks here. Any thread may ask.
        """
        # The others and Node come first, because they may queue a task before they have nothing left to do.
        return any(is_at_work() for is_at_work in self._others) or self._node_is_at_work or self._has_own_work()

    def _has_own_work(self) -> bool:
        """Whether there are tasks or timers, or one is running; or whether a codec is at work."""
        with self._changed:
            is_to_run = bool(self._tasks or self._timer_periods or self._calls)
            return is_to_run or self._is_running_a_task or self._parallel_steps > 0

    def close(self) -> None:
        """Run no more tasks. Queuing another one raises EventLoopClosed."""
        with self._changed:
            self._closed = True
            self._tasks.clear()

    def run(self, is_over: Callable[[], bool], deadline: float) -> bool:
        """Run tasks until ``is_over()``. Returns False if ``deadline`` (of the monotonic clock) came first."""
        while not is_over():
            if monotonic() > deadline:
                return False
            self._queue_due_timers()
            if self._calls and not self._puts_off_those_of_the_next_task():
                self._run_task(self._make_calls)
                continue
            steps = self._next_task(deadline)
            if steps is not None:
                self._epoch_to_put_off = self._calls.epoch_to_put_off(steps)
                self._run_task(steps)
        return True

    def stop_putting_off(self) -> None:
        """Have the running task put off no more calls. Those before are made now."""
        if self._epoch_to_put_off is not None:
            self._epoch_to_put_off = None
            while self._calls:
                self._make_calls()

    def _make_calls(self) -> None:
        invoke_callback(self, self._calls.make)

    def _puts_off_those_of_the_next_task(self) -> bool:
        with self._changed:
            return bool(self._tasks) and self._calls.epoch_to_put_off(self._tasks[0]) is not None

    def _run_task(self, steps: Steps) -> None:
        self._is_running_a_task = True
        try:
            steps()
        except Exception as exception:
            self._report(exception)
        self.perform_a_microtask_checkpoint()
        self._epoch_to_put_off = None
        self._is_running_a_task = False

    def _next_task(self, deadline: float) -> Steps | None:
        """The next task, or None if there is none before a timer is due. JavaScript has had an idle turn in that
        case.
        """
        with self._changed:
            until = min(deadline, self._timers[0][0] if self._timers else deadline)
            if not self._tasks and (seconds := min(until - monotonic(), self._next_idle_seconds)) > 0:
                self._changed.wait(seconds)
            if self._tasks:
                self._next_idle_seconds = self._idle_seconds
                self._is_running_a_task = True
                return self._tasks.popleft()
        if monotonic() < until:
            self.perform_a_microtask_checkpoint(is_idle=True)
            later = max(self._idle_seconds, min(2 * self._next_idle_seconds, _LONGEST_IDLE_SECONDS))
            self._next_idle_seconds = self._idle_seconds if self._node_is_at_work else later
        return None

    def _queue_due_timers(self) -> None:
        now = monotonic()
        while self._timers and self._timers[0][0] <= now:
            _, number = heapq.heappop(self._timers)
            if number in self._timer_periods:
                self.queue_task(timer_task_source, lambda number=number: self._timer_task(number))  # type: ignore[misc]

    def _timer_task(self, number: int) -> None:
        if number not in self._timer_periods or self._fire_timer is None:
            return
        period = self._timer_periods[number]
        if period is None:
            del self._timer_periods[number]
        else:
            heapq.heappush(self._timers, (monotonic() + period / 1000, number))
        self._fire_timer(number)
