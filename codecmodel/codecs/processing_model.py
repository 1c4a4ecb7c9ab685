"""Chapter 2 of the spec: the codec processing model.

A codec has two queues. Its event loop processes the control message queue. The codec work queue runs in parallel to the
event loop, and only its steps use the codec implementation. Steps on the work queue report to the event loop by queuing
tasks on the codec task source.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, Generic, Literal, TypeAlias, TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.platform.current import current_platform
from codecmodel.platform.platform import Platform
from codecmodel.web.event_loop import Steps, TaskSource, current_event_loop
from codecmodel.web.parallel_queue import ParallelQueue

ImplementationT = TypeVar("ImplementationT")

# Spec: control-messages
Outcome: TypeAlias = Literal["processed", "not processed"]


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
    """The time between two resets of a codec. Not in the spec.

    The spec says only that a reset signals the implementation "to cease producing output for the previous
    configuration". Here work carries the epoch in which it was enqueued. When that epoch has ceased, the work and the
    tasks that it queued deliver nothing: no output, no error, no end of a flush.
    """

    __slots__ = ("ceased",)

    def __init__(self) -> None:
        self.ceased = False


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
        self._epoch = Epoch()
        #: the codec task source
        self._codec_task_source = TaskSource("codec")

    def _queue_a_task(self, name: str, steps: Steps, subject: object = None) -> None:
        """Queue a task on the codec task source. ``name`` and ``subject`` are for tracers."""
        self._event_loop.queue_task(self._codec_task_source, NamedSteps(name, steps, subject))

    def _enqueue(self, name: str, steps: Steps, subject: object = None) -> None:
        """Enqueue steps to [[codec work queue]]. ``name`` and ``subject`` are for tracers."""
        self._codec_work_queue.enqueue(NamedSteps(name, steps, subject))


@algorithm("enqueues-a-control-message")
def queue_a_control_message(
    codec: ProcessingModel[ImplementationT], name: str, steps: Callable[[], Outcome], subject: object = None
) -> None:
    """Queue a control message."""
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
        outcome = front_message.steps()
        # 1.3. Stop at a message that has to be retried later.
        if outcome == "not processed":
            break
        # 1.4. Remove a message that was processed.
        queue.popleft()
