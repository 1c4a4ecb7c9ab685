"""Encoders that record everything that happens to them, see ObservedCodec."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TypeAlias

from codecmodel import AudioData, AudioEncoder, EncodedAudioChunk, EncodedVideoChunk, VideoEncoder, VideoFrame
from codecmodel.codecs.chunk_metadata import EncodedAudioChunkMetadata, EncodedVideoChunkMetadata
from codecmodel.configurations.encoder_configurations import VideoEncoderConfig, VideoEncoderEncodeOptions
from codecmodel.raw_media.audio_data import create_audio_data
from codecmodel.raw_media.video_frame import create_a_video_frame
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.observed_codec import ObservedCodec
from conformance.scripted.scripted_codec import Chunks, EncodeAnswer, ScriptedPlatform
from conformance.scripted.scripted_media import ScriptedAudioResource, ScriptedVideoResource

#: The duration of each frame, in microseconds.
FRAME_DURATION = 7

Chunk: TypeAlias = EncodedAudioChunk | EncodedVideoChunk
Metadata: TypeAlias = EncodedAudioChunkMetadata | EncodedVideoChunkMetadata


class ObservedEncoder(ObservedCodec):
    """An encoder of either kind. ``chunks`` and ``metadata`` are its outputs."""

    def __init__(
        self,
        event_loop: DeterministicEventLoop,
        platform: ScriptedPlatform,
        log: list[str],
        prefix: str,
    ) -> None:
        super().__init__(event_loop, platform, log, prefix)
        self.chunks: list[Chunk] = []
        self.metadata: list[Mapping[str, object]] = []
        self.encoder = self._new_encoder()
        self.encoder.addEventListener("dequeue", self._dequeued)

    @property
    def codec(self) -> AudioEncoder | VideoEncoder:
        return self.encoder

    @property
    def queue_size(self) -> int:
        return self.encoder.encodeQueueSize

    def encode(self, timestamp: int, answer: EncodeAnswer | None = None) -> None:
        """Call encode() with the frame or data of that timestamp, which is closed right after. The codec answers
        with ``answer``.
        """
        self._platform.encode_answers[timestamp] = answer or Chunks()
        with self._recorded(f"encode({timestamp})"):
            self._encode(timestamp)

    def _output(self, chunk: Chunk, metadata: Metadata) -> None:
        self.chunks.append(chunk)
        self.metadata.append(metadata)
        self._output_with(chunk.timestamp)

    # Differences between the two kinds

    @abstractmethod
    def _new_encoder(self) -> AudioEncoder | VideoEncoder: ...

    @abstractmethod
    def _encode(self, timestamp: int) -> None: ...


class ObservedAudioEncoder(ObservedEncoder):
    """For the model, an encoder of Opus."""

    encoder: AudioEncoder

    def _new_encoder(self) -> AudioEncoder:
        return AudioEncoder({"output": self._output, "error": self._error})

    def _configure(self, number: int) -> None:
        self.encoder.configure({"codec": "opus", "sampleRate": number, "numberOfChannels": 1})

    def _encode(self, timestamp: int) -> None:
        data = self.data(timestamp)
        try:
            self.encoder.encode(data)
        finally:
            data.close()

    def data(self, timestamp: int) -> AudioData:
        """Data whose samples are ``timestamp``; its resource is counted."""
        return create_audio_data(ScriptedAudioResource(self._platform.resources, timestamp), timestamp)


class ObservedVideoEncoder(ObservedEncoder):
    """For the model, an encoder of VP8. ``config`` has the members of configurations besides their
    width.

    ``rotation`` and ``flip`` are those of the frames to come, and ``options`` are the options to encode them with.
    """

    encoder: VideoEncoder

    def __init__(
        self,
        event_loop: DeterministicEventLoop,
        platform: ScriptedPlatform,
        log: list[str],
        prefix: str,
    ) -> None:
        super().__init__(event_loop, platform, log, prefix)
        self.config: VideoEncoderConfig = {"codec": "vp8", "width": 0, "height": 2}
        self.rotation = 0.0
        self.flip = False
        self.options: VideoEncoderEncodeOptions | None = None

    def _new_encoder(self) -> VideoEncoder:
        return VideoEncoder({"output": self._output, "error": self._error})

    def _configure(self, number: int) -> None:
        config = self.config.copy()
        config["width"] = number
        self.encoder.configure(config)

    def _encode(self, timestamp: int) -> None:
        frame = self.frame(timestamp)
        try:
            self.encoder.encode(frame, self.options)
        finally:
            frame.close()

    def frame(self, timestamp: int) -> VideoFrame:
        """A frame whose bytes are ``timestamp``; its resource is counted."""
        resource = ScriptedVideoResource(self._platform.resources, timestamp)
        return create_a_video_frame(
            resource, timestamp, duration=FRAME_DURATION, rotation=self.rotation, flip=self.flip
        )
