"""Runs tests side by side, each in a worker process that runs one at a time."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, Protocol

from conformance.targets.node_module import NodeModule
from conformance.wpt.discovery import Test
from conformance.wpt.results import CRASH, FileResult
from conformance.wpt.worker import request_of, result_of

#: Seconds past the time limit of a test after which a silent worker is killed.
_EXTRA_SECONDS: Final = 30.0
_STDERR_TAIL: Final = 4000
#: The directory from which this package is imported, for any working directory.
_ROOT: Final = str(Path(__file__).resolve().parents[2])


class Observer(Protocol):
    """Is told of each result, on the thread that called ``run_tests``."""

    def test_finished(self, test: Test, result: FileResult) -> None: ...


@dataclass(frozen=True)
class RunOptions:
    """How tests are run: on ``module``, or on this implementation if it is None."""

    checkout: Path
    node: Path
    jobs: int
    timeout_multiplier: float = 1.0
    module: NodeModule | None = None


def run_tests(tests: Sequence[Test], options: RunOptions, observer: Observer) -> list[FileResult]:
    """Run the tests. Results come in the order of ``tests``. An interrupt ends everything that runs and raises
    KeyboardInterrupt.
    """
    waiting: SimpleQueue[Test] = SimpleQueue()
    # Long tests come first, so that the run does not wait for one of them at the end.
    for test in sorted(tests, key=lambda test: -test.timeout):
        waiting.put(test)
    finished: SimpleQueue[tuple[Test, FileResult]] = SimpleQueue()
    worker_threads = [_WorkerThread(options, waiting, finished) for _ in range(max(1, min(options.jobs, len(tests))))]
    results: dict[Test, FileResult] = {}
    try:
        for _ in tests:
            test, result = finished.get()
            results[test] = result
            observer.test_finished(test, result)
    finally:
        for worker_thread in worker_threads:
            worker_thread.end()
    return [results[test] for test in tests]


class _WorkerThread:
    """A thread, and the worker process that runs its tests."""

    def __init__(
        self, options: RunOptions, waiting: "SimpleQueue[Test]", finished: "SimpleQueue[tuple[Test, FileResult]]"
    ) -> None:
        self._options = options
        self._waiting = waiting
        self._finished = finished
        self._worker: subprocess.Popen[str] | None = None
        self._stderr_file = tempfile.TemporaryFile()  # noqa: SIM115 - closed in end()
        self._ended = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        for test in self._tests():
            result = self._run(test)
            if self._ended:
                return
            self._finished.put((test, result))

    def _tests(self) -> Iterator[Test]:
        while not self._ended:
            try:
                yield self._waiting.get_nowait()
            except Empty:
                return

    def _run(self, test: Test) -> FileResult:
        options = self._options
        worker = self._worker
        if worker is None or worker.poll() is not None:
            worker = self._worker = self._start()
        assert worker.stdin is not None
        assert worker.stdout is not None
        limit = test.timeout * options.timeout_multiplier + _EXTRA_SECONDS
        watchdog = threading.Timer(limit, _kill, (worker,))
        watchdog.start()
        line = ""
        try:
            request = request_of(test, options.checkout, options.node, options.timeout_multiplier, options.module)
            worker.stdin.write(request + "\n")
            worker.stdin.flush()
            line = worker.stdout.readline()
        except OSError:
            pass
        finally:
            watchdog.cancel()
        if line:
            return result_of(line)
        code = worker.wait()
        self._stderr_file.seek(0)
        stderr = self._stderr_file.read()[-_STDERR_TAIL:].decode(errors="replace").strip()
        return FileResult(test.id, CRASH, f"the process ended with status {code}\n{stderr}".strip())

    def _start(self) -> "subprocess.Popen[str]":
        self._stderr_file.seek(0)
        self._stderr_file.truncate()
        return subprocess.Popen(
            [sys.executable, "-m", "conformance.wpt.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr_file,
            text=True,
            encoding="utf-8",
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join((_ROOT, os.environ.get("PYTHONPATH", "")))},
        )

    def end(self) -> None:
        """End the worker, even while it is running a test."""
        self._ended = True
        worker = self._worker
        if worker is not None:
            _kill(worker)
            worker.wait()
        self._thread.join()
        for pipe in (worker.stdin, worker.stdout) if worker is not None else ():
            if pipe is not None:
                pipe.close()
        self._stderr_file.close()


def _kill(worker: "subprocess.Popen[str]") -> None:
    """End the worker and its Node, which would not notice if it is running a script for ever."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
