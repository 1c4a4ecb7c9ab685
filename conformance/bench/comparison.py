"""Two programs that do the same work in turns: how their times compare, and how sure that is."""

import gc
import json
import os
from collections.abc import Callable, Mapping, Sequence
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple, TypeAlias

#: Does a turn's work, and returns its time.
Turn: TypeAlias = Callable[[], "Times"]


class Times(NamedTuple):
    """Seconds of CPU time and of wall time."""

    cpu: float
    wall: float


class Ratio(NamedTuple):
    """The ratio of two times in each round: the median, and the lowest and highest of all rounds."""

    median: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.lowest:.2f}–{self.highest:.2f})"


class Comparison(NamedTuple):
    """The median times of our turns and of the peer's, and the peer's time divided by ours: our speed over its."""

    ours: Times
    peer: Times
    cpu: Ratio
    wall: Ratio


def compare(ours: Turn, peer: Turn, rounds: int) -> Comparison:
    """Let both take ``rounds`` turns, after one that does not count. In every other round the peer comes first."""
    our_times: list[Times] = []
    peer_times: list[Times] = []
    for round in range(rounds + 1):
        turns = [(ours, our_times), (peer, peer_times)]
        for turn, times in turns[:: -1 if round % 2 else 1]:
            # Garbage of one turn is not for another turn to collect.
            gc.collect()
            elapsed = turn()
            if round:
                times.append(elapsed)
    return Comparison(
        Times(median(times.cpu for times in our_times), median(times.wall for times in our_times)),
        Times(median(times.cpu for times in peer_times), median(times.wall for times in peer_times)),
        ratio_of([theirs.cpu / own.cpu for own, theirs in zip(our_times, peer_times, strict=True)]),
        ratio_of([theirs.wall / own.wall for own, theirs in zip(our_times, peer_times, strict=True)]),
    )


def ratio_of(ratios: Sequence[float]) -> Ratio:
    """The median of ratios, and their spread."""
    return Ratio(median(ratios), min(ratios), max(ratios))


def timed_here(work: Callable[[], object]) -> Turn:
    """A turn that does the work in this process. The CPU time is that of all of its threads."""

    def turn() -> Times:
        before, start = process_time(), perf_counter()
        work()
        return Times(process_time() - before, perf_counter() - start)

    return turn


def timed_in_child(work: Callable[[], object]) -> Turn:
    """A turn that does the work in child processes, which it waits for."""

    def turn() -> Times:
        before, start = getrusage(RUSAGE_CHILDREN), perf_counter()
        work()
        wall, after = perf_counter() - start, getrusage(RUSAGE_CHILDREN)
        return Times(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)

    return turn


def was_busy() -> bool:
    """Whether more processes wanted to run during the last minute than there are processors."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return os.getloadavg()[0] > processors + 1


def line_of(comparisons: Mapping[str, Comparison]) -> str:
    """Comparisons by the name of the work, as JSON."""
    return json.dumps(comparisons)


def comparisons_of(line: str) -> dict[str, Comparison]:
    """The comparisons in a line of line_of()."""
    return {
        name: Comparison(Times(*ours), Times(*peer), Ratio(*cpu), Ratio(*wall))
        for name, (ours, peer, cpu, wall) in json.loads(line).items()
    }
