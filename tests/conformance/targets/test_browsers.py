"""Browsers end with the run that has started them."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.targets.browsers import Browser, RunningBrowser
from tests.processes import needs_proc, wait_for_the_end_of

#: Writes the numbers of its processes to a file beside it, and goes on for a long time.
_BROWSER = """#!/bin/sh
sleep 1000 &
echo $$ $! > "$0.pids.new"
mv "$0.pids.new" "$0.pids"
wait
"""
_KILLED_RUN = """
import os, signal, sys
from pathlib import Path
from conformance.targets.browsers import Browser, RunningBrowser
running = RunningBrowser(Browser("chromium", Path(sys.argv[1]), "1"), "about:blank")
print(running._profile.name, flush=True)
input()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    program = tmp_path / "browser"
    program.write_text(_BROWSER)
    program.chmod(0o755)
    return program


def _processes(program: Path) -> list[int]:
    """The browser's processes, once it has begun."""
    numbers = program.with_name("browser.pids")
    while not numbers.exists():
        time.sleep(0.01)
    return [int(number) for number in numbers.read_text().split()]


@needs_proc
def test_a_browser_ends_with_a_run_that_is_killed(program: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", _KILLED_RUN, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert run.stdin is not None
    assert run.stdout is not None
    profile = Path(run.stdout.readline().strip())
    processes = _processes(program)
    run.communicate("\n")
    for process in processes:
        wait_for_the_end_of(process)
    assert not profile.exists()


@needs_proc
def test_a_browser_ends_when_it_is_closed(program: Path) -> None:
    with RunningBrowser(Browser("chromium", program, "1"), "about:blank") as running:
        processes = _processes(program)
        assert running.is_running
    for process in processes:
        wait_for_the_end_of(process)


def test_the_end_of_a_browser_is_seen(tmp_path: Path) -> None:
    program = tmp_path / "browser"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    with RunningBrowser(Browser("chromium", program, "1"), "about:blank") as running:
        while running.is_running:
            time.sleep(0.01)
