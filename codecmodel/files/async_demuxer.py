"""Not in the spec: containers whose bytes come from an asynchronous iterator, as from a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Collection, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Final, Generic, Self, TypeVar, cast, overload

from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.files.demuxer import Demuxer
from codecmodel.files.tracks import AudioTrack, DemuxedChunk, VideoTrack

#: The most bytes that are taken from a StreamReader at once.
_PIECE: Final = 1 << 16

T = TypeVar("T")


class AsyncDemuxer:
    """A Demuxer that reads from an asynchronous iterator of bytes, in any pieces, when chunks are requested.

    An ``asyncio.StreamReader`` is read as bytes arrive, not line by line.

    It is an asynchronous context manager. The container is read in a thread, which waits for bytes without keeping the
    event loop waiting. The format must need no seeking: an MP4 file has to begin with its movie box, or be fragmented.
    Raises MediaFileError as Demuxer does, TypeError for other sources, and the exceptions of the iterator.
    """

    def __init__(self, source: AsyncIterable[bytes]) -> None:
        if not isinstance(source, AsyncIterable):
            raise TypeError(
                f"AsyncDemuxer reads from an asynchronous iterator of bytes, not from {type(source).__name__}; "
                "Demuxer reads from a path, bytes or a binary file object"
            )
        self._source = _pieces(source) if isinstance(source, asyncio.StreamReader) else source
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="codecmodel demuxer")
        self._reader: _Reader | None = None
        self._demuxer: Demuxer | None = None

    async def __aenter__(self) -> Self:
        self._reader = reader = _Reader(self._source, asyncio.get_running_loop())
        try:
            opening = asyncio.get_running_loop().run_in_executor(self._thread, Demuxer, cast("BinaryIO", reader))
            self._demuxer = await opening
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop reading, and close the iterator if it is a generator. A second call has no effect."""
        if self._reader is not None:
            self._reader.abort()
        # The thread ends its current step first.
        await asyncio.to_thread(self._thread.shutdown)
        if self._demuxer is not None:
            self._demuxer.close()
        if isinstance(self._source, AsyncGenerator):
            await self._source.aclose()

    @property
    def demuxer(self) -> Demuxer:
        """The Demuxer, which tells more of the file. Its chunks are read through this object alone."""
        if self._demuxer is None:
            raise RuntimeError("an AsyncDemuxer is opened with 'async with'")
        return self._demuxer

    @property
    def tracks(self) -> list[AudioTrack | VideoTrack]:
        """All tracks."""
        return self.demuxer.tracks

    @property
    def audio_track(self) -> AudioTrack:
        """The first audio track. Raises MediaFileError if there is none."""
        return self.demuxer.audio_track

    @property
    def video_track(self) -> VideoTrack:
        """The first video track. Raises MediaFileError if there is none."""
        return self.demuxer.video_track

    def chunks(self, indexes: Collection[int]) -> AsyncIterator[DemuxedChunk]:
        """The chunks of the tracks with these indexes, as those of Demuxer.chunks()."""
        return _Steps(self._thread, self.demuxer.chunks(indexes))

    @overload
    def chunks_of(self, track: AudioTrack) -> AsyncIterator[EncodedAudioChunk]: ...
    @overload
    def chunks_of(self, track: VideoTrack) -> AsyncIterator[EncodedVideoChunk]: ...
    def chunks_of(self, track: AudioTrack | VideoTrack) -> AsyncIterator[EncodedAudioChunk | EncodedVideoChunk]:
        """The chunks of one track, as those of Demuxer.chunks_of()."""
        return _Steps(self._thread, (demuxed.chunk for demuxed in self.demuxer._whole_chunks(track.index)))


async def _pieces(reader: asyncio.StreamReader) -> AsyncGenerator[bytes, None]:
    while piece := await reader.read(_PIECE):
        yield piece


class _Steps(Generic[T]):
    """An asynchronous iterator whose steps are those of an iterator, taken in a thread."""

    def __init__(self, thread: ThreadPoolExecutor, iterator: Iterator[T]) -> None:
        self._thread = thread
        self._iterator = iterator

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        items = await asyncio.get_running_loop().run_in_executor(self._thread, self._step)
        if not items:
            raise StopAsyncIteration
        return items[0]

    def _step(self) -> list[T]:
        """The next item in a list, which is empty at the end."""
        for item in self._iterator:
            return [item]
        return []


class _Reader:
    """A file object that cannot seek. Its bytes come from an asynchronous iterator, whose event loop runs elsewhere."""

    name = "the stream"

    def __init__(self, source: AsyncIterable[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._iterator = aiter(source)
        self._loop = loop
        self._data = b""
        self._pending: Future[bytes | None] | None = None
        self._is_aborted = False

    def seekable(self) -> bool:
        return False

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes, none only at the end. Waits for them in the calling thread."""
        while not self._data:
            self._pending = asyncio.run_coroutine_threadsafe(self._next(), self._loop)
            if self._is_aborted:
                self._pending.cancel()
            data = self._pending.result()
            if data is None:
                return b""
            self._data = data
        part, self._data = self._data[:size], self._data[size:]
        return part

    def abort(self) -> None:
        """End a read() that waits, and all that follow, with CancelledError."""
        self._is_aborted = True
        if self._pending is not None:
            with suppress(CancelledError):
                self._pending.cancel()

    async def _next(self) -> bytes | None:
        """The next bytes, None at the end."""
        try:
            return bytes(await anext(self._iterator))
        except StopAsyncIteration:
            return None
