"""The event loop on asyncio, and other threads: they wake the loop, and no task is lost."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial

import pytest

from codecmodel.web.checkpoint import MAXIMUM_CHECKPOINT_TURNS
from codecmodel.web.event_loop import (
    EventLoop,
    Promise,
    current_event_loop,
    resolve,
)
from codecmodel.web.wake_up import WakeUp
from tests.codecmodel.web.scripts import CODEC, HANG_SECONDS, CountingLoop, Run, Script, in_turn, run_on


def test_tasks_queued_by_another_thread_run_on_the_loops_thread_in_order(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        done: Promise[None] = script.event_loop.new_promise()

        def log_with_thread(number: int) -> None:
            script.log.append((number, threading.get_ident()))

        def work() -> None:
            for number in range(100):
                script.queue(partial(log_with_thread, number))
            script.queue(lambda: resolve(done, None))

        worker = threading.Thread(target=work)
        worker.start()
        await done
        worker.join()
        assert script.log == [(number, threading.get_ident()) for number in range(100)]

    run(main)


@pytest.mark.parametrize("tasks", [1, 5, 15, 16])
def test_the_tasks_of_one_step_on_a_parallel_queue_wake_the_loop_once(run: Run[None], tasks: int) -> None:
    async def main(script: Script) -> None:
        done: Promise[None] = script.event_loop.new_promise()

        def work() -> None:
            for number in range(tasks - 1):
                script.queue(script.logging(number))
            script.queue(lambda: resolve(done, None))

        script.event_loop.start_parallel_queue().enqueue(work)
        await done
        assert script.log == list(range(tasks - 1))
        assert script.wake_ups.count == 1

    run(main)


def test_any_number_of_tasks_queued_while_the_loop_is_busy_wake_it_once(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        done: Promise[None] = script.event_loop.new_promise()
        queue = script.event_loop.start_parallel_queue()
        all_queued = threading.Event()
        for number in range(1000):
            queue.enqueue(partial(script.queue, script.logging(number)))
        queue.enqueue(in_turn(lambda: script.queue(lambda: resolve(done, None)), all_queued.set))
        assert all_queued.wait(HANG_SECONDS)
        await done
        assert script.log == list(range(1000))
        assert script.wake_ups.count == 1

    run(main)


def test_the_tasks_of_a_step_do_not_wake_the_loop_before_it_ends(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        done: Promise[None] = script.event_loop.new_promise()

        def work() -> None:
            script.queue(script.logging("task"))
            turned = threading.Event()
            for number in range(2 * MAXIMUM_CHECKPOINT_TURNS):
                turned.clear()
                script.asyncio_loop.call_soon_threadsafe(script.logging(number))
                script.asyncio_loop.call_soon_threadsafe(turned.set)
                assert turned.wait(HANG_SECONDS)
            script.queue(lambda: resolve(done, None))

        script.event_loop.start_parallel_queue().enqueue(work)
        await done
        assert script.log == [*range(2 * MAXIMUM_CHECKPOINT_TURNS), "task"]

    run(main)


def test_a_step_that_queues_many_tasks_wakes_the_loop_before_it_ends(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        sixteen_have_run = threading.Event()
        done: Promise[None] = script.event_loop.new_promise()

        def work() -> None:
            for number in range(15):
                script.queue(script.logging(number))
            script.queue(sixteen_have_run.set)
            assert sixteen_have_run.wait(HANG_SECONDS)
            script.queue(lambda: resolve(done, None))

        script.event_loop.start_parallel_queue().enqueue(work)
        await done
        assert script.log == list(range(15))

    run(main)


@pytest.mark.usefixtures("frequent_switches")
def test_no_wake_up_is_lost() -> None:
    threads, queues, tasks = 3, 3, 16_000

    async def main(script: Script) -> None:
        promises: list[Promise[None]] = [script.event_loop.new_promise() for _ in range(threads + queues)]
        ran = [0] * (threads + queues)

        def task(place: int, number: int) -> None:
            assert ran[place] == number, "the tasks of one thread are in order"
            ran[place] += 1
            if ran[place] == tasks:
                resolve(promises[place], None)

        def work(place: int) -> None:
            for number in range(tasks):
                script.event_loop.queue_task(CODEC, partial(task, place, number))

        workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
        for worker in workers:
            worker.start()
        for place in range(threads, threads + queues):
            queue = script.event_loop.start_parallel_queue()
            for number in range(tasks):
                queue.enqueue(partial(script.event_loop.queue_task, CODEC, partial(task, place, number)))
        await asyncio.gather(*promises)
        for worker in workers:
            worker.join()
        assert ran == [tasks] * (threads + queues)

    run_on(CountingLoop, main)


@pytest.mark.usefixtures("frequent_switches")
def test_no_wake_up_is_lost_when_each_task_is_queued_as_the_loop_falls_asleep(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        queues = [script.event_loop.start_parallel_queue() for _ in range(2)]
        remaining = 5000
        done: Promise[None] = script.event_loop.new_promise()

        def task(place: int) -> None:
            nonlocal remaining
            remaining -= 1
            if remaining > 0:
                queues[place].enqueue(partial(script.queue, partial(task, 1 - place)))
            else:
                resolve(done, None)

        for place in range(2):
            queues[place].enqueue(partial(script.queue, partial(task, place)))
        await done

    run(main)


def test_each_thread_has_an_event_loop_of_its_own() -> None:
    ready = threading.Barrier(3)
    event_loops: list[EventLoop] = []
    ran: dict[EventLoop, list[int]] = {}

    async def main(script: Script) -> None:
        assert current_event_loop() is script.event_loop
        event_loops.append(script.event_loop)
        ready.wait(HANG_SECONDS)
        ran[script.event_loop] = []
        for _ in range(100):
            script.queue(lambda: ran[script.event_loop].append(threading.get_ident()))
        await script.until_tasks_have_run()
        assert ran[script.event_loop] == [threading.get_ident()] * 100

    threads = [threading.Thread(target=run_on, args=(CountingLoop, main)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(event_loops)) == 3
    assert [len(idents) for idents in ran.values()] == [100, 100, 100]


def test_one_thread_queues_tasks_on_several_loops() -> None:
    received: dict[str, list[int]] = {"a": [], "b": []}
    event_loops: dict[str, EventLoop] = {}
    both_known = threading.Barrier(3)

    async def main(script: Script, name: str) -> None:
        event_loops[name] = script.event_loop
        done: Promise[None] = script.event_loop.new_promise()
        promises[name] = done
        both_known.wait(HANG_SECONDS)
        await done

    promises: dict[str, Promise[None]] = {}
    threads = [
        threading.Thread(target=run_on, args=(CountingLoop, lambda script, name=name: main(script, name)))
        for name in received
    ]
    for thread in threads:
        thread.start()
    both_known.wait(HANG_SECONDS)

    def work() -> None:
        for number in range(5):
            for name, numbers in received.items():
                event_loops[name].queue_task(CODEC, partial(numbers.append, number))
        for name, promise in promises.items():
            event_loops[name].queue_task(CODEC, partial(resolve, promise, None))

    event_loops["a"].start_parallel_queue().enqueue(work)
    for thread in threads:
        thread.join()
    assert received == {"a": [0, 1, 2, 3, 4], "b": [0, 1, 2, 3, 4]}


def test_a_loop_may_be_run_by_another_thread_than_the_one_it_was_first_seen_on() -> None:
    loop = CountingLoop()
    promises: list[Promise[int]] = []
    waiting = threading.Event()

    async def first() -> EventLoop:
        return current_event_loop()

    async def second() -> int:
        promises.append(current_event_loop().new_promise())
        # Called when the loop has nothing else to do, and is about to wait.
        loop.call_soon(loop.call_soon, waiting.set)
        return await asyncio.wait_for(promises[0], HANG_SECONDS)

    event_loop = loop.run_until_complete(first())
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(loop.run_until_complete(second())))
    thread.start()
    assert waiting.wait(HANG_SECONDS)
    event_loop.queue_task(CODEC, lambda: resolve(promises[0], threading.get_ident()))
    thread.join()
    loop.close()
    assert results == [thread.ident]


# Races, acted out one step at a time


class VisitedWakeUp:
    """A wake-up that other threads use just before it rests, just after, and just before it is awakened."""

    def __init__(self, wake_up: WakeUp) -> None:
        self._wake_up = wake_up
        self.before_rest: list[Callable[[], None]] = []
        self.after_rest: list[Callable[[], None]] = []
        self.before_wake: list[Callable[[], None]] = []

    @property
    def number_of_callbacks(self) -> int:
        return self._wake_up.number_of_callbacks

    def wake(self) -> None:
        if self.before_wake:
            self.before_wake.pop()()
        self._wake_up.wake()

    def rest(self) -> None:
        if self.before_rest:
            self.before_rest.pop()()
        self._wake_up.rest()
        if self.after_rest:
            self.after_rest.pop()()


def visited(script: Script) -> VisitedWakeUp:
    wake_up = VisitedWakeUp(script.wake_ups)
    script.event_loop._wake_up = wake_up
    return wake_up


@pytest.mark.parametrize("when", ["before_rest", "after_rest"])
@pytest.mark.parametrize("is_awake", [True, False])
def test_a_task_queued_just_as_the_loop_finds_none_is_run(run: Run[None], when: str, is_awake: bool) -> None:
    async def main(script: Script) -> None:
        done: Promise[None] = script.event_loop.new_promise()

        def queue_a_task() -> None:
            # A thread may act later than it looks whether the loop is awake.
            script.event_loop._is_awake = is_awake
            script.queue(lambda: resolve(done, None))

        getattr(visited(script), when).append(queue_a_task)
        script.queue(script.logging("last but one"))
        await done
        assert script.log == ["last but one"]

    run(main)


def test_a_task_that_is_run_before_its_thread_wakes_the_loop_does_no_harm(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        def run_all_tasks() -> None:
            while script.event_loop._tasks:
                script.event_loop._tasks.popleft()()
            script.event_loop._rest()

        # The thread is held up between its look at the loop and its call, while the loop runs the task and rests.
        visited(script).before_wake.append(run_all_tasks)
        script.queue(script.logging("first"))
        assert script.log == ["first"]
        script.queue(script.logging("second"))
        await script.until_tasks_have_run()
        assert script.log == ["first", "second"]

    run(main)


def test_a_task_queued_just_as_the_loop_finds_none_has_a_checkpoint_of_its_own() -> None:
    async def main(script: Script) -> None:
        first = script.chain_of_promises(MAXIMUM_CHECKPOINT_TURNS)

        def queue_two_tasks() -> None:
            script.queue(lambda: resolve(first, None))
            script.queue(script.logging("next task"))

        visited(script).after_rest.append(queue_two_tasks)
        script.queue(script.logging("first task"))
        while "next task" not in script.log:
            await asyncio.sleep(0)
        # If the loop ran tasks twice in a turn, the checkpoint would end after half of its turns.
        assert script.log == ["first task", *range(MAXIMUM_CHECKPOINT_TURNS), "next task"]

    run_on(CountingLoop, main)


def test_tasks_of_two_threads_that_find_the_loop_asleep_keep_their_order(run: Run[None]) -> None:
    async def main(script: Script) -> None:
        visited(script).before_wake.append(lambda: script.queue(script.logging("of the other")))
        script.queue(script.logging("of the one"))
        await script.until_tasks_have_run()
        assert script.log == ["of the one", "of the other"]

    run(main)
