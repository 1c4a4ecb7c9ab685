"""The threads on which parallel queues run, shared by all queues of the process.

A thread is given jobs one after the other. Between jobs it rests; a thread that has rested for a while ends. There are
no more threads than a limit for the whole process. Beyond that, jobs wait for a thread, and are run in their order.
"""

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final, Literal, TypeAlias

from codecmodel.web.gil_turns import begin_turn

Job: TypeAlias = Callable[[], None]

#: Seconds that a thread rests before it ends.
IDLE_SECONDS: Final = 1.0
#: Seconds for which a job is new.
NEW_SECONDS: Final = 0.01
#: Seconds that interpreter exit waits for running jobs to end, in all.
EXIT_SECONDS: Final = 10.0
_limit: int | None = None


def usable_processors() -> int:
    """The number of processors that this process may run on: its affinity, where the system has that."""
    affinity = getattr(os, "sched_getaffinity", None)
    return (os.cpu_count() or 1) if affinity is None else len(affinity(0))


#: The number of threads that can run at once.
_PROCESSORS: Final = usable_processors()


def set_limit(limit: int | None) -> None:
    """Let the process have ``limit`` threads at most, from now on. None stands for the default."""
    global _limit
    _limit = limit


def limit() -> int:
    """The most threads. By default one more than there are processors, so that none idles when one thread waits."""
    return usable_processors() + 1 if _limit is None else _limit


class _Thread(threading.Thread):
    """One native thread, and the jobs that it has been given."""

    def __init__(self, pool: "Pool") -> None:
        super().__init__(name="codecmodel parallel queue", daemon=True)
        self.pool = pool
        #: The time at which it was given its job; None while it rests.
        self.given_at: float | None = monotonic()
        #: Jobs to run; None tells the thread to end.
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.has_ended = False

    def run(self) -> None:
        pool = self.pool
        pool.all.add(self)
        while (job := self._next_job()) is not None:
            begin_turn()
            job()
            # A thread at rest must not keep alive the queue that it has served.
            del job
            pool.work_off()
            if pool.is_stopping:
                break
            self.given_at = None
            pool.resting.append(self)
            pool.end_loans()
            # A job may have begun to wait before this thread could be seen to rest.
            if pool.waiting:
                pool.provide_thread()
        self.has_ended = True
        pool.all.discard(self)
        # A job may have begun to wait because this thread was one too many.
        if pool.waiting and not pool.is_stopping:
            pool.provide_thread()

    def _next_job(self) -> Job | None:
        """Wait for the next job. None if the thread has to end."""
        try:
            return self.jobs.get(timeout=IDLE_SECONDS)
        except Empty:
            pass
        try:
            self.pool.resting.remove(self)
        except ValueError:
            # This thread has been taken out for a job, which is about to come, unless an interrupt came first.
            try:
                return self.jobs.get(timeout=IDLE_SECONDS)
            except Empty:
                pass
        # A job that comes from now on is given to another thread, see Pool.run(). One may have come just now.
        self.has_ended = True
        try:
            return self.jobs.get_nowait()
        except Empty:
            return None


class Pool:
    """The threads of a process.

    A KeyboardInterrupt may end ``run()`` at any point. Then it is open whether the job will be run. In rare cases a job
    is run twice, so a job must have nothing to do the second time.
    """

    def __init__(self) -> None:
        self.is_stopping = False
        #: The threads that have begun to look for jobs.
        self.all: set[_Thread] = set()
        #: The threads that have nothing to do. A thread that is taken out is given a job.
        self.resting: deque[_Thread] = deque()
        #: Released when a thread comes to rest, each by the loop that has lent the interpreter and waits for that.
        self.loans: list[threading.Lock] = []
        #: The jobs for which there was no thread, the first one first.
        self.waiting: deque[Job] = deque()
        # The threads that have been started. A finalizer may run in the middle of starting one, and start another.
        self._started: list[_Thread] = []
        self._starting = threading.RLock()

    def run(self, job: Job) -> bool:
        """Run ``job`` on a thread, soon. Returns False if the system has no thread for it.

        At interpreter exit no thread begins, so the job is run at once.
        """
        if self.is_stopping:
            job()
            return True
        if self._give_to_resting(job):
            return True
        match self._start_thread(job):
            case "started":
                return True
            case "no threads" if not self._at_work():
                return False
        self.waiting.append(job)
        if self.provide_thread():
            return True
        with suppress(ValueError, IndexError):
            self.waiting.remove(job)
        return False

    def provide_thread(self) -> bool:
        """Have a thread take up the jobs that wait. Returns False if there is none, and the system has none either.

        A thread that rests, or ends, looks for waiting jobs after others can see that. So either it sees a job that was
        put into ``waiting`` before this is called, or this sees the thread.
        """
        if self._give_to_resting(self.work_off):
            return True
        # If there were enough threads, one of them may have ended since then. It has seen the job.
        return self._start_thread(self.work_off) != "no threads" or bool(self._at_work())

    def _give_to_resting(self, job: Job) -> bool:
        """Give ``job`` to a thread that rests. Returns False if there is none."""
        while self.resting:
            try:
                thread = self.resting.pop()
            except IndexError:
                break
            thread.given_at = monotonic()
            thread.jobs.put(job)
            if not thread.has_ended:
                return True
        return False

    def _start_thread(self, job: Job) -> Literal["started", "enough threads", "no threads"]:
        """Start a thread with ``job``, unless there are enough threads, or the system has none."""
        with self._starting:
            at_work = self._at_work()
            if len(at_work) >= limit():
                return "enough threads"
            with suppress(RuntimeError, OSError, MemoryError):
                thread = _Thread(self)
                thread.jobs.put(job)
                thread.start()
                # It may not have run its first line yet, in which it enters self.all.
                self._started = [*at_work, thread]
                return "started"
        return "no threads"

    def _at_work(self) -> "set[_Thread]":
        """The threads that have begun, or are about to, and will look for jobs again."""
        return {thread for thread in self.all.union(self._started) if thread.is_alive() and not thread.has_ended}

    def has_new_jobs(self) -> bool:
        """Whether a thread is at work on a job that it was given less than NEW_SECONDS ago."""
        earliest = monotonic() - NEW_SECONDS
        return any(thread.given_at is not None and thread.given_at > earliest for thread in self._at_work())

    def wait_for_new_jobs(self, seconds: float) -> bool:
        """Wait until no job is new, but no longer than so many seconds. Returns False if none was new."""
        if not self.has_new_jobs():
            return False
        end = monotonic() + min(seconds, NEW_SECONDS)
        loan = threading.Lock()
        loan.acquire()
        self.loans.append(loan)
        try:
            while (left := end - monotonic()) > 0 and self.has_new_jobs():
                loan.acquire(timeout=left)
        finally:
            self.loans.remove(loan)
        return True

    def end_loans(self) -> None:
        """Have those who wait for new jobs look for them again."""
        for loan in self.loans.copy():
            # Another thread may have released it.
            with suppress(RuntimeError):
                loan.release()

    def work_off(self) -> None:
        """Run the jobs that wait."""
        while self.waiting and not self.is_stopping:
            try:
                job = self.waiting.popleft()
            except IndexError:
                return
            job()

    def stop(self) -> None:
        """Tell all threads to end after their current job, and wait for that, but no longer than EXIT_SECONDS."""
        self.is_stopping = True
        while self.waiting:
            with suppress(IndexError):
                self.run(self.waiting.popleft())
        # Not all of them are in self.all: a thread that has started may not have run its first line yet.
        threads = [thread for thread in threading.enumerate() if isinstance(thread, _Thread) and thread.pool is self]
        for thread in threads:
            thread.jobs.put(None)
        deadline = monotonic() + EXIT_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - monotonic()))


_pool = Pool()


def run(job: Job) -> bool:
    """Run ``job`` on another thread, soon. Returns False if the system has no thread for it.

    At interpreter exit no thread begins, so the job is run at once.
    """
    return _pool.run(job)


def share(parts: Sequence[Job]) -> None:
    """Run jobs that may run at the same time: on this thread, and on another one if it finds any left to begin with.

    Returns when all have ended. If some have raised exceptions, one of these is raised then. A KeyboardInterrupt is
    raised then, too, because the other thread must not go on with its part after this function has returned.
    """
    left = deque(parts)
    failures: list[BaseException] = []
    # The other thread holds it while it takes part. This thread takes it for good when no part is left.
    taking_part = threading.RLock()

    def take_part() -> None:
        while left:
            try:
                part = left.popleft()
            except IndexError:
                return
            try:
                part()
            except BaseException as exception:
                failures.append(exception)

    def help_out() -> None:
        if taking_part.acquire(blocking=False):
            try:
                take_part()
            finally:
                taking_part.release()

    is_help_wanted = _PROCESSORS > 1 and _limit != 1
    while True:
        try:
            if is_help_wanted:
                is_help_wanted = False
                run(help_out)
            take_part()
            taking_part.acquire()
            break
        except KeyboardInterrupt as interrupt:
            failures.append(interrupt)
    if failures:
        raise failures[0]


def are_at_work() -> bool:
    """Whether a thread of the pool has a job."""
    return len(_pool.all) > len(_pool.resting)


def wait_for_new_jobs(seconds: float) -> bool:
    """Wait until no thread is at work on a job that is new, but no longer than so many seconds.

    Returns False if none was new.
    """
    return _pool.wait_for_new_jobs(seconds)


def are_awaited() -> bool:
    """Whether jobs wait for a thread."""
    return bool(_pool.waiting)


def is_exiting() -> bool:
    """Whether the interpreter is exiting. Jobs end as soon as they can then."""
    return _pool.is_stopping


def _stop() -> None:
    _pool.stop()


def _after_fork_in_child() -> None:
    global _pool
    _pool = Pool()


atexit.register(_stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
