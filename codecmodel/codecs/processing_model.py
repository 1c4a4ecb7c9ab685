"""Chapter 2 of the spec: the codec processing model.

A codec has two queues. Its event loop processes the control message queue. The codec work queue runs in parallel to the
event loop, and only its steps use the codec implementation. Steps on the work queue report to the event loop by queuing
tasks on the codec task source.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from threading import get_ident
from typing import Final, Generic, Literal, TypeAlias, TypeVar, cast

from codecmodel.algorithm import algorithm
from codecmodel.codecs.scarcity import current_scarcity
from codecmodel.codecs.tracer import current_tracer
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.current import current_platform
from codecmodel.platform.platform import Platform
from codecmodel.web import forks
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import TaskSource, current_event_loop
from codecmodel.web.parallel_queue import ParallelQueue
from codecmodel.web.steps import LastingSteps, Steps, StepsAbandoned, is_interrupt

ImplementationT = TypeVar("ImplementationT")

# Spec: control-messages
Outcome: TypeAlias = Literal["processed", "not processed"]


#: The names of the errors that close codecs.
ErrorName: TypeAlias = Literal["EncodingError", "NotSupportedError"]


# Spec: control-message, running-a-control-message
class ControlMessage:
    """The steps of a method that run when their turn comes.

    Not in the spec: ``name`` and ``subject`` (the chunk, data or frame that the message is about) are for tracers.
    """

    __slots__ = ("name", "steps", "subject")

    def __init__(self, name: str, steps: Callable[[], Outcome], subject: object = None) -> None:
        self.name: Final = name
        self.steps: Final = steps
        self.subject: Final = subject

    def __repr__(self) -> str:
        return f"ControlMessage({self.name!r})"


class NamedSteps(LastingSteps):
    """Steps that a codec queues, with their name and their subject. Not in the spec: both are for tracers.

    They are run again if an interrupt ends them before they have begun. After that it closes the codec.
    """

    __slots__ = ("name", "subject")

    name: str
    subject: object

    @property
    def codec(self) -> "ProcessingModel[object]":
        """The codec that has queued the steps."""
        return cast("ProcessingModel[object]", self.args[1])

    def is_lost(self) -> bool:
        """Whether the steps have not begun. Then they are still in the list that is the first argument."""
        return bool(self.args[0])


class Epoch:
    """The time between two resets of a codec. Not in the spec.

    The spec says only that a reset signals the implementation "to cease producing output for the previous
    configuration". Here work carries the epoch in which it was enqueued. When that epoch has ceased, the work and the
    tasks that it queued deliver nothing: no output, no error, no end of a flush.

    Only steps on the work queue use the other two. ``is_configured``: the implementation is configured and has not been
    drained since. ``has_failed``: it has failed in an unforeseen way, so it is not asked for more outputs.
    """

    __slots__ = ("ceased", "has_failed", "is_configured")

    def __init__(self) -> None:
        self.ceased = False
        self.is_configured = False
        self.has_failed = False


# Spec: codec, control-message-queue, message-queue-blocked, codec-work-queue, codec-implementation
# Spec: codec-task-source
class ProcessingModel(Generic[ImplementationT]):
    """The slots that all codec interfaces have in common, ImageDecoder included.

    The constructor of each interface assigns them, in the order of the spec.
    """

    #: [[control message queue]]
    _control_message_queue: deque[ControlMessage]
    #: [[message queue blocked]]
    _message_queue_blocked: bool
    #: [[codec implementation]]; only steps on the work queue use it
    _codec_implementation: ImplementationT | None
    #: [[codec work queue]]
    _codec_work_queue: ParallelQueue

    def __init__(self) -> None:
        # Not in the spec: a codec belongs to an event loop and a platform.
        self._event_loop = current_event_loop()
        self._platform: Platform = current_platform()
        # Not in the spec: so does the rule for scarce resources.
        self._scarcity = current_scarcity()
        self._epoch = Epoch()
        #: the codec task source
        self._codec_task_source = TaskSource("codec")
        # Not in the spec: a codec is used on the thread, and in the process, in which it was made.
        self._own_thread = get_ident()
        self._own_generation = forks.generation
        # Not in the spec: an exception that ends the program, and is raised when the task at hand is done.
        self._interrupt: KeyboardInterrupt | SystemExit | None = None
        # Not in the spec: when the work queue last made progress, which chapter 11 asks for; before that, the time at
        # which the codec was made. Only steps on the work queue write it.
        self._last_progress = self._event_loop.now()

    def _show_to_tracer(self) -> None:
        """Not in the spec: have the tracer in use, if any, record what this codec does.

        Each constructor calls it when the slots are assigned, and before it queues anything.
        """
        tracer = current_tracer()
        if tracer is not None:
            tracer.trace(self)

    def _require_own_thread(self) -> None:
        """Raise RuntimeError on any thread but that of the codec's event loop, and in a forked child.

        Not in the spec: ECMAScript's objects cannot be reached from other threads.
        """
        if forks.generation != self._own_generation:
            raise RuntimeError(f"this {type(self).__name__} was made before the process forked: make one in the child")
        if get_ident() != self._own_thread:
            raise RuntimeError(
                f"this {type(self).__name__} belongs to the event loop of another thread: call it there, for instance "
                "with loop.call_soon_threadsafe()"
            )

    def _queue_a_task(self, name: str, steps: Steps, subject: object = None) -> None:
        """Queue a task on the codec task source. If it raises an exception, it closes the codec with EncodingError.

        ``name`` and ``subject`` are for tracers.
        """
        task = NamedSteps(_run_task, [steps], self)
        task.name, task.subject = name, subject
        self._event_loop.queue_task(self._codec_task_source, task)

    def _enqueue(self, name: str, steps: Steps, subject: object = None, error: ErrorName = "EncodingError") -> None:
        """Enqueue steps to [[codec work queue]]. If they raise an exception, that closes the codec with ``error``.

        ``name`` and ``subject`` are for tracers.
        """
        work = NamedSteps(_run_work, [steps], self, self._epoch, error)
        work.name, work.subject = name, subject
        self._codec_work_queue.enqueue(work)

    def _fail(self, failure: BaseException, epoch: Epoch, error: ErrorName) -> None:
        """Close the codec, because something of ``epoch`` has failed. Runs on the event loop.

        Implementations raise a CodecError for foreseen failures. Any other exception is unforeseen, so it is also
        reported, with its traceback.
        """
        if not isinstance(failure, CodecError):
            self._event_loop.report_exception(failure)
        self._close_after_failure(DOMException(_message_of(failure), error), epoch)

    def _work_has_failed(self, failure: BaseException, epoch: Epoch, error: ErrorName) -> None:
        """Have the codec closed, because a step on the work queue has failed. Runs on the work queue."""
        if not isinstance(failure, CodecError):
            epoch.has_failed = True
        if is_interrupt(failure):
            # The system has no thread for the work, and the main thread does it. The interrupt goes on after the work,
            # and needs no report.
            self._interrupt, failure = failure, CodecError(_message_of(failure))
        self._queue_a_task("close task", partial(self._fail, failure, epoch, error))

    def _close_after_failure(self, exception: DOMException, epoch: Epoch) -> None:
        """Close the codec with ``exception``, unless it is closed already. ``epoch`` is that of the failed steps."""
        raise NotImplementedError

    def _release_implementation(self) -> None:
        """Release the resources of [[codec implementation]], if there is one. Runs on the work queue."""
        raise NotImplementedError


def _run_task(not_begun: list[Steps], codec: ProcessingModel[ImplementationT]) -> None:
    try:
        not_begun.pop()()
    except (KeyboardInterrupt, SystemExit) as failure:
        # These are for the program as a whole. The steps may be half done, so the codec is closed.
        codec._close_after_failure(DOMException(_message_of(failure), "EncodingError"), codec._epoch)
        raise
    except BaseException as failure:
        codec._fail(failure, codec._epoch, "EncodingError")
    interrupt, codec._interrupt = codec._interrupt, None
    if interrupt is not None:
        raise interrupt


def _run_work(not_begun: list[Steps], codec: ProcessingModel[ImplementationT], epoch: Epoch, error: ErrorName) -> None:
    try:
        not_begun.pop()()
    except StepsAbandoned:
        # The event loop is closed. The queue drops the rest of its steps, among which may be those of close().
        codec._release_implementation()
        raise
    except BaseException as failure:
        codec._work_has_failed(failure, epoch, error)
    codec._last_progress = codec._event_loop.now()
    # An interrupt comes on the main thread. If the codec's work runs there, that is the thread of its event loop.
    if get_ident() == codec._own_thread and codec._interrupt is not None and is_interrupt(codec._interrupt):
        interrupt, codec._interrupt = codec._interrupt, None
        raise interrupt


def _message_of(failure: BaseException) -> str:
    """The message of the exception with which the codec is closed."""
    if isinstance(failure, CodecError):
        return str(failure)
    if isinstance(failure, MemoryError):
        return "there is not enough memory"
    return f"the codec failed unexpectedly, with {type(failure).__name__}: {failure}"


@algorithm("enqueues-a-control-message")
def queue_a_control_message(
    codec: ProcessingModel[ImplementationT], name: str, steps: Callable[[], Outcome], subject: object = None
) -> None:
    """Queue a control message."""
    # Not in the spec: refuse a message that can never be processed.
    codec._event_loop.require_open()
    codec._control_message_queue.append(ControlMessage(name, steps, subject))


@algorithm("process-the-control-message-queue")
def process_the_control_message_queue(codec: ProcessingModel[ImplementationT]) -> None:
    """Process the control message queue."""
    queue = codec._control_message_queue
    # 1. Go on while the queue is neither blocked nor empty.
    while not codec._message_queue_blocked and queue:
        # 1.1. Take the first message, but leave it in the queue.
        front_message = queue[0]
        # 1.2. Run its steps.
        outcome = _run_message(codec, front_message)
        # 1.3. Stop at a message that has to be retried later.
        if outcome == "not processed":
            break
        # 1.4. Remove a message that was processed, unless its failure has emptied the queue.
        if queue and queue[0] is front_message:
            queue.popleft()


def _run_message(codec: ProcessingModel[ImplementationT], message: ControlMessage) -> Outcome:
    """Run the steps of a control message. Not in the spec: if they raise an exception, that closes the codec."""
    try:
        return message.steps()
    except StepsAbandoned:
        # The event loop is closed.
        raise
    except BaseException as failure:
        # The message is not run again.
        queue = codec._control_message_queue
        if queue and queue[0] is message:
            queue.popleft()
        error: ErrorName = "NotSupportedError" if message.name == "configure" else "EncodingError"
        if isinstance(failure, KeyboardInterrupt | SystemExit):
            # These are for the program as a whole, which needs no report of them.
            codec._close_after_failure(DOMException(_message_of(failure), error), codec._epoch)
            raise
        codec._fail(failure, codec._epoch, error)
        return "processed"
