"""Calls of output callbacks, which JavaScript makes one after the other without waiting for Python in between.

The steps that come before such a call, in the task that outputs, depend on nothing that a script can change, except for
a reset. So Python runs those of several tasks first, and puts the calls off. Then JavaScript makes them in turn, and
performs the microtask checkpoint that follows each. It stops when a script has asked Python for anything, because that
may have been a reset: the calls of a codec that was reset are dropped then, as the task would have dropped its outputs.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from codecmodel.codecs.processing_model import Epoch, NamedSteps
from codecmodel.codecs.tracer import current_tracer
from codecmodel.web.steps import Steps
from conformance.wpt.host.channel import Json
from conformance.wpt.host.values import JsError

#: Meanwhile, codecs do not get the requests that these calls will make.
_MOST_CALLS: Final = 16
#: After this time, JavaScript makes no further call before Python has heard of the others. A realm that is silent for
#: too long is ended.
MILLISECONDS_IN_TURN: Final = 1000.0


class Call(NamedTuple):
    """A call of a function of JavaScript's. Its ``arguments`` are ``encoded``, with ``buffers``."""

    reference: int
    receiver: Json
    encoded: list[Json]
    buffers: Sequence[bytes | memoryview]
    arguments: Sequence[object]


class Called(NamedTuple):
    """So many calls were ``made``. The last one may have thrown ``error``; ``result`` is that of an only call."""

    made: int
    result: object
    error: JsError | None


class PutOffCalls:
    """The calls that JavaScript has yet to make, in their order. ``make`` has it make some of the first.

    None is put off while there is a tracer, which is to see everything when it happens.
    """

    def __init__(self, make: Callable[[Sequence[Call]], Called], drop: Callable[[Call], None]) -> None:
        self._make = make
        self._drop = drop
        self._most = 0 if current_tracer() is not None else _MOST_CALLS
        self._new: list[tuple[Epoch, Call]] = []
        # Scripts have run since these calls were put off.
        self._left: list[tuple[Epoch, Call]] = []

    def __len__(self) -> int:
        return len(self._left) + len(self._new)

    def epoch_to_put_off(self, task: Steps) -> Epoch | None:
        """The epoch of the outputs in ``task`` if the calls with them may be put off, or None."""
        if len(self) < self._most and isinstance(task, NamedSteps) and task.name == "output":
            return task.codec._epoch
        return None

    def put_off(self, epoch: Epoch, call: Call) -> None:
        """Put a call off that is only made if ``epoch`` has not ceased by then."""
        self._new.append((epoch, call))

    def make(self) -> None:
        """Make calls. Some may be left. Raises JsError if the last one that was made has thrown one."""
        for epoch, call in self._left:
            if epoch.ceased:
                self._drop(call)
        entries = [entry for entry in self._left if not entry[0].ceased] + self._new
        self._left, self._new = [], []
        if not entries:
            return
        called = self._make([call for _, call in entries])
        self._left = entries[called.made :]
        if called.error is not None:
            raise called.error
