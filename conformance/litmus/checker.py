"""Is a run one that the model allows, over all schedules and all answers that a codec may give?

The checker does not need the program, nor its delays: it lets the model run along with the log, and takes the calls
from there. It searches the schedules of the model, depth first, for one that agrees with the whole log. Of all runs of
the model that lead to the same heap at the same position in the log, one is continued (see conformance.explorer.heap).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from conformance.explorer.heap import Fingerprints
from conformance.explorer.snapshot import Snapshot
from conformance.litmus.free_codec import CRASHES, Freedoms
from conformance.litmus.log import CRASH, Entry, Log, line
from conformance.litmus.subjects import Interface
from conformance.litmus.world import Case, World

#: A step, and the decisions in its course.
Move: TypeAlias = tuple[str, ...]
#: Of a path: the path before, and its last move.
_Path: TypeAlias = "tuple[_Path, Move] | None"

#: A log whose search visits more heaps is left undecided.
MOST_STATES: Final = 5_000

_fingerprints: Final = Fingerprints()


@dataclass(frozen=True)
class Verdict:
    """The result for a log. ``allowed`` is None if the search was given up."""

    log: Log
    allowed: bool | None
    #: The number of entries with which some run of the model agrees, and what the model has after those instead.
    furthest: int
    instead: Mapping[Entry, int]
    #: Heaps that were visited.
    states: int
    #: The moves of the run that agrees with the log, or of one that agrees with it the furthest, up to its parting.
    moves: Sequence[Move]

    @property
    def observed(self) -> Entry:
        """The entry that no run of the model has there."""
        return self.log[self.furthest] if self.furthest < len(self.log) else ("the end",)

    @property
    def is_about_rest(self) -> bool:
        """Whether the entry in question is the rest. It alone depends on how long a run was watched."""
        return self.observed[0] == "rest"

    def lines(self) -> list[str]:
        """The log up to the entry that is not allowed, and what is allowed instead, for people."""
        if self.allowed:
            return [f"  {line(entry)}" for entry in self.log]
        lines = [f"  {line(entry)}" for entry in self.log[: self.furthest]]
        lines.append(f"! {line(self.observed)}")
        lines += [f"    the model has: {line(entry)}" for entry in sorted(self.instead, key=line)]
        return lines


@dataclass
class _Search:
    furthest: int = 0
    instead: Counter[Entry] = field(default_factory=Counter)

    def parted(self, position: int, instead: Entry) -> None:
        """A run of the model has ``instead`` at a position."""
        if position > self.furthest:
            self.furthest = position
            self.instead.clear()
        if position == self.furthest:
            self.instead[instead] += 1


def check(interface: Interface, log: Log, freedoms: Freedoms | None = None, most_states: int = MOST_STATES) -> Verdict:
    """The verdict on the log of a run on an object of an interface."""
    if freedoms is not None and CRASHES in freedoms.deviations and log[-1:] == (CRASH,):
        # Nothing is asked of what would have come.
        log = log[:-1]
    world = World(interface, Case(log), freedoms or Freedoms())
    search = _Search()
    stack: list[tuple[Snapshot, _Path]] = [(Snapshot(world), None)]
    seen = {(0, world.fingerprint(_fingerprints))}
    furthest: tuple[int, _Path] = (0, None)
    while stack:
        snapshot, path = stack.pop()
        snapshot.restore()
        position = world.position
        if position >= furthest[0]:
            furthest = position, path
        if position == len(log):
            return Verdict(log, True, position, {}, len(seen), _moves(path))
        if world.is_at_rest and log[position][0] != "task":
            rest = ("rest", *world.subject.look)
            if world.agrees(rest):
                return Verdict(log, True, position, {}, len(seen), _moves(path))
            search.parted(position, rest)
            continue
        found: list[tuple[int, int, Snapshot, _Path]] = []
        for step in world.steps():
            pending: list[Move] = [(step,)]
            while pending:
                move = pending.pop()
                snapshot.restore()
                world.make(move)
                # The decisions that the move did not name were the first options. The others come later.
                asked = world.asked[len(move) - 1 :]
                for place, options in enumerate(asked):
                    before = (*move, *[earlier[0] for earlier in asked[:place]])
                    pending += [(*before, option) for option in options[1:]]
                if world.instead is not None:
                    search.parted(world.position, world.instead)
                    if world.position >= furthest[0]:
                        furthest = world.position, (path, move)
                    continue
                key = (world.position, world.fingerprint(_fingerprints))
                if key not in seen:
                    seen.add(key)
                    found.append((world.position, -len(found), Snapshot(world), (path, move)))
        if len(seen) > most_states:
            return Verdict(log, None, search.furthest, dict(search.instead), len(seen), _moves(furthest[1]))
        # The run that agrees the furthest is continued first.
        found.sort(key=lambda each: each[:2])
        stack += [(each[2], each[3]) for each in found]
    return Verdict(log, False, search.furthest, dict(search.instead), len(seen), _moves(furthest[1]))


def _moves(path: _Path) -> list[Move]:
    moves: list[Move] = []
    while path is not None:
        path, move = path
        moves.append(move)
    return moves[::-1]
