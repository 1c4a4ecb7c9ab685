"""One run of a program on one codec, move by move: every move that is possible can be asked for, by name.

Moves are ``task`` (the front task), ``work`` (the front work item), a call made by a script, ``end`` of the script, and
``reclaim`` by the user agent.
A script ends by itself when no promise reactions wait for that; then it doesn't matter whether the next call is in the
same one. Decisions in the course of a step follow it: ``work > late`` is how the codec answers (without that, as
usual), ``task > reset > - > decode`` that reset() is called in the first callback, nothing more in that, and decode()
in the second one.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from conformance.explorer.heap import Fingerprints, Surroundings
from conformance.explorer.invariants import FIRST_NUMBER, Violation
from conformance.explorer.programs import RECLAIM, Pattern
from conformance.scripted.deterministic_loop import DeterministicEventLoop

#: No (more) calls in this callback.
NOTHING = "-"


class BadMoveError(Exception):
    """A move that is not possible."""


class ProgramRun(Surroundings, ABC):
    """A codec, its surroundings, and a program that may make ``calls`` calls, so many of them inside callbacks.

    Each call is one of ``names``, and is chosen move by move, within ``pattern``. A subclass makes the codec, on
    ``event_loop``.
    """

    def __init__(self, names: Sequence[str], calls: int, calls_in_callbacks: int, pattern: Pattern) -> None:
        #: The calls and events so far.
        self.log: list[str] = []
        self.violations: list[Violation] = []
        #: For each decision in the course of the last move: the options.
        self.asked: list[list[str]] = []
        self.calls_left = calls
        self.calls_in_callbacks_left = calls_in_callbacks
        self._names = names
        self._pattern = pattern
        self._positions = pattern.start
        self._made = 0
        self._answers: list[str] = []
        self._bad_move: BadMoveError | None = None
        self._is_script_open = False
        self.event_loop = DeterministicEventLoop(self._reported)

    # To be implemented

    @abstractmethod
    def _call_codec(self, call: str, number: int) -> None:
        """Make a call of the program. Its number is greater than those of the calls before it."""

    @abstractmethod
    def _roots(self) -> Sequence[object]:
        """Everything but the event loop that the further course depends on."""

    @abstractmethod
    def _check(self) -> None:
        """Check the invariants after a move."""

    def _can_call(self, call: str) -> bool:
        """Whether the program allows a call now."""
        return True

    # Moves

    def moves(self) -> list[str]:
        """The moves that are possible now, without the decisions in their course."""
        moves: list[str] = []
        if self._is_script_open:
            moves.append("end")
        elif self.event_loop._tasks:
            moves.append("task")
        if self._has_work:
            moves.append("work")
        return moves + self._callable("")

    def _can(self, step: str) -> bool:
        if step == "task":
            return not self._is_script_open and bool(self.event_loop._tasks)
        if step == "work":
            return self._has_work
        if step == "end":
            return self._is_script_open
        return step in self._callable("")

    @property
    def _has_work(self) -> bool:
        return any(queue._items for queue in self.event_loop.parallel_queues)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing happens unless the program makes another call."""
        return not (self._is_script_open or self.event_loop._tasks or self._has_work)

    def make(self, move: str) -> None:
        """Make a move. Raises BadMoveError if it is not possible."""
        step, *self._answers = move.split(" > ")
        self.asked.clear()
        if not self._can(step):
            raise BadMoveError(f"{step!r} is not among {self.moves()}")
        try:
            self._make(step)
        except Exception as exception:
            self.violations.append(Violation("assertions", f"{step} raises {type(exception).__name__}: {exception}"))
        if self._bad_move is not None:
            raise self._bad_move
        if self._answers:
            raise BadMoveError(f"there was no question for {' > '.join(self._answers)}")
        self._check()

    def describe(self, move: str) -> str:
        """The steps that a move would run now."""
        step = move.partition(" ")[0]
        if step == "task" and self.event_loop._tasks:
            return self.event_loop._tasks[0].label
        if step == "work":
            return next((queue._items[0].label for queue in self.event_loop.parallel_queues if queue._items), "")
        return ""

    def fingerprint(self, fingerprints: Fingerprints) -> bytes:
        """That of everything that the further course depends on, except how many calls are left, and where."""
        return fingerprints.of(self.event_loop, (*self._roots(), self._is_script_open, self._positions))

    def _make(self, step: str) -> None:
        event_loop = self.event_loop
        if step == "task":
            event_loop.run_task(event_loop._tasks[0])
        elif step == "work":
            next(queue for queue in event_loop.parallel_queues if queue._items).run_front()
        elif step == "end":
            self._is_script_open = False
            event_loop.clean_up_after_running_script()
        elif step == RECLAIM:
            self._call(step, step)
        else:
            if not self._is_script_open:
                event_loop.prepare_to_run_script()
                self._is_script_open = True
            self._call(step, step)
            if not event_loop._microtasks._microtasks:
                self._is_script_open = False
                event_loop.clean_up_after_running_script()

    # Calls

    def decide(self, options: list[str]) -> str:
        """One of the options: the one that the move names, or the first."""
        self.asked.append(options)
        answer = self._answers.pop(0) if self._answers else NOTHING
        if answer == NOTHING:
            answer = options[0]
        if answer not in options:
            # The model would take an exception for the codec's.
            self._bad_move = BadMoveError(f"{answer!r} is not among {options}")
            return options[0]
        return answer

    def ask(self, place: str) -> None:
        """Inside a callback: have the program make the calls that it wants to make there."""
        while self.calls_left and self.calls_in_callbacks_left:
            answer = self.decide([NOTHING, *self._callable(f"{place}:")])
            if answer == NOTHING:
                return
            self.calls_in_callbacks_left -= 1
            self._call(f"{place}:{answer}", answer)

    def _callable(self, prefix: str) -> list[str]:
        if not self.calls_left:
            return []
        after = self._pattern.after
        # The user agent only queues a task, so it does not matter if that is inside a callback or right before it.
        is_between_scripts = not (prefix or self._is_script_open)
        return [
            call
            for call in self._names
            if after(self._positions, prefix + call)
            and self._can_call(call)
            and (is_between_scripts or call != RECLAIM)
        ]

    def _call(self, text: str, call: str) -> None:
        self._positions = self._pattern.after(self._positions, text)
        self.calls_left -= 1
        self._made += 1
        self._call_codec(call, FIRST_NUMBER + self._made)

    def _reported(self, exception: BaseException) -> None:
        self.violations.append(Violation("assertions", f"{exception!r} is reported"))
