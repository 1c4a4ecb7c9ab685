"""The decoders that programs use: an AudioDecoder of Opus, or a VideoDecoder of VP8."""

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from codecmodel import AudioData, AudioDecoder, EncodedAudioChunk, EncodedVideoChunk, VideoDecoder, VideoFrame
from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from conformance.litmus.subjects import CodecSubject, DecoderInterface, Numbering, Reports

#: Type and data of the chunk that a call decodes.
Chunk: TypeAlias = tuple[Literal["key", "delta"], bytes]

#: RFC 6386 § 9.1: a key frame of 2 x 2 pixels, and a frame that depends on others, as far as the model reads them.
_VP8_KEY: Final = b"\x10\x00\x00\x9d\x01\x2a\x02\x00\x02\x00"
_VP8_DELTA: Final = b"\x11\x00\x00"
CHUNKS_OF_THE_MODEL: Final[Mapping[DecoderInterface, Mapping[str, Chunk]]] = {
    "VideoDecoder": {
        "decode": ("key", _VP8_KEY),
        "delta": ("delta", _VP8_DELTA),
        "liar": ("key", _VP8_DELTA),
        "broken": ("delta", _VP8_DELTA),
    },
    # Every chunk of Opus can be decoded by itself, so that there is no liar.
    "AudioDecoder": {"decode": ("key", b"opus"), "delta": ("delta", b"opus"), "broken": ("delta", b"opus")},
}


class DecoderSubject(CodecSubject):
    """A decoder. ``chunks`` are those that its calls decode."""

    def __init__(
        self, interface: DecoderInterface, chunks: Mapping[str, Chunk], numbering: Numbering, reports: Reports
    ) -> None:
        super().__init__(reports)
        self._chunks = chunks
        self._numbering = numbering
        self._decoder = self._new(interface)
        self._decoder.addEventListener("dequeue", self._dequeued)

    @property
    def target(self) -> AudioDecoder | VideoDecoder:
        return self._decoder

    @property
    def _queue_size(self) -> int:
        return self._decoder.decodeQueueSize

    def _new(self, interface: DecoderInterface) -> AudioDecoder | VideoDecoder:
        if interface == "VideoDecoder":
            video: Callable[[VideoFrame], None] = self._output
            return VideoDecoder({"output": video, "error": self._error})
        audio: Callable[[AudioData], None] = self._output
        return AudioDecoder({"output": audio, "error": self._error})

    def _call(self, name: str, number: int) -> None:
        if name in self._chunks:
            self._decode(*self._chunks[name], self._numbering.base + self._numbering.step * number)
        else:
            self._configure(self._numbering.base + number, is_good=name == "configure")

    def _configure(self, number: int, *, is_good: bool) -> None:
        if isinstance(self._decoder, VideoDecoder):
            video: VideoDecoderConfig = {"codec": "vp8" if is_good else "bogus"}
            if self._numbering.in_configurations:
                video["codedWidth"], video["codedHeight"] = number, 2
            self._decoder.configure(video)
        else:
            rate = number if self._numbering.in_configurations else 48_000
            codec = "opus" if is_good else "bogus"
            self._decoder.configure({"codec": codec, "sampleRate": rate, "numberOfChannels": 1})

    def _decode(self, type: Literal["key", "delta"], data: bytes, timestamp: int) -> None:
        if isinstance(self._decoder, VideoDecoder):
            self._decoder.decode(EncodedVideoChunk({"type": type, "timestamp": timestamp, "data": data}))
        else:
            self._decoder.decode(EncodedAudioChunk({"type": type, "timestamp": timestamp, "data": data}))

    def _output(self, output: AudioData | VideoFrame) -> None:
        number = (output.timestamp - self._numbering.base) // self._numbering.step
        output.close()
        self._reports("output", number)
