"""Running web-platform-tests in a browser. Where no browser is needed, a program stands in for it."""

import json
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance import cli
from conformance.targets.browsers import Browser, BrowserNotFoundError, find_browser
from conformance.wpt import discovery
from conformance.wpt.browser import pages
from conformance.wpt.browser.run import run_tests_in_browser
from conformance.wpt.discovery import find_document_tests, find_tests
from conformance.wpt.results import FileResult
from tests.conformance.browsers import installed_browser
from tests.conformance.wpt.checkout import make_checkout

#: Loads a page, sends a report, goes on to the page that the answer names. Pages with "stall" or "end" get none.
_STAND_IN = """#!{python}
import json, sys, time, urllib.parse, urllib.request
if "--version" in sys.argv:
    print("Stand-in 7.1")
    raise SystemExit
url = sys.argv[-1]
origin = url[: url.index("/", 8)]
while True:
    urllib.request.urlopen(url).read()
    path = url[len(origin):]
    if "end" in path:
        raise SystemExit(1)
    if "stall" in path or "~idle" in path:
        time.sleep(60)
    subtests = [["one", 0, None, None], ["two", 1, "no", None]]
    report = {{"status": 0, "message": None, "stack": None, "subtests": subtests}}
    target = f"{{origin}}/~result?{{urllib.parse.quote(path, safe='')}}"
    answer = urllib.request.urlopen(urllib.request.Request(target, json.dumps(report).encode()))
    url = origin + answer.read().decode()
"""


class _Observer:
    def __init__(self) -> None:
        self.finished: list[str] = []

    def test_finished(self, test: discovery.Test, result: FileResult) -> None:
        self.finished.append(test.id)


@pytest.fixture
def stand_in(tmp_path: Path) -> Browser:
    program = tmp_path / "stand-in"
    program.write_text(_STAND_IN.format(python=sys.executable), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return find_browser(f"chromium:{program}")


def _statuses(results: Sequence[FileResult]) -> list[tuple[str, str, list[str]]]:
    return [(result.test, result.status, [subtest.status for subtest in result.subtests]) for result in results]


def test_a_browser_is_found_by_its_path_and_says_its_version(stand_in: Browser) -> None:
    assert (stand_in.kind, stand_in.version, stand_in.description) == ("chromium", "7.1", "chromium 7.1")


def test_a_browser_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECMODEL_FIREFOX", "/nowhere/firefox")
    with pytest.raises(BrowserNotFoundError, match=r"^there is no firefox: looked for /nowhere/firefox\."):
        find_browser("firefox")


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_tests(jobs: int, tmp_path: Path, stand_in: Browser) -> None:
    names = ("a.any.js", "b.any.js", "c.worker.js")
    checkout = make_checkout(tmp_path / "wpt", dict.fromkeys(names, "done();"))
    tests = find_tests(checkout)
    observer = _Observer()
    results = run_tests_in_browser(tests, checkout, stand_in, jobs, 1.0, observer)
    assert _statuses(results) == [(test.id, "OK", ["PASS", "FAIL"]) for test in tests]
    assert sorted(observer.finished) == [test.id for test in tests]


def test_a_browser_that_ends_or_stalls_is_a_result(
    tmp_path: Path, stand_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.wpt.browser.run._START_SECONDS", 1.0)
    monkeypatch.setattr("conformance.wpt.browser.run.GRACE", 0.0)
    monkeypatch.setattr("conformance.wpt.browser.pages.GRACE", 0.0)
    names = ("a-end.any.js", "b-stall.any.js", "c.any.js")
    checkout = make_checkout(tmp_path / "wpt", dict.fromkeys(names, "done();"))
    tests = find_tests(checkout)
    results = run_tests_in_browser(tests, checkout, stand_in, 1, 0.1, _Observer())
    assert [(result.status, result.message) for result in results] == [
        ("CRASH", "the browser ended"),
        ("TIMEOUT", "the browser gave no result"),
        ("OK", None),
    ]


def test_the_command_writes_product_version_and_expectations(tmp_path: Path, stand_in: Browser) -> None:
    checkout = make_checkout(tmp_path / "wpt", {"a.any.js": "done();"})
    report = tmp_path / "report.json"
    arguments = ["wpt", str(checkout), "--target", f"chromium:{stand_in.program}", "--json", str(report)]
    assert cli.main(arguments) == 1
    written = json.loads(report.read_text(encoding="utf-8"))
    info = written["run_info"]
    assert (info["product"], info["browser_version"], info["revision"]) == ("chromium", "7.1", "unknown")
    [test] = written["results"]
    assert [(subtest["name"], subtest.get("expected")) for subtest in test["subtests"]] == [
        ("one", None),
        ("two", "PASS"),
    ]
    assert cli.main([*arguments, "--baseline", str(report)]) == 0


def test_document_tests_are_pages_with_the_harness_and_scripts_for_windows(tmp_path: Path) -> None:
    page = '<meta name="timeout" content="long"><script src="/resources/testharness.js"></script>'
    files = {
        "page.https.html": page,
        "variants.html": page + "<meta name=variant content='?a'><meta name=variant content='?b'>",
        "crash.html": "<p>",
        "frame.helper.html": page,
        "script.window.js": "// META: script=/common/x.js\n",
    }
    checkout = make_checkout(tmp_path / "wpt", files)
    found = find_document_tests(checkout)
    assert [(test.id, test.timeout, test.kind, test.secure) for test in found] == [
        ("/webcodecs/script.window.html", 10.0, "window", False),
        ("/webcodecs/page.https.html", 60.0, "window", True),
        ("/webcodecs/variants.html?a", 60.0, "window", False),
        ("/webcodecs/variants.html?b", 60.0, "window", False),
    ]
    assert find_tests(checkout) == []


def test_names_of_hosts_are_substituted() -> None:
    text = "['{{host}}', '{{hosts[alt][]}}', '{{domains[www2]}}', '{{ports[https][1]}}', 'https://' + x, '{{GET[a]}}']"
    assert pages.substituted(text, 81) == "['localhost', '127.0.0.1', '127.0.0.1', '81', 'http://' + x, '{{GET[a]}}']"


_PASSES_AND_FAILS = """
// META: title=Both & <more>
promise_test(async () => {}, 'passes');
test(() => { throw new Error('no') }, 'fails');
"""
_HANGS = """
// META: global=window
test(() => assert_true(self === window), 'window');
promise_test(() => new Promise(() => {}), 'hangs');
"""


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
def test_a_real_browser(kind: str, tmp_path: Path) -> None:
    browser = installed_browser(kind)
    page = (
        "<script src=/resources/testharness.js></script><script src=/resources/testharnessreport.js></script>"
        "<script>test(() => assert_true(isSecureContext), 'secure')</script>"
    )
    checkout = make_checkout(
        tmp_path / "wpt",
        {
            "a.any.js": _PASSES_AND_FAILS.lstrip(),
            "b.any.js": _HANGS.lstrip(),
            "c.html": page.replace("=/", '="/').replace("js>", 'js">'),
        },
    )
    tests = [*find_tests(checkout), *find_document_tests(checkout)]
    results = run_tests_in_browser(tests, checkout, browser, 1, 0.1, _Observer())
    assert [(result.status, {s.name: s.status for s in result.subtests}) for result in results] == [
        ("OK", {"passes": "PASS", "fails": "FAIL"}),
        ("TIMEOUT", {"window": "PASS"}),
        ("OK", {"secure": "PASS"}),
    ]
