"""Not in the spec: codecs as iterators.

``async for frame in decoded_video(config, chunks)`` decodes as fast as the frames are taken, so that only a few frames
wait. An error of the codec is raised by the iteration. When an iteration ends early, its codec is closed, and so are
the frames that wait. Frames that were taken belong to the program, which closes them.

``mapped`` calls a function with each item on threads, such as a conversion of frames, some items ahead of the program.
``blocking`` makes an ordinary iterator of each of these, for programs without an event loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterable
from contextlib import aclosing, suppress
from contextvars import copy_context
from functools import partial
from itertools import count
from queue import SimpleQueue
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

from codecmodel.codecs.audio_decoder import AudioDecoder
from codecmodel.codecs.audio_encoder import AudioEncoder
from codecmodel.codecs.chunk_metadata import EncodedAudioChunkMetadata, EncodedVideoChunkMetadata
from codecmodel.codecs.video_decoder import VideoDecoder
from codecmodel.codecs.video_encoder import VideoEncoder
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.image_decoding.image_decoder import ImageDecoder
from codecmodel.image_decoding.image_decoder_init import ImageDecoderInit
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.web.errors import DOMException, RangeError
from codecmodel.web.events import Event

__all__ = ["blocking", "decoded_audio", "decoded_image", "decoded_video", "encoded_audio", "encoded_video", "mapped"]

#: The most requests that wait in the codec's queue, beyond those that it has accepted.
_MOST_REQUESTS: Final = 8
#: The most outputs that wait for the program while the codec is given more. Few of them are still in the processor's
#: cache when the program takes them, and the codec works while the program does.
_MOST_OUTPUTS: Final = 3
#: Turns of the event loop in which the error callback follows a rejected flush().
_TURNS: Final = 3

T = TypeVar("T")
InputT = TypeVar("InputT")
OutputT = TypeVar("OutputT")
MediaT = TypeVar("MediaT", VideoFrame, AudioData)
#: An iterable, of either kind.
AnyIterable: TypeAlias = Iterable[T] | AsyncIterable[T]
#: A chunk, and the metadata that came with it.
EncodedVideo: TypeAlias = tuple[EncodedVideoChunk, EncodedVideoChunkMetadata]
EncodedAudio: TypeAlias = tuple[EncodedAudioChunk, EncodedAudioChunkMetadata]


def decoded_video(
    config: VideoDecoderConfig, chunks: AnyIterable[EncodedVideoChunk]
) -> AsyncGenerator[VideoFrame, None]:
    """The frames that the chunks are decoded to. Raises DOMException, as the methods of VideoDecoder do."""
    work: _Work[EncodedVideoChunk, VideoFrame] = _Work()

    def begin() -> _Codec:
        decoder = VideoDecoder({"output": work.output, "error": work.fail})
        # Where chunks come one by one, their frames are not held back.
        decoder._chunks_are_at_hand = not isinstance(chunks, AsyncIterable)
        decoder.configure(config)
        work.put, work.queue_size = decoder.decode, lambda: decoder.decodeQueueSize
        return decoder

    return _iterate(work, begin, chunks)


def decoded_audio(
    config: AudioDecoderConfig, chunks: AnyIterable[EncodedAudioChunk]
) -> AsyncGenerator[AudioData, None]:
    """The samples that the chunks are decoded to. Raises DOMException, as the methods of AudioDecoder do."""
    work: _Work[EncodedAudioChunk, AudioData] = _Work()

    def begin() -> _Codec:
        decoder = AudioDecoder({"output": work.output, "error": work.fail})
        decoder.configure(config)
        work.put, work.queue_size = decoder.decode, lambda: decoder.decodeQueueSize
        return decoder

    return _iterate(work, begin, chunks)


async def decoded_image(init: ImageDecoderInit) -> AsyncGenerator[VideoFrame, None]:
    """The frames of an image file, which is animated or not: those of the track that is selected at first.

    They come as soon as their data has arrived. Raises TypeError if ``init`` is not valid, DOMException as the promises
    of ImageDecoder do.
    """
    with ImageDecoder(init) as decoder:
        await decoder.tracks.ready
        for index in count():
            try:
                result = await decoder.decode({"frameIndex": index})
            except RangeError:
                # There is no further frame.
                return
            yield result["image"]


def encoded_video(config: VideoEncoderConfig, frames: AnyIterable[VideoFrame]) -> AsyncGenerator[EncodedVideo, None]:
    """The chunks that the frames are encoded to, and their metadata. The frames are closed.

    Raises DOMException, as the methods of VideoEncoder do.
    """
    work: _Work[VideoFrame, EncodedVideo] = _Work()

    def begin() -> _Codec:
        encoder = VideoEncoder({"output": lambda chunk, metadata: work.output((chunk, metadata)), "error": work.fail})
        encoder.configure(config)
        work.put, work.queue_size = _closing(encoder.encode), lambda: encoder.encodeQueueSize
        return encoder

    return _iterate(work, begin, frames)


def encoded_audio(config: AudioEncoderConfig, data: AnyIterable[AudioData]) -> AsyncGenerator[EncodedAudio, None]:
    """The chunks that the samples are encoded to, and their metadata. The AudioData is closed.

    Raises DOMException, as the methods of AudioEncoder do.
    """
    work: _Work[AudioData, EncodedAudio] = _Work()

    def begin() -> _Codec:
        encoder = AudioEncoder({"output": lambda chunk, metadata: work.output((chunk, metadata)), "error": work.fail})
        encoder.configure(config)
        work.put, work.queue_size = _closing(encoder.encode), lambda: encoder.encodeQueueSize
        return encoder

    return _iterate(work, begin, data)


def mapped(
    items: AnyIterable[InputT], function: Callable[[InputT], OutputT], *, ahead: int = 2
) -> AsyncGenerator[OutputT, None]:
    """``function(item)`` of each item, in order. The calls run on threads while items are made and the program works.

    At most ``ahead`` calls run, or have results that are not taken yet. A frame or AudioData is closed after its call.
    The first exception of a call or of the items ends the iteration. Raises ValueError if ``ahead`` is less than 1.
    """
    if ahead < 1:
        raise ValueError(f"a call at a time is the least, not {ahead} calls")
    return _mapped(items, function, ahead)


async def _mapped(
    items: AnyIterable[InputT], function: Callable[[InputT], OutputT], ahead: int
) -> AsyncGenerator[OutputT, None]:
    def call(item: InputT) -> OutputT:
        try:
            return function(item)
        finally:
            _close(item)

    loop = asyncio.get_running_loop()
    calls: deque[asyncio.Future[OutputT]] = deque()
    try:
        async with aclosing(_each(items)) as each:
            async for item in each:
                calls.append(loop.run_in_executor(None, call, item))
                if len(calls) == ahead:
                    # Cancelling a wait cancels no call, which has an item to close.
                    await asyncio.wait([calls[0]])
                    yield calls.popleft().result()
        while calls:
            await asyncio.wait([calls[0]])
            yield calls.popleft().result()
    finally:
        for result in await asyncio.gather(*calls, return_exceptions=True):
            _close(result)


def _close(item: object) -> None:
    if isinstance(item, VideoFrame | AudioData):
        item.close()


def _closing(encode: Callable[[MediaT], None]) -> Callable[[MediaT], None]:
    """``encode``, which closes each frame or AudioData after the call, even if that raises an exception."""

    def put(media: MediaT) -> None:
        try:
            encode(media)
        finally:
            media.close()

    return put


class _Codec(Protocol):
    """The members that all four interfaces have."""

    ondequeue: Callable[[Event], object] | None

    @property
    def state(self) -> str: ...

    def flush(self) -> asyncio.Future[None]: ...

    def close(self) -> None: ...


class _Work(Generic[InputT, OutputT]):
    """A codec at work: the outputs that wait to be taken, and the error that has closed the codec."""

    #: Gives the codec something to do.
    put: Callable[[InputT], None]
    #: The number of requests that wait in the codec's queue.
    queue_size: Callable[[], int]

    def __init__(self) -> None:
        self.outputs: deque[OutputT] = deque()
        self.error: DOMException | None = None
        self._event = asyncio.Event()

    def output(self, output: OutputT) -> None:
        self.outputs.append(output)
        self._event.set()

    def fail(self, error: DOMException) -> None:
        self.error = error
        self._event.set()

    def wake(self, event: object = None) -> None:
        self._event.set()

    async def wait(self) -> None:
        """Wait for an output, an error, or room in the queue."""
        await self._event.wait()
        self._event.clear()

    def raise_error(self) -> None:
        if self.error is not None:
            raise self.error


async def _iterate(
    work: _Work[InputT, OutputT], begin: Callable[[], _Codec], inputs: AnyIterable[InputT]
) -> AsyncGenerator[OutputT, None]:
    codec = begin()
    codec.ondequeue = work.wake
    flush: asyncio.Future[None] | None = None
    try:
        async with aclosing(_each(inputs)) as each:
            async for item in each:
                if work.error is None:
                    work.put(item)
                else:
                    # The codec was closed while the item was made.
                    _close(item)
                while (
                    work.error is not None or len(work.outputs) >= _MOST_OUTPUTS or work.queue_size() >= _MOST_REQUESTS
                ):
                    if work.outputs:
                        yield work.outputs.popleft()
                    else:
                        work.raise_error()
                        await work.wait()
        flush = codec.flush()
        flush.add_done_callback(work.wake)
        while not flush.done() or work.outputs:
            while work.outputs:
                yield work.outputs.popleft()
            if not flush.done():
                await work.wait()
        if flush.exception() is not None:
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            work.raise_error()
        flush.result()
    finally:
        if flush is not None:
            flush.cancel()
        if codec.state != "closed":
            codec.close()
        for output in work.outputs:
            _close(output)


async def _each(inputs: AnyIterable[InputT]) -> AsyncGenerator[InputT, None]:
    """The inputs one by one. An iterable that is asynchronous is closed at the end, if it can be closed."""
    if isinstance(inputs, AsyncGenerator):
        async with aclosing(inputs):
            async for item in inputs:
                yield item
    elif isinstance(inputs, AsyncIterable):
        async for item in inputs:
            yield item
    else:
        for item in inputs:
            yield item
            # Let the codec deliver, and others work.
            await asyncio.sleep(0)


def blocking(iterator: AsyncIterator[T], *, ahead: int = 2) -> Generator[T, None, None]:
    """The items of an asynchronous iterator, which runs on an event loop of its own in a thread.

    The iterator must not have begun. While the program works on an item, the iterator makes up to ``ahead`` further
    ones. If items are small, more of them keep the two threads from waiting for each other. Frames and AudioData
    that the program never takes are closed. The thread ends with the iteration, also if that is left early. Raises
    ValueError if ``ahead`` is negative.
    """
    if ahead < 0:
        raise ValueError(f"an iterator cannot be {ahead} items ahead")
    return _blocking(iterator, ahead)


def _blocking(iterator: AsyncIterator[T], ahead: int) -> Generator[T, None, None]:
    taking = _Taking(_Making(iterator), ahead)
    try:
        taking.begin()
        while item := taking.next():
            yield item.pop()
        taking.making.raise_error()
    finally:
        taking.end()


class _Making(Generic[T]):
    """The making of items, on an event loop in a thread of its own. Only ``make()`` runs there.

    Each attribute that both threads use is written by one of them alone.
    """

    def __init__(self, iterator: AsyncIterator[T]) -> None:
        #: Each item in a list, so that the queue does not keep it alive. An empty list follows the last one.
        self.items: SimpleQueue[list[T]] = SimpleQueue()
        # The number of items that may have been made.
        self._allowed = 0
        self._is_ended = False
        self._iterator = iterator
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        # The exceptions that have ended the iterator, and that its end has raised.
        self._error: BaseException | None = None
        self._error_at_end: BaseException | None = None
        self._wake = asyncio.Event()

    def allow(self, count: int) -> None:
        """Let so many more items be made."""
        self._allowed += count
        self.look()

    def end(self) -> None:
        """Have the thread end the iterator, and itself. It may be called again."""
        self._is_ended = True
        self.look()

    def look(self) -> None:
        """Have the thread look at what it may do. It does so by itself when it begins."""
        loop = self._loop
        if loop is not None:
            # The loop is closed if all has been done.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        self._wake.set()
        task = self._task
        if self._is_ended and task is not None:
            # A step of the iterator may be under way. Only that is cancelled, and once.
            self._task = None
            task.cancel()

    async def make(self) -> None:
        """Make as many items as are allowed, and wait for more, until the iteration ends. Raises nothing."""
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        try:
            await self._make()
        except StopAsyncIteration:
            pass
        except BaseException as error:
            # The program gets it, as all that the iterator raises.
            self._error = error
        try:
            self._task = None
            if isinstance(self._iterator, AsyncGenerator):
                await self._iterator.aclose()
        except BaseException as error:
            self._error_at_end = error
        finally:
            self.items.put([])

    async def _make(self) -> None:
        made = 0
        while not self._is_ended:
            if made < self._allowed:
                self.items.put([await anext(self._iterator)])
                made += 1
            else:
                await self._wake.wait()
                self._wake.clear()

    def raise_error(self) -> None:
        """Raise the exception that has ended the iterator, if any. Called when there are no more items."""
        error, self._error = self._error, None
        _raise(error)

    def raise_error_at_end(self) -> None:
        """Raise the exception that the end of the iterator has raised, if any. Called when the thread has ended."""
        error, self._error_at_end = self._error_at_end, None
        _raise(error)


def _raise(error: BaseException | None) -> None:
    try:
        if error is not None:
            raise error
    finally:
        # An exception and a frame that refers to it would be garbage for the collector.
        del error


class _Taking(Generic[T]):
    """The program's side of a blocking iteration.

    When it goes, the thread ends, even if an interrupt has prevented ``end()``.
    """

    _can_finish_again: Final = True

    def __init__(self, making: _Making[T], ahead: int) -> None:
        self.making = making
        self._ahead = ahead
        # The number of items that may be made, and of which the thread has yet to hear.
        self._owed = ahead
        # The iterator runs in the program's context. The thread does not refer to this object, but only to the making.
        run = partial(copy_context().run, lambda: asyncio.run(making.make()))
        self._thread = threading.Thread(target=run, name="codecmodel iteration", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def next(self) -> list[T]:
        """The next item in a list, which is empty after the last one."""
        self._owed += 1
        if self._owed > self._ahead // 2:
            self.making.allow(self._owed)
            self._owed = 0
        return self.making.items.get()

    def end(self) -> None:
        """End the iterator and the thread, and close the items that were not taken."""
        making = self.making
        making.end()
        if self._thread.ident is not None:
            self._thread.join()
        while not making.items.empty():
            for item in making.items.get():
                _close(item)
        making.raise_error_at_end()

    def __del__(self) -> None:
        # An interrupt may have ended the constructor.
        if hasattr(self, "making"):
            self.making.end()
