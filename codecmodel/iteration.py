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
from contextlib import aclosing
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
_MOST_OUTPUTS: Final = 4
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


def blocking(iterator: AsyncIterator[T], *, ahead: int = 0) -> Generator[T, None, None]:
    """The items of an asynchronous iterator, which runs on an event loop of its own in a thread.

    The iterator must not have begun. It makes up to ``ahead`` items before the program asks for them, so that the two
    threads need not wait for each other at every item; frames and AudioData among them are closed if the program never
    takes them. The thread ends with the iteration, also if that is left early. Raises ValueError if ``ahead`` is
    negative.
    """
    if ahead < 0:
        raise ValueError(f"an iterator cannot be {ahead} items ahead")
    return _blocking(iterator, ahead)


def _blocking(iterator: AsyncIterator[T], ahead: int) -> Generator[T, None, None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="codecmodel iteration", daemon=True)
    thread.start()
    making = _Making(iterator)
    # The number of items that may be made, and of which the loop has yet to be told.
    allowed = ahead
    try:
        asyncio.run_coroutine_threadsafe(making.make(), loop)
        while True:
            allowed += 1
            if allowed > ahead // 2:
                loop.call_soon_threadsafe(making.allow, allowed)
                allowed = 0
            item = making.items.get()
            if not item:
                making.raise_error()
                return
            yield item.pop()
    finally:
        asyncio.run_coroutine_threadsafe(making.end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Making(Generic[T]):
    """The making of items on an event loop, for another thread. That one uses ``items`` and ``raise_error()``."""

    def __init__(self, iterator: AsyncIterator[T]) -> None:
        #: Each item in a list, so that the queue does not keep it alive. An empty list follows the last one.
        self.items: SimpleQueue[list[T]] = SimpleQueue()
        self._iterator = iterator
        self._allowed = 0
        self._may_go_on = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._error: BaseException | None = None

    def allow(self, count: int) -> None:
        """Let so many more items be made."""
        self._allowed += count
        self._may_go_on.set()

    async def make(self) -> None:
        """Make items as long as more are allowed, and wait otherwise."""
        self._task = asyncio.current_task()
        try:
            while True:
                while not self._allowed:
                    self._may_go_on.clear()
                    await self._may_go_on.wait()
                self._allowed -= 1
                self.items.put([await anext(self._iterator)])
        except StopAsyncIteration:
            pass
        except BaseException as error:
            # The program gets it, as all that the iterator raises.
            self._error = error
        finally:
            self.items.put([])

    def raise_error(self) -> None:
        """Raise the exception that has ended the iterator, if any."""
        error, self._error = self._error, None
        try:
            if error is not None:
                raise error
        finally:
            # An exception and a frame that refers to it would be garbage for the collector.
            del error

    async def end(self) -> None:
        """Make no more items, end the iterator, and close the items that were not taken."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if isinstance(self._iterator, AsyncGenerator):
            await self._iterator.aclose()
        while not self.items.empty():
            for item in self.items.get():
                _close(item)
