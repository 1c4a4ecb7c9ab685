"""Runs one scenario on an event loop of its own, within a time limit, and cleans up after it."""

import asyncio
import gc
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from types import FrameType
from typing import Final

from conformance.suite.assertions import OptionalFeatureUnsupportedError
from conformance.suite.context import BlockedLoopError, Outcome, Test, outcome_of
from conformance.suite.results import Result, Status
from conformance.suite.scenario import Body, Scenario

#: Seconds a scenario may take by default: three times the limit of web-platform-tests, for busy machines.
DEFAULT_TIMEOUT: Final = 30.0
#: Seconds after its time limit that a scenario which blocks the event loop is interrupted.
_GRACE: Final = 5.0
#: Seconds within which the objects that a scenario used must have been released.
_RELEASE: Final = 20.0

#: Gives the number of live native objects by kind; those that a scenario made must be gone when it has ended.
LiveObjects = Callable[[], Mapping[str, int]]


class SetupError(Exception):
    """The variant could not make the media or settings that its scenarios need."""


def run_scenario(
    scenario: Scenario,
    *,
    timeout: float = DEFAULT_TIMEOUT,
    live_objects: LiveObjects | None = None,
    new_event_loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> Result:
    """Run ``scenario`` on a fresh asyncio event loop, which ``new_event_loop`` makes if it is given. ``timeout`` in
    seconds.

    Raises SetupError if the variant's factory fails for another reason than a missing optional feature.
    """
    try:
        body = scenario.prepare()
    except OptionalFeatureUnsupportedError as unsupported:
        return _result(scenario, Outcome(Status.PRECONDITION_FAILED, str(unsupported)))
    except Exception as exception:
        stack = "".join(traceback.format_exception(exception))
        raise SetupError(f"{type(exception).__name__}: {exception}\n{stack}") from exception
    if scenario.timeout is not None:
        timeout = max(timeout, scenario.timeout)
    start = perf_counter()
    try:
        with _interruption_after(timeout + _GRACE), asyncio.Runner(loop_factory=new_event_loop) as runner:
            outcome, cleanup_failure = runner.run(_run(scenario.name, body, timeout, live_objects))
    except BlockedLoopError as blocked:
        outcome, cleanup_failure = outcome_of(blocked, ""), None
    return _result(scenario, outcome, perf_counter() - start, cleanup_failure)


def _result(scenario: Scenario, outcome: Outcome, duration: float = 0.0, cleanup_failure: str | None = None) -> Result:
    return Result(
        scenario.id,
        scenario.name,
        scenario.shows,
        outcome.status,
        outcome.message,
        outcome.stack,
        duration,
        cleanup_failure,
    )


async def _run(name: str, body: Body, timeout: float, live_objects: LiveObjects | None) -> tuple[Outcome, str | None]:
    """Returns the outcome of the scenario, and a description of the failures in cleaning up after it."""
    loop = asyncio.get_running_loop()
    t = Test(name)
    loop.set_exception_handler(t._report)
    before = dict(live_objects()) if live_objects is not None else {}
    await _run_body(t, body, timeout)
    cleanup_failure: str | None = None
    try:
        cleanup_failure = await asyncio.wait_for(t._clean_up(), timeout)
    except TimeoutError:
        cleanup_failure = f"Timeout while running cleanup for test named '{name}'."
    assert t._outcome is not None
    outcome = t._outcome
    if live_objects is not None:
        left = await _left_over(live_objects, before)
        if left and outcome.status is Status.PASS:
            outcome = Outcome(Status.FAIL, f"not released within {_RELEASE:g} s after the scenario: {left}")
    return outcome, cleanup_failure


async def _run_body(t: Test, body: Body, timeout: float) -> None:
    """Run ``body`` until it returns, until something else ends the scenario, or until the time is up."""

    async def run() -> None:
        await body(t)

    task = asyncio.create_task(run(), name=t.name)
    ended = asyncio.create_task(t._ended.wait())
    await asyncio.wait({task, ended}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        t._end(_outcome_of_task(task))
    else:
        t._end(Outcome(Status.TIMEOUT, "Test timed out"))
        task.cancel()
    ended.cancel()
    await asyncio.wait({task, ended}, timeout=1.0)


def _outcome_of_task(task: asyncio.Task[None]) -> Outcome:
    if task.cancelled():
        return Outcome(Status.FAIL, "the scenario was cancelled")
    exception = task.exception()
    if exception is None:
        return Outcome(Status.PASS)
    return outcome_of(exception, "Unhandled rejection")


async def _left_over(live_objects: LiveObjects, before: Mapping[str, int]) -> dict[str, int]:
    """The objects that live now and did not live ``before``, after they have had time to be released."""
    start = perf_counter()
    collected = False
    while True:
        left = {name: count for name, count in live_objects().items() if count > before.get(name, 0)}
        elapsed = perf_counter() - start
        if not left or elapsed > _RELEASE:
            return left
        if elapsed > 0.05 and not collected:
            gc.collect()
            collected = True
        await asyncio.sleep(0.002)


@contextmanager
def _interruption_after(seconds: float) -> Iterator[None]:
    """Raise BlockedLoopError in this thread after so many seconds, and again after as many. Main thread only."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise BlockedLoopError(f"Test timed out: the event loop was blocked for {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
