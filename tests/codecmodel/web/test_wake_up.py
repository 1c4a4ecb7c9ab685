"""Waking an asyncio loop from another thread."""

import asyncio
import os
import threading

import pytest

from codecmodel.web import wake_up
from codecmodel.web.event_loop import AsyncioEventLoop, TaskSource
from codecmodel.web.wake_up import WakeUp
from tests.codecmodel.web.scripts import HANG_SECONDS, run_program


def test_any_number_of_wake_ups_call_once() -> None:
    async def main() -> int:
        calls = 0

        def woken() -> None:
            nonlocal calls
            calls += 1
            done.set()

        done = asyncio.Event()
        wakes = WakeUp(asyncio.get_running_loop(), woken, lambda: None)

        def wake() -> None:
            # More than a pipe holds, so that its being full is met as well.
            for _ in range(100_000):
                wakes.wake()

        thread = threading.Thread(target=wake)
        thread.start()
        thread.join()
        await done.wait()
        first = calls
        # What the pipe still holds wakes again, and then no more.
        while calls == first:
            await asyncio.sleep(0)
        return first

    assert asyncio.run(main()) == 1


def test_a_wake_up_calls_no_more_than_once() -> None:
    async def main() -> int:
        calls = 0

        def woken() -> None:
            nonlocal calls
            calls += 1

        wakes = WakeUp(asyncio.get_running_loop(), woken, lambda: None)
        wakes.wake()
        for _ in range(100):
            await asyncio.sleep(0)
        return calls

    assert asyncio.run(main()) == 1


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
from codecmodel.web.wake_up import WakeUp

async def main():
    WakeUp(asyncio.get_running_loop(), lambda: None, lambda: None)

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
from codecmodel.web.wake_up import WakeUp

wake_ups = []
# Registered first, called last.
atexit.register(lambda: print([os.fstat(number).st_size for number in (wake_ups[0]._reader, wake_ups[0]._writer)]))
wake_ups.append(WakeUp(asyncio.new_event_loop(), lambda: None, lambda: None))
"""


def test_descriptors_stay_open_until_the_process_ends() -> None:
    assert run_program(EXIT_WITH_AN_OPEN_LOOP, "-W", "ignore::ResourceWarning") == "[0, 0]\n"


def test_without_a_c_library_the_loop_is_woken_as_asyncio_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake_up, "_write", None)

    async def main() -> str:
        loop = asyncio.get_running_loop()
        with pytest.raises(NotImplementedError):
            WakeUp(loop, lambda: None, lambda: None)
        event_loop = AsyncioEventLoop(loop)
        ran = loop.create_future()
        source = TaskSource("test")
        thread = threading.Thread(target=lambda: event_loop.queue_task(source, lambda: ran.set_result("ran")))
        thread.start()
        result = await ran
        thread.join()
        return str(result)

    assert asyncio.run(main()) == "ran"
