"""``steps coverage`` runs the scenarios under measurement and reports the steps that they execute."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from conformance import scenarios
from conformance.pages import JinjaMissingError, require_jinja
from conformance.steps.checker import check
from conformance.steps.claims import CheckedClaims, check_claims, lines_for_scenarios
from conformance.steps.coverage_html import write_html
from conformance.steps.coverage_report import console_lines, write_json
from conformance.steps.index_file import load_index
from conformance.steps.measure import Measurement
from conformance.steps.source import read_modules
from conformance.steps.unexecuted_claims import unexcused, unused_excuses
from conformance.steps.unreachable import contradictions, unexplained
from conformance.suite.report import console as console_report
from conformance.suite.results import Status
from conformance.suite.runner import collect, selected
from conformance.suite.scenario import Scenario


def main(json_file: Path | None, html: Path | None, pattern: str, source: Path) -> int:
    """Returns the exit status: 1 if a scenario failed or the steps don't agree with the index.

    When all scenarios ran, it is 1 as well if a step that is not listed as unreachable is not executed, or one that is
    listed is executed. With a pattern, the report is about the matching scenarios: their claimed and executed steps.
    """
    if html is not None:
        try:
            require_jinja()
        except JinjaMissingError as error:
            print(error, file=sys.stderr)
            return 1
    expression = re.compile(pattern)

    def matches(scenario: Scenario) -> bool:
        return any(map(expression.search, (scenario.id, scenario.name, *scenario.shows)))

    modules = read_modules(source)
    index = load_index()
    report = check(index, modules)
    groups = selected(collect(scenarios), matches)
    console = Console()
    measurement = Measurement(source)
    with console_report.ConsoleProgress(console, sum(len(group.scenarios) for group in groups)) as progress:
        results = measurement.run(groups, progress)
    measured = measurement.steps(modules, report)
    root = source.parent
    chosen = [scenario for group in groups for scenario in group.scenarios]
    lines = lines_for_scenarios(chosen, measured) if pattern else console_lines(measured, index)
    for line in lines:
        console.print(line.replace(f"{root}/", ""), markup=False, highlight=False, soft_wrap=True)
    passed = [
        scenario
        for group, result in zip(groups, results, strict=True)
        for scenario, subtest in zip(group.scenarios, result.subtests, strict=True)
        if subtest.status is Status.PASS
    ]
    problems = [] if pattern else [*contradictions(measured), *_problems_of_claims(check_claims(passed, measured))]
    for problem in problems:
        console.print(problem, markup=False, highlight=False, soft_wrap=True)
    console_report.print_failures(console, results)
    if json_file is not None:
        write_json(json_file, measured, report, root)
    if html is not None:
        write_html(html, measured, root)
    has_failed = bool(report.problems or problems) or any(result.failed for result in results)
    return 1 if has_failed or (not pattern and unexplained(measured)) else 0


def _problems_of_claims(checked: CheckedClaims) -> Iterator[str]:
    """Claims of scenarios that are not true, and the number of those that are."""
    for scenario, step in unexcused(checked):
        yield f"{scenario} says that it shows {step}, and does not execute it"
    for scenario, step in unused_excuses(checked):
        yield f"{scenario} executes {step}, which is listed among the claims that are not executed"
