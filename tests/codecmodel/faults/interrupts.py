"""KeyboardInterrupt at each line of some modules that this thread executes, one line a run."""

import dis
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, pairwise
from types import CodeType, FrameType, ModuleType
from typing import TYPE_CHECKING, TypeAlias

from tests.codecmodel.faults.program import HANG_SECONDS

if TYPE_CHECKING:
    from _typeshed import TraceFunction

Line: TypeAlias = tuple[str, int]


class Interrupter:
    """Raises KeyboardInterrupt at the line event of a number, counted from the begin of ``interrupting()``."""

    def __init__(self, modules: list[ModuleType], number: int, visits: int | None = None) -> None:
        """``visits`` says how many events of the same line are counted at most."""
        self._files = {module.__file__ for module in modules}
        self._number = number
        self._visits = visits
        self._events: Counter[Line] = Counter()
        #: Where the interrupt came.
        self.line: Line | None = None

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Interrupt the block. Other threads are never interrupted, as Python delivers signals to the main thread."""
        # Something has to refer to the function: CPython 3.11 may drop it too early when it raises.
        trace = self._trace
        sys.settrace(trace)
        try:
            yield
        except OSError:
            # The interrupt came in a function that C called, and that failed for C. It must come again, soon.
            if self.line is None:
                raise
        finally:
            sys.settrace(None)
        if self.line is not None:
            # The interrupt came where exceptions are lost, in a finalizer for instance. It must come again.
            # A signal that comes just before a sleep does not end it, so the sleeps are short.
            for _ in range(HANG_SECONDS * 100):
                time.sleep(0.01)
            raise AssertionError(f"the interrupt at {self.line} was swallowed")

    def _trace(self, frame: FrameType, event: str, argument: object) -> "TraceFunction | None":
        return self._trace_lines if frame.f_code.co_filename in self._files else None

    def _trace_lines(self, frame: FrameType, event: str, argument: object) -> "TraceFunction | None":
        if event != "line" or _is_safe_from_signals(frame):
            return self._trace_lines
        line = frame.f_code.co_filename, frame.f_lineno
        if self._visits is None or self._events[line] < self._visits:
            self._events[line] += 1
            if self._events.total() == self._number:
                # Python ends the tracing when a trace function raises.
                self.line = line
                raise KeyboardInterrupt
        return self._trace_lines


class InterrupterAfterCalls(Interrupter):
    """Raises KeyboardInterrupt after calls, too, before their results are used: Python handles signals there."""

    def _trace(self, frame: FrameType, event: str, argument: object) -> "TraceFunction | None":
        if frame.f_code.co_filename not in self._files:
            return None
        frame.f_trace_opcodes = True
        return self._trace_instructions

    def _trace_instructions(self, frame: FrameType, event: str, argument: object) -> "TraceFunction | None":
        is_after_call = event == "opcode" and frame.f_lasti in _ends_of_calls(frame.f_code)
        if not _has_no_effect(frame):
            self._trace_lines(frame, "line" if is_after_call else event, argument)
        return self._trace_instructions


def _ends_of_calls(code: CodeType, known: dict[CodeType, set[int]] = {}) -> set[int]:  # noqa: B006 - a cache
    """The offsets of the instructions that follow calls."""
    if code not in known:
        instructions = list(dis.get_instructions(code))
        known[code] = {after.offset for call, after in pairwise(instructions) if call.opname.startswith("CALL")}
    return known[code]


def _is_safe_from_signals(frame: FrameType) -> bool:
    """Whether CPython delivers no signal before the next instruction.

    That is the first one between the block of a with statement and the call of __exit__().
    """
    return frame.f_lasti in _safe_instructions(frame.f_code)


def _has_no_effect(frame: FrameType) -> bool:
    """Whether the next instruction does nothing. CPython delivers no signal there."""
    return frame.f_code.co_code[frame.f_lasti] == dis.opmap["NOP"]


def _safe_instructions(code: CodeType, known: dict[CodeType, set[int]] = {}) -> set[int]:  # noqa: B006 - a cache
    if code not in known:
        instructions = list(dis.get_instructions(code))
        # __exit__() gets three times None. Before that, a result may have to be moved out of the way.
        pushes = [each.opname == "LOAD_CONST" and each.argval is None for each in instructions]
        ends = {n for n in range(len(pushes) - 2) if all(pushes[n : n + 3]) and not (n and pushes[n - 1])}
        ends |= {n - 1 for n in ends if n and instructions[n - 1].opname == "SWAP"}
        known[code] = {instructions[n].offset for n in ends}
    return known[code]


def interrupted_at_each_line(
    modules: list[ModuleType],
    run: Callable[[Interrupter], None],
    visits: int | None = None,
    interrupters: type[Interrupter] = Interrupter,
) -> list[Line]:
    """Call ``run`` with interrupters for the first, second, ... line, until one has nothing to interrupt any more.

    Returns the lines that were interrupted, one for each run.
    """
    lines: list[Line] = []
    for number in count(1):
        interrupter = interrupters(modules, number, visits)
        run(interrupter)
        if interrupter.line is None:
            return lines
        lines.append(interrupter.line)
    raise AssertionError("there are more numbers")
