"""Encodes the decoded media of one track with a WebCodecs encoder, and writes the chunks to a container."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Final, Generic, TypeVar

from codecmodel.codecs.audio_encoder import AudioEncoder
from codecmodel.codecs.chunk_metadata import EncodedAudioChunkMetadata, EncodedVideoChunkMetadata
from codecmodel.codecs.video_encoder import VideoEncoder
from codecmodel.command_line.encoder_choice import AudioChoice, VideoChoice
from codecmodel.command_line.sound_converter import SoundConverter, as_floats
from codecmodel.command_line.track_codec import TrackCodec
from codecmodel.command_line.upright import upright
from codecmodel.configurations.encoder_configurations import VideoEncoderConfig
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.files.audio_track_writer import AudioTrackWriter
from codecmodel.files.errors import MediaFileError
from codecmodel.files.video_track_writer import VideoTrackWriter
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.web.errors import DOMException

#: The most encode requests that are pending, beyond those that the codec has accepted.
_MAXIMUM_QUEUE: Final = 8

MediaT = TypeVar("MediaT", AudioData, VideoFrame)


class TrackEncoder(TrackCodec, ABC, Generic[MediaT]):
    """A sink that encodes. The first media that comes decides on the configuration."""

    _encoder: AudioEncoder | VideoEncoder

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        #: The number of chunks that came out, and the sum of their bytes.
        self.chunks = self.size = 0
        self._waiting: deque[MediaT] = deque()
        self._encoder = self._new_encoder()
        self._encoder.ondequeue = self._wake

    def write(self, media: MediaT) -> None:
        """Encode ``media`` next. Raises MediaFileError if encoding has failed."""
        self._raise_failure()
        self._waiting.append(media.clone())

    def leave_out(self, timestamps: Sequence[int]) -> None:
        """Do nothing: the timestamps of the media that follows show the gap."""

    async def wait_for_room(self) -> None:
        """Encode the media that was written, and wait until the encoder's queue is short.

        Raises MediaFileError, OSError.
        """
        await self._encode_waiting()
        while self._encoder.encodeQueueSize >= _MAXIMUM_QUEUE and self._failure is None:
            await self._wait_for_event()
        self._raise_failure()

    async def complete(self) -> None:
        """Encode all media that was written. Raises MediaFileError, OSError."""
        await self._encode_waiting()
        if self._encoder.state == "configured":
            self._end()
            try:
                await self._encoder.flush()
            except DOMException as error:
                self._raise_failure()
                raise self._named(error) from error
        self._raise_failure()
        self._encoder.close()

    def abandon(self) -> None:
        """Drop all media. Never raises."""
        while self._waiting:
            self._waiting.popleft().close()
        if self._encoder.state != "closed":
            self._encoder.close()

    async def _encode_waiting(self) -> None:
        if self._waiting and self._encoder.state == "unconfigured":
            await self._configure(self._waiting[0])
        while self._waiting:
            self._raise_failure()
            media = self._waiting.popleft()
            try:
                self._encode(media)
            except DOMException as error:
                raise self._named(error) from error
            finally:
                media.close()

    @property
    @abstractmethod
    def codec(self) -> str:
        """The codec string, once it is known."""

    @abstractmethod
    def _new_encoder(self) -> AudioEncoder | VideoEncoder: ...

    @abstractmethod
    async def _configure(self, first: MediaT) -> None: ...

    @abstractmethod
    def _encode(self, media: MediaT) -> None: ...

    def _end(self) -> None:
        """Encode the media that is still held back."""

    def _count(self, chunk: EncodedAudioChunk | EncodedVideoChunk) -> None:
        self.chunks += 1
        self.size += chunk.byteLength


class VideoTrackEncoder(TrackEncoder[VideoFrame]):
    """Encodes a track of video."""

    _encoder: VideoEncoder

    def __init__(self, name: str, writer: VideoTrackWriter, choice: VideoChoice, *, turns_pixels: bool = False) -> None:
        self._writer = writer
        self._choice = choice
        self._prepared = upright if turns_pixels else VideoFrame.clone
        self._config: VideoEncoderConfig | None = None
        super().__init__(name)

    @property
    def codec(self) -> str:
        return self._config["codec"] if self._config is not None else self._choice.codec

    def _new_encoder(self) -> VideoEncoder:
        return VideoEncoder({"output": self._output, "error": self._error})

    def write(self, media: VideoFrame) -> None:
        prepared = self._prepared(media)
        try:
            super().write(prepared)
        finally:
            prepared.close()

    async def _configure(self, first: VideoFrame) -> None:
        self._config = await self._choice.config_for(first)
        self._encoder.configure(self._config)

    def _encode(self, media: VideoFrame) -> None:
        self._encoder.encode(media)

    def _output(self, chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata) -> None:
        self._count(chunk)
        if self._failure is None:
            try:
                self._writer.write(chunk, metadata)
            except MediaFileError as error:
                self._fail(error)


class AudioTrackEncoder(TrackEncoder[AudioData]):
    """Encodes a track of audio. Its rate and channels are converted if the encoder does not support them.

    ``channel_mask`` says which channels the sound has, as FFmpeg's AV_CH_* bits; 0 if that is not known. ``bits`` is
    the number of significant bits in a sample of 32 bits.
    """

    _encoder: AudioEncoder

    def __init__(
        self, name: str, writer: AudioTrackWriter, choice: AudioChoice, *, channel_mask: int = 0, bits: int = 32
    ) -> None:
        self._writer = writer
        self._choice = choice
        self._channel_mask = channel_mask
        # A float holds 24 bits exactly, and FLAC of floats has 24 bits. FLAC of 32 bits is larger, and rarely played.
        self._encodes_floats = choice.codec == "flac" and bits <= 24
        self._converter: SoundConverter | None = None
        super().__init__(name)

    @property
    def codec(self) -> str:
        return self._choice.codec

    def _new_encoder(self) -> AudioEncoder:
        return AudioEncoder({"output": self._output, "error": self._error})

    async def _configure(self, first: AudioData) -> None:
        config = await self._choice.config_for(first)
        self._encoder.configure(config)
        self._converter = SoundConverter(
            config["sampleRate"],
            config["numberOfChannels"],
            source_mask=self._channel_mask,
            mask=self._mask_of(config["numberOfChannels"]),
        )

    def _mask_of(self, channels: int) -> int:
        """The channels that the encoder takes. PCM gives them no meaning: it has those of the source."""
        own = self._choice.channel_mask(channels)
        return own or (self._channel_mask if self._channel_mask.bit_count() == channels else 0)

    def _encode(self, media: AudioData) -> None:
        assert self._converter is not None
        self._encode_all(self._converter.convert(media))

    def _end(self) -> None:
        if self._converter is not None:
            self._encode_all(self._converter.end())

    def _encode_all(self, sound: Iterator[AudioData]) -> None:
        for data in sound:
            with closing(data):
                if self._encodes_floats and data.format in ("s32", "s32-planar"):
                    with closing(as_floats(data)) as floats:
                        self._encoder.encode(floats)
                else:
                    self._encoder.encode(data)

    def abandon(self) -> None:
        super().abandon()
        if self._converter is not None:
            self._converter.close()

    def _output(self, chunk: EncodedAudioChunk, metadata: EncodedAudioChunkMetadata) -> None:
        self._count(chunk)
        if self._failure is None:
            try:
                self._writer.write(chunk, metadata)
            except MediaFileError as error:
                self._fail(error)
