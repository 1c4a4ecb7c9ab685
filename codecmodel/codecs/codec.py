"""The part of chapters 3 to 6 of the spec that is the same for decoders and encoders: slots, dequeue event, close."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Generic, Literal, ParamSpec, TypeVar, cast

from codecmodel.algorithm import algorithm
from codecmodel.codecs.live_codecs import LiveCodec, global_object_of
from codecmodel.codecs.processing_model import Epoch, ErrorName, ProcessingModel
from codecmodel.codecs.tracer import RunsCode
from codecmodel.configurations.decoder_configurations import CodecState
from codecmodel.configurations.explanation import reason_among_entries, why_not_valid
from codecmodel.platform.codec_implementation import CodecError, CodecImplementation
from codecmodel.platform.platform import AnswersFurtherQuestions, Platform
from codecmodel.web.closed_at_end import ClosedAtEnd
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import EventLoopClosed, Promise
from codecmodel.web.events import EventHandler, EventTarget
from codecmodel.web.webidl import invoke_callback

P = ParamSpec("P")
ConfigT = TypeVar("ConfigT")
MediaT = TypeVar("MediaT")
OutputT = TypeVar("OutputT")


class Codec(
    ProcessingModel[CodecImplementation[ConfigT, OutputT]], LiveCodec, ClosedAtEnd, Generic[ConfigT, MediaT, OutputT]
):
    """The slots that decoders and encoders have in common, and the steps in which these differ.

    The constructor of each interface assigns the slots, in the order of the spec. ``MediaT`` is the type of what a
    codec processes: chunks, data, or frames with their options.
    """

    #: [[codec saturated]]
    _codec_saturated: bool
    #: [[error callback]]
    _error_callback: Callable[[DOMException], None]
    #: [[state]]
    _state: CodecState
    #: [[decodeQueueSize]]
    #: [[encodeQueueSize]]
    _queue_size: int
    #: [[pending flush promises]]
    _pending_flush_promises: list[Promise[None]]
    #: [[dequeue event scheduled]]
    _dequeue_event_scheduled: bool

    # Not in the spec: the name of a request to process media, for tracers.
    _request: Literal["decode", "encode"]

    def __init__(self) -> None:
        super().__init__()
        EventTarget.__init__(self, self._event_loop)
        # Not in the spec: callbacks run in the Python context in which the codec was made.
        self._context: RunsCode = copy_context()
        # Not in the spec: whether the next request may open a codec of the platform's, for which there may be no room.
        self._is_to_be_opened = False
        self._global_object = global_object_of(self._event_loop)
        self._global_object.codecs.add(self)

    def _call_back(self, call: Callable[P, object], *arguments: P.args, **keywords: P.kwargs) -> None:
        """Call a function that calls the program back, in the Python context in which the codec was made.

        Not in the spec: if that ends the program, by KeyboardInterrupt or SystemExit, the task at hand is done to its
        end first. So the codec is as it should be, should the program run its event loop again.
        """
        try:
            self._context.run(call, *arguments, **keywords)
        except (KeyboardInterrupt, SystemExit) as interrupt:
            self._interrupt = interrupt

    # The interfaces' attributes and methods that are the same in all four

    @property
    def state(self) -> CodecState:
        """``"unconfigured"``, ``"configured"`` or ``"closed"``."""
        return self._state

    @property
    def ondequeue(self) -> EventHandler:
        """The handler of the dequeue event, which is fired after the queue of requests has become shorter."""
        return self._event_handler("dequeue")

    @ondequeue.setter
    def ondequeue(self, value: EventHandler) -> None:
        self._set_event_handler("dequeue", value)

    @algorithm("dom-audiodecoder-reset", "dom-videodecoder-reset", "dom-audioencoder-reset", "dom-videoencoder-reset")
    def reset(self) -> None:
        """Drop everything: queue, configuration, pending outputs (§ 3.5, § 4.5, § 5.5, § 6.5).

        Raises InvalidStateError if the codec is closed. Pending flushes are rejected with AbortError.
        """
        self._require_own_thread()
        self._reset(DOMException("the codec was reset", "AbortError"))

    @algorithm("dom-audiodecoder-close", "dom-videodecoder-close", "dom-audioencoder-close", "dom-videoencoder-close")
    def close(self) -> None:
        """Drop everything and release all resources, for good (§ 3.5, § 4.5, § 5.5, § 6.5).

        Raises InvalidStateError if the codec is closed. Pending flushes are rejected with AbortError.
        """
        self._require_own_thread()
        close(self, DOMException("the codec was closed", "AbortError"))

    # Not in the spec: the end of a block closes a codec, but not one that is closed.

    def _is_closed(self) -> bool:
        return self._state == "closed"

    def _work_has_failed(self, failure: BaseException, epoch: Epoch, error: ErrorName) -> None:
        # Not in the spec: an implementation that works on several requests at a time may fail before it has output all
        # that it has made of the requests before the one that failed. That comes first.
        implementation = self._codec_implementation
        outputs: Sequence[OutputT] = ()
        if implementation is not None and not epoch.ceased:
            # An implementation that breaks its promise not to raise anything here has failed before.
            with suppress(BaseException):
                outputs = implementation.outputs_before_failure()
        if outputs:
            self._queue_a_task("output", partial(self._output, epoch, outputs), outputs)
        super()._work_has_failed(failure, epoch, error)

    def _close_after_failure(self, exception: DOMException, epoch: Epoch) -> None:
        # A reset makes the codec forget errors in decoding and encoding. It does not make the codec forget that a
        # configuration is not supported: there the spec has no such exception, nor have browsers.
        if self._state != "closed" and (exception.name == "NotSupportedError" or not epoch.ceased):
            close(self, exception)

    def _event_loop_was_closed(self) -> None:
        # Not in the spec: a program that awaits a flush, and ends before, cancels its promise. An interrupt may have
        # ended the constructor, so that there are no promises.
        if not all(promise.done() for promise in getattr(self, "_pending_flush_promises", ())):
            warnings.warn(
                f"outputs are lost: the event loop was closed before {type(self).__name__}.flush() was done. Await it.",
                RuntimeWarning,
                stacklevel=1,
            )

    def _release_implementation(self) -> None:
        implementation = self._codec_implementation
        self._codec_implementation = None
        if implementation is not None:
            implementation.release()

    # The steps in which they differ

    @staticmethod
    def _converted(config: ConfigT) -> ConfigT:
        """``config`` as Web IDL converts it. Raises TypeError."""
        raise NotImplementedError

    @staticmethod
    def _is_valid(config: ConfigT) -> bool:
        """Whether ``config`` is a valid AudioDecoderConfig, VideoDecoderConfig, and so on."""
        raise NotImplementedError

    @staticmethod
    def _clone(config: ConfigT) -> ConfigT:
        """Clone Configuration."""
        raise NotImplementedError

    @staticmethod
    def _supports(config: ConfigT, platform: Platform) -> bool:
        """Check Configuration Support."""
        raise NotImplementedError

    @staticmethod
    def _reason_against(config: ConfigT) -> str | None:
        """Not in the spec: why ``config`` is not supported, if that can be told."""
        raise NotImplementedError

    @staticmethod
    def _why_not_valid(config: ConfigT) -> str:
        """Not in the spec: why ``config``, which is converted, is not valid."""
        return why_not_valid(cast("Mapping[str, object]", config))

    @classmethod
    def _why_not(cls, config: ConfigT, platform: Platform) -> str | None:
        """Not in the spec: as _reason_against(), and the platform may be asked again, if it answers such questions."""
        reason = cls._reason_against(config)
        if reason is None and isinstance(platform, AnswersFurtherQuestions):
            # A platform that fails to answer leaves the reason open.
            with suppress(CodecError):
                return reason_among_entries(config, lambda other: cls._supports(other, platform))
        return reason

    def _new_implementation(self) -> CodecImplementation[ConfigT, OutputT]:
        """A new implementation of the platform's."""
        raise NotImplementedError

    def _activate(self, config: ConfigT) -> None:
        """Apply ``config`` to the outputs from now on."""

    def _prepare(self, media: MediaT) -> None:
        """Have the implementation open its codec for ``media``. Runs on the work queue. Raises CodecError."""
        raise NotImplementedError

    def _process(self, media: MediaT) -> Sequence[OutputT]:
        """Have the implementation decode or encode ``media``. Runs on the work queue. Raises CodecError."""
        raise NotImplementedError

    def _output(self, epoch: Epoch, outputs: Sequence[OutputT]) -> None:
        """Output AudioData, Output VideoFrames, Output EncodedAudioChunks, or Output EncodedVideoChunks."""
        raise NotImplementedError

    def _reset(self, exception: DOMException) -> None:
        """Reset AudioDecoder, Reset VideoDecoder, Reset AudioEncoder, or Reset VideoEncoder."""
        raise NotImplementedError


# Spec: eventdef-audiodecoder-dequeue, eventdef-videodecoder-dequeue
# Spec: eventdef-audioencoder-dequeue, eventdef-videoencoder-dequeue
@algorithm(
    "audiodecoder-schedule-dequeue-event",
    "videodecoder-schedule-dequeue-event",
    "audioencoder-schedule-dequeue-event",
    "videoencoder-schedule-dequeue-event",
)
def schedule_dequeue_event(codec: Codec[ConfigT, MediaT, OutputT]) -> None:
    """Schedule Dequeue Event."""
    # 1. Do nothing if the event is scheduled already.
    if codec._dequeue_event_scheduled:
        return
    # 2. Remember that it is scheduled now.
    codec._dequeue_event_scheduled = True

    def dequeue_event_task() -> None:
        # 3.1. Fire the event at the codec.
        codec._call_back(codec._fire, "dequeue")
        # 3.2. From now on the event can be scheduled again.
        codec._dequeue_event_scheduled = False

    # 3. Queue a task to fire it.
    # Not in the spec: reset() and close() succeed on a closed event loop, which fires no events any more.
    with suppress(EventLoopClosed):
        codec._queue_a_task("dequeue event task", dequeue_event_task)


def signal_to_cease(codec: Codec[ConfigT, MediaT, OutputT]) -> None:
    """Signal the implementation to cease producing output for the previous configuration.

    The signal reaches the tasks that are queued already at once, by their epoch, and the implementation when it is done
    with the work at hand.
    """
    codec._epoch.ceased = True
    codec._epoch = Epoch()

    def cease_work() -> None:
        if codec._codec_implementation is not None:
            codec._codec_implementation.cease()

    codec._enqueue("cease work", cease_work)


@algorithm("close-audiodecoder", "close-videodecoder", "close-audioencoder", "close-videoencoder")
def close(codec: Codec[ConfigT, MediaT, OutputT], exception: DOMException) -> None:
    """Close AudioDecoder, Close VideoDecoder, Close AudioEncoder, and Close VideoEncoder."""
    # 1. Reset the codec.
    codec._reset(exception)
    # 2. It is closed from now on.
    codec._state = "closed"

    # 3. Clear the slot and release the resources, on the work queue, as only its steps use the implementation.
    codec._enqueue("close work", codec._release_implementation)
    # 4. Tell the program, unless it called close() itself.
    if exception.name != "AbortError":
        codec._call_back(invoke_callback, codec._event_loop, codec._error_callback, exception)
