"""Not in the spec: the samples of an AudioData as numpy arrays."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, cast

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.audio_sample_format import AUDIO_SAMPLE_FORMATS, Samples, convert_samples
from codecmodel.raw_media.slots import AudioDataSlots

if TYPE_CHECKING:
    import numpy.typing as npt


def sample_planes(data: AudioDataSlots) -> tuple[memoryview, ...]:
    """The bytes of each plane, read-only, without a copy. Raises InvalidStateError if ``data`` is closed."""
    planes = data._require_open().resource.planes()
    if data._format is None:
        return tuple(plane.data for plane in planes)
    description = AUDIO_SAMPLE_FORMATS[data._format]
    size = description.bytes_per_sample * data._number_of_frames
    if not description.is_planar:
        size *= data._number_of_channels
    return tuple(plane.data[:size] for plane in planes)


def sample_arrays(data: AudioDataSlots) -> tuple[Samples, ...]:
    """The samples, read-only, without a copy: one array of shape (frames, channels), or one of (frames,) per channel.

    Raises InvalidStateError if ``data`` is closed, NotSupportedError if the spec has no name for its format.
    """
    planes = sample_planes(data)
    description = AUDIO_SAMPLE_FORMATS[data._require_named_format()]
    arrays = tuple(cast("Samples", np.frombuffer(plane, description.dtype)) for plane in planes)
    return arrays if description.is_planar else (arrays[0].reshape(-1, data._number_of_channels),)


def stacked_samples(data: AudioDataSlots) -> Samples:
    """The samples as one array of shape (frames, channels) if interleaved, or (channels, frames) if planar.

    Nothing is copied unless the planes lie at unequal distances in memory. Raises as ``sample_arrays`` does.
    """
    resource = data._require_open().resource
    data._require_named_format()
    array = resource.sample_array()
    if array is not None:
        samples: Samples = np.asarray(array)
        return samples
    arrays = sample_arrays(data)
    if len(arrays) == 1:
        return arrays[0] if arrays[0].ndim == 2 else arrays[0].reshape(1, -1)
    spaced = _EquallySpacedPlanes.of(arrays)
    return cast("Samples", np.stack(arrays) if spaced is None else np.asarray(spaced))


def float_samples(data: AudioDataSlots) -> npt.NDArray[np.float32]:
    """A copy of the samples as float32 in an array of shape (channels, frames), converted as ``copyTo`` converts them.

    Raises as ``sample_arrays`` does.
    """
    arrays = sample_arrays(data)
    is_planar = AUDIO_SAMPLE_FORMATS[data._require_named_format()].is_planar
    channels = arrays if is_planar else cast("tuple[Samples, ...]", tuple(arrays[0].T))
    samples = np.empty((data._number_of_channels, data._number_of_frames), np.float32)
    for row, channel in zip(samples, channels, strict=True):
        row[:] = convert_samples(channel, "f32")
    return samples


class _EquallySpacedPlanes:
    """One array over planes that lie at equal distances in memory. It keeps the memory of all planes alive."""

    __slots__ = ("__array_interface__", "_planes")

    def __init__(self, planes: tuple[Samples, ...], address: int, distance: int) -> None:
        self._planes = planes
        self.__array_interface__ = {
            "version": 3,
            "data": (address, True),
            "typestr": planes[0].dtype.str,
            "shape": (len(planes), len(planes[0])),
            "strides": (distance, planes[0].itemsize),
        }

    @classmethod
    def of(cls, planes: tuple[Samples, ...]) -> _EquallySpacedPlanes | None:
        """The array over ``planes``, or None if their distances differ."""
        addresses: list[int] = [plane.__array_interface__["data"][0] for plane in planes]
        distances = {after - before for before, after in pairwise(addresses)}
        return cls(planes, addresses[0], distances.pop()) if len(distances) == 1 else None
