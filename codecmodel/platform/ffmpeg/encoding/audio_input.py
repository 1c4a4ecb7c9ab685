"""Samples on their way to an FFmpeg encoder: converted, queued, and cut into frames."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.audio_sample_format import (
    AUDIO_SAMPLE_FORMATS,
    AudioSampleType,
    Samples,
    convert_samples,
)
from codecmodel.raw_media.resource_protocols import AudioResource
from ffbind import Frame, Resampler, SampleParameters

if TYPE_CHECKING:
    import numpy.typing as npt


#: FFmpeg's sample format → the type of a sample.
_TYPES: Final[dict[str, AudioSampleType]] = {
    "u8": "u8", "s16": "s16", "s32": "s32", "flt": "f32", "fltp": "f32",
}  # fmt: skip
#: NumPy's names of the types.
_DTYPES: Final[dict[AudioSampleType, str]] = {"u8": "uint8", "s16": "int16", "s32": "int32", "f32": "float32"}
#: The largest magnitude of samples for lossy encoders. Far beyond it, their own arithmetic may overflow.
_LARGEST_SAMPLE: Final = 64.0


def samples_of(resource: AudioResource) -> Samples:
    """The samples as an array [frame, channel]. If the resource has one plane, the array is a view of it."""
    assert resource.format is not None, "the format is known"
    description = AUDIO_SAMPLE_FORMATS[resource.format]
    count, channels = resource.number_of_frames, resource.number_of_channels
    planes = resource.planes()
    if len(planes) == 1:
        return cast("Samples", np.frombuffer(planes[0].data, description.dtype, count * channels)).reshape(count, -1)
    return cast("Samples", np.stack([np.frombuffer(plane.data, description.dtype, count) for plane in planes])).T


class SampleQueue:
    """Queues samples at ``source_rate`` (Hz) for an encoder that takes them as ``target`` says.

    Counts of samples count all channels as one.
    """

    def __init__(self, source_rate: int, target: SampleParameters, *, is_lossless: bool) -> None:
        self._target = target
        self._source_rate = source_rate
        self._type = _TYPES[target.format]
        self._is_lossless = is_lossless
        self._parts: deque[Samples] = deque()
        # For speed: the last frame that was taken is used again. By then the encoder has copied its samples.
        self._frame: Frame | None = None
        self._places: list[Samples] = []
        self._length = 0
        # Samples that went into the resampler, and that came out of it, since the last call of finish().
        self._appended = self._resampled = 0
        self._resampler = None
        if source_rate != target.sample_rate:
            self._resampler = Resampler(replace(target, sample_rate=source_rate), target)

    def __len__(self) -> int:
        """The number of queued samples, at the encoder's rate."""
        return self._length

    def append(self, samples: Samples) -> None:
        """Queue samples [frame, channel] of the source."""
        if samples.dtype != _DTYPES[self._type]:
            samples = convert_samples(samples, self._type)
        if self._type == "f32" and not self._is_lossless:
            samples = _limited(samples)
        if self._resampler is None:
            self._add(samples)
        else:
            self._appended += len(samples)
            frame, places = self._new_frame(len(samples), self._source_rate)
            with frame:
                _fill(places, samples)
                self._add_resampled(self._resampler.convert(frame))

    def finish(self) -> None:
        """Queue the samples that the resampler holds back. The source has no more."""
        if self._resampler is None:
            return
        # Silence pushes out the last samples, even if there are only a few. The output for the silence is then removed.
        expected = -(-self._appended * self._target.sample_rate // self._source_rate)
        frame, places = self._new_frame(self._source_rate // 50, self._source_rate)
        with frame:
            for place in places:
                place[:] = 128 if self._type == "u8" else 0
            self._add_resampled(self._resampler.convert(frame))
        self._add_resampled(self._resampler.convert(None))
        self._remove_last(self._resampled - expected)
        self._appended = self._resampled = 0

    def append_silence(self, count: int) -> None:
        """Queue ``count`` samples of silence, at the encoder's rate."""
        shape = count, self._target.channels
        self._add(np.full(shape, 128, np.uint8) if self._type == "u8" else np.zeros(shape, _DTYPES[self._type]))

    def take(self, count: int) -> Frame:
        """A frame of the next ``count`` samples, or of all if there are fewer. The next call overwrites it."""
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
        if self._frame is None or len(self._places[0]) != len(samples) or not self._frame.is_writable:
            self._close_frame()
            self._frame, self._places = self._new_frame(len(samples), self._target.sample_rate)
        _fill(self._places, samples)
        return self._frame

    def close(self) -> None:
        """Drop all samples, and free the memory."""
        self._parts.clear()
        self._length = 0
        self._close_frame()
        if self._resampler is not None:
            self._resampler.close()

    def _close_frame(self) -> None:
        self._places = []
        if self._frame is not None:
            self._frame.close()
            self._frame = None

    def _remove_last(self, count: int) -> None:
        """Remove the last ``count`` samples, if ``count`` is positive."""
        self._length -= max(0, count)
        while count > 0:
            part = self._parts.pop()
            if len(part) > count:
                self._parts.append(part[: len(part) - count])
            count -= len(part)

    def _add(self, samples: Samples) -> None:
        if len(samples):
            self._parts.append(samples)
            self._length += len(samples)

    def _add_resampled(self, frame: Frame | None) -> None:
        if frame is None:
            return
        self._resampled += frame.nb_samples
        with frame:
            dtype = _DTYPES[self._type]
            planes = [np.frombuffer(plane.data, dtype) for plane in frame.planes()]
            if len(planes) == self._target.channels:
                self._add(np.stack(planes).T)
            else:
                self._add(planes[0].reshape(-1, self._target.channels).copy())

    def _new_frame(self, count: int, rate: int) -> tuple[Frame, list[Samples]]:
        """A frame, and its memory as arrays: one for each channel, or one array [frame, channel]."""
        frame = Frame.audio(count, self._target.format, self._target.channels, rate, self._target.channel_mask)
        places = [cast("Samples", np.frombuffer(plane.data, _DTYPES[self._type])) for plane in frame.writable_planes()]
        if not self._target.format.endswith("p"):
            places = [places[0].reshape(count, self._target.channels)]
        return frame, places


def _fill(places: list[Samples], samples: Samples) -> None:
    if places[0].ndim == 2:
        places[0][:] = samples
    else:
        for channel, place in enumerate(places):
            place[:] = samples[:, channel]


def _limited(samples: Samples) -> Samples:
    """The samples, with larger magnitudes limited to _LARGEST_SAMPLE, and with silence in place of NaN."""
    flat = samples.T.reshape(-1) if samples.flags.f_contiguous else samples.reshape(-1)
    # For speed: if the sum of all squares is small enough, so is each sample. Mostly it is.
    with np.errstate(over="ignore", invalid="ignore"):
        if float(np.dot(flat, flat)) <= _LARGEST_SAMPLE * _LARGEST_SAMPLE:
            return samples
    limited = np.clip(cast("npt.NDArray[np.float32]", samples), -_LARGEST_SAMPLE, _LARGEST_SAMPLE)
    limited[np.isnan(limited)] = 0
    return limited
