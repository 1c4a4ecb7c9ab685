"""Web IDL's buffers: every kind of buffer, detaching, transfer lists."""

import array
import ctypes
import mmap
import sys
from collections.abc import Callable
from pickle import PickleBuffer
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecmodel.web.buffers import (
    BufferSource,
    _number_of_exports,
    allow_shared_buffer_source,
    array_buffer,
    byte_length,
    copy_of_bytes,
    detach,
    detach_transferred,
    has_duplicates,
    is_detached,
    is_transferred,
    view_of,
    writable_view_of,
)


class HostArrayBuffer:
    """An ArrayBuffer as a host brings it."""

    def __init__(self, data: bytes) -> None:
        self.data: bytearray | None = bytearray(data)

    @property
    def detached(self) -> bool:
        return self.data is None

    def detach(self) -> None:
        self.data = None

    def view(self) -> "memoryview[Any]":
        assert self.data is not None
        return memoryview(self.data)


class HostFloat32Array(HostArrayBuffer):
    def view(self) -> "memoryview[Any]":
        return super().view().cast("f")


def released(data: bytes = b"0123") -> memoryview:
    view = memoryview(data)
    view.release()
    return view


def detached_host_buffer() -> HostArrayBuffer:
    buffer = HostArrayBuffer(b"0123")
    buffer.detach()
    return buffer


def mapped(data: bytes) -> mmap.mmap:
    mapping = mmap.mmap(-1, len(data))
    mapping.write(data)
    return mapping


NUMBERS = array.array("H", [0x0100, 0x0302, 0x0504, 0x0706])
BYTES = bytes(range(8)) if sys.byteorder == "little" else bytes([1, 0, 3, 2, 5, 4, 7, 6])

#: Everything that holds the eight bytes of BYTES.
BUFFERS: dict[str, object] = {
    "bytes": BYTES,
    "bytearray": bytearray(BYTES),
    "memoryview": memoryview(BYTES),
    "slice": memoryview(b"__" + BYTES + b"_")[2:10],
    "cast memoryview": memoryview(BYTES).cast("I"),
    "two-dimensional memoryview": memoryview(BYTES).cast("B", (2, 4)),
    "array": NUMBERS,
    "numpy": np.frombuffer(BYTES, np.uint8),
    "numpy of numbers": np.array(NUMBERS, np.uint16),
    "two-dimensional numpy": np.frombuffer(BYTES, np.uint16).reshape(2, 2),
    "numpy of big-endian numbers": np.frombuffer(BYTES, ">i4"),
    "numpy of complex numbers": np.frombuffer(BYTES, np.complex64),
    "structured numpy": np.frombuffer(BYTES, [("a", "<u2"), ("b", "u1", 2)]),
    "slice of numpy": np.frombuffer(b"__" + BYTES, np.uint8)[2:],
    "ctypes array": (ctypes.c_uint16 * 4)(*NUMBERS),
    "ctypes bytes": (ctypes.c_uint8 * 8)(*BYTES),
    "ctypes number": ctypes.c_uint64.from_buffer_copy(BYTES),
    "mmap": mapped(BYTES),
    "host buffer": HostArrayBuffer(BYTES),
    "host buffer of numbers": HostFloat32Array(BYTES),
}
EMPTY: dict[str, object] = {
    "bytes": b"",
    "bytearray": bytearray(),
    "memoryview": memoryview(b""),
    "numpy": np.zeros((0, 3), np.int32),
    "ctypes": (ctypes.c_int * 0)(),
    "array": array.array("d"),
    "host buffer": HostArrayBuffer(b""),
    "released memoryview": released(),
    "detached host buffer": detached_host_buffer(),
}
buffers = pytest.mark.parametrize("buffer", BUFFERS.values(), ids=list(BUFFERS))


@buffers
def test_whatever_offers_its_bytes_is_a_buffer(buffer: BufferSource) -> None:
    assert allow_shared_buffer_source(buffer, "x") is buffer
    assert not is_detached(buffer)
    assert byte_length(buffer) == 8
    assert copy_of_bytes(buffer) == BYTES
    assert type(copy_of_bytes(buffer)) is bytes
    view = view_of(buffer)
    assert (view.format, view.ndim, view.nbytes, bytes(view)) == ("B", 1, 8, BYTES)


@pytest.mark.parametrize("buffer", EMPTY.values(), ids=list(EMPTY))
def test_empty_and_detached_buffers_have_no_bytes(buffer: BufferSource) -> None:
    assert allow_shared_buffer_source(buffer, "x") is buffer
    assert byte_length(buffer) == 0
    assert copy_of_bytes(buffer) == b""
    view = view_of(buffer)
    assert (view.format, view.ndim, view.nbytes) == ("B", 1, 0)
    destination = writable_view_of(buffer, "x")
    destination[:0] = b""
    assert (destination.format, destination.ndim, destination.nbytes) == ("B", 1, 0)


@given(st.binary(max_size=64), st.integers(0, 64), st.integers(0, 64))
def test_a_slice_is_the_bytes_it_shows(data: bytes, start: int, stop: int) -> None:
    assert copy_of_bytes(memoryview(data)[start:stop]) == data[start:stop]
    assert byte_length(memoryview(bytearray(data))[start:stop]) == len(data[start:stop])


@pytest.mark.parametrize(
    "value",
    ["data", 8, None, [0, 1], pytest.param(object(), id="object"), np.array(["2020"], "M8[D]"), np.float64],
    ids=repr,
)
def test_what_offers_no_bytes_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"^x does not offer its bytes as a buffer"):
        allow_shared_buffer_source(value, "x")


def test_a_closed_mapping_is_refused() -> None:
    mapping = mapped(BYTES)
    mapping.close()
    with pytest.raises(TypeError, match=r"^x does not offer its bytes as a buffer: mmap closed"):
        allow_shared_buffer_source(mapping, "x")


@pytest.mark.parametrize(
    "value",
    [
        memoryview(BYTES)[::2],
        memoryview(BYTES)[::-1],
        np.zeros((4, 4), np.uint8)[:, :2],
        np.zeros((2, 3), np.uint8, order="F"),
        np.zeros((2, 3), np.uint8).T,
    ],
    ids=["memoryview", "reversed memoryview", "columns of numpy", "Fortran order", "transposed numpy"],
)
def test_what_is_not_contiguous_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"^x is not contiguous in memory"):
        allow_shared_buffer_source(value, "x")


@pytest.mark.parametrize(
    "value",
    [np.array([None]), (ctypes.py_object * 2)(), np.zeros(1, [("number", "i4"), ("object", "O")])],
    ids=["numpy", "ctypes", "structured numpy"],
)
def test_what_holds_objects_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"^x holds Python objects, not bytes"):
        allow_shared_buffer_source(value, "x")


def test_a_copy_is_independent() -> None:
    data = bytearray(BYTES)
    for buffer in (data, memoryview(data), np.frombuffer(data, np.uint8)):
        copy = copy_of_bytes(buffer)
        data[0] = 99
        assert copy == BYTES
        data[0] = BYTES[0]


def test_bytes_are_their_own_copy() -> None:
    data = bytes(BYTES)
    assert copy_of_bytes(data) is data

    class Bytes(bytes):
        pass

    assert type(copy_of_bytes(Bytes(BYTES))) is bytes
    assert copy_of_bytes(Bytes(BYTES)) == BYTES


@pytest.mark.parametrize(
    "buffer",
    [
        bytearray(8),
        memoryview(bytearray(8)),
        memoryview(bytearray(8)).cast("H"),
        array.array("H", [0] * 4),
        np.zeros((2, 2), ">u2"),
        (ctypes.c_uint16 * 4)(),
        mapped(bytes(8)),
        HostArrayBuffer(bytes(8)),
        HostFloat32Array(bytes(8)),
    ],
    ids=lambda buffer: type(buffer).__name__,
)
def test_what_is_written_to_a_view_is_in_the_buffer(buffer: BufferSource) -> None:
    writable_view_of(buffer, "x")[2:5] = b"abc"
    assert copy_of_bytes(buffer) == b"\0\0abc\0\0\0"


@pytest.mark.parametrize(
    "buffer", [BYTES, memoryview(BYTES), np.frombuffer(BYTES, np.uint16)], ids=["bytes", "view", "numpy"]
)
def test_what_is_read_only_is_no_destination(buffer: BufferSource) -> None:
    assert view_of(buffer).readonly
    with pytest.raises(TypeError, match=r"^x is read-only"):
        writable_view_of(buffer, "x")


# Transfer


@pytest.mark.parametrize("buffer", [bytearray(1), memoryview(b"1"), HostArrayBuffer(b"1"), released()])
def test_what_can_be_detached_can_be_transferred(buffer: object) -> None:
    assert array_buffer(buffer, "x") is buffer


@pytest.mark.parametrize("value", [b"1", np.zeros(1), array.array("B"), "1", None, mapped(b"1")], ids=repr)
def test_what_cannot_be_detached_cannot_be_transferred(value: object) -> None:
    with pytest.raises(TypeError, match=f"^x cannot be transferred: {type(value).__name__} cannot be detached"):
        array_buffer(value, "x")


def test_a_detached_memoryview_is_released() -> None:
    data = bytearray(BYTES)
    view = memoryview(data)
    detach(view)
    assert is_detached(view)
    with pytest.raises(ValueError, match=r"released"):
        view.nbytes  # noqa: B018 - raises
    assert data == BYTES


def test_a_detached_bytearray_is_empty() -> None:
    data = bytearray(BYTES)
    detach(data)
    assert data == b""


def test_a_hosts_buffer_detaches_itself() -> None:
    buffer = HostArrayBuffer(BYTES)
    assert not is_detached(buffer)
    detach(buffer)
    assert is_detached(buffer)


def test_memory_that_something_else_uses_is_not_detached() -> None:
    data = bytearray(BYTES)
    view = memoryview(data)
    with pytest.raises(TypeError, match=r"^the buffer cannot be detached: "):
        detach(data)
    user = PickleBuffer(view)
    with pytest.raises(TypeError, match=r"^the buffer cannot be detached: "):
        detach(view)
    assert bytes(user) == BYTES
    assert data == BYTES


def test_a_buffer_is_transferred_if_it_or_what_it_is_a_view_of_is_in_the_list() -> None:
    data, other = bytearray(BYTES), bytearray(BYTES)
    view = memoryview(data)
    assert is_transferred(data, [other, data])
    assert is_transferred(view, [view])
    assert is_transferred(view[2:4], [data])
    assert not is_transferred(data, [])
    assert not is_transferred(data, [other])
    assert not is_transferred(view, [other])
    assert not is_transferred(view, [memoryview(data)])
    assert not is_transferred(released(), [data])
    host_buffer = HostArrayBuffer(BYTES)
    assert is_transferred(host_buffer, [host_buffer])


def test_everything_in_the_list_is_detached() -> None:
    data, view, host_buffer = bytearray(BYTES), memoryview(BYTES), HostArrayBuffer(BYTES)
    detach_transferred(b"data", [data, view, host_buffer])
    assert data == b""
    assert is_detached(view)
    assert is_detached(host_buffer)


class StubbornHostBuffer(HostArrayBuffer):
    """Refuses to be detached, as memory of WebAssembly does."""

    def detach(self) -> None:
        raise BufferError("the host needs it")


def users_of(buffer: bytearray | memoryview) -> list[object]:
    """A user of the buffer's memory of each kind. (A memoryview of a memoryview is no user of it.)"""
    users: list[object] = [PickleBuffer(buffer)]
    if isinstance(buffer, bytearray):
        users += [memoryview(buffer), np.frombuffer(buffer, np.uint8), (ctypes.c_char * 8).from_buffer(buffer)]
    return users


@pytest.mark.parametrize("in_use", [bytearray, lambda data: memoryview(bytearray(data))], ids=["bytearray", "view"])
def test_nothing_is_detached_if_one_of_the_list_is_in_use(
    in_use: Callable[[bytes], bytearray | memoryview],
) -> None:
    for number in range(len(users_of(in_use(BYTES)))):
        used = in_use(BYTES)
        user = users_of(used)[number]
        others: list[BufferSource] = [bytearray(BYTES), memoryview(bytearray(BYTES)), HostArrayBuffer(BYTES)]
        for transfer in ([*others, used], [used, *others]):
            with pytest.raises(TypeError, match=r"^the buffer cannot be detached: its memory is in use"):
                detach_transferred(b"", transfer)
            assert [copy_of_bytes(buffer) for buffer in transfer] == [BYTES] * 4
        del user


def test_nothing_is_detached_if_a_host_refuses() -> None:
    data, view = bytearray(BYTES), memoryview(BYTES)
    with pytest.raises(TypeError, match=r"^the buffer cannot be detached: the host needs it"):
        detach_transferred(b"", [data, view, StubbornHostBuffer(BYTES)])
    assert (bytes(data), bytes(view)) == (BYTES, BYTES)


def test_nothing_is_detached_if_the_data_is_in_use() -> None:
    memory = bytearray(BYTES)
    data = memoryview(memory)
    user = PickleBuffer(data)
    with pytest.raises(TypeError, match=r"^the buffer cannot be detached: a view of its memory is in use"):
        detach_transferred(data, [memory])
    assert (bytes(user), bytes(data), bytes(memory)) == (BYTES, BYTES, BYTES)


def test_the_number_of_exports_is_known() -> None:
    for buffer in (bytearray(BYTES), memoryview(BYTES)):
        exports = []
        for number in range(4):
            assert _number_of_exports(buffer) == number
            exports.append(PickleBuffer(buffer))


def test_a_list_has_duplicates_if_two_buffers_share_their_memory() -> None:
    data, other = bytearray(BYTES), bytearray(BYTES)
    array = np.frombuffer(data, np.uint8)
    for same in (data, memoryview(data), memoryview(data)[2:4], memoryview(memoryview(data)), view_of(array[1:])):
        assert has_duplicates([same, other, data])
        assert not has_duplicates([same, other])
    view, host_buffer = memoryview(BYTES), HostArrayBuffer(BYTES)
    assert has_duplicates([view, view])
    assert has_duplicates([host_buffer, host_buffer])
    assert not has_duplicates([view, memoryview(BYTES)]), "bytes never change, so two views may share them"
    assert not has_duplicates([released(), released()])
    assert not has_duplicates([])


def test_data_that_is_a_view_of_a_buffer_in_the_list_is_detached_with_it() -> None:
    data = bytearray(BYTES)
    view = memoryview(data)[2:4]
    detach_transferred(view, [data])
    assert data == b""
    assert is_detached(view)


def test_data_that_is_in_the_list_itself_is_detached_once() -> None:
    view = memoryview(bytearray(BYTES))
    detach_transferred(view, [view])
    assert is_detached(view)


def test_data_that_is_not_transferred_stays() -> None:
    data = bytearray(BYTES)
    view = memoryview(data)
    detach_transferred(view, [])
    assert not is_detached(view)
    assert bytes(view) == BYTES
