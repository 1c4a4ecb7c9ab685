"""A track of sound in a container that is being written."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Final

from codecmodel.codecs.chunk_metadata import EncodedAudioChunkMetadata
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, description_of
from codecmodel.encoded_chunks import EncodedAudioChunk, EncoderPadding, padding_of
from codecmodel.files.codec_delay import CodecDelayPlace, DelaySupport, delay_support
from codecmodel.files.flac_summary import FlacSummary
from codecmodel.files.labels import TrackDescription
from codecmodel.files.mp4_delay import tell_delay
from codecmodel.files.packet_durations import samples_in_packet
from codecmodel.files.stream_config import audio_parameters, codec_name_of, pre_skip_of
from codecmodel.files.ticks import AudioTicks
from codecmodel.files.track_writer import MATROSKA, SECOND, Sample, TrackOwner, TrackWriter
from codecmodel.files.tracks import DemuxedAudioChunk
from codecmodel.registry.codec_string import InvalidDescription
from ffbind import ContainerWriter, Decoder, FFbindError, Packet, StreamHeader

#: FFmpeg's side data of packets: AV_PKT_DATA_NEW_EXTRADATA and AV_PKT_DATA_SKIP_SAMPLES.
_NEW_EXTRADATA: Final = 1
_SKIP_SAMPLES: Final = 11
#: Seconds by which a container's timestamps and durations may be wrong.
_ROUNDING: Final = Fraction(3, 2000)


class AudioTrackWriter(TrackWriter):
    """A track of sound. Made by Muxer.add_audio_track()."""

    _config: AudioDecoderConfig | None = None
    _ticks: AudioTicks

    def __init__(self, muxer: TrackOwner, number: int, description: TrackDescription, channel_mask: int) -> None:
        super().__init__(muxer, number, description)
        self._channel_mask = channel_mask
        self._summary: FlacSummary | None = None
        self._end = self._delay = 0
        self._shift = Fraction(0)
        self._begins_late = self._is_mp3 = self._is_vorbis_in_matroska = False
        self._previous = b""
        self._tells_delay = True
        self._place: CodecDelayPlace | None = None
        self._nanoseconds = 0
        # Samples that the chunks of another container are decoded to, and the seconds by which it has them too early.
        self._decoded = self._usual_samples = 0
        self._late = Fraction(0)

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
        """Write a chunk of another container, which tells how many samples before and after the sound to remove.

        Raises MediaFileError.
        """
        with self._muxer.writing():
            track, chunk = demuxed.track, demuxed.chunk
            is_first = not self._chunks
            self._take_config(track.config if is_first or demuxed.is_reconfigured else None)
            rate = track.config["sampleRate"]
            told, samples = self._samples_in(demuxed)
            self._decoded += samples
            padding = demuxed.padding
            if track.length is not None:
                padding = max(padding, self._decoded - track.codec_delay - track.length)
            elif not padding and told and samples - told > rate * _ROUNDING:
                # The container has shortened the last packet.
                padding = samples - told
            self._find_delay_of_vorbis(demuxed)
            delay = Fraction(track.codec_delay, rate)
            edges = EncoderPadding(delay if is_first else Fraction(0), Fraction(padding, rate))
            # The demuxer's timestamps are those of the first samples that are decoded, before the sound.
            timestamp = chunk.timestamp + (delay + self._late) * SECOND
            duration = round(Fraction(samples, rate) * SECOND) if samples else None
            self._add(Sample(self._chunks, chunk._internal_data, chunk.type == "key", timestamp, duration, edges))

    def skip_demuxed(self, demuxed: DemuxedAudioChunk) -> None:
        """Leave out a chunk of another container that comes before all that are written."""
        self._config = self._config or demuxed.track.config
        self._decoded += self._samples_in(demuxed)[1]

    def _samples_in(self, demuxed: DemuxedAudioChunk) -> tuple[int, int]:
        """The samples of a chunk by its duration, and those that it is decoded to."""
        rate = demuxed.track.config["sampleRate"]
        told = round(Fraction(demuxed.chunk.duration or 0, SECOND) * rate)
        self._usual_samples = self._usual_samples or told
        data = demuxed.chunk._internal_data
        return told, samples_in_packet(self.codec_name, data, rate, told, self._usual_samples)

    def _find_delay_of_vorbis(self, demuxed: DemuxedAudioChunk) -> None:
        """Matroska has the first two packets of Vorbis at the same time, as nothing comes out of the first."""
        if self._chunks != 1 or demuxed.track.codec_name != "vorbis" or demuxed.track.codec_delay:
            return
        first = self._samples[0]
        if demuxed.chunk.timestamp - first.timestamp <= _ROUNDING * SECOND and first.duration:
            self._late = Fraction(first.duration, SECOND)
            self._samples[0] = first._replace(padding=EncoderPadding(start=self._late))

    def _take_config(self, config: AudioDecoderConfig | None) -> None:
        if config is not None:
            if self._config is not None and _identity(config) != _identity(self._config):
                raise self._changed()
            self._config = self._config or config

    def _add_chunk(self, chunk: EncodedAudioChunk, timestamp: Fraction, padding: EncoderPadding) -> None:
        self._add(Sample(self._chunks, chunk._internal_data, chunk.type == "key", timestamp, chunk.duration, padding))

    @property
    def is_ready(self) -> bool:
        # The second packet of Vorbis tells when the sound begins.
        return len(self._samples) >= (2 if self._config is not None and self._config["codec"] == "vorbis" else 1)

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
        # RFC 6716 § 2: Opus decodes to 48 kHz, for every rate of its source.
        rate = 48_000 if name == "opus" else config["sampleRate"]
        self._ticks = AudioTicks(rate)
        delay = round(first.padding.start * rate)
        # The timestamp is that of the sound, but the samples of the delay come first.
        self._shift = shift + first.padding.start * SECOND
        # No samples come out of a Vorbis stream's first packet, so a player has none to remove.
        is_vorbis = name == "vorbis"
        self._delay = 0 if is_vorbis else delay
        self._begins_late = first.timestamp - self._shift > 0
        is_matroska = container.format_name in MATROSKA
        self._is_mp3 = container.format_name == "mp3"
        self._is_vorbis_in_matroska = is_vorbis and is_matroska
        tags = self.description.tags
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
        self._stream = container.add_stream(parameters, disposition=self.description.disposition, metadata=tags)

    def _tell_delay(self, support: DelaySupport, delay: Fraction, tags: dict[str, str]) -> None:
        """Have Matroska tell the delay in seconds, also if FFmpeg does not."""
        if not support.is_written:
            self._tells_delay = self._muxer.can_be_mended
            if not self._tells_delay:
                return
            self._place = CodecDelayPlace(self.description.title or "")
            tags["title"] = self._place.name
            self._nanoseconds = round(delay * 1_000_000_000)
        if not support.is_added:
            # In the file the first block is at zero, and readers subtract the delay.
            self._shift -= delay * SECOND

    def _packet(self, sample: Sample) -> Packet | None:
        ticks = self._ticks
        samples = ticks.samples(sample.duration)
        at = ticks.at(sample.timestamp - self._shift, samples)
        padding = round(sample.padding.end / ticks.time_base)
        if padding and padding >= samples:
            return None
        if self._summary is not None:
            self._summary.add(sample.data)
        self._previous = sample.data
        if self._is_vorbis_in_matroska:
            # Matroska has no timestamps before zero. The packet is decoded, and nothing is presented.
            at = max(at, self._last_decoded_at + 1 if self._last_decoded_at is not None else 0)
        self._end = at + samples - padding
        packet = Packet(sample.data, pts=at, dts=at, duration=samples - padding, key=sample.is_key)
        # The muxer of MP3 files takes the delay from the first packet, and all others only the end.
        before = self._delay if self._is_mp3 and sample.number == 0 else 0
        if before or padding:
            packet.add_side_data(_SKIP_SAMPLES, struct.pack("<IIBB", before, padding, 0, 0))
        return packet

    def flush(self, container: ContainerWriter) -> None:
        # The last chunk of Vorbis waits: only the encoder knows that the sound ends within it, by its duration.
        last = self._samples.pop() if self._is_vorbis_in_matroska and self._samples else None
        super().flush(container)
        if last is not None:
            self._samples.append(last)

    def _flush_last(self, container: ContainerWriter) -> None:
        """Write the last chunk of Vorbis, with the samples in it that come after the sound."""
        last = self._samples.pop()
        assert self._config is not None, "a track that has begun is configured"
        decoded = _samples_of_last(self._config, self._previous, last.data) if self._previous else 0
        sound = self._ticks.samples(last.duration)
        if decoded > sound > 0 and not last.padding.end:
            # All samples of the packet, and those of them that are not sound.
            seconds = decoded * self._ticks.time_base
            padding = EncoderPadding(last.padding.start, seconds - sound * self._ticks.time_base)
            last = last._replace(duration=round(seconds * SECOND), padding=padding)
        self._samples.append(last)
        super().flush(container)

    def finish(self, container: ContainerWriter) -> None:
        if self._is_vorbis_in_matroska and self._samples:
            self._flush_last(container)
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


def _samples_of_last(config: AudioDecoderConfig, previous: bytes, last: bytes) -> int:
    """The samples that come out of the last packet of Vorbis, which overlaps the one before; 0 if it is damaged."""
    header = StreamHeader(extradata=description_of(config) or b"")
    try:
        with Decoder("vorbis", header) as decoder:
            count = 0
            for data in (previous, last):
                for frame in decoder.decode(data, None):
                    with frame:
                        count += frame.nb_samples
            return count
    except FFbindError:
        return 0
