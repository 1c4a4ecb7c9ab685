"""Streams § 4: readable streams and their readers, to the extent that WebCodecs uses them.

Streams: https://streams.spec.whatwg.org/. A host that has streams of its own implements ReadableStream. Python's
programs have asynchronous iterables of bytes-like objects (an asynchronous generator, the body of an HTTP response);
``readable_stream()`` makes a stream of one.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Generator
from contextlib import suppress
from inspect import isasyncgen
from types import TracebackType
from typing import Final, NamedTuple, Protocol, TypeAlias, cast, runtime_checkable

from codecmodel.web.buffers import BufferSource

_Work: TypeAlias = Coroutine[object, None, None]

#: Seconds from the cancellation of a reading task by the program until the stream counts as failed.
_GRACE_SECONDS: Final = 0.1


class ReadRequest(NamedTuple):
    """Streams: read request. Exactly one of its steps is called, on the event loop's thread.

    ``chunk_steps`` are called with the chunk that was read, which may be of any type. ``error_steps`` are called with
    the reason of the error. None of the steps is called once the reader has canceled.
    """

    chunk_steps: Callable[[object], None]
    close_steps: Callable[[], None]
    error_steps: Callable[[BaseException], None]


class StreamReader(Protocol):
    """Streams: ReadableStreamDefaultReader. Its methods are called on the event loop's thread."""

    def read_a_chunk(self, request: ReadRequest) -> None:
        """Read a chunk, and call one of the request's steps later. At most one request is pending at a time."""

    def cancel(self) -> None:
        """Cancel the stream: read no more of it, and drop a request that is pending. Never raises."""


@runtime_checkable
class ReadableStream(Protocol):
    """Streams: ReadableStream."""

    @property
    def locked(self) -> bool:
        """Whether the stream has a reader."""

    @property
    def disturbed(self) -> bool:
        """Whether the stream has been read from or canceled."""

    def get_a_reader(self) -> StreamReader:
        """Make a reader, to which the stream is locked from now on."""


#: The streams that exposed methods accept.
StreamOfBytes: TypeAlias = ReadableStream | AsyncIterable[BufferSource]


def readable_stream(value: object) -> ReadableStream | None:
    """``value`` as a ReadableStream, or None if it is neither a ReadableStream nor an asynchronous iterable.

    Raises RuntimeError if ``value`` is an asynchronous iterable and no asyncio loop is running.
    """
    if isinstance(value, ReadableStream):
        return value
    if isinstance(value, AsyncIterable):
        return _IterableStream(cast("AsyncIterable[object]", value), asyncio.get_running_loop())
    return None


class _IterableStream:
    """A ReadableStream made of an asynchronous iterable. Exceptions of the iterable are errors of the stream."""

    def __init__(self, iterable: AsyncIterable[object], loop: asyncio.AbstractEventLoop) -> None:
        self._iterable = iterable
        self._loop = loop

    @property
    def locked(self) -> bool:
        """Whether an asynchronous generator is running at this moment. Other iterables don't tell."""
        return isasyncgen(self._iterable) and self._iterable.ag_running

    @property
    def disturbed(self) -> bool:
        """Whether an asynchronous generator has ended. Other iterables don't tell."""
        return isasyncgen(self._iterable) and self._iterable.ag_frame is None

    def get_a_reader(self) -> StreamReader:
        return _IterableReader(aiter(self._iterable), self._loop)


class _IterableReader:
    """Reads an asynchronous iterator. Each chunk is read in an asyncio task of its own."""

    def __init__(self, iterator: AsyncIterator[object], loop: asyncio.AbstractEventLoop) -> None:
        self._iterator: Final = iterator
        self._loop: Final = loop
        self._canceled = False
        # asyncio keeps only weak references to its tasks.
        self._task: asyncio.Task[None] | None = None

    def read_a_chunk(self, request: ReadRequest) -> None:
        if self._canceled or self._loop.is_closed():
            return
        try:
            self._task = _new_task(self._loop, lambda: self._read(request))
        except Exception as reason:
            request.error_steps(reason)

    def cancel(self) -> None:
        if self._canceled or self._loop.is_closed():
            return
        self._canceled = True
        if self._task is not None and not self._task.done():
            self._task.cancel()
        reading = self._task
        try:
            self._task = _new_task(self._loop, lambda: self._close(reading))
        except Exception as exception:
            self._report(exception)

    async def _read(self, request: ReadRequest) -> None:
        """Read a chunk, and call the request's steps for the outcome, which may be any exception."""
        try:
            chunk = await anext(self._iterator)
        except StopAsyncIteration:
            request.close_steps()
        except BaseException as reason:
            if self._canceled or not self._is_running():
                # The exception ends the reading task itself: cancel() was called, or asyncio drops the task.
                raise
            if self._is_cancelled_by_others():
                # asyncio.run() cancels all tasks before it closes the loop. At that time no program looks at promises,
                # and asyncio would log their rejection. So the steps wait, and run only if the loop goes on.
                self._loop.call_later(_GRACE_SECONDS, request.error_steps, reason)
            else:
                request.error_steps(reason)
            if isinstance(reason, KeyboardInterrupt | SystemExit):
                raise
        else:
            request.chunk_steps(chunk)

    def _is_running(self) -> bool:
        """Whether the running code belongs to the last task. When a task is dropped, its code runs outside of it."""
        return asyncio._get_running_loop() is self._loop and asyncio.current_task() is self._task

    def _is_cancelled_by_others(self) -> bool:
        """Whether the program, and not this reader, has cancelled the reading task."""
        return self._task is not None and self._task.cancelling() > 0

    async def _close(self, reading: asyncio.Task[None] | None) -> None:
        """Have a generator run its ``finally`` blocks. An exception that it raises is reported to the asyncio loop."""
        if reading is not None:
            await asyncio.wait([reading])
        close = getattr(self._iterator, "aclose", None)
        if close is None:
            return
        try:
            await close()
        except (Exception, asyncio.CancelledError, GeneratorExit) as exception:
            if not self._is_running():
                # Nothing has failed: the task is dropped.
                raise
            self._report(exception)

    def _report(self, exception: BaseException) -> None:
        message = "Exception in closing a stream given to codecmodel"
        self._loop.call_exception_handler({"message": message, "exception": exception})


def _new_task(loop: asyncio.AbstractEventLoop, begin: Callable[[], _Work]) -> asyncio.Task[None]:
    """A task of the model's own, which Python drops without a word if the loop is closed before its end.

    asyncio.run() first cancels all tasks, and then lets the loop go on for some turns. Tasks that begin in these turns
    are dropped, and no program can do anything about that.
    """
    task = loop.create_task(_BegunLater(begin))
    with suppress(AttributeError):
        # A task factory may make tasks of another class.
        task._log_destroy_pending = False  # type: ignore[attr-defined]  # it is not declared
    return task


class _BegunLater(Coroutine[object, None, None]):
    """A coroutine that is made when it begins: Python complains about coroutines that never begin."""

    def __init__(self, begin: Callable[[], _Work]) -> None:
        self._begin = begin
        self._work: _Work | None = None

    def send(self, value: None) -> object:
        return self._begun().send(value)

    def throw(
        self,
        kind: type[BaseException] | BaseException,
        value: object = None,
        traceback: TracebackType | None = None,
    ) -> object:
        return self._begun().throw(kind if isinstance(kind, BaseException) else kind())

    def close(self) -> None:
        if self._work is not None:
            self._work.close()

    def __await__(self) -> Generator[object, None, None]:
        return self._begun().__await__()

    def _begun(self) -> _Work:
        if self._work is None:
            self._work = self._begin()
        return self._work
