"""The report on the console: progress while scenarios run, then a table by chapter, then the failures."""

from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from conformance.suite.results import GroupResult, HarnessStatus, Result, Status
from conformance.suite.scenario import Scenario

_STYLES: Final = {
    Status.PASS: "green",
    Status.FAIL: "bold red",
    Status.TIMEOUT: "bold magenta",
    Status.NOTRUN: "yellow",
    Status.PRECONDITION_FAILED: "cyan",
}
#: Headings of the table's columns; the longest status would be wider than its numbers.
_HEADINGS: Final = {status: status.name for status in Status} | {Status.PRECONDITION_FAILED: "PRECOND."}


class ProgressBar:
    """A progress bar with a known total. A context manager."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()


class ConsoleProgress(ProgressBar):
    """Shows a progress bar, and each failure when it happens. It is an observer of the runner."""

    def scenario_started(self, scenario: Scenario) -> None:
        self._progress.update(self._task, description=escape(scenario.id))

    def scenario_finished(self, scenario: Scenario, result: Result) -> None:
        if result.failed:
            self._console.print(f"{_status(result.status)} {escape(result.id)}", soft_wrap=True)
        self._progress.advance(self._task)

    def group_finished(self, result: GroupResult) -> None:
        if result.status is HarnessStatus.ERROR:
            self._console.print(f"[bold red]ERROR[/] {escape(result.test)}", soft_wrap=True)


def _status(status: Status) -> str:
    return f"[{_STYLES[status]}]{status.name}[/]"


def print_table(console: Console, results: Sequence[GroupResult]) -> None:
    """Print a row for each chapter, with the number of scenarios by status and the number of harness errors."""
    chapters: dict[str, Counter[Status]] = {}
    errors: Counter[str] = Counter()
    for group in results:
        counts = chapters.setdefault(group.chapter, Counter())
        counts.update(result.status for result in group.subtests)
        errors[group.chapter] += group.status is HarnessStatus.ERROR
    table = Table(show_footer=True)
    table.add_column("Chapter", "Total")
    totals = sum(chapters.values(), Counter[Status]())
    for status in Status:
        table.add_column(_HEADINGS[status], str(totals[status]), justify="right")
    table.add_column("ERROR", str(errors.total()), justify="right")
    for chapter, counts in chapters.items():
        cells = [_cell(counts[status], _STYLES[status]) for status in Status]
        table.add_row(escape(chapter), *cells, _cell(errors[chapter], "bold red"))
    console.print(table)


def _cell(count: int, style: str) -> str:
    return f"[{style}]{count}[/]" if count else "[dim]0[/]"


def print_failures(console: Console, results: Sequence[GroupResult]) -> None:
    """Print each failure with its reason and the steps that it shows, then the preconditions that were not met."""
    for group in results:
        if group.status is HarnessStatus.ERROR:
            console.print(f"\n[bold red]ERROR[/] {escape(group.test)}\n  {escape(group.message or '')}", soft_wrap=True)
        for result in group.subtests:
            if result.failed and not (group.status is HarnessStatus.ERROR and result.message == group.message):
                _print_failure(console, result)
    _print_preconditions(console, results)


def _print_failure(console: Console, result: Result) -> None:
    console.print(f"\n{_status(result.status)} {escape(result.id)}", soft_wrap=True)
    console.print(f"  {escape(result.name)}", soft_wrap=True)
    console.print(f"  shows {escape(', '.join(result.shows))}", style="dim", soft_wrap=True)
    if result.message:
        console.print(f"  {escape(result.message)}", soft_wrap=True)
    if result.confirmation:
        console.print(f"  as plain JavaScript: {escape(result.confirmation)}", soft_wrap=True)


def _print_preconditions(console: Console, results: Sequence[GroupResult]) -> None:
    reasons: dict[str, list[str]] = {}
    for group in results:
        for result in group.subtests:
            if result.status is Status.PRECONDITION_FAILED:
                reasons.setdefault(result.message or "", []).append(result.id)
    for reason, ids in reasons.items():
        count = "1 scenario" if len(ids) == 1 else f"{len(ids)} scenarios"
        console.print(f"\n{_status(Status.PRECONDITION_FAILED)} {count}: {escape(reason)}", soft_wrap=True)
        for id in ids:
            console.print(f"  {escape(id)}", style="dim", soft_wrap=True)


def print_details(console: Console, results: Sequence[GroupResult]) -> None:
    """Print the stack of every failure."""
    for group in results:
        for result in group.subtests:
            if result.failed and result.stack:
                console.print(f"\n{escape(result.id)}\n{escape(result.stack)}", soft_wrap=True)
