"""How codecs ask for room when resources are scarce. Not in the spec: it leaves the occasions to user agents."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from codecmodel.codecs.live_codecs import GlobalObject


class Scarcity(Protocol):
    """Decides what happens when resources are scarce. Its methods run on the thread of the event loop."""

    def before_configuring(self, global_object: GlobalObject) -> None:
        """A codec of the global object is about to be configured."""

    def make_room(self, global_object: GlobalObject, then: Callable[[], None]) -> bool:
        """Have resources released, and then have a task run ``then``. Returns False if there is nothing to release."""


_current: ContextVar[Scarcity | None] = ContextVar("codecmodel scarcity", default=None)


def current_scarcity() -> Scarcity | None:
    """The decision in force, if any."""
    return _current.get()


@contextmanager
def use_scarcity(scarcity: Scarcity) -> Iterator[None]:
    """Codecs made within the block ask ``scarcity``."""
    token = _current.set(scarcity)
    try:
        yield
    finally:
        _current.reset(token)
