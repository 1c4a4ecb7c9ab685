"""The threads that serve parallel queues: how they start, rest, are shared and end."""

import gc
import threading
import weakref

import pytest

from codecmodel.web import parallel_queue
from codecmodel.web.parallel_queue import ThreadParallelQueue
from tests.codecmodel.web.scripts import HANG_SECONDS, Blocker, new_queue, run_dry, until

pytestmark = pytest.mark.usefixtures("pool")


def test_a_thread_starts_at_the_first_enqueue(pool: parallel_queue._Threads) -> None:
    before = threading.active_count()
    queues = [new_queue() for _ in range(3)]
    assert threading.active_count() == before
    assert pool._all == set()
    run_dry(queues[0])
    assert threading.active_count() == before + 1
    assert len(pool._all) == 1


def test_a_thread_that_rests_serves_the_next_queue(pool: parallel_queue._Threads) -> None:
    log: list[threading.Thread] = []
    for _ in range(10):
        queue = new_queue()
        queue.enqueue(lambda: log.append(threading.current_thread()))
        run_dry(queue)
        until(lambda: pool._resting)
    assert log == [log[0]] * 10


def test_a_thread_that_has_rested_too_long_ends(pool: parallel_queue._Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_queue, "IDLE_SECONDS", 0.001)
    queue = new_queue()
    log: list[threading.Thread] = []
    for number in range(3):
        queue.enqueue(lambda: log.append(threading.current_thread()))
        until(lambda number=number: len(log) > number)
        log[-1].join(HANG_SECONDS)
        assert not log[-1].is_alive()
        assert (pool._all, pool._resting) == (set(), [])
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


def test_steps_that_have_run_are_kept_alive_by_nobody() -> None:
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


def test_a_queue_given_to_a_thread_just_as_its_rest_ends_is_served(
    pool: parallel_queue._Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[tuple[str, threading.Thread]] = []
    queues = {name: new_queue() for name in ("first", "second", "third")}

    def enqueue(name: str) -> None:
        queues[name].enqueue(lambda: log.append((name, threading.current_thread())))

    class Sleepyhead:
        """A lock whose first wait is over before it is released, but comes back after it was."""

        def __init__(self) -> None:
            self.lock = threading.Lock()
            self.waits = 0

        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
            if timeout != -1:
                self.waits += 1
                if self.waits == 1:
                    enqueue("second")
                    return False
            return self.lock.acquire(blocking, timeout)

        def release(self) -> None:
            self.lock.release()

    class Thread(parallel_queue._Thread):
        __slots__ = ()

        def __init__(self, queue: ThreadParallelQueue) -> None:
            super().__init__(queue)
            monkeypatch.setattr(self, "ready", Sleepyhead())
            self.ready.acquire()

    monkeypatch.setattr(parallel_queue, "_Thread", Thread)
    enqueue("first")
    until(lambda: len(log) == 2 and pool._resting)
    enqueue("third")
    until(lambda: len(log) == 3)
    assert log == [(name, log[0][1]) for name in queues]


def test_where_the_system_has_no_more_threads_enqueue_raises_and_can_be_called_again(
    pool: parallel_queue._Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    log: list[str] = []
    queue = new_queue()
    with monkeypatch.context() as patches:
        patches.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            queue.enqueue(lambda: log.append("refused"))
        assert pool._all == set()
    queue.enqueue(lambda: log.append("accepted"))
    run_dry(queue)
    assert log == ["accepted"]


# The end


def test_stopping_lets_running_steps_end_and_drops_the_rest(pool: parallel_queue._Threads) -> None:
    log: list[str] = []
    blockers = [Blocker() for _ in range(3)]
    for blocker in blockers:
        queue = new_queue()
        queue.enqueue(blocker)
        queue.enqueue(lambda: log.append("dropped"))
        assert blocker.begun.wait(HANG_SECONDS)
    resting = new_queue()
    run_dry(resting)
    until(lambda: pool._resting)
    threads = [thread.thread for thread in pool._all]
    assert len(threads) == 4
    for blocker in blockers:
        threading.Thread(target=lambda blocker=blocker: (until(lambda: pool.stopping), blocker.may_end.set())).start()
    pool.stop()
    assert [thread.is_alive() for thread in threads] == [False] * 4
    assert log == []
    assert pool._all == set()


def test_nothing_is_enqueued_after_stopping(pool: parallel_queue._Threads) -> None:
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


def test_stopping_waits_no_longer_than_its_bound(
    pool: parallel_queue._Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel_queue, "EXIT_SECONDS", 0.001)
    blocker = Blocker()
    queue = new_queue()
    queue.enqueue(blocker)
    assert blocker.begun.wait(HANG_SECONDS)
    (thread,) = pool._all
    pool.stop()
    assert thread.thread.is_alive()
    blocker.may_end.set()
    thread.thread.join(HANG_SECONDS)
    assert not thread.thread.is_alive()


def test_stopping_while_a_thread_takes_its_rest_ends_it(
    pool: parallel_queue._Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A thread that has run dry, and has yet to ask for a rest when all are told to stop.
    about_to_rest = Blocker()
    rest = pool.rest

    def rest_late(thread: parallel_queue._Thread) -> bool:
        about_to_rest()
        return rest(thread)

    monkeypatch.setattr(pool, "rest", rest_late)
    run_dry(new_queue())
    assert about_to_rest.begun.wait(HANG_SECONDS)
    (thread,) = pool._all
    threading.Thread(target=lambda: (until(lambda: pool.stopping), about_to_rest.may_end.set())).start()
    pool.stop()
    assert not thread.thread.is_alive()
