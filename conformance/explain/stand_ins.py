"""Stand-ins for the objects through which a codec acts: they tell the recorder what is queued, and what it is for."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from codecmodel.codecs.processing_model import ControlMessage, NamedSteps, Outcome, ProcessingModel
from codecmodel.web.event_loop import EventLoop, Promise, TaskSource
from codecmodel.web.parallel_queue import ParallelQueue
from codecmodel.web.steps import Steps
from conformance.explain.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class RecordingTracer:
    """The tracer that tells ``recorder``. ``begins`` is called on a thread before it runs work."""

    def __init__(self, recorder: Recorder, begins: Callable[[], Callable[[], None]]) -> None:
        self._recorder = recorder
        self._begins = begins

    def trace(self, codec: object) -> None:
        """Put a stand-in in the place of event loop, work queue and message queue."""
        assert isinstance(codec, ProcessingModel), "codecs show themselves to tracers"
        recorder = self._recorder
        number = recorder.add_codec(cast("ProcessingModel[object]", codec))
        codec._event_loop = _RecordedEventLoop(codec._event_loop, recorder, number)
        codec._codec_work_queue = _RecordedWorkQueue(codec._codec_work_queue, recorder, number, self._begins)
        codec._control_message_queue = _RecordedMessageQueue(recorder, number)


class _RecordedEventLoop:
    def __init__(self, event_loop: EventLoop, recorder: Recorder, codec: int) -> None:
        self._event_loop = event_loop
        self._recorder = recorder
        self._codec = codec
        # The constructor of ImageDecoder makes the promises of two attributes. All others are those of a method.
        is_image = recorder.codecs[codec].interface == "ImageDecoder"
        self._promises = iter(("completed", "ready") if is_image else ())
        self._last_promise = "decode" if is_image else "flush"

    def queue_task(self, source: TaskSource, steps: Steps) -> None:
        recorder = self._recorder
        name, subject = _name_of(steps)
        # The event loop is asked first: a closed one takes no task.
        self._event_loop.require_open()
        item = recorder.new_item("task", name, self._codec, _timestamps(subject))
        recorder.queued("t+", item)
        self._event_loop.queue_task(source, lambda: recorder.run("task", item, steps))

    def require_open(self) -> None:
        self._event_loop.require_open()

    def new_promise(self) -> Promise[T]:
        promise: Promise[T] = self._event_loop.new_promise()
        name = next(self._promises, self._last_promise)
        self._recorder.promised(cast("Promise[object]", promise), f"{name} promise", self._codec)
        return promise

    def prepare_to_run_script(self) -> None:
        self._event_loop.prepare_to_run_script()

    def clean_up_after_running_script(self) -> None:
        self._event_loop.clean_up_after_running_script()

    def report_exception(self, exception: BaseException) -> None:
        self._recorder.operation("e", type(exception).__name__)
        self._event_loop.report_exception(exception)

    def now(self) -> float:
        return self._event_loop.now()

    def start_parallel_queue(self, *, brief: bool = False, light: bool = False) -> ParallelQueue:
        return self._event_loop.start_parallel_queue(brief=brief, light=light)


class _RecordedWorkQueue:
    def __init__(
        self, queue: ParallelQueue, recorder: Recorder, codec: int, begins: Callable[[], Callable[[], None]]
    ) -> None:
        self._queue = queue
        self._recorder = recorder
        self._codec = codec
        self._begins = begins

    def enqueue(self, steps: Steps) -> None:
        recorder = self._recorder
        name, subject = _name_of(steps)
        item = recorder.new_item("work", name, self._codec, _timestamps(subject))
        recorder.queued("w+", item)
        recorder.work_is_queued()

        def recorded_steps() -> None:
            ends = self._begins()
            try:
                recorder.run("work", item, steps)
            finally:
                ends()

        self._queue.enqueue(recorded_steps)


class _RecordedMessageQueue(deque[ControlMessage]):
    def __init__(self, recorder: Recorder, codec: int) -> None:
        super().__init__()
        self._recorder = recorder
        self._codec = codec
        self._items: deque[int] = deque()

    def append(self, message: ControlMessage) -> None:
        recorder = self._recorder
        item = recorder.new_item("message", message.name, self._codec, _timestamps(message.subject))
        recorder.queued("m+", item)
        self._items.append(item)

        def recorded_steps() -> Outcome:
            recorder.next_frame_is_of(item)
            return message.steps()

        super().append(ControlMessage(message.name, recorded_steps, message.subject))

    def popleft(self) -> ControlMessage:
        self._recorder.operation("m-", self._items.popleft())
        return super().popleft()

    def clear(self) -> None:
        super().clear()
        if self._items:
            self._recorder.operation("m0", self._codec, len(self._items))
        self._items.clear()


def _name_of(steps: Steps) -> tuple[str, object]:
    assert isinstance(steps, NamedSteps), "a codec queues no others"
    return steps.name, steps.subject


def _timestamps(subject: object) -> tuple[int, ...]:
    """The timestamps (µs) of a chunk, data or frame, or of outputs."""
    for name in ("_timestamp", "timestamp"):
        stamp: object = getattr(subject, name, None)
        if isinstance(stamp, int):
            return (stamp,)
    if isinstance(subject, list | tuple):
        outputs = cast("Sequence[object]", subject)
        return tuple(stamp for output in outputs for stamp in _timestamps(output))
    return ()
