"""The command ``suite``, which runs the suite or a part of it."""

import argparse
import platform
import re
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from conformance import media
from conformance import scenarios as scenarios_of_the_suite
from conformance.suite.execution import DEFAULT_TIMEOUT
from conformance.suite.report import console as console_report
from conformance.suite.report import wptreport
from conformance.suite.report.output_paths import output_file
from conformance.suite.results import GroupResult, Status
from conformance.suite.runner import collect, run, selected
from conformance.suite.scenario import Scenario
from conformance.suite.worker_process import WorkerProcess
from conformance.targets.browsers import BrowserNotFoundError, find_browser, is_browser
from conformance.targets.node import NodeNotFoundError, find_node
from conformance.targets.node_module import ModuleNotFoundInNodeError, version_of

#: Characters that file systems do not have in names.
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
HELP = "run the scenarios (the default)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--list", action="store_true", help="list the scenarios and the steps they show")
    parser.add_argument(
        "--filter",
        metavar="PATTERN",
        type=_pattern,
        help="only scenarios whose id, name, or one of whose steps contains PATTERN, a regular expression",
    )
    parser.add_argument("--json", metavar="FILE", type=output_file, help="write the results in wptreport.json's form")
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_positive,
        default=DEFAULT_TIMEOUT,
        help="time limit of each scenario (default: %(default)g)",
    )
    parser.add_argument(
        "--target",
        metavar="TARGET",
        help="run them on another implementation: chromium or firefox (a path may follow a colon), or node:MODULE for"
        " the exports of an npm module",
    )
    parser.add_argument(
        "--confirm",
        metavar="FOLDER",
        type=Path,
        help="write each failure on a target to FOLDER as plain JavaScript, run it there, and tell whether the same"
        " comes out",
    )
    parser.add_argument("--strict", action="store_true", help="let PRECONDITION_FAILED count as a failure")
    parser.add_argument("--tracebacks", action="store_true", help="print the traceback of each failure")


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error:
        return re.compile(re.escape(text))


def _positive(text: str) -> float:
    seconds = float(text)
    if not seconds > 0:
        raise argparse.ArgumentTypeError(f"not a positive number of seconds: {text}")
    return seconds


def environment() -> str:
    """The library that provides the codecs: its version, and where it comes from."""
    from codecmodel.platform import ffmpeg

    return ffmpeg.description()


class Options(argparse.Namespace):
    """The options of the command line, see add_arguments()."""

    list: bool
    filter: re.Pattern[str] | None
    json: Path | None
    timeout: float
    target: str | None
    confirm: Path | None
    strict: bool
    tracebacks: bool


def main(options: Options) -> int:
    """Run the scenarios. Returns the exit status: 0, or 1 if anything failed or nothing was run."""
    console = Console()
    pattern = options.filter

    def matches(scenario: Scenario) -> bool:
        return pattern is None or any(map(pattern.search, (scenario.id, scenario.name, *scenario.shows)))

    groups = selected(collect(scenarios_of_the_suite), matches)
    scenarios = [scenario for group in groups for scenario in group.scenarios]
    if not scenarios and all(group.error is None for group in groups):
        console.print(f"no scenario matches {pattern.pattern if pattern else ''!r}", markup=False)
        return 1
    if options.list:
        for scenario in scenarios:
            console.print(f"{escape(scenario.id)}  [dim]{escape(', '.join(scenario.shows))}[/]", soft_wrap=True)
        return 0
    try:
        product, description = _product_and_version(options.target)
    except (media.LibraryError, BrowserNotFoundError, NodeNotFoundError, ModuleNotFoundInNodeError) as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return 1
    named = description if options.target is None else f"{product} {description}"
    console.print(f"Python {platform.python_version()}, {named}", markup=False, soft_wrap=True)
    time_start = time.time()
    with (
        console_report.ConsoleProgress(console, len(scenarios)) as progress,
        _worker_process(options) as worker,
    ):
        results = run(groups, progress, worker.execute)
    report = wptreport.wptreport(results, description, time_start, time.time())
    report["run_info"]["product"] = product
    console_report.print_table(console, results)
    console_report.print_failures(console, results)
    if options.tracebacks:
        console_report.print_details(console, results)
    if options.confirm is not None:
        _write_programs(options.confirm, results)
    if options.json is not None:
        wptreport.write(options.json, report)
    failed = any(result.failed for result in results)
    if options.strict:
        failed = failed or any(s.status is Status.PRECONDITION_FAILED for result in results for s in result.subtests)
    return 1 if failed else 0


def _worker_process(options: Options) -> WorkerProcess:
    if options.target is not None:
        return WorkerProcess.on_target(
            scenarios_of_the_suite, options.target, timeout=options.timeout, confirm=options.confirm is not None
        )
    live_objects = f"{media.__name__}:{media.live_objects.__name__}"
    return WorkerProcess(scenarios_of_the_suite, timeout=options.timeout, live_objects=live_objects)


def _write_programs(folder: Path, groups: Sequence[GroupResult]) -> None:
    """Write the programs of failures to ``folder``, one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for result in (result for group in groups for result in group.subtests if result.javascript is not None):
        (folder / f"{_UNSAFE.sub('_', result.id)}.mjs").write_text(
            wptreport.well_formed(result.javascript) or "", encoding="utf-8"
        )


def _product_and_version(target: str | None) -> tuple[str, str]:
    """The implementation that scenarios run on. Raises an error that says why it cannot be used."""
    if target is None:
        return "codecmodel", environment()
    if is_browser(target):
        browser = find_browser(target)
        return browser.kind, browser.version
    module = target.removeprefix("node:")
    return module, version_of(find_node(), module)
