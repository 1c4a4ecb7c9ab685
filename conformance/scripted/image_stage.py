"""A stage for ImageDecoder: event loop, scheduler, scripted platform, a stream, and one log.

An entry of the log is a call that settled or did not return: ``decode 1 0 complete``, ``ready rejected AbortError``.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Final, cast

from codecmodel import ImageDecoder
from codecmodel.image_decoding.image_decode_options import ImageDecodeOptions, ImageDecodeResult
from codecmodel.image_decoding.image_decoder_init import ImageDecoderInit
from codecmodel.platform.current import use_platform
from codecmodel.web.event_loop import Promise, TaskSource, use_event_loop
from codecmodel.web.streams import ReadRequest
from conformance.interfaces import require_this_implementation
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.observed_codec import name_of
from conformance.scripted.scheduler import Choice, Policy, Scheduler, tasks_first, work_first
from conformance.scripted.scripted_codec import ScriptedPlatform
from conformance.scripted.scripted_image import IMAGE_TYPE
from conformance.suite.assertions import ExpectationError, assert_array_equals
from conformance.suite.scenario import Variant

_networking: Final = TaskSource("networking")


def name_of_reason(promise: Promise[ImageDecodeResult]) -> str:
    """The name of the exception that a promise is rejected with."""
    reason = promise.exception()
    return "none" if reason is None else name_of(reason)


class ScriptedStream:
    """A ReadableStream with its reader, which a script fills. Its chunks are read in tasks."""

    def __init__(self, event_loop: DeterministicEventLoop) -> None:
        self.locked = False
        self.disturbed = False
        self.is_canceled = False
        self._event_loop = event_loop
        self._given: list[Callable[[ReadRequest], None]] = []
        self._request: ReadRequest | None = None

    def get_a_reader(self) -> "ScriptedStream":
        self.locked = True
        return self

    def read_a_chunk(self, request: ReadRequest) -> None:
        assert self._request is None, "there is one request at a time"
        self._request = request
        self._go_on()

    def cancel(self) -> None:
        self.is_canceled = True

    def enqueue(self, *chunks: object) -> None:
        """Enqueue chunks. Text becomes bytes."""
        for chunk in chunks:
            value = chunk.encode() if isinstance(chunk, str) else chunk
            self._given.append(lambda request, value=value: request.chunk_steps(value))  # type: ignore[misc]
        self._go_on()

    def close(self) -> None:
        self._given.append(lambda request: request.close_steps())
        self._go_on()

    def error(self, reason: BaseException) -> None:
        self._given.append(lambda request: request.error_steps(reason))
        self._go_on()

    def _go_on(self) -> None:
        if self._request is not None and self._given:
            request, self._request = self._request, None
            given = self._given.pop(0)
            self._event_loop.queue_task(_networking, lambda: given(request))


class ImageStage:
    """A context manager. Within the block, image decoders live on its event loop and its platform.

    When the block ends without an exception, every decoder is closed, and nothing may have leaked.
    """

    def __init__(self, policy: Policy = work_first) -> None:
        require_this_implementation("scripted image decoders")
        self.policy: Final = policy
        self.log: Final[list[str]] = []
        self.event_loop: Final = DeterministicEventLoop(lambda exception: self.log.append(f"reported {exception!r}"))
        self.platform: Final = ScriptedPlatform(lambda: self.event_loop.on_parallel_queue)
        self.stream: Final = ScriptedStream(self.event_loop)
        self._scheduler = Scheduler(self.event_loop)
        self._decoders: list[ImageDecoder] = []
        self._decodes = 0
        self._uses = ExitStack()

    def new_decoder(self, data: object, **members: object) -> ImageDecoder:
        """A decoder of data (text becomes bytes). The settlements of its ``ready`` and ``completed`` are entries."""
        init: Mapping[str, object] = {
            "type": IMAGE_TYPE,
            "data": data.encode() if isinstance(data, str) else data,
            **members,
        }
        with self.event_loop.script():
            decoder = ImageDecoder(cast("ImageDecoderInit", init))
            decoder.tracks.ready.add_done_callback(lambda promise: self._settled("ready", promise))
            decoder.completed.add_done_callback(lambda promise: self._settled("completed", promise))
        self._decoders.append(decoder)
        return decoder

    def decode(self, decoder: ImageDecoder, options: ImageDecodeOptions | None = None) -> Promise[ImageDecodeResult]:
        """Call decode(). Its settlement is an entry, and the image is closed."""
        self._decodes += 1
        number = self._decodes
        promise = decoder.decode(options)
        promise.add_done_callback(lambda settled: self._decoded(number, settled))
        return promise

    def run(self, *calls: Callable[[], object]) -> None:
        """Make these calls in one script, then run everything that there is to run."""
        with self.event_loop.script():
            for call in calls:
                call()
        self._scheduler.run_until_idle(self.policy)

    def run_all_work(self) -> None:
        """Run all items of the parallel queues, and no task."""
        for queue in self.event_loop.parallel_queues:
            while queue.items:
                self._scheduler.run(Choice("work", queue.name, queue.items[0].number))

    def run_one_task(self) -> None:
        """Run the oldest task, and no work."""
        self._scheduler.run(tasks_first(self._scheduler.enabled()))

    def run_one_step(self) -> None:
        """Run one task or one item of work, if there is any."""
        enabled = self._scheduler.enabled()
        if enabled:
            self._scheduler.run(self.policy(enabled))

    def take_log(self, *expected: str) -> None:
        """Check that the log has exactly these entries, and empty it."""
        assert_array_equals(self.log, list(expected))
        self.log.clear()

    def calls(self) -> list[str]:
        """The requests to the codec implementation that was made last."""
        return self.platform.image_decoders[-1].calls

    def _settled(self, what: str, promise: Promise[None]) -> None:
        reason = promise.exception()
        self.log.append(f"{what} resolved" if reason is None else f"{what} rejected {name_of(reason)}")

    def _decoded(self, number: int, promise: Promise[ImageDecodeResult]) -> None:
        reason = promise.exception()
        if reason is not None:
            self.log.append(f"decode {number} rejected {name_of(reason)}")
            return
        result = promise.result()
        image = result["image"]
        value = image.planes()[0].data[0]
        self.log.append(f"decode {number} frame {value} {'complete' if result['complete'] else 'incomplete'}")
        image.close()

    def __enter__(self) -> "ImageStage":
        self._uses.enter_context(use_event_loop(self.event_loop))
        self._uses.enter_context(use_platform(self.platform))
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._uses:
            if type is None:
                self._end()

    def _end(self) -> None:
        with self.event_loop.script():
            for decoder in self._decoders:
                decoder.close()
        self.run()
        for implementation in self.platform.image_decoders:
            if implementation.calls[-1] != "release":
                raise ExpectationError(f"the codec was not released: {implementation.calls}")
        resources = self.platform.resources
        if resources.live:
            raise ExpectationError(f"{resources.live} of {resources.made} resources were not released")


#: The two extreme schedules: tasks first (a slow codec) and work first (a fast one).
STAGES: Final = [
    Variant("tasks-first", lambda: ImageStage(tasks_first)),
    Variant("work-first", lambda: ImageStage(work_first)),
]
