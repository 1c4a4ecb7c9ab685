"""Web IDL § 3.2.25: buffer sources. Objects with Python's buffer protocol and ArrayBuffers of a host are ones."""

import ctypes
from collections.abc import Mapping, Sequence
from pickle import PickleBuffer
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast

if TYPE_CHECKING:
    from typing_extensions import Buffer

# For speed: isinstance() takes this tuple. A union that is written in the call is built at each call.
_BYTES: Final = (bytes, bytearray)


class DetachableBuffer(Protocol):
    """A host's own kind of ArrayBuffer."""

    @property
    def detached(self) -> bool:
        """Whether the buffer is detached."""

    def detach(self) -> None:
        """Detach the buffer. Raises BufferError if its memory is still in use."""

    def view(self) -> memoryview:
        """The bytes of a buffer that is not detached, without a copy."""


class NumpyArray(Protocol):
    """An array of numpy. It has the buffer protocol, but type checkers know that only from Python 3.12 on."""

    @property
    def __array_interface__(self) -> Mapping[str, object]: ...


#: ``AllowSharedBufferSource``: an object that has the buffer protocol and is contiguous, or a host's ArrayBuffer.
BufferSource: TypeAlias = "Buffer | DetachableBuffer | NumpyArray"


def _is_host_buffer(value: object) -> bool:
    """Whether ``value`` is a DetachableBuffer."""
    return hasattr(value, "detached") and hasattr(value, "detach") and hasattr(value, "view")


def allow_shared_buffer_source(value: object, context: str) -> BufferSource:
    """``AllowSharedBufferSource``. A released memoryview counts as a detached buffer, and is accepted.

    Raises TypeError if ``value`` has no buffer protocol, is not contiguous, or holds Python objects.
    """
    if isinstance(value, _BYTES) or _is_host_buffer(value):
        return cast("BufferSource", value)
    try:
        view = memoryview(cast("Buffer", value))
    except (TypeError, ValueError, BufferError) as error:
        if isinstance(value, memoryview):
            return value
        raise TypeError(f"{context} does not offer its bytes as a buffer: {error}") from None
    if not view.c_contiguous:
        raise TypeError(f"{context} is not contiguous in memory")
    if "O" in view.format:
        raise TypeError(f"{context} holds Python objects, not bytes")
    return cast("BufferSource", value)


def array_buffer(value: object, context: str) -> BufferSource:
    """``ArrayBuffer``, as an entry of a transfer list: a memoryview, a bytearray, or a host's ArrayBuffer.

    These can be detached. Raises TypeError for any other value.
    """
    if isinstance(value, memoryview | bytearray) or _is_host_buffer(value):
        return cast("BufferSource", value)
    raise TypeError(
        f"{context} cannot be transferred: {type(value).__name__} cannot be detached (a memoryview or bytearray can)"
    )


def is_detached(buffer: BufferSource) -> bool:
    """Whether ``buffer`` is a released memoryview, or a host's ArrayBuffer that is detached."""
    if isinstance(buffer, memoryview):
        try:
            buffer.nbytes  # noqa: B018 - raises when released
        except ValueError:
            return True
        return False
    return bool(getattr(buffer, "detached", False))


def detach(buffer: BufferSource) -> None:
    """ECMAScript: DetachArrayBuffer. A memoryview is released, and a bytearray is emptied.

    Raises TypeError if the memory is still in use: if a memoryview has been exported, or a bytearray has views.
    """
    try:
        if isinstance(buffer, memoryview):
            buffer.release()
        elif isinstance(buffer, bytearray):
            buffer.clear()
        else:
            cast("DetachableBuffer", buffer).detach()
    except BufferError as error:
        raise TypeError(f"the buffer cannot be detached: {error}") from None


def detach_all(buffers: Sequence[BufferSource], views: Sequence[memoryview] = ()) -> None:
    """Detach every buffer, and release ``views`` of their memory; or raise TypeError, with nothing detached.

    A host's buffers are detached first, because only the attempt tells whether they can be. If a host has several, and
    a later one refuses, the earlier ones stay detached.
    """
    hosts = [buffer for buffer in buffers if not isinstance(buffer, memoryview | bytearray)]
    ours = [buffer for buffer in buffers if isinstance(buffer, memoryview | bytearray)]
    for our in ours:
        released = sum(view is not our and view.obj is our for view in views)
        if _number_of_exports(our) > released:
            raise TypeError("the buffer cannot be detached: its memory is in use")
    if any(_number_of_exports(view) for view in views):
        raise TypeError("the buffer cannot be detached: a view of its memory is in use")
    for host in hosts:
        detach(host)
    for our in (*views, *ours):
        detach(our)


def _find_exports(buffer: "bytearray | memoryview") -> int | None:
    """The offset, in bytes, at which objects of the buffer's type count their exports; None if it can't be found.

    Not in the spec: the attempt to detach a buffer tells whether its memory is in use, but a memoryview that has been
    released can't be restored. The offset is found by experiment: it is that of the field that counts two exports.
    """
    size = ctypes.sizeof(ctypes.c_ssize_t)
    fields = (ctypes.c_ssize_t * (type(buffer).__basicsize__ // size)).from_address(id(buffer))
    before = list(fields)
    exports = PickleBuffer(buffer), PickleBuffer(buffer)
    after = list(fields)
    del exports
    found = [n for n in range(object.__basicsize__ // size, len(fields)) if after[n] - before[n] == 2]
    return found[0] * size if len(found) == 1 else None


_EXPORTS: Final = {type(buffer): _find_exports(buffer) for buffer in (bytearray(1), memoryview(b"1"))}


def _number_of_exports(buffer: "bytearray | memoryview") -> int:
    """The number of objects that use the memory of ``buffer``; 0 if that is unknown."""
    offset = _EXPORTS.get(type(buffer))
    return 0 if offset is None else ctypes.c_ssize_t.from_address(id(buffer) + offset).value


def has_duplicates(transfer: Sequence[object]) -> bool:
    """Whether a transfer list has an object twice, or two buffers that share their memory."""
    return len(transfer) > 1 and len({id(_memory_of(entry)) for entry in transfer}) < len(transfer)


def _memory_of(entry: object) -> object:
    """The object that has the memory of ``entry``. Memory that never changes (``bytes``) may have several owners."""
    owner = entry
    while True:
        if isinstance(owner, memoryview):
            inner = None if is_detached(owner) else owner.obj
        else:
            # An array of numpy that is a view of another.
            inner = getattr(owner, "base", None) if hasattr(owner, "__array_interface__") else None
        if isinstance(inner, bytes):
            return entry
        if inner is None:
            return owner
        owner = inner


def view_of(buffer: BufferSource) -> memoryview:
    """The bytes of ``buffer``, without a copy, as a one-dimensional memoryview of format ``B``.

    The view of a detached buffer is empty.
    """
    if is_detached(buffer):
        return memoryview(b"")
    view = cast("DetachableBuffer", buffer).view() if _is_host_buffer(buffer) else memoryview(cast("Buffer", buffer))
    if view.format == "B" and view.ndim == 1:
        return view
    # memoryview.cast() can't be used: it refuses a shape that contains a zero.
    return PickleBuffer(view).raw()


def writable_view_of(buffer: BufferSource, context: str) -> memoryview:
    """As ``view_of``, but the view can be written to. Raises TypeError if the buffer is read-only and not empty."""
    view = view_of(buffer)
    if not view.readonly:
        return view
    if view.nbytes:
        raise TypeError(f"{context} is read-only")
    return memoryview(bytearray())


def byte_length(buffer: BufferSource) -> int:
    """``byteLength``: the number of bytes, which is 0 if the buffer is detached."""
    if isinstance(buffer, _BYTES):
        return len(buffer)
    return view_of(buffer).nbytes


def copy_of_bytes(buffer: BufferSource) -> bytes:
    """A copy of the bytes. ``bytes`` never change, so they are returned as they are."""
    return bytes(buffer if isinstance(buffer, _BYTES) else view_of(buffer))


def is_transferred(buffer: BufferSource, transfer: Sequence[BufferSource]) -> bool:
    """Whether ``buffer`` is one of the buffers in ``transfer``, or a view of one of them."""
    underlying = buffer.obj if isinstance(buffer, memoryview) and not is_detached(buffer) else buffer
    return any(entry is buffer or entry is underlying for entry in transfer)


def detach_transferred(data: BufferSource, transfer: Sequence[BufferSource]) -> None:
    """Detach every buffer in ``transfer``, and ``data`` if it is a view of one of them.

    Raises TypeError, with nothing detached, if the memory of one is in use.
    """
    if not transfer:
        # For speed: as a rule nothing is transferred.
        return
    # A view of a detached buffer has no bytes either. Until the view is released, the buffer's memory is in use.
    is_view = bool(transfer) and isinstance(data, memoryview) and is_transferred(data, transfer)
    detach_all(transfer, [cast("memoryview", data)] if is_view else [])
