"""The part of chapters 3 and 4 of the spec that is the same for AudioDecoder and VideoDecoder."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.codecs.codec import Codec, schedule_dequeue_event, signal_to_cease
from codecmodel.codecs.control_messages import (
    configure_control_message,
    flush_control_message,
    request_control_message,
)
from codecmodel.codecs.processing_model import Epoch, process_the_control_message_queue, queue_a_control_message
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.platform.codec_implementation import DecodedOutput, DecoderImplementation
from codecmodel.raw_media.resource_protocols import MediaResource
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise, reject
from codecmodel.web.webidl import invoke_callback

ConfigT = TypeVar("ConfigT")
ChunkT = TypeVar("ChunkT", EncodedAudioChunk, EncodedVideoChunk)
OutputT = TypeVar("OutputT", bound=DecodedOutput[MediaResource])
ExposedT = TypeVar("ExposedT")


class Decoder(Codec[ConfigT, ChunkT, OutputT], Generic[ConfigT, ChunkT, OutputT, ExposedT]):
    """The slots, methods and algorithms that both decoders have, and the steps in which they differ.

    ``ExposedT`` is the type of the objects that the output callback gets.
    """

    #: [[output callback]]
    _output_callback: Callable[[ExposedT], None]
    #: [[key chunk required]]
    _key_chunk_required: bool

    _codec_implementation: DecoderImplementation[ConfigT, OutputT] | None
    _request = "decode"

    def __init__(self) -> None:
        super().__init__()
        # Not in the spec: the configuration that decode() is called under, by which key chunks are inspected.
        self._newest_config: ConfigT | None = None

    @property
    def decodeQueueSize(self) -> int:
        """The number of requests to decode that the codec has not accepted yet."""
        return self._queue_size

    @algorithm("dom-audiodecoder-configure", "dom-videodecoder-configure")
    def configure(self, config: ConfigT) -> None:
        """Decode the chunks that follow as ``config`` says (§ 3.5, § 4.5).

        Raises TypeError if the configuration is invalid, and InvalidStateError if the decoder is closed. An unsupported
        configuration closes the decoder with NotSupportedError, which the error callback gets.
        """
        self._require_own_thread()
        config = self._converted(config)
        # 1. Refuse an invalid configuration.
        if not self._is_valid(config):
            raise TypeError(f"not a valid configuration: {self._why_not_valid(config)}")
        # 2. A closed decoder stays closed.
        if self._state == "closed":
            raise DOMException("the codec is closed", "InvalidStateError")
        # 3. From now on the program sees a configured decoder.
        self._state = "configured"
        # 4. Decoding has to begin with a key chunk.
        self._key_chunk_required = True
        clone = self._newest_config = self._clone(config)
        # 5. Queue a message to configure the implementation.
        queue_a_control_message(self, "configure", partial(configure_control_message, self, clone))
        # 6. Process it, unless it has to wait.
        process_the_control_message_queue(self)

    @algorithm("dom-audiodecoder-decode", "dom-videodecoder-decode")
    def decode(self, chunk: ChunkT) -> None:
        """Queue ``chunk`` for decoding (§ 3.5, § 4.5). Video frames come out in the order of presentation.

        Raises InvalidStateError unless the decoder is configured, and DataError if a key chunk is required and this is
        none. Broken data closes the decoder with EncodingError, which the error callback gets.
        """
        self._require_own_thread()
        if not isinstance(chunk, self._chunk_interface):
            raise TypeError(f"chunk is not an {self._chunk_interface.__name__}: {chunk!r}")
        # 1. Only a configured decoder decodes.
        if self._state != "configured":
            raise DOMException(f"the codec is {self._state}", "InvalidStateError")
        # 2. If a key chunk is required:
        if self._key_chunk_required:
            # 2.1. The chunk must say that it is one.
            if chunk._type != "key":
                raise DOMException("a key chunk is required after configure() and flush()", "DataError")
            # 2.2. Its data must not contradict that.
            if self._is_key_chunk(chunk._internal_data) is False:
                raise DOMException("the chunk's type is key, but its data is not a key frame", "DataError")
            # 2.3. The next chunk may be any.
            self._key_chunk_required = False
        # 3. There is one more request in the queue.
        self._queue_size += 1
        # 4. Queue a message to decode the chunk.
        queue_a_control_message(self, "decode", partial(request_control_message, self, chunk, chunk), chunk)
        # 5. Process it, unless it has to wait.
        process_the_control_message_queue(self)

    @algorithm("dom-audiodecoder-flush", "dom-videodecoder-flush")
    def flush(self) -> Promise[None]:
        """Have every chunk so far decoded and output. The promise is resolved after that (§ 3.5, § 4.5).

        It is rejected with InvalidStateError unless the decoder is configured, with AbortError by reset() and close(),
        and otherwise with the error that closes the decoder.
        """
        self._require_own_thread()
        promise: Promise[None] = self._event_loop.new_promise()
        # 1. Only a configured decoder can be flushed.
        if self._state != "configured":
            reject(promise, DOMException(f"the codec is {self._state}", "InvalidStateError"))
            return promise
        # 2. After the flush, decoding has to begin with a key chunk.
        self._key_chunk_required = True
        # 3. n/a: the promise was made above.
        # 4. The promise is pending.
        self._pending_flush_promises.append(promise)
        # 5. Queue a message to flush the implementation.
        queue_a_control_message(self, "flush", partial(flush_control_message, self, promise))
        # 6. Process it, unless it has to wait.
        process_the_control_message_queue(self)
        # 7. Return the promise.
        return promise

    def _prepare(self, chunk: ChunkT) -> None:
        implementation = self._codec_implementation
        assert implementation is not None, "a codec is released after all other work"
        implementation.prepare(chunk._internal_data)

    def _process(self, chunk: ChunkT) -> Sequence[OutputT]:
        implementation = self._codec_implementation
        assert implementation is not None, "a codec is released after all other work"
        return implementation.decode(chunk._internal_data, chunk._timestamp, chunk._duration)

    @algorithm("output-audiodata", "output-videoframes")
    def _output(self, epoch: Epoch, outputs: Sequence[OutputT]) -> None:
        """Output AudioData, and Output VideoFrames."""
        remaining = iter(outputs)
        try:
            # 1. For each output:
            for output in remaining:
                # Not in the spec: after a reset nothing of the old configuration is output.
                if epoch.ceased:
                    output.resource.release()
                    continue
                # Make the object that the program gets: see the steps of _exposed.
                exposed = self._exposed(output)
                # output-audiodata: 1.2. Call the output callback with it.
                # output-videoframes: 1.8.
                self._call_back(invoke_callback, self._event_loop, self._output_callback, exposed)
        finally:
            # Not in the spec: if an exception has ended the loop, the remaining outputs are released.
            for output in remaining:
                output.resource.release()

    @algorithm("reset-audiodecoder", "reset-videodecoder")
    def _reset(self, exception: DOMException) -> None:
        """Reset AudioDecoder, and Reset VideoDecoder."""
        # 1. A closed decoder cannot be reset.
        if self._state == "closed":
            raise DOMException("the codec is closed", "InvalidStateError")
        # 2. It has no configuration from now on.
        self._state = "unconfigured"
        # 3. Tell the implementation that its outputs are no longer wanted.
        signal_to_cease(self)
        # 4. Drop the messages that have been waiting.
        self._control_message_queue.clear()
        # 5. If there were requests among them:
        if self._queue_size > 0:
            # 5.1. There are none any more.
            self._queue_size = 0
            # 5.2. Schedule the event that says so.
            schedule_dequeue_event(self)
        # 6. For each pending flush:
        for promise in list(self._pending_flush_promises):
            # 6.1. Reject its promise.
            reject(promise, exception)
            # 6.2. The promise is no longer pending.
            self._pending_flush_promises.remove(promise)

    # The steps in which they differ

    #: The interface of the chunks that decode() takes.
    _chunk_interface: type[ChunkT]

    def _is_key_chunk(self, data: bytes) -> bool | None:
        """Whether the data is truly a key chunk, or None if inspection cannot tell."""
        raise NotImplementedError

    def _exposed(self, output: OutputT) -> ExposedT:
        """The object that the output callback gets for ``output``."""
        raise NotImplementedError
