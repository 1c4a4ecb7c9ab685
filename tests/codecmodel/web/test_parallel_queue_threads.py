"""The threads that serve parallel queues: how they start, rest, are shared and end."""

import gc
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue

import pytest

from codecmodel.web import threads
from codecmodel.web.parallel_queue import ThreadParallelQueue
from codecmodel.web.steps import StepsAbandoned
from tests.codecmodel.web.scripts import HANG_SECONDS, Blocker, new_queue, run_dry, until

pytestmark = pytest.mark.usefixtures("pool")


def test_a_thread_starts_at_the_first_enqueue(pool: threads.Pool) -> None:
    before = threading.active_count()
    queues = [new_queue() for _ in range(3)]
    assert threading.active_count() == before
    assert pool.all == set()
    run_dry(queues[0])
    assert threading.active_count() == before + 1
    assert len(pool.all) == 1


def test_a_thread_that_rests_serves_the_next_queue(pool: threads.Pool) -> None:
    log: list[threading.Thread] = []
    for _ in range(10):
        queue = new_queue()
        queue.enqueue(lambda: log.append(threading.current_thread()))
        run_dry(queue)
        until(lambda: pool.resting)
    assert log == [log[0]] * 10


def test_a_thread_that_has_rested_too_long_ends(pool: threads.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "IDLE_SECONDS", 0.001)
    queue = new_queue()
    log: list[threading.Thread] = []
    for number in range(3):
        queue.enqueue(lambda: log.append(threading.current_thread()))
        while len(log) <= number:
            time.sleep(0.0005)
        log[-1].join(HANG_SECONDS)
        assert not log[-1].is_alive()
        assert (pool.all, list(pool.resting)) == (set(), [])
    assert len(set(log)) == 3


def test_an_idle_queue_is_kept_alive_by_its_owner_alone() -> None:
    queue = new_queue()
    run_dry(queue)
    queue.enqueue(lambda: None)
    reference = weakref.ref(queue)
    del queue
    until(lambda: reference() is None)


def test_a_busy_queue_is_kept_alive_until_it_has_run_dry() -> None:
    log: list[str] = []
    blocker = Blocker()
    queue = new_queue()
    queue.enqueue(blocker)
    queue.enqueue(lambda: log.append("last"))
    reference = weakref.ref(queue)
    assert blocker.begun.wait(HANG_SECONDS)
    del queue
    gc.collect()
    blocker.may_end.set()
    until(lambda: reference() is None)
    assert log == ["last"]


def test_steps_that_have_run_are_not_kept_alive() -> None:
    class Steps:
        def __call__(self) -> None:
            pass

    queue = new_queue()
    steps = Steps()
    reference = weakref.ref(steps)
    queue.enqueue(steps)
    del steps
    run_dry(queue)
    assert reference() is None


class LateJobs(SimpleQueue[threads.Job | None]):
    """The jobs of a thread. Another thread acts just after the rest of this thread has ended."""

    def __init__(self, visits: list[Callable[[], object]]) -> None:
        self.visits = visits

    def get(self, block: bool = True, timeout: float | None = None) -> threads.Job | None:
        if not self.qsize() and self.visits:
            self.visits.pop(0)()
            raise Empty
        return super().get(block, timeout)


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """Called one after the other, each time that the first thread has rested for long enough."""
    visits: list[Callable[[], object]] = []
    queues = iter([partial(LateJobs, visits)])
    monkeypatch.setattr(threads, "SimpleQueue", lambda: next(queues, SimpleQueue)())
    return visits


def test_a_queue_given_to_a_thread_just_as_its_rest_ends_is_served(
    pool: threads.Pool, visits: list[Callable[[], object]]
) -> None:
    log: list[tuple[str, threading.Thread]] = []
    queues = {name: new_queue() for name in ("first", "second", "third")}

    def enqueue(name: str) -> None:
        queues[name].enqueue(lambda: log.append((name, threading.current_thread())))

    visits.append(lambda: enqueue("second"))
    enqueue("first")
    until(lambda: len(log) == 2 and pool.resting)
    enqueue("third")
    until(lambda: len(log) == 3)
    assert log == [(name, log[0][1]) for name in queues]


def test_a_job_given_to_a_thread_that_ends_is_run_by_another(
    pool: threads.Pool, visits: list[Callable[[], object]]
) -> None:
    taken: list[threads._Thread] = []
    log: list[threading.Thread] = []
    # Its rest ends after it has been taken out for a job, and the job doesn't come while it waits a second time.
    visits += [lambda: taken.append(pool.resting.pop()), lambda: pool.resting.append(taken[0])]
    run_dry(new_queue())
    until(lambda: taken and not taken[0].is_alive())
    assert (list(pool.resting), pool.all) == (taken, set())
    queue = new_queue()
    queue.enqueue(lambda: log.append(threading.current_thread()))
    run_dry(queue)
    assert taken[0] not in log


@pytest.mark.parametrize("exception", [RuntimeError("can't start new thread"), OSError(11, "no more"), MemoryError()])
def test_where_the_system_has_no_more_threads_steps_run_on_the_event_loops_thread(
    pool: threads.Pool, monkeypatch: pytest.MonkeyPatch, exception: BaseException
) -> None:
    def start(thread: threading.Thread) -> None:
        raise exception

    soon: deque[Callable[[], None]] = deque()
    log: list[tuple[int, threading.Thread]] = []
    queue = ThreadParallelQueue(soon.append)

    def enqueue(*numbers: int) -> None:
        for number in numbers:
            queue.enqueue(lambda number=number: log.append((number, threading.current_thread())))  # type: ignore[misc]

    here = threading.current_thread()
    with monkeypatch.context() as patches:
        patches.setattr(threading.Thread, "start", start)
        enqueue(0, 1, 2)
        assert log == [], "steps never run inside of enqueue()"
        while soon:
            soon.popleft()()
        assert log == [(0, here), (1, here), (2, here)]
        enqueue(3, 4)
    # There are threads again: the steps after the next have one.
    soon.popleft()()
    until(lambda: len(log) == 5)
    while soon:
        soon.popleft()()
    assert [number for number, _ in log] == [0, 1, 2, 3, 4]
    assert [thread is here for _, thread in log] == [True, True, True, True, False]


def test_where_the_system_has_no_more_threads_and_the_event_loop_is_closed_steps_are_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def abandon(steps: Callable[[], None]) -> None:
        raise StepsAbandoned

    monkeypatch.setattr(threads, "run", lambda job: False)
    queue = ThreadParallelQueue(abandon)
    queue.enqueue(lambda: None)
    assert not queue._steps


# The limit


# Waiting for new jobs


def test_no_one_waits_for_threads_at_rest(pool: threads.Pool) -> None:
    assert not pool.wait_for_new_jobs(HANG_SECONDS)
    run_dry(new_queue())
    until(lambda: pool.resting)
    assert not pool.wait_for_new_jobs(HANG_SECONDS)


@pytest.mark.parametrize("is_first_job_of_threads", [True, False])
def test_waiting_for_new_jobs_ends_with_the_last_of_them(
    pool: threads.Pool, monkeypatch: pytest.MonkeyPatch, is_first_job_of_threads: bool
) -> None:
    monkeypatch.setattr(threads, "NEW_SECONDS", HANG_SECONDS)
    if not is_first_job_of_threads:
        _run_at_once([Blocker(), Blocker()])
        until(lambda: len(pool.resting) == 2)
    blockers = [Blocker(), Blocker()]
    for blocker in blockers:
        new_queue().enqueue(blocker)
    over: list[bool] = []
    waiting = [threading.Thread(target=lambda: over.append(pool.wait_for_new_jobs(HANG_SECONDS))) for _ in range(2)]
    for thread in waiting:
        thread.start()
    until(lambda: len(pool.loans) == 2)
    blockers[0].may_end.set()
    until(lambda: len(pool.resting) == 1)
    assert over == []
    blockers[1].may_end.set()
    for thread in waiting:
        thread.join(HANG_SECONDS)
    assert over == [True, True]
    assert pool.loans == []


def _run_at_once(blockers: Sequence[Blocker]) -> None:
    for blocker in blockers:
        new_queue().enqueue(blocker)
    for blocker in blockers:
        assert blocker.begun.wait(HANG_SECONDS)
    for blocker in blockers:
        blocker.may_end.set()


def test_waiting_for_new_jobs_ends_after_its_time(pool: threads.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "NEW_SECONDS", HANG_SECONDS)
    blocker = Blocker()
    new_queue().enqueue(blocker)
    assert pool.wait_for_new_jobs(0.001)
    blocker.may_end.set()


def test_no_one_waits_for_a_job_that_is_new_no_more(pool: threads.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    # The clock goes on whenever it is looked at.
    looks = count()
    monkeypatch.setattr(threads, "monotonic", lambda: next(looks) * threads.NEW_SECONDS / 8)
    blocker = Blocker()
    new_queue().enqueue(blocker)
    is_new = [pool.wait_for_new_jobs(threading.TIMEOUT_MAX / 2) for _ in range(2)]
    blocker.may_end.set()
    assert is_new == [True, False]


def test_a_job_is_new_for_some_time(pool: threads.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    monkeypatch.setattr(threads, "monotonic", lambda: clock)
    blocker = Blocker()
    new_queue().enqueue(blocker)
    assert blocker.begun.wait(HANG_SECONDS)
    clock += threads.NEW_SECONDS * 0.9
    assert pool.has_new_jobs()
    clock += threads.NEW_SECONDS * 0.2
    assert not pool.has_new_jobs()
    blocker.may_end.set()


def test_an_interrupt_ends_the_wait_for_new_jobs(pool: threads.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> bool:
        raise KeyboardInterrupt

    blocker = Blocker()
    new_queue().enqueue(blocker)
    looks = iter([lambda: True, interrupted])
    monkeypatch.setattr(pool, "has_new_jobs", lambda: next(looks)())
    with pytest.raises(KeyboardInterrupt):
        pool.wait_for_new_jobs(HANG_SECONDS)
    assert pool.loans == []
    blocker.may_end.set()


def test_there_are_no_more_threads_than_the_limit(pool: threads.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_limit", 2)
    log: list[int] = []
    blockers = [Blocker() for _ in range(2)]
    queues = [new_queue() for _ in range(6)]
    for queue, blocker in zip(queues, blockers, strict=False):
        queue.enqueue(blocker)
        assert blocker.begun.wait(HANG_SECONDS)
    for number, queue in enumerate(queues[2:]):
        queue.enqueue(partial(log.append, number))
    assert len(pool.all) == 2
    assert log == []
    blockers[0].may_end.set()
    until(lambda: len(log) == 4)
    assert log == [0, 1, 2, 3], "the queue that has waited longest is the next"
    blockers[1].may_end.set()
    until(lambda: len(pool.resting) == 2)
    assert len(pool.all) == 2


def test_a_queue_that_never_runs_dry_lets_others_have_their_turn(
    pool: threads.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "_limit", 1)
    endless, other = new_queue(), new_queue()
    log: list[str] = []

    def step() -> None:
        if not log:
            endless.enqueue(step)

    endless.enqueue(step)
    endless.enqueue(step)
    other.enqueue(lambda: log.append("other"))
    until(lambda: log == ["other"] and len(pool.resting) == 1)
    assert not endless._steps


@pytest.mark.parametrize("most", [1, 2])
def test_no_queue_waits_for_ever(
    pool: threads.Pool, most: int, monkeypatch: pytest.MonkeyPatch, frequent_switches: None
) -> None:
    monkeypatch.setattr(threads, "_limit", most)
    monkeypatch.setattr(threads, "IDLE_SECONDS", 0.0001)
    done: SimpleQueue[int] = SimpleQueue()

    def enqueue_some() -> None:
        for number in range(100):
            new_queue().enqueue(partial(done.put, number))
            if number % 10 == 0:
                time.sleep(0.0002)

    enqueuing = [threading.Thread(target=enqueue_some) for _ in range(3)]
    for thread in enqueuing:
        thread.start()
    for _ in range(300):
        done.get(timeout=HANG_SECONDS)
    for thread in enqueuing:
        thread.join()


@pytest.mark.parametrize("look", [1, 2])
def test_the_only_thread_ends_while_it_is_one_too_many(
    pool: threads.Pool, look: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "IDLE_SECONDS", 0.0001)
    blocker = Blocker()
    pool.run(blocker)
    assert blocker.begun.wait(HANG_SECONDS)
    looks = count(1)
    this_thread = threading.current_thread()

    def limit() -> int:
        if threading.current_thread() is this_thread and next(looks) == look:
            blocker.may_end.set()
            until(lambda: not pool.all)
        return 1

    monkeypatch.setattr(threads, "limit", limit)
    log: list[str] = []
    assert pool.run(lambda: log.append("job")), "the system has threads"
    blocker.may_end.set()
    until(lambda: log == ["job"])


def test_a_finalizer_that_runs_while_a_thread_starts_may_start_another(
    pool: threads.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[str] = []
    start = threading.Thread.start

    def start_and_finalize(thread: threading.Thread) -> None:
        monkeypatch.setattr(threading.Thread, "start", start)
        pool.run(lambda: log.append("finalizer"))
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_and_finalize)
    pool.run(lambda: log.append("job"))
    until(lambda: len(log) == 2)


# The end


def test_stopping_lets_running_steps_end_and_drops_the_rest(pool: threads.Pool) -> None:
    log: list[str] = []
    blockers = [Blocker() for _ in range(3)]
    for blocker in blockers:
        queue = new_queue()
        queue.enqueue(blocker)
        queue.enqueue(lambda: log.append("dropped"))
        assert blocker.begun.wait(HANG_SECONDS)
    resting = new_queue()
    run_dry(resting)
    until(lambda: pool.resting)
    natives = list(pool.all)
    assert len(natives) == 4
    for blocker in blockers:
        threading.Thread(target=blocker.end_when, args=(lambda: pool.is_stopping,)).start()
    pool.stop()
    assert [thread.is_alive() for thread in natives] == [False] * 4
    assert log == []
    assert pool.all == set()


def test_nothing_is_enqueued_after_stopping(pool: threads.Pool) -> None:
    class Steps:
        def __call__(self) -> None:
            raise AssertionError

    queues = [new_queue(), new_queue()]
    run_dry(queues[0])
    pool.stop()
    for queue in queues:
        steps = Steps()
        reference = weakref.ref(steps)
        queue.enqueue(steps)
        del steps
        assert reference() is None


def test_stopping_waits_no_longer_than_its_bound(pool: threads.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "EXIT_SECONDS", 0.001)
    blocker = Blocker()
    queue = new_queue()
    queue.enqueue(blocker)
    assert blocker.begun.wait(HANG_SECONDS)
    (thread,) = pool.all
    pool.stop()
    assert thread.is_alive()
    blocker.may_end.set()
    thread.join(HANG_SECONDS)
    assert not thread.is_alive()


def test_stopping_while_a_thread_takes_its_rest_ends_it(pool: threads.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    # A thread that is done with its job, and has yet to rest, when all are told to stop.
    about_to_rest = Blocker()

    class Resting(deque[threads._Thread]):
        def append(self, thread: threads._Thread) -> None:
            about_to_rest()
            super().append(thread)

    monkeypatch.setattr(pool, "resting", Resting())
    run_dry(new_queue())
    assert about_to_rest.begun.wait(HANG_SECONDS)
    (thread,) = pool.all
    threading.Thread(target=about_to_rest.end_when, args=(lambda: pool.is_stopping,)).start()
    pool.stop()
    assert not thread.is_alive()


def test_stopping_waits_for_a_thread_that_has_started_and_not_begun(
    pool: threads.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    about_to_begin = Blocker()

    class All(set[threads._Thread]):
        def add(self, thread: threads._Thread) -> None:
            about_to_begin()
            super().add(thread)

    monkeypatch.setattr(pool, "all", All())
    ended = threading.Event()
    pool.run(ended.set)
    threading.Thread(target=about_to_begin.end_when, args=(lambda: pool.is_stopping,)).start()
    pool.stop()
    assert ended.is_set()
