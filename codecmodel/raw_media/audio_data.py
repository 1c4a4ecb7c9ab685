"""AudioData: a run of audio samples (§ 9.2)."""

from itertools import pairwise
from typing import Final, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.audio_data_copy import (
    AudioDataCopyToOptions,
    allocation_size,
    audio_data_copy_to_options,
    copy_to,
)
from codecmodel.raw_media.audio_data_init import AudioDataInit, audio_data_init, initialize_audio_data
from codecmodel.raw_media.audio_sample_format import AUDIO_SAMPLE_FORMATS, AudioSampleFormat, SampleDType, Samples
from codecmodel.raw_media.media_resource import ResourceReference
from codecmodel.raw_media.resource_protocols import AudioResource
from codecmodel.raw_media.transfer import RawMedia
from codecmodel.web.buffers import BufferSource, allow_shared_buffer_source
from codecmodel.web.errors import DOMException

#: What ``numpy.asarray`` may be asked for.
_DTypeLike: TypeAlias = str | type | SampleDType | None


_DESCRIBING_SLOTS: Final = ("_format", "_number_of_channels", "_number_of_frames", "_sample_rate", "_timestamp")


class AudioData(RawMedia[AudioResource]):
    """Samples of audio, and what they are (§ 9.2). Numeric attributes are 0 and ``format`` is None once closed."""

    __slots__ = ("__weakref__", *_DESCRIBING_SLOTS)
    _describing_slots = _DESCRIBING_SLOTS

    #: [[format]]
    _format: AudioSampleFormat | None
    #: [[sample rate]], in Hz
    _sample_rate: float
    #: [[number of frames]]
    _number_of_frames: int
    #: [[number of channels]]
    _number_of_channels: int
    #: [[timestamp]], in microseconds
    _timestamp: int

    def __init__(self, init: AudioDataInit) -> None:
        """AudioData(init), § 9.2.2.

        Raises TypeError if ``init`` is not valid or its data too short, DataCloneError if it transfers a buffer that
        is detached, or one twice.
        """
        initialize_audio_data(self, audio_data_init(init, "init"))

    @classmethod
    def _create(cls, resource: AudioResource, timestamp: int) -> "AudioData":
        """An AudioData of a decoder's output; it takes over ``resource``. ``timestamp`` in microseconds."""
        data = cls.__new__(cls)
        data._detached = False
        data._resource_reference = ResourceReference(resource)
        data._timestamp = timestamp
        data._format = resource.format
        data._sample_rate = resource.sample_rate
        data._number_of_frames = resource.number_of_frames
        data._number_of_channels = resource.number_of_channels
        return data

    @property
    def format(self) -> AudioSampleFormat | None:
        """The sample format, or None if the spec has no name for it."""
        return self._format

    @property
    def sampleRate(self) -> float:
        """Frames per second."""
        return self._sample_rate

    @property
    def numberOfFrames(self) -> int:
        """Samples in each channel."""
        return self._number_of_frames

    @property
    def numberOfChannels(self) -> int:
        return self._number_of_channels

    @property
    def timestamp(self) -> int:
        """Presentation timestamp in microseconds; kept when closed."""
        return self._timestamp

    @property
    @algorithm("dom-audiodata-duration")
    def duration(self) -> int:
        """Duration in microseconds, rounded down."""
        if self._detached:
            # 0 / 0, as an integer.
            return 0
        # 1.
        microseconds_per_second = 1_000_000
        # 2. and 3. Multiplied first, so that rounding does not lose a microsecond.
        return int(self._number_of_frames * microseconds_per_second // self._sample_rate)

    def allocationSize(self, options: AudioDataCopyToOptions) -> int:
        """The number of bytes that ``copyTo`` with these options writes.

        Raises InvalidStateError if closed, RangeError if ``options`` reach outside the samples, NotSupportedError if
        ``format`` is None.
        """
        return allocation_size(self, audio_data_copy_to_options(options, "options"))

    def copyTo(self, destination: BufferSource, options: AudioDataCopyToOptions) -> None:
        """Copy samples of one plane to the start of ``destination``, converted if ``options`` give another format.

        ``planeIndex`` is one of the format copied to: a planar one has a plane per channel, an interleaved one has all
        channels in plane 0, whatever the samples are now. Values are converted as ``convert_samples`` says.

        Raises InvalidStateError if closed, RangeError if ``options`` reach outside the samples or ``destination`` is
        too small, NotSupportedError if ``format`` is None, TypeError if ``destination`` is read-only.
        """
        allow_shared_buffer_source(destination, "destination")
        copy_to(self, destination, audio_data_copy_to_options(options, "options"))

    @algorithm("dom-audiodata-clone")
    def clone(self) -> "AudioData":
        """Another AudioData of the same samples, without a copy. Raises InvalidStateError if closed."""
        # 1.
        self._require_open()
        # 2.
        return clone_audio_data(self)

    def close(self) -> None:
        """Give up the samples; views of them stay valid. Closing twice has no effect."""
        close_audio_data(self)

    def _require_open(self) -> ResourceReference[AudioResource]:
        """The resource reference; InvalidStateError if there is none."""
        reference = self._resource_reference
        if self._detached or reference is None:
            raise DOMException("the AudioData is closed", "InvalidStateError")
        return reference

    # Not from the spec: the samples, for Python.

    def planes(self) -> tuple[memoryview, ...]:
        """The bytes of each plane, read-only, without a copy; they stay valid when this is closed.

        Interleaved samples are one plane, planar ones one per channel. Where ``format`` is None the planes are as the
        codec has them. Raises InvalidStateError if closed.
        """
        planes = self._require_open().resource.planes()
        if self._format is None:
            return tuple(plane.data for plane in planes)
        description = AUDIO_SAMPLE_FORMATS[self._format]
        size = description.bytes_per_sample * self._number_of_frames
        if not description.is_planar:
            size *= self._number_of_channels
        return tuple(plane.data[:size] for plane in planes)

    def plane_arrays(self) -> tuple[Samples, ...]:
        """The samples as read-only arrays, without a copy; they stay valid when this is closed.

        Interleaved: one array of shape (frames, channels). Planar: one of shape (frames,) per channel. Raises
        InvalidStateError if closed, NotSupportedError if ``format`` is None.
        """
        planes = self.planes()
        if self._format is None:
            raise DOMException("the samples are in a format that the spec has no name for", "NotSupportedError")
        description = AUDIO_SAMPLE_FORMATS[self._format]
        arrays = tuple(cast("Samples", np.frombuffer(plane, description.dtype)) for plane in planes)
        return arrays if description.is_planar else (arrays[0].reshape(-1, self._number_of_channels),)

    def to_numpy(self) -> Samples:
        """The samples as one array, of shape (frames, channels) if interleaved, (channels, frames) if planar.

        A read-only view that stays valid when this is closed; but planes at unequal distances in memory cannot be
        viewed as one, and are copied. Raises as ``plane_arrays`` does.
        """
        arrays = self.plane_arrays()
        if len(arrays) == 1:
            return arrays[0] if arrays[0].ndim == 2 else arrays[0].reshape(1, -1)
        spaced = _EquallySpacedPlanes.of(arrays)
        return cast("Samples", np.stack(arrays) if spaced is None else np.asarray(spaced))

    def __array__(self, dtype: _DTypeLike = None, copy: bool | None = None) -> Samples | npt.NDArray[np.float64]:
        """``numpy.asarray(audio_data)`` is ``to_numpy()``."""
        array = self.to_numpy()
        is_same_type = dtype is None or array.dtype == np.dtype(dtype)
        if copy is False and not (is_same_type and array.base is not None):
            raise ValueError("these samples cannot be given without a copy")
        if not is_same_type:
            return cast("npt.NDArray[np.float64]", array.astype(dtype))
        return array.copy() if copy else array

    def __repr__(self) -> str:
        if self._detached:
            return f"AudioData(closed, timestamp={self._timestamp})"
        return (
            f"AudioData(format={self._format!r}, sampleRate={self._sample_rate}, "
            f"numberOfFrames={self._number_of_frames}, numberOfChannels={self._number_of_channels}, "
            f"timestamp={self._timestamp})"
        )


@algorithm("clone-audiodata")
def clone_audio_data(data: AudioData) -> AudioData:
    """Clone AudioData, of one that is not closed."""
    # 1. The new object's slots:
    clone = AudioData.__new__(AudioData)
    # 1.1. to 1.3.
    clone._resource_reference = data._require_open().new_reference()
    # 1.4.
    clone._detached = data._detached
    clone._format = data._format
    clone._sample_rate = data._sample_rate
    clone._number_of_frames = data._number_of_frames
    clone._number_of_channels = data._number_of_channels
    clone._timestamp = data._timestamp
    # 2.
    return clone


@algorithm("close-audiodata")
def close_audio_data(data: AudioData) -> None:
    """Close AudioData."""
    # 1.
    data._detached = True
    # 2. Clearing the slot releases the reference.
    reference = data._resource_reference
    data._resource_reference = None
    if reference is not None:
        reference.release()
    # 3.
    data._sample_rate = 0.0
    # 4.
    data._number_of_frames = 0
    # 5.
    data._number_of_channels = 0
    # 6.
    data._format = None


class _EquallySpacedPlanes:
    """Makes one array of planes that lie at equal distances in memory, and keeps the memory of all of them alive."""

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
    def of(cls, planes: tuple[Samples, ...]) -> "_EquallySpacedPlanes | None":
        addresses: list[int] = [plane.__array_interface__["data"][0] for plane in planes]
        distances = {after - before for before, after in pairwise(addresses)}
        return cls(planes, addresses[0], distances.pop()) if len(distances) == 1 else None
