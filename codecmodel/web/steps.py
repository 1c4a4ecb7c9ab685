"""Steps: the functions without arguments that tasks and parallel queues are made of."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import repeat, starmap
from operator import call
from typing import TypeAlias

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
