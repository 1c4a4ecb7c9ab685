"""The protocol through which codecs are traced. Not in the spec.

A codec that is made while a tracer is in use shows itself to that tracer once. Codecs know this protocol and nothing of
its implementations (``codecmodel.tracing`` has one).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Tracer(Protocol):
    """Records what codecs do, and changes nothing about it."""

    def trace(self, codec: object) -> None:
        """Record what ``codec``, a new Codec or ImageDecoder, does from now on.

        For that, the tracer may put a stand-in in the place of each of the four objects through which a codec acts: its
        event loop, its control message queue, its codec work queue, and the context of its callbacks.
        """


class RunsCode(Protocol):
    """The part of ``contextvars.Context`` that a codec uses, and that a stand-in has to offer."""

    def run(self, callable: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


_chosen: ContextVar[Tracer | None] = ContextVar("codecmodel tracer", default=None)


def current_tracer() -> Tracer | None:
    """The tracer chosen with ``use_tracer``, if any."""
    return _chosen.get()


@contextmanager
def use_tracer(tracer: Tracer) -> Iterator[None]:
    """Codecs made within the block are traced for as long as they live."""
    token = _chosen.set(tracer)
    try:
        yield
    finally:
        _chosen.reset(token)
