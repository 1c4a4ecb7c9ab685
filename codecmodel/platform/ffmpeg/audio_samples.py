"""Samples on their way to an FFmpeg encoder: converted, kept until there are enough, cut into frames."""

from collections import deque
from typing import Final, cast

import numpy as np
import numpy.typing as npt

from codecmodel.platform.interface import AudioResource
from codecmodel.raw_media.audio_sample_format import (
    AUDIO_SAMPLE_FORMATS,
    AudioSampleType,
    Samples,
    convert_samples,
)
from ffbind import Frame, Resampler

#: FFmpeg's sample format → the type of a sample.
_TYPES: Final[dict[str, AudioSampleType]] = {
    "u8": "u8", "s16": "s16", "s32": "s32", "flt": "f32", "fltp": "f32",
}  # fmt: skip
_DTYPES: Final[dict[AudioSampleType, npt.DTypeLike]] = {
    "u8": np.uint8, "s16": np.int16, "s32": np.int32, "f32": np.float32,
}  # fmt: skip
#: The magnitude that samples are limited to for lossy encoders, whose own arithmetic may overflow far beyond it.
_LIMIT: Final = np.float32(16)


def samples_of(resource: AudioResource) -> Samples:
    """The samples, [frame, channel]; a view of the resource's planes if there is one plane."""
    assert resource.format is not None, "the format is known"
    description = AUDIO_SAMPLE_FORMATS[resource.format]
    count, channels = resource.number_of_frames, resource.number_of_channels
    planes = resource.planes()
    if len(planes) == 1:
        return cast("Samples", np.frombuffer(planes[0].data, description.dtype, count * channels)).reshape(count, -1)
    return cast("Samples", np.stack([np.frombuffer(plane.data, description.dtype, count) for plane in planes])).T


class SampleQueue:
    """Samples for an encoder that takes them in ``sample_format`` at ``rate``, from a source at ``source_rate``."""

    def __init__(self, sample_format: str, source_rate: int, rate: int, channels: int, encoder: str) -> None:
        self._format = sample_format
        self._type = _TYPES[sample_format]
        self._rate, self._source_rate, self._channels = rate, source_rate, channels
        self._is_lossless = encoder.startswith(("pcm_", "flac"))
        self._parts: deque[Samples] = deque()
        self._length = 0
        self._resampler = (
            Resampler(sample_format, source_rate, channels, sample_format, rate, channels)
            if source_rate != rate
            else None
        )

    def __len__(self) -> int:
        """Frames that wait, at the encoder's rate."""
        return self._length

    def append(self, samples: Samples) -> None:
        """Add samples [frame, channel] of the source."""
        if samples.dtype != _DTYPES[self._type]:
            samples = convert_samples(samples, self._type)
        if self._type == "f32" and not self._is_lossless:
            samples = _limited(samples)
        if self._resampler is None:
            self._add(samples)
        else:
            with self._frame_of(samples, self._source_rate) as frame:
                self._add_resampled(self._resampler.convert(frame))

    def finish(self) -> None:
        """Add what a conversion of rates has held back: the source has no more."""
        if self._resampler is not None:
            self._add_resampled(self._resampler.convert(None))

    def append_silence(self, count: int) -> None:
        """Add frames of silence, at the encoder's rate."""
        shape = count, self._channels
        self._add(np.full(shape, 128, np.uint8) if self._type == "u8" else np.zeros(shape, _DTYPES[self._type]))

    def take(self, count: int) -> Frame:
        """A frame of the next ``count`` frames of samples, or of all if there are fewer."""
        parts: list[Samples] = []
        needed = min(count, self._length)
        self._length -= needed
        while needed:
            part = self._parts.popleft()
            if len(part) > needed:
                self._parts.appendleft(part[needed:])
                part = part[:needed]
            parts.append(part)
            needed -= len(part)
        samples = parts[0] if len(parts) == 1 else cast("Samples", np.concatenate(parts))
        return self._frame_of(samples, self._rate)

    def close(self) -> None:
        """Drop everything."""
        self._parts.clear()
        self._length = 0
        if self._resampler is not None:
            self._resampler.close()

    def _add(self, samples: Samples) -> None:
        if len(samples):
            self._parts.append(samples)
            self._length += len(samples)

    def _add_resampled(self, frame: Frame | None) -> None:
        if frame is None:
            return
        with frame:
            dtype = _DTYPES[self._type]
            planes = [np.frombuffer(plane.data, dtype) for plane in frame.planes()]
            if len(planes) == self._channels:
                self._add(np.stack(planes).T)
            else:
                self._add(planes[0].reshape(-1, self._channels).copy())

    def _frame_of(self, samples: Samples, rate: int) -> Frame:
        frame = Frame.audio(len(samples), self._format, self._channels, rate)
        dtype = samples.dtype
        if self._format.endswith("p"):
            for channel, plane in enumerate(frame.writable_planes()):
                np.frombuffer(plane.data, dtype)[:] = samples[:, channel]
        else:
            np.frombuffer(frame.writable_planes()[0].data, dtype).reshape(samples.shape)[:] = samples
        return frame


def _limited(samples: Samples) -> Samples:
    """The samples, within the limit. Not a number is silence."""
    if bool((np.abs(samples) <= _LIMIT).all()):
        return samples
    limited = np.clip(cast("npt.NDArray[np.float32]", samples), -_LIMIT, _LIMIT)
    limited[np.isnan(limited)] = 0
    return limited
