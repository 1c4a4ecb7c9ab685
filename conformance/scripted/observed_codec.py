"""Codecs that record everything that happens to them in one list of strings, in order.

An entry is an event with the state and the queue size at that moment: ``output 20 [configured 1]``. A call is an entry
as well, with the state that it leaves behind. An exception that it throws is part of the entry.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

from codecmodel import AudioDecoder, AudioEncoder, VideoDecoder, VideoEncoder
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise
from codecmodel.web.events import Event
from codecmodel.web.steps import Steps
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.scripted_codec import ConfigureAnswer, ScriptedPlatform, Supported

Kind = Literal["audio", "video"]
Codec: TypeAlias = AudioDecoder | VideoDecoder | AudioEncoder | VideoEncoder


def name_of(exception: BaseException) -> str:
    """The name that the web platform knows an exception by."""
    return exception.name if isinstance(exception, DOMException) else type(exception).__name__


class ObservedCodec(ABC):
    """A codec of any kind, driven by small numbers: configurations and timestamps (µs).

    The output callback closes outputs. ``on_output`` has further steps of that callback by timestamp, each for one
    call. ``on_error`` and ``on_dequeue`` are called by those callbacks. ``prefix`` begins each entry.
    """

    def __init__(
        self,
        event_loop: DeterministicEventLoop,
        platform: ScriptedPlatform,
        log: list[str],
        prefix: str,
    ) -> None:
        self.on_output: dict[int, Steps] = {}
        self.on_error: Steps | None = None
        self.on_dequeue: Steps | None = None
        self._event_loop = event_loop
        self._platform = platform
        self._log = log
        self._prefix = prefix
        self._flushes = 0

    @property
    @abstractmethod
    def codec(self) -> Codec:
        """The codec itself."""

    @property
    @abstractmethod
    def queue_size(self) -> int:
        """decodeQueueSize or encodeQueueSize."""

    def record(self, what: str) -> None:
        """Add an entry."""
        self._log.append(f"{self._prefix}{what} [{self.codec.state} {self.queue_size}]")

    def unfinished_business(self) -> list[str]:
        """Slots that differ from those of a codec with nothing left to run. There should be none."""
        codec = self.codec
        # A codec that is closed while it is being configured stays blocked.
        blocked = codec._message_queue_blocked and codec.state != "closed"
        slots = {
            "[[control message queue]]": len(codec._control_message_queue),
            "[[message queue blocked]]": blocked,
            "[[codec saturated]]": codec._codec_saturated,
            "[[pending flush promises]]": len(codec._pending_flush_promises),
            "the queue size": self.queue_size,
            "[[dequeue event scheduled]]": codec._dequeue_event_scheduled,
        }
        return [f"{self._prefix}{slot} is {value}" for slot, value in slots.items() if value]

    # Calls

    def configure(self, number: int = 1, answer: ConfigureAnswer | None = None) -> None:
        """Call configure() with the configuration of that number. The codec answers with ``answer``."""
        self._platform.configure_answers[number] = answer or Supported()
        with self._recorded(f"configure({number})"):
            self._configure(number)

    def flush(self) -> Promise[None]:
        """Call flush(). The settlement of the promise is an entry, when its first reaction runs."""
        self._flushes += 1
        number = self._flushes
        promise = self.codec.flush()
        self.record(f"flush() {number}")
        promise.add_done_callback(lambda settled: self._settled(number, settled))
        return promise

    def reset(self) -> None:
        with self._recorded("reset()"):
            self.codec.reset()

    def close(self) -> None:
        with self._recorded("close()"):
            self.codec.close()

    @contextmanager
    def _recorded(self, call: str) -> Iterator[None]:
        try:
            yield
        except (DOMException, TypeError) as exception:
            self.record(f"{call} throws {name_of(exception)}")
        else:
            self.record(call)

    @abstractmethod
    def _configure(self, number: int) -> None: ...

    # Callbacks

    def _output_with(self, timestamp: int) -> None:
        self.record(f"output {timestamp}")
        self.on_output.pop(timestamp, _nothing)()

    def _error(self, error: DOMException) -> None:
        self.record(f"error {name_of(error)}")
        if self.on_error is not None:
            self.on_error()

    def _dequeued(self, event: Event) -> None:
        self.record("dequeue")
        if self.on_dequeue is not None:
            self.on_dequeue()

    def _settled(self, number: int, promise: Promise[None]) -> None:
        reason = promise.exception()
        self.record(f"flush {number} resolved" if reason is None else f"flush {number} rejected {name_of(reason)}")


def _nothing() -> None:
    pass
