"""A process that answers lines: its children end with it."""

import os
from pathlib import Path

import pytest

from codecmodel.line_process import Ended, LineProcess

_PARENT = """
import os, sys, time
for line in sys.stdin:
    child = os.fork()
    if not child:
        os.close(1)
        time.sleep(600)
    print(child, flush=True)
    if line.startswith("exit"):
        os._exit(7)
    if line.startswith("hang"):
        time.sleep(600)
"""


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LineProcess:
    (tmp_path / "parent_of_sleepers.py").write_text(_PARENT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return LineProcess("parent_of_sleepers", [])


def _has_ended(child: str | Ended) -> bool:
    """Whether the process with this number is gone. It is a child of init, which reaps it, by then."""
    assert isinstance(child, str)
    try:
        with open(f"/proc/{int(child)}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no /proc to find processes in")


def test_children_end_when_the_process_is_ended(process: LineProcess) -> None:
    with process:
        child = process.ask("one", 60)
        assert not _has_ended(child)
    while not _has_ended(child):
        pass


def test_children_end_with_a_process_that_exits(process: LineProcess) -> None:
    with process:
        child = process.ask("exit", 60)
        assert process.ask("another", 60) == Ended("status 7", None)
        while not _has_ended(child):
            pass


def test_a_process_that_was_killed_is_replaced(process: LineProcess) -> None:
    with process:
        assert isinstance(process.ask("one", 60), str)
        process.kill()
        assert process.ask("two", 60) == Ended("SIGKILL", None)
        assert isinstance(process.ask("three", 60), str)
