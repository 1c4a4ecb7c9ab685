"""Containers in WebCodecs' terms: each track has a decoder configuration and encoded chunks.

Edit lists shift the timestamps, as in a player. All chunks are read, those that an edit list hides included.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from types import TracebackType
from typing import Final, Self, overload

from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.files.continuity import Continuity
from codecmodel.files.demuxed_chunks import demuxed_chunk, samples_to_remove
from codecmodel.files.errors import MediaFileError, MissingLibraryError
from codecmodel.files.hdr10_side_data import can_have_hdr10_metadata, hdr10_side_data
from codecmodel.files.holes import HoleFinder
from codecmodel.files.labels import (
    Chapter,
    chapter_from_ffmpeg,
    description_of_stream,
    lasting_tags,
)
from codecmodel.files.lost_parts import LostParts, lost_parts
from codecmodel.files.mp4_edits import Edit, edits_of_tracks
from codecmodel.files.sound_edges import (
    SoundEdges,
    edges_of_codec_delay,
    edges_of_edit,
    edges_of_itunes_tag,
    edges_of_lame_tag,
    edges_of_vorbis,
)
from codecmodel.files.source import OpenSource, Source
from codecmodel.files.timing import ChunkTiming, microseconds
from codecmodel.files.track_config import UnsupportedStream, audio_config, needs_first_packet, video_config
from codecmodel.files.tracks import AudioTrack, Damage, DemuxedChunk, VideoTrack, forget_empty_choices
from codecmodel.files.truncation import looks_like_mp4, missing_bytes
from ffbind import (
    ClosedError,
    Container,
    FFbindError,
    FFmpegError,
    LibraryNotFoundError,
    Stream,
    StreamPacket,
    UnsupportedLibraryError,
)

#: FFmpeg's AV_DISPOSITION_ATTACHED_PIC: the stream is a single picture, such as the cover of an album.
_ATTACHED_PICTURE: Final = 0x400
#: FFmpeg's AV_PKT_DATA_NEW_EXTRADATA: side data of the first packet after a change of configuration.
_NEW_EXTRADATA: Final = 1
#: Without this option, FFmpeg leaves out the samples that an edit list hides.
_MOV_OPTIONS: Final = {"advanced_editlist": "0"}
#: FFmpeg knows where the packets of such files are, or counts their bytes.
_FORMATS_WITH_AN_INDEX: Final = frozenset({"mov", "matroska", "webm", "avi", "wav"})
#: Reading is given up after this many errors without a packet between them.
_MOST_READ_ERRORS: Final = 16
#: The most packets that are read ahead to find the first one of each track.
_MAXIMUM_READ_AHEAD: Final = 1000


class Demuxer:
    """A container that is open for reading. It is a context manager, which closes the file.

    ``source`` is a path, "-" for standard input, the bytes of a file, or a binary file object, which is read from its
    position on and not closed. A source that cannot seek, such as a pipe, is read once from its beginning to its end.
    Nothing but the source is read: a file that refers to other files or to a network is refused.

    The constructor and all methods that read raise MediaFileError if the file cannot be read or is broken. The
    constructor also raises it if the file has neither audio nor video.
    """

    def __init__(self, source: Source) -> None:
        try:
            self._source = OpenSource(source)
        except OSError as error:
            name = source if isinstance(source, str) else error.filename
            raise MediaFileError(f"{name}: {error.strerror or error}") from error
        #: The path, or another name of the source.
        self.name = self._source.name
        #: The least number of bytes that are missing at the end of the file, if its format tells.
        self.missing_bytes = 0
        #: The number of places in the file that could not be read.
        self.read_errors = 0
        #: Whether the file tells, once all chunks have been read, that some are missing at its end.
        self.is_end_lost = False
        self.tracks: list[AudioTrack | VideoTrack] = []
        self._continuity = Continuity()
        # The parts of the file that are missing, once they have been looked for.
        self._lost_parts: LostParts | None = None
        self._read_ahead: deque[StreamPacket] = deque()
        #: Whether no chunk has been read yet.
        self._is_at_start = True
        self._has_packets = False
        try:
            self._container = self._open()
        except BaseException:
            self._source.close()
            raise
        try:
            self._formats: Sequence[str] = self._container.format_name.split(",")
            # Files of these formats may be joined to one file, with a jump of timestamps.
            self._has_jumps = not {"mpegts", "mpeg"}.isdisjoint(self._formats)
            self._streams = {stream.index: stream for stream in self._container.streams}
            self._find_tracks()
            if not self.tracks:
                problem = self.cut_off() if self.missing_bytes else "there is no audio or video track in it"
                raise MediaFileError(f"{self.name}: {problem}")
        except BaseException:
            self.close()
            raise

    def _open(self) -> Container:
        try:
            source = self._source
            head = source.head()
            if not head:
                raise MediaFileError(f"{self.name}: the file is empty")
            if source.is_seekable:
                with source.inspected() as (file, size):
                    self.missing_bytes = missing_bytes(file, size)
            self._is_flv = head.startswith(b"FLV")
            if looks_like_mp4(head):
                # It raises ValueError if FFmpeg takes the file for another format, which has no such option.
                with suppress(ValueError):
                    return Container.open(source.for_ffmpeg, options=_MOV_OPTIONS)
            container = Container.open(source.for_ffmpeg)
            if "mov" not in container.format_name.split(",") or not source.is_seekable:
                return container
            container.close()
            return Container.open(source.for_ffmpeg, options=_MOV_OPTIONS)
        except OSError as error:
            raise MediaFileError(f"{self.name}: {error.strerror or error}") from error
        except (LibraryNotFoundError, UnsupportedLibraryError) as error:
            raise MissingLibraryError(str(error)) from error
        except FFbindError as error:
            if self.missing_bytes:
                raise MediaFileError(f"{self.name}: {self.cut_off()}") from error
            raise MediaFileError(f"{self.name}: not a media file that FFmpeg can read ({_reason(error)})") from error

    def cut_off(self) -> str:
        """A description of a file that has ``missing_bytes``."""
        bytes_are = "byte is" if self.missing_bytes == 1 else "bytes are"
        missing = f"at least {self.missing_bytes:,} {bytes_are} missing"
        # An FLV file tells its size only, and a hole makes a file too short as well.
        is_elsewhere = self._lost_parts is not None and bool(self._lost_parts.positions)
        return f"{missing} in it" if is_elsewhere or self._is_flv else f"cut off: {missing} at its end"

    def close(self) -> None:
        """Close the file. A second call has no effect."""
        self._read_ahead.clear()
        self._container.close()
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def format_name(self) -> str:
        """FFmpeg's short names of the container's format, separated by commas."""
        return self._container.format_name

    @property
    def is_seekable(self) -> bool:
        """Whether the source can be read more than once."""
        return self._source.is_seekable

    @property
    def size(self) -> int | None:
        """The number of bytes of the source, None if it is unknown."""
        return self._source.size

    @property
    def duration(self) -> int | None:
        """The duration in µs, None if the container does not say."""
        return self._container.duration

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the file, such as "title", without those that describe its bytes."""
        return lasting_tags(self._container.metadata)

    @property
    def chapters(self) -> list[Chapter]:
        """The chapters, in the order of the file."""
        return [chapter_from_ffmpeg(chapter) for chapter in self._container.chapters]

    @property
    def audio_track(self) -> AudioTrack:
        """The first audio track. Raises MediaFileError if the file has none."""
        for track in self.tracks:
            if isinstance(track, AudioTrack):
                return track
        raise MediaFileError(f"{self.name}: it has no audio track, only {self._tracks_in_words()}")

    @property
    def video_track(self) -> VideoTrack:
        """The first video track. Raises MediaFileError if the file has none."""
        for track in self.tracks:
            if isinstance(track, VideoTrack):
                return track
        raise MediaFileError(f"{self.name}: it has no video track, only {self._tracks_in_words()}")

    def _tracks_in_words(self) -> str:
        kinds = ("audio" if isinstance(track, AudioTrack) else "video" for track in self.tracks)
        return ", ".join(f"{kind} ({track.codec_name})" for kind, track in zip(kinds, self.tracks, strict=True))

    def _find_tracks(self) -> None:
        waiting: dict[int, AudioTrack | VideoTrack] = {}
        undescribed: dict[int, VideoTrack] = {}
        for stream in self._streams.values():
            if stream.type not in ("audio", "video") or stream.disposition & _ATTACHED_PICTURE:
                continue
            track = _new_track(stream)
            self.tracks.append(track)
            if needs_first_packet(track.codec_name, track.extradata) or self._needs_first_packet_for_edges(track):
                waiting[track.index] = track
            if isinstance(track, VideoTrack) and _lacks_hdr10_metadata(track):
                undescribed[track.index] = track
        if waiting or undescribed:
            self._read_first_packets(waiting, undescribed)
        forget_empty_choices(self.tracks)
        edits = self._edits() if "mov" in self._formats else ()
        for track in self.tracks:
            self._configure(track)
            if isinstance(track, AudioTrack) and not track.problem:
                self._find_edges(track, edits)

    def _needs_first_packet_for_edges(self, track: AudioTrack | VideoTrack) -> bool:
        """Whether the first packet tells where the sound begins.

        It has the values of an MP3 file's Xing frame, and the duration that Vorbis begins with. In an MP4 file that
        cannot be searched for its edit list, it begins at a time before 0.
        """
        if isinstance(track, VideoTrack):
            return False
        return track.codec_name in ("mp3", "vorbis") or ("mov" in self._formats and not self._source.is_seekable)

    def _read_first_packets(
        self, waiting: dict[int, AudioTrack | VideoTrack], undescribed: dict[int, VideoTrack]
    ) -> None:
        """Read packets until each track that is waiting has one. ``chunks`` yields these packets later.

        The first packet of a track that is undescribed may have the metadata that its container lacks.
        """
        packets = self._packets([track.index for track in self.tracks])
        while (waiting or undescribed) and len(self._read_ahead) < _MAXIMUM_READ_AHEAD:
            packet = next(packets, None)
            if packet is None:
                return
            self._read_ahead.append(packet)
            described = undescribed.pop(packet.stream_index, None)
            if described is not None:
                side_data = hdr10_side_data(described.codec_name, described.extradata, packet.data)
                described.description = described.description.with_side_data(side_data)
            track = waiting.get(packet.stream_index)
            if track is not None and (packet.key or isinstance(track, AudioTrack)):
                track.first_packet = packet.data
                track.first_skip, _ = samples_to_remove(packet)
                track.first_duration, track.first_pts = packet.duration, packet.pts
                del waiting[track.index]

    def _edits(self) -> Sequence[Edit]:
        """The edit of each stream, or nothing if the file does not have a track box for each."""
        if not self._source.is_seekable:
            return ()
        with self._source.inspected() as (file, size):
            edits = edits_of_tracks(file, size)
        return edits if len(edits) == len(self._streams) else ()

    def _find_edges(self, track: AudioTrack, edits: Sequence[Edit]) -> None:
        """Find out where the sound of the track begins and ends."""
        rate, padding = track.config["sampleRate"], self._streams[track.index].initial_padding
        itunes_tag = self._container.metadata.get("iTunSMPB")
        edges = SoundEdges()
        if edits and edits[track.index].start:
            edges = edges_of_edit(edits[track.index], rate)
        elif itunes_tag is not None:
            edges = edges_of_itunes_tag(itunes_tag, rate)
        elif edits:
            edges = edges_of_edit(edits[track.index], rate)
        elif "mov" in self._formats:
            edges = SoundEdges(max(0, round(-(track.first_pts or 0) * track.time_base * rate)))
        elif "mp3" in self._formats:
            edges = edges_of_lame_tag(track.first_skip, rate)
        elif "matroska" in self._formats:
            edges = edges_of_codec_delay(padding, rate)
        elif track.codec_name == "vorbis" and "ogg" in self._formats:
            tick = track.time_base * rate
            length = self._streams[track.index].duration
            edges = edges_of_vorbis(
                round(track.first_duration * tick),
                None if length is None else round(length * tick),
                rate,
                is_before_zero=track.first_pts is not None and track.first_pts < 0,
            )
        elif padding:
            edges = SoundEdges(padding)
        track.codec_delay, track.length = edges.delay, edges.length
        track.clock.shift(edges.shift)

    def _configure(self, track: AudioTrack | VideoTrack) -> None:
        stream = self._streams[track.index]
        try:
            if isinstance(track, AudioTrack):
                track._config = audio_config(stream, track.extradata, track.first_packet)
            else:
                track._config = video_config(stream, track.extradata, track.first_packet, track.frame_rate)
            track.problem = ""
        except UnsupportedStream as error:
            track._config = None
            track.problem = str(error)

    @overload
    def chunks_of(self, track: AudioTrack) -> Iterator[EncodedAudioChunk]: ...
    @overload
    def chunks_of(self, track: VideoTrack) -> Iterator[EncodedVideoChunk]: ...
    def chunks_of(self, track: AudioTrack | VideoTrack) -> Iterator[EncodedAudioChunk | EncodedVideoChunk]:
        """The chunks of one track, in decoding order. A file is read once: a second iteration finds no chunks.

        Raises MediaFileError if a chunk is damaged or the configuration of the track changes. ``chunks`` reads on then.
        """
        for demuxed in self._whole_chunks(track.index):
            yield demuxed.chunk

    def _whole_chunks(self, index: int) -> Iterator[DemuxedChunk]:
        """The chunks of the track ``index``. Raises MediaFileError as ``chunks_of`` does."""
        for number, demuxed in enumerate(self.chunks([index])):
            if demuxed.damage != "none":
                raise MediaFileError(f"{self.name}: track {index} is damaged after {number} chunks")
            if number and demuxed.is_reconfigured:
                raise MediaFileError(f"{self.name}: track {index} has a new configuration after {number} chunks")
            yield demuxed

    def chunks(self, indexes: Collection[int]) -> Iterator[DemuxedChunk]:
        """The chunks of the tracks with these indexes, in the order of the file.

        A file is read once: a second iteration finds no chunks. Where the file is damaged, reading goes on: chunks may
        be damaged then, and ``read_errors`` counts places that no chunk could be read from. MediaFileError is raised
        if nothing more can be read.
        """
        for demuxed, _ in self._timed_chunks(indexes, finds_holes=True):
            yield demuxed
        if self._find_lost_parts().is_end_lost:
            self.is_end_lost = True

    def _timed_chunks(
        self, indexes: Collection[int], *, finds_holes: bool = False
    ) -> Iterator[tuple[DemuxedChunk, int | None]]:
        """The chunks, as those of ``chunks``, each with the time (µs) at which it is decoded, None if that is unknown.

        No later chunk of the track is presented before that time. With ``finds_holes`` the structure of the whole file
        is examined first, so that chunks after missing ones are marked.
        """
        holes = HoleFinder(self._find_lost_parts() if finds_holes else LostParts(), self._formats)
        tracks = {track.index: track for track in self.tracks if track.index in indexes}
        self._is_at_start = False
        for packet in self._all_packets(indexes):
            track = tracks.get(packet.stream_index)
            # A FLAC file may end with an empty packet, which only carries side data.
            if track is not None and packet.data:
                is_reconfigured = bool(packet.side_data) and self._reconfigure(track, packet)
                own_timing = self._own_timing(track, packet)
                timing = self._joined(track, packet, own_timing)
                decoded_at = None
                if packet.dts is not None:
                    ahead = packet.dts - packet.pts if packet.pts is not None else 0
                    decoded_at = timing.timestamp + (microseconds(ahead, track.time_base) if ahead else 0)
                damage: Damage = "none"
                if holes.is_after_hole(track, packet, own_timing):
                    damage = "hole"
                elif packet.corrupt:
                    damage = self._damage_of(packet)
                yield demuxed_chunk(track, packet, timing, is_reconfigured, damage), decoded_at

    @property
    def _seeks_exactly(self) -> bool:
        """Whether timestamps after a seek are those that reading from the beginning gives."""
        return self.is_seekable and not _FORMATS_WITH_AN_INDEX.isdisjoint(self._formats)

    def _seek(self, track: AudioTrack | VideoTrack, timestamp: int) -> bool:
        """Continue reading near the last key chunk of the track that is decoded at or before a ``timestamp`` in µs.

        If this is not possible, the result is False, and reading can only be resumed with ``_rewind``.
        """
        self._read_ahead.clear()
        self._is_at_start = False
        try:
            self._container.seek(track.index, track.clock.ticks_at(timestamp))
        except OSError as error:
            raise MediaFileError(f"{self.name}: {error.strerror or error}") from error
        except FFbindError:
            return False
        return True

    def _rewind(self) -> None:
        """Continue reading at the beginning. Raises MediaFileError if the source cannot seek and was read from."""
        if self._is_at_start:
            return
        if not self.is_seekable:
            raise MediaFileError(f"{self.name}: it can be read only once")
        self._read_ahead.clear()
        self._container.close()
        self._container = self._open()
        self._streams = {stream.index: stream for stream in self._container.streams}
        self._continuity = Continuity()
        self._is_at_start = True
        for track in self.tracks:
            track.clock.rewind()
            stream = self._streams[track.index]
            if stream.extradata != track.extradata:
                track.extradata = stream.extradata
                self._configure(track)

    def _own_timing(self, track: AudioTrack | VideoTrack, packet: StreamPacket) -> ChunkTiming:
        """The timing of a packet that the file tells."""
        pts = packet.pts
        if self._is_flv and isinstance(track, AudioTrack) and packet.dts is not None:
            # After damage FFmpeg gives sound the offset of the presentation of a frame that it has dropped.
            pts = packet.dts
        return track.clock.timing(pts, packet.dts, packet.duration)

    def _joined(self, track: AudioTrack | VideoTrack, packet: StreamPacket, timing: ChunkTiming) -> ChunkTiming:
        """The timing on the one timeline of recordings that were joined to one file."""
        if not self._has_jumps:
            return timing
        decoded_at = packet.dts if packet.dts is not None else packet.pts
        if decoded_at is None:
            return timing
        timestamp, duration = timing
        shift = self._continuity.shift_of(track.index, microseconds(decoded_at, track.time_base), duration)
        return ChunkTiming(timestamp + shift, duration)

    def _damage_of(self, packet: StreamPacket) -> Damage:
        """The damage of a corrupt packet."""
        # A transport stream numbers its packets, which shows gaps. In other formats only the end can be missing.
        return "gap" if "mpegts" in self._formats else "cut off"

    def _find_lost_parts(self) -> LostParts:
        """The parts of the file that are missing inside it. Raises MediaFileError."""
        if self._lost_parts is None:
            self._lost_parts = LostParts()
            if self.is_seekable:
                try:
                    with self._source.inspected() as (file, size):
                        self._lost_parts = lost_parts(file, size)
                except OSError as error:
                    raise MediaFileError(f"{self.name}: {error.strerror or error}") from error
        return self._lost_parts

    def _reconfigure(self, track: AudioTrack | VideoTrack, packet: StreamPacket) -> bool:
        """Give the track the configuration that begins with the packet. Returns whether there is a new one."""
        extradata = packet.side_data.get(_NEW_EXTRADATA)
        if extradata is None or extradata == track.extradata:
            return False
        track.extradata = extradata
        if packet.key:
            track.first_packet = packet.data
        self._configure(track)
        if track.problem:
            raise MediaFileError(f"{self.name}: {track.missing_config()}")
        return True

    def _all_packets(self, indexes: Collection[int]) -> Iterator[StreamPacket]:
        while self._read_ahead:
            yield self._read_ahead.popleft()
        yield from self._packets(indexes)

    def _packets(self, indexes: Collection[int]) -> Iterator[StreamPacket]:
        errors_in_a_row = 0
        while True:
            try:
                for packet in self._container.contents(indexes):
                    errors_in_a_row, self._has_packets = 0, True
                    yield packet
            except OSError as error:
                raise MediaFileError(f"{self.name}: {error.strerror or error}") from error
            except ClosedError as error:
                raise MediaFileError(f"{self.name}: it is closed") from error
            except FFbindError as error:
                self.read_errors += 1
                errors_in_a_row += 1
                if errors_in_a_row == _MOST_READ_ERRORS:
                    raise MediaFileError(f"{self.name}: {self._reason_of_end(error)}") from error
            else:
                return

    def _reason_of_end(self, error: FFbindError) -> str:
        """Why no more packets can be read."""
        if "mov" in self._formats and not self.is_seekable and not self._has_packets:
            return (
                "the index of this file, its moov box, comes after the media, so only a source that can seek is read: "
                "a path, bytes, or a file object with seek()"
            )
        return f"it cannot be read to its end: {_reason(error)}"


def _lacks_hdr10_metadata(track: VideoTrack) -> bool:
    """Whether the container has no metadata of HDR10, and the bitstream may have it."""
    return not track.description.side_data and can_have_hdr10_metadata(track.codec_name)


def _reason(error: FFbindError) -> str:
    return error.message if isinstance(error, FFmpegError) else str(error)


def _new_track(stream: Stream) -> AudioTrack | VideoTrack:
    time_base = Fraction(*stream.time_base)
    numerator, denominator = stream.frame_rate
    frame_rate = Fraction(numerator, denominator) if numerator > 0 and denominator > 0 else None
    duration = stream.duration
    kind = VideoTrack if stream.type == "video" else AudioTrack
    track = kind(
        stream.index,
        stream.codec_name,
        time_base,
        frame_rate,
        None if duration is None else microseconds(duration, time_base),
    )
    track.extradata = stream.extradata
    track.description = description_of_stream(stream)
    if isinstance(track, AudioTrack):
        track.channel_mask = stream.channel_mask or 0
    else:
        # Some files also have it as a tag of their own, which FFmpeg gives in capital letters.
        track.has_alpha = {name.lower(): value for name, value in stream.metadata.items()}.get("alpha_mode") == "1"
    return track
