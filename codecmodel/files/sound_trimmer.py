"""Removes the samples at the edges of decoded sound that are not part of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from codecmodel.files.tracks import AudioTrack
from codecmodel.lazy_numpy import np
from codecmodel.raw_media.audio_data import AudioData

_SECOND: Final = 1_000_000
#: Samples (Vorbis I § 4.2.2, blocksize_1).
_LARGEST_BLOCK_OF_VORBIS: Final = 8192


class SoundTrimmer:
    """Takes the AudioData that a track is decoded to, and gives back that of the sound proper.

    The samples of ``codec_delay`` at the beginning are removed, all samples after ``length``, and as many at the end as
    ``add_padding`` was told. Timestamps are those of the samples that are left.

    Nothing comes out of the first chunk of Vorbis. The first AudioData has its timestamp, although the second chunk is
    decoded to it. Where the container does not tell the delay, the AudioData after it tells when it is heard.
    """

    def __init__(self, track: AudioTrack) -> None:
        rate = track.config["sampleRate"]
        self._delay = Fraction(track.codec_delay, rate)
        self._length = None if track.length is None else Fraction(track.length, rate)
        self._is_dropped_by_decoder = track.decoder_drops_delay
        self._has_begun = False
        self._is_vorbis = track.codec_name == "vorbis"
        # Whether the next AudioData of Vorbis is the first one, and that one until another has come.
        self._is_first = self._is_vorbis and not track.codec_delay
        self._first: AudioData | None = None
        # Samples still to be removed at the beginning, and still to be given back; None stands for all.
        self._to_drop = 0
        self._to_keep: int | None = None
        self._padding = 0
        self._held: deque[AudioData] = deque()
        self._held_frames = 0

    def resume(self) -> None:
        """The AudioData that follow come from the middle of the track. Only padding is removed from them."""
        self._has_begun = True
        self._is_dropped_by_decoder = False
        self._is_first = self._is_vorbis
        self._to_drop, self._to_keep = 0, None

    def add_padding(self, frames: int) -> None:
        """Of the samples that are decoded from now on, ``frames`` more at the end are not part of the sound."""
        self._padding += frames

    def trim(self, data: AudioData) -> Iterator[AudioData]:
        """The sound that is certain to be part of the track when ``data`` has come. The caller closes all AudioData."""
        if self._is_first:
            self._is_first, self._first = False, data.clone()
            return
        if self._first is not None:
            yield from self._trim_first(before=data)
        yield from self._trim(data, data.timestamp)

    def _trim_first(self, before: AudioData | None) -> Iterator[AudioData]:
        """Trim the first AudioData of Vorbis, which another one follows, or none."""
        first, self._first = self._first, None
        if first is None:
            return
        with first:
            timestamp = first.timestamp
            if before is not None:
                heard = before.timestamp - _duration(first.numberOfFrames, first)
                # The latest time is a block of the largest size later. Beyond that, there is a pause.
                if timestamp < heard <= timestamp + _duration(_LARGEST_BLOCK_OF_VORBIS, first):
                    timestamp = heard
            yield from self._trim(first, timestamp)

    def _trim(self, data: AudioData, timestamp: int) -> Iterator[AudioData]:
        if not self._has_begun:
            self._has_begun = True
            self._begin(round(data.sampleRate))
            if self._is_dropped_by_decoder:
                timestamp += round(self._delay * _SECOND)
        frames, start = data.numberOfFrames, min(self._to_drop, data.numberOfFrames)
        self._to_drop -= start
        end = frames
        if self._to_keep is not None:
            end = min(frames, start + self._to_keep)
            self._to_keep -= end - start
        if start < end:
            self._hold(part_of(data, start, end, timestamp))
        while self._held and self._held_frames - self._held[0].numberOfFrames >= self._padding:
            yield self._release()

    def end(self) -> Iterator[AudioData]:
        """The rest of the sound, without the padding. The caller closes it."""
        yield from self._trim_first(before=None)
        while self._held:
            data = self._release()
            kept = min(data.numberOfFrames, self._held_frames + data.numberOfFrames - self._padding)
            if kept > 0:
                yield part_of(data, 0, kept, data.timestamp)
            data.close()

    def close(self) -> None:
        """Drop the samples that are held back."""
        if self._first is not None:
            self._first.close()
            self._first = None
        while self._held:
            self._release().close()

    def _begin(self, sample_rate: int) -> None:
        if not self._is_dropped_by_decoder:
            self._to_drop = round(self._delay * sample_rate)
        if self._length is not None:
            self._to_keep = round(self._length * sample_rate)

    def _hold(self, data: AudioData) -> None:
        self._held.append(data)
        self._held_frames += data.numberOfFrames

    def _release(self) -> AudioData:
        data = self._held.popleft()
        self._held_frames -= data.numberOfFrames
        return data


def _duration(frames: int, data: AudioData) -> int:
    """The µs that so many frames of ``data`` last."""
    return round(Fraction(frames * _SECOND) / Fraction(data.sampleRate))


def part_of(data: AudioData, start: int, end: int, timestamp: int) -> AudioData:
    """The samples of ``data`` from ``start`` up to ``end``; ``timestamp`` is that of the first sample of ``data``."""
    if (start, end, timestamp) == (0, data.numberOfFrames, data.timestamp):
        return data.clone()
    assert data.format is not None, "AudioData from a registered codec has a format"
    arrays = [array[start:end] for array in data.plane_arrays()]
    return AudioData(
        {
            "format": data.format,
            "sampleRate": data.sampleRate,
            "numberOfFrames": end - start,
            "numberOfChannels": data.numberOfChannels,
            "timestamp": timestamp + _duration(start, data),
            "data": np.concatenate([np.ravel(array) for array in arrays]),
        }
    )
