"""The tracks of a container, and the chunks that come out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.files.errors import MediaFileError
from codecmodel.files.labels import NO_DESCRIPTION, TrackDescription
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
    #: Language, title and the like.
    description: TrackDescription = NO_DESCRIPTION
    clock: TrackClock = field(init=False, repr=False)
    extradata: bytes = field(default=b"", repr=False)
    first_packet: bytes = field(default=b"", repr=False)
    #: Samples to remove at the start of those of the first packet, if that was read ahead.
    first_skip: int = field(default=0, repr=False)
    #: The duration of the first packet in ticks, if that was read ahead.
    first_duration: int = field(default=0, repr=False)
    #: The presentation timestamp of the first packet in ticks, if that was read ahead and has one.
    first_pts: int | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.clock = TrackClock(self.time_base, self.frame_rate)

    def missing_config(self) -> MediaFileError:
        """The error that reading ``config`` raises if the track has none."""
        return MediaFileError(f"track {self.index} cannot be decoded: {self.problem}")


@dataclass
class AudioTrack(Track):
    """A track of sound."""

    #: The number of samples that come out of the codec before the sound begins. A SoundTrimmer removes them.
    codec_delay: int = 0
    #: Which channels there are, as FFmpeg's AV_CH_* bits in the order of the samples; 0 if the container does not say.
    channel_mask: int = 0
    #: The number of samples of the sound, None if the container does not say. Further decoded samples are padding.
    length: int | None = None
    #: The timestamp of the first chunk, once it has been read from the beginning.
    first_timestamp: int | None = field(default=None, repr=False)
    _config: AudioDecoderConfig | None = None

    @property
    def config(self) -> AudioDecoderConfig:
        """The configuration that decodes the track. Raises MediaFileError if there is none, which ``problem`` tells."""
        if self._config is None:
            raise self.missing_config()
        return self._config

    @property
    def decoder_drops_delay(self) -> bool:
        """Whether an AudioDecoder removes the samples of ``codec_delay`` itself.

        It does so for Opus (RFC 7845 § 4.2), and for Vorbis, where no samples come out of the first packet.
        """
        return self.codec_name == "vorbis" or (self.config["codec"] == "opus" and "description" in self.config)


@dataclass
class VideoTrack(Track):
    """A track of pictures."""

    #: Whether its chunks have alpha planes beside them, as in WebM.
    has_alpha: bool = False
    #: Whether frames are reordered though the container has no timestamps of presentation; None until chunks tell.
    is_numbered: bool | None = field(default=None, repr=False)
    _config: VideoDecoderConfig | None = None

    @property
    def config(self) -> VideoDecoderConfig:
        """The configuration that decodes the track. Raises MediaFileError if there is none, which ``problem`` tells."""
        if self._config is None:
            raise self.missing_config()
        return self._config

    @property
    def display_aspect(self) -> Fraction | None:
        """The width to the height of displayed frames, before rotation. None if their pixels are square."""
        width, height = self.config.get("displayAspectWidth"), self.config.get("displayAspectHeight")
        return Fraction(width, height) if width and height else None


def forget_empty_choices(tracks: Sequence[AudioTrack | VideoTrack]) -> None:
    """Say of no track of a kind that it is not a default track if none of the kind is one."""
    for kind in (AudioTrack, VideoTrack):
        of_kind = [track for track in tracks if isinstance(track, kind)]
        if not any(track.description.is_default for track in of_kind):
            for each in of_kind:
                each.description = replace(each.description, is_default=None)


#: Whether a chunk is complete. After a "gap" in a transport stream, parts of it may be missing. At the end of a file,
#: the chunk may be "cut off". After a "hole", chunks before it are missing.
Damage: TypeAlias = Literal["none", "gap", "cut off", "hole"]


class DemuxedAudioChunk(NamedTuple):
    """A chunk of ``track``. If ``is_reconfigured``, the track has another configuration from this chunk on.

    The last ``padding`` samples that the chunk is decoded to are not part of the sound.
    """

    track: AudioTrack
    chunk: EncodedAudioChunk
    is_reconfigured: bool
    damage: Damage = "none"
    padding: int = 0


class DemuxedVideoChunk(NamedTuple):
    """A chunk of ``track``. If ``is_reconfigured``, the track has another configuration from this chunk on.

    ``alpha`` is an encoded picture of the same codec, whose luma is the alpha plane, if the container has one.
    """

    track: VideoTrack
    chunk: EncodedVideoChunk
    is_reconfigured: bool
    damage: Damage = "none"
    alpha: bytes | None = None


DemuxedChunk: TypeAlias = DemuxedAudioChunk | DemuxedVideoChunk
