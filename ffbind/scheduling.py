"""The scheduling of threads, which a codec library must not change."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def kept_scheduling() -> Iterator[None]:
    """Leave this thread's scheduling as it was, and give that to threads that begin inside as real-time threads.

    SVT-AV1 gives the thread that opens it, and its own threads, the highest real-time priority if the process belongs
    to the superuser. They would keep all other threads and processes from running.
    """
    if sys.platform != "linux":
        yield
        return
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    before = _threads()
    try:
        yield
    finally:
        if os.sched_getscheduler(0) != policy:
            os.sched_setscheduler(0, policy, parameters)
        for thread in _threads() - before:
            # A thread may end in the meantime.
            with contextlib.suppress(ProcessLookupError):
                if os.sched_getscheduler(thread) in (os.SCHED_FIFO, os.SCHED_RR):
                    os.sched_setscheduler(thread, policy, parameters)


def _threads() -> set[int]:
    """The system's numbers of the threads of this process."""
    return {int(task.name) for task in Path("/proc/self/task").iterdir()}
