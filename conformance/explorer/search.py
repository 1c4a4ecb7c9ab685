"""Every schedule of every program up to so many calls, on one codec.

The search is over runs. A run is a list of moves (see program_run). Of all runs that lead to the same heap (see heap)
one is continued: the one that has made the fewest calls, as it has the most left, and of several such runs the one
that has made the fewest calls inside callbacks. The number of calls that are left is not part of the heap, because a
run with fewer calls left can do nothing that a run with more can't. So the first violation that is found is one with
the fewest calls. In the graph of heaps every schedule is a path. Schedules are counted by counting paths, by the calls
they have left at each heap.

A search has one program. To make another move from a heap, the program is rewound to that heap (see snapshot).
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final, NamedTuple

from conformance.explorer.heap import Fingerprints
from conformance.explorer.invariants import Violation
from conformance.explorer.program_run import ProgramRun
from conformance.explorer.programs import Pattern
from conformance.explorer.snapshot import Snapshot
from conformance.explorer.subjects import SUBJECTS, Subject

#: No heap: the move led to a violation.
NOWHERE: Final = -1
#: The most snapshots at a time, of some kilobytes each. A run without a snapshot is made again, once.
MOST_SNAPSHOTS: Final = 100_000


@dataclass(frozen=True)
class Limits:
    """The scope of a search: programs of so many calls, so many of them in callbacks, for so many seconds."""

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
    """The result of a search.

    ``schedules`` are their numbers for at most 0, 1, … calls, or None if the search was stopped.
    """

    subject: Subject
    limits: Limits
    is_complete: bool
    #: Different heaps, and moves made from them.
    states: int
    moves: int
    seconds: float
    deepest: int
    schedules: Sequence[int] | None
    failures: Sequence[Failure]


def run(subject: Subject, limits: Limits, moves: Sequence[str]) -> ProgramRun:
    """The run after these moves."""
    program = SUBJECTS[subject].new_run(limits.calls, limits.calls_in_callbacks, limits.pattern)
    for move in moves:
        program.make(move)
    return program


class _Graph:
    """The graph of the heaps found so far, and the runs to them that are to be continued.

    A heap is a number, and so is a run. A move is a number too: there are few different ones.
    """

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self.is_at_rest = bytearray()
        #: For each heap, four numbers for every move from it: the move, its target, its calls, and those in callbacks.
        self.edges: list[array[int]] = []
        #: For each heap, three numbers for each of its runs: its calls, those in callbacks, and the run's own number.
        #: No run is at least as good as another.
        self.runs: list[tuple[tuple[int, int, int], ...]] = []
        self._moves: dict[str, int] = {}
        self._names_of_moves: list[str] = []
        # For each run: the run without its last move, the last move, and its length.
        self._parents = array("q")
        self._last_moves = array("q")
        self.lengths = array("q")

    def __len__(self) -> int:
        return len(self._numbers)

    def find(self, fingerprint: bytes) -> int | None:
        return self._numbers.get(fingerprint)

    def add(self, fingerprint: bytes, *, is_at_rest: bool) -> int:
        number = self._numbers[fingerprint] = len(self._numbers)
        self.is_at_rest.append(is_at_rest)
        self.edges.append(array("i"))
        self.runs.append(())
        return number

    def number_of_move(self, move: str) -> int:
        number = self._moves.setdefault(move, len(self._moves))
        if number == len(self._names_of_moves):
            self._names_of_moves.append(move)
        return number

    def reach(self, heap: int, parent: int, move: int, made: tuple[int, int]) -> int | None:
        """Add a run to a heap, with so many calls made. Returns its number, or None if another run is as good."""
        calls, in_callbacks = made
        others = self.runs[heap]
        if any(other[0] <= calls and other[1] <= in_callbacks for other in others):
            return None
        run = len(self._parents)
        self._parents.append(parent)
        self._last_moves.append(move)
        self.lengths.append(0 if parent == NOWHERE else self.lengths[parent] + 1)
        kept = [other for other in others if other[0] < calls or other[1] < in_callbacks]
        self.runs[heap] = (*kept, (calls, in_callbacks, run))
        return run

    def is_wanted(self, heap: int, run: int) -> bool:
        """Whether no better run to the heap was found meanwhile."""
        return any(other[2] == run for other in self.runs[heap])

    def moves_of(self, run: int) -> list[str]:
        moves: list[str] = []
        while self._parents[run] != NOWHERE:
            moves.append(self._names_of_moves[self._last_moves[run]])
            run = self._parents[run]
        return moves[::-1]


class _Stop(NamedTuple):
    """A run to a heap that is to be continued, with a snapshot if there was room for one."""

    heap: int
    run: int
    snapshot: Snapshot | None


def explore(
    subject: Subject,
    limits: Limits,
    *,
    failures: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Exploration:
    """Explore until everything is explored, the time is over, or so many different failures are found.

    ``progress`` is called now and then with the number of heaps and of moves so far.
    """
    return _Search(subject, limits, failures, progress).search()


class _Search:
    def __init__(
        self, subject: Subject, limits: Limits, failures: int, progress: Callable[[int, int], None] | None
    ) -> None:
        self._subject = subject
        self._limits = limits
        self._most_failures = failures
        self._progress = progress
        self._fingerprints = Fingerprints()
        self._graph = _Graph()
        #: By the number of calls made, and of those in callbacks.
        self._frontier: dict[tuple[int, int], deque[_Stop]] = {
            (calls, in_callbacks): deque()
            for calls in range(limits.calls + 1)
            for in_callbacks in range(limits.calls_in_callbacks + 1)
        }
        self._failures: list[Failure] = []
        self._moves = 0
        self._snapshots = 0
        self._program = run(subject, limits, [])
        self._start = Snapshot(self._program)

    def search(self) -> Exploration:
        """Search, and return the result."""
        begin = perf_counter()
        end = None if self._limits.seconds is None else begin + self._limits.seconds
        self._arrive(NOWHERE, "")
        is_complete = True
        for frontier in self._frontier.values():
            while frontier:
                if len(self._failures) >= self._most_failures or (end is not None and perf_counter() > end):
                    is_complete = False
                    break
                stop = frontier.popleft()
                if stop.snapshot is not None:
                    self._snapshots -= 1
                if self._graph.is_wanted(stop.heap, stop.run):
                    self._continue(stop)
        schedules = None
        if is_complete and not self._failures:
            order, endless = _last_heaps_first(self._graph)
            if endless is None:
                schedules = _count_runs(self._graph, order, self._limits)
            else:
                violation = Violation("rest", "from here on a run may go on for ever")
                self._failures.append(Failure(self._graph.moves_of(self._graph.runs[endless][0][2]), violation))
        return Exploration(
            self._subject,
            self._limits,
            is_complete,
            len(self._graph),
            self._moves,
            perf_counter() - begin,
            max(self._graph.lengths),
            schedules,
            self._failures[: self._most_failures],
        )

    def _continue(self, stop: _Stop) -> None:
        """Make every move that is possible after a run."""
        graph, program = self._graph, self._program
        snapshot = stop.snapshot or self._snapshot_after(graph.moves_of(stop.run))
        snapshot.restore()
        left, left_in_callbacks = program.calls_left, program.calls_in_callbacks_left
        edges = graph.edges[stop.heap]
        known = set(edges[::4])
        for step in program.moves():
            for move in self._variants(snapshot, step):
                self._moves += 1
                if self._progress is not None and self._moves % 1000 == 0:
                    self._progress(len(graph), self._moves)
                if program.violations:
                    target = NOWHERE
                    self._failures.append(Failure([*graph.moves_of(stop.run), move], program.violations[0]))
                else:
                    target = self._arrive(stop.run, move)
                number = graph.number_of_move(move)
                # A heap that is continued again, with more calls left, has some of the moves already.
                if number not in known:
                    made_in_callbacks = left_in_callbacks - program.calls_in_callbacks_left
                    edges.extend((number, target, left - program.calls_left, made_in_callbacks))

    def _variants(self, snapshot: Snapshot, step: str) -> Iterator[str]:
        """The moves that consist of a step and the decisions in it. Each has been made when it is yielded."""
        program = self._program
        pending = [step]
        while pending:
            move = pending.pop()
            snapshot.restore()
            program.make(move)
            asked = [options[1:] for options in program.asked[move.count(" > ") :]]
            yield move
            for position, options in enumerate(asked):
                pending += [" > ".join([move, *["-"] * position, option]) for option in options]

    def _snapshot_after(self, moves: Sequence[str]) -> Snapshot:
        self._start.restore()
        for move in moves:
            self._program.make(move)
        return Snapshot(self._program)

    def _arrive(self, parent: int, move: str) -> int:
        """The number of the heap that the program has now. If the run to it is worth it, it will be continued."""
        program, graph = self._program, self._graph
        fingerprint = program.fingerprint(self._fingerprints)
        heap = graph.find(fingerprint)
        if heap is None:
            heap = graph.add(fingerprint, is_at_rest=program.is_at_rest)
        made = (
            self._limits.calls - program.calls_left,
            self._limits.calls_in_callbacks - program.calls_in_callbacks_left,
        )
        run = graph.reach(heap, parent, graph.number_of_move(move), made)
        if run is not None:
            snapshot = None
            if self._snapshots < MOST_SNAPSHOTS:
                snapshot = Snapshot(program)
                self._snapshots += 1
            self._frontier[made].append(_Stop(heap, run, snapshot))
        return heap


def _count_runs(graph: _Graph, order: Sequence[int], limits: Limits) -> list[int]:
    """The numbers of runs that come to rest, with at most 0, 1, … calls."""
    counts: dict[tuple[int, int], list[int]] = {}
    for left in range(limits.calls + 1):
        for left_in_callbacks in range(limits.calls_in_callbacks + 1):
            runs = [0] * len(graph)
            counts[left, left_in_callbacks] = runs
            for heap in order:
                edges = graph.edges[heap]
                total: int = graph.is_at_rest[heap]
                for target, made, in_callbacks in zip(edges[1::4], edges[2::4], edges[3::4], strict=True):
                    if made <= left and in_callbacks <= left_in_callbacks:
                        total += counts[left - made, left_in_callbacks - in_callbacks][target]
                runs[heap] = total
    return [counts[left, limits.calls_in_callbacks][0] for left in range(limits.calls + 1)]


def _last_heaps_first(graph: _Graph) -> tuple[Sequence[int], int | None]:
    """All heaps, each after those that it leads to without a call.

    If a heap leads back to itself without a call, it is returned as well.
    """
    order = array("q")
    unseen, entered, left = 0, 1, 2
    status = bytearray(len(graph))
    for start in range(len(graph)):
        path = [(start, 0)] if status[start] == unseen else []
        while path:
            heap, position = path.pop()
            status[heap] = entered
            edges = graph.edges[heap]
            while position < len(edges):
                _, target, made, _ = edges[position : position + 4]
                position += 4
                if made or status[target] == left:
                    continue
                if status[target] == entered:
                    return order, target
                path += [(heap, position), (target, 0)]
                break
            else:
                status[heap] = left
                order.append(heap)
    return order, None
