"""Steps: the functions without arguments that tasks and parallel queues are made of."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import repeat, starmap
from operator import call
from typing import TypeAlias, TypeGuard

Steps: TypeAlias = Callable[[], None]


class StepsAbandoned(Exception):
    """Raised by steps whose event loop is gone. Their parallel queue drops the steps that are left in it."""


def run_in_turn(queue: deque[Steps]) -> Iterator[None]:
    """An iterator that takes the first steps out of ``queue`` and runs them, each time that it is advanced.

    Raises the exceptions of the steps, and IndexError if the queue is empty; it can be advanced again after that.

    Taking steps and calling them is one operation of the interpreter. A KeyboardInterrupt comes between operations, so
    it can end steps that have begun, but it can't lose steps that have been taken out of the queue and not begun.
    """
    return map(call, starmap(queue.popleft, repeat(())))


class LastingSteps(partial[None]):
    """Steps that are run again if an interrupt ends them before they have done what nothing else would do.

    Until then they may be run several times.
    """

    _condition: Callable[[], bool]

    def is_lost(self) -> bool:
        """Whether the steps have yet to do that, after an interrupt has ended them."""
        return self._condition()

    @classmethod
    def until(cls, is_lost: Callable[[], bool], steps: Steps) -> "LastingSteps":
        """``steps``, which are run again while ``is_lost()`` is true."""
        lasting = cls(steps)
        lasting._condition = is_lost
        return lasting


def is_interrupt(exception: BaseException) -> TypeGuard[KeyboardInterrupt]:
    """Whether an exception is an interrupt of the whole program. Only the main thread gets those of the system."""
    return isinstance(exception, KeyboardInterrupt) and threading.current_thread() is threading.main_thread()


def put_back_if_lost(queue: deque[Steps], steps: Steps) -> None:
    """Have steps of ``queue`` run again if an interrupt has ended them too early. ``steps`` were the first of it."""
    was_taken = not queue or queue[0] is not steps
    if was_taken and isinstance(steps, LastingSteps) and steps.is_lost():
        queue.appendleft(steps)
