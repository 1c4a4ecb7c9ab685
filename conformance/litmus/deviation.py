"""A deviation: a freedom that an implementation takes beyond the specification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import NamedTuple, cast

from conformance.litmus.subjects import Family, Interface, family_of


class Replacement(NamedTuple):
    """Other text in the source of a function: pairs of old and new."""

    of: FunctionType
    texts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Deviation:
    """A freedom of an implementation.

    ``steps`` are those of the specification from which it departs, as ANCHOR#STEP or ANCHOR:PART#STEP, for each family
    of interfaces that may show it; or empty, if it has nothing to do with any step. A deviation without replacements is
    one of the codec's or of the comparison's, which knows it by its name. Loose ones are tried after all others.
    """

    name: str
    steps: Mapping[Family, str]
    meaning: str
    is_silent: bool = False
    is_loose: bool = False
    replacements: Sequence[Replacement] = ()

    def step_of(self, interface: Interface) -> str:
        """The step from which an object of an interface departs."""
        step = self.steps[family_of(interface)]
        return step.replace("video", "audio") if interface.startswith("Audio") else step


def asks(subject: str) -> str:
    """The expression that asks whether to deviate now."""
    return f'{subject}._platform.decides.decide(("no", "yes")) == "yes"'


def replacing(function: object, *texts: tuple[str, str]) -> Replacement:
    """A replacement in a function, which is one for Python, but not for every type checker."""
    return Replacement(cast("FunctionType", function), texts)
