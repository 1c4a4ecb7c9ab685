"""An encoder under observation, of either kind, as scenarios use it: what it puts out is recorded, in order."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, cast

from codecmodel import (
    AudioData,
    AudioDecoder,
    AudioEncoder,
    DOMException,
    EncodedAudioChunk,
    EncodedVideoChunk,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)
from codecmodel.configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig, VideoEncoderEncodeOptions
from codecmodel.infra.event_loop import Promise
from conformance.assertions import ExpectationError, OptionalFeatureUnsupportedError
from conformance.context import Test
from conformance.media.sources import AudioSource, Source, VideoSource

Chunk: TypeAlias = EncodedAudioChunk | EncodedVideoChunk


class EncoderSession(ABC):
    """An encoder, and what came out of it: chunks and their metadata.

    An error is a failure unless ``expect_errors`` is set. ``log`` has outputs (``output 40000``), errors (``error
    EncodingError``) and settled flushes (``flush resolved``) in the order in which they happened.
    """

    def __init__(self, t: Test) -> None:
        self.chunks: list[Chunk] = []
        self.metadata: list[Mapping[str, object]] = []
        self.errors: list[DOMException] = []
        self.log: list[str] = []
        self.expect_errors = False
        #: Called with each chunk after it is recorded.
        self.on_output: Callable[[Chunk], None] | None = None
        self._test = t
        self._unexpected_error = t.unreached_func("unexpected error")
        self.encoder = self._new_encoder()
        t.add_cleanup(self._clean_up)

    @property
    def timestamps(self) -> list[int]:
        """Of the chunks so far, as the encoder put them out."""
        return [chunk.timestamp for chunk in self.chunks]

    @property
    def types(self) -> list[str]:
        return [chunk.type for chunk in self.chunks]

    @property
    def decoder_configs(self) -> list[Mapping[str, object]]:
        """The configurations that came so far, one or more."""
        return [
            cast("Mapping[str, object]", metadata["decoderConfig"])
            for metadata in self.metadata
            if "decoderConfig" in metadata
        ]

    @abstractmethod
    def configure(self, **changes: object) -> None:
        """configure() with the source's configuration; ``changes`` are to members of it."""

    @abstractmethod
    def encode(self, number: int, *, timestamp: int | None = None) -> None:
        """encode() of what has that number in the source; it is closed right after."""

    def flush(self) -> Promise[None]:
        promise = self.encoder.flush()
        promise.add_done_callback(self._settled)
        return promise

    async def require_support(self, **changes: object) -> None:
        """Fail unless the source's configuration is supported: there is an encoder for it.

        With ``changes`` raise OptionalFeatureUnsupportedError unless that is supported.
        """
        if not await self._is_supported(**changes):
            message = f"no encoder supports {self.config(**changes)}"
            raise OptionalFeatureUnsupportedError(message) if changes else ExpectationError(message)

    @abstractmethod
    def config(self, **changes: object) -> AudioEncoderConfig | VideoEncoderConfig:
        """The source's configuration, with ``changes``."""

    @abstractmethod
    async def _is_supported(self, **changes: object) -> bool: ...

    @abstractmethod
    async def decode(self) -> Sequence[AudioData | VideoFrame]:
        """What the chunks decode to, configured by the decoderConfig that came with them. Closed at the end."""

    @abstractmethod
    def _new_encoder(self) -> AudioEncoder | VideoEncoder: ...

    def _output(self, chunk: Chunk, metadata: Mapping[str, object]) -> None:
        self.chunks.append(chunk)
        self.metadata.append(metadata)
        self.log.append(f"output {chunk.timestamp}")
        if self.on_output is not None:
            self.on_output(chunk)

    def _error(self, error: DOMException) -> None:
        self.errors.append(error)
        self.log.append(f"error {error.name}")
        if not self.expect_errors:
            self._unexpected_error(error)

    def _settled(self, promise: Promise[None]) -> None:
        if promise.cancelled():
            return
        reason = promise.exception()
        name = reason.name if isinstance(reason, DOMException) else type(reason).__name__
        self.log.append("flush resolved" if reason is None else f"flush rejected {name}")

    def _clean_up(self) -> None:
        if self.encoder.state != "closed":
            self.encoder.close()


class VideoEncoderSession(EncoderSession):
    """With a VideoEncoder."""

    encoder: VideoEncoder

    def __init__(self, t: Test, source: VideoSource) -> None:
        self.source = source
        super().__init__(t)

    def config(self, **changes: object) -> VideoEncoderConfig:
        return cast("VideoEncoderConfig", {**self.source.config, **changes})

    def configure(self, **changes: object) -> None:
        self.encoder.configure(self.config(**changes))

    def encode(self, number: int, *, timestamp: int | None = None) -> None:
        self.encode_with({}, number, timestamp=timestamp)

    def encode_with(self, options: VideoEncoderEncodeOptions, number: int, *, timestamp: int | None = None) -> None:
        """encode() with options."""
        frame = self.source.frame(number, timestamp=timestamp)
        try:
            self.encoder.encode(frame, options)
        finally:
            frame.close()

    async def _is_supported(self, **changes: object) -> bool:
        return (await VideoEncoder.isConfigSupported(self.config(**changes)))["supported"]

    async def decode(self) -> list[VideoFrame]:
        frames: list[VideoFrame] = []
        decoder = VideoDecoder({"output": frames.append, "error": self._unexpected_error})
        self._test.add_cleanup(lambda: close_all(frames))
        for chunk, metadata in zip(self.chunks, self.metadata, strict=True):
            if "decoderConfig" in metadata:
                decoder.configure(cast("VideoDecoderConfig", metadata["decoderConfig"]))
            decoder.decode(cast("EncodedVideoChunk", chunk))
        await decoder.flush()
        decoder.close()
        return frames

    def _new_encoder(self) -> VideoEncoder:
        return VideoEncoder({"output": self._output, "error": self._error})


class AudioEncoderSession(EncoderSession):
    """With an AudioEncoder."""

    encoder: AudioEncoder

    def __init__(self, t: Test, source: AudioSource) -> None:
        self.source = source
        super().__init__(t)

    def config(self, **changes: object) -> AudioEncoderConfig:
        return cast("AudioEncoderConfig", {**self.source.config, **changes})

    def configure(self, **changes: object) -> None:
        self.encoder.configure(self.config(**changes))

    def encode(self, number: int, *, timestamp: int | None = None) -> None:
        self.encode_data(self.source.data(number, timestamp=timestamp))

    def encode_data(self, data: AudioData) -> None:
        """encode() of data, which is closed."""
        try:
            self.encoder.encode(data)
        finally:
            data.close()

    async def _is_supported(self, **changes: object) -> bool:
        return (await AudioEncoder.isConfigSupported(self.config(**changes)))["supported"]

    async def decode(self) -> list[AudioData]:
        data: list[AudioData] = []
        decoder = AudioDecoder({"output": data.append, "error": self._unexpected_error})
        self._test.add_cleanup(lambda: close_all(data))
        for chunk, metadata in zip(self.chunks, self.metadata, strict=True):
            if "decoderConfig" in metadata:
                decoder.configure(cast("AudioDecoderConfig", metadata["decoderConfig"]))
            decoder.decode(cast("EncodedAudioChunk", chunk))
        await decoder.flush()
        decoder.close()
        return data

    def _new_encoder(self) -> AudioEncoder:
        return AudioEncoder({"output": self._output, "error": self._error})


def open_encoder(t: Test, source: Source) -> EncoderSession:
    """A session with an encoder of the source's kind."""
    return VideoEncoderSession(t, source) if isinstance(source, VideoSource) else AudioEncoderSession(t, source)


def close_all(outputs: Sequence[AudioData | VideoFrame]) -> None:
    """Close every one."""
    for output in outputs:
        output.close()
