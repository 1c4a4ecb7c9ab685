"""The algorithms that chapters 3 and 4 of the spec spell out alike for AudioDecoder and VideoDecoder.

Every function here is called with a decoder of either kind; what differs is in the methods that Decoder declares
and each interface defines. Three kinds of steps are kept apart by their names: a method's own, ``control_message``
(run by the event loop when the message's turn comes) and ``work`` (run on the codec work queue); what work queues
as a task is a ``…_task``.
"""

from collections.abc import Callable, Sequence
from typing import Generic, Literal, TypeVar

from codecmodel.configurations import CodecState
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.infra.algorithm import algorithm
from codecmodel.infra.errors import DOMException
from codecmodel.infra.event_loop import (
    Promise,
    TaskSource,
    current_event_loop,
    reject,
    resolve,
)
from codecmodel.platform.interface import (
    CodecError,
    DecodedOutput,
    DecoderImplementation,
    MediaResource,
    Platform,
    current_platform,
)
from codecmodel.processing_model import (
    Codec,
    Epoch,
    Outcome,
    process_the_control_message_queue,
    queue_a_control_message,
    schedule_dequeue_event,
)

ConfigT = TypeVar("ConfigT")
OutputT = TypeVar("OutputT", bound=DecodedOutput[MediaResource])
ExposedT = TypeVar("ExposedT")
SupportT = TypeVar("SupportT")


class Decoder(Codec[DecoderImplementation[ConfigT, OutputT]], Generic[ConfigT, OutputT, ExposedT]):
    """The slots that both decoders have, and the steps in which they differ."""

    def __init__(self, output: Callable[[ExposedT], None], error: Callable[[DOMException], None]) -> None:
        super().__init__()
        #: [[output callback]]
        self._output_callback = output
        #: [[error callback]]
        self._error_callback = error
        #: [[key chunk required]]
        self._key_chunk_required = True
        #: [[state]]
        self._state: CodecState = "unconfigured"
        #: [[decodeQueueSize]]
        self._decodeQueueSize = 0
        # Not from the spec: the configuration that the next decode() is meant for, to inspect key chunks by.
        self._newest_config: ConfigT | None = None

    def _check_configuration_support(self, config: ConfigT) -> bool:
        """Check Configuration Support."""
        raise NotImplementedError

    def _new_implementation(self) -> DecoderImplementation[ConfigT, OutputT]:
        """An implementation of the platform's."""
        raise NotImplementedError

    def _is_key_chunk(self, data: bytes) -> bool | None:
        """Whether the data is truly a key chunk, or None if inspection can't tell."""
        raise NotImplementedError

    def _activate(self, config: ConfigT) -> None:
        """``config`` is applied from the outputs that follow on."""

    def _expose(self, output: OutputT) -> ExposedT:
        """The object that the output callback gets for ``output``."""
        raise NotImplementedError


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
    queue_a_control_message(decoder, "configure", lambda: _configure_control_message(decoder, config))
    # 6.
    process_the_control_message_queue(decoder)


@algorithm("dom-audiodecoder-configure", "dom-videodecoder-configure", part="message")
def _configure_control_message(decoder: Decoder[ConfigT, OutputT, ExposedT], config: ConfigT) -> Outcome:
    """Running a control message to configure the decoder."""
    epoch = decoder._epoch

    def work() -> None:
        # 2.1.
        supported = decoder._check_configuration_support(config)
        # 2.2. An unsupported configuration closes the codec.
        if not supported:
            _queue_a_failure(decoder, epoch, "the configuration is not supported", "NotSupportedError", unblock_task)
            return
        # 2.3. One implementation serves every configuration, so it is needed once.
        implementation = decoder._codec_implementation
        if implementation is None:
            implementation = decoder._codec_implementation = decoder._new_implementation()
        # 2.4. Outputs still pending under the configuration before are not lost.
        try:
            pending_outputs = implementation.configure(config)
        except CodecError as error:
            # Not from the spec, which has no step for this: the configuration turned out not to be supported.
            _queue_a_failure(decoder, epoch, str(error), "NotSupportedError", unblock_task)
            return
        if pending_outputs:
            decoder._queue_a_task(lambda: _output(decoder, epoch, pending_outputs))
        # 2.5. Queue a task.
        decoder._queue_a_task(configured_task)

    def configured_task() -> None:
        # From w3c/webcodecs #943: a configuration is active once configuring has succeeded.
        if not epoch.ceased:
            decoder._activate(config)
        unblock_task()

    def unblock_task() -> None:
        # 2.5.1.
        decoder._message_queue_blocked = False
        # 2.5.2. The queue is processed in a task of its own.
        decoder._queue_a_task(lambda: process_the_control_message_queue(decoder))

    # 1.
    decoder._message_queue_blocked = True
    # 2. Enqueue the work.
    decoder._codec_work_queue.enqueue(work)
    # 3.
    return "processed"


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
    decoder._decodeQueueSize += 1
    # 4. Queue the message.
    queue_a_control_message(decoder, "decode", lambda: _decode_control_message(decoder, chunk))
    # 5.
    process_the_control_message_queue(decoder)


@algorithm("dom-audiodecoder-decode", "dom-videodecoder-decode", part="message")
def _decode_control_message(
    decoder: Decoder[ConfigT, OutputT, ExposedT], chunk: EncodedAudioChunk | EncodedVideoChunk
) -> Outcome:
    """Running a control message to decode the chunk."""
    # 1. A saturated codec takes no more.
    if decoder._codec_saturated:
        return "not processed"
    # 2. Nothing is enqueued to the work queue between configuring and this, so the implementation may be asked here.
    implementation = decoder._codec_implementation
    assert implementation is not None, "the queue is blocked until the codec is configured"
    requests = implementation.requests
    if requests.would_saturate():
        decoder._codec_saturated = True
    # 3.
    decoder._decodeQueueSize -= 1
    schedule_dequeue_event(decoder)
    requests.accepted += 1
    epoch = decoder._epoch

    def work() -> None:
        # 4.1. Work of a ceased epoch produces nothing, so it need not be done.
        decoded_outputs: Sequence[OutputT] = ()
        failure: CodecError | None = None
        if not epoch.ceased:
            try:
                decoded_outputs = implementation.decode(chunk._internal_data, chunk._timestamp, chunk._duration)
            except CodecError as error:
                failure = error
        requests.finished += 1
        # 4.2. An error closes the codec.
        if failure is not None:
            _queue_a_failure(decoder, epoch, str(failure), "EncodingError")
        # 4.3. Saturation ends. The slot is the event loop's, and is read here as the spec has it: the work that
        # saturated the codec was enqueued after the slot was set, so at the latest that work finds it set.
        # (Not skipped after an error: a reset may yet come before the codec is closed.)
        if decoder._codec_saturated and not requests.is_saturated():
            decoder._queue_a_task(unsaturated_task)
        # 4.4. The outputs are those that decode() returned.
        # 4.5.
        if decoded_outputs:
            decoder._queue_a_task(lambda: _output(decoder, epoch, decoded_outputs))

    def unsaturated_task() -> None:
        # Not from the spec: this news may be out of date, if the queue was processed since. There will be more.
        if requests.is_saturated():
            return
        # 4.3.1.
        decoder._codec_saturated = False
        # 4.3.2.
        process_the_control_message_queue(decoder)

    # 4. Enqueue the work.
    decoder._codec_work_queue.enqueue(work)
    # 5.
    return "processed"


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
    queue_a_control_message(decoder, "flush", lambda: _flush_control_message(decoder, promise))
    # 6.
    process_the_control_message_queue(decoder)
    # 7.
    return promise


@algorithm("dom-audiodecoder-flush", "dom-videodecoder-flush", part="message")
def _flush_control_message(decoder: Decoder[ConfigT, OutputT, ExposedT], promise: Promise[None]) -> Outcome:
    """Running a control message to flush the codec."""
    implementation = decoder._codec_implementation
    assert implementation is not None, "the queue is blocked until the codec is configured"
    epoch = decoder._epoch

    def work() -> None:
        if epoch.ceased:
            return
        # 1.1. The codec emits all it has.
        try:
            # 1.2.
            decoded_outputs = implementation.flush()
        except CodecError as error:
            # Not from the spec, which has no step for this: as in decoding.
            _queue_a_failure(decoder, epoch, str(error), "EncodingError")
            return
        # 1.3. Queue a task.
        decoder._queue_a_task(lambda: flushed_task(decoded_outputs))

    def flushed_task(decoded_outputs: Sequence[OutputT]) -> None:
        # 1.3.1.
        if decoded_outputs:
            _output(decoder, epoch, decoded_outputs)
        # A reset, even one in the output callback, has rejected and removed the promise.
        if epoch.ceased:
            return
        # 1.3.2.
        decoder._pending_flush_promises.remove(promise)
        # 1.3.3.
        resolve(promise, None)

    # 1. Enqueue the work.
    decoder._codec_work_queue.enqueue(work)
    # 2.
    return "processed"


@algorithm("output-audiodata", "output-videoframes")
def _output(
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
    # 3. Signal to cease: to the tasks that are queued already, and to the implementation behind the work at hand.
    decoder._epoch.ceased = True
    decoder._epoch = Epoch()

    def work() -> None:
        if decoder._codec_implementation is not None:
            decoder._codec_implementation.cease()

    decoder._codec_work_queue.enqueue(work)
    # 4.
    decoder._control_message_queue.clear()
    # 5. If decode requests are pending,
    if decoder._decodeQueueSize > 0:
        # 5.1.
        decoder._decodeQueueSize = 0
        # 5.2.
        schedule_dequeue_event(decoder)
    # 6. For each pending flush,
    for promise in list(decoder._pending_flush_promises):
        # 6.1.
        reject(promise, exception)
        # 6.2.
        decoder._pending_flush_promises.remove(promise)


@algorithm("close-audiodecoder", "close-videodecoder")
def close(decoder: Decoder[ConfigT, OutputT, ExposedT], exception: DOMException) -> None:
    """Close AudioDecoder, and Close VideoDecoder."""
    # 1.
    reset(decoder, exception)
    # 2.
    decoder._state = "closed"

    def work() -> None:
        implementation = decoder._codec_implementation
        decoder._codec_implementation = None
        if implementation is not None:
            implementation.release()

    # 3. Whatever touches the implementation is enqueued.
    decoder._codec_work_queue.enqueue(work)
    # 4. Whoever called close() knows.
    if exception.name != "AbortError":
        decoder._call_back(decoder._error_callback, exception)


def _queue_a_failure(
    decoder: Decoder[ConfigT, OutputT, ExposedT],
    epoch: Epoch,
    message: str,
    name: Literal["EncodingError", "NotSupportedError"],
    otherwise: Callable[[], None] | None = None,
) -> None:
    """Queue a task to close the decoder with an exception; ``otherwise`` runs instead if the epoch has ceased."""

    def close_task() -> None:
        if not epoch.ceased:
            close(decoder, DOMException(message, name))
        elif otherwise is not None:
            otherwise()

    decoder._queue_a_task(close_task)


@algorithm("dom-audiodecoder-isconfigsupported", "dom-videodecoder-isconfigsupported")
def is_config_supported(
    convert: Callable[[], ConfigT],
    is_valid: Callable[[ConfigT], bool],
    clone_configuration: Callable[[ConfigT], ConfigT],
    check_configuration_support: Callable[[ConfigT, Platform], bool],
    new_support: Callable[[ConfigT, bool], SupportT],
) -> Promise[SupportT]:
    """isConfigSupported(config): the method steps. ``new_support`` makes the result from a clone of the config."""
    event_loop = current_event_loop()
    platform = current_platform()
    # 2. before 1.: a promise that is rejected at once is this one, too.
    promise: Promise[SupportT] = event_loop.new_promise()
    # 1. An invalid configuration. (A method that returns a promise never throws, Web IDL § 3.7.7.)
    try:
        config = convert()
        if not is_valid(config):
            raise TypeError(f"not a valid configuration: {config}")
    except TypeError as error:
        reject(promise, error)
        return promise
    # 4.2.1.1. before 3.: cloned now rather than in the task: the caller may change the description's bytes meanwhile.
    config = clone_configuration(config)
    # 3.
    check_support_queue = event_loop.start_parallel_queue()
    task_source = TaskSource("codec support")

    def work() -> None:
        # 4.1.
        supported = check_configuration_support(config, platform)
        # 4.2. Queue a task to
        # 4.2.1. make the result, of
        # 4.2.1.2. whether it is supported, and
        # 4.2.2. resolve.
        event_loop.queue_task(task_source, lambda: resolve(promise, new_support(config, supported)))

    # 4.
    check_support_queue.enqueue(work)
    # 5.
    return promise
