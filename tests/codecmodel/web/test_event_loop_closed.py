"""The event loop on asyncio, when its asyncio loop is closed or gone."""

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from codecmodel.web.event_loop import EventLoop, EventLoopClosed, Promise, current_event_loop, resolve
from tests.codecmodel.web.scripts import CODEC, HANG_SECONDS, CountingLoop, LoopWithoutReaders, Run, Script, run_on


class Entry:
    """A callable that logs, if it is called, and knows when it is dropped."""

    def __init__(self, log: list[str], entry: str) -> None:
        self.log = log
        self.entry = entry

    def __call__(self) -> None:
        self.log.append(self.entry)


def closed_loop_with_a_task(run: Run[EventLoop]) -> tuple[EventLoop, "weakref.ref[Entry]"]:
    task = Entry([], "task")

    async def main(script: Script) -> EventLoop:
        script.event_loop.queue_task(CODEC, task)
        return script.event_loop

    return run(main), weakref.ref(task)


def test_a_closed_loop_takes_no_tasks(run: Run[EventLoop]) -> None:
    async def main(script: Script) -> EventLoop:
        return script.event_loop

    event_loop = run(main)
    ran: list[str] = []
    for _ in range(2):
        with pytest.raises(EventLoopClosed, match="the event loop is closed"):
            event_loop.queue_task(CODEC, lambda: ran.append("task"))
    with pytest.raises(EventLoopClosed):
        event_loop.new_promise()
    event_loop.report_exception(ValueError("reported to nobody"))
    assert ran == []


def test_a_loop_closed_before_its_tasks_have_run_drops_them_when_the_next_is_queued(run: Run[EventLoop]) -> None:
    # The loop was awake when it was closed, so its wake-up has not been released.
    event_loop, held = closed_loop_with_a_task(run)
    with pytest.raises(EventLoopClosed):
        event_loop.queue_task(CODEC, lambda: None)
    gc.collect()
    assert held() is None


def test_a_loop_that_is_closed_drops_its_tasks_at_once() -> None:
    loop = CountingLoop()
    event_loop, held = closed_loop_with_a_task(lambda main: run_on(lambda: loop, main))
    gc.collect()
    assert held() is None
    assert loop.is_closed()
    del event_loop


def test_a_loop_closed_while_a_task_is_queued_drops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(script: Script) -> EventLoop:
        return script.event_loop

    loop = CountingLoop()
    event_loop = run_on(lambda: loop, main)
    answers = iter([False])
    monkeypatch.setattr(loop, "is_closed", lambda: next(answers, True))
    task = Entry([], "task")
    dropped = weakref.ref(task)
    with pytest.raises(EventLoopClosed):
        event_loop.queue_task(CODEC, task)
    del task
    gc.collect()
    assert dropped() is None


def test_a_collected_loop_takes_no_tasks() -> None:
    loop = CountingLoop()

    async def main() -> EventLoop:
        return current_event_loop()

    event_loop = loop.run_until_complete(main())
    loop.close()
    reference = weakref.ref(loop)
    del loop
    gc.collect()
    assert reference() is None, "the model keeps no asyncio loop alive"
    with pytest.raises(EventLoopClosed):
        event_loop.queue_task(CODEC, lambda: None)


def test_work_whose_loop_is_closed_is_dropped(run: Run[Any]) -> None:
    log: list[str] = []
    loop_is_closed = threading.Event()
    started = threading.Event()
    dropped = threading.Event()

    def next_work() -> Entry:
        entry = Entry(log, "next work")
        weakref.finalize(entry, dropped.set)
        return entry

    async def main(script: Script) -> object:
        def work(event_loop: EventLoop = script.event_loop) -> None:
            started.set()
            assert loop_is_closed.wait(HANG_SECONDS)
            log.append("work")
            event_loop.queue_task(CODEC, lambda: log.append("task"))
            log.append("after the task was queued")

        queue = script.event_loop.start_parallel_queue()
        queue.enqueue(work)
        queue.enqueue(next_work())
        assert started.wait(HANG_SECONDS)
        return queue

    queue = run(main)
    loop_is_closed.set()
    assert dropped.wait(HANG_SECONDS)
    assert log == ["work"]
    del queue


def test_a_loop_closed_while_its_wake_up_is_held_is_noticed_at_the_next_task(run: Run[None]) -> None:
    log: list[object] = []
    loop_is_closed = threading.Event()
    first_queued = threading.Event()
    finished = threading.Event()

    async def main(script: Script) -> None:
        def work(event_loop: EventLoop = script.event_loop) -> None:
            event_loop.queue_task(CODEC, lambda: log.append("task"))
            first_queued.set()
            assert loop_is_closed.wait(HANG_SECONDS)
            try:
                event_loop.queue_task(CODEC, lambda: log.append("task"))
            except EventLoopClosed as error:
                log.append(error)
            finally:
                finished.set()

        script.event_loop.start_parallel_queue().enqueue(work)
        assert first_queued.wait(HANG_SECONDS)

    run(main)
    loop_is_closed.set()
    assert finished.wait(HANG_SECONDS)
    assert [type(entry) for entry in log] == [EventLoopClosed]


def test_closing_one_loop_does_not_keep_another_from_waking_up() -> None:
    other_is_closed = threading.Event()
    queued_on_the_other = threading.Event()
    other_loops: list[EventLoop] = []

    async def other(script: Script) -> None:
        other_loops.append(script.event_loop)

        def work() -> None:
            # When the step ends, the loops are woken in this order: first the one that is closed by then.
            other_loops[0].queue_task(CODEC, lambda: None)
            event_loops[0].queue_task(CODEC, lambda: resolve(promises[0], "awake"))
            queued_on_the_other.set()
            assert other_is_closed.wait(HANG_SECONDS)

        work_queue.append(work)

    work_queue: list[Callable[[], None]] = []
    event_loops: list[EventLoop] = []
    promises: list[Promise[str]] = []

    async def main(script: Script) -> None:
        event_loops.append(script.event_loop)
        promises.append(script.event_loop.new_promise())

        def run_other() -> None:
            async def main_of_other(other_script: Script) -> None:
                await other(other_script)
                other_script.event_loop.start_parallel_queue().enqueue(work_queue[0])
                assert queued_on_the_other.wait(HANG_SECONDS)

            run_on(CountingLoop, main_of_other)
            other_is_closed.set()

        thread = threading.Thread(target=run_other)
        thread.start()
        assert await promises[0] == "awake"
        await script.wait_for_thread(thread)

    run_on(CountingLoop, main)


def test_a_loop_closed_just_before_it_is_woken_takes_no_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(script: Script) -> EventLoop:
        return script.event_loop

    loop = LoopWithoutReaders()
    event_loop = run_on(lambda: loop, main)
    monkeypatch.setattr(loop, "is_closed", lambda: False)
    task = Entry([], "task")
    dropped = weakref.ref(task)
    with pytest.raises(EventLoopClosed, match="the event loop is closed"):
        event_loop.queue_task(CODEC, task)
    del task
    gc.collect()
    assert dropped() is None
