"""The threads on which parallel queues run, shared by all queues of the process.

A thread is given jobs one after the other. Between jobs it rests; a thread that has rested for a while ends.
"""

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final, TypeAlias

Job: TypeAlias = Callable[[], None]

#: Seconds that a thread rests before it ends.
IDLE_SECONDS: Final = 1.0
#: Seconds that interpreter exit waits for running jobs to end, in all.
EXIT_SECONDS: Final = 10.0
#: The number of threads that can run at once.
_PROCESSORS: Final = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Thread(threading.Thread):
    """One native thread, and the jobs that it has been given."""

    def __init__(self, pool: "Pool") -> None:
        super().__init__(name="codecmodel parallel queue", daemon=True)
        self.pool = pool
        #: Jobs to run; None tells the thread to end.
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.has_ended = False

    def run(self) -> None:
        pool = self.pool
        pool.all.add(self)
        while (job := self._next_job()) is not None:
            job()
            # A thread at rest must not keep alive the queue that it has served.
            del job
            if pool.is_stopping:
                break
            pool.resting.append(self)
        pool.all.discard(self)

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

    def run(self, job: Job) -> bool:
        """Run ``job`` on a thread, soon. Returns False if the system has no thread for it.

        At interpreter exit no thread begins, so the job is run at once.
        """
        if self.is_stopping:
            job()
            return True
        while self.resting:
            try:
                thread = self.resting.pop()
            except IndexError:
                break
            thread.jobs.put(job)
            if not thread.has_ended:
                return True
        with suppress(RuntimeError, OSError, MemoryError):
            thread = _Thread(self)
            thread.jobs.put(job)
            thread.start()
            return True
        return False

    def stop(self) -> None:
        """Tell all threads to end after their current job, and wait for that, but no longer than EXIT_SECONDS."""
        self.is_stopping = True
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

    is_help_wanted = _PROCESSORS > 1
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
