"""A recording in the Trace Event format that Perfetto opens: tasks, work, algorithms and steps are nested slices."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias, cast

from conformance.explain.recording import KINDS, Recording

_Event: TypeAlias = dict[str, object]
_PROCESS: Final = 1
#: Without a clock, each event lasts as long as this (µs).
_TICK: Final = 10


def write_trace(recording: Recording, path: Path) -> None:
    """Write the trace, with one event on each line. Raises OSError."""
    lines = ",\n".join(json.dumps(event, ensure_ascii=False) for event in trace_events(recording))
    path.write_text(f'{{"displayTimeUnit": "ms", "traceEvents": [\n{lines}\n]}}\n', encoding="utf-8")


def trace_events(recording: Recording) -> list[_Event]:
    """The events of the trace, in order of time."""
    return [
        *_threads(recording),
        *sorted(_events(recording), key=lambda event: (cast("int", event["ts"]), event["ph"] != "X")),
    ]


def _threads(recording: Recording) -> Iterator[_Event]:
    codecs = cast("list[tuple[str, list[str]]]", recording.document["codecs"])
    names = ["event loop", "in parallel", *(f"work queue of {name} {n}" for n, (name, _) in enumerate(codecs, 1))]
    for lane, name in enumerate(names):
        yield {"ph": "M", "name": "thread_name", "pid": _PROCESS, "tid": lane, "ts": 0, "args": {"name": name}}


def _events(recording: Recording) -> Iterator[_Event]:
    document = recording.document
    frames = cast("list[list[int]]", document["frames"])
    of_event = cast("list[int]", document["f"])
    places = cast("list[int]", document["p"])
    names = cast("list[str]", document["names"])
    operations = cast("dict[str, list[list[object]]]", document["ops"])
    items = cast("list[list[object]]", document["items"])
    codecs = cast("list[tuple[str, list[str]]]", document["codecs"])
    times = _times(recording)
    ends = [*times[1:], times[-1] + _TICK if times else 0]
    last: dict[int, int] = {}
    # A frame lasts as long as its events and those of the frames that it called.
    for number in range(len(of_event) - 1, -1, -1):
        frame = of_event[number]
        while frame >= 0 and frame not in last:
            last[frame] = number
            parent = frames[frame][2]
            frame = of_event[parent] if parent >= 0 else -1
    begun: set[int] = set()
    for number, frame in enumerate(of_event):
        kind, name, _, item, lane, _, codec = frames[frame]
        begin, end = times[number], ends[number]
        base: _Event = {"pid": _PROCESS, "tid": lane, "ts": begin}
        step = _step(recording, KINDS[kind], places[number])
        if frame not in begun:
            begun.add(frame)
            title = _title(recording, KINDS[kind], places[number], names[name])
            whole = max(ends[last[frame]] - begin, 1)
            yield {"ph": "X", "name": title, "cat": KINDS[kind], "dur": whole, **base, "args": _of_codec(codec, codecs)}
            if item >= 0 and cast("int", items[item][2]) >= 0:
                cause = cast("int", items[item][2])
                flow = {"cat": "cause", "name": str(items[item][1]), "id": frame + 1, "pid": _PROCESS}
                yield {"ph": "s", **flow, "tid": frames[of_event[cause]][4], "ts": times[cause]}
                yield {"ph": "f", "bp": "e", **flow, "tid": lane, "ts": begin}
        if step:
            yield {"ph": "X", "name": step, "cat": "step", "dur": max(end - begin, 1), **base}
        for operation in operations.get(str(number), []):
            if operation[0] == "s":
                owner, slot, value = cast("tuple[int, int, object]", tuple(operation[1:]))
                slot_name = f"{codecs[owner][0]} {owner + 1}: {codecs[owner][1][slot]}"
                if isinstance(value, int):
                    yield {"ph": "C", "name": slot_name, "cat": "slot", **base, "args": {"value": int(value)}}
                else:
                    yield {"ph": "i", "s": "t", "name": f"{slot_name} = {value}", "cat": "slot", **base}


def _of_codec(codec: int, codecs: list[tuple[str, list[str]]]) -> dict[str, str]:
    return {"codec": f"{codecs[codec][0]} {codec + 1}"} if codec >= 0 else {}


def _times(recording: Recording) -> list[int]:
    differences = cast("list[int]", recording.document["t"])
    if not differences:
        return [_TICK * number for number in range(len(cast("list[int]", recording.document["f"])))]
    times: list[int] = []
    for difference in differences:
        times.append(difference + (times[-1] if times else 0))
    return times


def _title(recording: Recording, kind: str, place: int, name: str) -> str:
    if kind != "algorithm":
        return name or kind
    functions = cast("list[dict[str, str]]", recording.document["functions"])
    places = cast("list[tuple[int, list[int]]]", recording.document["places"])
    return functions[places[place][0]]["title"]


def _step(recording: Recording, kind: str, place: int) -> str:
    """The name of the slice of a step, or of a line of the program."""
    if kind == "program":
        lines = str(recording.document["program"]).splitlines()
        return f"line {place}: {lines[place - 1].strip() if place <= len(lines) else ''}"
    if kind != "algorithm":
        return ""
    functions = cast("list[dict[str, list[list[object]]]]", recording.document["functions"])
    function, rows = cast("list[tuple[int, list[int]]]", recording.document["places"])[place]
    described = functions[function]["rows"]
    numbers = ", ".join(str(described[row][0]) for row in rows)
    return f"{numbers}: {described[rows[0]][1]}" if rows else numbers
