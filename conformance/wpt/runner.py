"""Runs tests side by side, each in a worker process that runs one at a time."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, Protocol

from codecmodel.line_process import LineProcess
from conformance.targets.node_module import NodeModule
from conformance.wpt.discovery import Test
from conformance.wpt.results import CRASH, FileResult
from conformance.wpt.worker import request_of, result_of

#: Seconds past the time limit of a test after which a silent worker is killed.
_EXTRA_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.1


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
        self._worker = LineProcess("conformance.wpt.worker", [])
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
        request = request_of(test, options.checkout, options.node, options.timeout_multiplier, options.module)
        answer = self._worker.ask(request, test.timeout * options.timeout_multiplier + _EXTRA_SECONDS)
        if isinstance(answer, str):
            return result_of(answer)
        end = "did not react and was ended" if answer.by is None else f"was ended by {answer.by}"
        return FileResult(test.id, CRASH, "\n".join(filter(None, (f"the process {end}", answer.errors))))

    def end(self) -> None:
        """End the worker and its Node, even while it is running a test."""
        self._ended = True
        while self._thread.is_alive():
            self._worker.kill()
            # The thread may be about to start a worker.
            self._thread.join(_LOOK_SECONDS)
        self._worker.close()
