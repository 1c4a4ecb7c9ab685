"""The event loop on asyncio: tasks, microtask checkpoints, promises, exceptions."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import Any

import pytest

from codecmodel.web.checkpoint import MAXIMUM_CHECKPOINT_TURNS, find_ready_callbacks
from codecmodel.web.event_loop import (
    AsyncioEventLoop,
    EventLoop,
    Promise,
    TaskSource,
    current_event_loop,
    reject,
    resolve,
    use_event_loop,
)
from tests.codecmodel.web.scripts import (
    CODEC,
    HANG_SECONDS,
    CountingLoop,
    Run,
    Script,
    SecretiveLoop,
    in_turn,
    new_uvloop,
    run_on,
)


def test_the_secretive_loop_hides_its_ready_callbacks() -> None:
    with asyncio.Runner(loop_factory=SecretiveLoop) as runner:
        assert find_ready_callbacks(runner.get_loop()) is None


@pytest.mark.parametrize("new_loop", [CountingLoop, new_uvloop])
def test_the_ready_callbacks_of_other_loops_are_found(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        loop = runner.get_loop()
        ready = find_ready_callbacks(loop)
        assert ready is not None
        handle = loop.call_soon(lambda: None)
        assert ready[-1] is handle


# Order


def test_tasks_run_in_the_order_in_which_they_were_queued(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        for number in range(100):
            script.queue(script.logging(number))
        assert script.log == []
        await script.until_tasks_have_run()
        assert script.log == list(range(100))

    run(main)


def test_a_task_runs_to_completion_before_one_that_it_queues(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        def first() -> None:
            script.log.append("first begins")
            script.queue(script.logging("third"))
            script.log.append("first ends")

        script.queue(first)
        script.queue(script.logging("second"))
        await script.until_tasks_have_run()
        await script.until_tasks_have_run()
        assert script.log == ["first begins", "first ends", "second", "third"]

    run(main)


def test_tasks_of_several_sources_keep_their_order(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        sources = [TaskSource("a"), TaskSource("b")]
        for number in range(6):
            script.event_loop.queue_task(sources[number % 2], script.logging(number))
        await script.until_tasks_have_run()
        assert script.log == [0, 1, 2, 3, 4, 5]

    run(main)


# Microtask checkpoints


def test_reactions_to_a_promise_settled_in_a_task_run_before_the_next_task(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        resolved: Promise[str] = script.event_loop.new_promise()
        resolved.add_done_callback(lambda promise: script.log.append(("reaction", promise.result())))
        rejected: Promise[str] = script.event_loop.new_promise()
        rejected.add_done_callback(lambda promise: script.log.append(("reaction", promise.exception())))
        reason = ValueError("reason")
        script.queue(in_turn(script.logging("task 1"), lambda: resolve(resolved, "value")))
        script.queue(in_turn(script.logging("task 2"), lambda: reject(rejected, reason)))
        script.queue(script.logging("task 3"))
        await script.until_tasks_have_run()
        assert script.log == ["task 1", ("reaction", "value"), "task 2", ("reaction", reason), "task 3"]

    run(main)


def test_a_chain_of_reactions_runs_before_the_next_task(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        first = script.chain_of_promises(MAXIMUM_CHECKPOINT_TURNS)
        script.queue(lambda: resolve(first, None))
        script.queue(script.logging("next task"))
        await script.until_tasks_have_run()
        assert script.log == [*range(MAXIMUM_CHECKPOINT_TURNS), "next task"]

    run(main)


def test_a_coroutine_that_awaits_a_promise_goes_on_before_the_next_task(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        promises: list[Promise[int]] = [script.event_loop.new_promise() for _ in range(5)]

        async def await_all() -> None:
            for promise in promises:
                script.log.append(("awaited", await promise))

        awaiting = asyncio.create_task(await_all())
        await asyncio.sleep(0)
        for number, promise in enumerate(promises):
            script.queue(partial(resolve, promise, number))
            script.queue(script.logging(("task after", number)))
        await awaiting
        await script.until_tasks_have_run()
        assert script.log == [(what, number) for number in range(5) for what in ("awaited", "task after")]

    run(main)


def test_a_coroutine_behind_gather_shield_and_a_task_goes_on_before_the_next_task(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        promise: Promise[str] = script.event_loop.new_promise()

        async def inner() -> str:
            return await promise

        async def outer() -> None:
            script.log.extend(await asyncio.gather(asyncio.shield(asyncio.create_task(inner()))))

        awaiting = asyncio.create_task(outer())
        for _ in range(4):
            await asyncio.sleep(0)
        script.queue(lambda: resolve(promise, "awaited"))
        script.queue(script.logging("next task"))
        await awaiting
        await script.until_tasks_have_run()
        assert script.log == ["awaited", "next task"]

    run(main)


def test_reactions_caused_by_a_script_run_before_the_first_task(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        first: Promise[None] = script.event_loop.new_promise()
        second: Promise[None] = script.event_loop.new_promise()
        react = in_turn(script.logging("first reaction"), lambda: resolve(second, None))
        first.add_done_callback(lambda _: react())
        second.add_done_callback(lambda _: script.log.append("second reaction"))
        script.queue(script.logging("task"))
        resolve(first, None)
        await script.until_tasks_have_run()
        assert script.log == ["first reaction", "second reaction", "task"]

    run(main)


def test_coroutines_that_a_script_made_ready_go_on_before_the_first_task(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        promise: Promise[str] = script.event_loop.new_promise()

        async def begun_by_a_reaction() -> None:
            script.log.append("first step")

        async def inner() -> str:
            return await promise

        async def outer() -> None:
            script.log.extend(await asyncio.gather(asyncio.shield(asyncio.create_task(inner()))))
            await asyncio.create_task(begun_by_a_reaction())
            script.log.append("end")

        awaiting = asyncio.create_task(outer())
        for _ in range(4):
            await asyncio.sleep(0)
        script.queue(script.logging("task"))
        resolve(promise, "awaited")
        await awaiting
        await script.until_tasks_have_run()
        assert script.log == ["awaited", "first step", "end", "task"]

    run(main)


def test_callbacks_that_never_cease_to_be_ready_do_not_hold_up_tasks(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        for number in range(3):
            script.queue(script.logging(number))
        for _ in range(1000):
            await asyncio.sleep(0)
        assert script.log == [0, 1, 2]

    run(main)


def test_tasks_that_never_cease_do_not_hold_up_timers(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        timer: Promise[None] = script.event_loop.new_promise()
        remaining = 1_000_000

        def again() -> None:
            nonlocal remaining
            if remaining == 1_000_000:
                script.asyncio_loop.call_later(0, resolve, timer, None)
            remaining -= 1
            if remaining and not timer.done():
                script.queue(again)

        script.queue(again)
        await timer
        assert remaining > 0

    run(main)


def test_tasks_without_reactions_take_no_turns_of_the_asyncio_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codecmodel.web.event_loop.TIME_SLICE", HANG_SECONDS)

    async def main(script: Script) -> None:
        for _ in range(1000):
            script.queue(lambda: None)
        assert isinstance(script.asyncio_loop, CountingLoop)
        turns = script.asyncio_loop.turns
        await script.until_tasks_have_run()
        # It is the turn of this reaction to the promise.
        assert script.asyncio_loop.turns - turns == 1

    run_on(CountingLoop, main)


# Promises


def test_settling_a_settled_promise_changes_nothing(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        resolved: Promise[str] = script.event_loop.new_promise()
        resolve(resolved, "first")
        resolve(resolved, "second")
        reject(resolved, ValueError())
        assert await resolved == "first"
        rejected: Promise[str] = script.event_loop.new_promise()
        reason = ValueError("first")
        reject(rejected, reason)
        reject(rejected, ValueError("second"))
        resolve(rejected, "third")
        assert rejected.exception() is reason
        cancelled: Promise[str] = script.event_loop.new_promise()
        cancelled.cancel()
        resolve(cancelled, "late")
        reject(cancelled, ValueError("late"))
        assert cancelled.cancelled()

    run(main)


# Exceptions


@pytest.mark.parametrize("exception", [ValueError("task"), asyncio.CancelledError()])
def test_a_task_that_raises_is_reported_and_the_next_one_runs(run: Run[None], exception: BaseException) -> None:
    async def main(script: Script) -> None:
        def fail() -> None:
            raise exception

        script.queue(fail)
        script.queue(script.logging("next"))
        await script.until_tasks_have_run()
        assert script.log == ["next"]
        assert script.reported == [exception]
        script.reported.clear()

    run(main)


def test_an_exception_handler_that_raises_stops_nothing(run: Run[None], caplog: pytest.LogCaptureFixture) -> None:
    async def main(script: Script) -> None:
        def handler(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            raise RuntimeError("in the handler")

        script.asyncio_loop.set_exception_handler(handler)
        script.event_loop.report_exception(ValueError("reported"))
        script.queue(lambda: 1 / 0)
        script.queue(script.logging("next"))
        await script.until_tasks_have_run()
        assert script.log == ["next"]

    run(main)
    assert [record.getMessage().splitlines()[0] for record in caplog.records] == [
        "Unhandled error in exception handler"
    ] * 2


def test_a_report_names_the_exception(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        contexts: list[dict[str, Any]] = []
        script.asyncio_loop.set_exception_handler(lambda _, context: contexts.append(context))
        exception = ValueError("reported")
        script.event_loop.report_exception(exception)
        assert contexts == [{"message": "Exception in a callback given to codecmodel", "exception": exception}]

    run(main)


@pytest.mark.parametrize("exception", [KeyboardInterrupt, SystemExit])
def test_a_task_that_ends_the_program_does_so_and_a_loop_run_again_goes_on(exception: type[BaseException]) -> None:
    log: list[str] = []
    loop = CountingLoop()

    async def queue_tasks() -> EventLoop:
        event_loop = current_event_loop()

        def fail() -> None:
            raise exception

        event_loop.queue_task(CODEC, fail)
        event_loop.queue_task(CODEC, lambda: log.append("next"))
        return event_loop

    async def more() -> None:
        promise: Promise[None] = current_event_loop().new_promise()
        current_event_loop().queue_task(CODEC, lambda: resolve(promise, None))
        await asyncio.wait_for(promise, HANG_SECONDS)

    loop.call_later(HANG_SECONDS, loop.stop)
    try:
        loop.run_until_complete(queue_tasks())
        loop.run_forever()
    except exception:
        log.append("raised")
    assert log == ["raised"]
    loop.run_until_complete(more())
    assert log == ["raised", "next"]
    loop.close()


# The current event loop


def test_without_a_running_loop_there_is_no_current_event_loop() -> None:
    with pytest.raises(RuntimeError, match="use them inside a coroutine"):
        current_event_loop()


def test_the_current_event_loop_is_one_object_a_loop(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        assert current_event_loop() is script.event_loop
        assert isinstance(script.event_loop, AsyncioEventLoop)

        async def elsewhere() -> EventLoop:
            return current_event_loop()

        assert await asyncio.create_task(elsewhere()) is script.event_loop

    run(main)


def test_a_chosen_event_loop_is_the_current_one_within_the_block(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        first = AsyncioEventLoop(script.asyncio_loop)
        second = AsyncioEventLoop(script.asyncio_loop)
        with use_event_loop(first):
            assert current_event_loop() is first
            with suppress(ZeroDivisionError), use_event_loop(second):
                assert current_event_loop() is second
                raise ZeroDivisionError
            assert current_event_loop() is first
        assert current_event_loop() is script.event_loop

    run(main)


def test_a_chosen_event_loop_needs_no_asyncio() -> None:
    loop = CountingLoop()
    chosen = AsyncioEventLoop(loop)
    with use_event_loop(chosen):
        assert current_event_loop() is chosen
    loop.close()


def test_a_task_runs_in_an_empty_context_for_every_caller(run: Run[None]) -> None:
    variable = ContextVar("variable", default="default")

    async def main(script: Script) -> None:
        variable.set("of the script")
        script.queue(in_turn(lambda: script.log.append(variable.get()), lambda: variable.set("of the task")))
        script.queue(lambda: script.log.append(variable.get()))
        await script.until_tasks_have_run()
        done: Promise[None] = script.event_loop.new_promise()
        queue = script.event_loop.start_parallel_queue()
        task = in_turn(lambda: script.log.append(variable.get()), lambda: resolve(done, None))
        queue.enqueue(lambda: script.queue(task))
        await done
        assert script.log == ["default"] * 3

    run(main)


def test_a_task_source_shows_its_name() -> None:
    assert repr(CODEC) == "TaskSource('codec')"
