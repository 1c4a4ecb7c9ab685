"""The algorithms that chapters 3 to 6 of the spec spell out alike for decoders and encoders.

Every function here is called with a codec of any kind; what differs is in the methods that ConfigurableCodec declares
and each interface defines. Three kinds of steps are kept apart by their names: a method's own, ``control_message``
(run by the event loop when the message's turn comes) and ``work`` (run on the codec work queue); what work queues
as a task is a ``…_task``.
"""

from collections.abc import Callable, Sequence
from typing import Final, Generic, Literal, TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.codecs.processing_model import (
    Codec,
    Epoch,
    Outcome,
    process_the_control_message_queue,
    schedule_dequeue_event,
)
from codecmodel.configurations.decoder_configurations import CodecState
from codecmodel.platform.codec_implementation import CodecError, CodecImplementation
from codecmodel.platform.current import current_platform
from codecmodel.platform.platform import Platform
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise, TaskSource, current_event_loop, reject, resolve

#: What implementations fail with.
_FAILURES: Final = (CodecError, MemoryError)

ConfigT = TypeVar("ConfigT")
OutputT = TypeVar("OutputT")
MediaT = TypeVar("MediaT")
SupportT = TypeVar("SupportT")


class ConfigurableCodec(Codec[CodecImplementation[ConfigT, OutputT]], Generic[ConfigT, OutputT]):
    """The slots that decoders and encoders have, and the steps in which they differ."""

    #: What the codec is asked to do with media, for tracers.
    _request: Literal["decode", "encode"]

    def __init__(self, error: Callable[[DOMException], None]) -> None:
        super().__init__()
        #: [[error callback]]
        self._error_callback = error
        #: [[state]]
        self._state: CodecState = "unconfigured"
        #: [[decodeQueueSize]]
        #: [[encodeQueueSize]]
        self._queue_size = 0

    def _check_configuration_support(self, config: ConfigT) -> bool:
        """Check Configuration Support."""
        raise NotImplementedError

    def _new_implementation(self) -> CodecImplementation[ConfigT, OutputT]:
        """An implementation of the platform's."""
        raise NotImplementedError

    def _activate(self, config: ConfigT) -> None:
        """``config`` is applied from the outputs that follow on."""

    def _output(self, epoch: Epoch, outputs: Sequence[OutputT]) -> None:
        """Output AudioData, VideoFrames, EncodedAudioChunks or EncodedVideoChunks."""
        raise NotImplementedError

    def _reset(self, exception: DOMException) -> None:
        """Reset AudioDecoder, VideoDecoder, AudioEncoder or VideoEncoder."""
        raise NotImplementedError


@algorithm(
    "dom-audiodecoder-configure",
    "dom-videodecoder-configure",
    "dom-audioencoder-configure",
    "dom-videoencoder-configure",
    part="message",
)
def configure_control_message(codec: ConfigurableCodec[ConfigT, OutputT], config: ConfigT) -> Outcome:
    """Running a control message to configure the codec."""
    epoch = codec._epoch

    def work() -> None:
        # 2.1.
        supported = codec._check_configuration_support(config)
        # 2.2. An unsupported configuration closes the codec.
        if not supported:
            _queue_a_failure(codec, epoch, "the configuration is not supported", "NotSupportedError", unblock_task)
            return
        # 2.3. One implementation serves every configuration, so it is needed once.
        implementation = codec._codec_implementation
        if implementation is None:
            implementation = codec._codec_implementation = codec._new_implementation()
        # 2.4. Outputs still pending under the configuration before are not lost.
        try:
            pending_outputs = implementation.configure(config)
        except _FAILURES as error:
            # Not from the spec, which has no step for this: the configuration turned out not to be supported.
            _queue_a_failure(codec, epoch, _message_of(error), "NotSupportedError", unblock_task)
            return
        if pending_outputs:
            codec._queue_a_task("output", lambda: output(codec, epoch, pending_outputs), pending_outputs)
        # 2.5. Queue a task.
        codec._queue_a_task("configured task", configured_task)

    def configured_task() -> None:
        # From w3c/webcodecs #943: a configuration is active once configuring has succeeded.
        if not epoch.ceased:
            codec._activate(config)
        unblock_task()

    def unblock_task() -> None:
        # 2.5.1.
        codec._message_queue_blocked = False
        # 2.5.2. The queue is processed in a task of its own.
        codec._queue_a_task("process the control message queue", lambda: process_the_control_message_queue(codec))

    # 1.
    codec._message_queue_blocked = True
    # 2. Enqueue the work.
    codec._enqueue("configure work", work)
    # 3.
    return "processed"


@algorithm(
    "dom-audiodecoder-decode",
    "dom-videodecoder-decode",
    "dom-audioencoder-encode",
    "dom-videoencoder-encode",
    part="message",
)
def request_control_message(
    codec: ConfigurableCodec[ConfigT, OutputT], media: MediaT, process: Callable[[MediaT], Sequence[OutputT]]
) -> Outcome:
    """Running a control message to decode a chunk, or to encode data or a frame.

    ``process`` has the codec implementation do it, on the work queue, and gives what came out.
    """
    # 1. A saturated codec takes no more.
    if codec._codec_saturated:
        return "not processed"
    # 2. Nothing is enqueued to the work queue between configuring and this, so the implementation may be asked here.
    implementation = codec._codec_implementation
    assert implementation is not None, "the queue is blocked until the codec is configured"
    requests = implementation.requests
    if requests.would_saturate():
        codec._codec_saturated = True
    # 3.
    codec._queue_size -= 1
    schedule_dequeue_event(codec)
    requests.accepted += 1
    epoch = codec._epoch

    def work() -> None:
        # 4.1. Work of a ceased epoch produces nothing, so it need not be done.
        outputs: Sequence[OutputT] = ()
        failure: Exception | None = None
        if not epoch.ceased:
            try:
                outputs = process(media)
            except _FAILURES as error:
                failure = error
        requests.finished += 1
        # 4.2. An error closes the codec.
        if failure is not None:
            _queue_a_failure(codec, epoch, _message_of(failure), "EncodingError")
        # 4.3. Saturation ends. The slot is the event loop's, and is read here as the spec has it: the work that
        # saturated the codec was enqueued after the slot was set, so at the latest that work finds it set.
        # (Not skipped after an error: a reset may yet come before the codec is closed.)
        if codec._codec_saturated and not requests.is_saturated():
            codec._queue_a_task("unsaturated task", unsaturated_task)
        # 4.4. The outputs are those that were returned.
        # 4.5.
        if outputs:
            codec._queue_a_task("output", lambda: output(codec, epoch, outputs), outputs)

    def unsaturated_task() -> None:
        # Not from the spec: this news may be out of date, if the queue was processed since. There will be more.
        if requests.is_saturated():
            return
        # 4.3.1.
        codec._codec_saturated = False
        # 4.3.2.
        process_the_control_message_queue(codec)

    # 4. Enqueue the work.
    codec._enqueue(f"{codec._request} work", work, media)
    # 5.
    return "processed"


@algorithm(
    "dom-audiodecoder-flush",
    "dom-videodecoder-flush",
    "dom-audioencoder-flush",
    "dom-videoencoder-flush",
    part="message",
)
def flush_control_message(codec: ConfigurableCodec[ConfigT, OutputT], promise: Promise[None]) -> Outcome:
    """Running a control message to flush the codec."""
    implementation = codec._codec_implementation
    assert implementation is not None, "the queue is blocked until the codec is configured"
    epoch = codec._epoch

    def work() -> None:
        if epoch.ceased:
            return
        # 1.1. The codec emits all it has.
        try:
            # 1.2.
            outputs = implementation.flush()
        except _FAILURES as error:
            # Not from the spec, which has no step for this: as for any other request.
            _queue_a_failure(codec, epoch, _message_of(error), "EncodingError")
            return
        # 1.3. Queue a task.
        codec._queue_a_task("flushed task", lambda: flushed_task(outputs), outputs)

    def flushed_task(outputs: Sequence[OutputT]) -> None:
        # 1.3.1.
        if outputs:
            output(codec, epoch, outputs)
        # A reset, even one in the output callback, has rejected and removed the promise.
        if epoch.ceased:
            return
        # 1.3.2.
        codec._pending_flush_promises.remove(promise)
        # 1.3.3.
        resolve(promise, None)

    # 1. Enqueue the work.
    codec._enqueue("flush work", work)
    # 2.
    return "processed"


def output(codec: ConfigurableCodec[ConfigT, OutputT], epoch: Epoch, outputs: Sequence[OutputT]) -> None:
    """Run the codec's Output algorithm."""
    codec._output(epoch, outputs)


def signal_to_cease(codec: ConfigurableCodec[ConfigT, OutputT]) -> None:
    """Signal the codec implementation to cease producing output for the configuration so far.

    To the tasks that are queued already, and to the implementation behind the work at hand.
    """
    codec._epoch.ceased = True
    codec._epoch = Epoch()

    def work() -> None:
        if codec._codec_implementation is not None:
            codec._codec_implementation.cease()

    codec._enqueue("cease work", work)


@algorithm("close-audiodecoder", "close-videodecoder", "close-audioencoder", "close-videoencoder")
def close(codec: ConfigurableCodec[ConfigT, OutputT], exception: DOMException) -> None:
    """Close AudioDecoder, VideoDecoder, AudioEncoder, and VideoEncoder."""
    # 1.
    codec._reset(exception)
    # 2.
    codec._state = "closed"

    def work() -> None:
        implementation = codec._codec_implementation
        codec._codec_implementation = None
        if implementation is not None:
            implementation.release()

    # 3. Whatever touches the implementation is enqueued.
    codec._enqueue("close work", work)
    # 4. Whoever called close() knows.
    if exception.name != "AbortError":
        codec._call_back(codec._error_callback, exception)


def _message_of(failure: Exception) -> str:
    return str(failure) or "there is not enough memory"


def _queue_a_failure(
    codec: ConfigurableCodec[ConfigT, OutputT],
    epoch: Epoch,
    message: str,
    name: Literal["EncodingError", "NotSupportedError"],
    otherwise: Callable[[], None] | None = None,
) -> None:
    """Queue a task to close the codec with an exception; ``otherwise`` runs instead if the epoch has ceased."""

    def close_task() -> None:
        if not epoch.ceased:
            close(codec, DOMException(message, name))
        elif otherwise is not None:
            otherwise()

    codec._queue_a_task("close task", close_task)


@algorithm(
    "dom-audiodecoder-isconfigsupported",
    "dom-videodecoder-isconfigsupported",
    "dom-audioencoder-isconfigsupported",
    "dom-videoencoder-isconfigsupported",
)
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
        # dom-audiodecoder-isconfigsupported: 4.2.2. resolve.
        # dom-videodecoder-isconfigsupported: 4.2.2.
        # dom-audioencoder-isconfigsupported: 4.2.2.
        # dom-videoencoder-isconfigsupported: 4.3. (as published; it resolves in the same task)
        event_loop.queue_task(task_source, lambda: resolve(promise, new_support(config, supported)))

    # 4.
    check_support_queue.enqueue(work)
    # 5.
    return promise
