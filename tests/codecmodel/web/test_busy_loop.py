"""The event loop beside coroutines that never rest: order is kept, no checkpoint waits for them, and threads get on."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import pytest

from codecmodel.web import event_loop, threads
from codecmodel.web.checkpoint import MAXIMUM_CHECKPOINT_TURNS
from codecmodel.web.event_loop import Promise, resolve
from tests.codecmodel.web.scripts import (
    HANG_SECONDS,
    Blocker,
    CountingLoop,
    LoopWithoutReaders,
    Run,
    Script,
    in_turn,
    new_uvloop,
    run_on,
)


class Strangers:
    """Coroutines that are ready in each turn of the loop."""

    def __init__(self) -> None:
        self.turns = 0
        self._is_over = False

    @asynccontextmanager
    async def running(self, count: int) -> AsyncIterator[None]:
        tasks = [asyncio.ensure_future(self._run()) for _ in range(count)]
        await asyncio.sleep(0)
        yield
        self._is_over = True
        await asyncio.gather(*tasks)

    async def _run(self) -> None:
        while not self._is_over:
            self.turns += 1
            await asyncio.sleep(0)


@pytest.fixture(params=[CountingLoop, LoopWithoutReaders, new_uvloop])
def run(request: pytest.FixtureRequest) -> Run[None]:
    return partial(run_on, request.param)


@pytest.fixture(params=[CountingLoop, new_uvloop])
def run_with_readers(request: pytest.FixtureRequest) -> Run[None]:
    return partial(run_on, request.param)


some = pytest.mark.parametrize("count", [1, 10])


@some
def test_a_chain_of_reactions_runs_before_the_next_task(run: Run[None], count: int) -> None:
    async def main(script: Script) -> None:
        async with Strangers().running(count):
            for _ in range(3):
                script.log.clear()
                first = script.chain_of_promises(MAXIMUM_CHECKPOINT_TURNS)
                script.queue(partial(resolve, first, None))
                script.queue(script.logging("next task"))
                await script.until_tasks_have_run()
                assert script.log == [*range(MAXIMUM_CHECKPOINT_TURNS), "next task"]

    run(main)


@some
def test_a_chain_of_reactions_is_not_cut_by_strangers_that_come_and_go(run: Run[None], count: int) -> None:
    async def main(script: Script) -> None:
        async def guest(turns: int) -> None:
            for _ in range(turns):
                await asyncio.sleep(0)

        async with Strangers().running(count):
            for number in range(20):
                script.log.clear()
                # Some are ready when the task runs, and end while its reactions run.
                guests = [asyncio.ensure_future(guest(turns)) for turns in range(number)]
                await asyncio.sleep(0)
                first = script.chain_of_promises(8)
                script.queue(partial(resolve, first, None))
                script.queue(script.logging("next task"))
                await script.until_tasks_have_run()
                assert script.log == [*range(8), "next task"]
                await asyncio.gather(*guests)

    run(main)


@some
def test_a_coroutine_that_awaits_a_promise_goes_on_before_the_next_task(run: Run[None], count: int) -> None:
    async def main(script: Script) -> None:
        promises: list[Promise[int]] = [script.event_loop.new_promise() for _ in range(5)]

        async def await_all() -> None:
            for promise in promises:
                script.log.append(("awaited", await promise))

        async with Strangers().running(count):
            awaiting = asyncio.create_task(await_all())
            await asyncio.sleep(0)
            for number, promise in enumerate(promises):
                script.queue(partial(resolve, promise, number))
                script.queue(script.logging(("task after", number)))
            await awaiting
            await script.until_tasks_have_run()
        assert script.log == [(what, number) for number in range(5) for what in ("awaited", "task after")]

    run(main)


@some
def test_tasks_that_make_nothing_ready_wait_for_no_strangers(run_with_readers: Run[None], count: int) -> None:
    async def main(script: Script) -> None:
        strangers = Strangers()
        async with strangers.running(count):
            await script.until_tasks_have_run()
            turns: list[int] = []
            for _ in range(10):
                ran = asyncio.Event()
                before = strangers.turns
                script.queue(lambda before=before: turns.append(strangers.turns - before))  # type: ignore[misc]
                script.queue(ran.set)
                await ran.wait()
            # A task may run in the turn after the one in which it was queued.
            assert max(turns) <= 3 * count

    run_with_readers(main)


@some
def test_tasks_wait_for_no_strangers_that_have_just_begun(run_with_readers: Run[None], count: int) -> None:
    async def main(script: Script) -> None:
        strangers = Strangers()
        async with strangers.running(count):
            ran: Promise[int] = script.event_loop.new_promise()
            before = strangers.turns
            script.queue(lambda: resolve(ran, strangers.turns))
            assert await ran - before <= 3 * count

    run_with_readers(main)


@some
def test_tasks_of_a_parallel_queue_wait_for_no_strangers(run_with_readers: Run[None], count: int) -> None:
    async def main(script: Script) -> None:
        strangers = Strangers()
        async with strangers.running(count):
            await script.until_tasks_have_run()
            queue = script.event_loop.start_parallel_queue()
            queued = threading.Event()
            for _ in range(5):
                done: Promise[int] = script.event_loop.new_promise()
                queued.clear()
                queue.enqueue(
                    in_turn(
                        lambda done=done: script.queue(lambda: resolve(done, strangers.turns)),  # type: ignore[misc]
                        queued.set,
                    )
                )
                assert queued.wait(HANG_SECONDS)
                before = strangers.turns
                assert await done - before <= 3 * count

    run_with_readers(main)


# Lending the interpreter


@pytest.fixture
def no_new_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """All jobs have lasted for some time."""
    monkeypatch.setattr(threads, "NEW_SECONDS", 0.0)


class Loans:
    """Takes down each loan, in the place of sleeping."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        monkeypatch.setattr(event_loop, "sleep", self._lend)

    def _lend(self, seconds: float) -> None:
        assert event_loop.SHORTEST_LOAN <= seconds <= event_loop.LONGEST_LOAN
        self.count += 1


@pytest.fixture
def loans(monkeypatch: pytest.MonkeyPatch, no_new_jobs: None) -> Loans:
    return Loans(monkeypatch)


def loans_to_come(loop: asyncio.AbstractEventLoop) -> list[asyncio.TimerHandle]:
    timers: list[asyncio.TimerHandle] = loop._scheduled  # type: ignore[attr-defined]
    return [timer for timer in timers if not timer.cancelled() and "_lend" in repr(timer)]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(HANG_SECONDS):
        while not condition():
            await asyncio.sleep(0)


def test_a_loop_that_never_rests_lends_the_interpreter_while_work_is_outstanding(loans: Loans) -> None:
    async def main(script: Script) -> None:
        queue = script.event_loop.start_parallel_queue()
        for _ in range(2):
            blocker = Blocker()
            queue.enqueue(blocker)
            before = loans.count
            await until(lambda before=before: loans.count >= before + 3)  # type: ignore[misc]
            blocker.may_end.set()
            # Then it stops, so an idle program pays nothing.
            await until(lambda: script.event_loop._lends_until == 0)
            assert loans_to_come(script.asyncio_loop) == []

    run_on(CountingLoop, main)


def test_a_thread_that_gets_a_job_of_a_loop_that_never_rests_can_begin_at_once(
    loans: Loans, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 0.0
    monkeypatch.setattr(event_loop, "perf_counter", lambda: clock)
    monkeypatch.setattr(event_loop, "thread_time", lambda: clock)

    async def main(script: Script) -> None:
        nonlocal clock
        async with Strangers().running(1):
            counts = [loans.count]
            # The second job comes too early after the first, and the last one while nothing else is ready.
            for seconds in (1.0, event_loop.LENDING_PERIOD / 2, 1.0):
                clock += seconds
                script.event_loop.start_parallel_queue().enqueue(lambda: None)
                counts.append(loans.count)
            assert counts == [0, 1, 1, 2]
        clock += 1.0
        script.event_loop.start_parallel_queue().enqueue(lambda: None)
        assert loans.count == 2

    run_on(CountingLoop, main)


def _lend_after(monkeypatch: pytest.MonkeyPatch, periods: Sequence[float]) -> None:
    """Has a loop that never rests lend the interpreter after each of these times, in seconds."""
    clock = 0.0
    monkeypatch.setattr(event_loop, "perf_counter", lambda: clock)
    monkeypatch.setattr(event_loop, "thread_time", lambda: clock)

    async def main(script: Script) -> None:
        nonlocal clock
        async with Strangers().running(1):
            for seconds in periods:
                clock += seconds
                script.event_loop._begin_to_lend()

    run_on(CountingLoop, main)


@pytest.mark.usefixtures("no_new_jobs")
def test_loans_are_a_part_of_the_time_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    loans: list[float] = []
    monkeypatch.setattr(event_loop, "sleep", loans.append)
    _lend_after(monkeypatch, [0.001, 0.005, 0.1])
    assert loans == pytest.approx([0.0001, 0.0005, event_loop.LONGEST_LOAN])


def test_a_new_job_has_the_interpreter_for_as_long_as_the_loop_had_it(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def wait_for_new_jobs(seconds: float) -> bool:
        waited.append(seconds)
        return True

    monkeypatch.setattr(threads, "wait_for_new_jobs", wait_for_new_jobs)
    monkeypatch.setattr(event_loop, "sleep", pytest.fail)
    _lend_after(monkeypatch, [0.001, 0.005, 0.1])
    assert waited == pytest.approx([0.001, 0.005, 0.1])


class _Clocks:
    """The wall time and the processor time of the loop's thread, which pass only as a test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall = self.processor = 0.0
        self.loans = 0
        monkeypatch.setattr(event_loop, "perf_counter", lambda: self.wall)
        monkeypatch.setattr(event_loop, "thread_time", lambda: self.processor)
        monkeypatch.setattr(event_loop, "sleep", self._lend)

    def _lend(self, seconds: float) -> None:
        self.loans += 1
        # Another thread has taken the GIL, and keeps it.
        self.wall += 0.02

    def work(self, processor: float, wall: float) -> None:
        self.processor += processor
        self.wall += wall


@pytest.mark.usefixtures("no_new_jobs")
def test_a_loan_is_no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = _Clocks(monkeypatch)

    async def main(script: Script) -> None:
        async with Strangers().running(1):
            for loans in range(1, 4):
                clocks.work(0.001, 0.001)
                script.event_loop._begin_to_lend()
                assert clocks.loans == loans

    run_on(CountingLoop, main)


@pytest.mark.usefixtures("no_new_jobs")
def test_a_loop_that_shares_its_processor_with_other_threads_has_not_rested(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = _Clocks(monkeypatch)

    async def main(script: Script) -> None:
        async with Strangers().running(1):
            clocks.work(0.001, 0.0025)
            script.event_loop._begin_to_lend()
            assert clocks.loans == 1
            clocks.work(0.001, 0.02)
            script.event_loop._begin_to_lend()
            assert clocks.loans == 1

    run_on(CountingLoop, main)


def test_a_loop_that_rests_lends_nothing(loans: Loans, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def thread_time() -> float:
        nonlocal looks
        looks += 1
        # The thread has done nothing in between.
        return 0.0

    monkeypatch.setattr(event_loop, "thread_time", thread_time)

    async def main(script: Script) -> None:
        blocker = Blocker()
        script.event_loop.start_parallel_queue().enqueue(blocker)
        await until(lambda: looks > 3)
        blocker.may_end.set()
        await until(lambda: script.event_loop._lends_until == 0)
        assert loans.count == 0

    run_on(CountingLoop, main)


def test_a_series_of_loans_that_an_interrupt_has_ended_begins_anew(
    loans: Loans, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_loop, "IDLE_PERIOD", 0.0001)

    async def main(script: Script) -> None:
        blockers = [Blocker(), Blocker()]
        script.event_loop.start_parallel_queue().enqueue(blockers[0])
        # As if the timer that was set for the next loan had been interrupted.
        (handle,) = loans_to_come(script.asyncio_loop)
        handle.cancel()
        await asyncio.sleep(0.01)
        assert loans.count == 0
        script.event_loop.start_parallel_queue().enqueue(blockers[1])
        await until(lambda: loans.count > 0)
        for blocker in blockers:
            blocker.may_end.set()
        await until(lambda: script.event_loop._lends_until == 0)

    run_on(CountingLoop, main)
