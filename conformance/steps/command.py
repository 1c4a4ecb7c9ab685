"""The command ``steps``: index, check, diff, coverage."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, cast

from conformance.steps.checker import Report, check
from conformance.steps.diff import differences
from conformance.steps.index_file import INDEX_FILE, counts, load_index, save_index
from conformance.steps.model import Index
from conformance.steps.references import check_references
from conformance.steps.requirements import REQUIREMENTS, Noted, check_requirements
from conformance.steps.source import read_modules
from conformance.steps.spec_reader import document_name, read_spec
from conformance.steps.where import UnknownReferenceError, where
from conformance.suite.report.output_paths import output_directory, output_file

HELP: Final = "find, check, compare and measure the steps of the spec"
_SOURCE: Final = Path(__file__).parents[2] / "codecmodel"
#: Scenarios are in folders of this package.
_SCENARIOS: Final = Path(__file__).parents[1]


class _CoverageCommand(Protocol):
    """The module conformance.steps.coverage_command. It imports coverage.py and the scenarios, so it is imported
    when it is needed.
    """

    def main(self, json_file: Path | None, html: Path | None, pattern: str, source: Path) -> int: ...


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their options."""
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    index = actions.add_parser("index", help="make the index of published specs")
    index.add_argument("spec", nargs="+", type=Path, help="the spec and its codec registrations, as HTML")
    index.add_argument("--output", type=output_file, default=INDEX_FILE, help="where to write the index")
    check_action = actions.add_parser("check", help="compare the index with the step comments in the source")
    check_action.add_argument("--source", type=Path, default=_SOURCE, help="the package that implements the spec")
    check_action.add_argument("--out-of-scope", action="store_true", help="also list every step that is left out")
    diff = actions.add_parser(
        "diff", help="list the steps that another edition changes, and where they are implemented"
    )
    diff.add_argument("spec", nargs="+", type=Path, help="the other edition, as HTML")
    diff.add_argument("--source", type=Path, default=_SOURCE, help="the package that implements the spec")
    where = actions.add_parser("where", help="tell the line of each step of an algorithm, or of a definition")
    where.add_argument("reference", help="an anchor, as in dom-videodecoder-decode, …-decode#4.2 or …-decode:message")
    coverage = actions.add_parser("coverage", help="run the scenarios and report which steps they execute")
    coverage.add_argument("--json", type=output_file, metavar="FILE", help="write the report as JSON")
    coverage.add_argument(
        "--html", type=output_directory, metavar="DIR", help="write pages that show the source with its steps"
    )
    coverage.add_argument(
        "--filter",
        metavar="PATTERN",
        default="",
        help="only scenarios whose id, name, or one of whose steps contains PATTERN",
    )


def main(options: argparse.Namespace) -> int:
    """Perform the action. Returns the exit status."""
    if options.action == "index":
        return _index(cast("list[Path]", options.spec), cast("Path", options.output))
    if options.action == "check":
        return _check(cast("Path", options.source), bool(options.out_of_scope))
    if options.action == "diff":
        return _diff(cast("list[Path]", options.spec), cast("Path", options.source))
    if options.action == "where":
        return _where(str(options.reference))
    try:
        command = cast("_CoverageCommand", importlib.import_module("conformance.steps.coverage_command"))
    except ModuleNotFoundError as error:
        if error.name != "coverage":
            raise
        print("steps coverage needs coverage.py: pip install coverage", file=sys.stderr)
        return 1
    return command.main(
        cast("Path | None", options.json),
        cast("Path | None", options.html),
        str(options.filter),
        _SOURCE,
    )


def _where(reference: str) -> int:
    index = load_index()
    try:
        lines = where(reference, index, check(index, read_modules(_SOURCE)))
    except UnknownReferenceError as error:
        print(error, file=sys.stderr)
        return 1
    for line in lines:
        print(line)
    return 0


def _read_index(files: Sequence[Path]) -> Index:
    index = Index()
    for file in files:
        read_spec(file.read_text(encoding="utf-8"), document_name(file.name), index)
    return index


def _index(files: Sequence[Path], output: Path) -> int:
    index = _read_index(files)
    save_index(index, output)
    print(f"{output}: " + ", ".join(f"{number} {what}" for what, number in counts(index).items()))
    return 0


def _check(source: Path, list_out_of_scope: bool) -> int:
    index = load_index()
    report = check(index, read_modules(source))
    report.problems += check_references(index, _SCENARIOS)
    report.problems += check_requirements(index, _SCENARIOS)
    for problem in report.problems:
        print(problem)
    if list_out_of_scope:
        _print_out_of_scope(report)
    print(summary(report))
    return 1 if report.problems else 0


def summary(report: Report) -> str:
    """The numbers of a report, in a few lines."""
    shown = sum(not isinstance(tie, Noted) for tie in REQUIREMENTS.values())
    lines = [
        f"{len(report.steps)} steps: {report.implemented} implemented, {report.not_applicable} not applicable (n/a)",
        f"{len(report.definitions)} definitions have their code",
        f"{len(REQUIREMENTS)} requirements: {shown} shown by scenarios, {len(REQUIREMENTS) - shown} with a note",
    ]
    for exclusion in dict.fromkeys([*report.out_of_scope, *report.definitions_out_of_scope]):
        steps = len(report.out_of_scope.get(exclusion, []))
        definitions = len(report.definitions_out_of_scope.get(exclusion, []))
        lines.append(f"left out: {steps} steps, {definitions} definitions: {exclusion.reason}")
    steps = sum(map(len, report.out_of_scope.values()))
    definitions = sum(map(len, report.definitions_out_of_scope.values()))
    lines.append(f"left out in all: {steps} steps, {definitions} definitions")
    lines.append("1 problem" if len(report.problems) == 1 else f"{len(report.problems)} problems")
    return "\n".join(lines)


def _print_out_of_scope(report: Report) -> None:
    for exclusion, steps in report.out_of_scope.items():
        print(f"{exclusion.reason}:")
        for reference, part, step in steps:
            print(f"  {reference}{f':{part}' if part else ''}#{step}")


def _diff(files: Sequence[Path], source: Path) -> int:
    index, other = load_index(), _read_index(files)
    report = check(index, read_modules(source))
    found = differences(index, other, report)
    for difference in found:
        print(difference)
    print("1 difference" if len(found) == 1 else f"{len(found)} differences")
    return 1 if found else 0
