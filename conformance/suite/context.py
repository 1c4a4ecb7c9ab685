"""The test context that a scenario gets as ``t``: steps, timers, cleanup, and the outcome of the scenario."""

import asyncio
import inspect
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeVar

from conformance.suite.assertions import ExpectationError, OptionalFeatureUnsupportedError
from conformance.suite.results import Status

P = ParamSpec("P")
T = TypeVar("T")

#: A cleanup function. If it returns an awaitable, that is awaited.
Cleanup = Callable[[], object]


class AnyCallback(Protocol):
    """A function that takes any arguments."""

    def __call__(self, *args: object) -> None: ...


@dataclass(frozen=True)
class Outcome:
    """The first thing that decided how the scenario ended."""

    status: Status
    message: str | None = None
    stack: str | None = None


class BlockedLoopError(BaseException):
    """Raised into a scenario that has kept the event loop from running for too long."""


def outcome_of(exception: BaseException, what: str) -> Outcome:
    """The outcome of a scenario that an exception has left, or one of its steps."""
    stack = "".join(traceback.format_exception(exception)).rstrip()
    if isinstance(exception, OptionalFeatureUnsupportedError):
        return Outcome(Status.PRECONDITION_FAILED, str(exception), stack)
    if isinstance(exception, ExpectationError):
        return Outcome(Status.FAIL, str(exception), stack)
    if isinstance(exception, BlockedLoopError):
        return Outcome(Status.TIMEOUT, str(exception), stack)
    return Outcome(Status.FAIL, f"{what}: {type(exception).__name__}: {exception}", stack)


class Test:
    """One running scenario. Made and used on its event loop's thread, inside that loop."""

    __test__ = False  # it is no test of pytest's

    def __init__(self, name: str) -> None:
        self.name = name
        self._loop = asyncio.get_running_loop()
        self._outcome: Outcome | None = None
        self._ended = asyncio.Event()
        self._cleanups: list[Cleanup] = []
        self._collected: list[BaseException] | None = None
        self._cleaning = False

    # For scenarios

    def step(self, func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Call ``func``. If it raises an exception, the scenario ends. Returns the result of ``func``, or None."""
        if self._outcome is not None:
            return None
        try:
            return func(*args, **kwargs)
        except Exception as exception:
            self._end(outcome_of(exception, "Unhandled exception"))
            return None

    def step_func(self, func: Callable[P, object]) -> Callable[P, None]:
        """``func`` as a callback that runs as a step."""

        def callback(*args: P.args, **kwargs: P.kwargs) -> None:
            self.step(func, *args, **kwargs)

        return callback

    def unreached_func(self, description: str) -> AnyCallback:
        """A callback that must not be called."""

        def callback(*args: object) -> None:
            given = f" with {', '.join(map(str, args))}" if args else ""
            self._end(outcome_of(ExpectationError(f"assert_unreached: {description}{given}"), ""))

        return callback

    def step_timeout(self, func: Callable[P, object], milliseconds: float, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call ``func`` as a step after that time, unless the scenario has ended by then."""
        handle = self._loop.call_later(milliseconds / 1000, lambda: self.step(func, *args, **kwargs))
        self.add_cleanup(handle.cancel)

    async def step_wait(
        self, condition: Callable[[], bool], description: str, milliseconds: float = 3000, interval: float = 2
    ) -> None:
        """Wait until the condition holds. The scenario fails if that takes longer than ``milliseconds``."""
        deadline = self._loop.time() + milliseconds / 1000
        while not condition():
            if self._loop.time() > deadline:
                raise ExpectationError(f"step_wait: {description} Timed out waiting on condition")
            await asyncio.sleep(interval / 1000)

    def add_cleanup(self, callback: Cleanup) -> None:
        """Call ``callback`` when the scenario has ended, in any way. Callbacks are called in the order in which
        they were added.

        The awaitables that they return are awaited together, after the last callback was called.
        """
        self._cleanups.append(callback)

    def collect_uncaught_exceptions(self) -> list[BaseException]:
        """From now on, exceptions that are reported to the event loop are gathered in this list and do not fail the
        scenario.
        """
        if self._collected is None:
            self._collected = []
        return self._collected

    # For the harness

    def _end(self, outcome: Outcome) -> None:
        if self._outcome is None:
            self._outcome = outcome
        self._ended.set()

    def _report(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """The exception handler of the event loop: takes an uncaught error."""
        exception = context.get("exception")
        unhandled_rejection = "future" in context and "task" not in context
        if self._cleaning and unhandled_rejection:
            return  # cleaning up closes codecs, which rejects promises that are no longer awaited
        if not isinstance(exception, BaseException):
            exception = ExpectationError(str(context.get("message")))
        if self._collected is not None and not isinstance(exception, BlockedLoopError):
            self._collected.append(exception)
            return
        self._end(outcome_of(exception, "Unhandled rejection" if unhandled_rejection else "Uncaught exception"))

    async def _clean_up(self) -> str | None:
        """Run the cleanup functions. Returns a description of the first failure in them, or None."""
        self._cleaning = True
        failures: list[BaseException] = []
        waiting: list[Awaitable[object]] = []
        for cleanup in self._cleanups:
            try:
                result = cleanup()
            except Exception as exception:
                failures.append(exception)
            else:
                if inspect.isawaitable(result):
                    waiting.append(result)
        results = await asyncio.gather(*waiting, return_exceptions=True)
        failures += [result for result in results if isinstance(result, BaseException)]
        if not failures:
            return None
        total = len(self._cleanups)
        plural = "s" if total > 1 else ""
        first = f"{type(failures[0]).__name__}: {failures[0]}"
        specified = f"Test named '{self.name}' specified {total} 'cleanup' function{plural}"
        return f"{specified}, and {len(failures)} failed: {first}"
