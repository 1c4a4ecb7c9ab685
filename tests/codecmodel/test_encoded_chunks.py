"""EncodedAudioChunk and EncodedVideoChunk, step by step."""

import copy
import pickle
import weakref
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecmodel import DOMException, EncodedAudioChunk, EncodedVideoChunk
from codecmodel.web.structured_data import SerializableObject, Serialized, structured_deserialize, structured_serialize

Chunk = EncodedAudioChunk | EncodedVideoChunk
NewChunk = Callable[[dict[str, Any]], Chunk]

INIT: dict[str, Any] = {"type": "key", "timestamp": 10, "duration": 300, "data": b"abc"}
MAX_SAFE_INTEGER = 2**53 - 1

both = pytest.mark.parametrize("interface", [EncodedAudioChunk, EncodedVideoChunk])


def attributes(chunk: Chunk) -> tuple[object, ...]:
    return chunk.type, chunk.timestamp, chunk.duration, chunk.byteLength


def content(chunk: Chunk) -> bytes:
    destination = bytearray(chunk.byteLength)
    chunk.copyTo(destination)
    return bytes(destination)


# Constructor: conversion


@both
def test_a_chunk_is_what_it_was_made_of(interface: NewChunk) -> None:
    chunk = interface(INIT)
    assert attributes(chunk) == ("key", 10, 300, 3)
    assert content(chunk) == b"abc"
    chunk = interface({"type": "delta", "timestamp": -10, "data": b""})
    assert attributes(chunk) == ("delta", -10, None, 0)
    assert content(chunk) == b""


@both
def test_the_init_may_be_an_object(interface: NewChunk) -> None:
    assert attributes(interface(SimpleNamespace(**INIT))) == ("key", 10, 300, 3)  # type: ignore[arg-type]


@both
@pytest.mark.parametrize("member", ["type", "timestamp", "data"])
def test_required_members_are_required(interface: NewChunk, member: str) -> None:
    init = {**INIT}
    del init[member]
    with pytest.raises(TypeError, match=rf"^{interface.__name__}Init\.{member} is required"):
        interface(init)
    with pytest.raises(TypeError, match=rf"^{interface.__name__}Init\.{member} is required"):
        interface({**INIT, member: None})


@both
@pytest.mark.parametrize("type", ["Key", "", "config", 0, None])
def test_the_type_is_key_or_delta(interface: NewChunk, type: object) -> None:
    with pytest.raises(TypeError, match=rf"^{interface.__name__}Init\.type is "):
        interface({**INIT, "type": type})


@both
@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("timestamp", MAX_SAFE_INTEGER, MAX_SAFE_INTEGER),
        ("timestamp", -MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER),
        ("timestamp", -1.9, -1),
        ("timestamp", np.int64(7), 7),
        ("duration", 0, 0),
        ("duration", MAX_SAFE_INTEGER, MAX_SAFE_INTEGER),
        ("duration", 1.9, 1),
        ("duration", None, None),
    ],
)
def test_times_are_whole_microseconds(interface: NewChunk, member: str, value: object, expected: int | None) -> None:
    time = getattr(interface({**INIT, member: value}), member)
    assert time == expected
    assert type(time) is type(expected)


@both
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("timestamp", MAX_SAFE_INTEGER + 1),
        ("timestamp", -MAX_SAFE_INTEGER - 1),
        ("timestamp", float("nan")),
        ("timestamp", "10"),
        ("duration", -1),
        ("duration", MAX_SAFE_INTEGER + 1),
        ("duration", float("inf")),
        ("data", "abc"),
        ("data", [1, 2, 3]),
        ("data", memoryview(b"abc")[::2]),
        ("transfer", [b"abc"]),
        ("transfer", [np.zeros(1)]),
        ("transfer", bytearray(b"abc")),
        ("transfer", 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_members_of_other_types_are_refused(interface: NewChunk, member: str, value: object) -> None:
    with pytest.raises(TypeError, match=rf"^{interface.__name__}Init\.{member}"):
        interface({**INIT, member: value})


@both
@given(data=st.binary(max_size=100), start=st.integers(0, 100), stop=st.integers(0, 100))
def test_data_may_be_any_part_of_a_buffer(interface: NewChunk, data: bytes, start: int, stop: int) -> None:
    expected = data[start:stop]
    for buffer in (
        expected,
        bytearray(expected),
        memoryview(data)[start:stop],
        np.frombuffer(data, np.uint8)[start:stop],
    ):
        chunk = interface({**INIT, "data": buffer})
        assert chunk.byteLength == len(expected)
        assert content(chunk) == expected


@both
def test_data_of_several_bytes_each_is_taken_byte_by_byte(interface: NewChunk) -> None:
    numbers = np.array([[1, 2], [3, 4]], ">u2")
    assert content(interface({**INIT, "data": numbers})) == b"\0\1\0\2\0\3\0\4"


@both
def test_detached_data_has_no_bytes(interface: NewChunk) -> None:
    data = memoryview(b"abc")
    data.release()
    assert interface({**INIT, "data": data}).byteLength == 0


# Constructor: steps


@both
def test_step_1_a_buffer_may_not_be_transferred_twice(interface: NewChunk) -> None:
    data, other = bytearray(b"abc"), bytearray(b"abc")
    with pytest.raises(DOMException, match="is in the transfer list twice") as raised:
        interface({**INIT, "transfer": [data, other, data]})
    assert raised.value.name == "DataCloneError"
    assert (bytes(data), bytes(other)) == (b"abc", b"abc")


@both
def test_step_1_two_views_of_one_memory_may_not_be_transferred(interface: NewChunk) -> None:
    data = bytearray(b"abc")
    for transfer in ([memoryview(data), memoryview(data)], [memoryview(data)[1:], data]):
        with pytest.raises(DOMException, match="is in the transfer list twice"):
            interface({**INIT, "transfer": transfer})
    assert data == b"abc"


@both
def test_step_4_nothing_is_detached_if_one_buffer_is_in_use(interface: NewChunk) -> None:
    data, view, in_use = bytearray(b"abc"), memoryview(b"abc"), bytearray(b"abc")
    user = memoryview(in_use)
    with pytest.raises(TypeError, match="cannot be detached"):
        interface({**INIT, "transfer": [data, view, in_use]})
    assert (bytes(data), view.tobytes(), user.tobytes()) == (b"abc", b"abc", b"abc")


@both
def test_step_1_equal_buffers_are_not_the_same(interface: NewChunk) -> None:
    data, other = bytearray(b"abc"), bytearray(b"abc")
    interface({**INIT, "transfer": [data, other]})
    assert (bytes(data), bytes(other)) == (b"", b"")


@both
def test_step_2_a_detached_buffer_may_not_be_transferred(interface: NewChunk) -> None:
    data, detached = bytearray(b"abc"), memoryview(b"abc")
    detached.release()
    with pytest.raises(DOMException, match="in the transfer list is detached") as raised:
        interface({**INIT, "transfer": [data, detached]})
    assert raised.value.name == "DataCloneError"
    assert data == b"abc"


@both
def test_step_3_the_data_is_copied(interface: NewChunk) -> None:
    data = bytearray(b"abc")
    chunks = [interface({**INIT, "data": buffer}) for buffer in (data, memoryview(data), np.frombuffer(data, np.uint8))]
    data[:] = b"xyz"
    assert [content(chunk) for chunk in chunks] == [b"abc"] * 3


@both
def test_step_3_the_init_is_left_as_it_is(interface: NewChunk) -> None:
    init = {**INIT, "timestamp": 1.5}
    chunk = interface(init)
    init["timestamp"] = 2.5
    assert chunk.timestamp == 1


@both
def test_step_4_transferred_buffers_are_detached(interface: NewChunk) -> None:
    data, view = bytearray(b"abc"), memoryview(b"def")
    chunk = interface({**INIT, "data": data, "transfer": [data, view]})
    assert content(chunk) == b"abc"
    assert data == b""
    with pytest.raises(ValueError, match="released"):
        view.tobytes()


@both
def test_step_4_data_that_is_part_of_a_transferred_buffer_goes_with_it(interface: NewChunk) -> None:
    data = bytearray(b"_abc_")
    view = memoryview(data)[1:4]
    chunk = interface({**INIT, "data": view, "transfer": [data]})
    assert content(chunk) == b"abc"
    assert data == b""
    with pytest.raises(ValueError, match="released"):
        view.tobytes()


@both
def test_step_4_a_buffer_in_use_elsewhere_cannot_be_detached(interface: NewChunk) -> None:
    data = bytearray(b"abc")
    view = memoryview(data)
    with pytest.raises(TypeError, match="cannot be detached"):
        interface({**INIT, "data": data, "transfer": [data]})
    assert view.tobytes() == b"abc"


# Attributes


@both
@pytest.mark.parametrize("name", ["type", "timestamp", "duration", "byteLength", "other"])
def test_a_chunk_is_immutable(interface: NewChunk, name: str) -> None:
    chunk = interface(INIT)
    with pytest.raises(AttributeError):
        setattr(chunk, name, 1)
    assert attributes(chunk) == ("key", 10, 300, 3)


@both
def test_a_chunk_shows_what_it_is(interface: NewChunk) -> None:
    assert repr(interface(INIT)) == (f"{interface.__name__}(type='key', timestamp=10, duration=300, byteLength=3)")


@both
def test_the_bytes_of_a_chunk_are_its_data(interface: NewChunk) -> None:
    assert bytes(interface({**INIT, "data": bytearray(b"abc")})) == b"abc"
    assert bytes(interface({**INIT, "data": b""})) == b""


@both
def test_chunks_are_equal_to_themselves_only(interface: NewChunk) -> None:
    chunk = interface(INIT)
    assert chunk == chunk
    assert chunk != interface(INIT)
    assert len({chunk, interface(INIT)}) == 2
    assert weakref.ref(chunk)() is chunk


# copyTo()


@both
def test_copy_to_step_1_the_destination_must_be_large_enough(interface: NewChunk) -> None:
    chunk = interface(INIT)
    released = memoryview(bytearray(3))
    released.release()
    destinations: list[Any] = [
        bytearray(2),
        bytearray(),
        memoryview(bytearray(5))[1:3],
        np.zeros(1, np.uint16),
        released,
    ]
    for destination in destinations:
        with pytest.raises(TypeError, match=r"^destination has [0-2] bytes, but the chunk has 3"):
            chunk.copyTo(destination)
    assert destinations[0] == b"\0\0"


@both
def test_copy_to_step_2_writes_to_the_start_and_leaves_the_rest(interface: NewChunk) -> None:
    chunk = interface(INIT)
    destination = bytearray(b"12345")
    chunk.copyTo(destination)
    assert destination == b"abc45"
    chunk.copyTo(memoryview(destination)[2:])
    assert destination == b"ababc"
    numbers = np.zeros(2, np.uint16)
    chunk.copyTo(numbers)
    assert numbers.tobytes() == b"abc\0"


@both
@pytest.mark.parametrize(
    "destination",
    ["abc", None, 3, [0, 0, 0], pytest.param(memoryview(bytearray(6))[::2], id="every other byte")],
    ids=repr,
)
def test_copy_to_needs_a_buffer(interface: NewChunk, destination: Any) -> None:
    with pytest.raises(TypeError, match=r"^destination "):
        interface(INIT).copyTo(destination)


@both
@pytest.mark.parametrize("destination", [b"123", memoryview(b"123")])
def test_copy_to_needs_a_buffer_that_can_be_written(interface: NewChunk, destination: Any) -> None:
    with pytest.raises(TypeError, match=r"^destination is read-only"):
        interface(INIT).copyTo(destination)
    assert destination == b"123"


@both
def test_nothing_can_be_copied_to_any_buffer(interface: NewChunk) -> None:
    chunk = interface({**INIT, "data": b""})
    released = memoryview(bytearray(3))
    released.release()
    destinations: list[Any] = [bytearray(b"1"), bytearray(), b"", released]
    for destination in destinations:
        chunk.copyTo(destination)
    assert destinations[0] == b"1"


# Serialization


def clones(chunk: Chunk) -> list[Any]:
    return [
        structured_deserialize(structured_serialize(chunk)),
        copy.copy(chunk),
        copy.deepcopy(chunk),
        *(pickle.loads(pickle.dumps(chunk, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)),
    ]


@both
@pytest.mark.parametrize("init", [INIT, {"type": "delta", "timestamp": -1, "data": b""}])
def test_a_clone_is_another_chunk_of_the_same_content(interface: NewChunk, init: dict[str, Any]) -> None:
    chunk = interface(init)
    for clone in clones(chunk):
        assert type(clone) is interface
        assert clone is not chunk
        assert attributes(clone) == attributes(chunk)
        assert content(clone) == init["data"]


@both
def test_step_2_every_slot_becomes_a_field(interface: type[Chunk]) -> None:
    assert structured_serialize(interface(INIT)) == Serialized(  # type: ignore[arg-type]
        interface,
        {"_internal_data": b"abc", "_type": "key", "_timestamp": 10, "_duration": 300, "_byte_length": 3},
    )


@both
def test_step_1_a_chunk_is_not_for_storage(interface: NewChunk) -> None:
    with pytest.raises(DOMException, match="an encoded chunk cannot be stored") as raised:
        structured_serialize(interface(INIT), for_storage=True)
    assert raised.value.name == "DataCloneError"


@both
def test_the_class_of_a_chunk_is_kept(interface: type[Chunk]) -> None:
    class Special(interface):  # type: ignore[misc,valid-type]
        pass

    assert type(copy.copy(Special(INIT))) is Special


@both
def test_one_chunk_in_two_places_is_one_in_a_deep_copy(interface: NewChunk) -> None:
    chunk = interface(INIT)
    first, second = copy.deepcopy([chunk, chunk])
    assert first is second
    assert first is not chunk


class Counter(SerializableObject):
    """Counts the lists of steps it has been through."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def _serialization_steps(self, serialized: dict[str, object], for_storage: bool) -> None:
        if self.steps < 0:
            raise DOMException("not now", "DataCloneError")
        serialized["steps"] = self.steps + 1

    def _deserialization_steps(self, serialized: Mapping[str, object]) -> None:
        steps = serialized["steps"]
        assert isinstance(steps, int)
        self.steps = steps + 10


COPIES: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]


@pytest.mark.parametrize("copy_of", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_an_object_is_copied_by_its_steps(copy_of: Callable[[Any], Any]) -> None:
    assert copy_of(Counter(100)).steps == 111
    with pytest.raises(DOMException, match="not now"):
        copy_of(Counter(-1))


@pytest.mark.parametrize("value", [[object()], object(), EncodedAudioChunk])
def test_what_is_not_serializable_is_refused(value: object) -> None:
    with pytest.raises(DOMException, match="is not a serializable object") as raised:
        structured_serialize(value)
    assert raised.value.name == "DataCloneError"
