"""The decoders that programs use: an AudioDecoder of Opus, or a VideoDecoder of VP8, and the calls on them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, Literal, TypeAlias, get_args

from codecmodel import (
    AudioData,
    AudioDecoder,
    DOMException,
    EncodedAudioChunk,
    EncodedVideoChunk,
    VideoDecoder,
    VideoFrame,
)
from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from codecmodel.web.event_loop import Promise
from codecmodel.web.events import Event
from conformance.litmus.log import Entry
from conformance.scripted.observed_codec import name_of

Interface: TypeAlias = Literal["VideoDecoder", "AudioDecoder"]
INTERFACES: Final[tuple[Interface, ...]] = get_args(Interface)

#: Type and data of the chunk that a call decodes.
Chunk: TypeAlias = tuple[Literal["key", "delta"], bytes]

#: RFC 6386 § 9.1: a key frame of 2 x 2 pixels, and a frame that depends on others, as far as the model reads them.
_VP8_KEY: Final = b"\x10\x00\x00\x9d\x01\x2a\x02\x00\x02\x00"
_VP8_DELTA: Final = b"\x11\x00\x00"
CHUNKS_OF_THE_MODEL: Final[dict[Interface, dict[str, Chunk]]] = {
    "VideoDecoder": {
        "decode": ("key", _VP8_KEY),
        "delta": ("delta", _VP8_DELTA),
        "liar": ("key", _VP8_DELTA),
        "broken": ("delta", _VP8_DELTA),
    },
    # Every chunk of Opus can be decoded by itself, so that there is no liar.
    "AudioDecoder": {"decode": ("key", b"opus"), "delta": ("delta", b"opus"), "broken": ("delta", b"opus")},
}
#: The calls that programs of an interface don't have.
EXCLUDED: Final[dict[Interface, frozenset[str]]] = {
    "VideoDecoder": frozenset(),
    "AudioDecoder": frozenset({"liar"}),
}


class Player(ABC):
    """A decoder whose calls carry numbers, which its outputs and its flushes tell again.

    ``base`` is added to the numbers in timestamps and in configurations, and ``step`` is between two timestamps (µs).
    A scripted codec knows a configuration by its width, or its sample rate; a real one needs a valid one.
    """

    base = 0
    step = 1
    are_configurations_numbered = False

    def __init__(self, interface: Interface, chunks: dict[str, Chunk]) -> None:
        self._interface: Final = interface
        self._chunks = chunks
        self.decoder = self._new_decoder()
        self.decoder.addEventListener("dequeue", self._dequeued)

    @abstractmethod
    def callback(self, *entry: str | int | None) -> None:
        """Run the program's code in a callback, or in a reaction to a promise. ``entry`` lacks state and queue size."""

    @property
    def look(self) -> Entry:
        """State and queue size."""
        return self.decoder.state, self.decoder.decodeQueueSize

    def call(self, name: str, number: int) -> str | None:
        """Make a call. Returns the name of the exception that it throws."""
        decoder = self.decoder
        try:
            if name in self._chunks:
                self._decode(*self._chunks[name], self.base + self.step * number)
            elif name in ("configure", "bad"):
                self._configure(self.base + number, is_good=name == "configure")
            elif name == "flush":
                promise = decoder.flush()
                promise.add_done_callback(lambda settled: self._settled(number, settled))
            elif name == "reset":
                decoder.reset()
            elif name == "close":
                decoder.close()
            else:
                assert name == "look", name
        except (DOMException, TypeError) as exception:
            return name_of(exception)
        return None

    def _new_decoder(self) -> AudioDecoder | VideoDecoder:
        if self._interface == "VideoDecoder":
            video: Callable[[VideoFrame], None] = self._output
            return VideoDecoder({"output": video, "error": self._error})
        audio: Callable[[AudioData], None] = self._output
        return AudioDecoder({"output": audio, "error": self._error})

    def _configure(self, number: int, *, is_good: bool) -> None:
        if isinstance(self.decoder, VideoDecoder):
            video: VideoDecoderConfig = {"codec": "vp8" if is_good else "bogus"}
            if self.are_configurations_numbered:
                video["codedWidth"], video["codedHeight"] = number, 2
            self.decoder.configure(video)
        else:
            rate = number if self.are_configurations_numbered else 48_000
            codec = "opus" if is_good else "bogus"
            self.decoder.configure({"codec": codec, "sampleRate": rate, "numberOfChannels": 1})

    def _decode(self, type: Literal["key", "delta"], data: bytes, timestamp: int) -> None:
        if isinstance(self.decoder, VideoDecoder):
            self.decoder.decode(EncodedVideoChunk({"type": type, "timestamp": timestamp, "data": data}))
        else:
            self.decoder.decode(EncodedAudioChunk({"type": type, "timestamp": timestamp, "data": data}))

    def _output(self, output: AudioData | VideoFrame) -> None:
        number = (output.timestamp - self.base) // self.step
        output.close()
        self.callback("output", number)

    def _error(self, error: DOMException) -> None:
        self.callback("error", error.name)

    def _dequeued(self, event: Event) -> None:
        self.callback("dequeue")

    def _settled(self, number: int, promise: Promise[None]) -> None:
        reason = promise.exception()
        self.callback("settled", number, "resolved" if reason is None else name_of(reason))
