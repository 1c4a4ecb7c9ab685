"""The steps that are executed, the scenarios that execute them, and the threads."""

import asyncio
import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("coverage")

from codecmodel.algorithm import ALGORITHMS
from conformance.steps.checker import Report, check
from conformance.steps.coverage_html import write_html
from conformance.steps.coverage_report import console_lines, write_json
from conformance.steps.measure import MeasuredStep, Measurement, name_of
from conformance.steps.model import Index
from conformance.steps.source import Module, read_modules
from conformance.steps.spec_reader import read_spec
from conformance.steps.unreachable import contradictions, unexplained
from conformance.suite.context import Test
from conformance.suite.results import GroupResult, Result
from conformance.suite.runner import Group
from conformance.suite.scenario import Scenario

SPEC = "<h2 data-level=4>4.</h2><p><dfn id=brew>Brew</dfn>:<ol><li>a<ol><li>b<li>c</ol><li>d<li>e<li>f</ol>"
SOURCE = """
from codecmodel.algorithm import algorithm


@algorithm("brew")
def brew(strong, later):
    def work():
        # 1.1.
        done = strong
        # 1.2.
        if strong:
            done = True

    # 1.
    later(work)

    def unused():
        return 3

    # 2. A strong one
    if strong:
        return 1
    # 3. or not.
    else:
        result = (
            0
        )
    # 4. n/a: nothing is left.
    return result
"""


class Silent:
    def scenario_started(self, scenario: Scenario) -> None: ...

    def scenario_finished(self, scenario: Scenario, result: Result) -> None: ...

    def group_finished(self, result: GroupResult) -> None: ...


@pytest.fixture
def package(tmp_path: Path) -> Iterator[tuple[Path, ModuleType]]:
    folder = tmp_path / "brewery"
    folder.mkdir()
    path = folder / "pot.py"
    path.write_text(SOURCE, encoding="utf-8")
    specification = importlib.util.spec_from_file_location("pot_of_a_test", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[module.__name__] = module
    specification.loader.exec_module(module)
    yield folder, module
    del sys.modules[module.__name__]
    del ALGORITHMS["brew"]


def in_a_thread(work: object) -> None:
    assert callable(work)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def scenario(name: str, module: ModuleType, strong: bool) -> Scenario:
    async def body(t: Test) -> None:
        await asyncio.sleep(0)
        module.brew(strong, in_a_thread)

    return Scenario("pots", name, name, ("brew",), None, None, lambda: body)


def measure(
    folder: Path, scenarios: list[Scenario]
) -> tuple[list[MeasuredStep], Report, Index, list[Module], list[GroupResult]]:
    index = Index()
    read_spec(SPEC, "webcodecs", index)
    modules = read_modules(folder)
    report = check(index, modules, ())
    assert report.problems == []
    measurement = Measurement(folder)
    results = measurement.run([Group("/pots", "4", scenarios)], Silent())
    assert [result.failed for result in results] == [False]
    return measurement.steps(modules, report), report, index, modules, results


def test_steps_are_executed_by_scenarios_on_all_threads(package: tuple[Path, ModuleType]) -> None:
    folder, module = package
    measured, *_ = measure(folder, [scenario("weak", module, False), scenario("strong", module, True)])
    found = {
        step.step: (step.execution.status, step.execution.scenarios, step.execution.missing)
        for step in measured
        if step.execution is not None
    }
    both = ("pots.strong", "pots.weak")
    assert found == {
        "1": ("executed", both, ()),
        "1.1": ("executed", both, ()),
        "1.2": ("executed", both, ()),
        "2": ("executed", both, ()),
        "3": ("executed", ("pots.weak",), ()),
    }
    assert [step.reason for step in measured if step.execution is None] == ["nothing is left."]


def test_what_is_not_executed_is_named_with_its_lines(package: tuple[Path, ModuleType]) -> None:
    folder, module = package
    measured, report, index, *_ = measure(folder, [scenario("weak", module, False)])
    lines = [line.replace(f"{folder}/", "") for line in console_lines(measured, index)]
    assert lines == [
        "4 VideoDecoder: 3 executed, 2 partly executed, 0 never executed, 0 unreachable, 1 not applicable",
        "partly: brew#1.2  pot.py:10 (brew), lines 12",
        "partly: brew#2  pot.py:20 (brew), lines 22",
        "All: 3 executed, 2 partly executed, 0 never executed, 0 unreachable, 1 not applicable",
    ]
    assert len(report.steps) == 6


def test_a_step_that_no_scenario_reaches(package: tuple[Path, ModuleType]) -> None:
    folder, module = package
    measured, *_ = measure(folder, [scenario("strong", module, True)])
    statuses = {step.step: step.execution.status for step in measured if step.execution is not None}
    assert statuses == {"1": "executed", "1.1": "executed", "1.2": "executed", "2": "executed", "3": "never"}


def test_steps_that_cannot_be_reached_are_listed_with_the_reason(package: tuple[Path, ModuleType]) -> None:
    folder, module = package
    measured, _, index, *_ = measure(folder, [scenario("strong", module, True)])
    assert [name_of(step) for step in unexplained(measured, {})] == ["brew#3"]
    listed = {"brew#3": "nobody likes it weak"}
    assert unexplained(measured, listed) == []
    assert list(contradictions(measured, listed)) == []
    assert list(console_lines(measured, index, listed)) == [
        "4 VideoDecoder: 4 executed, 0 partly executed, 0 never executed, 1 unreachable, 1 not applicable",
        "unreachable: brew#3: nobody likes it weak",
        "All: 4 executed, 0 partly executed, 0 never executed, 1 unreachable, 1 not applicable",
    ]
    assert list(contradictions(measured, {"brew#1": "", "brew#4": "", "brew#5": ""})) == [
        "brew#1 is listed as unreachable, but is executed",
        "brew#4 is listed as unreachable, but has no code",
        "brew#5 is listed as unreachable, but is no step that has its comment",
    ]


def test_the_reports_name_steps_and_scenarios(package: tuple[Path, ModuleType], tmp_path: Path) -> None:
    folder, module = package
    measured, report, *_ = measure(folder, [scenario("weak", module, False), scenario("strong", module, True)])
    write_json(tmp_path / "steps.json", measured, report, tmp_path)
    content = json.loads((tmp_path / "steps.json").read_text(encoding="utf-8"))
    assert content["summary"] == {"executed": 5, "n/a": 1}
    assert content["scenarios"] == ["pots.strong", "pots.weak"]
    third = next(step for step in content["steps"] if step["step"] == "brew#3")
    assert third == {
        "step": "brew#3",
        "status": "executed",
        "places": [
            {
                "file": "brewery/pot.py",
                "line": 23,
                "function": "brew",
                "reason": None,
                "missing_lines": [],
                "scenarios": [1],
            }
        ],
    }
    pytest.importorskip("jinja2", reason="Jinja, which fills in the pages, is not installed")
    write_html(tmp_path / "pages", measured, tmp_path)
    pages = {path.name: unescape(path.read_text(encoding="utf-8")) for path in (tmp_path / "pages").iterdir()}
    assert set(pages) == {"index.html", "algorithm.brew.html", "brewery.pot.html"}
    # From the index to the algorithm, from a step to its line, and from the line to the step.
    assert '<a href="algorithm.brew.html">' in pages["index.html"]
    assert '<a href="brewery.pot.html">brewery/pot.py</a>' in pages["index.html"]
    algorithm = pages["algorithm.brew.html"]
    assert '<a href="https://w3c.github.io/webcodecs/#brew">brew</a>' in algorithm
    step = algorithm.partition('<tr id="3">')[2].partition("</tr>")[0]
    assert '<a href="brewery.pot.html#L23">brewery/pot.py:23</a>' in step
    assert "executed" in step
    assert "<summary>1 scenario</summary><ul><li>pots.weak</li></ul>" in step
    assert "not applicable" in algorithm.partition('<tr id="4">')[2]
    line = pages["brewery.pot.html"].partition('<tr id="L23"')[2].partition("</tr>")[0]
    assert '<a href="algorithm.brew.html#3">brew#3</a> <span class="good">executed</span>' in line
    assert {name_of(step) for step in measured} == {"brew#1", "brew#1.1", "brew#1.2", "brew#2", "brew#3", "brew#4"}
