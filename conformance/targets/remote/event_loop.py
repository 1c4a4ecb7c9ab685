"""An asyncio event loop that runs while JavaScript waits, and lets JavaScript go on when nothing is left to run."""

import asyncio
import selectors
from typing import Final

from conformance.targets.remote.connections import Message
from conformance.targets.remote.engine import Engine


class _EngineSelector(selectors.DefaultSelector):
    """Asked by the loop to wait for something, it waits for JavaScript's next event, and has the loop handle it.

    JavaScript's clock ticks, so timers of the loop come to their turn.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine: Final = engine
        self.loop: asyncio.AbstractEventLoop | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:  # type: ignore[explicit-any]  # a key may have any data
        if not self._engine.is_entered() or timeout is None or timeout > 0:
            event = self._engine.wait()
            if event["event"] != "tick":
                assert self.loop is not None
                self.loop.call_soon(self._handle, event)
        return super().select(0)

    def _handle(self, event: Message) -> None:
        self._engine.handle(event)


def new_event_loop(engine: Engine) -> asyncio.AbstractEventLoop:
    """An event loop for one scenario. Callbacks of earlier ones are forgotten."""
    engine.begin()
    selector = _EngineSelector(engine)
    loop = asyncio.SelectorEventLoop(selector)
    selector.loop = loop
    return loop
