"""Compares the facts of the parties: they are aligned by description, and the parties vote on each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from conformance.campaigns.case import Case, fields_of
from conformance.differ.facts import Fact, FactValue, is_same, kind_of_value
from conformance.differ.families import FAMILIES

#: The kinds of facts that show a state, or that change it. Attributes of outputs do not.
STATE: Final = frozenset({"life", "names", "number", "outcome", "state", "timestamps"})


def line_of(program: Case) -> str:
    """The program in a line, as ``--program`` takes it."""
    return json.dumps(fields_of(program))


class Signature(NamedTuple):
    """The common part of differences with the same cause: triage is by signature, not by seed."""

    family: str
    operation: str
    kind: str
    #: The kind of the value of each party.
    values: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        values = ", ".join(f"{party}: {value}" for party, value in self.values)
        return f"{self.family}, {self.operation}, {self.kind} ({values})"


@dataclass(frozen=True)
class Difference:
    """A fact on which the parties of a program differ. ``values`` are in the order of the parties."""

    program: Case
    fact: Fact
    values: Mapping[str, FactValue]

    @property
    def signature(self) -> Signature:
        kinds = tuple((party, kind_of_value(value)) for party, value in self.values.items())
        return Signature(self.program.kind, self.fact.operation, self.fact.kind, kinds)

    @property
    def groups(self) -> list[list[str]]:
        """The parties that agree with each other, the largest group first."""
        groups: list[list[str]] = []
        for party, value in self.values.items():
            for group in groups:
                if is_same(self.fact.kind, self.values[group[0]], value):
                    group.append(party)
                    break
            else:
                groups.append([party])
        return sorted(groups, key=lambda group: -len(group))

    def vote(self) -> str:
        """The values, with the parties that have them; majority and minority if there are such."""
        groups = self.groups
        has_majority = len(groups[0]) > len(groups[1])
        words = ["majority" if has_majority else "", *["minority" if has_majority else ""] * (len(groups) - 1)]
        return "; ".join(
            f"{', '.join(group)}{f' ({word})' if word else ''}: {_shown(self.values[group[0]])}"
            for group, word in zip(groups, words, strict=True)
        )


def _shown(value: FactValue) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:117]}…"


@dataclass(frozen=True)
class Comparison:
    """The facts of one program that all parties have, and those on which they differ."""

    facts: int
    differences: Sequence[Difference]


def compare(program: Case, facts: Mapping[str, Sequence[Fact]]) -> Comparison:
    """Compare what the parties have found. A fact that one of them lacks follows from another difference.

    In a family with state nothing counts after the first difference that may have left the parties in different states.
    """
    by_description = {party: {fact.description: fact for fact in found} for party, found in facts.items()}
    lost = [fact for found in facts.values() for fact in found if fact.kind == "life"]
    if lost:
        # A party that is gone says nothing else.
        values: dict[str, FactValue] = {
            party: next((fact.value for fact in found if fact.kind == "life"), "lives")
            for party, found in facts.items()
        }
        return Comparison(1, [Difference(program, lost[0], values)])
    first, *others = by_description.values()
    common = [fact for name, fact in first.items() if all(name in other for other in others)]
    differences: list[Difference] = []
    for fact in common:
        values = {party: found[fact.description].value for party, found in by_description.items()}
        mine, *theirs = values.values()
        if all(is_same(fact.kind, mine, value) for value in theirs):
            continue
        difference = Difference(program, fact, values)
        if all(known.signature != difference.signature for known in differences):
            differences.append(difference)
        if FAMILIES[program.kind].has_state and fact.kind in STATE:
            break
    return Comparison(len(common), differences)
