"""The algorithms that chapters 3 and 4 of the spec spell out alike for AudioDecoder and VideoDecoder.

Those that encoders have, too, are in codecmodel.codecs.control_messages. As there, what differs is in the methods that
Decoder declares and each interface defines.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.codecs.control_messages import (
    ConfigurableCodec,
    configure_control_message,
    flush_control_message,
    request_control_message,
    signal_to_cease,
)
from codecmodel.codecs.processing_model import (
    Epoch,
    process_the_control_message_queue,
    queue_a_control_message,
    schedule_dequeue_event,
)
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.platform.codec_implementation import DecodedOutput, DecoderImplementation
from codecmodel.raw_media.resource_protocols import MediaResource
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise, reject

ConfigT = TypeVar("ConfigT")
OutputT = TypeVar("OutputT", bound=DecodedOutput[MediaResource])
ExposedT = TypeVar("ExposedT")


class Decoder(ConfigurableCodec[ConfigT, OutputT], Generic[ConfigT, OutputT, ExposedT]):
    """The slots that both decoders have, and the steps in which they differ."""

    _request = "decode"
    _codec_implementation: DecoderImplementation[ConfigT, OutputT] | None

    def __init__(self, output: Callable[[ExposedT], None], error: Callable[[DOMException], None]) -> None:
        super().__init__(error)
        #: [[output callback]]
        self._output_callback = output
        #: [[key chunk required]]
        self._key_chunk_required = True
        # Not from the spec: the configuration that the next decode() is meant for, to inspect key chunks by.
        self._newest_config: ConfigT | None = None

    def _is_key_chunk(self, data: bytes) -> bool | None:
        """Whether the data is truly a key chunk, or None if inspection can't tell."""
        raise NotImplementedError

    def _expose(self, output: OutputT) -> ExposedT:
        """The object that the output callback gets for ``output``."""
        raise NotImplementedError

    def _decode(self, chunk: EncodedAudioChunk | EncodedVideoChunk) -> Sequence[OutputT]:
        """Have the codec implementation decode, on the work queue."""
        implementation = self._codec_implementation
        assert implementation is not None, "a codec is released after all other work"
        return implementation.decode(chunk._internal_data, chunk._timestamp, chunk._duration)

    def _output(self, epoch: Epoch, outputs: Sequence[OutputT]) -> None:
        output_all(self, epoch, outputs)

    def _reset(self, exception: DOMException) -> None:
        reset(self, exception)


@algorithm("dom-audiodecoder-configure", "dom-videodecoder-configure")
def configure(decoder: Decoder[ConfigT, OutputT, ExposedT], config: ConfigT, is_valid: bool) -> None:
    """configure(config): the method steps."""
    # 1. An invalid configuration.
    if not is_valid:
        raise TypeError(f"not a valid configuration: {config}")
    # 2. A closed codec.
    if decoder._state == "closed":
        raise DOMException("the codec is closed", "InvalidStateError")
    # 3.
    decoder._state = "configured"
    # 4.
    decoder._key_chunk_required = True
    decoder._newest_config = config
    # 5. Queue the message.
    queue_a_control_message(decoder, "configure", lambda: configure_control_message(decoder, config))
    # 6.
    process_the_control_message_queue(decoder)


@algorithm("dom-audiodecoder-decode", "dom-videodecoder-decode")
def decode(decoder: Decoder[ConfigT, OutputT, ExposedT], chunk: EncodedAudioChunk | EncodedVideoChunk) -> None:
    """decode(chunk): the method steps."""
    # 1. Only a configured codec decodes.
    if decoder._state != "configured":
        raise DOMException(f"the codec is {decoder._state}", "InvalidStateError")
    # 2. If a key chunk is required,
    if decoder._key_chunk_required:
        # 2.1. the chunk must say that it is one,
        if chunk._type != "key":
            raise DOMException("a key chunk is required after configure() and flush()", "DataError")
        # 2.2. and be one.
        if decoder._is_key_chunk(chunk._internal_data) is False:
            raise DOMException("the chunk's type is key, but its data is not a key frame", "DataError")
        # 2.3.
        decoder._key_chunk_required = False
    # 3.
    decoder._queue_size += 1
    # 4. Queue the message.
    queue_a_control_message(decoder, "decode", lambda: request_control_message(decoder, chunk, decoder._decode), chunk)
    # 5.
    process_the_control_message_queue(decoder)


@algorithm("dom-audiodecoder-flush", "dom-videodecoder-flush")
def flush(decoder: Decoder[ConfigT, OutputT, ExposedT]) -> Promise[None]:
    """flush(): the method steps."""
    promise: Promise[None] = decoder._event_loop.new_promise()
    # 1. Only a configured codec can be flushed.
    if decoder._state != "configured":
        reject(promise, DOMException(f"the codec is {decoder._state}", "InvalidStateError"))
        return promise
    # 2.
    decoder._key_chunk_required = True
    # 3. n/a: made above.
    # 4.
    decoder._pending_flush_promises.append(promise)
    # 5. Queue the message.
    queue_a_control_message(decoder, "flush", lambda: flush_control_message(decoder, promise))
    # 6.
    process_the_control_message_queue(decoder)
    # 7.
    return promise


@algorithm("output-audiodata", "output-videoframes")
def output_all(
    decoder: Decoder[ConfigT, OutputT, ExposedT],
    epoch: Epoch,
    outputs: Sequence[OutputT],
) -> None:
    """Output AudioData, and Output VideoFrames."""
    # 1. For each output,
    for output in outputs:
        # Not from the spec: after a reset nothing of the old configuration is output.
        if epoch.ceased:
            output.resource.release()
            continue
        # Make the exposed object: see the steps of _expose.
        exposed = decoder._expose(output)
        # output-audiodata: 1.2. and hand it out.
        # output-videoframes: 1.8.
        decoder._call_back(decoder._output_callback, exposed)


@algorithm("reset-audiodecoder", "reset-videodecoder")
def reset(decoder: Decoder[ConfigT, OutputT, ExposedT], exception: DOMException) -> None:
    """Reset AudioDecoder, and Reset VideoDecoder."""
    # 1. A closed codec.
    if decoder._state == "closed":
        raise DOMException("the codec is closed", "InvalidStateError")
    # 2.
    decoder._state = "unconfigured"
    # 3.
    signal_to_cease(decoder)
    # 4.
    decoder._control_message_queue.clear()
    # 5. If decode requests are pending,
    if decoder._queue_size > 0:
        # 5.1.
        decoder._queue_size = 0
        # 5.2.
        schedule_dequeue_event(decoder)
    # 6. For each pending flush,
    for promise in list(decoder._pending_flush_promises):
        # 6.1.
        reject(promise, exception)
        # 6.2.
        decoder._pending_flush_promises.remove(promise)
