"""Two ways to see which lines are executed: sys.monitoring from Python 3.12 on, and sys.settrace before.

Only the functions of algorithms, the function that settles promises, and the program are watched. All else runs at full
speed.
"""

import dis
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Final, Protocol

from codecmodel.web import event_loop
from conformance.explain.recorder import Recorder

if TYPE_CHECKING:
    from _typeshed import TraceFunction

#: The function through which every promise of the model is settled.
_SETTLE: Final = event_loop._settle.__code__
_YIELD: Final = dis.opmap["YIELD_VALUE"]
_RETURN: Final = dis.opmap["RETURN_VALUE"]


class Core(Protocol):
    """Feeds a recorder."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def begins_on_this_thread(self) -> Callable[[], None]:
        """Watch this thread, which may have begun before the recording. Returns the function that ends that."""


def new_core(recorder: Recorder) -> Core:
    """The best core that this Python has."""
    if sys.version_info >= (3, 12):
        return MonitoringCore(recorder)
    return SettraceCore(recorder)


def _nothing() -> None:
    pass


class SettraceCore:
    """Sees frames by ``sys.settrace`` and ``threading.settrace``."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._watched = {*recorder.steps.lines, *recorder.program}
        self._raised: dict[FrameType, BaseException] = {}
        self._instructions: dict[CodeType, bytes] = {}
        self._previous: TraceFunction | None = None
        self._is_over = False

    def start(self) -> None:
        self._previous = sys.gettrace()
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    def stop(self) -> None:
        self._is_over = True
        sys.settrace(self._previous)
        threading.settrace(None)
        self._raised.clear()

    def begins_on_this_thread(self) -> Callable[[], None]:
        previous = sys.gettrace()
        sys.settrace(self._trace)
        return lambda: sys.settrace(previous)

    def _trace(self, frame: FrameType, event: str, argument: object) -> "TraceFunction | None":
        if self._is_over:
            # This thread has begun during the recording, and outlives it.
            sys.settrace(None)
            return None
        code = frame.f_code
        if code is _SETTLE:
            return self._settling
        if code not in self._watched:
            return None
        self._recorder.start(code, frame, self._recorder.resumed(frame))
        return self._local

    def _local(self, frame: FrameType, event: str, argument: object) -> "TraceFunction":
        code = frame.f_code
        if event == "line":
            self._raised.pop(frame, None)
            self._recorder.line(code, frame.f_lineno)
        elif event == "exception":
            assert isinstance(argument, tuple)
            _, raised, _ = argument
            if isinstance(raised, BaseException):
                self._raised[frame] = raised
        elif event == "return":
            # The event doesn't say how the function is left. The instruction that is left at does.
            instruction = self._instructions.setdefault(code, code.co_code)[frame.f_lasti]
            raised = self._raised.pop(frame, None)
            if instruction == _YIELD:
                self._recorder.leave(code, argument, "yield")
            elif instruction == _RETURN:
                self._recorder.leave(code, argument, "return")
            else:
                self._recorder.leave(code, raised, "raise")
        return self._local

    def _settling(self, frame: FrameType, event: str, argument: object) -> "TraceFunction":
        if event == "return":
            self._recorder.settled(frame.f_locals.get("promise"))
        return self._settling


if sys.version_info >= (3, 12):
    from sys import monitoring

    class MonitoringCore:
        """Sees events of the interpreter by ``sys.monitoring``."""

        def __init__(self, recorder: Recorder) -> None:
            self._recorder = recorder
            self._watched = {*recorder.steps.lines, *recorder.program}
            self._tool = -1

        def start(self) -> None:
            events = monitoring.events
            self._tool = next(
                tool for tool in (4, 3, monitoring.PROFILER_ID, monitoring.DEBUGGER_ID) if not monitoring.get_tool(tool)
            )
            tool = self._tool
            monitoring.use_tool_id(tool, "codecmodel explain")
            for event, callback in (
                (events.PY_START, self._start),
                (events.PY_RESUME, self._resume),
                (events.PY_THROW, self._throw),
                (events.LINE, self._line),
                (events.PY_RETURN, self._return),
                (events.PY_YIELD, self._yield),
                (events.PY_UNWIND, self._unwind),
            ):
                monitoring.register_callback(tool, event, callback)
            of_functions = events.PY_START | events.PY_RESUME | events.LINE | events.PY_RETURN | events.PY_YIELD
            for code in self._watched:
                monitoring.set_local_events(tool, code, of_functions)
            monitoring.set_local_events(tool, _SETTLE, events.PY_RETURN)
            # These two can be watched everywhere only.
            monitoring.set_events(tool, events.PY_UNWIND | events.PY_THROW)
            # Lines that an earlier recording was not interested in.
            monitoring.restart_events()

        def stop(self) -> None:
            tool = self._tool
            monitoring.set_events(tool, 0)
            for code in (*self._watched, _SETTLE):
                monitoring.set_local_events(tool, code, 0)
            for event in ("PY_START", "PY_RESUME", "PY_THROW", "LINE", "PY_RETURN", "PY_YIELD", "PY_UNWIND"):
                monitoring.register_callback(tool, getattr(monitoring.events, event), None)
            monitoring.free_tool_id(tool)

        def begins_on_this_thread(self) -> Callable[[], None]:
            return _nothing

        def _start(self, code: CodeType, offset: int) -> None:
            self._recorder.start(code, sys._getframe(1))

        def _resume(self, code: CodeType, offset: int) -> None:
            frame = sys._getframe(1)
            self._recorder.start(code, frame, self._recorder.resumed(frame))

        def _throw(self, code: CodeType, offset: int, exception: BaseException) -> None:
            if code in self._watched:
                frame = sys._getframe(1)
                self._recorder.start(code, frame, self._recorder.resumed(frame))

        def _line(self, code: CodeType, line: int) -> object:
            return monitoring.DISABLE if self._recorder.line(code, line) else None

        def _return(self, code: CodeType, offset: int, value: object) -> None:
            if code is _SETTLE:
                self._recorder.settled(sys._getframe(1).f_locals.get("promise"))
            else:
                self._recorder.leave(code, value, "return")

        def _yield(self, code: CodeType, offset: int, value: object) -> None:
            self._recorder.leave(code, value, "yield")

        def _unwind(self, code: CodeType, offset: int, exception: BaseException) -> None:
            if code in self._watched:
                self._recorder.leave(code, exception, "raise")
