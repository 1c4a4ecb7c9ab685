"""Not in the spec: the samples of an audio track, all of them or those of a range of time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from itertools import chain
from typing import TYPE_CHECKING, Final

from codecmodel.encoded_chunks import EncodedAudioChunk
from codecmodel.files.demuxer import Demuxer
from codecmodel.files.demuxer_pool import DemuxerPool
from codecmodel.files.sound_trimmer import SoundTrimmer
from codecmodel.files.sound_window import SoundWindow
from codecmodel.files.tracks import AudioTrack, DemuxedAudioChunk
from codecmodel.files.whole_time import whole_or_none
from codecmodel.iteration import blocking, decoded_audio
from codecmodel.lazy_numpy import np
from codecmodel.raw_media.audio_data import AudioData

if TYPE_CHECKING:
    import numpy.typing as npt

#: µs of sound that are decoded before a range. Decoders of AAC, MP3 and Opus are in the same state after less.
LEAD: Final = 1_000_000
#: AudioData that are made before a program asks for them: half a second of sound.
_AHEAD: Final = 32
#: µs by which timestamps of a container may be wrong, at the end of a range.
_SLACK: Final = 500_000
#: A place is searched for at a time that is so much earlier (µs), then twice as much, and so on, this often.
_FIRST_STEP_BACK: Final = 2_000_000
_MOST_STEPS_BACK: Final = 4


class Sound:
    """The samples of an audio track, without the encoder's delay and padding. The program closes each AudioData.

    It is iterated over with ``for`` or ``async for``.
    """

    def __init__(
        self, pool: DemuxerPool, track: AudioTrack, *, start: int | None = None, end: int | None = None
    ) -> None:
        self._pool = pool
        #: The track, whose ``config`` is that of the decoder.
        self.track = track
        self._start = start
        self._end = end

    def between(self, start: int | None = None, end: int | None = None) -> Sound:
        """The samples from ``start`` up to, but not including, ``end``, in µs.

        None stands for the beginning or the end of the track. The samples are those that decoding from the beginning
        gives, except for noise that a decoder of AAC makes up. Consecutive ranges have all samples, each once.
        """
        return Sound(self._pool, self.track, start=whole_or_none(start), end=whole_or_none(end))

    def to_float32(self) -> npt.NDArray[np.float32]:
        """All samples in one array of the shape (channels, frames), as those of AudioData.to_float32()."""
        parts: list[npt.NDArray[np.float32]] = []
        for data in self:
            with data:
                parts.append(data.to_float32())
        if not parts:
            return np.zeros((self.track.config["numberOfChannels"], 0), np.float32)
        return np.concatenate(parts, axis=1)

    def __iter__(self) -> Iterator[AudioData]:
        return blocking(self.__aiter__(), ahead=_AHEAD)

    async def __aiter__(self) -> AsyncGenerator[AudioData, None]:
        start, end = self._start, self._end
        if start is not None and end is not None and end <= start:
            return
        with self._pool.demuxer() as demuxer:
            track = _audio_track(demuxer, self.track.index)
            trimmer, window = SoundTrimmer(track), SoundWindow(track, start, end)
            if start is None:
                demuxer._rewind()
                demuxed_chunks = _chunks(demuxer, track)
            else:
                demuxed_chunks = _chunks_near(demuxer, track, start - LEAD, trimmer, window)

            def chunks() -> Iterator[EncodedAudioChunk]:
                for demuxed in demuxed_chunks:
                    if end is not None and demuxed.chunk.timestamp > end + _SLACK:
                        return
                    trimmer.add_padding(demuxed.padding)
                    yield demuxed.chunk

            try:
                async with aclosing(decoded_audio(track.config, chunks())) as sound:
                    async for data in sound:
                        with data:
                            for part in window.parts(trimmer.trim(data)):
                                yield part
                        if window.is_past:
                            return
                for part in window.parts(trimmer.end()):
                    yield part
            finally:
                trimmer.close()


def _audio_track(demuxer: Demuxer, index: int) -> AudioTrack:
    (track,) = (track for track in demuxer.tracks if track.index == index)
    assert isinstance(track, AudioTrack)
    return track


def _chunks(demuxer: Demuxer, track: AudioTrack) -> Iterator[DemuxedAudioChunk]:
    """The chunks of the track from the position of the demuxer on."""
    is_first = demuxer._is_at_start
    for demuxed in demuxer._whole_chunks(track.index):
        assert isinstance(demuxed, DemuxedAudioChunk)
        if is_first:
            track.first_timestamp, is_first = demuxed.chunk.timestamp, False
        yield demuxed


def _chunks_near(
    demuxer: Demuxer, track: AudioTrack, time: int, trimmer: SoundTrimmer, window: SoundWindow
) -> Iterator[DemuxedAudioChunk]:
    """The chunks from ``time`` on. The trimmer and the window learn of it if the first chunks are not among them."""
    chunks = _sought(demuxer, track, time)
    for demuxed in chunks:
        timestamp = demuxed.chunk.timestamp
        if timestamp >= time:
            if timestamp != track.first_timestamp:
                trimmer.resume()
                window.end_with_track()
            yield demuxed
            break
    yield from chunks


def _sought(demuxer: Demuxer, track: AudioTrack, time: int) -> Iterator[DemuxedAudioChunk]:
    """The chunks from a place before ``time`` on."""
    if demuxer._seeks_exactly:
        if track.first_timestamp is None:
            demuxer._rewind()
            next(_chunks(demuxer, track), None)
        if track.first_timestamp is not None and track.first_timestamp < time:
            step = 0
            for _ in range(_MOST_STEPS_BACK):
                if not demuxer._seek(track, time - step):
                    break
                chunks = _chunks(demuxer, track)
                first = next(chunks, None)
                if first is not None and first.chunk.timestamp <= time:
                    return chain([first], chunks)
                step = 2 * step or _FIRST_STEP_BACK
    demuxer._rewind()
    return _chunks(demuxer, track)
