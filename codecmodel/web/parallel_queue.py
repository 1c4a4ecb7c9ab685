"""HTML's parallel queue, on native threads.

HTML: https://html.spec.whatwg.org/multipage/infrastructure.html#parallel-queue. All queues of the process share its
threads. A queue takes a thread when it gets steps, and gives it back when it is empty, so an idle queue has no thread,
and only its owner keeps it alive. A thread that has had nothing to do for a while ends. At interpreter exit the threads
are told to end, and are waited for. A forked child has none of its parent's threads: there the parent's queues drop
their steps, and new queues get new threads.
"""

import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter, thread_time
from typing import Final, Protocol

from codecmodel.web import forks, threads
from codecmodel.web.gil_turns import begin_turn
from codecmodel.web.steps import LastingSteps, Steps, StepsAbandoned, put_back_if_lost, run_in_turn

#: Wake-ups are held until as many steps are done as are still waiting, but no longer than so many seconds.
SLICE_SECONDS: Final = 0.01
#: Seconds for which light steps may follow each other on the event loop's thread.
LIGHT_SLICE_SECONDS: Final = 0.001
#: Seconds of processor time after which steps on the event loop's thread have taken too long, and those for which the
#: queue uses threads then.
HEAVY_SECONDS: Final = 0.002
HEAVY_PERIOD: Final = 10.0


class ParallelQueue(Protocol):
    """HTML: parallel queue. Its steps run in parallel to the event loop, in order, and one at a time."""

    def enqueue(self, steps: Steps) -> None:
        """HTML: enqueue steps to a parallel queue. The steps raise no exception but StepsAbandoned."""


class BriefParallelQueue:
    """A parallel queue for steps that take less time than a thread takes to begin: it runs them at once, in enqueue().

    That is one of the orders that HTML allows for steps of the event loop and parallel steps.
    """

    def enqueue(self, steps: Steps) -> None:
        with suppress(StepsAbandoned):
            steps()


class WakeUps:
    """Wakes event loops for tasks that steps queue. Its methods are called on the thread that runs the steps.

    While steps follow each other, wake-ups are held. They are released while as many steps are waiting as have been
    done, so that a program which is woken can enqueue more steps before the queue is empty. This class is for steps
    that wake nothing, or for an event loop that holds no wake-ups.
    """

    def hold(self) -> None:
        """Hold the wake-ups that this thread causes from now on. Never raises."""

    def release(self) -> None:
        """Do the wake-ups that were held, and hold later ones. Never raises."""


_NO_WAKE_UPS: Final = WakeUps()


class ThreadParallelQueue:
    """A parallel queue on native threads.

    Any thread may enqueue steps. A queue without steps is not served. A thread that enqueues steps to a queue that is
    not served asks a thread to serve it. These rules make sure that steps neither wait for ever nor run at the same
    time:

    - A thread runs steps while it holds ``_serving``. A thread that is asked to serve a queue, and finds ``_serving``
      held by another, has nothing to do. So it does no harm to ask several threads, or to ask one in vain.
    - A thread that finds ``_serving`` held after it appended steps need not ask, because the thread that holds it looks
      for steps once more after it has released it.
    - ``_is_asked`` is true while a thread is on its way to ``_serving``. It only spares further requests. Every thread
      that comes clears it first, so it can't stay true without a thread that is yet to come.

    Threads of the pool are never interrupted. A KeyboardInterrupt in ``enqueue()`` may leave open whether a thread was
    asked; then ``enqueue()`` asks again.
    """

    def __init__(
        self,
        run_soon: Callable[[Steps], None],
        wake_ups: WakeUps = _NO_WAKE_UPS,
        begins: Callable[[], None] | None = None,
    ) -> None:
        """``run_soon`` runs steps on the event loop's thread, soon. It is used where the system has no more threads.

        ``begins`` is called when a thread begins to serve the queue, on the thread that has enqueued the steps.
        """
        self._begins = begins
        self._run_soon = run_soon
        self._wake_ups = wake_ups
        self._generation = forks.generation
        self._steps: deque[Steps] = deque()
        self._first_steps = run_in_turn(self._steps)
        self._serving = threading.Lock()
        self._is_asked = False

    def enqueue(self, steps: Steps) -> None:
        """HTML: enqueue steps to a parallel queue. At interpreter exit and in a forked child they are dropped."""
        try:
            self._steps.append(steps)
            if not self._serving.locked() and not self._is_asked:
                self._ask()
        except BaseException:
            self._ask()
            raise

    def has_more(self) -> bool:
        """Whether steps wait behind those that call this."""
        return bool(self._steps)

    def _ask(self) -> None:
        """Have a thread serve the queue, soon."""
        if self._generation != forks.generation:
            self._steps.clear()
            return
        self._is_asked = True
        if threads.run(self.serve):
            if self._begins is not None:
                self._begins()
            return
        self._is_asked = False
        try:
            # An interrupt may end one of the two before it has begun. It does no harm to run both.
            self._run_soon(self._run_first_steps)
            self._run_soon(self._run_first_steps)
        except StepsAbandoned:
            self._steps.clear()

    def serve(self) -> None:
        """Run all steps, or drop them at exit, unless another thread is doing so. Called on a thread of the pool."""
        self._is_asked = False
        while self._steps and self._serving.acquire(blocking=False):
            try:
                is_done = self._run_steps()
            finally:
                self._serving.release()
            if not is_done:
                # Other queues have waited longer for a thread.
                self._is_asked = True
                threads.run(self.serve)
                return

    def _run_steps(self) -> bool:
        """Run the steps. Returns False if there are still some, and a slice is over, and other queues wait."""
        queue = self._steps
        wake_ups = self._wake_ups
        if threads.is_exiting():
            queue.clear()
        wake_ups.hold()
        slice_start, steps_in_slice = perf_counter(), 0
        while queue:
            try:
                next(self._first_steps)
            except StepsAbandoned:
                queue.clear()
            except BaseException:
                # The steps have a fault. It is shown, and the other steps of the queue are run nevertheless.
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
            if threads.is_exiting():
                queue.clear()
            steps_in_slice += 1
            if steps_in_slice >= len(queue) or perf_counter() - slice_start >= SLICE_SECONDS:
                wake_ups.release()
                if queue and threads.are_awaited():
                    return False
                slice_start, steps_in_slice = perf_counter(), 0
        wake_ups.release()
        return True

    def _run_first_steps(self) -> None:
        """Run the first steps on the event loop's thread, and ask again if there are more."""
        try:
            # The statement is safe from interrupts, which acquire() and release() are not. It hardly ever waits.
            if self._steps and not self._serving.locked():
                with self._serving:
                    self._run_steps_here()
        except StepsAbandoned:
            self._steps.clear()
        finally:
            # A thread that holds the lock looks for steps once more after that.
            if self._steps and not self._serving.locked():
                self._ask()

    def _run_steps_here(self) -> None:
        """Run the first steps on the event loop's thread."""
        self._run_steps_for(0.0)

    def _run_steps_for(self, seconds: float) -> None:
        """Run the first steps, if there are any, and others for so many seconds."""
        queue, end = self._steps, perf_counter() + seconds
        while queue:
            steps = queue[0]
            try:
                next(self._first_steps)
            except (KeyboardInterrupt, SystemExit):
                put_back_if_lost(queue, steps)
                raise
            if perf_counter() >= end:
                return


class LightParallelQueue(ThreadParallelQueue):
    """A parallel queue for steps that keep the GIL and take microseconds, as a rule: less than a thread takes to wake.

    The event loop's thread runs them, in turns that are tasks. If steps take longer, threads run them for some time.
    They also do if the event loop does not run.
    """

    def __init__(
        self,
        run_soon: Callable[[Steps], None],
        wake_ups: WakeUps,
        begins: Callable[[], None],
        give_turn: Callable[["Turn"], bool],
    ) -> None:
        """``give_turn`` has the event loop's thread call a turn, soon. It returns False if the event loop rests."""
        super().__init__(run_soon, wake_ups, begins)
        self._give_turn = give_turn
        self._heavy_until = 0.0

    def _ask(self) -> None:
        if self._generation == forks.generation and perf_counter() >= self._heavy_until:
            self._is_asked = True
            if self._give_turn(Turn(self)):
                return
        super()._ask()

    def ask_thread(self) -> None:
        """Have a thread serve the queue, since the event loop is closed and drops the turn."""
        super()._ask()

    def run_slice(self) -> None:
        """Run steps for a while. Called on the event loop's thread."""
        self._is_asked = False
        self._run_first_steps()

    def waits(self) -> bool:
        """Whether there are steps, and no thread runs steps."""
        return bool(self._steps) and not self._serving.locked()

    def _run_steps_here(self) -> None:
        begin_turn()
        start, start_of_work = perf_counter(), thread_time()
        self._run_steps_for(LIGHT_SLICE_SECONDS)
        # Time in which the system ran other programs does not count.
        if perf_counter() > start + HEAVY_SECONDS and thread_time() > start_of_work + HEAVY_SECONDS:
            self._heavy_until = perf_counter() + HEAVY_PERIOD


class Turn(LastingSteps):
    """A turn of a light queue on the event loop's thread. If an interrupt ends it, it comes again while steps wait."""

    __slots__ = ("queue",)

    def __new__(cls, queue: LightParallelQueue) -> "Turn":
        """A turn of ``queue``."""
        turn = super().__new__(cls, queue.run_slice)
        turn.queue = queue
        return turn

    queue: LightParallelQueue

    def is_lost(self) -> bool:
        """Whether steps still wait for it."""
        return self.queue.waits()
