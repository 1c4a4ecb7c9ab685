"""Work that may have to wait for more data. Not in the spec, whose steps "wait" on the codec work queue.

Here no thread waits: each image that is still arriving would occupy one, for ever if the rest of it never comes.
Instead a step that would have to wait returns "waiting". It is tried again when more data has arrived, and when a reset
may have made it superfluous. Steps that were enqueued behind it stay behind it.
"""

from collections import deque
from collections.abc import Callable
from typing import Literal, TypeAlias

WorkOutcome: TypeAlias = Literal["done", "waiting"]
Work: TypeAlias = Callable[[], WorkOutcome]


class WorkInOrder:
    """Steps that run one after the other. Used by steps on the codec work queue only."""

    def __init__(self) -> None:
        self._steps: deque[Work] = deque()

    def __len__(self) -> int:
        return len(self._steps)

    def append(self, steps: Work) -> None:
        """Run ``steps`` after all steps that wait: now, if none does."""
        self._steps.append(steps)
        if len(self._steps) == 1:
            self.go_on()

    def go_on(self) -> None:
        """Try the first steps again, and then those behind them, until some have to wait.

        Steps that raise an exception are not tried again.
        """
        outcome: WorkOutcome = "done"
        while self._steps and outcome == "done":
            steps = self._steps.popleft()
            outcome = steps()
            if outcome == "waiting":
                self._steps.appendleft(steps)

    def clear(self) -> None:
        """Drop all steps."""
        self._steps.clear()
