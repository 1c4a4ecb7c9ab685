"""Decodes a track of video."""

from collections.abc import Iterator, Sequence

from codecmodel.codecs.video_decoder import VideoDecoder
from codecmodel.command_line.alpha import AlphaJoiner
from codecmodel.command_line.extract import FrameSelection
from codecmodel.command_line.track_decoder import TrackDecoder, TrackSink
from codecmodel.files.presentation_order import PresentationOrder
from codecmodel.files.tracks import DemuxedVideoChunk, VideoTrack
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.web.errors import DOMException


class VideoTrackDecoder(TrackDecoder[VideoTrack, DemuxedVideoChunk, VideoFrame]):
    """A video track. The track has a configuration."""

    chunks_a_turn = 4
    _decoder: VideoDecoder

    def __init__(
        self,
        track: VideoTrack,
        sink: TrackSink[VideoFrame],
        *,
        is_strict: bool = False,
        selection: FrameSelection | None = None,
    ) -> None:
        self._first = self._last = 0
        self._selection = selection
        self._order = PresentationOrder(track)
        self._alpha: AlphaJoiner | None = None
        super().__init__(track, sink, is_strict=is_strict)
        self._begin_alpha()

    @property
    def duration(self) -> float:
        """Seconds from the first frame's timestamp to the end of the last frame."""
        return (self._last - self._first) / 1_000_000

    def _new_decoder(self) -> VideoDecoder:
        decoder = VideoDecoder({"output": self._output, "error": self._error})
        decoder._chunks_are_at_hand = True
        return decoder

    def _configure(self) -> None:
        self._decoder.configure(self.track.config)

    def _decode(self, demuxed: DemuxedVideoChunk) -> None:
        self._decoder.decode(demuxed.chunk)
        self._order.decode(demuxed)
        if self._alpha is not None:
            try:
                self._alpha.decode(demuxed)
            except DOMException as error:
                # The frame comes without its alpha plane.
                self.damage.error = self.damage.error or str(self._named(error))

    def _begin_alpha(self) -> None:
        if self.track.has_alpha:
            self._alpha = AlphaJoiner(self.track.config, super()._output, self._error, self._wake)

    @property
    def _queue_size(self) -> int:
        return max(super()._queue_size, self._alpha.queue_size if self._alpha is not None else 0)

    async def _flush(self) -> None:
        await super()._flush()
        if self._alpha is not None:
            await self._alpha.flush()

    async def _replace_decoder(self) -> None:
        if self._alpha is not None:
            await self._alpha.end()
        await super()._replace_decoder()
        self._begin_alpha()

    def _take(self, output: VideoFrame) -> None:
        if self._selection is None:
            super()._take(output)
        else:
            self._take_all(self._selection.take(output))

    def _end(self) -> None:
        super()._end()
        if self._selection is not None:
            self._take_all(self._selection.end())

    def _take_all(self, frames: Iterator[VideoFrame]) -> None:
        for frame in frames:
            with frame:
                super()._take(frame)

    def stop(self) -> None:
        if self._selection is not None:
            self._selection.close()
        if self._alpha is not None:
            self._alpha.close()
        super().stop()

    def _take_back(self, chunks: Sequence[DemuxedVideoChunk]) -> None:
        for demuxed in chunks:
            self._order.forget(demuxed.chunk.timestamp)

    def _output(self, output: VideoFrame) -> None:
        self._in_flight.remove(output.timestamp)
        timestamp = self._order.timestamp_of(output.timestamp)
        if timestamp != output.timestamp:
            numbered = VideoFrame(output, {"timestamp": timestamp})
            output.close()
            output = numbered
        if self._alpha is None:
            super()._output(output)
        else:
            self._alpha.join(output)

    def _count(self, output: VideoFrame) -> None:
        if not self.frames:
            self._first = self._last = output.timestamp
        self.frames += 1
        self._first = min(self._first, output.timestamp)
        self._last = max(self._last, output.timestamp + (output.duration or 0))
