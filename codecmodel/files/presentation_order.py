"""Timestamps for frames of a container that only tells when chunks are decoded."""

from heapq import heapify, heappop, heappush

from codecmodel.files.stream_config import reordering_of
from codecmodel.files.tracks import DemuxedVideoChunk, VideoTrack


class PresentationOrder:
    """Gives the frames of a track their timestamps, if its container has none of presentation (AVI, raw streams).

    A decoder outputs frames in the order of presentation. So the first frame gets the smallest of the timestamps of
    decoding, and so on. Frames of other tracks keep their timestamps.
    """

    def __init__(self, track: VideoTrack) -> None:
        self._track = track
        # Whether frames are reordered, None until the first key chunk tells.
        self._is_reordered: bool | None = None if track.codec_name in ("h264", "hevc") else False
        self._timestamps: list[int] = []

    def decode(self, demuxed: DemuxedVideoChunk) -> None:
        """The decoder is given a chunk."""
        if self._is_reordered is None and demuxed.chunk.type == "key":
            self._is_reordered = reordering_of(self._track.config, demuxed.chunk._internal_data) > 0
        if self._applies:
            heappush(self._timestamps, demuxed.chunk.timestamp)

    def forget(self, timestamp: int) -> None:
        """No frame comes from the chunk with this timestamp."""
        if timestamp in self._timestamps:
            self._timestamps.remove(timestamp)
            heapify(self._timestamps)

    def timestamp_of(self, timestamp: int) -> int:
        """The timestamp of the next frame, which has the ``timestamp`` of its chunk."""
        if self._applies and self._timestamps:
            return heappop(self._timestamps)
        return timestamp

    @property
    def _applies(self) -> bool:
        return bool(self._is_reordered) and self._track.clock.counts_decoding
