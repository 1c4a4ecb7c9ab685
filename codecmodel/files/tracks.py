"""The tracks of a container, and the chunks that come out of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.files.errors import MediaFileError
from codecmodel.files.timing import TrackClock


@dataclass
class Track:
    """An audio or video stream of a container. ``index`` is its number among all streams of the container."""

    index: int
    #: The name that FFmpeg has for the codec.
    codec_name: str
    #: Seconds per tick of the container's timestamps.
    time_base: Fraction
    #: Frames per second, None if the container does not say.
    frame_rate: Fraction | None
    #: µs, None if the container does not say.
    duration: int | None
    #: The reason why the track has no configuration. Empty if it has one.
    problem: str = ""
    clock: TrackClock = field(init=False, repr=False)
    extradata: bytes = field(default=b"", repr=False)
    first_packet: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        self.clock = TrackClock(self.time_base, self.frame_rate)

    def missing_config(self) -> MediaFileError:
        """The error that reading ``config`` raises if the track has none."""
        return MediaFileError(f"track {self.index} cannot be decoded: {self.problem}")


@dataclass
class AudioTrack(Track):
    """A track of sound."""

    _config: AudioDecoderConfig | None = None

    @property
    def config(self) -> AudioDecoderConfig:
        """The configuration that decodes the track. Raises MediaFileError if there is none, which ``problem`` tells."""
        if self._config is None:
            raise self.missing_config()
        return self._config


@dataclass
class VideoTrack(Track):
    """A track of pictures."""

    _config: VideoDecoderConfig | None = None

    @property
    def config(self) -> VideoDecoderConfig:
        """The configuration that decodes the track. Raises MediaFileError if there is none, which ``problem`` tells."""
        if self._config is None:
            raise self.missing_config()
        return self._config


@dataclass(frozen=True, slots=True)
class DemuxedAudioChunk:
    """A chunk of ``track``. If ``is_reconfigured``, the track has another configuration from this chunk on."""

    track: AudioTrack
    chunk: EncodedAudioChunk
    is_reconfigured: bool


@dataclass(frozen=True, slots=True)
class DemuxedVideoChunk:
    """A chunk of ``track``. If ``is_reconfigured``, the track has another configuration from this chunk on."""

    track: VideoTrack
    chunk: EncodedVideoChunk
    is_reconfigured: bool


DemuxedChunk: TypeAlias = DemuxedAudioChunk | DemuxedVideoChunk
