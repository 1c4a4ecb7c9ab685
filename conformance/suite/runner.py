"""Runs scenarios, group by group, and tells an observer how it goes."""

import importlib
import pkgutil
import re
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from types import ModuleType
from typing import Protocol, TypeAlias

from conformance.suite.execution import SetupError, run_scenario
from conformance.suite.harness import SCENARIOS
from conformance.suite.results import GroupResult, HarnessStatus, Result, Status
from conformance.suite.scenario import Scenario, chapter_of

#: Runs a scenario. Raises SetupError if it could not be prepared.
Execute: TypeAlias = Callable[[Scenario], Result]


class Observer(Protocol):
    """Receives a report of each event, at once."""

    def scenario_started(self, scenario: Scenario) -> None: ...

    def scenario_finished(self, scenario: Scenario, result: Result) -> None: ...

    def group_finished(self, result: GroupResult) -> None: ...


@dataclass
class Group:
    """The scenarios of one module under one variant.

    ``chapter`` is the chapter of the spec. If the module is broken, the group has no scenarios, and ``error`` says why.
    """

    test: str
    chapter: str
    scenarios: list[Scenario] = field(default_factory=list)
    error: str | None = None


def natural_order(text: str) -> list[int | str]:
    """A sort key under which chapter_10 follows chapter_9."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


def collect(package: ModuleType) -> list[Group]:
    """Import every module of scenarios in ``package``. Returns their groups, in the order of the chapters."""
    modules = sorted((module.name for module in pkgutil.iter_modules(package.__path__)), key=natural_order)
    groups: list[Group] = []
    for module in modules:
        name = f"{package.__name__}.{module}"
        try:
            importlib.import_module(name)
        except Exception as exception:
            SCENARIOS.forget_module(module)
            error = "".join(traceback.format_exception(exception)).rstrip()
            groups.append(Group(f"/{module}", chapter_of(module), error=error))
        else:
            groups += grouped(SCENARIOS.of_module(module), chapter_of(module))
    return groups


def grouped(scenarios: Iterable[Scenario], chapter: str) -> list[Group]:
    """The scenarios of a module, by variant, in the order in which the variants first occur."""
    groups: dict[str, Group] = {}
    for scenario in scenarios:
        groups.setdefault(scenario.test, Group(scenario.test, chapter)).scenarios.append(scenario)
    return list(groups.values())


def selected(groups: Iterable[Group], matches: Callable[[Scenario], bool]) -> list[Group]:
    """The groups and scenarios that match. A broken module always matches."""
    kept = [
        Group(group.test, group.chapter, [scenario for scenario in group.scenarios if matches(scenario)], group.error)
        for group in groups
    ]
    return [group for group in kept if group.scenarios or group.error is not None]


def run(groups: Sequence[Group], observer: Observer, execute: Execute = run_scenario) -> list[GroupResult]:
    """Run the scenarios of the groups by ``execute``, in order. After an interrupt, those that are left are NOTRUN."""
    runner = _Runner(observer, execute)
    return [runner.run(group) for group in groups]


class _Runner:
    def __init__(self, observer: Observer, execute: Execute) -> None:
        self._observer = observer
        self._execute = execute
        self._interrupted = False

    def run(self, group: Group) -> GroupResult:
        start = perf_counter()
        # The first error of the harness (not of a scenario), and the one that keeps the group's scenarios from running.
        error = group.error
        obstacle: str | None = None
        results: list[Result] = []
        for scenario in group.scenarios:
            self._observer.scenario_started(scenario)
            if self._interrupted:
                obstacle = error = "Interrupted"
            if obstacle is None:
                try:
                    result = self._execute(scenario)
                    error = error or result.cleanup_failure
                except SetupError as failure:
                    obstacle = error = str(failure)
                except KeyboardInterrupt:
                    self._interrupted = True
                    obstacle = error = "Interrupted"
            if obstacle is not None:
                result = Result(scenario.id, scenario.name, scenario.shows, Status.NOTRUN, obstacle)
            results.append(result)
            self._observer.scenario_finished(scenario, result)
        status = HarnessStatus.OK
        if error is not None:
            status = HarnessStatus.ERROR
        elif results and all(result.status is Status.PRECONDITION_FAILED for result in results):
            status, error = HarnessStatus.PRECONDITION_FAILED, results[0].message
        group_result = GroupResult(group.test, group.chapter, status, error, results, perf_counter() - start)
        self._observer.group_finished(group_result)
        return group_result
