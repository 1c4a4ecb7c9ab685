"""The parallel queue for light steps: they run on the event loop's thread, in turns between tasks."""

import threading
from collections.abc import Callable
from functools import partial

import pytest

from codecmodel.web import forks, parallel_queue
from codecmodel.web.event_loop import EventLoop, Promise, resolve
from codecmodel.web.parallel_queue import LightParallelQueue, ParallelQueue
from tests.codecmodel.web.scripts import (
    CODEC,
    HANG_SECONDS,
    CountingLoop,
    LoopWithoutReaders,
    Run,
    Script,
    SecretiveLoop,
    run_on,
    until,
)

pytestmark = pytest.mark.usefixtures("pool")

HERE = threading.main_thread()


@pytest.fixture(params=[CountingLoop, SecretiveLoop])
def run(request: pytest.FixtureRequest) -> Run[None]:
    """Runs a test's coroutine on a loop that tells when it is closed."""
    return partial(run_on, request.param)


def light_queue(event_loop: EventLoop) -> LightParallelQueue:
    queue = event_loop.start_parallel_queue(light=True)
    assert isinstance(queue, LightParallelQueue)
    return queue


async def done(script: Script, queue: ParallelQueue) -> None:
    """Wait until the steps that are in the queue have run."""
    promise: Promise[None] = script.event_loop.new_promise()
    queue.enqueue(lambda: script.event_loop.queue_task(CODEC, lambda: resolve(promise, None)))
    await promise


def logging_thread(log: list[threading.Thread]) -> Callable[[], None]:
    return lambda: log.append(threading.current_thread())


def test_steps_run_in_order_on_the_loops_thread_and_not_at_once(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        queue = light_queue(script.event_loop)
        threads: list[threading.Thread] = []
        for number in range(1000):
            queue.enqueue(logging_thread(threads))
            queue.enqueue(script.logging(number))
        assert script.log == []
        await done(script, queue)
        assert script.log == list(range(1000))
        assert set(threads) == {HERE}
        assert not queue.waits()

    run(main)


def test_tasks_have_their_turn_between_slices(run: Run[None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that steps queue runs before the steps of the next slice."""
    monkeypatch.setattr(parallel_queue, "LIGHT_SLICE_SECONDS", 1e-9)
    monkeypatch.setattr(parallel_queue, "HEAVY_SECONDS", HANG_SECONDS)

    async def main(script: Script) -> None:
        queue = light_queue(script.event_loop)

        def step(number: int) -> None:
            script.log.append(number)
            script.queue(script.logging(f"task {number}"))

        for number in range(3):
            queue.enqueue(partial(step, number))
        await done(script, queue)
        assert script.log == [0, "task 0", 1, "task 1", 2, "task 2"]

    run(main)


def test_steps_that_take_long_make_the_queue_use_a_thread_for_a_while(
    run: Run[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel_queue, "HEAVY_SECONDS", 0)
    monkeypatch.setattr(parallel_queue, "LIGHT_SLICE_SECONDS", 1e-9)
    monkeypatch.setattr(parallel_queue, "HEAVY_PERIOD", HANG_SECONDS)

    async def main(script: Script) -> None:
        queue = light_queue(script.event_loop)
        threads: list[threading.Thread] = []
        for _ in range(4):
            queue.enqueue(logging_thread(threads))
        await done(script, queue)
        first, *others = threads
        assert first is HERE
        assert len(others) == 3
        assert HERE not in others
        # The while is over.
        monkeypatch.setattr(parallel_queue, "HEAVY_PERIOD", 0)
        queue._heavy_until = 0
        for _ in range(3):
            queue.enqueue(logging_thread(threads))
        await done(script, queue)
        assert threads[4:] == [HERE] * 3

    run(main)


def test_time_of_other_programs_does_not_count(run: Run[None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_queue, "HEAVY_SECONDS", 0)
    monkeypatch.setattr(parallel_queue, "thread_time", lambda: 1.0)

    async def main(script: Script) -> None:
        queue = light_queue(script.event_loop)
        threads: list[threading.Thread] = []
        for _ in range(3):
            queue.enqueue(logging_thread(threads))
            await done(script, queue)
        assert threads == [HERE] * 3

    run(main)


def test_a_thread_runs_the_steps_if_the_loop_does_not_run(run: Run[None]) -> None:
    queues: list[LightParallelQueue] = []
    log: list[threading.Thread] = []

    async def main(script: Script) -> None:
        queues.append(light_queue(script.event_loop))
        await done(script, queues[0])

    run(main)
    queues[0].enqueue(logging_thread(log))
    until(lambda: bool(log))
    assert log != [HERE]


def test_a_thread_runs_the_steps_if_the_loop_is_closed_before_their_turn(run: Run[None]) -> None:
    log: list[threading.Thread] = []

    async def main(script: Script) -> None:
        light_queue(script.event_loop).enqueue(logging_thread(log))
        # This is called when the loop drops its callbacks.
        script.event_loop._closed()
        until(lambda: bool(log))

    run(main)
    assert len(log) == 1
    assert log != [HERE]


def test_a_loop_that_cannot_tell_that_it_is_closed_uses_threads() -> None:
    log: list[threading.Thread] = []

    async def main(script: Script) -> None:
        queue = script.event_loop.start_parallel_queue(light=True)
        queue.enqueue(logging_thread(log))
        await done(script, queue)

    run_on(LoopWithoutReaders, main)
    assert len(log) == 1
    assert log != [HERE]


@pytest.mark.parametrize("begins", [False, True])
def test_an_interrupt_loses_no_steps_that_have_not_begun(begins: bool) -> None:
    """``begins``: the interrupt ends the first steps, and not the turn before them."""

    async def main(script: Script) -> None:
        queue = light_queue(script.event_loop)
        interrupts = [KeyboardInterrupt()]

        def interrupted() -> None:
            if interrupts:
                raise interrupts.pop()

        run_slice = queue.run_slice

        def slice_with_interrupt() -> None:
            interrupted()
            run_slice()

        if begins:
            queue.enqueue(interrupted)
        else:
            queue.run_slice = slice_with_interrupt  # type: ignore[method-assign]
        queue.enqueue(script.logging("step"))
        with pytest.raises(KeyboardInterrupt):
            script.event_loop._run_tasks()
        await done(script, queue)
        assert script.log == ["step"]

    run_on(CountingLoop, main)


def test_steps_that_fail_are_reported_and_the_others_run(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        queue = light_queue(script.event_loop)
        error = ValueError("a fault")

        def fail() -> None:
            raise error

        queue.enqueue(fail)
        queue.enqueue(script.logging("after"))
        await done(script, queue)
        assert script.log == ["after"]
        assert script.reported == [error]
        script.reported.clear()

    run(main)


def test_a_forked_child_drops_the_steps(run: Run[None], monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(script: Script) -> None:
        queue = light_queue(script.event_loop)
        monkeypatch.setattr(forks, "generation", forks.generation + 1)
        queue.enqueue(script.logging("step"))
        monkeypatch.undo()
        assert not queue.has_more()
        await done(script, queue)
        assert script.log == []

    run(main)
