"""Shared helpers of these tests: asyncio loops that count or hide, steps that wait, an event target with a log."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

import pytest

from codecmodel.web.event_loop import AsyncioEventLoop, Promise, TaskSource, current_event_loop, resolve
from codecmodel.web.events import Event, EventHandler, EventTarget
from codecmodel.web.parallel_queue import ThreadParallelQueue
from codecmodel.web.wake_up import WakeUp

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

CODEC = TaskSource("codec")
#: Nothing is measured with it: a test that would hang fails instead.
HANG_SECONDS = 60


class CountingLoop(asyncio.SelectorEventLoop):
    """Counts the turns that callbacks take."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        self.turns += 1
        return super().call_soon(callback, *args, context=context)


class LoopWithoutReaders(CountingLoop):
    """Can't watch a pipe, as some loops can't."""

    def add_reader(self, fd: "FileDescriptorLike", callback: Callable[[*Ts], object], *args: *Ts) -> None:
        raise NotImplementedError


class CountingWakeUp:
    """Counts how often it is awakened."""

    def __init__(self, wake_up: WakeUp) -> None:
        self._wake_up = wake_up
        self.count = 0

    @property
    def number_of_callbacks(self) -> int:
        return self._wake_up.number_of_callbacks

    def wake(self) -> None:
        self.count += 1
        self._wake_up.wake()

    def rest(self) -> None:
        self._wake_up.rest()


class _HiddenQueue:
    """asyncio's queue of the callbacks that are ready, in a place that only this class knows."""

    __slots__ = ("append", "clear", "popleft", "size")

    def __init__(self) -> None:
        queue: deque[asyncio.Handle] = deque()
        self.append = queue.append
        self.popleft = queue.popleft
        self.clear = queue.clear
        self.size = queue.__len__

    def __len__(self) -> int:
        return self.size()


class SecretiveLoop(CountingLoop):
    """Shows only asyncio itself which callbacks are ready."""

    def __init__(self) -> None:
        super().__init__()
        self._ready = _HiddenQueue()


def new_uvloop() -> asyncio.AbstractEventLoop:
    """A loop that is not written in Python."""
    uvloop = pytest.importorskip("uvloop")
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


class Script:
    """The surroundings of a test's coroutine: its event loop, and a log of events."""

    def __init__(self) -> None:
        self.asyncio_loop = asyncio.get_running_loop()
        self.reported: list[BaseException] = []
        self.asyncio_loop.set_exception_handler(lambda _, context: self.reported.append(context["exception"]))
        event_loop = current_event_loop()
        assert isinstance(event_loop, AsyncioEventLoop)
        self.event_loop = event_loop
        self.wake_ups = CountingWakeUp(event_loop._wake_up)
        event_loop._wake_up = self.wake_ups
        self.log: list[object] = []

    def queue(self, steps: Callable[[], object]) -> None:
        self.event_loop.queue_task(CODEC, lambda: void(steps()))

    def logging(self, entry: object) -> Callable[[], None]:
        return lambda: self.log.append(entry)

    def chain_of_promises(self, length: int) -> Promise[None]:
        """A promise whose reaction logs 0 and settles another, whose reaction logs 1, and so on."""
        promises: list[Promise[None]] = [self.event_loop.new_promise() for _ in range(length)]

        def react(number: int) -> None:
            self.log.append(number)
            if number + 1 < length:
                resolve(promises[number + 1], None)

        def reaction_to(number: int) -> Callable[[Promise[None]], None]:
            return lambda _: react(number)

        for number, promise in enumerate(promises):
            promise.add_done_callback(reaction_to(number))
        return promises[0]

    async def until_tasks_have_run(self) -> None:
        """Wait for the tasks that are in the queue now."""
        promise: Promise[None] = self.event_loop.new_promise()
        self.queue(lambda: resolve(promise, None))
        await promise

    async def wait_for_thread(self, thread: threading.Thread) -> None:
        await asyncio.get_running_loop().run_in_executor(None, thread.join)


Run = Callable[[Callable[[Script], Coroutine[object, object, T]]], T]


def void(_: object) -> None:
    pass


def in_turn(*steps: Callable[[], object]) -> Callable[[], None]:
    """Steps that run several steps, one after the other."""

    def run_all() -> None:
        for one in steps:
            one()

    return run_all


def run_on(
    loop_factory: Callable[[], asyncio.AbstractEventLoop], main: Callable[[Script], Coroutine[object, object, T]]
) -> T:
    async def wrapped() -> T:
        script = Script()
        async with asyncio.timeout(HANG_SECONDS):
            result = await main(script)
        assert script.reported == []
        return result

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(wrapped())


def new_queue() -> ThreadParallelQueue:
    return ThreadParallelQueue(unused)


def unused(steps: Callable[[], None]) -> None:
    """A replacement for running steps on the event loop's thread, which no queue needs as long as there are threads."""
    raise AssertionError


def run_dry(*queues: ThreadParallelQueue) -> None:
    """Wait for the steps that are in the queues now."""
    for queue in queues:
        dry = threading.Event()
        queue.enqueue(dry.set)
        assert dry.wait(HANG_SECONDS)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.0005)


class Blocker:
    """Steps that begin, and end when they are told."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self.may_end.wait(HANG_SECONDS)

    def end_when(self, condition: Callable[[], object]) -> None:
        until(condition)
        self.may_end.set()


class RecordingLoop(AsyncioEventLoop):
    """Records reported exceptions, and the beginning and end of scripts."""

    def __init__(self, asyncio_loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(asyncio_loop)
        self.reported: list[BaseException] = []
        self.scripts: list[str] = []

    def prepare_to_run_script(self) -> None:
        self.scripts.append("prepare")

    def clean_up_after_running_script(self) -> None:
        self.scripts.append("clean up")

    def report_exception(self, exception: BaseException) -> None:
        self.reported.append(exception)


class Target(EventTarget):
    """An event target with an event handler attribute, and a log of the events that its listeners saw."""

    def __init__(self, event_loop: RecordingLoop) -> None:
        super().__init__(event_loop)
        self.event_loop = event_loop
        self.log: list[object] = []

    @property
    def ondequeue(self) -> EventHandler:
        return self._event_handler("dequeue")

    @ondequeue.setter
    def ondequeue(self, value: EventHandler) -> None:
        self._set_event_handler("dequeue", value)

    def logging(self, entry: object) -> Callable[[Event], None]:
        return lambda event: self.log.append(entry)

    def fire(self, type: str = "dequeue") -> list[object]:
        """The log entries of the listeners for one event."""
        self.log.clear()
        self._fire(type)
        return list(self.log)


def run_program(program: str, *options: str) -> str:
    """Run a program in an interpreter of its own, which must exit without complaints. Returns its output."""
    with subprocess.Popen(
        [sys.executable, "-X", "faulthandler", *options, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            output, complaints = process.communicate(timeout=HANG_SECONDS)
        except subprocess.TimeoutExpired:
            # The fault handler writes the stacks of all threads.
            process.send_signal(signal.SIGABRT)
            output, complaints = process.communicate()
    assert (process.returncode, complaints) == (0, ""), complaints
    return output
