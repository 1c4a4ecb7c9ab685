"""Steps that have code which no scenario can execute, and why not.

``steps coverage`` reports them apart. One that is executed after all, or is no step, is an error.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from conformance.steps.measure import MeasuredStep, by_step, name_of, status_of

#: By reference.
UNREACHABLE: Final[Mapping[str, str]] = {
    "validate-videoframeinit#2": "no frame, and no image that passes the check for usability, has a coded size of 0",
    "videoframe-initialize-visible-rect-orientation-and-display-size#2.1": (
        "its callers have refused such a rectangle by Validate VideoFrameInit, step 1.3"
    ),
}


#: What became of a step: what there is, and in words.
KINDS: Final[Mapping[str, str]] = {
    "executed": "executed",
    "partly": "partly executed",
    "never": "never executed",
    "unreachable": "unreachable",
    "n/a": "not applicable",
}


def kind_of(places: Sequence[MeasuredStep], unreachable: Mapping[str, str] = UNREACHABLE) -> str:
    """A step's status, "unreachable" if it is listed as that and not executed, "n/a" if it has no code."""
    status = status_of(places)
    if status in ("never", "partly") and name_of(places[0]) in unreachable:
        return "unreachable"
    return status or "n/a"


def unexplained(measured: Sequence[MeasuredStep], unreachable: Mapping[str, str] = UNREACHABLE) -> list[MeasuredStep]:
    """Steps that are not executed to the last line, and not listed: a place of each."""
    return [
        places[0]
        for places in by_step(measured).values()
        if status_of(places) in ("never", "partly") and name_of(places[0]) not in unreachable
    ]


def contradictions(measured: Sequence[MeasuredStep], unreachable: Mapping[str, str] = UNREACHABLE) -> Iterator[str]:
    """What is wrong with the list."""
    steps = {name_of(places[0]): status_of(places) for places in by_step(measured).values()}
    for name in unreachable:
        if name not in steps:
            yield f"{name} is listed as unreachable, but is no step that has its comment"
        elif steps[name] is None:
            yield f"{name} is listed as unreachable, but has no code"
        elif steps[name] == "executed":
            yield f"{name} is listed as unreachable, but is executed"
