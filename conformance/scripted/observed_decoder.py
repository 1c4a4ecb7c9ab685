"""Decoders that record everything that happens to them, see ObservedCodec."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Literal

from codecmodel import AudioData, AudioDecoder, EncodedAudioChunk, EncodedVideoChunk, VideoDecoder, VideoFrame
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.observed_codec import Kind, ObservedCodec, name_of
from conformance.scripted.scripted_codec import DecodeAnswer, Outputs, ScriptedPlatform

__all__ = ["Kind", "ObservedAudioDecoder", "ObservedDecoder", "ObservedVideoDecoder", "name_of"]

ChunkType = Literal["key", "delta"]


class ObservedDecoder(ObservedCodec):
    """A decoder of either kind."""

    def __init__(
        self,
        event_loop: DeterministicEventLoop,
        platform: ScriptedPlatform,
        log: list[str],
        prefix: str,
    ) -> None:
        super().__init__(event_loop, platform, log, prefix)
        self.decoder = self._new_decoder()
        self.decoder.addEventListener("dequeue", self._dequeued)

    @property
    def codec(self) -> AudioDecoder | VideoDecoder:
        return self.decoder

    @property
    def queue_size(self) -> int:
        return self.decoder.decodeQueueSize

    def decode(self, timestamp: int, answer: DecodeAnswer | None = None, type: ChunkType = "key") -> None:
        """Call decode() with a chunk of that timestamp. The codec answers with ``answer``, by default one output."""
        self._platform.decode_answers[timestamp] = answer or Outputs()
        with self._recorded(f"decode({timestamp})"):
            self._decode(timestamp, type)

    def _output(self, output: AudioData | VideoFrame) -> None:
        timestamp = output.timestamp
        output.close()
        self._output_with(timestamp)

    # Differences between the two kinds

    @abstractmethod
    def _new_decoder(self) -> AudioDecoder | VideoDecoder: ...

    @abstractmethod
    def _decode(self, timestamp: int, type: ChunkType) -> None: ...


class ObservedAudioDecoder(ObservedDecoder):
    """For the model, a decoder of Opus. Every chunk can be a key chunk."""

    decoder: AudioDecoder

    def _new_decoder(self) -> AudioDecoder:
        output: Callable[[AudioData], None] = self._output
        return AudioDecoder({"output": output, "error": self._error})

    def _configure(self, number: int) -> None:
        self.decoder.configure({"codec": "opus", "sampleRate": number, "numberOfChannels": 1})

    def _decode(self, timestamp: int, type: ChunkType) -> None:
        self.decoder.decode(EncodedAudioChunk({"type": type, "timestamp": timestamp, "data": b"opus"}))


class ObservedVideoDecoder(ObservedDecoder):
    """For the model, a decoder of VP8. The first bit says whether a chunk is a key frame."""

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
