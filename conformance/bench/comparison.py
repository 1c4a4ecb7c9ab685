"""Programs that do the same work in turns: how their costs compare, and how sure that is."""

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter, process_time
from typing import Final, NamedTuple, TypeAlias


class Quantity(StrEnum):
    """A quantity that is measured. Times are in seconds, memory is in bytes."""

    CPU = "CPU"
    WALL = "wall"
    #: Wall time with the turns of other coroutines, of which nothing is taken off.
    WALL_IN_ALL = "wall, in all"
    MEMORY = "memory"
    THREADS = "threads"

    def in_words(self, amount: float) -> str:
        """An amount with its unit."""
        if self is Quantity.THREADS:
            return f"{amount:,.0f}"
        if self is Quantity.MEMORY:
            return f"{amount / 1024:,.1f} KiB" if amount < _MEBIBYTE else f"{amount / _MEBIBYTE:,.1f} MiB"
        return f"{amount * 1e6:,.1f} µs" if amount < _LONG else f"{amount * 1e3:,.1f} ms"


_MEBIBYTE: Final = 1024 * 1024
#: Seconds from which on times are shown in milliseconds.
_LONG: Final = 0.01

#: What a turn costs.
Costs: TypeAlias = Mapping[Quantity, float]
#: Does a turn's work, and returns what it costs.
Turn: TypeAlias = Callable[[], Costs]


class Ratio(NamedTuple):
    """The ratio of two costs in each round: the median, and the lowest and highest of all rounds."""

    median: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.lowest:.2f}–{self.highest:.2f})"


class Compared(NamedTuple):
    """The median of our costs and of the peer's, and the peer's cost divided by ours: above 1, ours is less."""

    ours: float
    peer: float
    ratio: Ratio


@dataclass(frozen=True)
class Comparison:
    """How the costs of a work compare. ``number`` is the place of the work on the axis of its case's plot, if any."""

    quantities: Mapping[Quantity, Compared]
    number: int | None = None


#: Comparisons by the name of the work: what is done, by whom, and the peer.
Comparisons: TypeAlias = Mapping[str, Comparison]


@dataclass(frozen=True)
class Settings:
    """The wishes of the user.

    ``seconds`` is the length of video, ``packets`` the least number of packets of audio in a turn, ``rounds`` the
    number of turns that count. ``peers`` are other implementations of WebCodecs: "chromium", "node:MODULE".
    """

    seconds: float
    rounds: int
    packets: int
    peers: Sequence[str] = ()


def interleaved(turns: Mapping[str, Turn], rounds: int, *, warms_up: bool = True) -> dict[str, list[Costs]]:
    """Let all take ``rounds`` turns, after one that does not count. Every other round has the reverse order."""
    costs: dict[str, list[Costs]] = {name: [] for name in turns}
    in_order = list(turns.items())
    for round in range(0 if warms_up else 1, rounds + 1):
        for name, turn in in_order[:: -1 if round % 2 else 1]:
            # Garbage of one turn is not for another turn to collect.
            gc.collect()
            cost = turn()
            if round:
                costs[name].append(cost)
    return costs


def compared(ours: Sequence[Costs], peer: Sequence[Costs], number: int | None = None) -> Comparison:
    """Compare the turns of two programs, round by round, in the quantities that both have."""
    quantities: dict[Quantity, Compared] = {}
    for quantity in Quantity:
        if quantity in ours[0] and quantity in peer[0]:
            own, its = ([costs[quantity] for costs in turns] for turns in (ours, peer))
            ratios = [theirs / mine for mine, theirs in zip(own, its, strict=True)]
            quantities[quantity] = Compared(median(own), median(its), ratio_of(ratios))
    return Comparison(quantities, number)


def compare(ours: Turn, peer: Turn, rounds: int, *, warms_up: bool = True) -> Comparison:
    """Let two programs take turns, and compare them."""
    costs = interleaved({"ours": ours, "peer": peer}, rounds, warms_up=warms_up)
    return compared(costs["ours"], costs["peer"])


def at(number: int, comparison: Comparison) -> Comparison:
    """The comparison with its place on the axis of the plot."""
    return replace(comparison, number=number)


def ratio_of(ratios: Sequence[float]) -> Ratio:
    """The median of ratios, and their spread."""
    return Ratio(median(ratios), min(ratios), max(ratios))


class Clock:
    """Measures from the time at which it is made: CPU time of all threads of the process, and wall time."""

    def __init__(self) -> None:
        self._cpu, self._wall = process_time(), perf_counter()

    def costs(self, parts: int = 1) -> Costs:
        """The time since then, divided by ``parts``."""
        return {
            Quantity.CPU: (process_time() - self._cpu) / parts,
            Quantity.WALL: (perf_counter() - self._wall) / parts,
        }


def timed_here(work: Callable[[], object], parts: int = 1) -> Turn:
    """A turn that does the work in this process. Its costs are those of one of ``parts``."""

    def turn() -> Costs:
        clock = Clock()
        work()
        return clock.costs(parts)

    return turn


def timed_in_child(work: Callable[[], object]) -> Turn:
    """A turn that does the work in child processes, which it waits for."""

    def turn() -> Costs:
        before, start = getrusage(RUSAGE_CHILDREN), perf_counter()
        work()
        wall, after = perf_counter() - start, getrusage(RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {Quantity.CPU: cpu, Quantity.WALL: wall}

    return turn
