"""The part of chapters 5 and 6 of the spec that is the same for AudioEncoder and VideoEncoder."""

from collections.abc import Mapping
from functools import partial
from typing import Generic, TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.codecs.codec import Codec, schedule_dequeue_event, signal_to_cease
from codecmodel.codecs.control_messages import flush_control_message
from codecmodel.codecs.processing_model import process_the_control_message_queue, queue_a_control_message
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise, reject

ConfigT = TypeVar("ConfigT")
MediaT = TypeVar("MediaT")
OutputT = TypeVar("OutputT")


class Encoder(Codec[ConfigT, MediaT, OutputT], Generic[ConfigT, MediaT, OutputT]):
    """The slots, methods and algorithms that both encoders have."""

    #: [[active encoder config]]
    _active_encoder_config: ConfigT | None
    #: [[active output config]]
    _active_output_config: Mapping[str, object] | None

    _request = "encode"

    @property
    def encodeQueueSize(self) -> int:
        """The number of requests to encode that the codec has not accepted yet."""
        return self._queue_size

    @algorithm("dom-audioencoder-flush", "dom-videoencoder-flush")
    def flush(self) -> Promise[None]:
        """Have everything so far encoded and output. The promise is resolved after that (§ 5.5, § 6.5).

        It is rejected with InvalidStateError unless the encoder is configured, with AbortError by reset() and close(),
        and otherwise with the error that closes the encoder.
        """
        self._require_own_thread()
        promise: Promise[None] = self._event_loop.new_promise()
        # 1. Only a configured encoder can be flushed.
        if self._state != "configured":
            reject(promise, DOMException(f"the codec is {self._state}", "InvalidStateError"))
            return promise
        # 2. n/a: the promise was made above.
        # 3. The promise is pending.
        self._pending_flush_promises.append(promise)
        # 4. Queue a message to flush the implementation.
        queue_a_control_message(self, "flush", partial(flush_control_message, self, promise))
        # 5. Process it, unless it has to wait.
        process_the_control_message_queue(self)
        # 6. Return the promise.
        return promise

    def _activate(self, config: ConfigT) -> None:
        self._active_encoder_config = config

    @algorithm("reset-audioencoder", "reset-videoencoder")
    def _reset(self, exception: DOMException) -> None:
        """Reset AudioEncoder, and Reset VideoEncoder."""
        # 1. A closed encoder cannot be reset.
        if self._state == "closed":
            raise DOMException("the codec is closed", "InvalidStateError")
        # 2. It has no configuration from now on.
        self._state = "unconfigured"
        # 3. None is active.
        self._active_encoder_config = None
        # 4. The next chunk comes with its decoder's configuration again.
        self._active_output_config = None
        # 5. Tell the implementation that its outputs are no longer wanted.
        signal_to_cease(self)
        # 6. Drop the messages that have been waiting, and with them the clones that were to be encoded.
        self._control_message_queue.clear()
        # 7. If there were requests among them:
        if self._queue_size > 0:
            # 7.1. There are none any more.
            self._queue_size = 0
            # 7.2. Schedule the event that says so.
            schedule_dequeue_event(self)
        # 8. For each pending flush:
        for promise in list(self._pending_flush_promises):
            # 8.1. Reject its promise.
            reject(promise, exception)
            # 8.2. The promise is no longer pending.
            self._pending_flush_promises.remove(promise)
