"""The parallel queue on native threads: order, exceptions, announcements to event loops."""

import threading
from collections.abc import Callable
from functools import partial

import pytest

from codecmodel.web import parallel_queue, threads
from codecmodel.web.parallel_queue import BriefParallelQueue, ThreadParallelQueue, WakeUps
from codecmodel.web.steps import StepsAbandoned
from codecmodel.web.threads import share
from tests.codecmodel.web.scripts import HANG_SECONDS, Blocker, new_queue, run_dry, until, unused, void

pytestmark = pytest.mark.usefixtures("pool")


# Order


def test_steps_run_in_the_order_in_which_they_were_enqueued() -> None:
    queue = new_queue()
    log: list[int] = []
    for number in range(1000):
        queue.enqueue(partial(log.append, number))
    run_dry(queue)
    assert log == list(range(1000))


def test_steps_run_on_one_other_thread() -> None:
    queue = new_queue()
    ran_on: list[threading.Thread] = []
    blocker = Blocker()
    queue.enqueue(blocker)
    for _ in range(100):
        queue.enqueue(lambda: ran_on.append(threading.current_thread()))
    blocker.may_end.set()
    run_dry(queue)
    assert len(ran_on) == 100
    assert len(set(ran_on)) == 1
    assert ran_on[0] is not threading.current_thread()
    assert ran_on[0].name == "codecmodel parallel queue"
    assert ran_on[0].daemon


def test_steps_enqueued_by_steps_run_after_those_enqueued_before() -> None:
    queue = new_queue()
    log: list[str] = []
    blocker = Blocker()

    def first() -> None:
        blocker()
        queue.enqueue(lambda: log.append("third"))
        log.append("first")

    queue.enqueue(first)
    queue.enqueue(lambda: log.append("second"))
    blocker.may_end.set()
    run_dry(queue)
    run_dry(queue)
    assert log == ["first", "second", "third"]


@pytest.mark.usefixtures("frequent_switches")
def test_steps_enqueued_by_many_threads_run_one_at_a_time_and_in_the_order_of_each_thread() -> None:
    queue = new_queue()
    log: list[tuple[int, int]] = []
    running = threading.Lock()
    overlaps = 0

    def steps(thread: int, number: int) -> None:
        nonlocal overlaps
        if not running.acquire(blocking=False):
            overlaps += 1
            return
        log.append((thread, number))
        running.release()

    def enqueue(thread: int) -> None:
        for number in range(5000):
            queue.enqueue(partial(steps, thread, number))

    threads = [threading.Thread(target=enqueue, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_dry(queue)
    assert overlaps == 0
    assert sorted(log, key=lambda entry: entry[0]) == [
        (thread, number) for thread in range(4) for number in range(5000)
    ]


@pytest.mark.usefixtures("frequent_switches")
def test_steps_enqueued_just_as_the_thread_leaves_are_run() -> None:
    # Each step is enqueued when the queue has run dry, or is just about to.
    queue = new_queue()
    ran = threading.Semaphore(0)
    for _ in range(5000):
        queue.enqueue(ran.release)
        assert ran.acquire(timeout=HANG_SECONDS)


def test_many_queues_at_once_each_keep_their_order() -> None:
    queues = [new_queue() for _ in range(200)]
    logs: list[list[int]] = [[] for _ in queues]
    for number in range(50):
        for queue, log in zip(queues, logs, strict=True):
            queue.enqueue(partial(log.append, number))
    run_dry(*queues)
    assert logs == [list(range(50))] * 200


def test_queues_run_in_parallel_to_each_other() -> None:
    queues = [new_queue() for _ in range(20)]
    all_running = threading.Barrier(len(queues) + 1)
    for queue in queues:
        queue.enqueue(lambda: void(all_running.wait(HANG_SECONDS)))
    all_running.wait(HANG_SECONDS)
    run_dry(*queues)


# Races, acted out one step at a time


class VisitedLock:
    """The lock of a queue. Other threads act just before it is taken, and just before it is released."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.before_acquire: list[Callable[[], None]] = []
        self.before_release: list[Callable[[], None]] = []

    def acquire(self, blocking: bool = True) -> bool:
        if self.before_acquire:
            self.before_acquire.pop()()
        return self._lock.acquire(blocking)

    def release(self) -> None:
        if self.before_release:
            self.before_release.pop()()
        self._lock.release()

    def locked(self) -> bool:
        return self._lock.locked()


@pytest.fixture
def visited(monkeypatch: pytest.MonkeyPatch) -> tuple[ThreadParallelQueue, VisitedLock]:
    queue, lock = new_queue(), VisitedLock()
    monkeypatch.setattr(queue, "_serving", lock)
    return queue, lock


def test_a_queue_that_two_threads_come_to_serve_is_served_by_one(
    visited: tuple[ThreadParallelQueue, VisitedLock],
) -> None:
    queue, lock = visited
    log: list[threading.Thread] = []
    blocker = Blocker()

    def have_another_thread_serve() -> None:
        assert threads.run(queue.serve)
        assert blocker.begun.wait(HANG_SECONDS)

    lock.before_acquire.append(have_another_thread_serve)
    queue.enqueue(blocker)
    queue.enqueue(lambda: log.append(threading.current_thread()))
    assert blocker.begun.wait(HANG_SECONDS)
    assert log == []
    blocker.may_end.set()
    run_dry(queue)
    assert len(log) == 1


def test_a_thread_that_comes_in_vain_does_not_keep_others_from_being_asked(pool: threads.Pool) -> None:
    queue, blocker = new_queue(), Blocker()
    queue.enqueue(blocker)
    assert blocker.begun.wait(HANG_SECONDS)
    assert threads.run(queue.serve)
    until(lambda: pool.resting)
    blocker.may_end.set()
    until(lambda: len(pool.resting) == 2)
    run_dry(queue)


def test_steps_enqueued_just_before_the_thread_leaves_are_run(
    visited: tuple[ThreadParallelQueue, VisitedLock],
) -> None:
    queue, lock = visited
    ran = threading.Event()
    lock.before_release.append(lambda: queue.enqueue(ran.set))
    queue.enqueue(lambda: None)
    assert ran.wait(HANG_SECONDS)


# Exceptions


def test_steps_abandoned_drop_what_is_in_the_queue(reported: list[threading.ExceptHookArgs]) -> None:
    class LoopIsGone(StepsAbandoned):
        pass

    log: list[str] = []
    queue = new_queue()
    blocker = Blocker()

    def abandon() -> None:
        blocker()
        raise LoopIsGone

    queue.enqueue(abandon)
    for _ in range(10):
        queue.enqueue(lambda: log.append("dropped"))
    blocker.may_end.set()
    until(lambda: not queue._serving.locked())
    queue.enqueue(lambda: log.append("later"))
    run_dry(queue)
    assert log == ["later"]
    assert reported == []


@pytest.mark.parametrize("exception", [ValueError("steps"), SystemExit(1)])
def test_an_exception_is_reported_and_the_queue_goes_on(
    reported: list[threading.ExceptHookArgs], exception: BaseException
) -> None:
    log: list[threading.Thread] = []
    queue = new_queue()
    blocker = Blocker()

    def fail() -> None:
        blocker()
        raise exception

    queue.enqueue(fail)
    queue.enqueue(lambda: log.append(threading.current_thread()))
    blocker.may_end.set()
    run_dry(queue)
    assert len(log) == 1
    assert [(args.exc_type, args.exc_value, args.thread) for args in reported] == [(type(exception), exception, log[0])]
    assert reported[0].exc_traceback is not None
    reported.clear()


# Announcements


class Announcements(WakeUps):
    """A queue that logs how it holds and releases the wake-ups of its steps."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.held = False
        self.queue = ThreadParallelQueue(unused, self)

    def hold(self) -> None:
        self.log.append("hold")

    def release(self) -> None:
        if self.held:
            self.log.append("release")
            self.held = False

    def announce(self, name: str) -> None:
        self.log.append(name)
        self.held = True

    def enqueue_together(self, *names: str) -> None:
        blocker = Blocker()
        self.queue.enqueue(blocker)
        for name in names:
            self.queue.enqueue(partial(self.announce, name))
        blocker.may_end.set()
        until(lambda: not self.queue._serving.locked())


@pytest.mark.parametrize(
    ("seconds", "log"),
    [
        # The step that held the others back ends first.
        (HANG_SECONDS, ["a", "b", "release", "c", "d", "release", "e", "release"]),
        (0, ["a", "release", "b", "release", "c", "release", "d", "release", "e", "release"]),
    ],
    ids=["when half of the steps are done", "when their time is over"],
)
def test_announcements_are_released(monkeypatch: pytest.MonkeyPatch, seconds: float, log: list[str]) -> None:
    monkeypatch.setattr(parallel_queue, "SLICE_SECONDS", seconds)
    announcements = Announcements()
    announcements.enqueue_together("a", "b", "c", "d", "e")
    assert announcements.log == ["hold", *log]


def test_nothing_is_released_where_nothing_was_announced() -> None:
    announcements = Announcements()
    announcements.enqueue_together()
    assert announcements.log == ["hold"]


# Brief steps


def test_brief_steps_are_done_once_they_are_enqueued() -> None:
    ran_on: list[threading.Thread] = []
    BriefParallelQueue().enqueue(lambda: ran_on.append(threading.current_thread()))
    assert ran_on == [threading.current_thread()]


def test_brief_steps_whose_event_loop_is_gone_are_abandoned() -> None:
    def steps() -> None:
        raise StepsAbandoned

    BriefParallelQueue().enqueue(steps)


# Steps to share


def test_shared_steps_are_all_run_before_it_goes_on() -> None:
    ran_on: list[threading.Thread] = []
    for count in (0, 1, 2, 100):
        ran_on.clear()
        share([lambda: ran_on.append(threading.current_thread())] * count)
        assert len(ran_on) == count


@pytest.fixture
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_PROCESSORS", 2)


@pytest.mark.usefixtures("two_processors")
def test_two_threads_share_steps() -> None:
    both = threading.Barrier(2)
    share([lambda: void(both.wait(HANG_SECONDS))] * 2)


def test_steps_are_this_threads_alone_where_there_is_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_PROCESSORS", 1)
    ran_on: list[threading.Thread] = []
    share([lambda: ran_on.append(threading.current_thread())] * 10)
    assert ran_on == [threading.current_thread()] * 10


def test_steps_are_this_threads_alone_where_there_are_no_more_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    ran_on: list[threading.Thread] = []
    share([lambda: ran_on.append(threading.current_thread())] * 10)
    assert ran_on == [threading.current_thread()] * 10


@pytest.mark.usefixtures("two_processors")
def test_a_thread_that_comes_when_the_steps_are_shared_out_has_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[threads.Job] = []
    monkeypatch.setattr(threads, "run", jobs.append)
    ran_on: list[threading.Thread] = []
    share([lambda: ran_on.append(threading.current_thread())] * 10)
    late = threading.Thread(target=jobs[0])
    late.start()
    late.join(HANG_SECONDS)
    assert ran_on == [threading.current_thread()] * 10


@pytest.mark.usefixtures("two_processors")
@pytest.mark.parametrize("exception", [MemoryError("none left"), KeyboardInterrupt()])
def test_an_exception_of_shared_steps_comes_when_all_have_ended(exception: BaseException) -> None:
    both = threading.Barrier(2)
    log: list[str] = []

    def fail() -> None:
        both.wait(HANG_SECONDS)
        raise exception

    def go_on() -> None:
        both.wait(HANG_SECONDS)
        log.append("ended")

    with pytest.raises(type(exception)):
        share([fail, go_on, partial(log.append, "another")])
    assert sorted(log) == ["another", "ended"]
