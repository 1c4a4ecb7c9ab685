"""Scenarios run in a worker process, which is replaced when a scenario crashes or blocks it."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Final, Self

from conformance.suite.results import Result, Status
from conformance.suite.scenario import Scenario
from conformance.suite.worker import result_of

#: Seconds after the time limit of a scenario, with its cleanup, after which a silent worker is killed.
_PATIENCE: Final = 60.0
#: Characters of the worker's standard error that a result shows.
_SHOWN: Final = 4000
#: The directory of this package, from which the worker imports it as well.
_ROOT: Final = str(Path(__file__).resolve().parents[2])


class WorkerProcess:
    """A worker process for the scenarios of ``package``, started when it is first needed. A context manager.

    ``live_objects`` is the function that counts live native objects, as module:name. ``timeout`` is the time limit of a
    scenario in seconds.
    """

    def __init__(
        self, package: ModuleType, *, timeout: float, live_objects: str | None = None, patience: float = _PATIENCE
    ) -> None:
        self._timeout = timeout
        self._patience = patience
        self._command = [sys.executable, "-m", "conformance.suite.worker", package.__name__, "--timeout", str(timeout)]
        for directory in package.__path__:
            self._command += ["--path", directory]
        if live_objects is not None:
            self._command += ["--live-objects", live_objects]
        self._process: subprocess.Popen[str] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()

    def execute(self, scenario: Scenario) -> Result:
        """Run the scenario. A crash is a FAIL that shows the end of the worker's standard error, a hang a TIMEOUT.

        Raises SetupError as run_scenario() does.
        """
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        is_late = threading.Event()

        def give_up() -> None:
            is_late.set()
            process.kill()

        watchdog = threading.Timer(max(self._timeout, scenario.timeout or 0.0) + self._patience, give_up)
        watchdog.start()
        line = ""
        try:
            # A worker that crashed before this scenario cannot take the request.
            with contextlib.suppress(OSError):
                process.stdin.write(scenario.id + "\n")
                process.stdin.flush()
            line = process.stdout.readline()
        finally:
            watchdog.cancel()
        if line:
            return result_of(line)
        status = self._end()
        if is_late.is_set():
            return self._result(scenario, Status.TIMEOUT, "Test timed out: the process did not react and was ended")
        return self._result(scenario, Status.FAIL, f"the process was ended by {_name_of(status)}")

    def _result(self, scenario: Scenario, status: Status, message: str) -> Result:
        self._errors.seek(0)
        shown = self._errors.read().decode(errors="replace")[-_SHOWN:].strip()
        return Result(scenario.id, scenario.name, scenario.shows, status, message, shown or None)

    def _start(self) -> "subprocess.Popen[str]":
        self._errors.seek(0)
        self._errors.truncate()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            # An interrupt from the keyboard is for the run, which then ends the worker.
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join((_ROOT, os.environ.get("PYTHONPATH", "")))},
        )
        return self._process

    def _end(self) -> int:
        """End the process, if it has not ended, and forget it. Returns its exit status; 0 if there is none."""
        process, self._process = self._process, None
        if process is None:
            return 0
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        process.stdout.close()
        return process.wait()

    def close(self) -> None:
        """End the worker. A scenario that it is running is killed."""
        if self._process is not None:
            self._process.kill()
        self._end()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _name_of(status: int) -> str:
    """The signal that a process's exit status stands for, such as "SIGSEGV", or the status itself."""
    return signal.Signals(-status).name if status < 0 else f"status {status}"
