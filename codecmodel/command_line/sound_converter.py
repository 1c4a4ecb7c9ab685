"""Audio of another rate, or with other channels, than an encoder takes."""

from __future__ import annotations

from collections.abc import Iterator

from codecmodel.raw_media.audio_data import AudioData
from ffbind import Frame, Resampler, SampleParameters

_SECOND = 1_000_000


class SoundConverter:
    """Converts AudioData to a rate (Hz) and number of channels; what has both already passes as it is.

    Timestamps go on from the first one's: a gap within a stretch of converted sound is closed.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._rate = sample_rate
        self._channels = channels
        self._source: tuple[int, int] | None = None
        self._resampler: Resampler | None = None
        self._start = 0
        self._converted_frames = 0

    def convert(self, data: AudioData) -> Iterator[AudioData]:
        """What ``data`` leads to, to be closed by the caller."""
        source = round(data.sampleRate), data.numberOfChannels
        if source != self._source:
            yield from self.end()
            self._source = source
            self._start, self._converted_frames = data.timestamp, 0
            if source != (self._rate, self._channels):
                self._resampler = Resampler(
                    SampleParameters("flt", *source), SampleParameters("flt", self._rate, self._channels)
                )
        if self._resampler is None:
            yield data.clone()
            return
        with Frame.audio(data.numberOfFrames, "flt", data.numberOfChannels, source[0]) as frame:
            size = data.numberOfFrames * data.numberOfChannels * 4
            data.copyTo(frame.writable_planes()[0].data[:size], {"planeIndex": 0, "format": "f32"})
            yield from self._converted(self._resampler.convert(frame))

    def end(self) -> Iterator[AudioData]:
        """What is held back."""
        if self._resampler is not None:
            yield from self._converted(self._resampler.convert(None))
            self.close()

    def close(self) -> None:
        """Drop what is held back. The converter can be used on."""
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
