"""Steps that have code which no scenario can execute, with the reason for each.

``steps coverage`` reports them apart. It is an error if one of them is executed, or is no step.
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


#: The kinds of result that a step can have, and the words for them.
KINDS: Final[Mapping[str, str]] = {
    "executed": "executed",
    "partly": "partly executed",
    "never": "never executed",
    "unreachable": "unreachable",
    "n/a": "not applicable",
}


def kind_of(places: Sequence[MeasuredStep], unreachable: Mapping[str, str] = UNREACHABLE) -> str:
    """The status of a step: "unreachable" if it is listed as such and not executed, "n/a" if it has no code."""
    status = status_of(places)
    if status in ("never", "partly") and name_of(places[0]) in unreachable:
        return "unreachable"
    return status or "n/a"


def unexplained(measured: Sequence[MeasuredStep], unreachable: Mapping[str, str] = UNREACHABLE) -> list[MeasuredStep]:
    """One place of each step that is not executed to its last line and not listed."""
    return [
        places[0]
        for places in by_step(measured).values()
        if status_of(places) in ("never", "partly") and name_of(places[0]) not in unreachable
    ]


def contradictions(measured: Sequence[MeasuredStep], unreachable: Mapping[str, str] = UNREACHABLE) -> Iterator[str]:
    """The mistakes in the list."""
    steps = {name_of(places[0]): status_of(places) for places in by_step(measured).values()}
    for name in unreachable:
        if name not in steps:
            yield f"{name} is listed as unreachable, but is no step that has its comment"
        elif steps[name] is None:
            yield f"{name} is listed as unreachable, but has no code"
        elif steps[name] == "executed":
            yield f"{name} is listed as unreachable, but is executed"
