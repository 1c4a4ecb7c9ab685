"""Stand-ins that record on a timeline everything that a codec does.

A codec acts through four objects: its event loop, its codec work queue, its control message queue, and the context of
its callbacks. A tracer puts a stand-in in the place of each, so the model's steps need not know that they are traced.
Whenever a stand-in is used, it also looks at the codec's slots: every step that changes a slot is next to such a use.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import get_ident
from typing import ParamSpec, TypeVar, cast

from codecmodel.codecs.codec import Codec
from codecmodel.codecs.processing_model import ControlMessage, NamedSteps, Outcome
from codecmodel.codecs.tracer import RunsCode, use_tracer
from codecmodel.tracing.timeline import Timeline
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import EventLoop, Promise, TaskSource
from codecmodel.web.parallel_queue import ParallelQueue
from codecmodel.web.steps import LastingSteps, Steps
from codecmodel.web.webidl import invoke_callback

P = ParamSpec("P")
T = TypeVar("T")
ConfigT = TypeVar("ConfigT")
MediaT = TypeVar("MediaT")
OutputT = TypeVar("OutputT")


@contextmanager
def use_timeline(timeline: Timeline) -> Iterator[None]:
    """Codecs made within the block are traced on ``timeline`` for as long as they live."""
    with use_tracer(TimelineTracer(timeline)):
        yield


class TimelineTracer:
    """The tracer that records on a timeline."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline

    def trace(self, codec: object) -> None:
        """Put stand-ins between the codec and the four objects through which it acts."""
        if not isinstance(codec, Codec):
            # A timeline shows decoders and encoders; an ImageDecoder has other slots.
            return
        recorder = _Recorder(codec, self.timeline)
        codec._event_loop = _TracedEventLoop(codec._event_loop, recorder)
        codec._codec_work_queue = _TracedWorkQueue(codec._codec_work_queue, recorder)
        codec._control_message_queue = _TracedMessageQueue(recorder)
        codec._context = _TracedContext(codec._context, recorder)


class _Recorder:
    """Records what one codec does."""

    def __init__(self, codec: Codec[ConfigT, MediaT, OutputT], timeline: Timeline) -> None:
        self.timeline = timeline
        self.name = timeline.name_a_codec(type(codec).__name__)
        self._codec = codec
        self._queue_size = next(
            (name for name in ("decodeQueueSize", "encodeQueueSize") if hasattr(type(codec), name)), None
        )
        self._counted: dict[str, int] = {}
        self._spans: dict[str, int] = {}
        self._state = ""
        self._thread = get_ident()

    def arguments(self, subject: object) -> dict[str, object]:
        """The arguments of an event: the codec's name, and the timestamps of the chunk, data, frame or outputs."""
        return {"codec": self.name, **_timestamps(subject)}

    def look_at_slots(self) -> None:
        """Record which slots have changed. Does nothing on other threads than the event loop's, which change none."""
        if get_ident() != self._thread:
            return
        codec = self._codec
        if self._queue_size is not None:
            self.count(self._queue_size, cast("int", getattr(codec, self._queue_size)))
        self.count("control message queue", len(codec._control_message_queue))
        self.count("pending flush promises", len(codec._pending_flush_promises))
        self._span("message queue blocked", codec._message_queue_blocked)
        self._span("codec saturated", codec._codec_saturated)
        state = str(getattr(codec, "state", ""))
        if state != self._state:
            self._state = state
            self.timeline.instant("state", state, {"codec": self.name})

    def count(self, what: str, value: int) -> None:
        """Record a number if it has changed."""
        if self._counted.get(what, 0) != value:
            self._counted[what] = value
            self.timeline.counter(f"{self.name}: {what}", value)

    def _span(self, slot: str, is_set: bool) -> None:
        if is_set and slot not in self._spans:
            self._spans[slot] = self.timeline.begin("slot", f"{self.name}: {slot}")
        elif not is_set and slot in self._spans:
            self.timeline.end(self._spans.pop(slot))


class _TracedEventLoop:
    """The stand-in for a codec's event loop: records tasks, promises, and exceptions of callbacks."""

    def __init__(self, event_loop: EventLoop, recorder: _Recorder) -> None:
        self._event_loop = event_loop
        self._recorder = recorder

    def queue_task(self, source: TaskSource, steps: Steps) -> None:
        recorder = self._recorder
        recorder.look_at_slots()
        flow = recorder.timeline.start_a_flow()

        assert isinstance(steps, NamedSteps), "a codec queues no others"
        name, arguments = steps.name, recorder.arguments(steps.subject)

        def traced_steps() -> None:
            with recorder.timeline.slice("task", name, arguments, flow):
                steps()
                recorder.look_at_slots()

        self._event_loop.queue_task(source, LastingSteps.until(steps.is_lost, traced_steps))

    def require_open(self) -> None:
        self._event_loop.require_open()

    def new_promise(self) -> Promise[T]:
        recorder = self._recorder
        promise: Promise[T] = self._event_loop.new_promise()
        # The promises of flushes are the only ones that a codec makes.
        span = recorder.timeline.begin("promise", f"{recorder.name}: flush promise")

        def settled(promise: Promise[T]) -> None:
            reason = None if promise.cancelled() else promise._exception
            name = reason.name if isinstance(reason, DOMException) else type(reason).__name__
            outcome = "cancelled" if promise.cancelled() else "resolved" if reason is None else f"rejected with {name}"
            recorder.timeline.end(span, {"outcome": outcome})
            recorder.look_at_slots()

        promise.add_done_callback(settled)
        return promise

    def prepare_to_run_script(self) -> None:
        self._event_loop.prepare_to_run_script()

    def clean_up_after_running_script(self) -> None:
        self._event_loop.clean_up_after_running_script()

    def report_exception(self, exception: BaseException) -> None:
        name = type(exception).__name__
        self._recorder.timeline.instant("callback", f"{name} reported", {"codec": self._recorder.name})
        self._event_loop.report_exception(exception)

    def now(self) -> float:
        return self._event_loop.now()

    def start_parallel_queue(self, *, brief: bool = False, light: bool = False) -> ParallelQueue:
        return self._event_loop.start_parallel_queue(brief=brief, light=light)


class _TracedWorkQueue:
    """The stand-in for the codec work queue."""

    def __init__(self, queue: ParallelQueue, recorder: _Recorder) -> None:
        self._queue = queue
        self._recorder = recorder
        self._enqueued = 0
        self._finished = 0

    def enqueue(self, steps: Steps) -> None:
        recorder = self._recorder
        recorder.look_at_slots()
        self._enqueued += 1
        self._count()
        flow = recorder.timeline.start_a_flow()

        assert isinstance(steps, NamedSteps), "a codec enqueues no others"
        name, arguments = steps.name, recorder.arguments(steps.subject)

        def traced_steps() -> None:
            try:
                with recorder.timeline.slice("work", name, arguments, flow):
                    steps()
            finally:
                self._finished += 1
                self._count()

        self._queue.enqueue(LastingSteps.until(steps.is_lost, traced_steps))

    def _count(self) -> None:
        self._recorder.count("codec work queue", self._enqueued - self._finished)


class _TracedMessageQueue(deque[ControlMessage]):
    """The stand-in for the control message queue."""

    def __init__(self, recorder: _Recorder) -> None:
        super().__init__()
        self._recorder = recorder
        self._spans: deque[int] = deque()

    def append(self, message: ControlMessage) -> None:
        recorder = self._recorder
        arguments = recorder.arguments(message.subject)
        recorder.timeline.instant("message", f"{message.name} queued", arguments)
        self._spans.append(recorder.timeline.begin("message queue", f"{recorder.name}: {message.name}", arguments))

        def traced_steps() -> Outcome:
            # A message may be retried, so each run has arguments of its own.
            given = dict(arguments)
            with recorder.timeline.slice("message", f"{message.name} message", given):
                outcome = given["outcome"] = message.steps()
                recorder.look_at_slots()
            return outcome

        super().append(ControlMessage(message.name, traced_steps, message.subject))
        recorder.look_at_slots()

    def popleft(self) -> ControlMessage:
        message = super().popleft()
        self._recorder.timeline.end(self._spans.popleft(), {"outcome": "processed"})
        self._recorder.look_at_slots()
        return message

    def clear(self) -> None:
        super().clear()
        while self._spans:
            self._recorder.timeline.end(self._spans.popleft(), {"outcome": "dropped"})
        self._recorder.timeline.instant("message", "queue emptied", {"codec": self._recorder.name})
        self._recorder.look_at_slots()


class _TracedContext:
    """The stand-in for the context in which a codec's callbacks and listeners run."""

    def __init__(self, context: RunsCode, recorder: _Recorder) -> None:
        self._context = context
        self._recorder = recorder

    def run(self, callable: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        recorder = self._recorder
        recorder.look_at_slots()
        given = recorder.arguments(None)
        name = "dequeue event"
        if cast("object", callable) is invoke_callback:
            # The arguments are the event loop, the callback, and then an output or an exception.
            argument = args[2]
            name = "output callback"
            if isinstance(argument, DOMException):
                name = "error callback"
                given["exception"] = argument.name
            given |= _timestamp_of(argument)
        with recorder.timeline.slice("callback", name, given):
            result = self._context.run(callable, *args, **kwargs)
        recorder.look_at_slots()
        return result


def _timestamps(subject: object) -> dict[str, object]:
    """The timestamp (µs) of a chunk, data or frame, or the timestamps of outputs."""
    if isinstance(subject, Sequence):
        timestamps = [output.timestamp for output in subject if isinstance(getattr(output, "timestamp", None), int)]
        return {"timestamps": timestamps} if timestamps else {}
    return _timestamp_of(subject)


def _timestamp_of(value: object) -> dict[str, object]:
    timestamp = getattr(value, "_timestamp", None)
    return {"timestamp": timestamp} if isinstance(timestamp, int) else {}
