"""Recordings, as tests look at them."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from conformance.explain.recording import ITEMS, KINDS, Recording


class Step(NamedTuple):
    """An event: the algorithm and the number of the step, or the kind of the frame and its line, BEGIN or END."""

    what: str
    number: str
    codec: int
    lane: int


def steps(recording: Recording) -> list[Step]:
    """All events."""
    document = recording.document
    functions = cast("list[dict[str, list[list[str]]]]", document["functions"])
    places = cast("list[tuple[int, list[int]]]", document["places"])
    frames = cast("list[list[int]]", document["frames"])
    found: list[Step] = []
    for frame, place in zip(cast("list[int]", document["f"]), cast("list[int]", document["p"]), strict=True):
        kind, _, _, _, lane, _, codec = frames[frame]
        if KINDS[kind] == "algorithm":
            function, rows = places[place]
            numbers = ", ".join(functions[function]["rows"][row][0] for row in rows)
            title = cast("str", functions[function]["title"])
            found.append(Step(title, numbers, codec, lane))
        else:
            found.append(Step(KINDS[kind], str(place), codec, lane))
    return found


def operations(recording: Recording) -> Iterator[tuple[int, list[object]]]:
    """The event and the operation of each change, in order."""
    for event, changes in cast("dict[str, list[list[object]]]", recording.document["ops"]).items():
        for operation in changes:
            yield int(event), operation


def slots(recording: Recording) -> dict[str, object]:
    """The slots at the end: "VideoDecoder 0 [[state]]" → value."""
    codecs = cast("list[tuple[str, list[str]]]", recording.document["codecs"])
    found: dict[str, object] = {}
    for _, operation in operations(recording):
        if operation[0] == "s":
            codec, slot, value = cast("tuple[int, int, object]", tuple(operation[1:]))
            found[f"{codecs[codec][0]} {codec} {codecs[codec][1][slot]}"] = value
    return found


def why(recording: Recording, event: int) -> list[str]:
    """The kinds and names of the items that led to an event, the last one first."""
    document = recording.document
    frames = cast("list[list[int]]", document["frames"])
    of_event = cast("list[int]", document["f"])
    items = cast("list[list[object]]", document["items"])
    chain: list[str] = []
    while event >= 0:
        item, frame = -1, of_event[event]
        while item < 0:
            item = frames[frame][3]
            if item < 0:
                if frames[frame][2] < 0:
                    return chain
                frame = of_event[frames[frame][2]]
        chain.append(f"{ITEMS[cast('int', items[item][0])]} {items[item][1]}")
        event = cast("int", items[item][2])
    return chain


def causes(recording: Recording, event: int) -> list[int]:
    """The events that queued or settled what led to an event, the last one first."""
    document = recording.document
    frames = cast("list[list[int]]", document["frames"])
    of_event = cast("list[int]", document["f"])
    items = cast("list[list[int]]", document["items"])
    chain: list[int] = []
    while True:
        around = reversed(stack(recording, event))
        caused = (items[frames[of_event[each]][3]][2] for each in around if frames[of_event[each]][3] >= 0)
        cause = next((cause for cause in caused if 0 <= cause < event), None)
        if cause is None:
            return chain
        chain.append(cause)
        event = cause


def stack(recording: Recording, event: int) -> list[int]:
    """The events that called each other, from the outermost to this one."""
    frames = cast("list[list[int]]", recording.document["frames"])
    of_event = cast("list[int]", recording.document["f"])
    events = [event]
    while (parent := frames[of_event[events[0]]][2]) >= 0:
        events.insert(0, parent)
    return events


@dataclass
class Machine:
    """The state after an event. Slots by codec and name; items by their numbers; the task that runs, if any."""

    slots: dict[int, dict[str, str]] = field(default_factory=dict)
    messages: list[int] = field(default_factory=list)
    work: list[int] = field(default_factory=list)
    at_work: list[int] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)
    running: list[int] = field(default_factory=list)
    promises: dict[int, str] = field(default_factory=dict)


def machines(recording: Recording) -> list[Machine]:
    """The state after each event."""
    codecs = cast("list[tuple[str, list[str]]]", recording.document["codecs"])
    items = cast("list[list[int]]", recording.document["items"])
    changes: dict[int, list[list[object]]] = {}
    for event, operation in operations(recording):
        changes.setdefault(event, []).append(operation)
    machine = Machine()
    found: list[Machine] = []
    for event in range(len(cast("list[int]", recording.document["f"]))):
        for operation in changes.get(event, []):
            _apply(machine, operation, codecs, items)
        found.append(deepcopy(machine))
    return found


def _apply(
    machine: Machine, operation: list[object], codecs: list[tuple[str, list[str]]], items: list[list[int]]
) -> None:
    kind = operation[0]
    number = operation[1] if len(operation) > 1 and isinstance(operation[1], int) else -1
    if kind == "c":
        machine.slots.setdefault(number, dict.fromkeys(codecs[number][1], "–"))
    elif kind == "s":
        _, codec, slot, value = cast("tuple[str, int, int, object]", tuple(operation))
        text = "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        machine.slots.setdefault(codec, dict.fromkeys(codecs[codec][1], "–"))[codecs[codec][1][slot]] = text
    elif kind == "m0":
        machine.messages = [item for item in machine.messages if items[item][3] != number]
    elif kind in ("m+", "w+", "t+"):
        {"m": machine.messages, "w": machine.work, "t": machine.tasks}[str(kind)[0]].append(number)
    elif kind == "m-":
        machine.messages.remove(number)
    elif kind == "w-":
        machine.work.remove(number)
        machine.at_work.append(number)
    elif kind == "w.":
        machine.at_work.remove(number)
    elif kind == "t-":
        machine.tasks.remove(number)
        machine.running = [number]
    elif kind == "t.":
        machine.running = []
    elif kind == "p+":
        machine.promises[number] = "pending"
    elif kind == "p" and number in machine.promises:
        machine.promises[number] = str(operation[2])
