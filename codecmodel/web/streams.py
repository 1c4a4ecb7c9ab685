"""Streams § 4 and § 5: a stream of bytes that is read with a reader, as far as WebCodecs reads one.

A host's own streams implement ReadableStream. For Python, any asynchronous iterable of bytes-like objects (an
asynchronous generator, the body of an HTTP response) is made one by ``readable_stream()``.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable
from inspect import isasyncgen
from typing import Final, NamedTuple, Protocol, TypeAlias, cast, runtime_checkable

from codecmodel.web.buffers import BufferSource


class ReadRequest(NamedTuple):
    """Streams: read request. Exactly one of its steps is called, on the event loop's thread, unless the reader cancels.

    ``chunk_steps`` get what was read, of any type; ``error_steps`` get the reason.
    """

    chunk_steps: Callable[[object], None]
    close_steps: Callable[[], None]
    error_steps: Callable[[BaseException], None]


class StreamReader(Protocol):
    """Streams: ReadableStreamDefaultReader, as other standards use it. Called on the event loop's thread."""

    def read_a_chunk(self, request: ReadRequest) -> None:
        """Read a chunk, later. There is one request at a time."""

    def cancel(self) -> None:
        """Nobody wants the rest: stop, and drop a request that is pending. Never raises."""


@runtime_checkable
class ReadableStream(Protocol):
    """Streams: ReadableStream."""

    @property
    def locked(self) -> bool:
        """Whether it has a reader."""

    @property
    def disturbed(self) -> bool:
        """Whether it was read from, or canceled."""

    def get_a_reader(self) -> StreamReader:
        """Lock it to a new reader."""


#: What Python's programs read bytes from.
StreamOfBytes: TypeAlias = ReadableStream | AsyncIterable[BufferSource]


def readable_stream(value: object) -> ReadableStream | None:
    """``value`` as a ReadableStream, or None if it is neither one nor an asynchronous iterable.

    Raises RuntimeError for an asynchronous iterable where no asyncio is running.
    """
    if isinstance(value, ReadableStream):
        return value
    if isinstance(value, AsyncIterable):
        return _IterableStream(cast("AsyncIterable[object]", value), asyncio.get_running_loop())
    return None


class _IterableStream:
    """An asynchronous iterable, as a stream. What it raises is an error of the stream."""

    def __init__(self, iterable: AsyncIterable[object], loop: asyncio.AbstractEventLoop) -> None:
        self._iterable = iterable
        self._loop = loop

    @property
    def locked(self) -> bool:
        """Of an asynchronous generator: whether somebody is reading at this moment. No more can be told."""
        return isasyncgen(self._iterable) and self._iterable.ag_running

    @property
    def disturbed(self) -> bool:
        """Of an asynchronous generator: whether it has come to its end. No more can be told."""
        return isasyncgen(self._iterable) and self._iterable.ag_frame is None

    def get_a_reader(self) -> StreamReader:
        return _IterableReader(aiter(self._iterable), self._loop)


class _IterableReader:
    """Reads an asynchronous iterator, each chunk in a task of asyncio's."""

    def __init__(self, iterator: AsyncIterator[object], loop: asyncio.AbstractEventLoop) -> None:
        self._iterator: Final = iterator
        self._loop: Final = loop
        self._canceled = False
        # asyncio itself keeps weak references only.
        self._task: asyncio.Task[None] | None = None

    def read_a_chunk(self, request: ReadRequest) -> None:
        if not self._canceled and not self._loop.is_closed():
            self._task = self._loop.create_task(self._read(request))

    def cancel(self) -> None:
        if self._canceled or self._loop.is_closed():
            return
        self._canceled = True
        if self._task is not None and not self._task.done():
            self._task.cancel()
        self._task = self._loop.create_task(self._close(self._task))

    async def _read(self, request: ReadRequest) -> None:
        try:
            chunk = await anext(self._iterator)
        except StopAsyncIteration:
            request.close_steps()
        except Exception as reason:
            request.error_steps(reason)
        else:
            request.chunk_steps(chunk)

    async def _close(self, reading: asyncio.Task[None] | None) -> None:
        """Have a generator run its ``finally``. What it raises then is reported, as there is nobody to tell."""
        if reading is not None:
            await asyncio.wait([reading])
        close = getattr(self._iterator, "aclose", None)
        if close is None:
            return
        try:
            await close()
        except Exception as exception:
            message = "Exception in closing a stream given to codecmodel"
            self._loop.call_exception_handler({"message": message, "exception": exception})
