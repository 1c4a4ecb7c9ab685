"""The command ``wpt``: runs web-platform-tests from a checkout."""

import argparse
import os
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.console import Console

from conformance.pages import JinjaMissingError, require_jinja
from conformance.suite.report import wptreport
from conformance.suite.report.output_paths import output_directory, output_file
from conformance.targets.browsers import BrowserNotFoundError
from conformance.targets.node import NodeNotFoundError
from conformance.wpt.discovery import TIMEOUT, CheckoutError, Test, revision_of
from conformance.wpt.expectations import EXPECTATIONS_FILE, Expectations, ExpectationsError, load
from conformance.wpt.html import write_pages
from conformance.wpt.report import ConsoleProgress, print_table, reported
from conformance.wpt.targets import Target, environment, find_target

HELP: Final = "run unmodified web-platform-tests"
#: Seconds: three times the limit of browsers, because tests run side by side here and the codecs are slower.
DEFAULT_TIMEOUT: Final = 3 * TIMEOUT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkout", type=Path, metavar="CHECKOUT", help="a checkout of web-platform-tests")
    parser.add_argument(
        "--filter", metavar="PATTERN", default="", help="only tests whose id contains PATTERN, a regular expression"
    )
    parser.add_argument("--variant", metavar="NAME", help="only this variant of tests that have several (?vp8, vp8)")
    parser.add_argument("--list", action="store_true", help="list the tests")
    parser.add_argument("--json", metavar="FILE", type=output_file, help="write the results in wptreport.json's form")
    parser.add_argument("--html", metavar="DIR", type=output_directory, help="write the results as pages")
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        type=Path,
        help="expected results: an expectation file, or the wptreport.json of another run",
    )
    parser.add_argument(
        "--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="tests at a time (default: %(default)d)"
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=float,
        default=DEFAULT_TIMEOUT,
        help="time limit of a test (default: %(default)g; browsers have 10); those that say they are long have six"
        " times as much",
    )
    parser.add_argument(
        "--target",
        metavar="TARGET",
        help="run them on another implementation: chromium or firefox (a path may follow a colon), or node:MODULE for"
        " the exports of an npm module, in plain Node",
    )
    parser.add_argument(
        "--prelude",
        metavar="FILE",
        type=Path,
        help="a module that is run after that of node:MODULE and before each test; it may define what the module lacks",
    )


class Options(argparse.Namespace):
    """The options of the command line, see add_arguments()."""

    checkout: Path
    filter: str
    variant: str | None
    list: bool
    json: Path | None
    html: Path | None
    baseline: Path | None
    jobs: int
    timeout: float
    target: str | None
    prelude: Path | None


def main(options: Options) -> int:
    """Run the tests. Returns the exit status: 0, 1 if anything was not as expected, 2 if the tests cannot be run."""
    # Names of files are long, and a program that reads a pipe has no need for narrow tables.
    console = Console() if sys.stdout.isatty() else Console(width=130)
    try:
        if options.html is not None:
            require_jinja()
        target = find_target(options.target, options.prelude)
        checkout = options.checkout.resolve()
        tests = _selected(target.find_tests(checkout), options)
        baseline = options.baseline or (EXPECTATIONS_FILE if options.target is None else None)
        expectations = Expectations() if baseline is None else load(baseline, _is_encoded)
    except (
        JinjaMissingError,
        CheckoutError,
        ExpectationsError,
        BrowserNotFoundError,
        NodeNotFoundError,
        ValueError,
    ) as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return 2
    if options.list:
        for test in tests:
            console.print(test.id, markup=False, highlight=False, soft_wrap=True)
        return 0
    if not tests:
        console.print("no test matches", markup=False)
        return 2
    return _run(console, tests, expectations, target, options)


def _run(console: Console, tests: list[Test], expectations: Expectations, target: Target, options: Options) -> int:
    console.print(environment(target), markup=False, soft_wrap=True)
    time_start = time.time()
    checkout = options.checkout.resolve()
    try:
        with ConsoleProgress(console, len(tests), expectations) as progress:
            results = target.run(tests, checkout, options.jobs, options.timeout / TIMEOUT, progress)
    except KeyboardInterrupt:
        console.print("interrupted", markup=False)
        return 2
    print_table(console, tests, results)
    unexpected = [item for result in results for item in expectations.unexpected_in(result)]
    unused = expectations.unused(results)
    for rule in unused:
        console.print(f"nothing was expected because of: {rule.reason}", markup=False, soft_wrap=True)
    seconds = time.time() - time_start
    subtests = sum(len(result.subtests) for result in results)
    console.print(f"{subtests} subtests in {seconds:.0f} s, {len(unexpected)} results not as expected", markup=False)
    if options.json is not None:
        info = wptreport.run_info(target.version) | {"product": target.product, "revision": revision_of(checkout)}
        report = wptreport.report(reported(results, expectations), info, time_start, time.time())
        wptreport.write(options.json, report)
    if options.html is not None:
        write_pages(options.html, tests, results, expectations, f"{target.product} {target.version}")
    return 1 if unexpected or unused else 0


def _selected(tests: list[Test], options: Options) -> list[Test]:
    try:
        pattern = re.compile(options.filter)
    except re.error:
        pattern = re.compile(re.escape(options.filter))
    variant = None if options.variant is None else f"?{options.variant.removeprefix('?')}"
    return [test for test in tests if pattern.search(test.id) and variant in (None, test.variant)]


def _is_encoded(config_without_size: Mapping[str, object]) -> bool:
    """Whether a VideoEncoder would encode with this configuration, at a common size."""
    from codecmodel.configurations.encoder_configurations import video_encoder_config
    from codecmodel.platform.current import current_platform

    config = video_encoder_config({"width": 320, "height": 240, **config_without_size}, "config")
    return current_platform().supports_video_encoder(config)
