"""A timeline of what codecs do, in the Trace Event format that Perfetto and Chrome's tracing page open.

Only codecs made within ``use_timeline()`` are traced. All others work as if this module did not exist. The events, and
how to read them, are in docs/timeline.md.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from time import perf_counter_ns
from typing import Final, Literal, NamedTuple, TextIO, TypeAlias

#: Values are numbers, strings, None, or sequences of these.
Arguments: TypeAlias = Mapping[str, object]
#: Complete, instant, nestable asynchronous begin and end, counter, flow start and finish.
Phase: TypeAlias = Literal["X", "i", "b", "e", "C", "s", "f"]

_NO_ARGUMENTS: Final[Arguments] = {}


class _Event(NamedTuple):
    """One event; ``begin`` and ``duration`` in nanoseconds, ``id`` of asynchronous events and flows."""

    phase: Phase
    category: str
    name: str
    begin: int
    thread: int
    duration: int
    id: int
    arguments: Arguments


class _Span(NamedTuple):
    """An asynchronous event that has begun and has not ended."""

    category: str
    name: str


class _Thread(threading.local):
    """A thread that has recorded something."""

    def __init__(self) -> None:
        self.number = threading.get_native_id()
        #: The number of slices that have begun and not ended.
        self.depth = 0


class Timeline:
    """The events of the codecs that were made within ``use_timeline(timeline)``. Any thread may record.

    Recording takes some microseconds and about half a kilobyte per event.
    """

    def __init__(self) -> None:
        self._events: list[_Event] = []
        self._open: dict[int, _Span] = {}
        self._thread = _Thread()
        self._thread_names: dict[int, str] = {}
        self._ids = count(1)
        self._codecs: dict[str, int] = {}

    def events(self) -> list[dict[str, object]]:
        """All events so far, in the form that the format prescribes, in order of time, in microseconds since the first.

        If something has not ended, it ends with the last event here, marked as ``unfinished``. An arrow is left out if
        the slice that it leads to has not begun.
        """
        arrived = {event.id for event in self._events if event.phase == "f"}
        # Where several events begin at the same moment, a slice comes before the events that it contains.
        events = sorted(self._events, key=lambda event: (event.begin, event.phase != "X", -event.duration))
        events = [event for event in events if event.phase != "s" or event.id in arrived]
        origin = events[0].begin if events else 0
        end = max((event.begin + event.duration for event in events), default=0)
        thread = self._thread.number
        for id, span in list(self._open.items()):
            events.append(_Event("e", span.category, span.name, end, thread, 0, id, {"unfinished": True}))
        process = os.getpid()
        named = [
            {"ph": "M", "name": name, "pid": process, "tid": thread, "ts": 0, "args": {"name": value}}
            for name, thread, value in (
                ("process_name", 0, "codecmodel"),
                *(("thread_name", thread, value) for thread, value in sorted(self._thread_names.items())),
            )
        ]
        return [*named, *(_formatted(event, origin, process) for event in events)]

    def write(self, file: TextIO) -> None:
        """Write a trace: a JSON object, with one event on each line. Raises OSError."""
        file.write('{"displayTimeUnit": "ms", "traceEvents": [\n')
        file.write(",\n".join(json.dumps(event) for event in self.events()))
        file.write("\n]}\n")

    # Recording

    def name_a_codec(self, interface: str) -> str:
        """A name for one more codec: its interface's name, and a number."""
        number = self._codecs[interface] = self._codecs.get(interface, 0) + 1
        return f"{interface} {number}"

    @contextmanager
    def slice(self, category: str, name: str, arguments: Arguments, flow: int = 0) -> Iterator[None]:
        """Record the block as a slice of this thread's time. ``flow`` is the number of the arrow that leads to it.

        ``arguments`` are read when the block ends, so the block may add to them.
        """
        thread = self._thread
        begin = perf_counter_ns()
        if flow:
            self._record("f", "flow", "leads to", begin, id=flow)
        thread.depth += 1
        try:
            yield
        finally:
            thread.depth -= 1
            self._record("X", category, name, begin, duration=perf_counter_ns() - begin, arguments=arguments)

    def start_a_flow(self) -> int:
        """Begin an arrow here. Returns its number, for the slice that it leads to; 0 outside of any slice."""
        if not self._thread.depth:
            return 0
        id = next(self._ids)
        self._record("s", "flow", "leads to", perf_counter_ns(), id=id)
        return id

    def instant(self, category: str, name: str, arguments: Arguments = _NO_ARGUMENTS) -> None:
        """Record that something happened on this thread."""
        self._record("i", category, name, perf_counter_ns(), arguments=arguments)

    def begin(self, category: str, name: str, arguments: Arguments = _NO_ARGUMENTS) -> int:
        """Record that something begins which belongs to no thread. Returns the number that ``end()`` needs."""
        id = next(self._ids)
        self._open[id] = _Span(category, name)
        self._record("b", category, name, perf_counter_ns(), id=id, arguments=arguments)
        return id

    def end(self, id: int, arguments: Arguments = _NO_ARGUMENTS) -> None:
        """Record that the event with this number ends."""
        span = self._open.pop(id)
        self._record("e", span.category, span.name, perf_counter_ns(), id=id, arguments=arguments)

    def counter(self, name: str, value: int) -> None:
        """Record the new value of a number."""
        self._record("C", "counter", name, perf_counter_ns(), arguments={"value": value})

    def _record(
        self,
        phase: Phase,
        category: str,
        name: str,
        begin: int,
        *,
        duration: int = 0,
        id: int = 0,
        arguments: Arguments = _NO_ARGUMENTS,
    ) -> None:
        thread = self._thread.number
        if thread not in self._thread_names:
            self._thread_names[thread] = threading.current_thread().name
        self._events.append(_Event(phase, category, name, begin, thread, duration, id, arguments))


def _formatted(event: _Event, origin: int, process: int) -> dict[str, object]:
    converted: dict[str, object] = {
        "ph": event.phase,
        "name": event.name,
        "cat": event.category,
        "ts": (event.begin - origin) / 1000,
        "pid": process,
        "tid": event.thread,
    }
    if event.phase == "X":
        converted["dur"] = event.duration / 1000
    elif event.phase == "i":
        # The scope of the event is a thread.
        converted["s"] = "t"
    elif event.phase == "f":
        # The arrow ends at the slice around this moment, not at the next one.
        converted["bp"] = "e"
    if event.id:
        converted["id"] = event.id
    if event.arguments:
        converted["args"] = {name: _plain(value) for name, value in event.arguments.items()}
    return converted


def _plain(value: object) -> object:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
