"""A microtask queue that asyncio's futures and tasks take for their event loop.

They use ``call_soon`` of a loop, which queues a microtask here. So the reactions of a promise, and a coroutine that
awaits it, run when HTML runs them: at the next microtask checkpoint, in the order in which they were queued.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import NamedTuple, TypeVar, TypeVarTuple

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class _Microtask(NamedTuple):
    handle: asyncio.Handle
    steps: Callable[[], object]
    context: Context


class MicrotaskQueue(asyncio.AbstractEventLoop):
    """The microtask queue of one event loop. It has no clock, no sockets and no threads.

    ``report`` takes the exceptions that microtasks raise. ``may_queue`` says whether the running code may queue a
    microtask. Steps on a parallel queue may not.
    """

    def __init__(self, report: Callable[[BaseException], None], may_queue: Callable[[], bool]) -> None:
        self._microtasks: deque[_Microtask] = deque()
        self._report = report
        self._may_queue = may_queue
        self._performing_a_checkpoint = False
        #: The reasons of rejected promises that no code had asked about when they were collected.
        self.unhandled_rejections: list[BaseException] = []

    def perform_a_checkpoint(self) -> None:
        """HTML: perform a microtask checkpoint."""
        # For speed: most checkpoints have nothing to do.
        if self._performing_a_checkpoint or not self._microtasks:
            return
        self._performing_a_checkpoint = True
        try:
            with self.running():
                while self._microtasks:
                    self._run(self._microtasks.popleft())
        finally:
            self._performing_a_checkpoint = False

    def _run(self, microtask: _Microtask) -> None:
        if microtask.handle.cancelled():
            return
        try:
            microtask.context.run(microtask.steps)
        except Exception as exception:
            self._report(exception)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Within the block this is asyncio's running loop, which ``asyncio.gather()`` and its like expect."""
        previous = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            yield
        finally:
            asyncio._set_running_loop(previous)

    # For asyncio's futures and tasks

    def call_soon(
        self,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        assert self._may_queue(), "a parallel queue reaches promises through a task on their event loop only"
        handle = asyncio.Handle(callback, args, self, context)
        self._microtasks.append(_Microtask(handle, lambda: callback(*args), context or copy_context()))
        return handle

    def create_future(self) -> "asyncio.Future[T]":
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Generator[None, None, T] | Coroutine[object, object, T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> "asyncio.Task[T]":
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def call_exception_handler(self, context: Mapping[str, object]) -> None:
        exception = context.get("exception")
        if isinstance(exception, BaseException):
            if "future" in context:
                self.unhandled_rejections.append(exception)
            else:
                self._report(exception)

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return asyncio._get_running_loop() is self

    def is_closed(self) -> bool:
        return False
