"""Reads a trace that ``Timeline.write()`` has written: the parts that a picture of it needs."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from codecmodel.files.errors import MediaFileError

_MICROSECONDS: Final = 1000.0


class Slice(NamedTuple):
    """An activity of a thread from ``begin`` to ``end`` (ms). ``depth`` other activities contain it."""

    category: str
    name: str
    begin: float
    end: float
    depth: int


class Span(NamedTuple):
    """A state that lasted from ``begin`` to ``end`` (ms)."""

    category: str
    name: str
    begin: float
    end: float


class Arrow(NamedTuple):
    """An arrow from a thread at one time to a thread at another (ms)."""

    from_thread: int
    begin: float
    to_thread: int
    end: float


@dataclass
class Trace:
    """The events by thread and by name. A counter is a list of steps: a time (ms), and the value from then on."""

    thread_names: dict[int, str] = field(default_factory=dict)
    slices: dict[int, list[Slice]] = field(default_factory=lambda: defaultdict(list))
    instants: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    spans: dict[str, list[Span]] = field(default_factory=lambda: defaultdict(list))
    counters: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    arrows: list[Arrow] = field(default_factory=list)
    end: float = 0.0


def read_trace(path: Path) -> Trace:
    """Read a trace. Raises MediaFileError if the file cannot be read or is no trace of this program."""
    try:
        document: object = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise TypeError("not an object")
        return _trace(document["traceEvents"])
    except OSError as error:
        raise MediaFileError(f"{path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MediaFileError(f"{path}: not a trace that codecmodel has written ({error!r})") from error


def _trace(events: Iterable[Mapping[str, object]]) -> Trace:
    trace = Trace()
    begun: dict[object, Span] = {}
    left: dict[object, tuple[int, float]] = {}
    open_ends: dict[int, list[float]] = defaultdict(list)
    for event in events:
        phase, thread, time = event["ph"], int(str(event["tid"])), float(str(event["ts"])) / _MICROSECONDS
        category, name = str(event.get("cat")), str(event["name"])
        arguments = event.get("args")
        trace.end = max(trace.end, time)
        if phase == "M" and name == "thread_name" and isinstance(arguments, dict):
            trace.thread_names[thread] = str(arguments["name"])
        elif phase == "X":
            end = time + float(str(event["dur"])) / _MICROSECONDS
            trace.end = max(trace.end, end)
            # Events are in order of time, so activities that have not ended contain this one.
            open_ends[thread] = [other for other in open_ends[thread] if other > time]
            trace.slices[thread].append(Slice(category, name, time, end, len(open_ends[thread])))
            open_ends[thread].append(end)
        elif phase == "i":
            trace.instants[thread].append(time)
        elif phase == "b":
            begun[event["id"]] = Span(category, name, time, time)
        elif phase == "e":
            span = begun.pop(event["id"])
            trace.spans[span.name].append(span._replace(end=time))
        elif phase == "C" and isinstance(arguments, dict):
            trace.counters[name].append((time, float(arguments["value"])))
        elif phase == "s":
            left[event["id"]] = (thread, time)
        elif phase == "f" and event["id"] in left:
            trace.arrows.append(Arrow(*left.pop(event["id"]), thread, time))
    return trace


def lanes(spans: Sequence[Span]) -> list[list[Span]]:
    """The spans in lanes: spans that overlap are in different lanes."""
    rows: list[list[Span]] = []
    for span in sorted(spans, key=lambda span: span.begin):
        row = next((row for row in rows if row[-1].end <= span.begin), None)
        if row is None:
            rows.append([span])
        else:
            row.append(span)
    return rows
