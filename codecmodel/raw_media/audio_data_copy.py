"""AudioData.allocationSize() and copyTo() (§ 9.2.4), with the conversion of samples."""

from __future__ import annotations

from typing import Final, NotRequired, TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.lazy_numpy import np
from codecmodel.raw_media.audio_arrays import sample_arrays, sample_planes
from codecmodel.raw_media.audio_sample_format import (
    AUDIO_SAMPLE_FORMATS,
    AudioSampleFormat,
    AudioSampleFormatDescription,
    audio_sample_format,
    convert_samples,
)
from codecmodel.raw_media.slots import AudioDataSlots
from codecmodel.web.buffers import BufferSource, byte_length, writable_view_of
from codecmodel.web.errors import RangeError
from codecmodel.web.webidl import Dictionary, Member, enforced_unsigned_long


class AudioDataCopyToOptions(TypedDict):
    """The samples to copy, and the format of the copy (§ 9.2.7). ``frameOffset`` and ``frameCount`` count frames."""

    planeIndex: int
    frameOffset: NotRequired[int]
    frameCount: NotRequired[int]
    format: NotRequired[AudioSampleFormat]


audio_data_copy_to_options: Final = Dictionary[AudioDataCopyToOptions](
    "AudioDataCopyToOptions",
    Member("planeIndex", enforced_unsigned_long, required=True),
    Member("frameOffset", enforced_unsigned_long, default=0),
    Member("frameCount", enforced_unsigned_long),
    Member("format", audio_sample_format),
)


@algorithm("dom-audiodata-allocationsize")
def allocation_size(data: AudioDataSlots, options: AudioDataCopyToOptions) -> int:
    """allocationSize(options). ``options`` are converted."""
    # 1. A closed AudioData has no samples.
    data._require_open()
    # 2. Count the samples to copy.
    copy_element_count = compute_copy_element_count(data, options)
    # 3. and 4. The destination has the format in the options, or the format of the AudioData.
    dest_format = _destination_format(data, options)
    # 5. Look up the bytes of a sample in that format.
    bytes_per_sample = AUDIO_SAMPLE_FORMATS[dest_format].bytes_per_sample
    # 6. Multiply the two numbers.
    return bytes_per_sample * copy_element_count


@algorithm("dom-audiodata-copyto")
def copy_to(data: AudioDataSlots, destination: BufferSource, options: AudioDataCopyToOptions) -> None:
    """copyTo(destination, options). The arguments are converted."""
    # 1. A closed AudioData has no samples.
    data._require_open()
    # 2. Count the samples to copy.
    copy_element_count = compute_copy_element_count(data, options)
    # 3. and 4. The destination has the format in the options, or the format of the AudioData.
    dest_format = _destination_format(data, options)
    # 5. Look up the bytes of a sample in that format.
    bytes_per_sample = AUDIO_SAMPLE_FORMATS[dest_format].bytes_per_sample
    # 6. The destination must be large enough.
    copy_size = bytes_per_sample * copy_element_count
    if copy_size > byte_length(destination):
        raise RangeError(f"destination has {byte_length(destination)} bytes, but the samples need {copy_size}")
    # 7. to 9. Copy the samples from the plane that the options name, and convert them if the formats differ.
    elements = writable_view_of(destination, "destination")[:copy_size]
    plane_index, frame_offset = options["planeIndex"], options.get("frameOffset", 0)
    description = AUDIO_SAMPLE_FORMATS[dest_format]
    if dest_format == data._format:
        _copy_unconverted(data, elements, description, plane_index, frame_offset)
    else:
        _copy_converted(data, elements, description, plane_index, frame_offset)


@algorithm("compute-copy-element-count")
def compute_copy_element_count(data: AudioDataSlots, options: AudioDataCopyToOptions) -> int:
    """Compute Copy Element Count."""
    # 1. and 2. The destination has the format in the options, or the format of the AudioData. (If the spec has no name
    # for the format of the AudioData, no conversion is supported, which step 5 requires an error for.)
    dest_format = _destination_format(data, options)
    is_planar = AUDIO_SAMPLE_FORMATS[dest_format].is_planar
    plane_index = options["planeIndex"]
    # 3. An interleaved format has one plane only.
    if not is_planar and plane_index > 0:
        raise RangeError(f"{dest_format} samples have one plane, but planeIndex is {plane_index}")
    # 4. A planar format has one plane for each channel.
    if is_planar and plane_index >= data._number_of_channels:
        raise RangeError(f"there are {data._number_of_channels} planes, but planeIndex is {plane_index}")
    # 5. n/a: every conversion between formats that have a name is supported.
    # 6. Every plane has all frames.
    frame_count = data._number_of_frames
    frame_offset = options.get("frameOffset", 0)
    # 7. The first frame to copy must exist.
    if frame_offset >= frame_count:
        raise RangeError(f"there are {frame_count} frames, but frameOffset is {frame_offset}")
    # 8. Without a number in the options, copy all frames from there on.
    copy_frame_count = frame_count - frame_offset
    # 9. If the options have a number of frames:
    if "frameCount" in options:
        # 9.1. that many frames must exist,
        if options["frameCount"] > copy_frame_count:
            raise RangeError(
                f"{copy_frame_count} frames are left after frameOffset, but frameCount is {options['frameCount']}"
            )
        # 9.2. and that many are copied. (The spec has this assignment the wrong way round.)
        copy_frame_count = options["frameCount"]
    # 10. A plane of a planar format has one sample in each frame.
    element_count = copy_frame_count
    # 11. The plane of an interleaved format has the samples of all channels.
    if not is_planar:
        element_count *= data._number_of_channels
    # 12. Return the number of samples.
    return element_count


def _destination_format(data: AudioDataSlots, options: AudioDataCopyToOptions) -> AudioSampleFormat:
    """The format to copy to. Raises NotSupportedError if the spec has no name for the format of ``data``."""
    format = data._require_named_format()
    return options.get("format", format)


def _copy_unconverted(
    data: AudioDataSlots,
    destination: memoryview,
    description: AudioSampleFormatDescription,
    plane_index: int,
    frame_offset: int,
) -> None:
    """Fill ``destination`` with the samples of a plane, from a frame on."""
    plane_frames = sample_planes(data)[plane_index]
    frame_size = description.bytes_per_sample * (1 if description.is_planar else data._number_of_channels)
    start = frame_offset * frame_size
    destination[:] = plane_frames[start : start + len(destination)]


def _copy_converted(
    data: AudioDataSlots,
    destination: memoryview,
    description: AudioSampleFormatDescription,
    plane_index: int,
    frame_offset: int,
) -> None:
    """Fill ``destination`` with converted samples, from a frame on: of one channel, or of all channels interleaved."""
    is_source_planar = AUDIO_SAMPLE_FORMATS[data._require_named_format()].is_planar
    planes = sample_arrays(data)
    elements = np.frombuffer(destination, description.dtype)
    if description.is_planar:
        end = frame_offset + len(elements)
        channel = planes[plane_index] if is_source_planar else planes[0][:, plane_index]
        elements[:] = convert_samples(channel[frame_offset:end], description.sample_type)
        return
    frames = elements.reshape(-1, data._number_of_channels)
    end = frame_offset + len(frames)
    if is_source_planar:
        for index, channel in enumerate(planes):
            frames[:, index] = convert_samples(channel[frame_offset:end], description.sample_type)
    else:
        frames[:] = convert_samples(planes[0][frame_offset:end], description.sample_type)
