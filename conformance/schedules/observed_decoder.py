"""Decoders that write down what happens to them, in one list of strings, in order.

An entry is what happened, with state and decodeQueueSize at that moment: ``output 20 [configured 1]``. Calls are
entries too, with the state they leave behind; what they throw is part of the entry.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from codecmodel import AudioData, AudioDecoder, EncodedAudioChunk, EncodedVideoChunk, VideoDecoder, VideoFrame
from codecmodel.infra.errors import DOMException
from codecmodel.infra.event_loop import Promise, Steps
from codecmodel.infra.events import Event
from conformance.schedules.deterministic_loop import DeterministicEventLoop
from conformance.schedules.scripted_codec import ConfigureAnswer, DecodeAnswer, Outputs, ScriptedPlatform, Supported

Kind = Literal["audio", "video"]
ChunkType = Literal["key", "delta"]


def name_of(exception: BaseException) -> str:
    """The name that the web platform knows an exception by."""
    return exception.name if isinstance(exception, DOMException) else type(exception).__name__


class ObservedDecoder:
    """A decoder of either kind, driven by small numbers: configurations and timestamps (µs).

    Outputs are closed by the output callback. ``on_output`` has what else that callback does, by timestamp, once;
    ``on_error`` and ``on_dequeue`` are called by those callbacks. ``prefix`` begins each entry.
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
        self.decoder = self._new_decoder()
        self.decoder.addEventListener("dequeue", self._dequeued)

    def record(self, what: str) -> None:
        """Add an entry."""
        self._log.append(f"{self._prefix}{what} [{self.decoder.state} {self.decoder.decodeQueueSize}]")

    def unfinished_business(self) -> list[str]:
        """Internal slots that are not as they are in a codec with nothing left to run; there should be none."""
        decoder = self.decoder
        # Closing a codec that is being configured leaves it blocked for good.
        blocked = decoder._message_queue_blocked and decoder.state != "closed"
        slots = {
            "[[control message queue]]": len(decoder._control_message_queue),
            "[[message queue blocked]]": blocked,
            "[[codec saturated]]": decoder._codec_saturated,
            "[[pending flush promises]]": len(decoder._pending_flush_promises),
            "[[decodeQueueSize]]": decoder.decodeQueueSize,
            "[[dequeue event scheduled]]": decoder._dequeue_event_scheduled,
        }
        return [f"{self._prefix}{slot} is {value}" for slot, value in slots.items() if value]

    # Calls

    def configure(self, number: int = 1, answer: ConfigureAnswer | None = None) -> None:
        """configure(), with the configuration of that number; the codec answers with ``answer``."""
        self._platform.configure_answers[number] = answer or Supported()
        with self._recorded(f"configure({number})"):
            self._configure(number)

    def decode(self, timestamp: int, answer: DecodeAnswer | None = None, type: ChunkType = "key") -> None:
        """decode(), with a chunk of that timestamp; the codec answers with ``answer``, by default one output."""
        self._platform.decode_answers[timestamp] = answer or Outputs()
        with self._recorded(f"decode({timestamp})"):
            self._decode(timestamp, type)

    def flush(self) -> Promise[None]:
        """flush(). The settlement of the promise is an entry, when its first reaction runs."""
        self._flushes += 1
        number = self._flushes
        promise = self.decoder.flush()
        self.record(f"flush() {number}")
        promise.add_done_callback(lambda settled: self._settled(number, settled))
        return promise

    def reset(self) -> None:
        with self._recorded("reset()"):
            self.decoder.reset()

    def close(self) -> None:
        with self._recorded("close()"):
            self.decoder.close()

    @contextmanager
    def _recorded(self, call: str) -> Iterator[None]:
        try:
            yield
        except (DOMException, TypeError) as exception:
            self.record(f"{call} throws {name_of(exception)}")
        else:
            self.record(call)

    # Callbacks

    def _output(self, output: AudioData | VideoFrame) -> None:
        timestamp = output.timestamp
        output.close()
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

    # What differs

    def _new_decoder(self) -> AudioDecoder | VideoDecoder:
        raise NotImplementedError

    def _configure(self, number: int) -> None:
        raise NotImplementedError

    def _decode(self, timestamp: int, type: ChunkType) -> None:
        raise NotImplementedError


def _nothing() -> None:
    pass


class ObservedAudioDecoder(ObservedDecoder):
    """Of Opus, as far as the model knows: every chunk can be a key chunk."""

    decoder: AudioDecoder

    def _new_decoder(self) -> AudioDecoder:
        output: Callable[[AudioData], None] = self._output
        return AudioDecoder({"output": output, "error": self._error})

    def _configure(self, number: int) -> None:
        self.decoder.configure({"codec": "opus", "sampleRate": number, "numberOfChannels": 1})

    def _decode(self, timestamp: int, type: ChunkType) -> None:
        self.decoder.decode(EncodedAudioChunk({"type": type, "timestamp": timestamp, "data": b"opus"}))


class ObservedVideoDecoder(ObservedDecoder):
    """Of VP8, as far as the model knows: the first bit says whether it is a key frame."""

    decoder: VideoDecoder

    def _new_decoder(self) -> VideoDecoder:
        output: Callable[[VideoFrame], None] = self._output
        return VideoDecoder({"output": output, "error": self._error})

    def _configure(self, number: int) -> None:
        self.decoder.configure({"codec": "vp8", "codedWidth": number, "codedHeight": 2})

    def _decode(self, timestamp: int, type: ChunkType) -> None:
        # RFC 6386 § 9.1: frame tag, start code, 2 x 2 pixels; the frame tag of a frame that depends on others.
        data = b"\x10\x00\x00\x9d\x01\x2a\x02\x00\x02\x00" if type == "key" else b"\x11\x00\x00"
        self.decoder.decode(EncodedVideoChunk({"type": type, "timestamp": timestamp, "data": data}))
