"""The tracks of a container that is being written: chunks come in, packets go out."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections import deque
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import Final, NamedTuple, Protocol

from codecmodel.codecs.chunk_metadata import EncodedAudioChunkMetadata, EncodedVideoChunkMetadata
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig, description_of
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk, EncoderPadding, padding_of
from codecmodel.files.codec_delay import CodecDelayPlace, DelaySupport, delay_support
from codecmodel.files.errors import MediaFileError
from codecmodel.files.flac_summary import FlacSummary
from codecmodel.files.labels import TrackDescription
from codecmodel.files.mp4_delay import tell_delay
from codecmodel.files.orientation_support import can_tell_orientation
from codecmodel.files.stream_config import (
    audio_parameters,
    codec_name_of,
    pre_skip_of,
    reordering_of,
    video_parameters,
)
from codecmodel.files.ticks import AudioTicks, DecodingClock, VideoTicks
from codecmodel.files.tracks import DemuxedAudioChunk, DemuxedVideoChunk
from codecmodel.registry.codec_string import InvalidDescription
from ffbind import ContainerWriter, Packet, rotation_matrix

_SECOND: Final = 1_000_000
#: FFmpeg's side data of packets: AV_PKT_DATA_NEW_EXTRADATA, AV_PKT_DATA_SKIP_SAMPLES and
#: AV_PKT_DATA_MATROSKA_BLOCKADDITIONAL.
_NEW_EXTRADATA: Final = 1
_SKIP_SAMPLES: Final = 11
_BLOCK_ADDITIONAL: Final = 15
#: WebM § BlockAdditional: the number of an encoded alpha plane.
_ALPHA_ID: Final = (1).to_bytes(8, "big")
#: FFmpeg's names of Matroska and WebM. They alone hold an encoded alpha plane beside each frame.
MATROSKA: Final = frozenset({"matroska", "webm"})
_CODECS_WITH_ALPHA: Final = frozenset({"vp8", "vp9"})
#: Codecs whose frame size the container repeats for decoders.
_SIZED_BY_CONTAINER: Final = frozenset({"h264", "hevc"})


class Sample(NamedTuple):
    """A chunk that waits. ``number`` counts the chunks of the track; times in µs."""

    number: int
    data: bytes
    is_key: bool
    timestamp: Fraction
    duration: int | None
    padding: EncoderPadding = EncoderPadding()
    alpha: bytes | None = None

    @property
    def name(self) -> str:
        """The chunk as an error message names it."""
        return f"chunk {self.number} (at {float(self.timestamp / _SECOND):.6g} s)"


class TrackOwner(Protocol):
    """The muxer, as its tracks use it."""

    @property
    def is_mp4(self) -> bool:
        """Whether the format is MP4 or built like it."""

    @property
    def can_be_mended(self) -> bool:
        """Whether bytes of the file can be replaced when FFmpeg has completed it."""

    def writing(self) -> AbstractContextManager[None]:
        """A block in which a track takes a chunk. Raises MediaFileError if there has been an error."""

    def advance(self) -> None:
        """Write the chunks that can be written."""


class TrackWriter(ABC):
    """A track of a container that is being written. The first decoderConfig is its configuration."""

    def __init__(self, muxer: TrackOwner, number: int, description: TrackDescription) -> None:
        self._muxer = muxer
        self._number = number
        self._description = description
        self._samples: deque[Sample] = deque()
        self._chunks = 0
        self._stream: int | None = None
        self._last_decoded_at: int | None = None

    @property
    @abstractmethod
    def is_configured(self) -> bool:
        """Whether there is a configuration."""

    @property
    def has_chunks(self) -> bool:
        """Whether a chunk has been written."""
        return self._chunks > 0

    @property
    def is_ready(self) -> bool:
        """Whether enough chunks wait to know where the track begins."""
        return bool(self._samples)

    @property
    @abstractmethod
    def codec_name(self) -> str:
        """FFmpeg's name of the codec, if there is a configuration."""

    @property
    @abstractmethod
    def start(self) -> Fraction:
        """Where the presentation of the track begins, in µs, as far as the chunks that wait tell."""

    @property
    @abstractmethod
    def time_base(self) -> Fraction:
        """Seconds a tick, once the track has begun."""

    @abstractmethod
    def begin(self, container: ContainerWriter, shift: Fraction) -> None:
        """Add the stream to the container. ``shift`` µs are to be subtracted from all timestamps."""

    @abstractmethod
    def _packet(self, sample: Sample) -> Packet | None:
        """The packet of a chunk, None if nothing of the chunk is presented."""

    def flush(self, container: ContainerWriter) -> None:
        """Write the chunks that wait."""
        while self._stream is not None and self._samples:
            sample = self._samples.popleft()
            try:
                packet = self._packet(sample)
                if packet is None:
                    continue
                with packet:
                    self._check_order(packet)
                    container.write(packet, self._stream)
            except Exception as error:
                error.add_note(self._named(sample))
                raise

    @property
    def tells_delay(self) -> bool:
        """Whether the container tells where in the track the presentation begins, once the track has begun."""
        return True

    @abstractmethod
    def mend(self, path: str) -> None:
        """Put into the file at ``path``, which FFmpeg has completed, what FFmpeg could not write. Raises OSError."""

    @abstractmethod
    def finish(self, container: ContainerWriter) -> None:
        """Write what is known only at the end of the track."""

    def close(self) -> None:
        """Drop the chunks that wait, and free what is needed to write them."""
        self._samples.clear()

    def _named(self, sample: Sample) -> str:
        return f"track {self._number}, {sample.name}"

    def _check_order(self, packet: Packet) -> None:
        decoded_at, presented_at = packet.dts, packet.pts
        assert decoded_at is not None, "each packet has both timestamps"
        assert presented_at is not None, "each packet has both timestamps"
        if self._last_decoded_at is not None and decoded_at <= self._last_decoded_at:
            raise MediaFileError("its timestamp does not come after those of the chunks before it")
        if decoded_at > presented_at:
            raise MediaFileError("its timestamp comes before those of chunks that were decoded long before it")
        self._last_decoded_at = decoded_at

    def _add(self, sample: Sample) -> None:
        self._chunks += 1
        if not self.is_configured:
            raise MediaFileError(f"{self._named(sample)}: no decoderConfig came with it or before it")
        self._samples.append(sample)
        self._muxer.advance()

    def _check_codec(self, container: ContainerWriter, codec_name: str) -> None:
        if not container.can_hold(codec_name):
            raise MediaFileError(f"track {self._number}: the format cannot hold {codec_name}")

    def _changed(self) -> MediaFileError:
        return MediaFileError(
            f"track {self._number}, chunk {self._chunks}: the configuration changes, which a container cannot tell"
        )


class AudioTrackWriter(TrackWriter):
    """A track of sound. Made by Muxer.add_audio_track()."""

    _config: AudioDecoderConfig | None = None
    _ticks: AudioTicks

    def __init__(self, muxer: TrackOwner, number: int, description: TrackDescription, channel_mask: int) -> None:
        super().__init__(muxer, number, description)
        self._channel_mask = channel_mask
        self._summary: FlacSummary | None = None
        self._end = 0
        self._delay = 0
        self._begins_late = self._is_mp3 = self._clamps = False
        self._tells_delay = True
        self._place: CodecDelayPlace | None = None
        self._nanoseconds = 0
        # Seconds of what the chunks of another container are decoded to.
        self._decoded = Fraction(0)

    @property
    def is_configured(self) -> bool:
        return self._config is not None

    def write(self, chunk: EncodedAudioChunk, metadata: EncodedAudioChunkMetadata | None = None) -> None:
        """Write a chunk. Can be the ``output`` callback of an AudioEncoder.

        A chunk that an AudioEncoder has made tells the samples that the encoder added. Of other chunks only the
        pre-skip of Opus is known. Raises MediaFileError.
        """
        with self._muxer.writing():
            self._take_config((metadata or {}).get("decoderConfig"))
            padding = padding_of(chunk)
            if padding is None and not self._chunks and self._config is not None:
                padding = EncoderPadding(start=pre_skip_of(self._config))
            self._add_chunk(chunk, Fraction(chunk.timestamp), padding or EncoderPadding())

    def write_demuxed(self, demuxed: DemuxedAudioChunk) -> None:
        """Write a chunk of another container, with what that tells of the samples around the sound.

        Raises MediaFileError.
        """
        with self._muxer.writing():
            track, chunk = demuxed.track, demuxed.chunk
            is_first = not self._chunks
            self._take_config(track.config if is_first or demuxed.is_reconfigured else None)
            rate = track.config["sampleRate"]
            delay, duration = Fraction(track.codec_delay, rate), Fraction(chunk.duration or 0, _SECOND)
            self._decoded += duration
            padding = Fraction(demuxed.padding, rate)
            if track.length is not None:
                padding = max(padding, min(duration, self._decoded - delay - Fraction(track.length, rate)))
            edges = EncoderPadding(delay if is_first else Fraction(0), padding)
            # The demuxer's timestamps are those of the first samples that are decoded, before the sound.
            self._add_chunk(chunk, chunk.timestamp + delay * _SECOND, edges)

    def _take_config(self, config: AudioDecoderConfig | None) -> None:
        if config is not None:
            if self._config is not None and _identity(config) != _identity(self._config):
                raise self._changed()
            self._config = self._config or config

    def _add_chunk(self, chunk: EncodedAudioChunk, timestamp: Fraction, padding: EncoderPadding) -> None:
        self._add(Sample(self._chunks, chunk._internal_data, chunk.type == "key", timestamp, chunk.duration, padding))

    @property
    def codec_name(self) -> str:
        assert self._config is not None, "a track with chunks is configured"
        return codec_name_of(self._config["codec"])

    @property
    def start(self) -> Fraction:
        return self._samples[0].timestamp

    @property
    def time_base(self) -> Fraction:
        return self._ticks.time_base

    def begin(self, container: ContainerWriter, shift: Fraction) -> None:
        config, first = self._config, self._samples[0]
        assert config is not None, "a track that begins is configured"
        name = self.codec_name
        self._check_codec(container, name)
        # RFC 6716 § 2: Opus decodes to 48 kHz, whatever the rate of its source was.
        rate = 48_000 if name == "opus" else config["sampleRate"]
        self._ticks = AudioTicks(rate)
        delay = round(first.padding.start * rate)
        # The timestamp is that of the sound, but the samples of the delay come first.
        self._shift = shift + first.padding.start * _SECOND
        # No samples come out of a Vorbis stream's first packet, so a player has none to remove.
        is_vorbis = name == "vorbis"
        self._delay = 0 if is_vorbis else delay
        self._begins_late = first.timestamp - self._shift > 0
        is_matroska = container.format_name in MATROSKA
        self._is_mp3 = container.format_name == "mp3"
        self._clamps = is_vorbis and is_matroska
        tags = self._description.tags
        if is_matroska and delay and not is_vorbis:
            self._tell_delay(delay_support(container.format_name, name), first.padding.start, tags)
        parameters = audio_parameters(
            config,
            frame_size=self._ticks.samples(first.duration),
            initial_padding=self._delay,
            given_mask=self._channel_mask,
        )
        if name == "flac":
            self._summary = _flac_summary(config)
        self._stream = container.add_stream(parameters, disposition=self._description.disposition, metadata=tags)

    def _tell_delay(self, support: DelaySupport, delay: Fraction, tags: dict[str, str]) -> None:
        """Have Matroska tell the delay in seconds, also if FFmpeg does not."""
        if not support.is_written:
            self._tells_delay = self._muxer.can_be_mended
            if not self._tells_delay:
                return
            self._place = CodecDelayPlace(self._description.title or "")
            tags["title"] = self._place.name
            self._nanoseconds = round(delay * 1_000_000_000)
        if not support.is_added:
            # In the file the first block is at zero, and readers subtract the delay.
            self._shift -= delay * _SECOND

    def _packet(self, sample: Sample) -> Packet | None:
        ticks = self._ticks
        samples = ticks.samples(sample.duration)
        at = ticks.at(sample.timestamp - self._shift, samples)
        padding = round(sample.padding.end / ticks.time_base)
        if padding and padding >= samples:
            return None
        if self._summary is not None:
            self._summary.add(sample.data)
        if self._clamps:
            # Matroska has no timestamps before zero. The packet is decoded, and nothing is presented.
            at = max(at, self._last_decoded_at + 1 if self._last_decoded_at is not None else 0)
        self._end = at + samples - padding
        packet = Packet(sample.data, pts=at, dts=at, duration=samples - padding, key=sample.is_key)
        # The muxer of MP3 files takes the delay from the first packet, and all others only the end.
        before = self._delay if self._is_mp3 and sample.number == 0 else 0
        if before or padding:
            packet.add_side_data(_SKIP_SAMPLES, struct.pack("<IIBB", before, padding, 0, 0))
        return packet

    def finish(self, container: ContainerWriter) -> None:
        if self._summary is not None and self._stream is not None:
            # An empty packet tells FFmpeg's muxers the final header.
            with Packet(pts=self._end, dts=self._end) as packet:
                packet.add_side_data(_NEW_EXTRADATA, self._summary.stream_info())
                container.write(packet, self._stream)

    @property
    def tells_delay(self) -> bool:
        return self._tells_delay

    def mend(self, path: str) -> None:
        if self._place is not None:
            self._place.fill(path, self._nanoseconds)
        if self._muxer.is_mp4 and self._stream is not None and self._delay and self._begins_late:
            tell_delay(path, self._stream, self._delay * self._ticks.time_base)

    def close(self) -> None:
        super().close()
        if self._summary is not None:
            self._summary.close()
            self._summary = None


def _identity(config: AudioDecoderConfig) -> tuple[object, ...]:
    # FLAC's description is only complete once all is encoded.
    description = None if config["codec"] == "flac" else description_of(config)
    return config["codec"], config["sampleRate"], config["numberOfChannels"], description


def _flac_summary(config: AudioDecoderConfig) -> FlacSummary | None:
    try:
        return FlacSummary(description_of(config) or b"")
    except InvalidDescription:
        return None


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
            disposition=self._description.disposition,
            metadata=self._description.tags | ({"alpha_mode": "1"} if self._has_alpha else {}),
            side_data=self._description.side_data,
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
