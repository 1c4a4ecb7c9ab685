"""EventWatcher: expects events in a given order, and no others."""

import asyncio
from collections.abc import Sequence

from codecmodel.web.events import Event, EventTarget
from conformance.suite.assertions import ExpectationError, assert_equals
from conformance.suite.context import Test


class EventWatcher:
    """Listens for events of the given types on ``target`` until the scenario ends.

    The scenario fails at an event that it does not wait for, and at one that comes before the next event that it waits
    for.
    """

    def __init__(self, t: Test, target: EventTarget, types: Sequence[str]) -> None:
        self._expected: list[str] = []
        self._recorded: list[Event] = []
        self._promise: asyncio.Future[list[Event]] | None = None
        self._target = target
        self._types = tuple(types)
        self._listener = t.step_func(self._handle)
        for type in self._types:
            target.addEventListener(type, self._listener)
        t.add_cleanup(self.stop_watching)

    def wait_for(self, types: Sequence[str]) -> asyncio.Future[list[Event]]:
        """A promise of the events, once they have happened in that order. Waiting begins with the call."""
        if self._promise is not None:
            raise ExpectationError("Already waiting for an event or events")
        self._expected = list(types)
        self._recorded = []
        self._promise = asyncio.get_running_loop().create_future()
        return self._promise

    def stop_watching(self) -> None:
        for type in self._types:
            self._target.removeEventListener(type, self._listener)

    def _handle(self, event: Event) -> None:
        if self._promise is None:
            raise ExpectationError(f"Not expecting event, but got {event.type} event")
        expected = self._expected.pop(0)
        assert_equals(event.type, expected, f"Expected {expected} event, but got {event.type} event instead")
        self._recorded.append(event)
        if not self._expected:
            promise, self._promise = self._promise, None
            if not promise.done():
                promise.set_result(self._recorded)
