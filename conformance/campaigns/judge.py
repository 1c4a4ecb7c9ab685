"""Executes an input in this process and judges the outcome. Crashes and hangs are for the parent process to judge."""

import asyncio
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from conformance.campaigns.case import Part
from conformance.campaigns.kinds import Kind
from conformance.campaigns.measurements import MEMORY, Possessions, possessions, settled_growth
from conformance.campaigns.outcome import Outcome, Verdict

#: Seconds that each execution's remains have to go. A cache grows once, and is no leak: only growth in each of these
#: executions is. The last wait is long, as threads that are still at work own objects.
_WAITS: Final = (0.1, 0.1, 0.5)
#: Seconds of the last wait.
LAST_WAIT: Final = 10.0
#: Part of the path of each file of the implementation.
_PACKAGES: Final = ("/codecmodel/", "/ffbind/")


def judged(kind: Kind, parts: Sequence[Part], last_wait: float = LAST_WAIT) -> Outcome:
    """Execute the input, and again if the process owns more after it than before it."""
    before: Possessions = possessions()
    always: set[str] | None = None
    last: dict[str, int] = {}
    for wait in (*_WAITS, last_wait):
        failure = execution_failure(kind, parts)
        if failure is not None:
            summary, details = failure
            return Outcome(Verdict.WRONG_EXCEPTION, summary, details)
        before, last = settled_growth(before, wait)
        always = set(last) if always is None else always & set(last)
        if not always:
            return Outcome(Verdict.FINE)
    assert always is not None
    names = ", ".join(sorted(always))
    details = ", ".join(f"{name}: {last[name]} more with each execution" for name in sorted(always))
    return Outcome(Verdict.GROWING if always == {MEMORY} else Verdict.LEFT_ALIVE, names, details)


def execution_failure(kind: Kind, parts: Sequence[Part]) -> tuple[str, str] | None:
    """A summary and the traceback of the first exception that should not be, whichever thread or task raises it."""
    failures: list[BaseException] = []
    with _watching(failures):
        try:
            asyncio.run(_execute(kind, parts, failures))
        except Exception as exception:
            failures.insert(0, exception)
    if not failures:
        return None
    details = "".join(traceback.format_exception(failures[0]))
    return _summary(failures[0]), details


async def _execute(kind: Kind, parts: Sequence[Part], failures: list[BaseException]) -> None:
    def report(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        exception = context.get("exception")
        failures.append(
            exception if isinstance(exception, BaseException) else RuntimeError(str(context.get("message")))
        )

    asyncio.get_running_loop().set_exception_handler(report)
    await kind.execute(parts)
    # Tasks of a codec that was closed may still be in the loop's queue.
    await asyncio.sleep(0)


@contextmanager
def _watching(failures: list[BaseException]) -> Iterator[None]:
    """Collect the exceptions that no caller sees: those of finalizers and threads."""

    def of_finalizer(unraisable: "sys.UnraisableHookArgs") -> None:
        failures.append(unraisable.exc_value or RuntimeError(str(unraisable.err_msg)))

    def of_thread(arguments: threading.ExceptHookArgs) -> None:
        failures.append(arguments.exc_value or RuntimeError(str(arguments.exc_type)))

    hooks = sys.unraisablehook, threading.excepthook
    sys.unraisablehook, threading.excepthook = of_finalizer, of_thread
    try:
        yield
    finally:
        sys.unraisablehook, threading.excepthook = hooks


def _summary(exception: BaseException) -> str:
    """The type of the exception, and the function of the implementation that raised it."""
    frames = traceback.extract_tb(exception.__traceback__)
    own = [frame for frame in frames if any(package in frame.filename for package in _PACKAGES)] or frames
    place = f" in {own[-1].name}" if own else ""
    return f"{type(exception).__name__}{place}"
