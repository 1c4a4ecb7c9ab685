"""Runs a test on another implementation: the exports of a module of npm become globals in plain Node.

Node's own event loop runs there, and Python only waits for lines of JSON, which come on a pipe of their own.
"""

import contextlib
import json
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic
from typing import Final

from conformance.targets.node import in_working_directory
from conformance.targets.node_module import NodeModule
from conformance.wpt.discovery import CheckoutError, Test, file_of
from conformance.wpt.results import CRASH, FileResult, Progress

_SCRIPT: Final = Path(__file__).parent / "host" / "js" / "target.js"
#: Seconds that the test has left when it is told that the time is over.
_GRACE: Final = 5.0
_TAIL: Final = 4000


def run_test_on_target(
    test: Test, checkout: Path, node: Path, module: NodeModule, *, timeout_multiplier: float = 1.0
) -> FileResult:
    """Run a test to its end, or to the end of its time. A crash of Node is a result."""
    start = monotonic()
    timeout = test.timeout * timeout_multiplier
    progress = Progress()
    try:
        scripts = [
            [url_path, file_of(checkout, url_path).read_text(encoding="utf-8")]
            for url_path in ("/resources/testharness.js", *test.scripts, f"/{test.path}")
        ]
    except (OSError, CheckoutError) as error:
        return progress.result(test.id, 0.0, "ERROR", str(error))
    settings = {
        "module": module.name,
        "prelude": None if module.prelude is None else str(module.prelude.resolve()),
        "url": test.url,
        "kind": test.kind,
        "isolated": test.isolated,
        "secure": test.secure,
        "title": test.title,
        "checkout": str(checkout),
        "timeout": timeout,
        "scripts": scripts,
    }
    reports, node_end = os.pipe()
    settings["reports"] = node_end
    with (
        open(reports, encoding="utf-8", errors="replace") as report_lines,
        subprocess.Popen(
            in_working_directory(node, _SCRIPT),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(node_end,),
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        os.close(node_end)
        assert process.stdout is not None
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        printed: list[str] = []
        threads = [
            threading.Thread(target=_pass_on, args=(report_lines, lines.put)),
            threading.Thread(target=_pass_on, args=(process.stdout, printed.append)),
        ]
        for thread in threads:
            thread.start()
        try:
            _say(process, json.dumps(settings))
            status = _follow(lines, progress, start + timeout + _GRACE)
        finally:
            process.kill()
            for thread in threads:
                thread.join()
    progress.console = "".join(printed)
    message = None
    if status == CRASH:
        message = f"Node ended with status {process.returncode}\n{progress.console[-_TAIL:]}".strip()
    elif status == "TIMEOUT":
        message = "the test did not end"
    return progress.result(test.id, monotonic() - start, status, message)


def _pass_on(stream: Iterable[str], take: Callable[[str], None]) -> None:
    """Give each line to ``take``, and an empty one at the end."""
    for line in stream:
        take(line)
    take("")


def _say(process: "subprocess.Popen[str]", text: str) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(text)
        process.stdin.close()


def _follow(lines: "queue.SimpleQueue[str]", progress: Progress, deadline: float) -> str | None:
    """Take the reports of Node. Returns None after the last report of the harness, else a status that says why there
    is none.
    """
    while progress.harness_status is None:
        try:
            line = lines.get(timeout=max(0.0, deadline - monotonic()))
        except queue.Empty:
            return "TIMEOUT"
        if not line:
            return CRASH
        name, *arguments = json.loads(line)
        if name == "subtest":
            progress.subtest(*arguments)
        else:
            progress.complete(*arguments)
    return None
