"""Decodes one track of a file with a WebCodecs decoder, and writes the output to files or to an encoder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from time import perf_counter
from typing import Final, Generic, Protocol, TypeVar

from codecmodel.codecs.audio_decoder import AudioDecoder
from codecmodel.codecs.video_decoder import VideoDecoder
from codecmodel.command_line.damage import ChunksInFlight, DemuxedT, TrackDamage
from codecmodel.command_line.run import tasks_queued_so_far
from codecmodel.command_line.track_codec import TrackCodec
from codecmodel.files.errors import MediaFileError
from codecmodel.files.tracks import AudioTrack, VideoTrack
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.web.errors import DOMException

#: The most decode requests that are pending, beyond those that the codec has accepted.
_MAXIMUM_QUEUE: Final = 8
#: A track is given up after this many decoders have failed without any output between them.
_MOST_FAILURES: Final = 50

TrackT = TypeVar("TrackT", bound=AudioTrack | VideoTrack)
MediaT = TypeVar("MediaT", bound=AudioData | VideoFrame)
MediaT_contra = TypeVar("MediaT_contra", contravariant=True)


class TrackSink(Protocol[MediaT_contra]):
    """Takes the media that a track is decoded to. All methods but ``abandon`` raise MediaFileError or OSError."""

    def write(self, media: MediaT_contra, /) -> None:
        """Take ``media``. The caller closes it afterwards."""

    def leave_out(self, timestamps: Sequence[int]) -> None:
        """Media with these timestamps (µs) is lost."""

    async def wait_for_room(self) -> None:
        """Wait until more may be written."""

    async def complete(self) -> None:
        """Complete the output: the track has ended."""

    def abandon(self) -> None:
        """After a failure of the track, complete all files that need no waiting. Never raises."""


class TrackDecoder(TrackCodec, ABC, Generic[TrackT, DemuxedT, MediaT]):
    """Feeds the chunks of one track to a decoder, no faster than it decodes, and writes the output to a sink.

    Memory stays bounded: the decoder gets no chunk while its queue is long. Every few chunks the event loop delivers
    the outputs, which are written and closed.

    If the decoder fails, another one goes on at the next key chunk. With ``is_strict``, the first damage is an error.
    """

    #: Chunks from one turn of the event loop to the next.
    chunks_a_turn: int
    _decoder: AudioDecoder | VideoDecoder

    def __init__(self, track: TrackT, sink: TrackSink[MediaT], *, is_strict: bool = False) -> None:
        super().__init__()
        self.track = track
        self.name = f"track {track.index} ({track.codec_name})"
        self._sink = sink
        self._is_strict = is_strict
        #: Frames that came out: pictures, or samples of each channel.
        self.frames = 0
        #: Chunks that were fed.
        self.chunks = 0
        #: Chunks left out because no key chunk came before them.
        self.skipped_chunks = 0
        #: Damage that was found so far.
        self.damage = TrackDamage()
        #: Seconds.
        self.elapsed = 0.0
        self._in_flight: ChunksInFlight[DemuxedT] = ChunksInFlight()
        # The error of a decoder that has to be replaced.
        self._decoder_error: DOMException | None = None
        self._failures_in_a_row = 0
        self._needs_key_chunk = False
        self._started = perf_counter()
        self._decoder = self._configured_decoder()

    async def feed(self, demuxed: DemuxedT) -> None:
        """Have the chunk decoded. Raises MediaFileError if decoding has failed, OSError if writing has."""
        self.chunks += 1
        if demuxed.damage == "hole":
            self._note_hole(demuxed)
        elif demuxed.damage != "none":
            self._note_damage()
        if demuxed.damage == "cut off":
            self._lose([demuxed])
            return
        await self._recover()
        await self._wait_for_room()
        await self._sink.wait_for_room()
        if demuxed.is_reconfigured and self._decoder_error is None:
            self._configure()
        self._give(demuxed)
        if self.chunks % self.chunks_a_turn == 0:
            await tasks_queued_so_far()
            self._raise_failure()

    async def finish(self) -> None:
        """Have everything decoded and written. Raises as ``feed`` does."""
        while True:
            await self._recover()
            try:
                await self._flush()
            except DOMException as error:
                # The error callback is called in a task of its own.
                await tasks_queued_so_far()
                self._raise_failure()
                if self._decoder_error is None:
                    raise self._named(error) from error
            if self._decoder_error is None:
                break
        self._end()
        self._raise_failure()
        self._decoder.close()
        await self._sink.complete()
        self.elapsed = perf_counter() - self._started
        if not self.frames and self.damage.error:
            raise MediaFileError(self.damage.error)
        if not self.frames and self.skipped_chunks:
            raise MediaFileError(f"{self.name}: there is no key frame to begin with")

    async def salvage(self) -> None:
        """After a failure, have as many of the fed chunks decoded as possible, and the files completed."""
        with suppress(DOMException):
            await self._flush()
        self._end()
        self.stop()

    def stop(self) -> None:
        """Drop outputs that are still to come. The sink completes as many of the others as it can."""
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
    def _take_back(self, chunks: Sequence[DemuxedT]) -> None:
        """Undo the notes of ``_decode`` about the chunks: nothing came from them, and the decoder is gone."""

    @abstractmethod
    def _count(self, output: MediaT) -> None: ...

    def _configured_decoder(self) -> AudioDecoder | VideoDecoder:
        self._decoder = self._new_decoder()
        self._decoder.ondequeue = self._wake
        self._configure()
        return self._decoder

    @property
    def _queue_size(self) -> int:
        """The number of decode requests that are pending."""
        return self._decoder.decodeQueueSize

    async def _flush(self) -> None:
        """Have the decoder output everything. Raises DOMException."""
        await self._decoder.flush()

    async def _wait_for_room(self) -> None:
        """Wait until the decoder's queue is short, or the decoder has failed."""
        while self._queue_size >= _MAXIMUM_QUEUE and self._failure is None and self._decoder_error is None:
            await self._wait_for_event()
        self._raise_failure()

    def _give(self, demuxed: DemuxedT) -> None:
        """Give the chunk to the decoder, unless a key chunk must come first."""
        if self._needs_key_chunk and demuxed.chunk.type != "key":
            self._lose([demuxed])
            return
        self._needs_key_chunk = False
        self._in_flight.add(demuxed)
        if self._decoder_error is not None:
            # Another decoder will be given all chunks in flight.
            return
        try:
            self._decode(demuxed)
        except DOMException as error:
            if error.name != "DataError":
                raise self._named(error) from error
            # No key chunk has come yet.
            self.skipped_chunks += 1
            self._in_flight.remove(demuxed.chunk.timestamp)

    def _error(self, error: DOMException) -> None:
        """The error callback of the decoder."""
        if self._is_strict or error.name == "NotSupportedError" or self._failures_in_a_row == _MOST_FAILURES:
            super()._error(error)
            return
        self._failures_in_a_row += 1
        self._decoder_error = error
        self._wake()

    async def _recover(self) -> None:
        """If the decoder has failed, go on with another one at the next key chunk."""
        self._raise_failure()
        while self._decoder_error is not None:
            self.damage.error = self.damage.error or str(self._named(self._decoder_error))
            self._decoder_error = None
            lost, rest = self._in_flight.split()
            self._take_back([*lost, *rest])
            self._lose(lost)
            self._needs_key_chunk = True
            await self._replace_decoder()
            for demuxed in rest:
                await self._wait_for_room()
                self._give(demuxed)

    def damage_in_words(self) -> str:
        """One line of text about the damage to the track. Empty if there is none."""
        words = self.damage.in_words(self.chunks)
        return words if not words or self.damage.error else f"{self.name}: {words}"

    async def _replace_decoder(self) -> None:
        self._configured_decoder()

    def _note_damage(self) -> None:
        self.damage.damaged_chunks += 1
        if self._is_strict:
            raise MediaFileError(f"{self.name}: chunk {self.chunks} is damaged")

    def _note_hole(self, demuxed: DemuxedT) -> None:
        self.damage.holes += 1
        if self._is_strict:
            raise MediaFileError(f"{self.name}: chunks are missing before chunk {self.chunks}")
        self._sink.leave_out([demuxed.chunk.timestamp - 1])

    def _lose(self, chunks: Sequence[DemuxedT]) -> None:
        """Leave the chunks out because of damage."""
        self.damage.lost_chunks += len(chunks)
        self.damage.is_at_end = True
        self._sink.leave_out([demuxed.chunk.timestamp for demuxed in chunks])

    def _output(self, output: MediaT) -> None:
        try:
            self._take(output)
        finally:
            output.close()

    def _take(self, output: MediaT) -> None:
        """Write ``output``, unless something has failed."""
        self._failures_in_a_row = 0
        self.damage.is_at_end = False
        try:
            if self._failure is None:
                self._count(output)
                self._sink.write(output)
        except MediaFileError as error:
            self._fail(self._named(error))
        except OSError as error:
            self._fail(error)

    def _end(self) -> None:
        """Write the media that was held back."""
