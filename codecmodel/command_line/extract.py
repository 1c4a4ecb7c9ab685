"""The part of a file between two times: the chunks that it needs, and the media that belong to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from itertools import chain, islice
from typing import Final, NamedTuple

from codecmodel.files.demuxer import Demuxer
from codecmodel.files.errors import MediaFileError
from codecmodel.files.sound import LEAD
from codecmodel.files.sound_window import SoundWindow
from codecmodel.files.track_cursor import TrackCursor
from codecmodel.files.tracks import AudioTrack, DemuxedAudioChunk, DemuxedChunk, DemuxedVideoChunk, VideoTrack
from codecmodel.raw_media.video_frame import VideoFrame

_SECOND: Final = 1_000_000
#: µs of sound that are read after the end: as much as timestamps may be wrong by.
_SLACK: Final = 500_000
#: So many chunks of a track in a row that are presented after the end show that no chunk before it follows.
_MOST_REORDERED: Final = 17
#: The reading begins at a time that is so much earlier (µs), then twice as much, and so on, this often.
_FIRST_STEP_BACK: Final = 2_000_000
_MOST_STEPS_BACK: Final = 6
#: The most chunks that are read until each track has one.
_MOST_READ_AHEAD: Final = 2000


class TimeRange(NamedTuple):
    """From ``start`` up to, but not including, ``end``, in µs. None stands for the beginning or the end of the file."""

    start: int | None = None
    end: int | None = None

    @property
    def is_all(self) -> bool:
        """Whether this is the whole file."""
        return self.start is None and self.end is None


class Extract:
    """Reads the chunks of a file that a range of time needs.

    ``copied`` are the indexes of tracks whose chunks are to be copied. A copy of video begins with a key frame: if
    there is one, ``start`` is the time of that frame, for all tracks.
    """

    def __init__(
        self, demuxer: Demuxer, tracks: Sequence[AudioTrack | VideoTrack], range: TimeRange, copied: Collection[int]
    ) -> None:
        self._demuxer = demuxer
        self._copied = copied
        self.end = range.end
        #: The time at which the part begins.
        self.start = range.start
        # The timestamp of the first chunk of each track of video, None for the first one of the track.
        self._keys: dict[int, int | None] = {}
        if range.start is not None:
            videos = [track for track in tracks if isinstance(track, VideoTrack)]
            for track in sorted(videos, key=lambda track: track.index not in copied):
                assert self.start is not None
                self._keys[track.index] = key = _key_before(demuxer, track, self.start)
                if track.index in copied:
                    self.start = min(self.start, key) if key is not None else None
                    if self.start is None:
                        break

    def chunks(self, indexes: Collection[int]) -> Iterator[DemuxedChunk]:
        """The chunks of the tracks with these indexes, in the order of the file. Raises MediaFileError."""
        parts = {index: _TrackPart() for index in indexes}
        for demuxed, decoded_at in self._read(indexes):
            part = parts[demuxed.track.index]
            if part.is_past:
                continue
            if not part.has_begun:
                if isinstance(demuxed, DemuxedAudioChunk) and not part.has_skipped:
                    demuxed.track.first_timestamp = demuxed.track.first_timestamp or demuxed.chunk.timestamp
                if not self._begins(demuxed):
                    part.has_skipped = True
                    continue
                part.has_begun = True
            key = self._keys.get(demuxed.track.index)
            if key is not None and demuxed.chunk.timestamp < key and demuxed.track.index in self._copied:
                # It refers to frames before the key frame.
                continue
            yield from part.up_to(self._end_for(demuxed), demuxed, decoded_at)
            if all(part.is_past for part in parts.values()):
                return

    def is_in_the_middle(self, demuxed: DemuxedAudioChunk) -> bool:
        """Whether the first chunk of the part is not the first one of its track."""
        return demuxed.chunk.timestamp != demuxed.track.first_timestamp

    def _begins(self, demuxed: DemuxedChunk) -> bool:
        """Whether the part of a track may begin with the chunk."""
        if self.start is None:
            return True
        if isinstance(demuxed, DemuxedVideoChunk):
            key = self._keys.get(demuxed.track.index)
            return key is None or demuxed.chunk.timestamp == key
        return demuxed.chunk.timestamp >= self._first_of_sound(demuxed.track)

    def _first_of_sound(self, track: AudioTrack) -> int:
        assert self.start is not None, "asked for if the part has a start"
        return self.start if track.index in self._copied else self.start - LEAD

    def _end_for(self, demuxed: DemuxedChunk) -> int | None:
        """The time from which on chunks of the track are not needed."""
        if self.end is None or isinstance(demuxed, DemuxedVideoChunk) or demuxed.track.index in self._copied:
            return self.end
        return self.end + _SLACK

    def _read(self, indexes: Collection[int]) -> Iterator[tuple[DemuxedChunk, int | None]]:
        """The chunks from a place on that lies before the part."""
        demuxer = self._demuxer
        tracks = [track for track in demuxer.tracks if track.index in indexes]
        if self.start is not None and demuxer._seeks_exactly:
            self._find_first_timestamps(tracks)
            needed = [
                self._keys[track.index] if isinstance(track, VideoTrack) else self._first_of_sound(track)
                for track in tracks
            ]
            times = [time for time in needed if time is not None]
            step = 0
            for _ in range(_MOST_STEPS_BACK if len(times) == len(tracks) else 0):
                reference = min(tracks, key=lambda track: isinstance(track, AudioTrack))
                if not demuxer._seek(reference, min(times) - step):
                    break
                chunks = demuxer._timed_chunks(indexes, finds_holes=True)
                ahead = list(_until_each_track_has_one(chunks, tracks))
                firsts = {demuxed.track.index: demuxed.chunk.timestamp for demuxed, _ in reversed(ahead)}
                if all(
                    track.index in firsts and firsts[track.index] <= time
                    for track, time in zip(tracks, times, strict=True)
                ):
                    yield from chain(ahead, chunks)
                    return
                step = 2 * step or _FIRST_STEP_BACK
        demuxer._rewind()
        yield from demuxer._timed_chunks(indexes, finds_holes=True)

    def _find_first_timestamps(self, tracks: Sequence[AudioTrack | VideoTrack]) -> None:
        sounds = [track for track in tracks if isinstance(track, AudioTrack) and track.first_timestamp is None]
        if sounds:
            self._demuxer._rewind()
            chunks = self._demuxer._timed_chunks([track.index for track in sounds])
            for demuxed, _ in list(_until_each_track_has_one(chunks, sounds)):
                if isinstance(demuxed, DemuxedAudioChunk) and demuxed.track.first_timestamp is None:
                    demuxed.track.first_timestamp = demuxed.chunk.timestamp


def _until_each_track_has_one(
    chunks: Iterator[tuple[DemuxedChunk, int | None]], tracks: Sequence[AudioTrack | VideoTrack]
) -> Iterator[tuple[DemuxedChunk, int | None]]:
    missing = {track.index for track in tracks}
    for item in islice(chunks, _MOST_READ_AHEAD):
        yield item
        missing.discard(item[0].track.index)
        if not missing:
            return


def _key_before(demuxer: Demuxer, track: VideoTrack, time: int) -> int | None:
    """The timestamp of the key chunk at which decoding has to begin; None if that is the first one of the track."""
    if not demuxer.is_seekable:
        return None
    try:
        cursor = TrackCursor(demuxer, track.index)
        cursor.go_to(time)
    except MediaFileError:
        # The file is damaged. Decoders of the command line can go on after damage.
        return None
    return cursor.start


class _TrackPart:
    """A track on its way from the first chunk of the part to the last."""

    def __init__(self) -> None:
        self.has_skipped = False
        self.has_begun = False
        #: Whether all chunks of the part have come.
        self.is_past = False
        # Chunks that are presented after the end. They are needed if one of the part follows.
        self._held: list[DemuxedChunk] = []

    def up_to(self, end: int | None, demuxed: DemuxedChunk, decoded_at: int | None) -> Iterator[DemuxedChunk]:
        """The chunks that are needed for certain, now that ``demuxed`` has come."""
        self._held.append(demuxed)
        track = demuxed.track
        is_numbered = isinstance(track, VideoTrack) and bool(track.is_numbered)
        if end is None or demuxed.chunk.timestamp < end:
            yield from self._held
            self._held.clear()
        elif len(self._held) >= _MOST_REORDERED or (decoded_at is not None and decoded_at >= end and not is_numbered):
            self.is_past = True
            if is_numbered:
                yield from self._held


class FrameSelection:
    """Takes the frames that are shown in a range of time, at a constant rate if one is given.

    The first frame is made to begin with the range. All frames are cut off at its end.
    """

    def __init__(self, range: TimeRange, rate: Fraction | None = None) -> None:
        self._range = range
        self._duration = None if rate is None else 1 / rate * _SECOND
        self._last: VideoFrame | None = None
        # The time of the next frame, if there is a rate.
        self._next: Fraction | None = None

    def take(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """The frames that are known now that ``frame`` has come. The caller closes them, and ``frame``."""
        last, self._last = self._last, frame.clone()
        if last is not None:
            with last:
                yield from self._shown(last, frame.timestamp)

    def end(self) -> Iterator[VideoFrame]:
        """The rest."""
        last, self._last = self._last, None
        if last is not None:
            with last:
                yield from self._shown(last, None if last.duration is None else last.timestamp + last.duration)

    def close(self) -> None:
        """Drop the frame that is held back."""
        if self._last is not None:
            self._last.close()
            self._last = None

    def _shown(self, frame: VideoFrame, until: int | None) -> Iterator[VideoFrame]:
        """The frames for one that is shown ``until`` a time, None if that is unknown."""
        start, end = self._range
        begin = frame.timestamp if start is None else max(start, frame.timestamp)
        stop = until if end is None else end if until is None else min(end, until)
        if stop is not None and stop <= begin:
            return
        if self._duration is None:
            yield _timed(frame, begin, stop if stop is not None and _lasts_longer(frame, stop) else None)
            return
        if self._next is None:
            self._next = Fraction(begin)
        stop = stop if stop is not None else begin + 1
        while self._next < stop:
            timestamp = round(self._next)
            self._next += self._duration
            yield _timed(frame, timestamp, round(self._next))


def _lasts_longer(frame: VideoFrame, end: int) -> bool:
    return frame.duration is not None and frame.timestamp + frame.duration > end


def _timed(frame: VideoFrame, timestamp: int, end: int | None) -> VideoFrame:
    """A frame of the same pixels from ``timestamp`` to ``end``, None for the frame's own end."""
    if end is None and frame.duration is not None:
        end = frame.timestamp + frame.duration
    duration = None if end is None else end - timestamp
    if (timestamp, duration) == (frame.timestamp, frame.duration):
        return frame.clone()
    if duration is None:
        return VideoFrame(frame, {"timestamp": timestamp})
    return VideoFrame(frame, {"timestamp": timestamp, "duration": duration})


class Selection(NamedTuple):
    """The media that is wanted: a range of time, the pixels of a frame as (width, height), and frames a second."""

    range: TimeRange = TimeRange()
    size: tuple[int, int] | None = None
    rate: Fraction | None = None

    def of_sound(self, track: AudioTrack) -> SoundWindow | None:
        """The samples of a track that belong to it. None stands for all."""
        return None if self.range.is_all else SoundWindow(track, *self.range)

    def of_frames(self) -> FrameSelection | None:
        """The frames of a track that belong to it. None stands for all, as they are."""
        return None if self.range.is_all and self.rate is None else FrameSelection(self.range, self.rate)


EVERYTHING: Final = Selection()
