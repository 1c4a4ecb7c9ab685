"""A process that answers a line with a line, and is replaced when it crashes or is silent for too long.

Its children end with it, and it ends with its parent.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, Self

#: Characters of the process's standard error that an end shows.
_SHOWN: Final = 4000
#: The exit status (EX_TEMPFAIL) of a process that another is to take the place of. It has not taken the line.
REPLACE: Final = 75
#: Seconds that a process has to clean up when it is told to end.
_CLOSE_SECONDS: Final = 3.0
#: The directory of these packages, from which the process imports it as well.
_ROOT: Final = str(Path(__file__).resolve().parents[1])


@dataclass(frozen=True)
class Ended:
    """The process ended and gave no answer. ``by`` is a signal's name, or "status N"; None if it was killed for its
    silence. ``errors`` is the end of its standard error.
    """

    by: str | None
    errors: str | None


#: Waits until this process ends in any way, be it by a signal that cannot be caught.
_GUARD: Final = f'read -r _; sleep {_CLOSE_SECONDS:g}; kill -s KILL -- "$1"'


class Guard:
    """Kills other processes when this one has ended: they may be at work, or hang, and not notice.

    They have some time to clean up. ``target`` is the number of a process, or that of a group with a minus sign. The
    guard is to be ended when that process has ended, since another may have the number later.
    """

    def __init__(self, target: int) -> None:
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "sh", str(target)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # An interrupt from the keyboard ends this process, and not its guard.
            start_new_session=True,
        )

    def end(self) -> None:
        """From now on, nothing is killed."""
        self._process.kill()
        self._process.communicate()


class LineProcess:
    """A Python process that runs a module, started when it is first needed. A context manager.

    Its environment has ``variables`` beside those of this process.
    """

    def __init__(
        self, module: str, arguments: Sequence[str], variables: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._variables = variables
        self._command = [sys.executable, "-m", module, *arguments]
        self._process: subprocess.Popen[str] | None = None
        self._guard: Guard | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()

    def ask(self, line: str, seconds: float) -> str | Ended:
        """The process's answer to a line. If there is none after so many seconds, the process is killed."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        is_late = threading.Event()

        def give_up() -> None:
            is_late.set()
            _kill_group(process)

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
            env={
                **os.environ,
                **self._variables,
                "PYTHONPATH": os.pathsep.join((_ROOT, os.environ.get("PYTHONPATH", ""))),
            },
        )
        self._guard = Guard(-self._process.pid)
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
        # The number of its group stays its own until it is waited for.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        _kill_group(process)
        if self._guard is not None:
            self._guard.end()
        return process.wait()

    def kill(self) -> None:
        """Kill the process, on any thread. A question that it is working on is answered with Ended."""
        process = self._process
        if process is not None:
            _kill_group(process)

    def end(self) -> None:
        """Kill the process. The next question starts another."""
        self.kill()
        self._end()

    def close(self) -> None:
        """End the process, which has some time to clean up. A question that it is working on is dropped."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            end = time.monotonic() + _CLOSE_SECONDS
            while not _has_ended(self._process) and time.monotonic() < end:
                time.sleep(0.005)
        self.end()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _kill_group(process: "subprocess.Popen[str]") -> None:
    """Kill the process and its children, unless it was waited for."""
    if process.returncode is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)


def _has_ended(process: "subprocess.Popen[str]") -> bool:
    """Whether the process, which was not waited for, has ended. Its children may go on."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def _name_of(status: int) -> str:
    """The signal that a process's exit status stands for, such as "SIGSEGV", or the status itself."""
    return signal.Signals(-status).name if status < 0 else f"status {status}"
