"""The last step of the specification that the model executed before it gave a fact."""

import asyncio

from conformance.campaigns.case import Case
from conformance.differ.facts import Fact
from conformance.differ.interpreter import execute
from conformance.explain.programs import recording
from conformance.explain.recorder import Recorder
from conformance.explain.recording import anchor_for
from conformance.explain.step_map import SOURCE, Place, step_map
from conformance.interfaces import Provider


def last_step(program: Case, description: str, provider: Provider) -> str | None:
    """ANCHOR#STEP with its file and line, or None if the step of the program that gave the fact of that description has
    executed none until then.

    The program runs in this process.
    """
    recorder = Recorder(step_map(), has_clock=False)
    seen: list[tuple[int, str]] = []
    #: The number of events at the end of each step of the program.
    ends: dict[str, int] = {}
    step = description.partition(":")[0]

    def told(fact: Fact) -> None:
        ends[fact.description.partition(":")[0]] = len(recorder.events)
        if fact.description == description:
            # Static methods know no interface.
            seen.append((len(recorder.events), fact.operation.removeprefix("new ").partition(".")[0]))

    with recording(recorder):
        asyncio.run(execute(program, provider, told))
    if not seen:
        return None
    begin = max((end for name, end in ends.items() if _number(name) < _number(step)), default=0)
    frames = {frame.number: frame for frame in recorder.frames}
    for event in reversed(recorder.events[begin : seen[0][0]]):
        frame = frames[event.frame]
        if frame.kind == "algorithm":
            return _name_of(recorder.steps.places[event.place], frame.interface or seen[0][1])
    return None


def _number(step: str) -> int:
    """The number in "step 4"."""
    return int(step.split()[-1])


def _name_of(place: Place, interface: str) -> str:
    comment = place.comments[-1]
    anchor = comment.reference or anchor_for(place.function.anchors, interface)
    part = f":{place.function.part}" if place.function.part else ""
    path = place.module.path.relative_to(SOURCE.parent).as_posix()
    return f"{anchor}{part}#{comment.ranges[-1][1]} ({path}:{place.first})"
