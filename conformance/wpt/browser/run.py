"""Runs tests in browsers, several at a time. A browser that crashes or stalls is replaced."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final

from conformance.targets.browsers import Browser, RunningBrowser
from conformance.wpt.browser.pages import GRACE
from conformance.wpt.browser.server import IDLE_PATH, Report, TestServer
from conformance.wpt.discovery import Test
from conformance.wpt.results import CRASH, FileResult, Progress
from conformance.wpt.runner import Observer

#: Seconds that a browser may take to start, in addition to the time of its first test.
_START_SECONDS: Final = 30.0
#: Seconds between looks at whether browsers are still there.
_LOOK_SECONDS: Final = 0.25


@dataclass
class _Window:
    """A browser, and the test that it is running."""

    test: Test
    browser: RunningBrowser
    begin: float
    deadline: float


@dataclass
class _Finished:
    test: Test
    result: FileResult


@dataclass
class _Run:
    """The state that the server's threads and the run share. It is used under the lock."""

    waiting: deque[Test]
    lock: threading.Lock = field(default_factory=threading.Lock)
    windows: dict[str, _Window] = field(default_factory=dict)
    finished: SimpleQueue[_Finished] = field(default_factory=SimpleQueue)


def run_tests_in_browser(
    tests: Sequence[Test], checkout: Path, browser: Browser, jobs: int, timeout_multiplier: float, observer: Observer
) -> list[FileResult]:
    """Run the tests, ``jobs`` browsers at a time. Results come in the order of ``tests``.

    A browser that ends without a report gives the result CRASH, and one that does not report in time gives TIMEOUT. An
    interrupt ends the browsers and raises KeyboardInterrupt.
    """
    # Long tests come first, so that the run does not wait for one of them at the end.
    run = _Run(deque(sorted(tests, key=lambda test: -test.timeout)))
    results: dict[Test, FileResult] = {}
    server: TestServer

    def take_report(path: str, report: Report) -> str:
        with run.lock:
            window = run.windows.pop(path, None)
            if window is None:
                # The test was given up before.
                return IDLE_PATH
            progress = Progress()
            progress.complete(report.subtests, report.status, report.message, report.stack)
            run.finished.put(_Finished(window.test, progress.result(window.test.id, monotonic() - window.begin)))
            if not run.waiting:
                window.browser.close()
                return IDLE_PATH
            following = run.waiting.popleft()
            _go_on(run, window.browser, following, server, 0.0)
            return following.id

    server = TestServer(checkout, tests, timeout_multiplier, take_report)
    try:
        while len(results) < len(tests):
            with run.lock:
                _end_lost_windows(run)
                while run.waiting and len(run.windows) < jobs:
                    test = run.waiting.popleft()
                    _go_on(run, RunningBrowser(browser, server.url(test.id)), test, server, _START_SECONDS)
            try:
                finished = run.finished.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue
            results[finished.test] = finished.result
            observer.test_finished(finished.test, finished.result)
    finally:
        with run.lock:
            run.waiting.clear()
            for window in run.windows.values():
                window.browser.close()
            run.windows.clear()
        server.close()
    return [results[test] for test in tests]


def _go_on(run: _Run, browser: RunningBrowser, test: Test, server: TestServer, more: float) -> None:
    begin = monotonic()
    run.windows[test.id] = _Window(test, browser, begin, begin + server.limit(test) + GRACE + more)


def _end_lost_windows(run: _Run) -> None:
    now = monotonic()
    for path, window in list(run.windows.items()):
        if window.browser.is_running and now < window.deadline:
            continue
        del run.windows[path]
        status, message = (
            ("TIMEOUT", "the browser gave no result") if window.browser.is_running else (CRASH, "the browser ended")
        )
        window.browser.close()
        run.finished.put(_Finished(window.test, Progress().result(window.test.id, now - window.begin, status, message)))
