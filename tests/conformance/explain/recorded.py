"""Recordings, as tests look at them."""

from collections.abc import Iterator
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
