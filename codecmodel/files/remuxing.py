"""Not in the spec: all tracks of a file in another file, whole or from one time to another, without decoding them."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from typing import BinaryIO, Final

from codecmodel.files.audio_track_writer import AudioTrackWriter
from codecmodel.files.demuxer import Demuxer
from codecmodel.files.errors import MediaFileError
from codecmodel.files.muxer import Muxer
from codecmodel.files.source import Source
from codecmodel.files.tracks import AudioTrack, DemuxedAudioChunk, DemuxedChunk, VideoTrack
from codecmodel.files.video_track_writer import VideoTrackWriter
from codecmodel.files.whole_time import whole_or_none

_SECOND: Final = 1_000_000
#: The most frames that are decoded before a frame and presented after it.
_MOST_REORDERED: Final = 16


def remux(
    source: Source,
    target: str | os.PathLike[str] | BinaryIO,
    format: str | None = None,
    *,
    start: int | None = None,
    end: int | None = None,
) -> None:
    """Copy the chunks of all tracks of ``source`` to ``target``, both as those of Demuxer and Muxer.

    Only those from ``start`` to ``end`` are copied, if these times in µs are given. As nothing is decoded, the first
    video track begins with the last key frame that is presented at ``start`` or before, and the other tracks begin with
    it; H.264 begins earlier if frames that are presented before that key frame are decoded after it. The copy ends with
    the last frame before ``end``, and has a few more if the codec needs them. It begins at zero.

    Tracks that have no configuration are left out, and chunks that are cut off. Raises MediaFileError, also if nothing
    is left, and ValueError if the end is not after the start.
    """
    start, end = whole_or_none(start), whole_or_none(end)
    if start is not None and end is not None and end <= start:
        raise ValueError(f"the end, {end} µs, is not after the start, {start} µs")
    with Demuxer(source) as demuxer:
        tracks = [track for track in demuxer.tracks if not track.problem]
        if not tracks:
            raise MediaFileError(f"{demuxer.name}: it has no track that can be copied")
        chapters = demuxer.chapters if start is None and end is None else ()
        with Muxer(target, format, metadata=demuxer.tags, chapters=chapters) as muxer:
            copies = {track.index: _Copy(track, muxer) for track in tracks}
            chunks = _until(demuxer.chunks(copies), end, len(tracks))
            if start is not None:
                leader = next((track for track in tracks if isinstance(track, VideoTrack)), tracks[0])
                chunks = _since(chunks, start, leader, copies)
            for demuxed in chunks:
                copies[demuxed.track.index].write(demuxed)


class _Copy:
    """A track on its way to another file."""

    def __init__(self, track: AudioTrack | VideoTrack, muxer: Muxer) -> None:
        self._writer: AudioTrackWriter | VideoTrackWriter
        if isinstance(track, AudioTrack):
            self._writer = muxer.add_audio_track(channel_mask=track.channel_mask, description=track.description)
        else:
            self._writer = muxer.add_video_track(
                frame_rate=track.frame_rate, time_base=track.time_base, description=track.description
            )

    def write(self, demuxed: DemuxedChunk) -> None:
        if demuxed.damage == "cut off":
            return
        if isinstance(demuxed, DemuxedAudioChunk):
            assert isinstance(self._writer, AudioTrackWriter)
            self._writer.write_demuxed(demuxed)
        else:
            assert isinstance(self._writer, VideoTrackWriter)
            self._writer.write_demuxed(demuxed)

    def skip(self, demuxed: DemuxedChunk) -> None:
        """Leave out a chunk that comes before all that are written."""
        if isinstance(demuxed, DemuxedAudioChunk):
            assert isinstance(self._writer, AudioTrackWriter)
            self._writer.skip_demuxed(demuxed)


def _until(chunks: Iterable[DemuxedChunk], end: int | None, tracks: int) -> Iterator[DemuxedChunk]:
    """The chunks up to the last of each track that is presented before ``end``."""
    if end is None:
        yield from chunks
        return
    # Chunks of each track that may be needed by one that is presented before the end.
    waiting: dict[int, list[DemuxedChunk]] = defaultdict(list)
    # A frame after the end that is needed is presented after all frames before it.
    ends: dict[int, int] = defaultdict(lambda: end)
    ended: set[int] = set()
    for demuxed in chunks:
        index, timestamp = demuxed.track.index, demuxed.chunk.timestamp
        if index in ended:
            continue
        if timestamp < ends[index]:
            for each in waiting.pop(index, ()):
                ends[index] = max(ends[index], each.chunk.timestamp)
                yield each
            yield demuxed
            continue
        waiting[index].append(demuxed)
        if len(waiting[index]) > _MOST_REORDERED:
            ended.add(index)
            if len(ended) == tracks:
                return


def _since(
    chunks: Iterable[DemuxedChunk], start: int, leader: AudioTrack | VideoTrack, copies: Mapping[int, _Copy]
) -> Iterator[DemuxedChunk]:
    """The chunks from the last one that ``leader`` can begin with and that is presented at ``start`` or before."""
    # Chunks from the one that is known to be a beginning, and those of other tracks that may be presented with it.
    held: list[DemuxedChunk] = []
    begin: Fraction | None = None
    # The place among them of a key chunk of the leader. The next chunk tells whether it is a beginning.
    candidate: int | None = None
    iterator = iter(chunks)
    for demuxed in iterator:
        if demuxed.track.index == leader.index:
            time = _time(demuxed)
            if candidate is not None:
                if begin is None or not _refers_to_dropped_frames(demuxed, held[candidate]):
                    begin = _time(held[candidate])
                    held = _begun(held, candidate, begin, copies)
                candidate = None
            if begin is not None and time > start:
                held.append(demuxed)
                break
            if demuxed.chunk.type == "key" and (begin is None or time <= start):
                candidate = len(held)
        held.append(demuxed)
    if candidate is not None:
        begin = _time(held[candidate])
        held = _begun(held, candidate, begin, copies)
    begun: set[int] = set()
    for demuxed in chain(held, iterator):
        index = demuxed.track.index
        # A frame that is decoded after the key frame and presented before it lacks the frames that it refers to.
        if begin is not None and _end(demuxed) > begin and (index in begun or demuxed.chunk.type == "key"):
            begun.add(index)
            yield demuxed
        else:
            copies[index].skip(demuxed)


def _begun(
    held: Sequence[DemuxedChunk], place: int, begin: Fraction, copies: Mapping[int, _Copy]
) -> list[DemuxedChunk]:
    """The chunks from ``held[place]`` on, and those of other tracks before it that are presented with it."""
    leader = held[place].track.index
    kept = []
    for number, each in enumerate(held):
        if number >= place or (each.track.index != leader and _end(each) > begin):
            kept.append(each)
        else:
            copies[each.track.index].skip(each)
    return kept


def _refers_to_dropped_frames(demuxed: DemuxedChunk, key: DemuxedChunk) -> bool:
    """Whether frames that would be dropped after ``key``, if a copy began with it, leave a gap in the stream.

    ``demuxed`` follows ``key``. If it is presented earlier, it refers to frames before ``key``. H.264 numbers such
    frames with the others, while H.265 and AV1 allow to drop them.
    """
    return key.track.codec_name == "h264" and demuxed.chunk.timestamp < key.chunk.timestamp


def _time(demuxed: DemuxedChunk) -> Fraction:
    """The time in µs from which on a chunk is presented, if it is the first of its track."""
    if isinstance(demuxed, DemuxedAudioChunk):
        # The first samples that are decoded are dropped, as at the beginning of the whole track.
        delay = Fraction(demuxed.track.codec_delay, demuxed.track.config["sampleRate"])
        return demuxed.chunk.timestamp + delay * _SECOND
    return Fraction(demuxed.chunk.timestamp)


def _end(demuxed: DemuxedChunk) -> Fraction:
    """The time in µs up to which a chunk is presented, if it is the first of its track."""
    return _time(demuxed) + (demuxed.chunk.duration or 1)
