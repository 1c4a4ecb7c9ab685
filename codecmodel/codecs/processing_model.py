"""Chapter 2 of the spec: the codec processing model.

A codec has a control message queue, which its event loop's thread works off, and a codec work queue, which runs
beside it and alone touches the codec implementation. What the work queue has to say it says in tasks on the codec
task source.
"""

from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import Final, Generic, Literal, TypeAlias, TypeVar, TypeVarTuple

from codecmodel.algorithm import algorithm
from codecmodel.codecs.tracer import RunsCode, current_tracer
from codecmodel.platform.current import current_platform
from codecmodel.platform.platform import Platform
from codecmodel.web.event_loop import EventLoop, Promise, Steps, TaskSource, current_event_loop
from codecmodel.web.events import EventHandler, EventTarget
from codecmodel.web.webidl import invoke_callback

ImplementationT = TypeVar("ImplementationT")
ArgumentTs = TypeVarTuple("ArgumentTs")

# Spec: control-messages
Outcome: TypeAlias = Literal["processed", "not processed"]


# Spec: control-message, running-a-control-message
class ControlMessage:
    """The steps of a method that run when their turn comes.

    Not in the spec: ``name`` and ``subject``, the chunk, data or frame that the message is about, are for tracers.
    """

    __slots__ = ("name", "steps", "subject")

    def __init__(self, name: str, steps: Callable[[], Outcome], subject: object = None) -> None:
        self.name: Final = name
        self.steps: Final = steps
        self.subject: Final = subject

    def __repr__(self) -> str:
        return f"ControlMessage({self.name!r})"


class NamedSteps:
    """Steps that a codec queues, with their name and what they are about. Not in the spec: both are for tracers."""

    __slots__ = ("name", "steps", "subject")

    def __init__(self, name: str, steps: Steps, subject: object) -> None:
        self.name: Final = name
        self.steps: Final = steps
        self.subject: Final = subject

    def __call__(self) -> None:
        self.steps()


class Epoch:
    """The time between two resets of a codec. Not from the spec, which says only that a reset has the
    implementation "cease producing output for the previous configuration".

    Work carries the epoch it was enqueued in. Once that has ceased, the work and the tasks it queues deliver
    nothing: no output, no error, no flush.
    """

    __slots__ = ("ceased",)

    def __init__(self) -> None:
        self.ceased = False


# Spec: codec, control-message-queue, message-queue-blocked, codec-work-queue, codec-implementation
# Spec: codec-task-source
class ProcessingModel(Generic[ImplementationT]):
    """The slots and the machinery that all codec interfaces have in common, ImageDecoder included."""

    def __init__(self) -> None:
        # Not from the spec: where this codec lives.
        self._event_loop = current_event_loop()
        self._platform: Platform = current_platform()
        self._epoch = Epoch()
        #: [[control message queue]]
        self._control_message_queue: deque[ControlMessage] = deque()
        #: [[message queue blocked]]
        self._message_queue_blocked = False
        #: [[codec implementation]]; touched by steps on the work queue only
        self._codec_implementation: ImplementationT | None = None
        #: [[codec work queue]]
        self._codec_work_queue = self._event_loop.start_parallel_queue()
        #: the codec task source
        self._codec_task_source = TaskSource("codec")

    def _queue_a_task(self, name: str, steps: Steps, subject: object = None) -> None:
        """Queue a task on the codec task source. ``name`` and ``subject`` are for tracers."""
        self._event_loop.queue_task(self._codec_task_source, NamedSteps(name, steps, subject))

    def _enqueue(self, name: str, steps: Steps, subject: object = None) -> None:
        """Enqueue steps to [[codec work queue]]. ``name`` and ``subject`` are for tracers."""
        self._codec_work_queue.enqueue(NamedSteps(name, steps, subject))


class Codec(ProcessingModel[ImplementationT], EventTarget, Generic[ImplementationT]):
    """The slots and the machinery that decoders and encoders of audio and video have in common."""

    def __init__(self) -> None:
        super().__init__()
        # Not from the spec: what callbacks run in.
        self._context: RunsCode = copy_context()
        EventTarget.__init__(self, self._event_loop)
        #: [[codec saturated]]
        self._codec_saturated = False
        #: [[pending flush promises]]
        self._pending_flush_promises: list[Promise[None]] = []
        #: [[dequeue event scheduled]]
        self._dequeue_event_scheduled = False
        # Not from the spec.
        tracer = current_tracer()
        if tracer is not None:
            tracer.trace(self)

    def _call_back(self, callback: Callable[[*ArgumentTs], None], *arguments: *ArgumentTs) -> None:
        """Invoke a callback, in the Python context that the codec was made in."""
        invoke: Callable[[EventLoop, Callable[[*ArgumentTs], None], *ArgumentTs], None] = invoke_callback
        self._context.run(invoke, self._event_loop, callback, *arguments)

    @property
    def ondequeue(self) -> EventHandler:
        return self._event_handler("dequeue")

    @ondequeue.setter
    def ondequeue(self, value: EventHandler) -> None:
        self._set_event_handler("dequeue", value)


@algorithm("enqueues-a-control-message")
def queue_a_control_message(
    codec: ProcessingModel[ImplementationT], name: str, steps: Callable[[], Outcome], subject: object = None
) -> None:
    """Queuing a control message means enqueuing it to [[control message queue]]."""
    codec._control_message_queue.append(ControlMessage(name, steps, subject))


@algorithm("process-the-control-message-queue")
def process_the_control_message_queue(codec: ProcessingModel[ImplementationT]) -> None:
    """Process the control message queue."""
    queue = codec._control_message_queue
    # 1. While the queue is neither blocked nor empty:
    while not codec._message_queue_blocked and queue:
        # 1.1.
        front_message = queue[0]
        # 1.2.
        outcome = front_message.steps()
        # 1.3. It has to be retried later.
        if outcome == "not processed":
            break
        # 1.4. Otherwise it is done with.
        queue.popleft()


# Spec: eventdef-audiodecoder-dequeue, eventdef-videodecoder-dequeue
# Spec: eventdef-audioencoder-dequeue, eventdef-videoencoder-dequeue
@algorithm(
    "audiodecoder-schedule-dequeue-event",
    "videodecoder-schedule-dequeue-event",
    "audioencoder-schedule-dequeue-event",
    "videoencoder-schedule-dequeue-event",
)
def schedule_dequeue_event(codec: Codec[ImplementationT]) -> None:
    """Schedule Dequeue Event."""
    # 1. One is enough.
    if codec._dequeue_event_scheduled:
        return
    # 2.
    codec._dequeue_event_scheduled = True

    def task() -> None:
        # 3.1. Fire the event.
        codec._context.run(codec._fire, "dequeue")
        # 3.2.
        codec._dequeue_event_scheduled = False

    # 3. Queue a task.
    codec._queue_a_task("dequeue event task", task)
