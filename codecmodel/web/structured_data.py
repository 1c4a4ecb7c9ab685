"""HTML § 2.7: safe passing of structured data. Values are cloned, and objects are transferred, by way of records.

HTML: https://html.spec.whatwg.org/multipage/structured-data.html. A host that walks its own values handles the platform
objects in them one by one:

- ``structured_serialize(object)`` makes a record. Each call of ``structured_deserialize(record)`` makes a new object of
  the same class.
- ``transfer(object)`` makes a record and detaches the object. One call of ``receive(record)`` makes the new object.

Python's own values, which may hold platform objects, are cloned by ``structured_clone(value, transfer)``. Its halves
are ``structured_serialize_with_transfer`` and ``structured_deserialize_with_transfer``; a program may take the record
to another thread in between. These values can be cloned:

- ``None``, booleans, numbers (numpy's included), strings and ``bytes``, which are their own clones;
- ``dict``, ``list``, ``tuple``, ``set`` and ``frozenset``, together with their items; an object that is found in two
  places has one clone;
- ``bytearray``, ``memoryview`` and numpy arrays, whose memory is copied;
- ``DOMException``, ``TypeError`` and ``RangeError``, with their messages;
- serializable platform objects (chunks, VideoFrame, AudioData), by the steps that their interfaces define.

Any other value raises DataCloneError. A record that is dropped releases the objects in it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple, Protocol, TypeVar, cast, overload

from codecmodel.lazy_numpy import np
from codecmodel.web.buffers import BufferSource, array_buffer, detach_all, has_duplicates, is_detached, view_of
from codecmodel.web.errors import DOMException, QuotaExceededError, RangeError

T = TypeVar("T")

_PRIMITIVE: Final = (bool, int, float, complex, str, bytes)


class _Array(Protocol):
    """An array of numpy, of any dtype."""

    def copy(self) -> "_Array": ...

    @property
    def data(self) -> memoryview: ...


class SerializableObject:
    """HTML § 2.7.1: a serializable object. Its class defines the serialization and the deserialization steps.

    ``copy.copy()``, ``copy.deepcopy()`` and ``pickle`` serialize the object and deserialize the record.
    """

    __slots__ = ()

    def _serialization_steps(self, serialized: dict[str, object], for_storage: bool) -> None:
        """Store the object's slots in fields of ``serialized``.

        Raises DataCloneError if the object can't be serialized, or not ``for_storage``.
        """
        raise NotImplementedError

    def _deserialization_steps(self, serialized: Mapping[str, object]) -> None:
        """Set the slots from the fields of ``serialized``. The object is new, and its constructor was not called."""
        raise NotImplementedError

    def __reduce__(self) -> "str | tuple[Callable[[Serialized], object], tuple[Serialized]]":
        return structured_deserialize, (structured_serialize(self),)


class TransferableObject:
    """HTML § 2.7.2: a transferable object. Its class defines the transfer and the transfer-receiving steps."""

    __slots__ = ("_detached",)

    #: [[Detached]]
    _detached: bool

    def _transfer_steps(self, data_holder: dict[str, object]) -> None:
        """Move the object's slots to fields of ``data_holder``. Raises DataCloneError if that is not possible."""
        raise NotImplementedError

    def _transfer_receiving_steps(self, data_holder: Mapping[str, object]) -> None:
        """Set the slots from the fields of ``data_holder``. The object is new, and its constructor was not called."""
        raise NotImplementedError


class Serialized(NamedTuple):
    """The record of a serializable object: its class, and the fields that its serialization steps have set."""

    type: type[SerializableObject]
    fields: dict[str, object]


class Transferred(NamedTuple):
    """The data holder of a transferable object: its class, and the fields that its transfer steps have set."""

    type: type[TransferableObject]
    fields: dict[str, object]


class _TransferredBuffer:
    """The data holder of a buffer."""

    __slots__ = ("memory",)

    def __init__(self) -> None:
        self.memory: bytearray | memoryview = bytearray()


class _SerializedArray(NamedTuple):
    """The record of a value of type ``of`` that is memory: a copy of the memory, as an array."""

    array: _Array
    of: type


class _SerializedItems(NamedTuple):
    """The record of a collection of type ``of``: the records of its items (of a dict, its keys and values in turn)."""

    items: list[object]
    of: type


class _SerializedError(NamedTuple):
    """The record of an exception; ``copy()`` makes an equal one."""

    copy: Callable[[], Exception]


class SerializedWithTransfer(NamedTuple):
    """The result of StructuredSerializeWithTransfer: the value's record, and a data holder per transferred object."""

    serialized: object
    transfer_data_holders: list[Transferred | _TransferredBuffer]


class DeserializedWithTransfer(NamedTuple):
    """The result of StructuredDeserializeWithTransfer: the value, and the transferred objects in their list's order."""

    deserialized: object
    transferred_values: list[object]


class _Memory(dict[int, tuple[object, object]]):
    """HTML's memory: a map from objects, by their identity, to their records, or from records to objects.

    It keeps its keys alive, because the identity of an object that is gone may be given to another object.
    """

    def remember(self, value: object, became: T) -> T:
        """Map ``value`` to ``became``, which is returned."""
        self[id(value)] = value, became
        return became


#: Stands for the record of an object whose items are being serialized.
_NOT_YET: Final = object()


@overload
def structured_serialize(value: SerializableObject, for_storage: bool = False) -> Serialized: ...


@overload
def structured_serialize(value: object, for_storage: bool = False) -> object: ...


def structured_serialize(value: object, for_storage: bool = False) -> object:
    """HTML: StructuredSerialize and, if ``for_storage`` is true, StructuredSerializeForStorage.

    Raises DataCloneError if the value, or an object in it, can't be serialized, or not ``for_storage``.
    """
    return _serialize(value, for_storage, _Memory())


@overload
def structured_deserialize(serialized: Serialized) -> SerializableObject: ...


@overload
def structured_deserialize(serialized: object) -> object: ...


def structured_deserialize(serialized: object) -> object:
    """HTML: StructuredDeserialize. Makes a new value of a record of ``structured_serialize``."""
    return _deserialize(serialized, _Memory())


def transfer(value: TransferableObject) -> Transferred:
    """Transfer one object, as StructuredSerializeWithTransfer does with each of its list. The object is detached.

    Raises DataCloneError if the object is detached already, or can't be transferred.
    """
    _refuse_detached(value)
    holder = Transferred(type(value), {})
    value._transfer_steps(holder.fields)
    value._detached = True
    return holder


def receive(holder: Transferred) -> TransferableObject:
    """Make the new object of a data holder, as StructuredDeserializeWithTransfer does with each."""
    value = holder.type.__new__(holder.type)
    value._detached = False
    value._transfer_receiving_steps(holder.fields)
    return value


def structured_serialize_with_transfer(value: object, transfer_list: Iterable[object]) -> SerializedWithTransfer:
    """HTML: StructuredSerializeWithTransfer. ``transfer_list`` may have platform objects, memoryviews and bytearrays.

    The memory of a memoryview is moved without a copy, so the program must not write to it any more. Raises
    DataCloneError if a value can't be cloned, or an object can't be transferred, is listed twice, or is detached;
    TypeError if the memory of a buffer is in use.
    """
    memory = _Memory()
    transferables = list(transfer_list)
    holders: list[Transferred | _TransferredBuffer] = []
    # An object may be in the list once, and must be transferable.
    for transferable in transferables:
        holders.append(memory.remember(transferable, _new_holder(transferable)))
    if has_duplicates(transferables):
        raise DOMException("an object is in the transfer list twice", "DataCloneError")
    # The value is serialized. Objects of the list are in the memory already, so they are not cloned.
    serialized = _serialize(value, False, memory)
    # No object may be detached. Not in the spec: all are looked at before the first is transferred.
    for transferable in transferables:
        _refuse_detached(transferable)
    # The memory of each buffer moves to its data holder.
    buffers = [cast("BufferSource", one) for one in transferables if not isinstance(one, TransferableObject)]
    memories = [_memory_to_move(buffer) for buffer in buffers]
    detach_all(buffers)
    for holder in holders:
        if isinstance(holder, _TransferredBuffer):
            holder.memory = memories.pop(0)
    # The transfer steps of each platform object move its slots to its data holder.
    for transferable, holder in zip(transferables, holders, strict=True):
        if isinstance(holder, Transferred):
            holder.fields.update(transfer(cast("TransferableObject", transferable)).fields)
    return SerializedWithTransfer(serialized, holders)


def structured_deserialize_with_transfer(record: SerializedWithTransfer) -> DeserializedWithTransfer:
    """HTML: StructuredDeserializeWithTransfer. Must be called once for each record."""
    memory = _Memory()
    transferred: list[object] = [
        memory.remember(holder, receive(holder) if isinstance(holder, Transferred) else holder.memory)
        for holder in record.transfer_data_holders
    ]
    return DeserializedWithTransfer(_deserialize(record.serialized, memory), transferred)


def structured_clone(value: T, transfer: Sequence[object] = ()) -> T:
    """HTML: structuredClone(). Returns a clone of ``value``. The objects in ``transfer`` move to it, and are detached.

    Raises as ``structured_serialize_with_transfer`` does.
    """
    record = structured_serialize_with_transfer(value, transfer)
    return cast("T", structured_deserialize_with_transfer(record).deserialized)


def _is_primitive(value: object) -> bool:
    """Whether a value never changes, so that it is its own clone: Python's and NumPy's scalars."""
    # For speed: Python's come first, so that NumPy need not be loaded for them.
    is_of_python = value is None or isinstance(value, _PRIMITIVE)
    return is_of_python or isinstance(value, np.number | np.bool_)


def _serialize(value: object, for_storage: bool, memory: _Memory) -> object:
    """HTML: StructuredSerializeInternal."""
    if _is_primitive(value):
        return value
    if id(value) in memory:
        _, serialized = memory[id(value)]
        if serialized is _NOT_YET:
            raise DOMException(f"a {type(value).__name__} that contains itself cannot be cloned", "DataCloneError")
        return serialized
    if isinstance(value, SerializableObject):
        record = memory.remember(value, Serialized(type(value), {}))
        value._serialization_steps(record.fields, for_storage)
        return record
    if isinstance(value, list | dict):
        items = memory.remember(value, _SerializedItems([], dict if isinstance(value, dict) else list))
        for item in _items_of(value):
            items.items.append(_serialize(item, for_storage, memory))
        return items
    if isinstance(value, tuple | set | frozenset):
        # Such a collection can only be made once its items are there, so a clone that contains itself is impossible.
        memory.remember(value, _NOT_YET)
        of = next(kind for kind in (tuple, set, frozenset) if isinstance(value, kind))
        return memory.remember(value, _SerializedItems([_serialize(item, for_storage, memory) for item in value], of))
    if isinstance(value, bytearray | memoryview | np.ndarray):
        return memory.remember(value, _serialized_array(value))
    if isinstance(value, QuotaExceededError):
        copy = partial(QuotaExceededError, value.message, quota=value.quota, requested=value.requested)
        return memory.remember(value, _SerializedError(copy))
    if isinstance(value, DOMException):
        return memory.remember(value, _SerializedError(partial(DOMException, value.message, value.name)))
    if isinstance(value, TypeError | RangeError):
        of_error = TypeError if isinstance(value, TypeError) else RangeError
        return memory.remember(value, _SerializedError(partial(of_error, str(value))))
    raise DOMException(f"{type(value).__name__} is not a serializable object", "DataCloneError")


def _deserialize(serialized: object, memory: _Memory) -> object:
    """HTML: StructuredDeserialize, with a memory."""
    if _is_primitive(serialized):
        return serialized
    if id(serialized) in memory:
        return memory[id(serialized)][1]
    match serialized:
        case Serialized():
            value = memory.remember(serialized, serialized.type.__new__(serialized.type))
            if isinstance(value, TransferableObject):
                value._detached = False
            value._deserialization_steps(serialized.fields)
            return value
        case _SerializedItems(items, of):
            if of is list:
                sequence = memory.remember(serialized, cast("list[object]", []))
                sequence.extend(_deserialize(item, memory) for item in items)
                return sequence
            if of is dict:
                mapping = memory.remember(serialized, cast("dict[object, object]", {}))
                values = iter([_deserialize(item, memory) for item in items])
                mapping.update(zip(values, values, strict=True))
                return mapping
            return memory.remember(serialized, of(_deserialize(item, memory) for item in items))
        case _SerializedArray(array, of):
            copy = array.copy()
            return memory.remember(serialized, copy if of is np.ndarray else of(copy.data))
        case _SerializedError(copy):
            return memory.remember(serialized, copy())
    raise TypeError(f"the value is not a record of structured data: {serialized!r}")


def _items_of(collection: list[object] | dict[object, object]) -> Iterable[object]:
    """The items of a list, or the keys and values of a dict in turn."""
    if isinstance(collection, dict):
        return [part for item in collection.items() for part in item]
    return collection


def _serialized_array(value: bytearray | memoryview | _Array) -> _SerializedArray:
    """The record of a value that is memory. Raises DataCloneError if it is detached, or holds Python objects."""
    if isinstance(value, memoryview) and is_detached(value):
        raise DOMException("a memoryview that is released cannot be cloned", "DataCloneError")
    of = next(kind for kind in (bytearray, memoryview, np.ndarray) if isinstance(value, kind))
    array = np.array(memoryview(value) if isinstance(value, bytearray) else value)
    if array.dtype.hasobject:
        raise DOMException("an array of Python objects cannot be cloned", "DataCloneError")
    return _SerializedArray(array, of)


def _new_holder(transferable: object) -> Transferred | _TransferredBuffer:
    """The data holder of an object of a transfer list, still empty. Raises DataCloneError if there is none for it."""
    if isinstance(transferable, TransferableObject):
        return Transferred(type(transferable), {})
    try:
        array_buffer(transferable, "an object in the transfer list")
    except TypeError as error:
        raise DOMException(str(error), "DataCloneError") from None
    return _TransferredBuffer()


def _refuse_detached(transferable: object) -> None:
    """Raise DataCloneError if an object of a transfer list is detached."""
    if isinstance(transferable, TransferableObject):
        detached = transferable._detached
    else:
        detached = is_detached(cast("BufferSource", transferable))
    if detached:
        kind = type(transferable).__name__
        raise DOMException(f"the {kind} cannot be transferred: it is detached", "DataCloneError")


def _memory_to_move(buffer: BufferSource) -> bytearray | memoryview:
    """The memory of a buffer that is about to be detached: the same for a memoryview, a copy for any other buffer."""
    return memoryview(buffer) if isinstance(buffer, memoryview) else bytearray(view_of(buffer))
