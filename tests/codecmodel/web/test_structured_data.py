"""Structured data: cloning, transferring, and the values that are refused."""

import gc
import weakref
from collections.abc import Callable, Mapping
from pickle import PickleBuffer
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecmodel.web.errors import DOMException, RangeError
from codecmodel.web.structured_data import (
    SerializableObject,
    TransferableObject,
    receive,
    structured_clone,
    structured_deserialize,
    structured_deserialize_with_transfer,
    structured_serialize,
    structured_serialize_with_transfer,
    transfer,
)


class Name(SerializableObject):
    """A platform object that can be cloned."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _serialization_steps(self, serialized: dict[str, object], for_storage: bool) -> None:
        if for_storage:
            raise DOMException("names are not stored", "DataCloneError")
        serialized["name"] = self.name

    def _deserialization_steps(self, serialized: Mapping[str, object]) -> None:
        self.name = str(serialized["name"])


class Handle(TransferableObject):
    """A platform object that can be transferred only."""

    def __init__(self, number: int) -> None:
        self._detached = False
        self.number = number

    def _transfer_steps(self, data_holder: dict[str, object]) -> None:
        data_holder["number"] = self.number
        self.number = 0

    def _transfer_receiving_steps(self, data_holder: Mapping[str, object]) -> None:
        number = data_holder["number"]
        assert isinstance(number, int)
        self.number = number


primitives = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
values = st.recursive(
    primitives,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(primitives, inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.binary(max_size=3).map(bytearray)
    ),
    max_leaves=8,
)


@given(values)
def test_a_clone_is_equal(value: object) -> None:
    clone = structured_clone(value)
    assert clone == value
    assert type(clone) is type(value)


@pytest.mark.parametrize("value", [[], {}, {1}, bytearray(b"a"), [[]], ([],)], ids=repr)
def test_what_can_change_is_another_object(value: object) -> None:
    assert structured_clone(value) is not value


def test_numbers_of_numpy_are_numbers() -> None:
    clone = structured_clone({"values": [np.int64(3), np.float32(0.5), np.True_, 1j]})
    assert clone == {"values": [3, 0.5, True, 1j]}
    assert type(clone["values"][0]) is np.int64


def test_sets_are_cloned() -> None:
    clone = structured_clone({1: {2, "three"}, 2: frozenset([4])})
    assert clone == {1: {2, "three"}, 2: frozenset([4])}
    assert type(clone[2]) is frozenset


def test_one_object_in_two_places_stays_one() -> None:
    shared, name, array = [1], Name("one"), np.arange(3)
    clone: Any = structured_clone({"a": [shared, name, array], "b": (shared, name, array)})
    for first, second, original in zip(clone["a"], clone["b"], [shared, name, array], strict=True):
        assert first is second
        assert first is not original


def test_a_collection_inside_of_itself_stays_so() -> None:
    value: list[object] = [1]
    value.append({"self": value})
    clone: Any = structured_clone(value)
    assert clone[1]["self"] is clone
    assert clone is not value


def test_a_tuple_inside_of_itself_is_refused() -> None:
    inner: list[object] = []
    value = (inner,)
    inner.append(value)
    with pytest.raises(DOMException, match="a tuple that contains itself") as raised:
        structured_clone(value)
    assert raised.value.name == "DataCloneError"


@pytest.mark.parametrize("dtype", ["u1", "<i4", ">f8", "c8"])
def test_arrays_are_copied_with_type_and_shape(dtype: str) -> None:
    array = np.arange(12).astype(dtype).reshape(3, 4)[:, ::2]
    clone = structured_clone(array)
    assert clone.dtype == array.dtype
    np.testing.assert_array_equal(clone, array)
    clone[:] = 0
    assert array.any()


def test_memoryviews_are_copied() -> None:
    memory = bytearray(b"\x01\x02\x03\x04")
    view = memoryview(memory)[1:]
    clone = structured_clone(view)
    memory[:] = bytes(4)
    assert bytes(clone) == b"\x02\x03\x04"
    assert not clone.readonly


def test_a_record_can_be_deserialized_again() -> None:
    record = structured_serialize({"a": [np.zeros(1), bytearray(b"a"), Name("n")]})
    first: Any = structured_deserialize(record)
    second: Any = structured_deserialize(record)
    for a, b in zip(first["a"], second["a"], strict=True):
        assert a is not b
    first["a"][0][:] = 1
    first["a"][1].clear()
    assert (second["a"][0][0], second["a"][1], second["a"][2].name) == (0, b"a", "n")


def test_a_record_is_of_the_time_it_was_made() -> None:
    value: list[object] = [1, bytearray(b"a")]
    record = structured_serialize(value)
    value.append(2)
    assert structured_deserialize(record) == [1, b"a"]


@pytest.mark.parametrize(
    "error",
    [DOMException("no", "EncodingError"), TypeError("not so"), RangeError("too far")],
    ids=["DOMException", "TypeError", "RangeError"],
)
def test_errors_keep_kind_name_and_message(error: Exception) -> None:
    clone = structured_clone(error)
    assert type(clone) is type(error)
    assert str(clone) == str(error)
    assert getattr(clone, "name", None) == getattr(error, "name", None)


@pytest.mark.parametrize(
    "value",
    [object(), len, Name, ValueError("other"), Handle(1), np.array([object()]), range(3)],
    ids=["object", "function", "class", "error", "transferable", "objects", "range"],
)
def test_other_values_are_refused_wherever_they_are(value: object) -> None:
    for outer in (value, [value], {"a": (value,)}):
        with pytest.raises(DOMException) as raised:
            structured_clone(outer)
        assert raised.value.name == "DataCloneError"


def test_storage_is_asked_of_every_object() -> None:
    assert structured_deserialize(structured_serialize([1], for_storage=True)) == [1]
    with pytest.raises(DOMException, match="names are not stored"):
        structured_serialize([Name("n")], for_storage=True)


def test_a_platform_object_moves() -> None:
    handle = Handle(7)
    record = transfer(handle)
    assert (handle.number, handle._detached) == (0, True)
    moved = receive(record)
    assert isinstance(moved, Handle)
    assert (moved.number, moved._detached) == (7, False)
    with pytest.raises(DOMException, match="the Handle cannot be transferred: it is detached") as raised:
        transfer(handle)
    assert raised.value.name == "DataCloneError"


def test_what_moves_is_the_same_in_the_value_and_in_the_list() -> None:
    handle, memory = Handle(7), bytearray(b"abc")
    record = structured_serialize_with_transfer(
        {"first": handle, "again": [handle], "memory": memory}, [memory, handle]
    )
    assert (handle._detached, bytes(memory)) == (True, b"")
    arrived = structured_deserialize_with_transfer(record)
    value: Any = arrived.deserialized
    assert value["first"] is value["again"][0]
    assert arrived.transferred_values[1] is value["first"]
    assert arrived.transferred_values[0] is value["memory"]
    assert (cast("Handle", value["first"]).number, value["memory"]) == (7, b"abc")


def test_what_is_transferred_need_not_be_in_the_value() -> None:
    handle = Handle(7)
    arrived = structured_deserialize_with_transfer(structured_serialize_with_transfer(None, [handle]))
    (moved,) = arrived.transferred_values
    assert isinstance(moved, Handle)
    assert (arrived.deserialized, moved.number, handle.number) == (None, 7, 0)


def test_the_memory_of_a_memoryview_moves_without_a_copy() -> None:
    memory = bytearray(b"abc")
    view = memoryview(memory)
    moved = structured_clone(view, [view])
    assert moved.obj is memory
    with pytest.raises(ValueError, match="released"):
        view.nbytes  # noqa: B018


def test_a_transfer_list_is_refused() -> None:
    handle, memory, released = Handle(1), bytearray(b"abc"), memoryview(bytearray(1))
    released.release()
    refused: list[tuple[list[object], str]] = [
        ([handle, memory, handle], "twice"),
        ([handle, b"abc"], "cannot be transferred"),
        ([handle, Name("n")], "cannot be transferred"),
        ([handle, object()], "cannot be transferred"),
        ([released], "is detached"),
    ]
    for transfer_list, message in refused:
        with pytest.raises(DOMException, match=message) as raised:
            structured_clone(None, transfer_list)
        assert raised.value.name == "DataCloneError"
    assert (handle.number, bytes(memory)) == (1, b"abc"), "nothing has moved"


def test_a_value_that_is_refused_moves_nothing() -> None:
    handle = Handle(1)
    with pytest.raises(DOMException, match="object is not"):
        structured_clone([handle, object()], [handle])
    assert handle.number == 1


def test_released_memory_cannot_be_cloned() -> None:
    view = memoryview(bytearray(1))
    view.release()
    with pytest.raises(DOMException, match="released"):
        structured_clone(view)


def test_a_buffer_in_use_cannot_be_transferred() -> None:
    memory = bytearray(b"abc")
    view = memoryview(memory)
    with pytest.raises(TypeError, match="cannot be detached"):
        structured_clone(memory, [memory])
    assert (view.tobytes(), bytes(memory)) == (b"abc", b"abc")


def test_two_views_of_one_memory_are_one_transferable() -> None:
    memory = bytearray(b"abc")
    for transfer_list in ([memoryview(memory), memoryview(memory)], [memory, memoryview(memory)[1:]]):
        with pytest.raises(DOMException, match="twice") as raised:
            structured_clone(None, transfer_list)
        assert raised.value.name == "DataCloneError"
    assert memory == b"abc"


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_nothing_moves_if_something_cannot_be_transferred(
    kind: Callable[[bytearray], bytearray | memoryview],
) -> None:
    handle, memory, detached = Handle(1), kind(bytearray(b"abc")), Handle(2)
    transfer(detached)
    in_use = kind(bytearray(b"def"))
    user = PickleBuffer(in_use)
    for last, expected in ((in_use, TypeError), (detached, DOMException)):
        with pytest.raises(expected):
            structured_clone(None, [handle, memory, last])
        assert (handle.number, handle._detached) == (1, False)
        assert bytes(memory) == b"abc"
    assert bytes(user) == b"def"


def test_what_is_no_record_is_refused() -> None:
    with pytest.raises(TypeError, match="not a record"):
        structured_deserialize([1])


def test_a_dropped_record_keeps_nothing() -> None:
    name = Name("n")
    gone = weakref.ref(name)
    record = structured_serialize([name, {}])
    del name
    gc.collect()
    assert gone() is None, "a record is of the object's fields"
    assert record is not None
