"""Results as pages: a table of the tests, and a page for each test."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from conformance.pages import STATUS_TONES, render
from conformance.wpt.discovery import Test
from conformance.wpt.expectations import Expectations
from conformance.wpt.results import SUBTEST_STATUSES, FileResult


def write_pages(
    directory: Path, tests: Sequence[Test], results: Sequence[FileResult], expectations: Expectations, environment: str
) -> None:
    """Write ``index.html`` and a page for each test to ``directory``, which is made if it does not exist.

    Raises JinjaMissingError.
    """
    totals = Counter(subtest.status for result in results for subtest in result.subtests)
    pages = {f"test-{number}.html": result for number, (_, result) in enumerate(zip(tests, results, strict=True), 1)}
    index = {
        "environment": environment,
        "statuses": SUBTEST_STATUSES,
        "tones": STATUS_TONES,
        "totals": {status: totals[status] for status in SUBTEST_STATUSES},
        "tests": [
            {
                "page": page,
                "name": result.test,
                "status": result.status,
                "counts": Counter(subtest.status for subtest in result.subtests),
                "unexpected": len(list(expectations.unexpected_in(result))),
                "words": " ".join([result.test, *(subtest.name for subtest in result.subtests)]).lower(),
            }
            for page, result in pages.items()
        ],
    }
    texts = {"index.html": render("wpt_index.html", index)}
    for page, result in pages.items():
        texts[page] = render("wpt_test.html", _test(result, expectations))
    directory.mkdir(parents=True, exist_ok=True)
    for page, text in texts.items():
        (directory / page).write_text(text, encoding="utf-8", errors="backslashreplace")


def _test(result: FileResult, expectations: Expectations) -> dict[str, object]:
    return {
        "result": result,
        "tones": STATUS_TONES,
        "subtests": [
            {
                "name": subtest.name,
                "status": subtest.status,
                "message": subtest.message,
                "expected": expectations.expected(result.test, subtest.name),
                "reason": expectations.reason(result.test, subtest.name),
            }
            for subtest in result.subtests
        ],
    }
