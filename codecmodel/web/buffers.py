"""Web IDL § 3.2.25: buffer sources, which offer their bytes by Python's buffer protocol or as a host's ArrayBuffer."""

from collections.abc import Mapping, Sequence
from pickle import PickleBuffer
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast

if TYPE_CHECKING:
    from typing_extensions import Buffer

# Named, as a union written where it is used would be made anew at each call.
_BYTES: Final = (bytes, bytearray)


class DetachableBuffer(Protocol):
    """An ArrayBuffer that a host brings: a buffer that knows whether it is detached."""

    @property
    def detached(self) -> bool: ...

    def detach(self) -> None: ...

    def view(self) -> memoryview: ...


class NumpyArray(Protocol):
    """An array of numpy. It is a buffer, but type checkers are told so from Python 3.12 on only."""

    @property
    def __array_interface__(self) -> Mapping[str, object]: ...


#: ``AllowSharedBufferSource``: whatever offers its bytes through the buffer protocol, contiguously; or a host's
#: own kind of ArrayBuffer.
BufferSource: TypeAlias = "Buffer | DetachableBuffer | NumpyArray"


def _is_host_buffer(value: object) -> bool:
    return hasattr(value, "detached") and hasattr(value, "detach") and hasattr(value, "view")


def allow_shared_buffer_source(value: object, context: str) -> BufferSource:
    """``AllowSharedBufferSource``. A released memoryview is a detached buffer; it passes."""
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
    """``ArrayBuffer``, as an entry of a transfer list: a buffer that can be detached.

    That is a memoryview (detached: released), a bytearray (detached: emptied), or a host's own.
    """
    if isinstance(value, memoryview | bytearray) or _is_host_buffer(value):
        return cast("BufferSource", value)
    raise TypeError(
        f"{context} cannot be transferred: {type(value).__name__} cannot be detached (a memoryview or bytearray can)"
    )


def is_detached(buffer: BufferSource) -> bool:
    """Whether ``buffer`` is detached: a released memoryview, or a host's ArrayBuffer that says so."""
    if isinstance(buffer, memoryview):
        try:
            buffer.nbytes  # noqa: B018 - raises when released
        except ValueError:
            return True
        return False
    return bool(getattr(buffer, "detached", False))


def detach(buffer: BufferSource) -> None:
    """ECMAScript: DetachArrayBuffer. Raises TypeError if something else still uses the memory."""
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

    A detached buffer has none.
    """
    if is_detached(buffer):
        return memoryview(b"")
    view = cast("DetachableBuffer", buffer).view() if _is_host_buffer(buffer) else memoryview(cast("Buffer", buffer))
    if view.format == "B" and view.ndim == 1:
        return view
    # memoryview.cast() would refuse shapes with a zero in them.
    return PickleBuffer(view).raw()


def writable_view_of(buffer: BufferSource, context: str) -> memoryview:
    """As ``view_of``, for a destination. Raises TypeError if the buffer is read-only and has any bytes."""
    view = view_of(buffer)
    if not view.readonly:
        return view
    if view.nbytes:
        raise TypeError(f"{context} is read-only")
    return memoryview(bytearray())


def byte_length(buffer: BufferSource) -> int:
    """``byteLength``: the number of bytes, 0 when detached."""
    if isinstance(buffer, _BYTES):
        return len(buffer)
    return view_of(buffer).nbytes


def copy_of_bytes(buffer: BufferSource) -> bytes:
    """A copy of the bytes; immutable ``bytes`` are their own copy."""
    return bytes(buffer if isinstance(buffer, _BYTES) else view_of(buffer))


def is_transferred(buffer: BufferSource, transfer: Sequence[BufferSource]) -> bool:
    """Whether ``buffer`` is, or is a view of, one of the buffers in ``transfer``."""
    underlying = buffer.obj if isinstance(buffer, memoryview) and not is_detached(buffer) else buffer
    return any(entry is buffer or entry is underlying for entry in transfer)


def detach_transferred(data: BufferSource, transfer: Sequence[BufferSource]) -> None:
    """Detach every buffer in ``transfer``, and ``data`` if it is a view of one. Raises TypeError if one is in use."""
    if transfer and isinstance(data, memoryview) and is_transferred(data, transfer):
        # A view of a buffer that is detached has no bytes either. Released, it does not keep the buffer from that.
        detach(data)
    for transferable in transfer:
        detach(transferable)
