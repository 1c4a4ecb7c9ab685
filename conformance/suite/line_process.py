"""A process that answers a line with a line, and is replaced when it crashes or is silent for too long."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

#: Characters of the process's standard error that an end shows.
_SHOWN: Final = 4000
#: The exit status (EX_TEMPFAIL) of a process that another is to take the place of. It has not taken the line.
REPLACE: Final = 75
#: Seconds that a process has to clean up when it is told to end.
_CLOSE_SECONDS: Final = 3.0
#: The directory of this package, from which the process imports it as well.
_ROOT: Final = str(Path(__file__).resolve().parents[2])


@dataclass(frozen=True)
class Ended:
    """The process ended and gave no answer. ``by`` is a signal's name, or "status N"; None if it was killed for its
    silence. ``errors`` is the end of its standard error.
    """

    by: str | None
    errors: str | None


class LineProcess:
    """A Python process that runs a module, started when it is first needed. A context manager."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._process: subprocess.Popen[str] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()

    def ask(self, line: str, seconds: float) -> str | Ended:
        """The process's answer to a line. If there is none after so many seconds, the process is killed."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        is_late = threading.Event()

        def give_up() -> None:
            is_late.set()
            process.kill()

        watchdog = threading.Timer(seconds, give_up)
        watchdog.start()
        answer = ""
        try:
            # A process that crashed before this line cannot take it.
            with contextlib.suppress(OSError):
                process.stdin.write(line + "\n")
                process.stdin.flush()
            answer = process.stdout.readline()
        finally:
            watchdog.cancel()
        if answer:
            return answer
        status = self._end()
        if status == REPLACE:
            return self.ask(line, seconds)
        self._errors.seek(0)
        shown = self._errors.read().decode(errors="replace")[-_SHOWN:].strip()
        return Ended(None if is_late.is_set() else _name_of(status), shown or None)

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
            # An interrupt from the keyboard is for the run, which then ends the process.
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

    def end(self) -> None:
        """Kill the process. The next question starts another."""
        if self._process is not None:
            self._process.kill()
        self._end()

    def close(self) -> None:
        """End the process, which has some time to clean up. A question that it is working on is dropped."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                self._process.stdin.close()
                self._process.wait(_CLOSE_SECONDS)
        self.end()
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
