"""The algorithms that chapters 5 and 6 of the spec spell out alike for AudioEncoder and VideoEncoder.

Those that decoders have, too, are in codecmodel.codecs.control_messages. What differs is in the methods that Encoder
declares and each interface defines.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.codecs.control_messages import ConfigurableCodec, flush_control_message, signal_to_cease
from codecmodel.codecs.processing_model import (
    process_the_control_message_queue,
    queue_a_control_message,
    schedule_dequeue_event,
)
from codecmodel.platform.codec_implementation import EncoderImplementation
from codecmodel.raw_media.media_resource import ResourceReference
from codecmodel.raw_media.resource_protocols import MediaResource
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise, reject

ConfigT = TypeVar("ConfigT")
InputT = TypeVar("InputT")
OutputT = TypeVar("OutputT")
OutputConfigT = TypeVar("OutputConfigT")
ResourceT = TypeVar("ResourceT", bound=MediaResource)


class Encoder(ConfigurableCodec[ConfigT, OutputT], Generic[ConfigT, InputT, OutputT, OutputConfigT]):
    """The slots that both encoders have, and the steps in which they differ."""

    _request = "encode"
    _codec_implementation: EncoderImplementation[ConfigT, InputT, OutputT] | None

    def __init__(self, error: Callable[[DOMException], None]) -> None:
        super().__init__(error)
        #: [[active encoder config]]
        self._active_encoder_config: ConfigT | None = None
        #: [[active output config]]
        self._active_output_config: OutputConfigT | None = None

    def _activate(self, config: ConfigT) -> None:
        self._active_encoder_config = config

    def _encode(self, input: InputT, reference: ResourceReference[ResourceT]) -> Sequence[OutputT]:
        """Have the codec implementation encode, on the work queue, a clone that nobody else has, by its reference.

        That is released afterwards, so the clone need not be closed as well.
        """
        implementation = self._codec_implementation
        assert implementation is not None, "a codec is released after all other work"
        try:
            return implementation.encode(input)
        finally:
            reference.release()

    def _reset(self, exception: DOMException) -> None:
        reset(self, exception)


@algorithm("dom-audioencoder-flush", "dom-videoencoder-flush")
def flush(encoder: Encoder[ConfigT, InputT, OutputT, OutputConfigT]) -> Promise[None]:
    """flush(): the method steps."""
    promise: Promise[None] = encoder._event_loop.new_promise()
    # 1. Only a configured codec can be flushed.
    if encoder._state != "configured":
        reject(promise, DOMException(f"the codec is {encoder._state}", "InvalidStateError"))
        return promise
    # 2. n/a: made above.
    # 3.
    encoder._pending_flush_promises.append(promise)
    # 4. Queue the message.
    queue_a_control_message(encoder, "flush", lambda: flush_control_message(encoder, promise))
    # 5.
    process_the_control_message_queue(encoder)
    # 6.
    return promise


@algorithm("reset-audioencoder", "reset-videoencoder")
def reset(encoder: Encoder[ConfigT, InputT, OutputT, OutputConfigT], exception: DOMException) -> None:
    """Reset AudioEncoder, and Reset VideoEncoder."""
    # 1. A closed codec.
    if encoder._state == "closed":
        raise DOMException("the codec is closed", "InvalidStateError")
    # 2.
    encoder._state = "unconfigured"
    # 3.
    encoder._active_encoder_config = None
    # 4.
    encoder._active_output_config = None
    # 5.
    signal_to_cease(encoder)
    # 6. The clones that wait to be encoded go with the messages.
    encoder._control_message_queue.clear()
    # 7. If encode requests are pending,
    if encoder._queue_size > 0:
        # 7.1.
        encoder._queue_size = 0
        # 7.2.
        schedule_dequeue_event(encoder)
    # 8. For each pending flush,
    for promise in list(encoder._pending_flush_promises):
        # 8.1.
        reject(promise, exception)
        # 8.2.
        encoder._pending_flush_promises.remove(promise)
