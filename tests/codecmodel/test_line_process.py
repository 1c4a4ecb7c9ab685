"""A process that answers lines: its children end with it, and it ends with its parent."""

import os
import sys
from pathlib import Path

import pytest

from codecmodel.line_process import Ended, LineProcess
from tests.processes import has_ended, kill_once_it_prints, needs_proc, wait_for_the_end_of

_PARENT = """
import os, signal, sys, time
for line in sys.stdin:
    child = os.fork()
    if not child:
        os.close(1)
        time.sleep(600)
    print(child, flush=True)
    if line.startswith("exit"):
        os._exit(7)
    if line.startswith("stop"):
        os.kill(os.getpid(), signal.SIGSTOP)
"""
_KILLED_RUN = """
import sys, threading
from codecmodel.line_process import LineProcess
process = LineProcess("parent_of_sleepers", [])
child = process.ask(sys.argv[1], 60)
print(process._process.pid, child, flush=True)
threading.Event().wait()
"""


@pytest.fixture(autouse=True)
def parent_of_sleepers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parent_of_sleepers.py").write_text(_PARENT)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), *sys.path)))


@pytest.fixture
def process() -> LineProcess:
    return LineProcess("parent_of_sleepers", [])


pytestmark = needs_proc


def test_children_end_when_the_process_is_ended(process: LineProcess) -> None:
    with process:
        child = process.ask("one", 60)
        assert isinstance(child, str)
        assert not has_ended(int(child))
    wait_for_the_end_of(int(child))


def test_children_end_with_a_process_that_exits(process: LineProcess) -> None:
    with process:
        child = process.ask("exit", 60)
        assert isinstance(child, str)
        assert process.ask("another", 60) == Ended("status 7", None)
        wait_for_the_end_of(int(child))


def test_a_process_that_was_killed_is_replaced(process: LineProcess) -> None:
    with process:
        assert isinstance(process.ask("one", 60), str)
        process.kill()
        assert process.ask("two", 60) == Ended("SIGKILL", None)
        assert isinstance(process.ask("three", 60), str)


@pytest.mark.parametrize("line", ["one", "stop"])
def test_a_process_and_its_children_end_when_their_parent_is_killed(line: str) -> None:
    """They do so while the process waits, and when it does not react at all."""
    for number in kill_once_it_prints(_KILLED_RUN, line).split():
        wait_for_the_end_of(int(number))
