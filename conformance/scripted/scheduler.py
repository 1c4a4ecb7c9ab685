"""Schedules: the choices of the next steps, policies that choose, and schedules as text that can be replayed."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from conformance.scripted.deterministic_loop import DeterministicEventLoop

#: The number of steps after which a run that should have become idle counts as endless.
DEFAULT_LIMIT: Final = 10_000

_CHOICE = re.compile(r"(task|work) (\d+) of ([^:]+)(?:: (.*))?")


@dataclass(frozen=True)
class Choice:
    """One thing that may run next: a task, or the front item of a parallel queue ("work").

    ``place`` names the task source or queue, and ``number`` counts the things that were put there. So the two identify
    the step in every schedule that has put the same things there before. ``label`` is for the reader.
    """

    kind: Literal["task", "work"]
    place: str
    number: int
    label: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.number} of {self.place}: {self.label}"

    @classmethod
    def parse(cls, text: str) -> "Choice":
        """The choice that ``str()`` wrote. Raises ValueError."""
        match = _CHOICE.fullmatch(text)
        if match is None:
            raise ValueError(f"not a step of a schedule: {text!r}")
        return cls("task" if match[1] == "task" else "work", match[3], int(match[2]), match[4] or "")


#: Chooses one of the choices there are; there is at least one.
Policy: TypeAlias = Callable[[Sequence[Choice]], Choice]


class NotEnabledError(Exception):
    """A schedule demands a step that cannot run now."""


class Scheduler:
    """Runs an event loop and its parallel queues, one step at a time."""

    def __init__(self, event_loop: DeterministicEventLoop) -> None:
        self._event_loop = event_loop
        #: Every step run so far.
        self.trace: list[Choice] = []

    def enabled(self) -> Sequence[Choice]:
        """The choices: first tasks, the oldest first, then work, by the age of its queue."""
        tasks = [Choice("task", task.place, task.number, task.label) for task in self._event_loop.runnable_tasks()]
        work = [
            Choice("work", queue.name, queue.items[0].number, queue.items[0].label)
            for queue in self._event_loop.parallel_queues
            if queue.items
        ]
        return [*tasks, *work]

    def run(self, choice: Choice) -> None:
        """Run one step. Raises NotEnabledError if it can't run now."""
        for task in self._event_loop.runnable_tasks():
            if choice == Choice("task", task.place, task.number):
                self.trace.append(Choice("task", task.place, task.number, task.label))
                self._event_loop.run_task(task)
                return
        for queue in self._event_loop.parallel_queues:
            front = queue.items[:1]
            if front and choice == Choice("work", queue.name, front[0].number):
                self.trace.append(Choice("work", queue.name, front[0].number, front[0].label))
                queue.run_front()
                return
        raise NotEnabledError(f"{choice} is not among {[str(other) for other in self.enabled()]}")

    def run_until_idle(self, policy: Policy, limit: int = DEFAULT_LIMIT) -> None:
        """Run the choices of ``policy`` until there is nothing left to run.

        Raises RuntimeError if that takes more than ``limit`` steps.
        """
        for _ in range(limit):
            enabled = self.enabled()
            if not enabled:
                return
            self.run(policy(enabled))
        raise RuntimeError(f"still not idle after {limit} steps; next are {[str(choice) for choice in self.enabled()]}")


def tasks_first(enabled: Sequence[Choice]) -> Choice:
    """Choose work only when there is no task. This is the slowest of codecs."""
    return enabled[0]


def work_first(enabled: Sequence[Choice]) -> Choice:
    """Choose tasks only when there is no work. This is the fastest of codecs, or the busiest of event loops."""
    return next((choice for choice in enabled if choice.kind == "work"), enabled[0])


def seeded(seed: int) -> Policy:
    """A random schedule, the same one for the same seed."""
    generator = random.Random(seed)
    return lambda enabled: generator.choice(enabled)


def sequence(steps: Sequence[str], then: Policy | None = None) -> Policy:
    """Exactly these steps: each ``"task"`` (the oldest), ``"work"`` (of the oldest queue that has any), or the text
    of a Choice. After them ``then`` chooses. Without it, nothing may be left to run.

    The policy raises NotEnabledError where the schedule cannot go on as demanded.
    """
    remaining: Iterator[str] = iter(steps)

    def choose(enabled: Sequence[Choice]) -> Choice:
        step = next(remaining, None)
        if step is None:
            if then is None:
                raise NotEnabledError(f"the schedule has ended, but {[str(choice) for choice in enabled]} could run")
            return then(enabled)
        if step in ("task", "work"):
            matching = [choice for choice in enabled if choice.kind == step]
        else:
            wanted = Choice.parse(step)
            matching = [choice for choice in enabled if choice == wanted]
        if not matching:
            raise NotEnabledError(f"{step!r} is not among {[str(choice) for choice in enabled]}")
        return matching[0]

    return choose


def replay(trace: Sequence[Choice]) -> Policy:
    """The schedule that a Scheduler recorded."""
    return sequence([str(choice) for choice in trace])
