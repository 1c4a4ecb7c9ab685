"""A track of pictures in a container that is being written."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from codecmodel.codecs.chunk_metadata import EncodedVideoChunkMetadata
from codecmodel.configurations.decoder_configurations import VideoDecoderConfig, description_of
from codecmodel.encoded_chunks import EncodedVideoChunk
from codecmodel.files.errors import MediaFileError
from codecmodel.files.labels import TrackDescription
from codecmodel.files.orientation_support import can_tell_orientation
from codecmodel.files.stream_config import codec_name_of, reordering_of, video_parameters
from codecmodel.files.ticks import DecodingClock, VideoTicks
from codecmodel.files.track_writer import MATROSKA, Sample, TrackOwner, TrackWriter
from codecmodel.files.tracks import DemuxedVideoChunk
from ffbind import ContainerWriter, Packet, rotation_matrix

#: FFmpeg's AV_PKT_DATA_MATROSKA_BLOCKADDITIONAL: side data of a packet.
_BLOCK_ADDITIONAL: Final = 15
#: WebM § BlockAdditional: the number of an encoded alpha plane.
_ALPHA_ID: Final = (1).to_bytes(8, "big")
_CODECS_WITH_ALPHA: Final = frozenset({"vp8", "vp9"})
#: Codecs whose frame size the container repeats for decoders.
_SIZED_BY_CONTAINER: Final = frozenset({"h264", "hevc"})


class VideoTrackWriter(TrackWriter):
    """A track of pictures. Made by Muxer.add_video_track()."""

    _config: VideoDecoderConfig | None = None
    _ticks: VideoTicks
    _clock: DecodingClock

    def __init__(
        self,
        muxer: TrackOwner,
        number: int,
        description: TrackDescription,
        frame_rate: Fraction | None,
        time_base: Fraction | None,
    ) -> None:
        super().__init__(muxer, number, description)
        self._frame_rate = frame_rate
        self._source_time_base = time_base
        self._reordering = 0
        self._has_alpha = False
        self._shift = Fraction(0)
        self._latest: int | None = None
        self._step = 0

    @property
    def is_configured(self) -> bool:
        return self._config is not None

    def write(self, chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata | None = None) -> None:
        """Write a chunk, in decoding order. Can be the ``output`` callback of a VideoEncoder. Raises MediaFileError."""
        with self._muxer.writing():
            metadata = metadata or {}
            config = metadata.get("decoderConfig")
            if config is not None:
                if self._config is not None and _appearance(config) != _appearance(self._config):
                    raise self._changed()
                self._config = self._config or config
            if not self._chunks and self._config is not None:
                self._reordering = reordering_of(self._config, chunk._internal_data)
            self._add(
                Sample(
                    self._chunks,
                    chunk._internal_data,
                    chunk.type == "key",
                    Fraction(chunk.timestamp),
                    chunk.duration,
                    alpha=metadata.get("alphaSideData"),
                )
            )

    def write_demuxed(self, demuxed: DemuxedVideoChunk) -> None:
        """Write a chunk of another container. Raises MediaFileError."""
        metadata: EncodedVideoChunkMetadata = {}
        if demuxed.is_reconfigured or not self._chunks:
            metadata["decoderConfig"] = demuxed.track.config
        if demuxed.alpha is not None:
            metadata["alphaSideData"] = demuxed.alpha
        self.write(demuxed.chunk, metadata)

    @property
    def is_ready(self) -> bool:
        # A frame that is presented earlier comes at most so many chunks later.
        return len(self._samples) > self._reordering

    @property
    def codec_name(self) -> str:
        assert self._config is not None, "a track with chunks is configured"
        return codec_name_of(self._config["codec"])

    @property
    def start(self) -> Fraction:
        return min(sample.timestamp for sample in self._samples)

    @property
    def time_base(self) -> Fraction:
        return self._ticks.time_base

    def begin(self, container: ContainerWriter, shift: Fraction) -> None:
        config, first = self._config, self._samples[0]
        assert config is not None, "a track that begins is configured"
        name = self.codec_name
        self._check_codec(container, name)
        format = container.format_name
        self._ticks = VideoTicks(self._frame_rate, self._source_time_base, first.duration)
        self._step = self._ticks.step
        self._shift = shift
        # A constant rate begins with the frame that is presented first.
        self._ticks.at(round(self.start - shift))
        self._clock = DecodingClock(self._reordering, self._step)
        rotation, flip = round(config.get("rotation", 0)), config.get("flip", False)
        matrix = rotation_matrix(rotation, flip=flip) if rotation or flip else None
        if matrix is not None and not can_tell_orientation(format, matrix):
            turn = " and flipped" if flip else ""
            raise MediaFileError(
                f"track {self._number}: this FFmpeg cannot write to {format} that pictures are to be "
                f"turned by {rotation} degrees{turn}"
            )
        self._has_alpha = first.alpha is not None
        if self._has_alpha and (format not in MATROSKA or name not in _CODECS_WITH_ALPHA):
            raise MediaFileError(f"track {self._number}: {format} cannot hold the alpha plane of {name}")
        self._stream = container.add_stream(
            video_parameters(config, first.data, self._frame_rate, self._ticks.time_base),
            codec_tag="hvc1" if self._muxer.is_mp4 and config["codec"].startswith("hvc1") else None,
            display_matrix=matrix,
            disposition=self.description.disposition,
            metadata=self.description.tags | ({"alpha_mode": "1"} if self._has_alpha else {}),
            side_data=self.description.side_data,
        )

    def finish(self, container: ContainerWriter) -> None:
        pass

    def mend(self, path: str) -> None:
        pass

    def _packet(self, sample: Sample) -> Packet:
        ticks = self._ticks
        timestamp = round(sample.timestamp - self._shift)
        at = ticks.at(timestamp)
        if sample.duration:
            duration = ticks.at(timestamp + sample.duration) - at
        else:
            # The last frame lasts as long as the one before it.
            if self._frame_rate is None and self._latest is not None and at > self._latest:
                self._step = at - self._latest
            duration = self._step
        self._latest = at if self._latest is None else max(self._latest, at)
        packet = Packet(sample.data, pts=at, dts=self._clock.next(at), duration=duration, key=sample.is_key)
        if sample.alpha is not None:
            if not self._has_alpha:
                packet.close()
                raise MediaFileError("it has an alpha plane, but the first chunk of the track has none")
            packet.add_side_data(_BLOCK_ADDITIONAL, _ALPHA_ID + sample.alpha)
        return packet


def _appearance(config: VideoDecoderConfig) -> tuple[object, ...]:
    """The properties that a container tells once for all frames of a track."""
    properties: list[object] = [
        config["codec"],
        description_of(config),
        config.get("rotation", 0),
        config.get("flip", False),
    ]
    # Frames of other codecs tell their size themselves, and decoders follow it.
    if codec_name_of(config["codec"]) in _SIZED_BY_CONTAINER:
        properties += [config.get("codedWidth"), config.get("codedHeight")]
    return tuple(properties)
