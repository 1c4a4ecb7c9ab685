"""The control messages of chapters 3 to 6 of the spec, which are the same for decoders and encoders.

The name of a function says where its steps run: those of a ``…_control_message`` on the event loop, when the message's
turn comes; those of a ``…_work`` on the codec work queue; those of a ``…_task`` on the event loop again.
"""

from collections.abc import Sequence
from functools import partial
from typing import TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.codecs.codec import Codec, schedule_dequeue_event
from codecmodel.codecs.processing_model import Outcome, process_the_control_message_queue
from codecmodel.codecs.scarcity import Scarcity
from codecmodel.platform.codec_implementation import CodecError, OutOfResourcesError
from codecmodel.web.event_loop import Promise, resolve
from codecmodel.web.steps import Steps

ConfigT = TypeVar("ConfigT")
MediaT = TypeVar("MediaT")
OutputT = TypeVar("OutputT")


@algorithm(
    "dom-audiodecoder-configure",
    "dom-videodecoder-configure",
    "dom-audioencoder-configure",
    "dom-videoencoder-configure",
    part="message",
)
def configure_control_message(codec: Codec[ConfigT, MediaT, OutputT], config: ConfigT) -> Outcome:
    """Run a control message to configure the codec."""
    epoch = codec._epoch

    def configure_work() -> None:
        # Not in the spec: the outputs that are pending under the previous configuration are not lost.
        drain_work()
        # 2.1. Check whether the platform supports the configuration.
        supported = codec._supports(config, codec._platform)
        # 2.2. If it does not, queue a task to close the codec.
        if not supported:
            # Not in the spec: the error says why.
            reason = codec._why_not(config, codec._platform)
            problem = "the configuration is not supported" + (f": {reason}" if reason else "")
            codec._work_has_failed(CodecError(problem), epoch, "NotSupportedError")
            return
        # 2.3. Make an implementation, unless there is one: each can be configured again.
        implementation = codec._codec_implementation
        if implementation is None:
            implementation = codec._codec_implementation = codec._new_implementation()
        # 2.4. Configure it.
        implementation.configure(config)
        epoch.is_configured = True
        # 2.5. Queue a task to go on with the messages.
        codec._queue_a_task("configured task", configured_task)

    def drain_work() -> None:
        implementation = codec._codec_implementation
        if implementation is None or not epoch.is_configured or epoch.ceased or epoch.has_failed:
            return
        epoch.is_configured = False
        try:
            outputs = implementation.drain()
        except BaseException as failure:
            # The old data is to blame, and not the new configuration. A reset may yet make the codec forget that.
            codec._work_has_failed(failure, epoch, "EncodingError")
            return
        if outputs:
            codec._queue_a_task("output", partial(codec._output, epoch, outputs), outputs)

    def configured_task() -> None:
        # Not in the spec, but in w3c/webcodecs #943: a configuration is active once configuring has succeeded.
        if not epoch.ceased:
            codec._activate(config)
        # 2.5.1. Messages may be processed again.
        codec._message_queue_blocked = False
        # 2.5.2. Queue another task to process them.
        codec._queue_a_task("process the control message queue", partial(process_the_control_message_queue, codec))

    # 1. Block the queue: later messages have to wait until the codec is configured.
    codec._message_queue_blocked = True
    codec._is_to_be_opened = codec._scarcity is not None
    # 2. Enqueue the work. If a step of it fails, the configuration has turned out not to be supported.
    enqueue_configure_work(codec, configure_work)
    # 3. The message is done with.
    return "processed"


def enqueue_configure_work(codec: Codec[ConfigT, MediaT, OutputT], configure_work: Steps) -> None:
    """Enqueue ``configure_work``. Not in the spec: a program may have other codecs reclaimed to make room for it."""
    if codec._scarcity is None:
        codec._enqueue("configure work", configure_work, error="NotSupportedError")
    else:
        codec._scarcity.before_configuring(codec._global_object)
        configure_with_room(codec, configure_work, codec._scarcity)


def configure_with_room(codec: Codec[ConfigT, MediaT, OutputT], configure_work: Steps, scarcity: Scarcity) -> None:
    """Enqueue ``configure_work``; if it fails for want of resources, once more when ``scarcity`` has made room.

    Not in the spec: chapter 11 leaves it to the user agent when codecs are reclaimed.
    """
    epoch = codec._epoch

    def first_attempt_work() -> None:
        try:
            configure_work()
        except (OutOfResourcesError, MemoryError) as failure:
            codec._queue_a_task("make room task", partial(make_room_task, failure))

    def make_room_task(failure: OutOfResourcesError | MemoryError) -> None:
        if codec._state == "closed":
            return
        if not scarcity.make_room(codec._global_object, second_attempt_task):
            codec._fail(failure, epoch, "NotSupportedError")

    def second_attempt_task() -> None:
        if codec._state != "closed":
            codec._enqueue("configure work", configure_work, error="NotSupportedError")

    codec._enqueue("configure work", first_attempt_work, error="NotSupportedError")


def waits_for_room(codec: Codec[ConfigT, MediaT, OutputT], media: MediaT) -> bool:
    """Whether ``media`` has to wait until the codec is open.

    Not in the spec: a program may have other codecs reclaimed to make room for one that a request opens.
    """
    if codec._is_to_be_opened and codec._scarcity is not None:
        open_with_room(codec, media, codec._scarcity)
        return True
    return False


def open_with_room(codec: Codec[ConfigT, MediaT, OutputT], media: MediaT, scarcity: Scarcity) -> None:
    """Have the implementation open its codec for the request at the front of the queue, with room made if it must be.

    Not in the spec. The queue is blocked until then. If opening fails for another reason, so will the request.
    """
    epoch = codec._epoch

    def open_work() -> None:
        following = opened_task
        try:
            if not (epoch.ceased or epoch.has_failed):
                codec._prepare(media)
        except (OutOfResourcesError, MemoryError):
            following = make_room_task
        except CodecError:
            pass
        finally:
            codec._queue_a_task("opened task", following)

    def make_room_task() -> None:
        if codec._state == "closed" or not scarcity.make_room(codec._global_object, opened_task):
            opened_task()

    def opened_task() -> None:
        codec._message_queue_blocked = False
        process_the_control_message_queue(codec)

    codec._is_to_be_opened = False
    codec._message_queue_blocked = True
    codec._enqueue("open work", open_work)


@algorithm(
    "dom-audiodecoder-decode",
    "dom-videodecoder-decode",
    "dom-audioencoder-encode",
    "dom-videoencoder-encode",
    part="message",
)
def request_control_message(codec: Codec[ConfigT, MediaT, OutputT], media: MediaT, subject: object) -> Outcome:
    """Run a control message to decode a chunk, or to encode data or a frame.

    ``subject`` is that chunk, data or frame, for tracers.
    """
    # 1. A saturated codec takes no more requests for now. Not in the spec: nor does one that waits for room.
    if codec._codec_saturated or waits_for_room(codec, media):
        return "not processed"
    # 2. Remember if the codec becomes saturated by this request. This step uses the implementation, and yet it is on
    # the event loop: no work that could change the slot is enqueued between configuring and here.
    implementation = codec._codec_implementation
    assert implementation is not None, "the queue is blocked until the codec is configured"
    requests = implementation.requests
    if requests.would_saturate():
        codec._codec_saturated = True
    # 3. There is one request less in the queue. Schedule the event that says so.
    codec._queue_size -= 1
    schedule_dequeue_event(codec)
    requests.accepted += 1
    epoch = codec._epoch

    def request_work() -> None:
        # 4.1. Have the implementation decode or encode, unless a reset has made that superfluous.
        outputs: Sequence[OutputT] = ()
        try:
            if not (epoch.ceased or epoch.has_failed):
                outputs = codec._process(media)
        except BaseException as failure:
            # 4.2. If that fails, queue a task to close the codec.
            codec._work_has_failed(failure, epoch, "EncodingError")
        finally:
            requests.finished += 1
        # 4.3. If the codec is saturated and need no longer be, queue a task to say so. This step reads a slot of the
        # event loop's, as the spec has it: the slot is set before the work that saturates the codec is enqueued, so
        # that work finds it set. After a failure this step is needed, too: a reset may come before the codec is closed.
        if codec._codec_saturated and not requests.is_saturated():
            codec._queue_a_task("unsaturated task", unsaturated_task)
        # 4.4. Take the outputs: those that the implementation has returned.
        # 4.5. If there are any, queue a task to output them.
        if outputs:
            codec._queue_a_task("output", partial(codec._output, epoch, outputs), outputs)

    def unsaturated_task() -> None:
        # Not in the spec: since this task was queued, requests may have saturated the codec again. Their work will
        # queue another such task.
        if requests.is_saturated():
            return
        # 4.3.1. The codec takes requests again.
        codec._codec_saturated = False
        # 4.3.2. Process those that have been waiting.
        process_the_control_message_queue(codec)

    # 4. Enqueue the work.
    codec._enqueue(f"{codec._request} work", request_work, subject)
    # 5. The message is done with.
    return "processed"


@algorithm(
    "dom-audiodecoder-flush",
    "dom-videodecoder-flush",
    "dom-audioencoder-flush",
    "dom-videoencoder-flush",
    part="message",
)
def flush_control_message(codec: Codec[ConfigT, MediaT, OutputT], promise: Promise[None]) -> Outcome:
    """Run a control message to flush the codec."""
    epoch = codec._epoch

    def flush_work() -> None:
        # Not in the spec: after a reset there is nothing to flush, and the promise is rejected already.
        if epoch.ceased or epoch.has_failed:
            return
        implementation = codec._codec_implementation
        assert implementation is not None, "a codec is released after all other work"
        # 1.1. Have the implementation emit everything that it holds back.
        # 1.2. Take the outputs.
        outputs = implementation.flush()
        # 1.3. Queue a task to output them and to settle the promise.
        codec._queue_a_task("flushed task", partial(flushed_task, outputs), outputs)

    def flushed_task(outputs: Sequence[OutputT]) -> None:
        # 1.3.1. Output the outputs, if there are any.
        if outputs:
            codec._output(epoch, outputs)
        # Not in the spec: a reset, even one in the output callback, has rejected and removed the promise.
        if epoch.ceased:
            return
        # 1.3.3. before 1.3.2.: resolve the promise. If an interrupt prevents that, close() still finds and settles it.
        resolve(promise, None)
        # 1.3.2. It is no longer pending.
        codec._pending_flush_promises.remove(promise)

    # 1. Enqueue the work. If a step of it fails, it closes the codec as a request does.
    codec._enqueue("flush work", flush_work)
    codec._is_to_be_opened = codec._scarcity is not None
    # 2. The message is done with.
    return "processed"
