"""A position in a track: its chunks from a time on, which begin with a chunk that decoding can begin with."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

from codecmodel.configurations.decoder_configurations import description_of
from codecmodel.files.demuxer import Demuxer
from codecmodel.files.errors import MediaFileError
from codecmodel.files.stream_config import reordering_of
from codecmodel.files.tracks import DemuxedVideoChunk, VideoTrack
from codecmodel.registry import is_key_chunk
from codecmodel.registry.avc import AvcRegistration

#: The most frames that a codec reorders (H.264 § A.3.1), and one more: after so many chunks that are presented later
#: than a time, no chunk is presented before it.
_MOST_REORDERED: Final = 17
#: µs that are read through rather than sought over.
_NEAR: Final = 5_000_000
#: Key chunks are searched for at a time that is so much earlier (µs), then twice as much, and so on, this often.
_FIRST_STEP_BACK: Final = 2_000_000
_MOST_STEPS_BACK: Final = 8
#: A time before all others.
_BEGINNING: Final = -(2**63)
#: The most chunks that are kept while a later key chunk is looked for.
_MOST_KEPT: Final = 1000


class TrackCursor:
    """Reads the chunks of a video track of a Demuxer, which nothing else reads from.

    ``go_to`` a time, and ``chunks_to`` gives the chunks that are needed for the frame that is shown then. Where
    decoding has to begin anew with them, ``start`` is the timestamp of the first frame that comes out right. It is None
    at the beginning of the track, where all frames count.
    """

    def __init__(self, demuxer: Demuxer, index: int) -> None:
        self._demuxer = demuxer
        self.name = demuxer.name
        self.track = _video_track(demuxer, index)
        self.start: int | None = None
        self._chunks: Iterator[tuple[DemuxedVideoChunk, int | None]] | None = None
        # Chunks that were read and not taken yet.
        self._kept: deque[DemuxedVideoChunk] = deque()
        # The time that was gone to last, or the beginning.
        self._last_time = _BEGINNING
        self._decoded_at: int | None = None
        self._last_timestamps: deque[int] = deque(maxlen=_MOST_REORDERED)
        self._is_at_end = False
        self._must_begin = True
        self._is_numbered = self._finds_no_presentation_times()

    @property
    def is_numbered(self) -> bool:
        """Whether the container has no timestamps of presentation though frames are reordered.

        All chunks have to be decoded then: frames are numbered from the first one on.
        """
        return self._is_numbered

    def begin(self) -> None:
        """Go to the beginning of the track. This is done first, if at all."""
        if self._chunks is None:
            self._rewind()

    def go_to(self, time: int) -> bool:
        """Go to a time in µs. The result tells whether decoding begins anew there.

        Raises MediaFileError if the time lies before the position of a source that cannot seek.
        """
        if self._chunks is None or time < self._last_time or (self._can_seek and time - self._last_time > _NEAR):
            self._locate(time)
        self._last_time = time
        while not self._has_passed(time) and len(self._kept) < _MOST_KEPT:
            chunk = self._read()
            if chunk is None:
                break
            if chunk.chunk.timestamp <= time and self._begins_anew(chunk):
                self._begin_with(chunk)
        must_begin, self._must_begin = self._must_begin, False
        return must_begin

    def chunks_for(self, time: int) -> Iterator[DemuxedVideoChunk]:
        """The chunks that are needed for the frame that is shown at ``time``, in decoding order.

        Those are left out that are presented earlier and that no other picture refers to.
        """
        timestamps = [demuxed.chunk.timestamp for demuxed in self._kept if demuxed.chunk.timestamp <= time]
        shown = max(timestamps, default=time) if self._has_passed(time) else None
        for demuxed in self.chunks_to(time):
            if shown is None or demuxed.chunk.timestamp >= shown or not self._is_disposable(demuxed):
                yield demuxed

    def chunks_to(self, time: int) -> Iterator[DemuxedVideoChunk]:
        """The chunks up to the last one that is presented at or before ``time``, in decoding order."""
        while not self._has_passed(time):
            while self._kept:
                yield self._kept.popleft()
            if self._read() is None:
                break
        count = 0
        for number, demuxed in enumerate(self._kept, 1):
            if self._is_numbered or demuxed.chunk.timestamp <= time:
                count = number
        for _ in range(count):
            yield self._kept.popleft()

    def all_chunks(self) -> Iterator[DemuxedVideoChunk]:
        """All chunks from here on."""
        while self._kept or self._read() is not None:
            yield self._kept.popleft()

    @property
    def _can_seek(self) -> bool:
        return self._demuxer._seeks_exactly and not self._is_numbered

    def _locate(self, time: int) -> None:
        """Continue reading at a chunk that decoding can begin with, and that is presented at or before ``time``."""
        if self._can_seek:
            step = 0
            for _ in range(_MOST_STEPS_BACK):
                if not self._demuxer._seek(self.track, time - step):
                    break
                self._forget()
                while (chunk := self._read()) is not None and not self._has_passed(time):
                    if chunk.chunk.timestamp <= time and self._begins_anew(chunk):
                        self._begin_with(chunk)
                        return
                step = 2 * step or _FIRST_STEP_BACK
        self._rewind()

    def _rewind(self) -> None:
        self._demuxer._rewind()
        self._forget()
        self.start = None
        self._last_time = _BEGINNING

    def _forget(self) -> None:
        """Reading goes on at another place."""
        self._chunks = self._whole_chunks()
        self._kept.clear()
        self._decoded_at = None
        self._last_timestamps.clear()
        self._is_at_end = False
        self._must_begin = True

    def _begin_with(self, chunk: DemuxedVideoChunk) -> None:
        """Forget all chunks that were read before ``chunk``."""
        self._kept.clear()
        self._kept.append(chunk)
        self.start = chunk.chunk.timestamp
        self._must_begin = True

    def _read(self) -> DemuxedVideoChunk | None:
        """Read the next chunk. The result is None at the end."""
        assert self._chunks is not None
        item = next(self._chunks, None)
        if item is None:
            self._is_at_end = True
            return None
        chunk, self._decoded_at = item
        self._last_timestamps.append(chunk.chunk.timestamp)
        self._kept.append(chunk)
        return chunk

    def _whole_chunks(self) -> Iterator[tuple[DemuxedVideoChunk, int | None]]:
        name, index = self._demuxer.name, self.track.index
        for number, (demuxed, decoded_at) in enumerate(self._demuxer._timed_chunks([index])):
            assert isinstance(demuxed, DemuxedVideoChunk)
            if demuxed.damage != "none":
                raise MediaFileError(f"{name}: track {index} is damaged at {demuxed.chunk.timestamp} µs")
            if number and demuxed.is_reconfigured:
                raise MediaFileError(f"{name}: track {index} has a new configuration at {demuxed.chunk.timestamp} µs")
            yield demuxed, decoded_at

    def _has_passed(self, time: int) -> bool:
        """Whether all chunks that are presented at or before ``time`` have been read."""
        if self._is_at_end:
            return True
        if self._decoded_at is not None and not self._is_numbered:
            return self._decoded_at > time
        return len(self._last_timestamps) == _MOST_REORDERED and min(self._last_timestamps) > time

    def _begins_anew(self, demuxed: DemuxedVideoChunk) -> bool:
        """Whether decoding can begin at the chunk, so that frames come out right from its timestamp on."""
        chunk, config = demuxed.chunk, self.track.config
        if chunk.type != "key" or self._is_numbered:
            return False
        # A gradual recovery of H.264 is complete some frames later.
        return is_key_chunk(config["codec"], description_of(config), chunk._internal_data) is True

    def _is_disposable(self, demuxed: DemuxedVideoChunk) -> bool:
        """Whether a chunk of H.264 can be left out without harm to others."""
        if self.track.codec_name != "h264" or self._is_numbered or demuxed.chunk.type == "key":
            return False
        description = description_of(self.track.config)
        return AvcRegistration().is_disposable(description, demuxed.chunk._internal_data)

    def _finds_no_presentation_times(self) -> bool:
        """Read the first chunks, if it is not known yet whether they have timestamps of presentation."""
        track = self.track
        if track.is_numbered is None and track.codec_name not in ("h264", "hevc"):
            track.is_numbered = False
        if track.is_numbered is None:
            self._is_numbered = False
            self._rewind()
            while track.clock.counts_decoding and len(self._kept) < _MOST_REORDERED and self._read() is not None:
                pass
            keys = (demuxed.chunk for demuxed in self._kept if demuxed.chunk.type == "key")
            track.is_numbered = track.clock.counts_decoding and any(
                reordering_of(track.config, key._internal_data) for key in islice(keys, 1)
            )
        return track.is_numbered


def _video_track(demuxer: Demuxer, index: int) -> VideoTrack:
    (track,) = (track for track in demuxer.tracks if track.index == index)
    assert isinstance(track, VideoTrack)
    return track
