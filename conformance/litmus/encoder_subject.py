"""The encoders that programs use: an AudioEncoder of Opus, or a VideoEncoder of VP8."""

from collections.abc import Callable
from typing import Final, TypeAlias

from codecmodel import AudioData, AudioEncoder, EncodedAudioChunk, EncodedVideoChunk, VideoEncoder, VideoFrame
from codecmodel.codecs.chunk_metadata import EncodedAudioChunkMetadata, EncodedVideoChunkMetadata
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from conformance.litmus.subjects import CodecSubject, EncoderInterface, Numbering, Reports

#: Width of pictures, and of those of the other configuration.
WIDTHS: Final = {"configure": 32, "bad": 32, "other": 64}
HEIGHT: Final = 32
#: Channels of sound, and those of the other configuration.
CHANNELS: Final = {"configure": 1, "bad": 1, "other": 2}
SAMPLE_RATE: Final = 48_000
#: The number of a chunk that belongs to no call: an encoder of sound may add one for its delay.
OF_NO_CALL: Final = 0

#: Makes a frame, or data of so many channels, with a timestamp (µs).
NewInput: TypeAlias = Callable[[int, int], VideoFrame | AudioData]


class Timeline:
    """The timestamps of the inputs of an encoder, by the numbers of calls."""

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering

    def timestamp_of(self, number: int) -> int:
        """The timestamp of the input of a call."""
        return self._numbering.base + self._numbering.step * number

    def accepted(self, number: int) -> None:
        """The input of a call was accepted."""

    def interrupt(self) -> None:
        """The inputs before and behind are not encoded together."""

    def number_of(self, timestamp: int) -> int:
        """The number of the call that brought the input of a chunk."""
        return (timestamp - self._numbering.base) // self._numbering.step


class ContiguousTimeline(Timeline):
    """Each input begins where the one before ends, as encoders of sound need it. A chunk may belong to no input."""

    def __init__(self, numbering: Numbering) -> None:
        super().__init__(numbering)
        self._place = 1
        self._numbers: dict[int, int] = {}

    def timestamp_of(self, number: int) -> int:
        return self._numbering.step * self._place

    def accepted(self, number: int) -> None:
        self._numbers[self._place] = number
        self._place += 1

    def interrupt(self) -> None:
        # A chunk that the encoder adds for its delay gets a timestamp that no input has.
        self._place += 2

    def number_of(self, timestamp: int) -> int:
        return self._numbers.get(round(timestamp / self._numbering.step), OF_NO_CALL)


class EncoderSubject(CodecSubject):
    """An encoder. ``new_input`` makes what it encodes."""

    def __init__(
        self,
        interface: EncoderInterface,
        new_input: NewInput,
        numbering: Numbering,
        timeline: Timeline,
        reports: Reports,
    ) -> None:
        super().__init__(reports)
        self._new_input = new_input
        self._numbering = numbering
        self._timeline = timeline
        self._channels = 1
        self._encoder = self._new(interface)
        self._encoder.addEventListener("dequeue", self._dequeued)

    @property
    def target(self) -> AudioEncoder | VideoEncoder:
        return self._encoder

    @property
    def _queue_size(self) -> int:
        return self._encoder.encodeQueueSize

    def _new(self, interface: EncoderInterface) -> AudioEncoder | VideoEncoder:
        if interface == "VideoEncoder":
            video: Callable[[EncodedVideoChunk, EncodedVideoChunkMetadata], None] = self._output
            return VideoEncoder({"output": video, "error": self._error})
        audio: Callable[[EncodedAudioChunk, EncodedAudioChunkMetadata], None] = self._output
        return AudioEncoder({"output": audio, "error": self._error})

    def call(self, name: str, number: int) -> str | None:
        thrown = super().call(name, number)
        if thrown is None and name in ("flush", *WIDTHS):
            self._timeline.interrupt()
        return thrown

    def _call(self, name: str, number: int) -> None:
        if name in WIDTHS:
            self._configure(name, self._numbering.base + number)
            self._channels = CHANNELS[name]
            return
        channels = self._channels
        if name == "broken":
            channels = 3 - channels
            self._timeline.interrupt()
        media = self._new_input(self._timeline.timestamp_of(number), channels)
        if name == "closed":
            media.close()
        try:
            if isinstance(self._encoder, VideoEncoder):
                assert isinstance(media, VideoFrame)
                self._encoder.encode(media, {"keyFrame": name == "key"})
            else:
                assert isinstance(media, AudioData)
                self._encoder.encode(media)
        finally:
            media.close()
        self._timeline.accepted(number)

    def _configure(self, name: str, number: int) -> None:
        is_bad = name == "bad"
        if isinstance(self._encoder, VideoEncoder):
            video: VideoEncoderConfig = {
                "codec": "bogus" if is_bad else "vp8",
                "width": WIDTHS[name],
                "height": HEIGHT,
            }
            # The bit rate tells configurations apart whose chunks are decoded in the same way.
            if self._numbering.in_configurations:
                video["bitrate"] = number
            self._encoder.configure(video)
        else:
            audio: AudioEncoderConfig = {
                "codec": "bogus" if is_bad else "opus",
                "sampleRate": SAMPLE_RATE,
                "numberOfChannels": CHANNELS[name],
            }
            if self._numbering.in_configurations:
                audio["bitrate"] = number
            self._encoder.configure(audio)

    def _output(
        self,
        chunk: EncodedAudioChunk | EncodedVideoChunk,
        metadata: EncodedAudioChunkMetadata | EncodedVideoChunkMetadata,
    ) -> None:
        number = self._timeline.number_of(chunk.timestamp)
        self._reports("output", number, chunk.type, "described" if "decoderConfig" in metadata else None)
