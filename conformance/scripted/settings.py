"""The settings of scenarios on a scripted codec: either kind of decoder, at either extreme of schedules."""

from functools import partial
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

from conformance.scripted.observed_decoder import Kind
from conformance.scripted.scheduler import Policy, tasks_first, work_first
from conformance.scripted.scripted_codec import UNLIMITED
from conformance.scripted.stage import Stage
from conformance.suite.harness import Variant

T = TypeVar("T")

Order: TypeAlias = Literal["tasks-first", "work-first"]


class Setting(NamedTuple):
    """A kind of decoder, and the side that goes first: tasks (a slow codec) or work (a fast one)."""

    kind: Kind
    order: Order

    @property
    def policy(self) -> Policy:
        return tasks_first if self.order == "tasks-first" else work_first

    def stage(self, capacity: int = UNLIMITED) -> Stage:
        """A stage for this kind of decoder. ``capacity`` requests saturate the codec."""
        return Stage(self.kind, capacity=capacity)

    def either(self, *, tasks_first: T, work_first: T) -> T:
        """The expectation for this setting's schedule."""
        return tasks_first if self.order == "tasks-first" else work_first


def _variant(kind: Kind, order: Order) -> Variant[Setting]:
    return Variant(f"{kind},{order}", partial(Setting, kind, order))


#: Audio and video, tasks first and work first.
SETTINGS: Final = [
    _variant("audio", "tasks-first"),
    _variant("audio", "work-first"),
    _variant("video", "tasks-first"),
    _variant("video", "work-first"),
]

#: Audio and video, for scenarios that have a schedule of their own.
KINDS: Final[list[Variant[Kind]]] = [Variant("audio", lambda: "audio"), Variant("video", lambda: "video")]


def of_decoders(*references: str) -> list[str]:
    """References to the spec. ``{}`` stands for audiodecoder and for videodecoder."""
    interfaces = ("audiodecoder", "videodecoder")
    return [
        reference.format(interface)
        for reference in references
        for interface in (interfaces if "{}" in reference else interfaces[:1])
    ]
