"""Fingerprints of everything that a model's further course depends on: the reduction that makes exploring finish.

Two schedules that lead to the same heap have the same continuations, so one of them is continued. That covers the
commuting of independent steps without anybody having to declare which are: a work step that queues no task and
touches only the codec (to cease, to release) and any task; the work of a reset configuration and what a script does
meanwhile; the same call before or after a task that it has nothing to do with. Each such pair makes a diamond in the
graph of heaps, whose two sides meet.

The heap is walked, not described: from the queues, through tasks and steps (functions: their code, and the variables
they closed over), to the decoder, its slots, its codec, its promises and their reactions. Objects are numbered in the
order in which the walk finds them, so that their addresses don't count. A type that the walk doesn't know is an
error. Left out, because the model never reads it: counts of tasks made so far, what codecs list of the past, the
values of pixels and samples, messages of exceptions. Numbers of calls count only by their order; requests accepted
and finished only by their difference.
"""

from array import array
from asyncio import Future
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context
from functools import partial
from hashlib import blake2b
from types import CellType, CodeType, FunctionType, MethodType
from typing import Final, cast

from codecmodel.infra.event_loop import TaskSource
from codecmodel.platform.interface import CodecRequests
from conformance.schedules import codec_watch, invariants
from conformance.schedules.codec_watch import CodecWatch
from conformance.schedules.deterministic_loop import DeterministicEventLoop, DeterministicParallelQueue
from conformance.schedules.invariants import FIRST_NUMBER, DecoderWatch
from conformance.schedules.scripted_codec import ScriptedDecoder, ScriptedPlatform
from conformance.schedules.scripted_media import ResourceLedger, ScriptedAudioResource, ScriptedVideoResource


class Surroundings:
    """Base of what surrounds a model: the walk goes no further there."""


#: What there is one of in a run (of each name), or what never matters.
CONSTANT_TYPES: Final = (
    Context,
    TaskSource,
    DeterministicEventLoop,
    DeterministicParallelQueue,
    ScriptedPlatform,
    Surroundings,
)
#: Members that are assigned once.
CONSTANT_MEMBERS: Final = frozenset(
    {
        "_codec_task_source",
        "_codec_work_queue",
        "_context",
        "_error_callback",
        "_event_handlers",
        "_event_listeners",
        "_event_loop",
        "_listeners_event_loop",
        "_output_callback",
        "_platform",
    }
)
IGNORED_MEMBERS: Final[dict[type, frozenset[str]]] = {
    DecoderWatch: invariants.HISTORY,
    CodecWatch: codec_watch.HISTORY,
}

_EMPTY_CELL: Final = object()
_BY_VALUE: Final = (str, bytes, float)


class _Walk:
    """One walk; ``tokens`` is what it saw."""

    def __init__(self, names: dict[object, int]) -> None:
        self.tokens: list[int] = []
        self._names = names
        self._seen: dict[int, int] = {}
        self._numbers: list[int] = []

    def finish(self) -> bytes:
        tokens = self.tokens
        # Numbers of calls, by their order.
        order = {number: rank for rank, number in enumerate(sorted({tokens[i] for i in self._numbers}))}
        for i in self._numbers:
            tokens[i] = order[tokens[i]]
        return blake2b(array("q", tokens).tobytes(), digest_size=16).digest()

    def name(self, value: object) -> None:
        """A constant, by what it is."""
        self.tokens.append(self._names.setdefault(value, len(self._names)))

    def visit(self, value: object) -> None:
        """Anything."""
        if value is None or isinstance(value, bool):
            self.tokens.append(-1 if value is None else -2 if value else -3)
        elif type(value) is int:
            self.tokens.append(-4)
            if value >= FIRST_NUMBER:
                self._numbers.append(len(self.tokens))
            self.tokens.append(value)
        elif isinstance(value, _BY_VALUE):
            self.name((type(value), value))
        elif isinstance(value, tuple):
            self.name(type(value))
            self._all(value)
        elif isinstance(value, CONSTANT_TYPES):
            self.name(type(value))
        elif isinstance(value, type | CodeType | frozenset):
            self.name(value)
        else:
            self._object(value)

    def _all(self, values: Iterable[object]) -> None:
        self.tokens.append(-5)
        for value in values:
            self.visit(value)
        self.tokens.append(-6)

    def _object(self, value: object) -> None:
        """Something that has an identity: numbered when it is first seen."""
        seen = self._seen.get(id(value))
        if seen is not None:
            self.tokens += (-7, seen)
            return
        self._seen[id(value)] = len(self._seen)
        self.name(type(value))
        contents = _CONTENTS.get(type(value))
        if contents is not None:
            self._all(contents(value))
        elif isinstance(value, BaseException):
            self.name(getattr(value, "name", None))
        elif isinstance(value, Future):
            self._future(value)
        else:
            self._members(value)

    def _future(self, future: "Future[object]") -> None:
        self.tokens.append(future.done())
        if future.done():
            reason = None if future.cancelled() else future._exception
            self.visit(reason)
        self._all(callback for callback, _ in future._callbacks or ())

    def _members(self, value: object) -> None:
        module = type(value).__module__
        if not module.startswith(("codecmodel.", "conformance.")):
            raise TypeError(f"what is the state of a {type(value)}?")
        ignored = IGNORED_MEMBERS.get(type(value), CONSTANT_MEMBERS)
        for key, member in _members_of(value):
            if key not in ignored and key not in CONSTANT_MEMBERS:
                self.name(key)
                self.visit(member)
        self.tokens.append(-8)


def _members_of(value: object) -> Iterable[tuple[str, object]]:
    for base in type(value).__mro__:
        for slot in cast("Iterable[str]", base.__dict__.get("__slots__", ())):
            yield slot, getattr(value, slot, _EMPTY)
    yield from cast("Mapping[str, object]", getattr(value, "__dict__", {})).items()


_EMPTY: Final = "no value"


def _function(value: object) -> Iterable[object]:
    function = cast("FunctionType", value)
    return (function.__code__, function.__defaults__, *(function.__closure__ or ()))


def _cell(value: object) -> Iterable[object]:
    try:
        return (cast("CellType", value).cell_contents,)
    except ValueError:
        return ()


def _method(value: object) -> Iterable[object]:
    method = cast("MethodType", value)
    return (method.__func__, method.__self__)


def _partial(value: object) -> Iterable[object]:
    function = cast("partial[object]", value)
    return (function.func, function.args, function.keywords)


def _dict(value: object) -> Iterable[object]:
    for item in cast("dict[object, object]", value).items():
        yield from item


def _requests(value: object) -> Iterable[object]:
    requests = cast("CodecRequests", value)
    return (requests.capacity, requests.accepted - requests.finished)


def _codec(value: object) -> Iterable[object]:
    codec = cast("ScriptedDecoder[object, ScriptedAudioResource]", value)
    yield codec._requests
    yield codec._released
    yield codec._configuration is None
    for pending in codec._pending:
        yield max(0, pending.due - codec._requests_made)
        yield pending.output


_CONTENTS: Final[dict[type, Callable[[object], Iterable[object]]]] = {
    list: lambda value: cast("list[object]", value),
    deque: lambda value: cast("deque[object]", value),
    dict: _dict,
    FunctionType: _function,
    CellType: _cell,
    MethodType: _method,
    partial: _partial,
    CodecRequests: _requests,
    ScriptedDecoder: _codec,
    ResourceLedger: lambda value: (cast("ResourceLedger", value).live,),
    ScriptedAudioResource: lambda value: (cast("ScriptedAudioResource", value)._released,),
    ScriptedVideoResource: lambda value: (cast("ScriptedVideoResource", value)._released,),
}


class Fingerprints:
    """Makes fingerprints that can be compared with each other, within this process."""

    def __init__(self) -> None:
        self._names: dict[object, int] = {}

    def of(self, event_loop: DeterministicEventLoop, roots: Iterable[object]) -> bytes:
        """Of an event loop, its tasks, work items and microtasks, and of ``roots``."""
        walk = _Walk(self._names)
        for task in event_loop._tasks:
            walk.visit(task.place)
            walk.visit(task.steps)
        for queue in event_loop.parallel_queues:
            walk.tokens.append(-9)
            for item in queue.items:
                walk.visit(item.steps)
        for microtask in event_loop._microtasks._microtasks:
            walk.tokens.append(-10)
            walk.visit(microtask.steps)
        for root in roots:
            walk.visit(root)
        return walk.finish()
