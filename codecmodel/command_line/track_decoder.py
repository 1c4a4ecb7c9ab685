"""One track on its way through a WebCodecs decoder into files, or wherever else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from time import perf_counter
from typing import Final, Generic, Protocol, TypeVar

from codecmodel.codecs.audio_decoder import AudioDecoder
from codecmodel.codecs.video_decoder import VideoDecoder
from codecmodel.command_line.run import tasks_queued_so_far
from codecmodel.command_line.track_codec import TrackCodec
from codecmodel.files.errors import MediaFileError
from codecmodel.files.sound_trimmer import SoundTrimmer
from codecmodel.files.tracks import AudioTrack, DemuxedAudioChunk, DemuxedVideoChunk, VideoTrack
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.web.errors import DOMException

#: Decode requests that may be pending, beyond those that the codec has accepted.
_MAXIMUM_QUEUE: Final = 8

TrackT = TypeVar("TrackT", bound=AudioTrack | VideoTrack)
DemuxedT = TypeVar("DemuxedT", bound=DemuxedAudioChunk | DemuxedVideoChunk)
MediaT = TypeVar("MediaT", bound=AudioData | VideoFrame)
MediaT_contra = TypeVar("MediaT_contra", contravariant=True)


class TrackSink(Protocol[MediaT_contra]):
    """Takes what a track is decoded to. All methods but ``abandon`` raise MediaFileError or OSError."""

    def write(self, media: MediaT_contra, /) -> None:
        """Take ``media``, which its owner closes after that."""

    async def wait_for_room(self) -> None:
        """Wait until more may be written."""

    async def complete(self) -> None:
        """Nothing more will be written."""

    def abandon(self) -> None:
        """The track has failed: complete what can be completed without waiting. Never raises."""


class TrackDecoder(TrackCodec, ABC, Generic[TrackT, DemuxedT, MediaT]):
    """Feeds the chunks of one track to a decoder, no faster than it decodes, and writes what comes out to a sink.

    Memory stays bounded: a decoder is given no chunk while its queue is long, and every few chunks the event loop gets
    to deliver, and the outputs to be written and closed.
    """

    #: Chunks from one turn of the event loop to the next.
    chunks_a_turn: int
    _decoder: AudioDecoder | VideoDecoder

    def __init__(self, track: TrackT, sink: TrackSink[MediaT]) -> None:
        super().__init__()
        self.track = track
        self.name = f"track {track.index} ({track.codec_name})"
        self._sink = sink
        #: Frames that came out: pictures, or samples of each channel.
        self.frames = 0
        #: Chunks left out because there was no key chunk before them.
        self.skipped_chunks = 0
        #: Seconds.
        self.elapsed = 0.0
        self._decoder = self._new_decoder()
        self._decoder.ondequeue = self._wake
        self._fed_chunks = 0
        self._started = perf_counter()
        self._configure()

    async def feed(self, demuxed: DemuxedT) -> None:
        """Have the chunk decoded. Raises MediaFileError if decoding has failed, OSError if writing has."""
        while self._decoder.decodeQueueSize >= _MAXIMUM_QUEUE and self._failure is None:
            await self._wait_for_event()
        self._raise_failure()
        await self._sink.wait_for_room()
        if demuxed.is_reconfigured:
            self._configure()
        try:
            self._decode(demuxed)
        except DOMException as error:
            if error.name != "DataError":
                raise self._named(error) from error
            # The decoder wants a key chunk first.
            self.skipped_chunks += 1
        self._fed_chunks += 1
        if self._fed_chunks % self.chunks_a_turn == 0:
            await tasks_queued_so_far()
            self._raise_failure()

    async def finish(self) -> None:
        """Have everything decoded and written. Raises as ``feed`` does."""
        try:
            await self._decoder.flush()
        except DOMException as error:
            self._raise_failure()
            raise self._named(error) from error
        self._end()
        self._raise_failure()
        self._decoder.close()
        await self._sink.complete()
        self.elapsed = perf_counter() - self._started
        if self.skipped_chunks and not self.frames:
            raise MediaFileError(f"{self.name}: there is no key frame to begin with")

    async def salvage(self) -> None:
        """Have what was fed decoded and its files completed, as far as possible, after something has failed."""
        with suppress(DOMException):
            await self._decoder.flush()
        self._end()
        self.stop()

    def stop(self) -> None:
        """Drop outputs that are still to come, and have the sink make the best of the others."""
        if self._decoder.state != "closed":
            self._decoder.close()
        self._sink.abandon()

    @property
    @abstractmethod
    def duration(self) -> float:
        """Seconds of media that came out."""

    @abstractmethod
    def _new_decoder(self) -> AudioDecoder | VideoDecoder: ...

    @abstractmethod
    def _configure(self) -> None: ...

    @abstractmethod
    def _decode(self, demuxed: DemuxedT) -> None: ...

    @abstractmethod
    def _count(self, output: MediaT) -> None: ...

    def _output(self, output: MediaT) -> None:
        try:
            self._take(output)
        finally:
            output.close()

    def _take(self, output: MediaT) -> None:
        """Write ``output``, unless something has failed."""
        try:
            if self._failure is None:
                self._count(output)
                self._sink.write(output)
        except MediaFileError as error:
            self._fail(self._named(error))
        except OSError as error:
            self._fail(error)

    def _end(self) -> None:
        """Write what was held back."""


class VideoTrackDecoder(TrackDecoder[VideoTrack, DemuxedVideoChunk, VideoFrame]):
    """A video track. The track has a configuration."""

    chunks_a_turn = 4
    _decoder: VideoDecoder

    def __init__(self, track: VideoTrack, sink: TrackSink[VideoFrame]) -> None:
        self._first = self._last = 0
        super().__init__(track, sink)

    @property
    def duration(self) -> float:
        """Seconds from the first frame's timestamp to the end of the last frame."""
        return (self._last - self._first) / 1_000_000

    def _new_decoder(self) -> VideoDecoder:
        return VideoDecoder({"output": self._output, "error": self._error})

    def _configure(self) -> None:
        self._decoder.configure(self.track.config)

    def _decode(self, demuxed: DemuxedVideoChunk) -> None:
        self._decoder.decode(demuxed.chunk)

    def _count(self, output: VideoFrame) -> None:
        if not self.frames:
            self._first = self._last = output.timestamp
        self.frames += 1
        self._first = min(self._first, output.timestamp)
        self._last = max(self._last, output.timestamp + (output.duration or 0))


class AudioTrackDecoder(TrackDecoder[AudioTrack, DemuxedAudioChunk, AudioData]):
    """An audio track. The track has a configuration."""

    chunks_a_turn = 16
    _decoder: AudioDecoder

    def __init__(self, track: AudioTrack, sink: TrackSink[AudioData]) -> None:
        self._seconds = 0.0
        self._trimmer = SoundTrimmer(track)
        super().__init__(track, sink)

    @property
    def duration(self) -> float:
        """Seconds that the samples last."""
        return self._seconds

    def _new_decoder(self) -> AudioDecoder:
        return AudioDecoder({"output": self._output, "error": self._error})

    def _configure(self) -> None:
        self._decoder.configure(self.track.config)

    def _decode(self, demuxed: DemuxedAudioChunk) -> None:
        self._trimmer.add_padding(demuxed.padding)
        self._decoder.decode(demuxed.chunk)

    def stop(self) -> None:
        self._trimmer.close()
        super().stop()

    def _output(self, output: AudioData) -> None:
        try:
            self._take_all(self._trimmer.trim(output))
        finally:
            output.close()

    def _end(self) -> None:
        self._take_all(self._trimmer.end())

    def _take_all(self, sound: Iterator[AudioData]) -> None:
        for data in sound:
            self._take(data)
            data.close()

    def _count(self, output: AudioData) -> None:
        self.frames += output.numberOfFrames
        self._seconds += output.numberOfFrames / output.sampleRate
