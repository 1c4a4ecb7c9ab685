"""Snapshots: they save all objects that an object leads to, and put the same contents into the same objects again.

The objects of a run can't be copied, as they close over each other and know each other by identity. But they can be
rewound. Everything that is reachable is saved, even if it seems not to change: members of objects, containers,
variables that functions close over, promises. An object of a type that could hide something is an error.
"""

from asyncio import Future, Handle
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context
from functools import partial
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MethodType,
    NoneType,
)
from typing import Final, cast

from codecmodel import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.codecs.live_codecs import GlobalObject
from codecmodel.codecs.processing_model import NamedSteps
from codecmodel.web.event_loop import TaskSource
from codecmodel.web.steps import LastingSteps

_Objects = list[object]
#: Saves an object: adds its contents to the snapshot, and the objects that it leads to to the list.
_Saver = Callable[["Snapshot", object, _Objects], None]


class Unchanging:
    """The base of classes whose objects never change, and lead to none that does."""


#: Types of objects that never change, and lead to none that does.
_IMMUTABLE: Final = (
    NoneType,
    int,
    float,
    str,
    bytes,
    memoryview,
    frozenset,
    type,
    CodeType,
    Context,
    Handle,
    BaseException,
    TaskSource,
    EncodedAudioChunk,
    EncodedVideoChunk,
    # It refers to the one codec. Its other values come from hosts, and there is no host here.
    GlobalObject,
    Unchanging,
)
_NO_VALUE: Final = object()


class Snapshot:
    """The objects that ``root`` leads to, as they are now."""

    __slots__ = ("_cells", "_deques", "_dicts", "_futures", "_lists", "_members", "_sets", "_slots")

    def __init__(self, root: object) -> None:
        self._members: list[tuple[dict[object, object], dict[object, object]]] = []
        self._dicts: list[tuple[dict[object, object], dict[object, object]]] = []
        self._lists: list[tuple[list[object], list[object]]] = []
        self._deques: list[tuple[deque[object], tuple[object, ...]]] = []
        self._sets: list[tuple[set[object], set[object]]] = []
        self._cells: list[tuple[CellType, object]] = []
        self._slots: list[tuple[object, tuple[tuple[str, object], ...]]] = []
        self._futures: list[_SavedFuture] = []
        seen: set[int] = set()
        pending: _Objects = [root]
        while pending:
            value = pending.pop()
            saver = _SAVERS.get(type(value), _unknown)
            if saver is None or id(value) in seen:
                continue
            seen.add(id(value))
            saver(self, value, pending)

    def restore(self) -> None:
        """Put everything back."""
        for members, saved_members in self._members:
            # Attributes may have been added, but none is deleted while another is added.
            if len(members) != len(saved_members):
                members.clear()
            members.update(saved_members)
        for items_by_key, saved_items_by_key in self._dicts:
            if items_by_key or saved_items_by_key:
                items_by_key.clear()
                items_by_key.update(saved_items_by_key)
        for items, saved_items in self._lists:
            items[:] = saved_items
        for queue, saved_queue in self._deques:
            queue.clear()
            queue.extend(saved_queue)
        for elements, saved_elements in self._sets:
            elements.clear()
            elements.update(saved_elements)
        for cell, contents in self._cells:
            if contents is not _NO_VALUE:
                cell.cell_contents = contents
            else:
                del cell.cell_contents
        for value, slots in self._slots:
            for name, contents in slots:
                setattr(value, name, contents)
        for future in self._futures:
            future.restore()


class _SavedFuture:
    """A promise, pending or settled, and its reactions."""

    __slots__ = ("_callbacks", "_exception", "_future", "_is_done", "_result")

    def __init__(self, future: "Future[object]") -> None:
        assert not future.cancelled(), "scripts cancel no promises here"
        self._future = future
        self._is_done = future.done()
        self._exception = future._exception
        self._result = future.result() if self._is_done and self._exception is None else None
        self._callbacks = list(future._callbacks or ())

    def restore(self) -> None:
        future = self._future
        # This makes it a new one, pending and without reactions.
        Future.__init__(future, loop=future.get_loop())
        for callback, context in self._callbacks:
            future.add_done_callback(callback, context=context)
        if self._exception is not None:
            future.set_exception(self._exception)
            # The exception counts as retrieved, so that asyncio does not complain.
            future.exception()
        elif self._is_done:
            future.set_result(self._result)


def _save_members(snapshot: Snapshot, value: object, pending: _Objects) -> None:
    members = cast("dict[object, object]", value.__dict__)
    snapshot._members.append((members, members.copy()))
    pending.extend(members.values())


def _save_dict(snapshot: Snapshot, items: dict[object, object], pending: _Objects) -> None:
    snapshot._dicts.append((items, items.copy()))
    pending.extend(items.values())


def _save_list(snapshot: Snapshot, items: list[object], pending: _Objects) -> None:
    snapshot._lists.append((items, items.copy()))
    pending.extend(items)


def _save_deque(snapshot: Snapshot, items: deque[object], pending: _Objects) -> None:
    snapshot._deques.append((items, tuple(items)))
    pending.extend(items)


def _save_set(snapshot: Snapshot, elements: set[object], pending: _Objects) -> None:
    snapshot._sets.append((elements, elements.copy()))
    pending.extend(elements)


def _save_cell(snapshot: Snapshot, cell: CellType, pending: _Objects) -> None:
    try:
        contents = cell.cell_contents
    except ValueError:
        contents = _NO_VALUE
    else:
        pending.append(contents)
    snapshot._cells.append((cell, contents))


def _save_future(snapshot: Snapshot, future: "Future[object]", pending: _Objects) -> None:
    saved = _SavedFuture(future)
    snapshot._futures.append(saved)
    pending.extend(callback for callback, _ in saved._callbacks)
    pending.append(saved._result)


def _pass_tuple(snapshot: Snapshot, items: tuple[object, ...], pending: _Objects) -> None:
    pending.extend(items)


def _pass_function(snapshot: Snapshot, function: FunctionType, pending: _Objects) -> None:
    pending.extend(function.__closure__ or ())
    pending.extend(function.__defaults__ or ())


def _pass_method(snapshot: Snapshot, method: MethodType, pending: _Objects) -> None:
    pending.append(method.__self__)


def _pass_partial(snapshot: Snapshot, function: "partial[object]", pending: _Objects) -> None:
    pending += (function.func, function.args, function.keywords)


_SAVERS: Final[dict[type, _Saver | None]] = {
    kind: cast("_Saver", saver)
    for kind, saver in (
        (list, _save_list),
        (dict, _save_dict),
        (deque, _save_deque),
        (set, _save_set),
        (CellType, _save_cell),
        (Future, _save_future),
        (tuple, _pass_tuple),
        (FunctionType, _pass_function),
        (MethodType, _pass_method),
        (BuiltinFunctionType, _pass_method),
        (partial, _pass_partial),
        (LastingSteps, _pass_partial),
        (NamedSteps, _pass_partial),
    )
}


def _unknown(snapshot: Snapshot, value: object, pending: _Objects) -> None:
    """Save an object of a type that is met for the first time."""
    saver = _SAVERS[type(value)] = _saver_of(type(value))
    if saver is not None:
        saver(snapshot, value, pending)


def _saver_of(kind: type) -> _Saver | None:
    module = kind.__module__
    if issubclass(kind, _IMMUTABLE) or module == "typing":
        return None
    if issubclass(kind, tuple):
        return cast("_Saver", _pass_tuple)
    if not (module.startswith(("codecmodel.", "conformance.")) or issubclass(kind, dict)):
        raise TypeError(f"what is the state of a {kind}?")
    savers: list[_Saver] = []
    if issubclass(kind, dict):
        savers.append(cast("_Saver", _save_dict))
    slots = tuple(_slots_of(kind))
    if slots:
        savers.append(partial(_save_slots, slots))
    if kind.__dictoffset__:
        savers.append(_save_members)
    if len(savers) == 1:
        return savers[0]

    def save(snapshot: Snapshot, value: object, pending: _Objects) -> None:
        for saver in savers:
            saver(snapshot, value, pending)

    return save


def _slots_of(kind: type) -> Iterable[str]:
    for base in kind.__mro__:
        slots = cast("str | Iterable[str]", base.__dict__.get("__slots__", ()))
        for slot in (slots,) if isinstance(slots, str) else slots:
            if slot not in ("__weakref__", "__dict__"):
                yield slot


def _save_slots(slots: tuple[str, ...], snapshot: Snapshot, value: object, pending: _Objects) -> None:
    saved = tuple((slot, getattr(value, slot)) for slot in slots if hasattr(value, slot))
    snapshot._slots.append((value, saved))
    pending.extend(contents for _, contents in saved)
