"""Results as pages: a table of the tests, and a page for each test."""

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final

from conformance.wpt.discovery import Test
from conformance.wpt.expectations import Expectations
from conformance.wpt.results import SUBTEST_STATUSES, FileResult

_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100% } th, td { padding: .2rem .6rem; text-align: left; vertical-align: top }
tr { border-bottom: 1px solid #ddd } td.n, th.n { text-align: right } pre { white-space: pre-wrap; margin: 0 }
.PASS, .OK { color: #176b2c } .FAIL, .ERROR, .CRASH { color: #b3261e } .TIMEOUT { color: #8a1a8a }
.NOTRUN { color: #8a6100 } .PRECONDITION_FAILED { color: #00647a } .unexpected { font-weight: bold }
small { color: #555 }
"""


def write_pages(
    directory: Path, tests: Sequence[Test], results: Sequence[FileResult], expectations: Expectations, environment: str
) -> None:
    """Write ``index.html`` and a page for each test to ``directory``, which is made if it does not exist."""
    directory.mkdir(parents=True, exist_ok=True)
    names = [f"test-{number}.html" for number in range(1, len(tests) + 1)]
    for name, result in zip(names, results, strict=True):
        (directory / name).write_text(_page(result.test, _test(result, expectations)), encoding="utf-8")
    index = _index(names, results, expectations, environment)
    (directory / "index.html").write_text(_page("web-platform-tests", index), encoding="utf-8")


def _page(title: str, body: Iterator[str]) -> str:
    head = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return "\n".join((head, f"<h1>{escape(title)}</h1>", *body, "</html>\n"))


def _index(
    names: Sequence[str], results: Sequence[FileResult], expectations: Expectations, environment: str
) -> Iterator[str]:
    totals = Counter(subtest.status for result in results for subtest in result.subtests)
    yield f"<p>{escape(environment)}</p><table><tr><th>Test<th>Harness"
    yield "".join(f'<th class="n">{status}' for status in SUBTEST_STATUSES) + '<th class="n">Unexpected'
    for name, result in zip(names, results, strict=True):
        counts = Counter(subtest.status for subtest in result.subtests)
        unexpected = len(list(expectations.unexpected_in(result)))
        cells = "".join(f'<td class="n {status}">{counts[status] or ""}' for status in SUBTEST_STATUSES)
        yield f'<tr><td><a href="{name}">{escape(result.test)}</a><td class="{result.status}">{result.status}{cells}'
        yield f'<td class="n unexpected">{unexpected or ""}'
    yield (
        "<tr><th>Total<th>" + "".join(f'<th class="n">{totals[status]}' for status in SUBTEST_STATUSES) + "<th></table>"
    )


def _test(result: FileResult, expectations: Expectations) -> Iterator[str]:
    yield f'<p><a href="index.html">All tests</a>. Harness: <span class="{result.status}">{result.status}</span>'
    yield f"<pre>{escape(result.message or '')}</pre><table><tr><th>Status<th>Subtest"
    for subtest in result.subtests:
        expected = expectations.expected(result.test, subtest.name)
        reason = expectations.reason(result.test, subtest.name)
        mark = "" if expected == subtest.status else " unexpected"
        yield f'<tr><td class="{subtest.status}{mark}">{subtest.status}<td>{escape(subtest.name)}'
        if mark:
            yield f"<br><small>expected {expected}</small>"
        if reason:
            yield f"<br><small>{escape(reason)}</small>"
        if subtest.message:
            yield f"<pre><small>{escape(subtest.message)}</small></pre>"
    yield "</table>"
