"""Web IDL § 3.2.25: buffer sources. Objects with Python's buffer protocol and ArrayBuffers of a host are ones."""

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
    """Detach every buffer in ``transfer``, and ``data`` if it is a view of one. Raises TypeError if one is in use."""
    if transfer and isinstance(data, memoryview) and is_transferred(data, transfer):
        # A view of a buffer that is detached has no bytes either. Released, it does not keep the buffer from that.
        detach(data)
    for transferable in transfer:
        detach(transferable)
