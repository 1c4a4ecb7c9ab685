"""Containers as WebCodecs sees them: for each track a decoder configuration, and its encoded chunks.

Edit lists shift timestamps, as a player would; nothing is left out on their account, nor for any other side data.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from types import TracebackType
from typing import Final, NamedTuple, Self

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.encoded_chunks import (
    EncodedAudioChunk,
    EncodedAudioChunkInit,
    EncodedVideoChunk,
    EncodedVideoChunkInit,
    EncodedVideoChunkType,
)
from codecmodel.files.errors import MediaFileError
from codecmodel.files.timing import TrackClock, microseconds
from codecmodel.files.track_config import UnsupportedStream, audio_config, needs_first_packet, video_config
from codecmodel.files.truncation import missing_bytes
from ffbind import (
    Container,
    FFbindError,
    FFmpegError,
    LibraryNotFoundError,
    Packet,
    Stream,
    UnsupportedLibraryError,
)

#: FFmpeg: the stream is one picture, such as an album's cover.
_ATTACHED_PICTURE: Final = 0x400
#: FFmpeg: AV_PKT_DATA_NEW_EXTRADATA, side data of the first packet that has another configuration.
_NEW_EXTRADATA: Final = 1
#: FFmpeg leaves samples out where an edit list says so, unless it is told not to. Timestamps stay those of the movie.
_MOV_OPTIONS: Final = {"advanced_editlist": "0"}
#: Packets that are read ahead to find the first one of each track.
_MAXIMUM_READ_AHEAD: Final = 1000


@dataclass
class Track:
    """An audio or video stream of the container. ``index`` is its number among all streams."""

    index: int
    #: FFmpeg's name of the codec.
    codec_name: str
    time_base: Fraction
    #: Frames a second as the container says, if it does.
    frame_rate: Fraction | None
    #: µs
    duration: int | None
    #: Why there is no configuration.
    problem: str = ""
    clock: TrackClock = field(init=False, repr=False)
    extradata: bytes = field(default=b"", repr=False)
    first_packet: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        self.clock = TrackClock(self.time_base, self.frame_rate)


@dataclass
class AudioTrack(Track):
    """``config`` is None if WebCodecs' registry doesn't know the codec."""

    config: AudioDecoderConfig | None = None


@dataclass
class VideoTrack(Track):
    """``config`` is None if WebCodecs' registry doesn't know the codec."""

    config: VideoDecoderConfig | None = None


class DemuxedChunk(NamedTuple):
    """A chunk of ``track``. From this one on the track's configuration is another if ``is_reconfigured``."""

    track: AudioTrack | VideoTrack
    chunk: EncodedAudioChunk | EncodedVideoChunk
    is_reconfigured: bool


class Demuxer:
    """A container opened for reading. A context manager.

    Raises MediaFileError, here and wherever it reads, if the file cannot be read or is broken; here also if it has
    neither audio nor video.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        #: How much of the file is missing at its end at least, as far as its format tells. What is there can be read.
        self.missing_bytes = 0
        self.tracks: list[AudioTrack | VideoTrack] = []
        self._read_ahead: deque[Packet] = deque()
        self._container = self._open()
        try:
            self._streams = {stream.index: stream for stream in self._container.streams}
            self._find_tracks()
            if not self.tracks:
                problem = self.cut_off() if self.missing_bytes else "there is no audio or video track in it"
                raise MediaFileError(f"{self._path}: {problem}")
        except BaseException:
            self.close()
            raise

    def _open(self) -> Container:
        try:
            self.missing_bytes = missing_bytes(self._path)
            if not os.path.getsize(self._path):
                raise MediaFileError(f"{self._path}: the file is empty")
            container = Container.open(self._path)
            if "mov" not in container.format_name.split(","):
                return container
            container.close()
            return Container.open(self._path, options=_MOV_OPTIONS)
        except OSError as error:
            raise MediaFileError(f"{self._path}: {error.strerror or error}") from error
        except (LibraryNotFoundError, UnsupportedLibraryError) as error:
            raise MediaFileError(str(error)) from error
        except FFbindError as error:
            if self.missing_bytes:
                raise MediaFileError(f"{self._path}: {self.cut_off()}") from error
            raise MediaFileError(f"{self._path}: not a media file that FFmpeg can read ({_reason(error)})") from error

    def cut_off(self) -> str:
        """What to say of a file that has ``missing_bytes``."""
        bytes_are = "byte is" if self.missing_bytes == 1 else "bytes are"
        return f"cut off: at least {self.missing_bytes:,} {bytes_are} missing at its end"

    def close(self) -> None:
        """Close the file. Closing twice has no effect."""
        while self._read_ahead:
            self._read_ahead.popleft().close()
        self._container.close()

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
    def duration(self) -> int | None:
        """µs, None if the container doesn't say."""
        return self._container.duration

    def _find_tracks(self) -> None:
        waiting: dict[int, AudioTrack | VideoTrack] = {}
        for stream in self._streams.values():
            if stream.type not in ("audio", "video") or stream.disposition & _ATTACHED_PICTURE:
                continue
            track = _new_track(stream)
            self.tracks.append(track)
            if needs_first_packet(track.codec_name, track.extradata):
                waiting[track.index] = track
        if waiting:
            self._read_first_packets(waiting)
        for track in self.tracks:
            self._configure(track)

    def _read_first_packets(self, waiting: dict[int, AudioTrack | VideoTrack]) -> None:
        """Read until each track has a packet; the packets are kept for ``chunks``."""
        packets = self._packets([track.index for track in self.tracks])
        while waiting and len(self._read_ahead) < _MAXIMUM_READ_AHEAD:
            packet = next(packets, None)
            if packet is None:
                return
            self._read_ahead.append(packet)
            track = waiting.get(packet.stream_index)
            if track is not None and (packet.key or isinstance(track, AudioTrack)):
                track.first_packet = bytes(packet.data)
                del waiting[track.index]

    def _configure(self, track: AudioTrack | VideoTrack) -> None:
        stream = self._streams[track.index]
        try:
            if isinstance(track, AudioTrack):
                track.config = audio_config(stream, track.extradata, track.first_packet)
            else:
                track.config = video_config(stream, track.extradata, track.first_packet, track.frame_rate)
        except UnsupportedStream as error:
            track.config = None
            track.problem = str(error)

    def chunks(self, indexes: Collection[int]) -> Iterator[DemuxedChunk]:
        """The chunks of the tracks with these indexes, in the order of the file. Can be iterated over once."""
        tracks = {track.index: track for track in self.tracks if track.index in indexes}
        for packet in self._all_packets(indexes):
            with packet:
                track = tracks.get(packet.stream_index)
                # FLAC files may end with an empty packet that only brings side data.
                if track is not None and packet.size:
                    is_reconfigured = self._reconfigure(track, packet)
                    yield DemuxedChunk(track, _chunk(track, packet), is_reconfigured)

    def _reconfigure(self, track: AudioTrack | VideoTrack, packet: Packet) -> bool:
        """Whether the packet begins a part of the track that has another configuration, which is set then."""
        extradata = packet.side_data(_NEW_EXTRADATA)
        if extradata is None or extradata == track.extradata:
            return False
        track.extradata = extradata
        if packet.key:
            track.first_packet = bytes(packet.data)
        self._configure(track)
        if track.config is None:
            raise MediaFileError(f"{self._path}: track {track.index}: {track.problem}")
        return True

    def _all_packets(self, indexes: Collection[int]) -> Iterator[Packet]:
        while self._read_ahead:
            yield self._read_ahead.popleft()
        yield from self._packets(indexes)

    def _packets(self, indexes: Collection[int]) -> Iterator[Packet]:
        try:
            yield from self._container.packets(indexes)
        except OSError as error:
            raise MediaFileError(f"{self._path}: {error.strerror or error}") from error
        except FFbindError as error:
            raise MediaFileError(f"{self._path}: it cannot be read to its end: {_reason(error)}") from error


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
    return track


def _chunk(track: AudioTrack | VideoTrack, packet: Packet) -> EncodedAudioChunk | EncodedVideoChunk:
    timestamp, duration = track.clock.timing(packet.pts, packet.dts, packet.duration)
    if isinstance(track, AudioTrack):
        # Every registration of audio has key chunks only.
        audio_init: EncodedAudioChunkInit = {"type": "key", "timestamp": timestamp, "data": packet.data}
        if duration is not None:
            audio_init["duration"] = duration
        return EncodedAudioChunk(audio_init)
    chunk_type: EncodedVideoChunkType = "key" if packet.key else "delta"
    video_init: EncodedVideoChunkInit = {"type": chunk_type, "timestamp": timestamp, "data": packet.data}
    if duration is not None:
        video_init["duration"] = duration
    return EncodedVideoChunk(video_init)
