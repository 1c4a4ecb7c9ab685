"""Differences that are explained already, with the reason.

The file is TOML, a list of tables ``[[explained]]``:

- ``reason``: the reason, for a reader;
- ``spec``: the step of the specification from which the target departs, as ANCHOR#STEP; without it the specification
  leaves the matter open, or the difference is one of the environment;
- ``target``: the name of the target; ``versions``: the versions that are known to do so, which may have ``*``;
- ``families``, ``operations``, ``facts``: of the difference; each may have ``*``, and one that is left out matches all;
- ``model`` and ``values``: the kind of the model's value, and the kinds of the target's, which may have ``*``;
- ``steps``: parts of the line of the program's step, one of which is in it;
- ``programs``: parts of the line of the program, one of which is in it.

A difference is explained if each target whose value is not the model's has a table that matches.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, TypedDict, cast

from conformance.differ.comparison import Difference, line_of
from conformance.differ.facts import FactValue, is_same, kind_of_value
from conformance.differ.parties import Party
from conformance.differ.worker import MODEL

#: The explanations that are kept with the code.
EXPLANATIONS_FILE: Final = Path(__file__).parent / "explained.toml"


class ExplanationsError(Exception):
    """The file of explanations is not in its form."""


class _Table(TypedDict, total=False):
    reason: str
    spec: str
    target: str
    versions: list[str]
    families: list[str]
    operations: list[str]
    facts: list[str]
    model: list[str]
    values: list[str]
    steps: list[str]
    programs: list[str]


@dataclass(frozen=True, eq=False)
class Explanation:
    """One table of the file."""

    reason: str
    spec: str | None
    target: str
    versions: Sequence[str]
    families: Sequence[str]
    operations: Sequence[str]
    facts: Sequence[str]
    model: Sequence[str]
    values: Sequence[str]
    steps: Sequence[str]
    programs: Sequence[str]

    def matches(self, party: Party, difference: Difference) -> bool:
        """Whether this is why the target and the model differ."""
        fact = difference.fact
        return (
            self.target == party.name
            and _is_any(party.version, self.versions)
            and _is_any(difference.program.kind, self.families)
            and _is_any(fact.operation, self.operations)
            and _is_any(fact.kind, self.facts)
            and _is_any(kind_of_value(difference.values[MODEL]), self.model)
            and _is_any(kind_of_value(difference.values[party.name]), self.values)
            and _has_any(fact.step, self.steps)
            and _has_any(line_of(difference.program), self.programs)
        )


def _is_any(text: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(text, pattern) for pattern in patterns)


def _has_any(text: str, parts: Sequence[str]) -> bool:
    return not parts or any(part in text for part in parts)


def load(path: Path = EXPLANATIONS_FILE) -> list[Explanation]:
    """Read a file of explanations. Raises ExplanationsError."""
    try:
        tables = cast("list[_Table]", tomllib.loads(path.read_text(encoding="utf-8")).get("explained", []))
        return [_explanation(table) for table in tables]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExplanationsError(f"{path}: {error!r}") from None


def _explanation(table: _Table) -> Explanation:
    unknown = set(table) - set(_Table.__annotations__)
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} in the table with the reason {table['reason']!r}")
    return Explanation(
        table["reason"],
        table.get("spec"),
        table["target"],
        table.get("versions", []),
        table.get("families", []),
        table.get("operations", []),
        table.get("facts", []),
        table.get("model", []),
        table.get("values", []),
        table.get("steps", []),
        table.get("programs", []),
    )


def explained(
    difference: Difference, targets: Iterable[Party], explanations: Sequence[Explanation]
) -> list[Explanation] | None:
    """Why the targets differ from the model, or None if that is not known of one of them."""
    found: list[Explanation] = []
    of_model: FactValue = difference.values[MODEL]
    for party in targets:
        if is_same(difference.fact.kind, of_model, difference.values[party.name]):
            continue
        reason = next((each for each in explanations if each.matches(party, difference)), None)
        if reason is None:
            return None
        found.append(reason)
    return found
