"""The deterministic event loop: tasks, microtask checkpoints, promises, parallel queues."""

import asyncio

import pytest

from codecmodel.web.event_loop import EventLoop, Promise, TaskSource, current_event_loop, use_event_loop
from codecmodel.web.events import Event, EventTarget
from codecmodel.web.steps import StepsAbandoned
from codecmodel.web.webidl import invoke_callback
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.scheduler import Scheduler, tasks_first

CODEC = TaskSource("codec")
DOM = TaskSource("DOM manipulation")


class Recorder:
    """A loop, and the order in which steps ran on it."""

    def __init__(self) -> None:
        self.loop = DeterministicEventLoop()
        self.log: list[str] = []

    def task(self, name: str, source: TaskSource = CODEC) -> None:
        self.loop.queue_task(source, lambda: self.log.append(name))

    def microtask(self, name: str) -> None:
        self.loop.queue_microtask(lambda: self.log.append(name))

    def run(self) -> None:
        Scheduler(self.loop).run_until_idle(tasks_first)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def test_it_is_an_event_loop_and_can_be_chosen_as_the_current_one(recorder: Recorder) -> None:
    loop: EventLoop = recorder.loop
    with use_event_loop(loop):
        assert current_event_loop() is loop


def test_tasks_run_in_the_order_in_which_they_were_queued(recorder: Recorder) -> None:
    for name in "abc":
        recorder.task(name)
    assert recorder.log == []
    recorder.run()
    assert recorder.log == ["a", "b", "c"]


def test_a_task_queued_by_a_task_runs_after_those_queued_before(recorder: Recorder) -> None:
    def first() -> None:
        recorder.log.append("first")
        recorder.task("third")

    recorder.loop.queue_task(CODEC, first)
    recorder.task("second")
    recorder.run()
    assert recorder.log == ["first", "second", "third"]


def test_each_source_offers_its_oldest_task(recorder: Recorder) -> None:
    recorder.task("codec a")
    recorder.task("dom a", DOM)
    recorder.task("codec b")
    runnable = recorder.loop.runnable_tasks()
    assert [(task.place, task.number) for task in runnable] == [("codec", 1), ("DOM manipulation", 1)]
    recorder.loop.run_task(runnable[1])
    recorder.loop.run_task(runnable[0])
    assert recorder.log == ["dom a", "codec a"]


def test_a_task_does_not_overtake_another_of_its_source(recorder: Recorder) -> None:
    recorder.task("a")
    recorder.task("b")
    with pytest.raises(AssertionError, match="keep their order"):
        recorder.loop.run_task(recorder.loop.tasks[1])


def test_sources_of_the_same_name_are_told_apart(recorder: Recorder) -> None:
    recorder.task("a", CODEC)
    recorder.task("b", TaskSource("codec"))
    assert [task.place for task in recorder.loop.tasks] == ["codec", "codec 2"]


def test_tasks_are_labelled_by_where_their_steps_were_defined(recorder: Recorder) -> None:
    recorder.task("a")
    assert recorder.loop.tasks[0].label == "Recorder.task / lambda"


# Microtask checkpoints


def test_microtasks_run_between_two_tasks(recorder: Recorder) -> None:
    def first() -> None:
        recorder.microtask("microtask")
        recorder.log.append("first")

    recorder.loop.queue_task(CODEC, first)
    recorder.task("second")
    recorder.run()
    assert recorder.log == ["first", "microtask", "second"]


def test_a_checkpoint_runs_what_its_microtasks_queue_however_long_the_chain(recorder: Recorder) -> None:
    def link(number: int) -> None:
        recorder.log.append(str(number))
        if number < 100:
            recorder.loop.queue_microtask(lambda: link(number + 1))

    recorder.loop.queue_task(CODEC, lambda: link(1))
    recorder.task("next task")
    recorder.run()
    assert recorder.log == [*map(str, range(1, 101)), "next task"]


def test_a_callback_is_followed_by_a_checkpoint_inside_its_task(recorder: Recorder) -> None:
    """HTML: clean up after running script, with no script left on the stack."""

    def two_callbacks() -> None:
        for name in "ab":
            invoke_callback(recorder.loop, callback, name)
        recorder.log.append("end of task")

    def callback(name: str) -> None:
        recorder.microtask(f"microtask of {name}")
        recorder.log.append(f"callback {name}")

    recorder.loop.queue_task(CODEC, two_callbacks)
    recorder.run()
    assert recorder.log == ["callback a", "microtask of a", "callback b", "microtask of b", "end of task"]


def test_a_callback_called_by_a_script_is_not_followed_by_a_checkpoint(recorder: Recorder) -> None:
    def script() -> None:
        for name in "ab":
            invoke_callback(recorder.loop, callback, name)
        recorder.log.append("end of script")

    def callback(name: str) -> None:
        recorder.microtask(f"microtask of {name}")
        recorder.log.append(f"callback {name}")

    recorder.loop.run_script(script)
    assert recorder.log == ["callback a", "callback b", "end of script", "microtask of a", "microtask of b"]


def test_a_script_within_a_script_is_not_followed_by_a_checkpoint(recorder: Recorder) -> None:
    with recorder.loop.script():
        with recorder.loop.script():
            recorder.microtask("microtask")
        recorder.log.append("end of script")
    assert recorder.log == ["end of script", "microtask"]


def test_a_listener_called_by_a_callback_is_followed_by_no_checkpoint_of_its_own(recorder: Recorder) -> None:
    target = EventTarget(recorder.loop)

    def listener(event: Event) -> None:
        recorder.microtask("microtask of the listener")
        recorder.log.append("listener")

    def callback(argument: None) -> None:
        target.dispatchEvent(Event("something"))
        recorder.log.append("end of callback")

    target.addEventListener("something", listener)
    recorder.loop.queue_task(CODEC, lambda: invoke_callback(recorder.loop, callback, None))
    recorder.run()
    assert recorder.log == ["listener", "end of callback", "microtask of the listener"]


def test_a_callback_called_by_a_microtask_starts_no_checkpoint_within_the_checkpoint(recorder: Recorder) -> None:
    def microtask() -> None:
        invoke_callback(recorder.loop, recorder.microtask, "microtask of the callback")
        recorder.log.append("end of microtask")

    with recorder.loop.script():
        recorder.loop.queue_microtask(microtask)
    assert recorder.log == ["end of microtask", "microtask of the callback"]


def test_what_callbacks_microtasks_and_scripts_raise_is_reported_and_the_rest_goes_on() -> None:
    told: list[BaseException] = []
    loop = DeterministicEventLoop(told.append)
    errors = [ValueError("callback"), ValueError("microtask"), ValueError("script")]
    ran: list[str] = []

    def throw(error: ValueError) -> None:
        raise error

    def script() -> None:
        loop.queue_microtask(lambda: throw(errors[1]))
        loop.queue_microtask(lambda: ran.append("next microtask"))
        throw(errors[2])

    loop.queue_task(CODEC, lambda: invoke_callback(loop, throw, errors[0]))
    Scheduler(loop).run_until_idle(tasks_first)
    loop.run_script(script)
    assert loop.reported == told == [errors[0], errors[2], errors[1]]
    assert ran == ["next microtask"]


# Promises and coroutines


def test_a_reaction_runs_at_the_checkpoint_after_the_settling(recorder: Recorder) -> None:
    promise: Promise[str] = recorder.loop.new_promise()
    promise.add_done_callback(lambda settled: recorder.log.append(f"reaction to {settled.result()}"))

    def settle() -> None:
        promise.set_result("it")
        recorder.log.append("settled")

    recorder.loop.queue_task(CODEC, settle)
    recorder.task("next task")
    recorder.run()
    assert recorder.log == ["settled", "reaction to it", "next task"]


def test_a_coroutine_awaits_promises(recorder: Recorder) -> None:
    first: Promise[str] = recorder.loop.new_promise()
    second: Promise[str] = recorder.loop.new_promise()

    async def script() -> str:
        recorder.log.append("started")
        recorder.log.append(await first)
        try:
            await second
        except ValueError as error:
            recorder.log.append(f"caught {error}")
        return "returned"

    result = recorder.loop.run_script(script)
    assert recorder.log == ["started"]
    recorder.loop.queue_task(CODEC, lambda: first.set_result("first"))
    recorder.task("between")
    recorder.loop.queue_task(CODEC, lambda: second.set_exception(ValueError("second")))
    recorder.run()
    assert recorder.log == ["started", "first", "between", "caught second"]
    assert result.result() == "returned"


def test_asyncio_can_combine_promises(recorder: Recorder) -> None:
    promises: list[Promise[int]] = [recorder.loop.new_promise(), recorder.loop.new_promise()]

    async def script() -> list[int]:
        return await asyncio.gather(*promises)

    result = recorder.loop.run_script(script)
    recorder.loop.queue_task(CODEC, lambda: promises[1].set_result(1))
    recorder.loop.queue_task(CODEC, lambda: promises[0].set_result(0))
    recorder.run()
    assert result.result() == [0, 1]


def test_reactions_keep_their_order_across_coroutines_and_callbacks(recorder: Recorder) -> None:
    promise: Promise[None] = recorder.loop.new_promise()

    async def wait(name: str) -> None:
        await promise
        recorder.log.append(name)

    recorder.loop.run_script(lambda: wait("coroutine 1"))
    promise.add_done_callback(lambda settled: recorder.log.append("callback"))
    recorder.loop.run_script(lambda: wait("coroutine 2"))
    recorder.loop.queue_task(CODEC, lambda: promise.set_result(None))
    recorder.run()
    assert recorder.log == ["coroutine 1", "callback", "coroutine 2"]


def test_it_runs_inside_a_running_asyncio_loop_and_leaves_it_as_it_was(recorder: Recorder) -> None:
    async def host() -> None:
        running = asyncio.get_running_loop()
        task = asyncio.current_task()
        promise: Promise[str] = recorder.loop.new_promise()

        async def script() -> None:
            recorder.log.append(await promise)

        recorder.loop.run_script(script)
        recorder.loop.queue_task(CODEC, lambda: promise.set_result("inner"))
        recorder.run()
        assert asyncio.get_running_loop() is running
        assert asyncio.current_task() is task

    asyncio.run(host())
    assert recorder.log == ["inner"]


def test_an_unhandled_rejection_is_kept(recorder: Recorder) -> None:
    error = ValueError("unhandled")
    promise: Promise[None] = recorder.loop.new_promise()
    promise.set_exception(error)
    del promise
    assert recorder.loop.unhandled_rejections == [error]
    assert recorder.loop.reported == []


def test_a_cancelled_microtask_does_not_run(recorder: Recorder) -> None:
    promise: Promise[None] = recorder.loop.new_promise()
    handle = promise.get_loop().call_soon(recorder.log.append, "cancelled")
    handle.cancel()
    recorder.microtask("microtask")
    with recorder.loop.script():
        pass
    assert recorder.log == ["microtask"]


# Parallel queues


def test_steps_run_in_order_and_only_when_told(recorder: Recorder) -> None:
    queue = recorder.loop.start_parallel_queue()
    queue.enqueue(lambda: recorder.log.append("a"))
    queue.enqueue(lambda: recorder.log.append("b"))
    assert recorder.log == []
    queue.run_front()
    assert recorder.log == ["a"]
    assert [(item.number, item.label.rpartition(" / ")[2]) for item in queue.items] == [(2, "lambda")]
    queue.run_front()
    assert recorder.log == ["a", "b"]
    assert queue.items == ()


def test_steps_reach_the_event_loop_by_tasks_and_by_nothing_else(recorder: Recorder) -> None:
    promise: Promise[None] = recorder.loop.new_promise()
    promise.add_done_callback(lambda settled: None)
    queue = recorder.loop.start_parallel_queue()

    def attempt() -> None:
        for forbidden in (
            lambda: promise.set_result(None),
            recorder.loop.new_promise,
            recorder.loop.prepare_to_run_script,
            lambda: recorder.loop.script().__enter__(),
        ):
            with pytest.raises(AssertionError, match="a parallel queue"):
                forbidden()
        recorder.task("task")

    queue.enqueue(attempt)
    queue.run_front()
    recorder.run()
    assert recorder.log == ["task"]


def test_steps_do_not_see_the_event_loops_context(recorder: Recorder) -> None:
    queue = recorder.loop.start_parallel_queue()

    def steps() -> None:
        assert recorder.loop.on_parallel_queue
        with pytest.raises(RuntimeError, match="belong to an event loop"):
            current_event_loop()
        recorder.log.append("ran")

    with use_event_loop(recorder.loop):
        queue.enqueue(steps)
        queue.run_front()
    assert recorder.log == ["ran"]
    assert not recorder.loop.on_parallel_queue


def test_abandoned_steps_drop_the_rest_of_the_queue(recorder: Recorder) -> None:
    queue = recorder.loop.start_parallel_queue()

    def abandoned() -> None:
        raise StepsAbandoned

    queue.enqueue(abandoned)
    queue.enqueue(lambda: recorder.log.append("never"))
    queue.run_front()
    assert queue.items == ()


def test_what_steps_and_tasks_raise_is_not_hidden(recorder: Recorder) -> None:
    def fault() -> None:
        raise AssertionError("of ours")

    queue = recorder.loop.start_parallel_queue()
    queue.enqueue(fault)
    with pytest.raises(AssertionError, match="of ours"):
        queue.run_front()
    recorder.loop.queue_task(CODEC, fault)
    with pytest.raises(AssertionError, match="of ours"):
        recorder.run()
    assert recorder.loop.reported == []
