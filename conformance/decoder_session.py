"""A decoder under observation, of either kind, as scenarios use it: what it puts out is recorded, in order."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, cast

from codecmodel import (
    AudioData,
    AudioDecoder,
    DOMException,
    EncodedAudioChunk,
    EncodedVideoChunk,
    VideoDecoder,
    VideoFrame,
)
from codecmodel.configurations import AudioDecoderConfig, CodecState, VideoDecoderConfig
from codecmodel.infra.event_loop import Promise
from conformance.context import Test
from conformance.media.material import AudioMaterial, Material, VideoMaterial

Chunk: TypeAlias = EncodedAudioChunk | EncodedVideoChunk
Decoder: TypeAlias = AudioDecoder | VideoDecoder
Output: TypeAlias = AudioData | VideoFrame


class Session(ABC):
    """A decoder, and what came out of it.

    Outputs stay open until the scenario has ended, when the decoder is closed too. An error is a failure unless
    ``expect_errors`` is set. ``log`` has outputs (``output 40000``), errors (``error EncodingError``), dequeue events
    (``dequeue``) and settled flushes (``flush resolved``, ``flush rejected AbortError``) in the order in which they
    happened.
    """

    def __init__(self, t: Test, material: Material) -> None:
        self.material: Material = material
        self.outputs: list[Output] = []
        self.errors: list[DOMException] = []
        self.log: list[str] = []
        self.expect_errors = False
        #: Called with each output after it is recorded.
        self.on_output: Callable[[Output], None] | None = None
        self.on_error: Callable[[DOMException], None] | None = None
        self.on_dequeue: Callable[[], None] | None = None
        self._unexpected_error = t.unreached_func("unexpected error")
        self._is_over = self._is_forgotten = False
        self.decoder: Decoder = self._new_decoder(self._output, self._error)
        self.decoder.addEventListener("dequeue", self._dequeue)
        t.add_cleanup(self._clean_up)

    # The decoder's interface

    @property
    def state(self) -> CodecState:
        return self.decoder.state

    @property
    def decodeQueueSize(self) -> int:
        return self.decoder.decodeQueueSize

    @abstractmethod
    def configure(self, config: Mapping[str, object] | None = None) -> None:
        """configure() with ``config``, or with the material's."""

    @abstractmethod
    def decode(self, chunk: int | Chunk) -> None:
        """decode() with a chunk, or with that of the material which has this number."""

    def flush(self) -> Promise[None]:
        promise = self.decoder.flush()
        promise.add_done_callback(self._settled)
        return promise

    def reset(self) -> None:
        self.decoder.reset()

    def close(self) -> None:
        self.decoder.close()

    # What is handy

    def decode_all(self) -> None:
        """decode() with every chunk of the material."""
        for number in range(len(self.material.chunks)):
            self.decode(number)

    @property
    def timestamps(self) -> list[int]:
        """Of the outputs so far."""
        return [output.timestamp for output in self.outputs]

    def forget_decoder(self) -> None:
        """Drop the reference to the decoder, which nobody will close."""
        self._is_forgotten = True
        del self.decoder

    @abstractmethod
    def _new_decoder(self, output: Callable[[Output], None], error: Callable[[DOMException], None]) -> Decoder: ...

    def _output(self, output: Output) -> None:
        if self._is_over:
            output.close()
            return
        self.outputs.append(output)
        self.log.append(f"output {output.timestamp}")
        if self.on_output is not None:
            self.on_output(output)

    def _error(self, error: DOMException) -> None:
        self.errors.append(error)
        self.log.append(f"error {error.name}")
        if not self.expect_errors:
            self._unexpected_error(error)
        if self.on_error is not None:
            self.on_error(error)

    def _dequeue(self, event: object) -> None:
        self.log.append("dequeue")
        if self.on_dequeue is not None:
            self.on_dequeue()

    def _settled(self, promise: Promise[None]) -> None:
        if promise.cancelled():
            return
        reason = promise.exception()
        name = reason.name if isinstance(reason, DOMException) else type(reason).__name__
        self.log.append("flush resolved" if reason is None else f"flush rejected {name}")

    def _clean_up(self) -> None:
        self._is_over = True
        for output in self.outputs:
            output.close()
        if not self._is_forgotten and self.decoder.state != "closed":
            self.decoder.close()


class VideoSession(Session):
    """With a VideoDecoder."""

    material: VideoMaterial
    decoder: VideoDecoder

    @property
    def frames(self) -> Sequence[VideoFrame]:
        """The outputs so far."""
        return cast("list[VideoFrame]", self.outputs)

    def configure(self, config: Mapping[str, object] | None = None) -> None:
        self.decoder.configure(cast("VideoDecoderConfig", self.material.config if config is None else config))

    def decode(self, chunk: int | Chunk) -> None:
        self.decoder.decode(cast("EncodedVideoChunk", self.material.chunk(chunk) if isinstance(chunk, int) else chunk))

    def _new_decoder(self, output: Callable[[Output], None], error: Callable[[DOMException], None]) -> VideoDecoder:
        return VideoDecoder({"output": output, "error": error})


class AudioSession(Session):
    """With an AudioDecoder."""

    material: AudioMaterial
    decoder: AudioDecoder

    @property
    def data(self) -> Sequence[AudioData]:
        """The outputs so far."""
        return cast("list[AudioData]", self.outputs)

    def configure(self, config: Mapping[str, object] | None = None) -> None:
        self.decoder.configure(cast("AudioDecoderConfig", self.material.config if config is None else config))

    def decode(self, chunk: int | Chunk) -> None:
        self.decoder.decode(cast("EncodedAudioChunk", self.material.chunk(chunk) if isinstance(chunk, int) else chunk))

    def _new_decoder(self, output: Callable[[Output], None], error: Callable[[DOMException], None]) -> AudioDecoder:
        return AudioDecoder({"output": output, "error": error})


def open_session(t: Test, material: Material) -> Session:
    """A session with a decoder of the material's kind."""
    return VideoSession(t, material) if isinstance(material, VideoMaterial) else AudioSession(t, material)
