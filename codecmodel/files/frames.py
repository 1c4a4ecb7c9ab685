"""Not in the spec: the frames of a video track, all of them or those of certain times."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing

from codecmodel.encoded_chunks import EncodedVideoChunk
from codecmodel.files.demuxer_pool import DemuxerPool
from codecmodel.files.errors import MediaFileError
from codecmodel.files.presentation_order import PresentationOrder
from codecmodel.files.track_cursor import TrackCursor
from codecmodel.files.tracks import DemuxedVideoChunk, VideoTrack
from codecmodel.files.whole_time import whole_or_none, whole_time
from codecmodel.iteration import blocking, decoded_video
from codecmodel.raw_media.video_frame import VideoFrame


class Frames:
    """The frames of a video track, in order of presentation. The program closes each frame.

    It is iterated over with ``for`` or ``async for``. All times are in µs. A frame is shown from its timestamp on until
    the next frame is shown, the last frame without end. Frames are those that decoding from the beginning gives.
    Decoding begins near the time asked for if the container is MP4, Matroska, WebM or AVI, and the source can
    seek. Otherwise the file is read from its beginning on.
    """

    def __init__(
        self,
        pool: DemuxerPool,
        track: VideoTrack,
        *,
        start: int | None = None,
        end: int | None = None,
        step: int = 1,
    ) -> None:
        self._pool = pool
        #: The track, whose ``config`` is that of the decoder.
        self.track = track
        self._start = start
        self._end = end
        self._step = step

    def between(self, start: int | None = None, end: int | None = None) -> Frames:
        """The frames that are shown at some time from ``start`` up to, but not including, ``end``.

        None stands for the beginning or the end of the track. The first frame may begin before ``start``.
        """
        start, end = whole_or_none(start), whole_or_none(end)
        return Frames(self._pool, self.track, start=start, end=end, step=self._step)

    def every(self, step: int) -> Frames:
        """The first of these frames and each ``step``-th after it. Raises ValueError if ``step`` is less than 1."""
        if step < 1:
            raise ValueError(f"a step is at least 1, not {step}")
        return Frames(self._pool, self.track, start=self._start, end=self._end, step=self._step * step)

    def at(self, times: Iterable[int]) -> FramesAt:
        """The frame that is shown at each of ``times``, in their order. Ascending times are fastest.

        Iterating raises MediaFileError for a time before the first frame, and TypeError for one that is no integer.
        """
        return FramesAt(self._pool, self.track, times)

    def frame_at(self, time: int) -> VideoFrame:
        """The frame that is shown at ``time``. Raises MediaFileError for a time before the first frame."""
        (frame,) = self.at([time])
        return frame

    async def async_frame_at(self, time: int) -> VideoFrame:
        """As ``frame_at``, on the running event loop."""
        (frame,) = [frame async for frame in self.at([time])]
        return frame

    def __iter__(self) -> Iterator[VideoFrame]:
        return blocking(self.__aiter__())

    async def __aiter__(self) -> AsyncGenerator[VideoFrame, None]:
        count = 0
        async with aclosing(self._frames()) as frames:
            async for frame in frames:
                if count % self._step:
                    frame.close()
                else:
                    yield frame
                count += 1

    async def _frames(self) -> AsyncGenerator[VideoFrame, None]:
        """The frames without regard to the step."""
        start, end = self._start, self._end
        if start is not None and end is not None and end <= start:
            return
        with self._pool.demuxer() as demuxer:
            cursor = TrackCursor(demuxer, self.track.index)
            if start is None:
                cursor.begin()
            else:
                cursor.go_to(start)
            chunks = cursor.all_chunks() if end is None else cursor.chunks_to(end - 1)
            # The frame that is shown at the start is known when the next one comes.
            ready: deque[VideoFrame] = deque()
            try:
                async with aclosing(_decoded(cursor, chunks)) as frames:
                    async for frame in frames:
                        if start is not None and frame.timestamp <= start:
                            _close(ready)
                        ready.append(frame)
                        if end is not None and frame.timestamp >= end:
                            ready.pop().close()
                            break
                        while ready and (start is None or frame.timestamp > start):
                            yield ready.popleft()
                while ready:
                    yield ready.popleft()
            finally:
                _close(ready)


class FramesAt:
    """The frames of a video track that are shown at certain times, for ``for`` or ``async for``."""

    def __init__(self, pool: DemuxerPool, track: VideoTrack, times: Iterable[int]) -> None:
        self._pool = pool
        self._track = track
        self._times = times

    def __iter__(self) -> Iterator[VideoFrame]:
        return blocking(self.__aiter__())

    async def __aiter__(self) -> AsyncGenerator[VideoFrame, None]:
        times = _Times(self._times)
        with self._pool.demuxer() as demuxer:
            cursor = TrackCursor(demuxer, self._track.index)
            while times.next is not None:
                cursor.go_to(times.next)
                async with aclosing(_frames_of_one_run(cursor, times)) as frames:
                    async for frame in frames:
                        yield frame


async def _frames_of_one_run(cursor: TrackCursor, times: _Times) -> AsyncGenerator[VideoFrame, None]:
    """The frames for the next times, up to a time for which decoding begins anew. The cursor has gone to the first."""
    # Times whose chunks the decoder has, and whose frames are still to come. Other frames may be out long before.
    asked: deque[int] = deque()
    last = times.take()

    def chunks() -> Iterator[DemuxedVideoChunk]:
        nonlocal last
        asked.append(last)
        yield from cursor.chunks_for(last)
        while times.next is not None and not cursor.go_to(times.next):
            last = times.take()
            asked.append(last)
            yield from cursor.chunks_for(last)

    # Frames from the one that is shown at the last time that was answered, or asked for, on.
    shown: deque[VideoFrame] = deque()

    def shown_at(time: int) -> VideoFrame:
        while len(shown) > 1 and shown[1].timestamp <= time:
            shown.popleft().close()
        if not shown or shown[0].timestamp > time:
            raise MediaFileError(f"{cursor.name}: no frame is shown at {time} µs, before the first one")
        return shown[0]

    try:
        async with aclosing(_decoded(cursor, chunks())) as frames:
            async for frame in frames:
                shown.append(frame)
                while asked and asked[0] < frame.timestamp:
                    yield shown_at(asked.popleft()).clone()
                if asked:
                    shown_at(asked[0])
        while asked:
            yield shown_at(asked.popleft()).clone()
    finally:
        _close(shown)


async def _decoded(cursor: TrackCursor, chunks: Iterable[DemuxedVideoChunk]) -> AsyncGenerator[VideoFrame, None]:
    """The frames that come out right of chunks from the position of the cursor on."""
    start = cursor.start
    order = PresentationOrder(cursor.track) if cursor.is_numbered else None

    def encoded() -> Iterator[EncodedVideoChunk]:
        for demuxed in chunks:
            if order is not None:
                order.decode(demuxed)
            yield demuxed.chunk

    async with aclosing(decoded_video(cursor.track.config, encoded())) as frames:
        async for frame in frames:
            timestamp = frame.timestamp if order is None else order.timestamp_of(frame.timestamp)
            if start is not None and timestamp < start:
                frame.close()
            elif timestamp == frame.timestamp:
                yield frame
            else:
                numbered = VideoFrame(frame, {"timestamp": timestamp})
                frame.close()
                yield numbered


def _close(frames: deque[VideoFrame]) -> None:
    while frames:
        frames.popleft().close()


class _Times:
    """The times that are still to come."""

    def __init__(self, times: Iterable[int]) -> None:
        self._iterator = map(whole_time, times)
        self.next: int | None = next(self._iterator, None)

    def take(self) -> int:
        """The next time, which is removed."""
        time = self.next
        assert time is not None, "there is a next time"
        self.next = next(self._iterator, None)
        return time
