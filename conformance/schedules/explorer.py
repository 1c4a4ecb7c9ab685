"""Every schedule of every program up to so many calls, on one decoder.

A search over runs: a run is a list of moves (see world), and is made again from the start to make it longer by one.
Runs that lead to the same heap (see heap) are continued once: from the one that has made the fewest calls, which
leaves the most to be made, and of those the shortest. So the first violation found is one of the fewest calls. The
graph of heaps that this gives has every run as a path; counting paths counts schedules.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from conformance.schedules.heap import Fingerprints
from conformance.schedules.invariants import Violation
from conformance.schedules.observed_decoder import Kind
from conformance.schedules.programs import Pattern
from conformance.schedules.world import World

#: No heap: the move led to a violation.
NOWHERE: Final = -1


@dataclass(frozen=True)
class Limits:
    """What is explored: programs of so many calls, so many of them in callbacks, for so long (seconds)."""

    calls: int = 4
    calls_in_callbacks: int = 2
    pattern: Pattern = field(default_factory=Pattern)
    seconds: float | None = None


@dataclass(frozen=True)
class Failure:
    """A violation, and the moves that led to it."""

    moves: Sequence[str]
    violation: Violation


@dataclass
class Exploration:
    """What was found. ``schedules`` by the number of calls made at most; None where the search was stopped."""

    kind: Kind
    limits: Limits
    is_complete: bool
    #: Different heaps, and moves made from them.
    states: int
    moves: int
    seconds: float
    deepest: int
    schedules: Sequence[int] | None
    failures: Sequence[Failure]


def run(kind: Kind, limits: Limits, moves: Sequence[str]) -> World:
    """The world after these moves."""
    world = World(kind, limits.calls, limits.calls_in_callbacks, limits.pattern)
    for move in moves:
        world.make(move)
    return world


class _Heaps:
    """The graph of heaps found so far; a heap is a number."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        #: For each: the heap and the move it was first reached by, the length of that run, the calls made in it.
        self.parents = array("q")
        self.by_move: list[str] = []
        self.depths = array("q")
        self.calls = array("q")
        self.is_at_rest = bytearray()
        #: For each: target and number of calls of every move from it, in turns.
        self.edges: list[array[int]] = []

    def __len__(self) -> int:
        return len(self._numbers)

    def find(self, fingerprint: bytes) -> int | None:
        return self._numbers.get(fingerprint)

    def add(self, fingerprint: bytes, *, is_at_rest: bool) -> int:
        number = self._numbers[fingerprint] = len(self._numbers)
        self.parents.append(NOWHERE)
        self.by_move.append("")
        self.depths.append(0)
        self.calls.append(0)
        self.is_at_rest.append(is_at_rest)
        self.edges.append(array("q"))
        return number

    def reach(self, number: int, parent: int, move: str, calls: int) -> None:
        self.parents[number] = parent
        self.by_move[number] = move
        self.depths[number] = 0 if parent == NOWHERE else self.depths[parent] + 1
        self.calls[number] = calls

    def moves_to(self, number: int) -> list[str]:
        moves: list[str] = []
        while self.parents[number] >= 0:
            moves.append(self.by_move[number])
            number = self.parents[number]
        return moves[::-1]


def explore(
    kind: Kind,
    limits: Limits,
    *,
    failures: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Exploration:
    """Explore until all is explored, or the time is over, or so many different failures are found.

    ``progress`` is called now and then with the number of heaps and of moves so far.
    """
    return _Search(kind, limits, failures, progress).search()


class _Search:
    def __init__(self, kind: Kind, limits: Limits, failures: int, progress: Callable[[int, int], None] | None) -> None:
        self._kind = kind
        self._limits = limits
        self._most_failures = failures
        self._progress = progress
        self._fingerprints = Fingerprints()
        self._heaps = _Heaps()
        #: Heaps to go on from, and the moves there, by the number of calls made.
        self._frontier: list[deque[tuple[int, Sequence[str]]]] = [deque() for _ in range(limits.calls + 1)]
        self._failures: list[Failure] = []
        self._moves = 0

    def search(self) -> Exploration:
        """Do it."""
        begin = perf_counter()
        end = None if self._limits.seconds is None else begin + self._limits.seconds
        world = run(self._kind, self._limits, [])
        self._arrive(world, NOWHERE, "", 0)
        is_complete = True
        for calls, frontier in enumerate(self._frontier):
            while frontier:
                if len(self._failures) >= self._most_failures or (end is not None and perf_counter() > end):
                    is_complete = False
                    break
                heap, moves = frontier.popleft()
                if self._heaps.calls[heap] == calls:
                    self._continue(heap, moves)
        schedules = None
        if is_complete and not self._failures:
            order, endless = _last_heaps_first(self._heaps)
            if endless is None:
                schedules = _count_runs(self._heaps, order, self._limits.calls)
            else:
                violation = Violation("rest", "from here on a run may go on for ever")
                self._failures.append(Failure(self._heaps.moves_to(endless), violation))
        heaps = self._heaps
        return Exploration(
            self._kind,
            self._limits,
            is_complete,
            len(heaps),
            self._moves,
            perf_counter() - begin,
            max(heaps.depths),
            schedules,
            self._failures[: self._most_failures],
        )

    def _continue(self, heap: int, moves: Sequence[str]) -> None:
        """Make every move that there is from a heap."""
        prefix = self._heaps.moves_to(heap)
        for step in moves:
            for move, world in self._variants(prefix, step):
                self._moves += 1
                if self._progress is not None and self._moves % 1000 == 0:
                    self._progress(len(self._heaps), self._moves)
                calls = self._limits.calls - world.calls_left
                if world.violations:
                    target = NOWHERE
                    self._failures.append(Failure([*prefix, move], world.violations[0]))
                else:
                    target = self._arrive(world, heap, move, calls)
                self._heaps.edges[heap].extend((target, calls - self._heaps.calls[heap]))

    def _variants(self, prefix: Sequence[str], step: str) -> Iterator[tuple[str, World]]:
        """A step with everything that callbacks may do in it: the move, and the world after it."""
        pending = [step]
        while pending:
            move = pending.pop()
            world = run(self._kind, self._limits, prefix)
            world.make(move)
            yield move, world
            answered = move.count(" > ")
            for position, options in enumerate(world.asked[answered:]):
                pending += [" > ".join([move, *["-"] * position, option]) for option in options[1:]]

    def _arrive(self, world: World, parent: int, move: str, calls: int) -> int:
        fingerprint = world.fingerprint(self._fingerprints)
        heaps = self._heaps
        number = heaps.find(fingerprint)
        if number is None:
            number = heaps.add(fingerprint, is_at_rest=world.is_at_rest)
        elif heaps.calls[number] <= calls:
            return number
        # Until a heap is continued, a run to it may be found that has made fewer calls.
        heaps.reach(number, parent, move, calls)
        self._frontier[calls].append((number, world.moves()))
        return number


def _count_runs(heaps: _Heaps, order: Sequence[int], calls: int) -> list[int]:
    """How many runs there are that come to rest, with at most 0, 1, … calls."""
    counts: list[list[int]] = []
    for left in range(calls + 1):
        runs = [0] * len(heaps)
        counts.append(runs)
        for number in order:
            edges = heaps.edges[number]
            total: int = heaps.is_at_rest[number]
            for target, made in zip(edges[::2], edges[1::2], strict=True):
                if made <= left:
                    total += counts[left - made][target]
            runs[number] = total
    return [runs[0] for runs in counts]


def _last_heaps_first(heaps: _Heaps) -> tuple[Sequence[int], int | None]:
    """All heaps, each after those that it leads to without a call; or one that so leads back to itself."""
    order = array("q")
    unseen, entered, left = 0, 1, 2
    status = bytearray(len(heaps))
    for start in range(len(heaps)):
        path = [(start, 0)] if status[start] == unseen else []
        while path:
            number, position = path.pop()
            status[number] = entered
            edges = heaps.edges[number]
            while position < len(edges):
                target, made = edges[position], edges[position + 1]
                position += 2
                if made or status[target] == left:
                    continue
                if status[target] == entered:
                    return order, target
                path += [(number, position), (target, 0)]
                break
            else:
                status[number] = left
                order.append(number)
    return order, None
