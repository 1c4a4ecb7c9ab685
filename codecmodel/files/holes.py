"""Tells a hole in a track from a pause: parts of the file are missing there, and so are chunks of the track."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from codecmodel.files.continuity import LARGEST_GAP
from codecmodel.files.lost_parts import LostParts
from codecmodel.files.timing import ChunkTiming, microseconds
from codecmodel.files.tracks import AudioTrack, VideoTrack
from ffbind import StreamPacket

#: µs between two chunks of sound that are more than a rounding of timestamps.
_SMALLEST_HOLE: Final = 10_000
#: Chunks after a lost part at one of which the hole shows. If a container has no decoding timestamps, FFmpeg makes them
#: of the timestamps of frames that come later.
_MOST_CHUNKS: Final = 20
#: Codecs whose sound in a transport stream has no pauses, unless the pictures pause. FFmpeg's names.
_STEADY_SOUND: Final = frozenset({"aac", "mp3"})
#: µs between frames that are a pause of the pictures, and the shortest pause of sound alone.
_SHORTEST_PAUSE: Final = 500_000


@dataclass
class _TrackState:
    """The chunks of a track so far. Times in µs."""

    #: The end of the last chunk of sound, or the time at which the last frame is decoded.
    last: int | None = None
    #: The latest time at which a frame is presented.
    latest: int = 0
    #: The distance of frames.
    step: int = 0
    #: The number of lost parts before the last chunk.
    passed: int = 0
    #: Chunks at which a hole may still show.
    suspects: int = 0


class HoleFinder:
    """Follows the packets of a file. ``formats`` are FFmpeg's names of its format."""

    def __init__(self, lost: LostParts, formats: Collection[str]) -> None:
        self._positions = lost.positions
        self._is_transport_stream = "mpegts" in formats
        # Sound has no pauses in Ogg. FFmpeg says nothing about pages that it skips because they are damaged.
        self._is_ogg = "ogg" in formats
        self._has_work = bool(lost.positions) or self._is_transport_stream or self._is_ogg
        self._tracks: dict[int, _TrackState] = {}
        # The time up to which pictures have come, and the end of their last pause.
        self._pictures_until = self._pictures_since = 0

    def is_after_hole(self, track: AudioTrack | VideoTrack, packet: StreamPacket, timing: ChunkTiming) -> bool:
        """Whether chunks of the track are missing before the packet, the next one of the file."""
        if not self._has_work:
            return False
        state = self._tracks.get(track.index)
        if state is None:
            state = self._tracks[track.index] = _TrackState(passed=bisect_right(self._positions, packet.position))
        self._look_for_lost_parts(state, packet)
        if isinstance(track, AudioTrack):
            gap = self._gap_in_sound(state, timing)
            is_hole = self._is_hole_in_sound(track, state, gap, timing)
        else:
            is_hole = self._has_frame_gap(track, state, packet, timing) and state.suspects > 0
        state.suspects = 0 if is_hole else max(0, state.suspects - 1)
        if packet.corrupt and self._is_transport_stream:
            # FFmpeg marks the chunk in which the counter jumps, and that is the one before the missing chunks.
            state.suspects = 2
        return is_hole

    def _look_for_lost_parts(self, state: _TrackState, packet: StreamPacket) -> None:
        while state.passed < len(self._positions) and 0 <= self._positions[state.passed] <= packet.position:
            state.passed += 1
            state.suspects = _MOST_CHUNKS

    def _gap_in_sound(self, state: _TrackState, timing: ChunkTiming) -> int:
        """The time (µs) from the end of the last chunk to this one."""
        expected, state.last = state.last, timing.timestamp + (timing.duration or 0)
        return 0 if expected is None else timing.timestamp - expected

    def _is_hole_in_sound(self, track: AudioTrack, state: _TrackState, gap: int, timing: ChunkTiming) -> bool:
        if gap <= _SMALLEST_HOLE:
            return False
        if state.suspects or self._is_ogg:
            return True
        # Chunks of sound often have a multiple of sixteen packets, which the counter does not tell.
        is_steady = self._is_transport_stream and track.codec_name in _STEADY_SOUND
        if not is_steady or not (timing.duration or 0) * 9 // 10 <= gap < LARGEST_GAP:
            return False
        begin = timing.timestamp - gap
        return gap < _SHORTEST_PAUSE or self._pictures_since <= begin < begin + gap // 2 < self._pictures_until

    def _has_frame_gap(self, track: VideoTrack, state: _TrackState, packet: StreamPacket, timing: ChunkTiming) -> bool:
        """Whether the distance to the frame before is half as long again as that of frames is."""
        decoded = timing.timestamp
        if packet.dts is not None and packet.pts is not None:
            decoded += microseconds(packet.dts - packet.pts, track.time_base)
        last, latest, step = state.last, state.latest, state.step
        state.last, state.latest = decoded, max(latest, timing.timestamp) if last is not None else timing.timestamp
        if last is None:
            state.step = timing.duration or 0
            self._pictures_since = self._pictures_until = decoded
            return False
        if decoded - last > _SHORTEST_PAUSE:
            self._pictures_since = decoded
        self._pictures_until = decoded
        state.step = timing.duration or max(0, decoded - last) or step
        if not step:
            return True
        is_late_key = packet.key and 2 * (timing.timestamp - latest) > 3 * step
        # After a larger gap of a transport stream another recording begins.
        is_joint = self._is_transport_stream and decoded - last > LARGEST_GAP
        return not is_joint and (is_late_key or 2 * (decoded - last) > 3 * step)
