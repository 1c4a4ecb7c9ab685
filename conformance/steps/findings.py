"""The findings in other implementations, and the steps from which these depart."""

import shlex
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, TypedDict, cast

_FILE: Final = "findings.toml"


class _Table(TypedDict, total=False):
    implementation: str
    finding: str
    spec: str
    steps: list[str]
    pattern: str
    program: str
    deviation: str
    random_program: str


@dataclass(frozen=True)
class Finding:
    """A behaviour of an implementation that the specification does not have.

    ``steps`` are references to steps or definitions. ``pattern`` filters the scenarios that show the finding, or
    ``program`` is a program of litmus tests, and ``deviation`` names it, or ``random_program`` is one of the command
    differ. ``spec`` is what the specification asks for, in a few words, or empty if the step says it all.
    """

    implementation: str
    words: str
    spec: str
    steps: Sequence[str]
    pattern: str
    program: str
    deviation: str
    random_program: str

    @property
    def command(self) -> str:
        """The command that repeats the finding."""
        target = self.implementation.split()[0].lower()
        if self.pattern:
            return f"python -m conformance --target {target} --filter {shlex.quote(self.pattern)}"
        command, program = ("litmus", self.program) if self.program else ("differ", self.random_program)
        return f"python -m conformance {command} --target {target} --program {shlex.quote(program)}"


@cache
def findings() -> Sequence[Finding]:
    """All of them, in the order of the file."""
    text = files("conformance.steps").joinpath(_FILE).read_text(encoding="utf-8")
    return [
        Finding(
            table["implementation"],
            table["finding"],
            table.get("spec", ""),
            tuple(table["steps"]),
            table.get("pattern", ""),
            table.get("program", ""),
            table.get("deviation", ""),
            table.get("random_program", ""),
        )
        for table in cast("list[_Table]", tomllib.loads(text)["finding"])
    ]


def findings_by_step() -> Mapping[str, Sequence[Finding]]:
    """The findings about each reference."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings():
        for step in finding.steps:
            found[step].append(finding)
    return found
