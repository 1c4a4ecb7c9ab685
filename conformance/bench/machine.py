"""Whether the machine was too busy with other programs for a measurement to tell much."""

import os
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter
from typing import Final

#: The share of the processors' time that other programs may use.
_TOLERATED: Final = 0.1
_STAT: Final = Path("/proc/stat")
#: The columns of a processor's line that count time in which it did no work: idle, iowait.
_IDLE: Final = (4, 5)
#: The columns with time that is not the processor's own, or counted elsewhere: guest, guest_nice.
_WORKING: Final = range(1, 9)


def processors() -> int:
    """The number of processors that this process may use."""
    return len(_allowed())


def _allowed() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


def _busy_seconds() -> float | None:
    """Seconds for which the processors that we may use have worked since the machine started, for any program."""
    try:
        lines = _STAT.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    names = {f"cpu{number}" for number in _allowed()}
    ticks = 0
    for line in lines:
        fields = line.split()
        if fields and fields[0] in names:
            ticks += sum(int(fields[column]) for column in _WORKING if column < len(fields) and column not in _IDLE)
    return ticks / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """CPU time of this process and of all of its children that have ended."""
    usages = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class Watch:
    """Watches other programs from the time at which it is made."""

    def __init__(self) -> None:
        self._busy, self._own, self._start = _busy_seconds(), _own_seconds(), perf_counter()

    @property
    def share_of_others(self) -> float:
        """The share of the processors' time, from 0 to 1, that other programs have used since then.

        Where the system does not tell, it is guessed from the load of the last minute.
        """
        busy = _busy_seconds()
        if busy is None or self._busy is None:
            return max(0.0, min(1.0, os.getloadavg()[0] / processors() - 1))
        others = busy - self._busy - (_own_seconds() - self._own)
        return max(0.0, min(1.0, others / ((perf_counter() - self._start) * processors())))


def is_too_much(share_of_others: float) -> bool:
    """Whether measurements tell little when other programs use that share of the processors."""
    return share_of_others > _TOLERATED
