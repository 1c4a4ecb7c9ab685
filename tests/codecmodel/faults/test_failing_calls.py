"""Calls that the event loop and the parallel queue make into the system and asyncio fail, each once, in every way.

A call concerns threads, the pipe, or the asyncio loop. After any exception, codecs at work go on or are closed, all
promises are settled, another codec works, and no object is left over.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import NamedTuple

import pytest

from codecmodel.web import threads, wake_up
from tests.codecmodel.faults.program import Program, wait_for_releases
from tests.codecmodel.web.scripts import CountingLoop, LoopWithoutReaders

EXCEPTIONS = [
    *(RuntimeError("can't start new thread"), OSError(24, "Too many open files"), MemoryError(), NotImplementedError()),
    *(ValueError("fault"), asyncio.CancelledError(), KeyboardInterrupt(), SystemExit(1)),
]


class Call(NamedTuple):
    """A function that the model calls: an attribute of an object."""

    owner: Callable[[asyncio.AbstractEventLoop], object]
    name: str


CALLS = {
    "Thread.start": Call(lambda loop: threading.Thread, "start"),
    "Thread()": Call(lambda loop: threading.Thread, "__init__"),
    "pipe": Call(lambda loop: os, "pipe"),
    "set_blocking": Call(lambda loop: os, "set_blocking"),
    "read": Call(lambda loop: os, "read"),
    "write": Call(lambda loop: wake_up, "_write"),
    "add_reader": Call(lambda loop: loop, "add_reader"),
    "call_soon": Call(lambda loop: loop, "call_soon"),
    "call_soon_threadsafe": Call(lambda loop: loop, "call_soon_threadsafe"),
    "call_later": Call(lambda loop: loop, "call_later"),
    "create_future": Call(lambda loop: loop, "create_future"),
}


class Injection:
    """Has the call with a number raise an exception, if it is the model that makes it."""

    def __init__(self, call: Call, loop: asyncio.AbstractEventLoop, number: int, exception: BaseException) -> None:
        self._owner = call.owner(loop)
        self._name = call.name
        self._number = number
        self._exception = exception
        self._calls = count(1)
        self.has_raised = False
        # The model may keep the function for later calls.
        self._is_over = False

    @contextmanager
    def injecting(self) -> Iterator[None]:
        original = getattr(self._owner, self._name)

        def call(*arguments: object, **keywords: object) -> object:
            caller = sys._getframe(1)
            # A future calls the loop from C. Its behaviour after a failure is up to asyncio.
            is_ours = "/codecmodel/web/" in caller.f_code.co_filename and caller.f_code.co_name != "_settle"
            # Python delivers interrupts to the main thread only.
            is_possible = isinstance(self._exception, Exception) or (
                threading.current_thread() is threading.main_thread()
            )
            is_possible = is_possible and not (self.has_raised or self._is_over)
            if is_ours and is_possible and next(self._calls) == self._number:
                self.has_raised = True
                raise self._exception
            return original(*arguments, **keywords)

        pool = threads._pool
        setattr(self._owner, self._name, call)
        # No thread rests in a new pool, so threads have to be started.
        threads._pool = threads.Pool()
        try:
            yield
        finally:
            self._is_over = True
            setattr(self._owner, self._name, original)
            threads._pool = pool


def inject_each(call: Call, new_loop: Callable[[], asyncio.AbstractEventLoop], exception: BaseException) -> int:
    """Inject the exception into the first call, the second, and so on. Returns the number of calls."""
    for number in count(1):
        program = Program(new_loop)
        injection = Injection(call, program.loop, number, exception)
        program.run(injection.injecting())
        # The exception keeps the objects of the frames that it has passed through.
        exception.__traceback__ = None
        if program.fault is not None:
            program.fault = None
        del program
        wait_for_releases()
        if not injection.has_raised or number == 12:
            return number - 1
    raise AssertionError("there are more numbers")


@pytest.mark.usefixtures("short_timers", "no_faults_are_shown")
@pytest.mark.parametrize("new_loop", [CountingLoop, LoopWithoutReaders])
@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
def test_codecs_go_on_after_a_call_that_fails(call: Call, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    points = sum(inject_each(call, new_loop, exception) for exception in EXCEPTIONS)
    print(points, "injection points")
