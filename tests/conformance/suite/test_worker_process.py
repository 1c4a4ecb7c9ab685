"""A worker process runs scenarios. If a scenario crashes or hangs, this is its result."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from conformance.suite.execution import SetupError
from conformance.suite.harness import SCENARIOS
from conformance.suite.results import Result, Status
from conformance.suite.runner import collect
from conformance.suite.worker import line_of, result_of
from conformance.suite.worker_process import WorkerProcess

_SAMPLE = """
import ctypes, os, signal, sys, time
from conformance.suite.harness import Variant, assert_equals, promise_test

@promise_test("a pass", shows=["anchor#1"])
async def passes(t):
    print("noise on standard output")

@promise_test("a failure", shows=["anchor#2"])
async def fails(t):
    assert_equals(1, 2, "the number")

@promise_test("a crash", shows=["anchor#3"])
async def crashes(t):
    ctypes.string_at(0)

@promise_test("an abort", shows=["anchor#4"])
async def aborts(t):
    sys.stderr.write("malloc(): unaligned tcache chunk detected")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGABRT)

@promise_test("an end", shows=["anchor#7"])
async def ends_once(t):
    try:
        open(__file__ + ".ended", "x").close()
    except FileExistsError:
        return
    os._exit(75)

@promise_test("a hang", shows=["anchor#5"])
async def hangs(t):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        time.sleep(1)

def broken():
    raise ZeroDivisionError("no media")

@promise_test("no media", shows=["anchor#6"], variants=[Variant("broken", broken)])
async def never(t, media): ...
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A package with one module of scenarios."""
    directory = tmp_path / "sample_scenarios"
    directory.mkdir()
    (directory / "__init__.py").touch()
    (directory / "chapter_4_sample.py").write_text(_SAMPLE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    yield importlib.import_module("sample_scenarios")
    SCENARIOS.forget_module("chapter_4_sample")
    for name in ("sample_scenarios", "sample_scenarios.chapter_4_sample"):
        sys.modules.pop(name, None)


def results(package: ModuleType, *functions: str, timeout: float = 30.0, patience: float = 60.0) -> list[Result]:
    """The results of the scenarios with these functions, in this order, by one WorkerProcess."""
    scenarios = {scenario.function: scenario for group in collect(package) for scenario in group.scenarios}
    with WorkerProcess(package, timeout=timeout, patience=patience) as worker:
        return [worker.execute(scenarios[function]) for function in functions]


def test_results_are_those_of_the_scenarios(package: ModuleType) -> None:
    passed, failed = results(package, "passes", "fails")
    assert (passed.id, passed.name, passed.shows) == ("chapter_4_sample.passes", "a pass", ("anchor#1",))
    assert (passed.status, passed.message) == (Status.PASS, None)
    assert (failed.status, failed.message) == (Status.FAIL, "assert_equals: the number expected 2 but got 1")


def test_a_crash_is_a_result_and_the_rest_goes_on(package: ModuleType) -> None:
    crashed, aborted, passed = results(package, "crashes", "aborts", "passes")
    assert (crashed.status, crashed.message) == (Status.FAIL, "the process was ended by SIGSEGV")
    assert "Segmentation fault" in (crashed.stack or "")
    assert (aborted.id, aborted.status) == ("chapter_4_sample.aborts", Status.FAIL)
    assert aborted.message == "the process was ended by SIGABRT"
    assert "malloc(): unaligned tcache chunk detected" in (aborted.stack or "")
    assert passed.status is Status.PASS


def test_a_hang_is_a_timeout_and_the_rest_goes_on(package: ModuleType) -> None:
    hung, passed = results(package, "hangs", "passes", timeout=1.0, patience=1.0)
    assert hung.status is Status.TIMEOUT
    assert hung.message == "Test timed out: the process did not react and was ended"
    assert passed.status is Status.PASS


def test_a_process_may_ask_to_be_replaced_before_it_takes_a_line(package: ModuleType) -> None:
    replaced, passed = results(package, "ends_once", "passes")
    assert (replaced.status, passed.status) == (Status.PASS, Status.PASS)


def test_an_error_in_preparing_is_raised(package: ModuleType) -> None:
    with pytest.raises(SetupError, match="ZeroDivisionError: no media"):
        results(package, "never")


def test_a_result_survives_its_line() -> None:
    result = Result("m.f?v", "name", ("a#1", "b#2"), Status.TIMEOUT, "late", "stack\nof two lines", 1.5, "not clean")
    assert result_of(line_of(result)) == result
