"""Processes whose end tests wait for."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="the system does not show processes in /proc"
)


def has_ended(process: int) -> bool:
    """Whether a process has ended. A dead process whose parent has yet to look at it has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def wait_for_the_end_of(process: int) -> None:
    """Wait until a process has ended."""
    while not has_ended(process):
        time.sleep(0.01)


def kill_once_it_prints(program: str, *arguments: str) -> str:
    """Run a program of Python until it has printed a line, and kill it. Returns the line."""
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        running.kill()
    return line
