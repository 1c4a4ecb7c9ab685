"""One track's chunks on their way into another container, neither decoded nor encoded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from time import perf_counter
from typing import Final, Generic, TypeVar

from codecmodel.command_line.damage import TrackDamage
from codecmodel.files.audio_track_writer import AudioTrackWriter
from codecmodel.files.errors import MediaFileError
from codecmodel.files.stream_config import reordering_of
from codecmodel.files.tracks import AudioTrack, DemuxedAudioChunk, DemuxedVideoChunk, VideoTrack
from codecmodel.files.video_track_writer import VideoTrackWriter

_SECOND: Final = 1_000_000

TrackT = TypeVar("TrackT", bound=AudioTrack | VideoTrack)
DemuxedT = TypeVar("DemuxedT", bound=DemuxedAudioChunk | DemuxedVideoChunk)


class TrackCopier(ABC, Generic[TrackT, DemuxedT]):
    """Writes the chunks of a track as they are. A chunk that is cut off is left out.

    It stands for the decoder and for the encoder of a track that is transcoded. With ``is_strict``, damage is an error.
    """

    def __init__(self, track: TrackT, *, is_strict: bool = False) -> None:
        self.track = track
        self.name = f"track {track.index} ({track.codec_name})"
        #: Chunks that were written, and their bytes.
        self.chunks = self.size = 0
        #: Damage that was found so far.
        self.damage = TrackDamage()
        #: Seconds.
        self.elapsed = 0.0
        self._is_strict = is_strict
        self._started = perf_counter()
        self._first: int | None = None
        self._end = 0

    @property
    def codec(self) -> str:
        """The codec string."""
        return self.track.config["codec"]

    @property
    def frames(self) -> int:
        """A chunk of video is a frame; of the samples in a chunk of audio nothing is known."""
        return self.chunks

    @property
    def duration(self) -> float:
        """Seconds from the first timestamp to the end of the last chunk."""
        return (self._end - (self._first or 0)) / _SECOND

    async def feed(self, demuxed: DemuxedT) -> None:
        """Write the chunk. Raises MediaFileError."""
        chunk = demuxed.chunk
        if demuxed.damage != "none":
            if demuxed.damage == "hole":
                self.damage.holes += 1
            else:
                self.damage.damaged_chunks += 1
            if self._is_strict:
                raise MediaFileError(f"{self.name}: {self.damage_in_words()}")
        if demuxed.damage == "cut off":
            self.damage.lost_chunks += 1
            return
        self._write(demuxed)
        self.chunks += 1
        self.size += chunk.byteLength
        self._first = chunk.timestamp if self._first is None else min(self._first, chunk.timestamp)
        self._end = max(self._end, chunk.timestamp + (chunk.duration or 0))

    async def finish(self) -> None:
        """All chunks have been written."""
        self.elapsed = perf_counter() - self._started

    def stop(self) -> None:
        """Nothing more is to be done."""

    def damage_in_words(self) -> str:
        """One line of text about the damage. Empty if there is none."""
        words = self.damage.in_words(self.chunks + self.damage.lost_chunks)
        return f"{self.name}: {words}" if words else ""

    @abstractmethod
    def _write(self, demuxed: DemuxedT) -> None: ...


class AudioTrackCopier(TrackCopier[AudioTrack, DemuxedAudioChunk]):
    """A track of sound."""

    def __init__(self, track: AudioTrack, writer: AudioTrackWriter, *, is_strict: bool = False) -> None:
        super().__init__(track, is_strict=is_strict)
        self._writer = writer
        self._is_in_the_middle = False

    def begin_in_the_middle(self) -> None:
        """The chunks that follow are not those of the beginning of the track."""
        self._is_in_the_middle = True

    def _write(self, demuxed: DemuxedAudioChunk) -> None:
        if self._is_in_the_middle:
            # No sample before the first chunk is to be removed, and the length is that of the whole track.
            demuxed = demuxed._replace(track=replace(demuxed.track, codec_delay=0, length=None))
        self._writer.write_demuxed(demuxed)


class VideoTrackCopier(TrackCopier[VideoTrack, DemuxedVideoChunk]):
    """A track of pictures."""

    def __init__(self, track: VideoTrack, writer: VideoTrackWriter, *, is_strict: bool = False) -> None:
        super().__init__(track, is_strict=is_strict)
        self._writer = writer
        self._is_reordered = False

    def _write(self, demuxed: DemuxedVideoChunk) -> None:
        if not self.chunks:
            self._is_reordered = reordering_of(self.track.config, demuxed.chunk._internal_data) > 0
        self._writer.write_demuxed(demuxed)

    async def finish(self) -> None:
        """All chunks have been written. Raises MediaFileError if nothing tells when they are presented."""
        await super().finish()
        if self._is_reordered and self.track.clock.counts_decoding:
            raise MediaFileError(
                f"{self.name}: the file does not tell when frames are presented, so they cannot be copied"
            )
