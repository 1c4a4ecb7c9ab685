"""Choices, policies, and schedules that can be replayed."""

import pytest

from codecmodel.web.event_loop import TaskSource
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.scheduler import (
    Choice,
    NotEnabledError,
    Policy,
    Scheduler,
    replay,
    seeded,
    sequence,
    tasks_first,
    work_first,
)


class Program:
    """Two queues of two steps; each step queues a task."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.loop = DeterministicEventLoop()
        self.scheduler = Scheduler(self.loop)
        source = TaskSource("codec")

        def enqueue(name: str) -> None:
            def task() -> None:
                self.log.append(f"task {name}")

            def work() -> None:
                self.log.append(f"work {name}")
                self.loop.queue_task(source, task)

            queue.enqueue(work)

        for first in "ab":
            queue = self.loop.start_parallel_queue()
            for second in "12":
                enqueue(first + second)

    def run(self, policy: Policy) -> list[str]:
        self.scheduler.run_until_idle(policy)
        return self.log


def test_the_choices_are_front_tasks_by_age_then_front_steps_by_the_age_of_their_queue() -> None:
    program = Program()
    program.loop.queue_task(TaskSource("DOM"), program.log.clear)
    program.scheduler.run(Choice("work", "work queue 2", 1))
    assert program.scheduler.enabled() == [
        Choice("task", "DOM", 1),
        Choice("task", "codec", 1),
        Choice("work", "work queue 1", 1),
        Choice("work", "work queue 2", 2),
    ]


def test_tasks_first() -> None:
    expected = ["work a1", "task a1", "work a2", "task a2", "work b1", "task b1", "work b2", "task b2"]
    assert Program().run(tasks_first) == expected


def test_work_first() -> None:
    expected = ["work a1", "work a2", "work b1", "work b2", "task a1", "task a2", "task b1", "task b2"]
    assert Program().run(work_first) == expected


def test_an_explicit_sequence() -> None:
    schedule = ["work", "work 1 of work queue 2", "task", "work 2 of work queue 2: some label"]
    expected = ["work a1", "work b1", "task a1", "work b2", "task b1", "task b2", "work a2", "task a2"]
    assert Program().run(sequence(schedule, then=tasks_first)) == expected


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (["task"], "'task' is not among"),
        (["work 2 of work queue 1"], "'work 2 of work queue 1' is not among"),
        (["work"], "the schedule has ended, but .*task 1 of codec"),
    ],
)
def test_a_sequence_that_does_not_fit_is_refused(schedule: list[str], message: str) -> None:
    with pytest.raises(NotEnabledError, match=message):
        Program().run(sequence(schedule))


def test_a_seed_gives_one_schedule_and_seeds_give_several() -> None:
    schedules = {tuple(Program().run(seeded(seed))) for seed in range(20) for _ in range(2)}
    assert 10 < len(schedules) <= 20
    assert all(len(schedule) == 8 for schedule in schedules)


def test_a_trace_reads_well_and_can_be_replayed() -> None:
    recorded = Program()
    recorded.run(seeded(3))
    replayed = Program()
    replayed.run(replay(recorded.scheduler.trace))
    assert replayed.log == recorded.log
    assert replayed.scheduler.trace == recorded.scheduler.trace
    first = recorded.scheduler.trace[0]
    assert str(first).startswith("work 1 of work queue ")
    assert str(first).endswith(": Program.__init__ / enqueue / work")
    assert Choice.parse(str(first)) == first
    assert Choice.parse(str(first)).label == first.label


@pytest.mark.parametrize("text", ["", "task", "idle 1 of codec", "task one of codec", "task 1 of "])
def test_what_is_no_step_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a step of a schedule"):
        Choice.parse(text)


def test_a_choice_that_is_not_enabled_is_refused_and_not_recorded() -> None:
    program = Program()
    with pytest.raises(NotEnabledError, match=r"task 1 of codec.* is not among"):
        program.scheduler.run(Choice("task", "codec", 1))
    assert program.scheduler.trace == []


def test_a_run_that_does_not_end_is_noticed() -> None:
    loop = DeterministicEventLoop()
    source = TaskSource("codec")

    def again() -> None:
        loop.queue_task(source, again)

    again()
    with pytest.raises(RuntimeError, match="still not idle after 50 steps"):
        Scheduler(loop).run_until_idle(tasks_first, limit=50)
