"""HTML § 2.7: safe passing of structured data. Values are cloned, and platform objects transferred, through records.

For platform objects, as a host needs them that walks its own values:

- ``structured_serialize(object)`` gives a record; ``structured_deserialize(record)`` a new object of the same class, as
  often as it is called;
- ``transfer(object)`` gives a record and detaches the object; ``receive(record)`` the new object, once.

For Python's own values, with platform objects anywhere in them: ``structured_clone(value, transfer)``, and its two
halves ``structured_serialize_with_transfer`` and ``structured_deserialize_with_transfer``, between which the record may
go to another thread. Cloned are

- ``None``, booleans, numbers (numpy's included), strings and ``bytes``, which are their own clones;
- ``dict``, ``list``, ``tuple``, ``set``, ``frozenset``, with what they hold; one object in two places stays one;
- ``bytearray``, ``memoryview``, numpy arrays: copies of their memory;
- ``DOMException``, ``TypeError``, ``RangeError``, with their messages;
- serializable platform objects: chunks, VideoFrame, AudioData, by the steps that their interfaces define.

Anything else is a DataCloneError. A record that is dropped releases what it refers to.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar, cast, overload

import numpy as np

from codecmodel.web.buffers import BufferSource, array_buffer, copy_of_bytes, detach, is_detached
from codecmodel.web.errors import DOMException, RangeError

T = TypeVar("T")

_PRIMITIVE: Final = (bool, int, float, complex, str, bytes, np.number, np.bool_)


class _Array(Protocol):
    """An array of numpy, of any type."""

    def copy(self) -> "_Array": ...

    @property
    def data(self) -> memoryview: ...


class SerializableObject:
    """A platform object whose interface is [Serializable]. Its class defines both lists of steps.

    ``copy.copy()``, ``copy.deepcopy()`` and ``pickle`` serialize it, and deserialize the result.
    """

    __slots__ = ()

    def _serialization_steps(self, serialized: dict[str, object], for_storage: bool) -> None:
        """Put what the object is into fields of ``serialized``. Raises DataCloneError."""
        raise NotImplementedError

    def _deserialization_steps(self, serialized: Mapping[str, object]) -> None:
        """Take the fields of ``serialized``; the object is a new one, whose constructor has not been called."""
        raise NotImplementedError

    def __reduce__(self) -> "str | tuple[Callable[[Serialized], object], tuple[Serialized]]":
        return structured_deserialize, (structured_serialize(self),)


class TransferableObject:
    """A platform object whose interface is [Transferable]. Its class defines both lists of steps."""

    __slots__ = ("_detached",)

    #: [[Detached]]
    _detached: bool

    def _transfer_steps(self, data_holder: dict[str, object]) -> None:
        """Move what the object is into fields of ``data_holder``. Raises DataCloneError."""
        raise NotImplementedError

    def _transfer_receiving_steps(self, data_holder: Mapping[str, object]) -> None:
        """Take the fields of ``data_holder``; the object is a new one, whose constructor has not been called."""
        raise NotImplementedError


class Serialized(NamedTuple):
    """A record that a serializable object became: the object's class, and the fields its steps have filled."""

    type: type[SerializableObject]
    fields: dict[str, object]


class Transferred(NamedTuple):
    """A data holder that a transferable object has moved into."""

    type: type[TransferableObject]
    fields: dict[str, object]


class _TransferredBuffer:
    """The data holder of a buffer."""

    __slots__ = ("memory",)

    def __init__(self) -> None:
        self.memory: bytearray | memoryview = bytearray()


class _SerializedArray(NamedTuple):
    """A copy of an array, or of the memory of something else, whose kind is ``of``."""

    array: _Array
    of: type


class _SerializedItems(NamedTuple):
    """Records of what a collection holds; those of a dict are keys and values in turn."""

    items: list[object]
    of: type


class _SerializedError(NamedTuple):
    name: str
    message: str
    of: type[Exception]


class SerializedWithTransfer(NamedTuple):
    """What ``structured_serialize_with_transfer`` gives: the value's record, a holder for each transferred object."""

    serialized: object
    transfer_data_holders: list[Transferred | _TransferredBuffer]


class DeserializedWithTransfer(NamedTuple):
    """What arrived: the value, and the transferred objects in the order of the transfer list."""

    deserialized: object
    transferred_values: list[object]


class _Memory(dict[int, tuple[object, object]]):
    """HTML's memory: by the identity of an object, the object (to keep it) and what it became."""

    def remember(self, value: object, became: T) -> T:
        self[id(value)] = value, became
        return became


_NOT_YET: Final = object()


@overload
def structured_serialize(value: SerializableObject, for_storage: bool = False) -> Serialized: ...


@overload
def structured_serialize(value: object, for_storage: bool = False) -> object: ...


def structured_serialize(value: object, for_storage: bool = False) -> object:
    """StructuredSerialize and, ``for_storage``, StructuredSerializeForStorage.

    Raises DataCloneError if the value, or something in it, is not serializable, or not for storage.
    """
    return _serialize(value, for_storage, _Memory())


@overload
def structured_deserialize(serialized: Serialized) -> SerializableObject: ...


@overload
def structured_deserialize(serialized: object) -> object: ...


def structured_deserialize(serialized: object) -> object:
    """StructuredDeserialize: a new value of what ``structured_serialize`` gave."""
    return _deserialize(serialized, _Memory())


def transfer(value: TransferableObject) -> Transferred:
    """What StructuredSerializeWithTransfer does to an object of its transfer list. The object is detached.

    Raises DataCloneError if it is already.
    """
    if value._detached:
        raise DOMException(f"a {type(value).__name__} to transfer is detached", "DataCloneError")
    holder = Transferred(type(value), {})
    value._transfer_steps(holder.fields)
    value._detached = True
    return holder


def receive(holder: Transferred) -> TransferableObject:
    """What StructuredDeserializeWithTransfer does with a data holder: a new object of the same class."""
    value = holder.type.__new__(holder.type)
    value._detached = False
    value._transfer_receiving_steps(holder.fields)
    return value


def structured_serialize_with_transfer(value: object, transfer_list: Iterable[object]) -> SerializedWithTransfer:
    """StructuredSerializeWithTransfer. Objects in ``transfer_list`` (platform objects, memoryviews, bytearrays) move.

    The memory of a memoryview moves without a copy: nobody may write it any more. Raises DataCloneError if something
    can't be cloned or transferred, is there twice, or is detached; TypeError if a buffer is in use.
    """
    memory = _Memory()
    transferables = list(transfer_list)
    holders: list[Transferred | _TransferredBuffer] = []
    for transferable in transferables:
        if id(transferable) in memory:
            raise DOMException("an object is in the transfer list twice", "DataCloneError")
        holders.append(memory.remember(transferable, _new_holder(transferable)))
    serialized = _serialize(value, False, memory)
    for transferable, holder in zip(transferables, holders, strict=True):
        if isinstance(holder, Transferred):
            holder.fields.update(transfer(cast("TransferableObject", transferable)).fields)
        else:
            holder.memory = _moved_memory(cast("BufferSource", transferable))
    return SerializedWithTransfer(serialized, holders)


def structured_deserialize_with_transfer(record: SerializedWithTransfer) -> DeserializedWithTransfer:
    """StructuredDeserializeWithTransfer, once for each record."""
    memory = _Memory()
    transferred: list[object] = [
        memory.remember(holder, receive(holder) if isinstance(holder, Transferred) else holder.memory)
        for holder in record.transfer_data_holders
    ]
    return DeserializedWithTransfer(_deserialize(record.serialized, memory), transferred)


def structured_clone(value: T, transfer: Sequence[object] = ()) -> T:
    """HTML: structuredClone(). A value of the same kind; objects in ``transfer`` are detached."""
    record = structured_serialize_with_transfer(value, transfer)
    return cast("T", structured_deserialize_with_transfer(record).deserialized)


def _serialize(value: object, for_storage: bool, memory: _Memory) -> object:
    """StructuredSerializeInternal."""
    if value is None or isinstance(value, _PRIMITIVE):
        return value
    if id(value) in memory:
        _, serialized = memory[id(value)]
        if serialized is _NOT_YET:
            raise DOMException(f"a {type(value).__name__} that is inside of itself cannot be cloned", "DataCloneError")
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
        # Made of its items, so it can't be remembered before they are there.
        memory.remember(value, _NOT_YET)
        of = next(kind for kind in (tuple, set, frozenset) if isinstance(value, kind))
        return memory.remember(value, _SerializedItems([_serialize(item, for_storage, memory) for item in value], of))
    if isinstance(value, bytearray | memoryview | np.ndarray):
        return memory.remember(value, _serialized_array(value))
    if isinstance(value, DOMException):
        return memory.remember(value, _SerializedError(value.name, value.message, DOMException))
    if isinstance(value, TypeError | RangeError):
        of_error = TypeError if isinstance(value, TypeError) else RangeError
        return memory.remember(value, _SerializedError("", str(value), of_error))
    raise DOMException(f"{type(value).__name__} is not a serializable object", "DataCloneError")


def _deserialize(serialized: object, memory: _Memory) -> object:
    if serialized is None or isinstance(serialized, _PRIMITIVE):
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
        case _SerializedError(name, message, of):
            error = of(message, name) if of is DOMException else of(message)
            return memory.remember(serialized, error)
    raise TypeError(f"not a record of structured data: {serialized!r}")


def _items_of(collection: list[object] | dict[object, object]) -> Iterable[object]:
    if isinstance(collection, dict):
        return [part for item in collection.items() for part in item]
    return collection


def _serialized_array(value: bytearray | memoryview | _Array) -> _SerializedArray:
    if isinstance(value, memoryview) and is_detached(value):
        raise DOMException("a memoryview to clone is released", "DataCloneError")
    of = next(kind for kind in (bytearray, memoryview, np.ndarray) if isinstance(value, kind))
    array = np.array(memoryview(value) if isinstance(value, bytearray) else value)
    if array.dtype.hasobject:
        raise DOMException("an array of Python objects cannot be cloned", "DataCloneError")
    return _SerializedArray(array, of)


def _new_holder(transferable: object) -> Transferred | _TransferredBuffer:
    if isinstance(transferable, TransferableObject):
        return Transferred(type(transferable), {})
    try:
        array_buffer(transferable, "an object in the transfer list")
    except TypeError as error:
        raise DOMException(str(error), "DataCloneError") from None
    return _TransferredBuffer()


def _moved_memory(buffer: BufferSource) -> bytearray | memoryview:
    """The memory of ``buffer``, which is detached. That of a memoryview is the same; others take theirs along."""
    if is_detached(buffer):
        raise DOMException("a buffer in the transfer list is detached", "DataCloneError")
    moved = memoryview(buffer) if isinstance(buffer, memoryview) else bytearray(copy_of_bytes(buffer))
    detach(buffer)
    return moved
