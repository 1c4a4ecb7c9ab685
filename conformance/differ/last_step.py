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
    """ANCHOR#STEP with its file and line, or None if no step has been executed until the fact of that description.

    The program runs in this process.
    """
    recorder = Recorder(step_map(), has_clock=False)
    seen: list[tuple[int, str]] = []

    def told(fact: Fact) -> None:
        if fact.description == description:
            # Static methods know no interface.
            seen.append((len(recorder.events), fact.operation.removeprefix("new ").partition(".")[0]))

    with recording(recorder):
        asyncio.run(execute(program, provider, told))
    if not seen:
        return None
    frames = {frame.number: frame for frame in recorder.frames}
    for event in reversed(recorder.events[: seen[0][0]]):
        frame = frames[event.frame]
        if frame.kind == "algorithm":
            return _name_of(recorder.steps.places[event.place], frame.interface or seen[0][1])
    return None


def _name_of(place: Place, interface: str) -> str:
    comment = place.comments[-1]
    anchor = comment.reference or anchor_for(place.function.anchors, interface)
    part = f":{place.function.part}" if place.function.part else ""
    path = place.module.path.relative_to(SOURCE.parent).as_posix()
    return f"{anchor}{part}#{comment.ranges[-1][1]} ({path}:{place.first})"
