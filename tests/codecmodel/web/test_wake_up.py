"""Waking an asyncio loop from another thread."""

import asyncio
import gc
import os
import threading
import weakref
from collections.abc import Callable

import pytest

from codecmodel.web import wake_up
from codecmodel.web.event_loop import AsyncioEventLoop, TaskSource
from codecmodel.web.wake_up import PipeWakeUp, TurnWakeUp, WakeUp
from tests.codecmodel.web.scripts import HANG_SECONDS, LoopWithoutReaders, run_program

NewWakeUp = Callable[[asyncio.AbstractEventLoop, Callable[[], None]], WakeUp]


def new_pipe_wake_up(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> WakeUp:
    return PipeWakeUp(loop, function, lambda: None)


both = pytest.mark.parametrize("new_wake_up", [new_pipe_wake_up, TurnWakeUp])


@both
def test_the_function_is_called_in_each_turn_until_it_rests(new_wake_up: NewWakeUp) -> None:
    async def main() -> list[int]:
        calls = 0
        at_rest = asyncio.Event()

        def function() -> None:
            nonlocal calls
            calls += 1
            if calls == 5:
                wakes.rest()
                at_rest.set()

        wakes = new_wake_up(asyncio.get_running_loop(), function)
        results = []
        for _ in range(2):
            calls = 0
            at_rest.clear()
            wakes.wake()
            await asyncio.wait_for(at_rest.wait(), HANG_SECONDS)
            for _ in range(100):
                await asyncio.sleep(0)
            results.append(calls)
        return results

    assert asyncio.run(main()) == [5, 5]


@both
def test_the_function_is_called_once_a_turn_however_often_it_is_awakened(new_wake_up: NewWakeUp) -> None:
    async def main() -> None:
        calls = 0

        def function() -> None:
            nonlocal calls
            calls += 1

        wakes = new_wake_up(asyncio.get_running_loop(), function)

        def wake() -> None:
            # More often than a pipe holds bytes, so that it is full.
            for _ in range(70_000):
                wakes.wake()

        thread = threading.Thread(target=wake)
        thread.start()
        thread.join()
        while not calls:
            await asyncio.sleep(0)
        for _ in range(100):
            before = calls
            await asyncio.sleep(0)
            assert calls - before <= 1
        # A pipe is emptied little by little, and each time the function is called once more.
        while calls != before:
            before = calls
            wakes.rest()
            await asyncio.sleep(0)

    asyncio.run(main())


@both
@pytest.mark.parametrize("exception", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_function_that_raises_is_called_again(new_wake_up: NewWakeUp, exception: type[BaseException]) -> None:
    calls = 0
    loop = asyncio.SelectorEventLoop()
    loop.set_exception_handler(lambda loop, context: None)

    def function() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            wakes.rest()
            loop.stop()
        else:
            raise exception

    wakes = new_wake_up(loop, function)
    wakes.wake()
    loop.call_later(HANG_SECONDS, loop.stop)
    while calls < 3:
        try:
            loop.run_forever()
        except (KeyboardInterrupt, SystemExit):
            continue
    loop.close()
    assert calls == 3


def test_a_chain_of_turns_that_an_interrupt_has_ended_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake_up, "_WATCH_SECONDS", 0.0001)

    async def main() -> None:
        called = asyncio.Event()
        wakes = TurnWakeUp(asyncio.get_running_loop(), called.set)
        wakes.wake()
        for _ in range(3):
            await asyncio.wait_for(called.wait(), HANG_SECONDS)
            # The next turn does nothing, as if it had been interrupted before that.
            wakes._chain += 1
            called.clear()
        await asyncio.wait_for(called.wait(), HANG_SECONDS)
        wakes.rest()

    asyncio.run(main())


@pytest.mark.parametrize("new_loop", [asyncio.SelectorEventLoop, LoopWithoutReaders])
def test_a_wake_up_keeps_no_loop_alive(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def main() -> AsyncioEventLoop:
        event_loop = AsyncioEventLoop(asyncio.get_running_loop())
        for _ in range(2):
            event_loop.queue_task(TaskSource("test"), lambda: None)
            await asyncio.sleep(0)
        event_loop.queue_task(TaskSource("test"), lambda: None)
        return event_loop

    loop = new_loop()
    event_loop = loop.run_until_complete(main())
    loop.close()
    alive = weakref.ref(loop)
    del loop
    gc.collect()
    assert alive() is None
    del event_loop


def test_an_event_loop_is_woken_without_call_soon_threadsafe(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> str:
        loop = asyncio.get_running_loop()
        ran = loop.create_future()
        event_loop = AsyncioEventLoop(loop)
        thread = threading.Thread(
            target=event_loop.queue_task, args=(TaskSource("test"), lambda: ran.set_result("ran"))
        )
        with monkeypatch.context() as patches:
            patches.setattr(loop, "call_soon_threadsafe", None)
            thread.start()
            result = await asyncio.wait_for(ran, HANG_SECONDS)
        thread.join()
        return str(result)

    assert asyncio.run(main()) == "ran"


MANY_LOOPS = """
import asyncio, gc, os
from codecmodel.web.wake_up import PipeWakeUp

async def main():
    PipeWakeUp(asyncio.get_running_loop(), lambda: None, lambda: None)

asyncio.run(main())
gc.collect()
before = set(os.listdir("/proc/self/fd"))
for _ in range(5):
    asyncio.run(main())
gc.collect()
print(before == set(os.listdir("/proc/self/fd")))
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open descriptors are counted in /proc")
def test_descriptors_are_closed_with_the_loop() -> None:
    assert run_program(MANY_LOOPS) == "True\n"


EXIT_WITH_AN_OPEN_LOOP = """
import asyncio, atexit, os
from codecmodel.web.wake_up import PipeWakeUp

wake_ups = []
# Registered first, called last.
atexit.register(lambda: print([os.fstat(number).st_size for number in (wake_ups[0]._reader, wake_ups[0]._writer)]))
wake_ups.append(PipeWakeUp(asyncio.new_event_loop(), lambda: None, lambda: None))
"""


def test_descriptors_stay_open_until_the_process_ends() -> None:
    assert run_program(EXIT_WITH_AN_OPEN_LOOP, "-W", "ignore::ResourceWarning") == "[0, 0]\n"


def woken_by_turns(loop: asyncio.AbstractEventLoop) -> bool:
    return isinstance(wake_up.new_wake_up(loop, lambda: None, lambda: None), TurnWakeUp)


def test_without_a_c_library_the_loop_is_woken_by_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake_up, "_write", None)
    loop = asyncio.SelectorEventLoop()
    assert woken_by_turns(loop)
    loop.close()


@pytest.mark.parametrize("call", ["pipe", "set_blocking"])
def test_without_descriptors_the_loop_is_woken_by_turns(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def refuse(*_: object) -> None:
        raise OSError(24, "Too many open files")

    loop = asyncio.SelectorEventLoop()
    monkeypatch.setattr(os, call, refuse)
    assert woken_by_turns(loop)
    monkeypatch.undo()
    loop.close()


@pytest.mark.parametrize("exception", [NotImplementedError(), OSError(28, "No space left on device"), RuntimeError()])
def test_a_loop_that_refuses_to_watch_a_pipe_is_woken_by_turns(
    monkeypatch: pytest.MonkeyPatch, exception: Exception
) -> None:
    def refuse(*_: object) -> None:
        raise exception

    loop = asyncio.SelectorEventLoop()
    monkeypatch.setattr(loop, "add_reader", refuse)
    assert woken_by_turns(loop)
    loop.close()
