"""Runs scenarios under coverage.py. Each has a context of its own, on the thread of the event loop and on all
others.
"""

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

# Contexts that change while the program runs need a tracer; the one written in C is the fast one.
os.environ.setdefault("COVERAGE_CORE", "ctrace")

import coverage

from conformance.steps.checker import Report
from conformance.steps.extents import extents
from conformance.steps.source import Module
from conformance.suite.results import GroupResult, Result
from conformance.suite.runner import Group, Observer, run
from conformance.suite.scenario import Scenario

#: "partly" means that some line of the step was never executed, usually because a condition never held.
Status: TypeAlias = Literal["executed", "partly", "never"]
_NO_SCENARIO: Final = ""


@dataclass(frozen=True)
class Execution:
    """How the lines of a step were executed, in one of the places that implement it."""

    status: Status
    lines: tuple[int, ...]
    missing: tuple[int, ...]
    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class MeasuredStep:
    """A step, the place that implements it, and its execution; no execution if there is no code."""

    reference: str
    part: str
    step: str
    path: Path
    line: int
    function: str
    reason: str | None
    execution: Execution | None


def status_of(places: Sequence[MeasuredStep]) -> Status | None:
    """The best status of the places that implement a step. None if the step has no code."""
    statuses = {place.execution.status for place in places if place.execution is not None}
    for status in ("executed", "partly", "never"):
        if status in statuses:
            return status
    return None


def by_step(measured: Sequence[MeasuredStep]) -> dict[tuple[str, str, str], list[MeasuredStep]]:
    """The places of each step."""
    steps: dict[tuple[str, str, str], list[MeasuredStep]] = defaultdict(list)
    for place in measured:
        steps[place.reference, place.part, place.step].append(place)
    return steps


def name_of(step: MeasuredStep) -> str:
    """The reference to a step: ``anchor:message#4.2``."""
    return f"{step.reference}{f':{step.part}' if step.part else ''}#{step.step}"


class Measurement:
    """The lines of a package that scenarios execute."""

    def __init__(self, source: Path) -> None:
        self._coverage: Final = coverage.Coverage(
            data_file=None, source=[str(source)], config_file=False, concurrency="thread", messages=False
        )

    def run(self, groups: Sequence[Group], observer: Observer) -> list[GroupResult]:
        """Run scenarios, measured."""
        self._coverage.start()
        try:
            return run(groups, _ContextSwitch(self._coverage, observer))
        finally:
            self._coverage.stop()

    def steps(self, modules: Sequence[Module], report: Report) -> list[MeasuredStep]:
        """How each step that ``report`` found in ``modules`` was executed, in the order of the index."""
        executions: dict[tuple[Path, int], Execution] = {}
        for module in modules:
            if module.functions:
                executions.update(self._of_module(module))
        return [
            MeasuredStep(
                *key, place.path, place.line, place.function, place.reason, executions.get((place.path, place.line))
            )
            for key, places in report.steps.items()
            for place in places
        ]

    def _of_module(self, module: Module) -> dict[tuple[Path, int], Execution]:
        file_name = str(module.path)
        try:
            _, statements, _, missing, _ = self._coverage.analysis2(file_name)
        except coverage.exceptions.CoverageException:
            # Never imported.
            statements, missing = [], []
        contexts = self._coverage.get_data().contexts_by_lineno(file_name)
        executions: dict[tuple[Path, int], Execution] = {}
        for line, lines in extents(module).items():
            if not lines:
                continue
            # A line inside a statement of several lines counts as the first line of that statement.
            within = {_statement(inner, statements, module) for inner in lines}
            absent = within & set(missing) if statements else within
            scenarios = {context for inner in within for context in contexts.get(inner, [])} - {_NO_SCENARIO}
            status: Status = "executed" if not absent else "partly" if absent < within else "never"
            executions[module.path, line] = Execution(
                status, tuple(sorted(within)), tuple(sorted(absent)), tuple(sorted(scenarios))
            )
        return executions


def _statement(line: int, statements: Sequence[int], module: Module) -> int:
    if line in module.clause_lines:
        return min((first for first in statements if first > line), default=line)
    return max((first for first in statements if first <= line), default=line)


class _ContextSwitch:
    """Tells coverage.py which scenario is running."""

    def __init__(self, measured: coverage.Coverage, observer: Observer) -> None:
        self._coverage = measured
        self._observer = observer

    def scenario_started(self, scenario: Scenario) -> None:
        self._observer.scenario_started(scenario)
        self._coverage.switch_context(scenario.id)

    def scenario_finished(self, scenario: Scenario, result: Result) -> None:
        self._coverage.switch_context(_NO_SCENARIO)
        self._observer.scenario_finished(scenario, result)

    def group_finished(self, result: GroupResult) -> None:
        self._observer.group_finished(result)
