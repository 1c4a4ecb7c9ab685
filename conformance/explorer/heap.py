"""Fingerprints of everything that the further course of a model depends on. They make exploring finish.

Two schedules that lead to the same heap have the same continuations, so only one of them is continued. Thereby steps
that are independent of each other are explored in one order, without a declaration of such steps. Examples are a
task and a work step that uses the codec alone (to cease, to release), or a call and a task that have nothing in
common. Each such pair is a diamond in the graph of heaps: both orders lead to the same heap.

The heap is not described but walked. The walk begins at the queues and goes through tasks and steps (which are
functions: their code, and the variables that they close over) to the codec's interface, its slots, its implementation,
its promises and their reactions. Objects are numbered in the order in which the walk finds them, so that their
addresses don't count. An object of a type that the walk doesn't know is an error. The walk leaves out all
values that the model never reads: counts of tasks, the past that scripted codecs record, the values of pixels and
samples, and messages of exceptions. Of the numbers of calls only the order counts, and of accepted and finished
requests only the difference.
"""

from array import array
from asyncio import Future
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextvars import Context
from dis import get_instructions
from functools import partial
from hashlib import blake2b
from operator import itemgetter
from types import CodeType, FunctionType, MethodType
from typing import Final, NamedTuple, TypeAlias, TypeVar, cast

from codecmodel.codecs.processing_model import NamedSteps
from codecmodel.platform.codec_implementation import CodecRequests
from codecmodel.web.event_loop import TaskSource
from codecmodel.web.steps import LastingSteps
from conformance.explorer import codec_watch, image_watch, invariants, metadata_watch
from conformance.explorer.codec_watch import CodecWatch
from conformance.explorer.image_watch import ImageWatch
from conformance.explorer.invariants import FIRST_NUMBER, RequestWatch
from conformance.explorer.metadata_watch import MetadataWatch
from conformance.scripted.deterministic_loop import DeterministicEventLoop, DeterministicParallelQueue
from conformance.scripted.scripted_codec import (
    ScriptedAudioEncoder,
    ScriptedDecoder,
    ScriptedPlatform,
    ScriptedVideoEncoder,
)
from conformance.scripted.scripted_image import ScriptedImageDecoder
from conformance.scripted.scripted_media import ResourceLedger, ScriptedAudioResource, ScriptedVideoResource

T = TypeVar("T")


class Surroundings:
    """The base of objects around a model. The walk does not enter them."""


#: Types of objects that are unique in a run (by their name), or that never matter.
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
        "_global_object",
        # A time, which only chapter 11 asks for.
        "_last_progress",
        "_listeners_event_loop",
        "_output_callback",
        "_platform",
        "_own_generation",
        "_own_thread",
    }
)
IGNORED_MEMBERS: Final[dict[type, frozenset[str]]] = {
    RequestWatch: invariants.HISTORY,
    MetadataWatch: metadata_watch.HISTORY,
    CodecWatch: codec_watch.HISTORY,
    ImageWatch: image_watch.HISTORY,
    ScriptedImageDecoder: frozenset({"calls"}),
}

#: Types whose values are written down as such.
_BY_VALUE: Final = frozenset({str, bytes, float, type, frozenset})
#: Tokens for values of other kinds. Names of values are counted from 0.
_NONE, _TRUE, _FALSE, _INTEGER, _SEEN = -1, -2, -3, -4, -5

#: Gives the objects that an object leads to, in order.
_Contents: TypeAlias = Callable[[object], Sequence[object]]


class Fingerprints:
    """Makes fingerprints. Those of the same process can be compared."""

    def __init__(self) -> None:
        self._names: dict[object, int] = {}

    def of(self, event_loop: DeterministicEventLoop, roots: Iterable[object]) -> bytes:
        """The fingerprint of an event loop, its tasks, work items and microtasks, and of ``roots``."""
        values: list[object] = [len(event_loop._tasks)]
        for task in event_loop._tasks:
            values += (task.place, task.steps)
        for queue in event_loop.parallel_queues:
            values.append(len(queue._items))
            values += (item.steps for item in queue._items)
        microtasks = event_loop._microtasks._microtasks
        values.append(len(microtasks))
        values += (microtask.steps for microtask in microtasks)
        values += roots
        return self._walk(values)

    def _walk(self, values: list[object]) -> bytes:
        """Write down all objects that the values lead to: each before those that it leads to, with their number."""
        names = self._names
        seen: dict[int, int] = {}
        tokens: list[int] = []
        numbers: list[int] = []
        add = tokens.append
        values.reverse()
        while values:
            value = values.pop()
            kind = type(value)
            if value is None:
                add(_NONE)
            elif value is True:
                add(_TRUE)
            elif value is False:
                add(_FALSE)
            elif isinstance(value, int):
                add(_INTEGER)
                if value >= FIRST_NUMBER:
                    numbers.append(len(tokens))
                add(value)
            elif kind in _BY_VALUE:
                add(names.setdefault(value, len(names)))
            else:
                treatment = _TREATMENTS.get(kind) or _treatment_of(kind)
                if treatment.has_identity:
                    # Objects are numbered when they are first seen.
                    first = seen.get(id(value))
                    if first is not None:
                        add(_SEEN)
                        add(first)
                        continue
                    seen[id(value)] = len(seen)
                contents = treatment.contents(value)
                add(names.setdefault(kind, len(names)))
                add(len(contents))
                values.extend(reversed(contents))
        # Numbers of calls, by their order.
        order = {number: rank for rank, number in enumerate(sorted({tokens[i] for i in numbers}))}
        for i in numbers:
            tokens[i] = order[tokens[i]]
        return blake2b(array("q", tokens).tobytes(), digest_size=16).digest()


class _Treatment(NamedTuple):
    contents: _Contents
    has_identity: bool


def treat(kind: type[T], contents: Callable[[T], Sequence[object]]) -> None:
    """Have the walk go from objects of a class to ``contents`` of them, and to nothing else."""
    _TREATMENTS[kind] = _Treatment(cast("_Contents", contents), True)


def _treatment_of(kind: type) -> _Treatment:
    """The treatment of a type that is met for the first time."""
    if issubclass(kind, CONSTANT_TYPES):
        treatment = _Treatment(lambda value: (), False)
    elif issubclass(kind, type):
        treatment = _Treatment(lambda value: (str(value),), False)
    elif issubclass(kind, tuple):
        treatment = _Treatment(cast("_Contents", _itself), False)
    elif issubclass(kind, BaseException):
        treatment = _Treatment(lambda value: (getattr(value, "name", None),), True)
    elif kind.__module__.startswith(("codecmodel.", "conformance.")):
        treatment = _Treatment(_members_of(kind), True)
    else:
        raise TypeError(f"what is the state of a {kind}?")
    _TREATMENTS[kind] = treatment
    return treatment


def _members_of(kind: type) -> _Contents:
    """Gives the members of an object of a class, except those that don't matter."""
    ignored = IGNORED_MEMBERS.get(kind, frozenset()) | CONSTANT_MEMBERS
    slots = [slot for base in kind.__mro__ for slot in cast("Iterable[str]", base.__dict__.get("__slots__", ()))]
    if not kind.__dictoffset__:
        return lambda value: [getattr(value, slot, _NO_VALUE) for slot in slots]
    assert not slots, "a class has slots or a dictionary"
    # By the names of all members, in the order of their assignment: a word for them, and a function that picks those
    # that matter.
    shapes: dict[tuple[str, ...], tuple[str, Callable[[dict[str, object]], Sequence[object]]]] = {}

    def contents(value: object) -> Sequence[object]:
        members = value.__dict__
        names = tuple(members)
        shape = shapes.get(names)
        if shape is None:
            wanted = [name for name in names if name not in ignored]
            shape = shapes[names] = (" ".join(wanted), _picker(wanted))
        word, pick = shape
        return (word, *pick(members))

    return contents


def _picker(names: Sequence[str]) -> Callable[[dict[str, object]], Sequence[object]]:
    if len(names) > 1:
        return itemgetter(*names)
    # A lone item would come without a tuple.
    return lambda members: [members[name] for name in names]


_NO_VALUE: Final = "no value"


def _function(function: FunctionType) -> Sequence[object]:
    """A word for its code, and the values of the variables that it closes over. No function here changes those."""
    code = function.__code__
    word = _words.get(id(code))
    if word is None:
        assert not _rebinds(code), f"{code.co_qualname} assigns to a variable of the function around it"
        assert not function.__defaults__, f"{code.co_qualname} has defaults"
        _known_code.append(code)
        word = _words[id(code)] = f"{code.co_qualname} {len(_known_code)}"
    cells = function.__closure__ or ()
    return [word, *[cell.cell_contents for cell in cells]]


#: For speed: a word for code by its address, as to hash code takes longer than all the rest; and the code, so that it
#: stays at its address.
_known_code: Final[list[CodeType]] = []
_words: Final[dict[int, str]] = {}


def _rebinds(code: CodeType) -> bool:
    return any(
        instruction.opname in ("STORE_DEREF", "DELETE_DEREF") and instruction.argval in code.co_freevars
        for instruction in get_instructions(code)
    )


def _method(method: MethodType) -> Sequence[object]:
    return (method.__func__, method.__self__)


def _partial(function: "partial[object]") -> Sequence[object]:
    return (function.func, function.args, function.keywords)


def _dict(items: dict[object, object]) -> Sequence[object]:
    return [part for item in items.items() for part in item]


def _future(future: "Future[object]") -> Sequence[object]:
    reason = None if future.cancelled() else future._exception
    return (future.done(), reason, *(callback for callback, _ in future._callbacks or ()))


def _requests(requests: CodecRequests) -> Sequence[object]:
    return (requests.capacity, requests.accepted - requests.finished)


def _codec(codec: "ScriptedDecoder[object, ScriptedAudioResource]") -> Sequence[object]:
    pending = [part for each in codec._pending for part in (max(0, each.due - codec._requests_made), each.output)]
    return (codec._requests, codec._released, codec._configuration is None, *pending)


def _itself(items: Sequence[object]) -> Sequence[object]:
    return items


def _ledger(ledger: ResourceLedger) -> Sequence[object]:
    return (ledger.live,)


def _resource(resource: ScriptedAudioResource | ScriptedVideoResource) -> Sequence[object]:
    return (resource._released,)


_TREATMENTS: Final[dict[type, _Treatment]] = {
    kind: _Treatment(cast("_Contents", contents), True)
    for kind, contents in (
        (list, _itself),
        (deque, _itself),
        (dict, _dict),
        (FunctionType, _function),
        (MethodType, _method),
        (partial, _partial),
        (LastingSteps, _partial),
        (NamedSteps, _partial),
        (Future, _future),
        (CodecRequests, _requests),
        (ScriptedDecoder, _codec),
        (ScriptedAudioEncoder, _codec),
        (ScriptedVideoEncoder, _codec),
        (ResourceLedger, _ledger),
        (ScriptedAudioResource, _resource),
        (ScriptedVideoResource, _resource),
    )
}
