"""Results on the console: progress while tests run, a table of the files, and the unexpected results."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from conformance.suite.report import wptreport
from conformance.suite.report.console import ProgressBar
from conformance.wpt.discovery import Test
from conformance.wpt.expectations import Expectations, Unexpected
from conformance.wpt.results import SUBTEST_STATUSES, FileResult, Subtest

_STYLES: Final = {
    "PASS": "green",
    "FAIL": "bold red",
    "TIMEOUT": "bold magenta",
    "NOTRUN": "yellow",
    "PRECONDITION_FAILED": "cyan",
}
_HEADINGS: Final = {"PRECONDITION_FAILED": "PRECOND."}


class ConsoleProgress(ProgressBar):
    """A progress bar, and each unexpected result when it comes. It is an observer of the runner."""

    def __init__(self, console: Console, total: int, expectations: Expectations) -> None:
        super().__init__(console, total)
        self._expectations = expectations

    def test_finished(self, test: Test, result: FileResult) -> None:
        for unexpected in self._expectations.unexpected_in(result):
            print_unexpected(self._console, unexpected)
        for line in result.console.splitlines():
            self._console.print(f"{test.id}: {line}", markup=False, highlight=False, style="dim", soft_wrap=True)
        self._progress.update(self._task, description=escape(test.id))
        self._progress.advance(self._task)


def print_unexpected(console: Console, unexpected: Unexpected) -> None:
    status = f"[{_STYLES.get(unexpected.status, 'bold red')}]{unexpected.status}[/]"
    expected = "" if unexpected.expected == "PASS" else f" (expected {unexpected.expected})"
    name = "" if unexpected.subtest is None else f" | {escape(unexpected.subtest)}"
    console.print(f"{status}{expected} {escape(unexpected.test)}{name}", soft_wrap=True)
    if unexpected.message:
        first_line = unexpected.message.splitlines()[0]
        console.print(f"    {escape(first_line)}", style="dim", soft_wrap=True)


def print_table(console: Console, tests: Sequence[Test], results: Sequence[FileResult]) -> None:
    """Print a row for each file, with the variants of the file taken together: subtests by status, and harness
    errors.
    """
    files: dict[str, Counter[str]] = {}
    troubles: Counter[str] = Counter()
    for test, result in zip(tests, results, strict=True):
        files.setdefault(test.path, Counter()).update(subtest.status for subtest in result.subtests)
        troubles[test.path] += result.status not in ("OK", "PRECONDITION_FAILED")
    totals = sum(files.values(), Counter[str]())
    table = Table(show_footer=True)
    table.add_column("File", f"{len(files)} files, {len(tests)} with variants", overflow="fold")
    for status in SUBTEST_STATUSES:
        table.add_column(_HEADINGS.get(status, status), str(totals[status]), justify="right")
    table.add_column("ERROR", str(troubles.total()), justify="right")
    for path, counts in files.items():
        cells = [_cell(counts[status], _STYLES[status]) for status in SUBTEST_STATUSES]
        table.add_row(escape(path), *cells, _cell(troubles[path], "bold red"))
    console.print(table)


def _cell(count: int, style: str) -> str:
    return f"[{style}]{count}[/]" if count else "[dim]0[/]"


def reported(results: Sequence[FileResult], expectations: Expectations) -> list[wptreport.Test]:
    """The results in the form of wptreport.json. ``expected`` stands beside each status that was not expected."""
    tests: list[wptreport.Test] = []
    for result in results:
        test: wptreport.Test = {
            "test": result.test,
            "status": result.status,
            "message": wptreport.well_formed(result.message),
            "subtests": [_subtest(result.test, subtest, expectations) for subtest in result.subtests],
            "duration": round(result.duration * 1000),
        }
        expected = expectations.expected(result.test, None)
        if expected != result.status:
            test["expected"] = expected
        tests.append(test)
    return tests


def _subtest(test: str, subtest: Subtest, expectations: Expectations) -> wptreport.Subtest:
    reported: wptreport.Subtest = {
        "name": wptreport.well_formed(subtest.name) or "",
        "status": subtest.status,
        "message": wptreport.well_formed(subtest.message),
    }
    expected = expectations.expected(test, subtest.name)
    if expected != subtest.status:
        reported["expected"] = expected
    return reported
