"""AudioData: samples of audio (§ 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, cast

from codecmodel.algorithm import algorithm
from codecmodel.lazy_numpy import np
from codecmodel.raw_media.audio_arrays import float_samples, sample_arrays, sample_planes, stacked_samples
from codecmodel.raw_media.audio_data_copy import (
    AudioDataCopyToOptions,
    allocation_size,
    audio_data_copy_to_options,
    copy_to,
)
from codecmodel.raw_media.audio_data_init import AudioDataInit, audio_data_init, initialize_audio_data
from codecmodel.raw_media.audio_data_lifetime import clone_audio_data, close_audio_data
from codecmodel.raw_media.audio_sample_format import AudioSampleFormat, SampleDType, Samples
from codecmodel.raw_media.media_resource import ResourceReference
from codecmodel.raw_media.resource_protocols import AudioResource
from codecmodel.raw_media.slots import AudioDataSlots
from codecmodel.web.buffers import BufferSource, allow_shared_buffer_source
from codecmodel.web.closed_at_end import ClosedAtEnd

if TYPE_CHECKING:
    import numpy.typing as npt
    from typing_extensions import CapsuleType

#: The types that ``numpy.asarray`` may ask for.
_DTypeLike: TypeAlias = "str | type | SampleDType | None"


#: DLPack's device type (kDLCPU) and number.
_CPU_DEVICE: Final = (1, 0)


class AudioData(AudioDataSlots, ClosedAtEnd):
    """Samples of audio, with their format, rate, channels and timestamp (§ 9.2).

    Once it is closed, the numeric attributes are 0 and ``format`` is None; ``timestamp`` stays.
    """

    __slots__ = ("__weakref__",)

    def __init__(self, init: AudioDataInit) -> None:
        """AudioData(init), § 9.2.2.

        Raises TypeError if ``init`` is not valid or its data is too short, DataCloneError if it transfers a detached
        buffer, or one buffer twice.
        """
        initialize_audio_data(self, audio_data_init(init, "init"))

    @property
    def format(self) -> AudioSampleFormat | None:
        """The sample format, or None if the spec has no name for it."""
        return self._format

    @property
    def sampleRate(self) -> float:
        """The sample rate in Hz."""
        return self._sample_rate

    @property
    def numberOfFrames(self) -> int:
        """The number of samples in each channel."""
        return self._number_of_frames

    @property
    def numberOfChannels(self) -> int:
        """The number of channels."""
        return self._number_of_channels

    @property
    def timestamp(self) -> int:
        """The presentation timestamp in microseconds. It stays when the AudioData is closed."""
        return self._timestamp

    @property
    @algorithm("dom-audiodata-duration")
    def duration(self) -> int:
        """The duration in microseconds, rounded down."""
        # Not in the spec: the duration of a closed AudioData, which its steps compute as 0 / 0.
        if self._detached:
            return 0
        # 1. One second has a million microseconds.
        microseconds_per_second = 1_000_000
        # 2. and 3. Divide the number of frames by the rate, and convert seconds to microseconds. (The multiplication
        # comes first, because otherwise rounding may lose a microsecond.)
        return int(self._number_of_frames * microseconds_per_second // self._sample_rate)

    def allocationSize(self, options: AudioDataCopyToOptions) -> int:
        """The number of bytes that ``copyTo`` writes with these options.

        Raises InvalidStateError if this is closed, RangeError if ``options`` select samples that do not exist,
        NotSupportedError if ``format`` is None.
        """
        return allocation_size(self, audio_data_copy_to_options(options, "options"))

    def copyTo(self, destination: BufferSource, options: AudioDataCopyToOptions) -> None:
        """Copy the samples of one plane to the start of ``destination``, converted if ``options`` give another format.

        ``planeIndex`` counts the planes of the format that is copied to: a planar format has one plane for each
        channel, and an interleaved format has all channels in plane 0, for every format of this AudioData.
        ``convert_samples`` says how values are converted.

        Raises InvalidStateError if this is closed, RangeError if ``options`` select samples that do not exist or
        ``destination`` is too small, NotSupportedError if ``format`` is None, TypeError if ``destination`` is
        read-only.
        """
        allow_shared_buffer_source(destination, "destination")
        copy_to(self, destination, audio_data_copy_to_options(options, "options"))

    @algorithm("dom-audiodata-clone")
    def clone(self) -> AudioData:
        """Another AudioData with the same samples, without a copy. Raises InvalidStateError if this is closed."""
        # 1. A closed AudioData cannot be cloned.
        self._require_open()
        # 2. Run Clone AudioData.
        return clone_audio_data(self)

    def close(self) -> None:
        """Give up the samples; arrays that view them stay valid. To close an AudioData again has no effect."""
        close_audio_data(self)

    # Not in the spec: the samples as bytes and as numpy arrays.

    def planes(self) -> tuple[memoryview, ...]:
        """The bytes of each plane, read-only, without a copy. They stay valid when the AudioData is closed.

        Interleaved samples are one plane; planar samples are one plane for each channel. If ``format`` is None, the
        planes are those of the codec. Raises InvalidStateError if this is closed.
        """
        return sample_planes(self)

    def plane_arrays(self) -> tuple[Samples, ...]:
        """The samples as read-only arrays, without a copy. They stay valid when the AudioData is closed.

        Interleaved samples are one array of shape (frames, channels); planar samples are one array of shape (frames,)
        for each channel. Raises InvalidStateError if this is closed, NotSupportedError if ``format`` is None.
        """
        return sample_arrays(self)

    def to_numpy(self) -> Samples:
        """The samples as one array, of shape (frames, channels) if interleaved, and (channels, frames) if planar.

        The array is a read-only view that stays valid when the AudioData is closed. Only planes that lie at unequal
        distances in memory are copied, as no array can view them. Raises as ``plane_arrays`` does.
        """
        return stacked_samples(self)

    def to_float32(self) -> npt.NDArray[np.float32]:
        """A copy of the samples as float32 in an array of shape (channels, frames), for every format.

        The samples are converted as ``copyTo`` converts them: full scale is -1.0 to 1.0. Raises as ``plane_arrays``
        does.
        """
        return float_samples(self)

    def __array__(self, dtype: _DTypeLike = None, copy: bool | None = None) -> Samples | npt.NDArray[np.float64]:
        """``numpy.asarray(audio_data)`` is ``to_numpy()``."""
        array = self.to_numpy()
        if dtype is None and copy is None:
            return array
        is_same_type = dtype is None or array.dtype == np.dtype(dtype)
        if copy is False and not (is_same_type and array.base is not None):
            raise ValueError("these samples cannot be given as an array without a copy")
        if not is_same_type:
            return cast("npt.NDArray[np.float64]", array.astype(dtype))
        return array.copy() if copy else array

    def __dlpack__(
        self,
        *,
        stream: None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> CapsuleType:
        """``from_dlpack(audio_data)`` of numpy and other libraries is ``to_numpy()``.

        Before version 1.0, DLPack cannot say that an array is read-only: a caller with such a version gets a copy.
        Raises BufferError if the caller does not want a copy, or wants the memory of another device.
        """
        if dl_device not in (None, _CPU_DEVICE):
            raise BufferError("the samples are in the memory of the CPU")
        array = self.to_numpy()
        # numpy before 2.1 has no ``max_version``: its TypeError makes callers try again without.
        if max_version is not None and max_version >= (1, 0):
            return array.__dlpack__(stream=stream, max_version=max_version, copy=copy)
        if copy is False:
            raise BufferError("these read-only samples cannot be given without a copy: DLPack is older than 1.0")
        return array.copy().__dlpack__(stream=stream)

    def __dlpack_device__(self) -> tuple[int, int]:
        """The memory of samples is that of the CPU."""
        return _CPU_DEVICE

    def __repr__(self) -> str:
        if self._detached:
            return f"AudioData(closed, timestamp={self._timestamp})"
        return (
            f"AudioData(format={self._format!r}, sampleRate={self._sample_rate}, "
            f"numberOfFrames={self._number_of_frames}, numberOfChannels={self._number_of_channels}, "
            f"timestamp={self._timestamp})"
        )


@algorithm("output-audiodata")
def create_audio_data(output: AudioResource, timestamp: int) -> AudioData:
    """The AudioData for an output of a decoder. It takes over ``output``. ``timestamp`` is in microseconds."""
    # 1.1. Make a new object, with these slots:
    data = AudioData.__new__(AudioData)
    # 1.1.1. it is not detached,
    data._detached = False
    # 1.1.2. to 1.1.4. it holds a reference to the output,
    data._resource_reference = ResourceReference(output)
    # 1.1.5. and 1.1.6. it has the timestamp of the chunk that the output comes from,
    data._timestamp = timestamp
    # 1.1.7. the format of the output, or null if the spec has no name for that,
    data._format = output.format
    # 1.1.8. and the output's sample rate, number of frames and number of channels.
    data._sample_rate = output.sample_rate
    data._number_of_frames = output.number_of_frames
    data._number_of_channels = output.number_of_channels
    return data
