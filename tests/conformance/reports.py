"""A report of each kind, made of results that are made up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import codecmodel
from conformance import cli
from conformance.bench.comparison import Compared, Comparison, Quantity, Ratio
from conformance.bench.page import Axis, Chart, write_page
from conformance.steps.coverage_html import write_html as write_coverage
from conformance.steps.measure import Execution, MeasuredStep
from conformance.suite.report import wptreport
from conformance.wpt.discovery import find_tests
from conformance.wpt.expectations import Expectations
from conformance.wpt.html import write_pages
from conformance.wpt.results import FileResult, Subtest
from tests.conformance.suite.test_reports import RESULTS
from tests.conformance.wpt.checkout import make_checkout


def _comparison(number: int, compared: Compared) -> Comparison:
    return Comparison({Quantity.CPU: compared}, number)


CHARTS: Final = [
    Chart(
        "codecs",
        "Decoders",
        {
            "one": _comparison(1, Compared(1e-6, 2e-6, Ratio(2.0, 1.0, 4.0))),
            "<many>": _comparison(1000, Compared(4e-6, 2e-6, Ratio(0.5, 0.25, 0.5))),
        },
        0.25,
        Axis("CPU time of a chunk", "decoders at once"),
    ),
    Chart("nothing", "No peer", {}),
]
#: The module of the steps.
FILE: Final = Path(codecmodel.__file__).parent / "codecs" / "control_messages.py"


def measured_steps() -> list[MeasuredStep]:
    """Two steps of an algorithm: one that a scenario executes, and one that none does."""
    executed = Execution("executed", (1, 2), (), ("chapter_4.one?vp8", "chapter_4.one?vp9"))
    never = Execution("never", (3,), (3,), ())
    return [
        MeasuredStep("dom-videodecoder-decode", "message", "1", FILE, 1, "run", None, executed),
        MeasuredStep("dom-videodecoder-decode", "message", "4.3", FILE, 3, "run", None, never),
    ]


def write_reports(directory: Path) -> Mapping[str, Path]:
    """Write a report of each kind, and return the first page of each."""
    pages = {
        "report": directory / "report.html",
        "wpt": directory / "wpt" / "index.html",
        "bench": directory / "bench.html",
        "coverage": directory / "coverage" / "index.html",
    }
    results_of_suite = directory / "suite.json"
    wptreport.write(results_of_suite, wptreport.wptreport(RESULTS, "an <implementation>", 0.0, 1.0))
    assert cli.main(["report", str(results_of_suite), "-o", str(pages["report"])]) == 0
    checkout = make_checkout(directory / "checkout", {"good.any.js": "", "bad.any.js": ""})
    tests = find_tests(checkout)
    results = [
        FileResult(
            test.id,
            "OK",
            None,
            (Subtest("passes", "PASS"), Subtest("<b>", "FAIL" if "bad" in test.id else "PASS", "a \ud800 message")),
        )
        for test in tests
    ]
    write_pages(directory / "wpt", tests, results, Expectations(), "an <implementation> 1.2.3")
    write_page(pages["bench"], CHARTS, rounds=7)
    write_coverage(directory / "coverage", measured_steps(), FILE.parents[2])
    return pages
