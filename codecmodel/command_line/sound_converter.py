"""Converts sound to the rate and the channels that an encoder takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from codecmodel.files.errors import MediaFileError
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.registry.channel_layouts import BACK_LEFT, BACK_RIGHT, SIDE_LEFT, SIDE_RIGHT, channel_mask
from ffbind import Frame, Resampler, SampleParameters

_SECOND: Final = 1_000_000
#: A timestamp that is off by more than this, in µs, begins another stretch of sound.
_TOLERANCE: Final = 10_000


class SoundConverter:
    """Converts AudioData to a rate (Hz) and channels. Data that has both is not changed.

    ``source_mask`` and ``mask`` say which channels there are before and after, as FFmpeg's AV_CH_* bits in the order of
    the samples; 0 stands for the usual ones of the number. ``source_mask`` is for data with as many channels.

    Converted sound has no gaps within a stretch; a gap of more than 10 ms begins another one.
    """

    def __init__(self, sample_rate: int, channels: int, *, source_mask: int = 0, mask: int = 0) -> None:
        self._rate = sample_rate
        self._channels = channels
        self._source_mask = source_mask
        self._mask = mask
        self._source: tuple[int, int] | None = None
        self._resampler: Resampler | None = None
        self._start = 0
        self._source_frames = self._converted_frames = 0

    def convert(self, data: AudioData) -> Iterator[AudioData]:
        """The sound that is certain when ``data`` has come. The caller closes all AudioData."""
        source = round(data.sampleRate), data.numberOfChannels
        expected = self._start + self._source_frames * _SECOND // source[0]
        if source != self._source or abs(data.timestamp - expected) > _TOLERANCE:
            yield from self.end()
            self._source = source
            self._start, self._source_frames, self._converted_frames = data.timestamp, 0, 0
            self._resampler = self._new_resampler(*source)
        self._source_frames += data.numberOfFrames
        if self._resampler is None:
            yield data.clone()
            return
        with Frame.audio(data.numberOfFrames, "flt", data.numberOfChannels, source[0]) as frame:
            size = data.numberOfFrames * data.numberOfChannels * 4
            data.copyTo(frame.writable_planes()[0].data[:size], {"planeIndex": 0, "format": "f32"})
            yield from self._converted(self._resampler.convert(frame))

    def _new_resampler(self, rate: int, channels: int) -> Resampler | None:
        mask = self._source_mask if self._source_mask.bit_count() == channels else 0
        if channels == self._channels and (channels < 3 or not mask or _at_the_back(mask) == _at_the_back(self._mask)):
            # The same channels in the same order.
            mask = self._mask
        else:
            mask = mask or _usual_mask(channels)
        if (rate, channels, mask) == (self._rate, self._channels, self._mask):
            return None
        wanted = SampleParameters("flt", self._rate, self._channels, self._mask)
        try:
            return Resampler(SampleParameters("flt", rate, channels, mask), wanted)
        except ValueError as error:
            raise MediaFileError(f"{channels} channels cannot be mixed to {self._channels}: {error}") from error

    def end(self) -> Iterator[AudioData]:
        """The sound that is held back. The caller closes it."""
        if self._resampler is not None:
            yield from self._converted(self._resampler.convert(None))
            self.close()

    def close(self) -> None:
        """Drop the sound that is held back. The converter can be used again."""
        self._source = None
        if self._resampler is not None:
            self._resampler.close()
            self._resampler = None

    def _converted(self, frame: Frame | None) -> Iterator[AudioData]:
        if frame is None:
            return
        with frame:
            size = frame.nb_samples * self._channels * 4
            timestamp = self._start + round(self._converted_frames * _SECOND / self._rate)
            self._converted_frames += frame.nb_samples
            yield AudioData(
                {
                    "format": "f32",
                    "sampleRate": self._rate,
                    "numberOfFrames": frame.nb_samples,
                    "numberOfChannels": self._channels,
                    "timestamp": timestamp,
                    "data": frame.planes()[0].data[:size],
                }
            )


def as_floats(data: AudioData) -> AudioData:
    """The same sound with samples as floats, interleaved. The caller closes it; ``data`` stays open."""
    samples = bytearray(data.numberOfFrames * data.numberOfChannels * 4)
    data.copyTo(samples, {"planeIndex": 0, "format": "f32"})
    return AudioData(
        {
            "format": "f32",
            "sampleRate": data.sampleRate,
            "numberOfFrames": data.numberOfFrames,
            "numberOfChannels": data.numberOfChannels,
            "timestamp": data.timestamp,
            "data": samples,
        }
    )


def _usual_mask(channels: int) -> int:
    """The channels that most codecs mean by their number. FFmpeg takes the third one for low frequencies."""
    return channel_mask("flac", channels) or 0


def _at_the_back(mask: int) -> int:
    """The mask with surround channels at the back, if they are at the sides: many formats do not tell them apart."""
    sides = SIDE_LEFT | SIDE_RIGHT
    backs = BACK_LEFT | BACK_RIGHT
    return mask ^ sides ^ backs if mask & sides == sides and not mask & backs else mask
