"""AudioData.allocationSize() and copyTo() (§ 9.2.4), with conversion of samples."""

from typing import TYPE_CHECKING, Final, NotRequired, TypedDict

import numpy as np

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.audio_sample_format import (
    AUDIO_SAMPLE_FORMATS,
    AudioSampleFormat,
    AudioSampleFormatDescription,
    audio_sample_format,
    convert_samples,
)
from codecmodel.web.buffers import BufferSource, byte_length, writable_view_of
from codecmodel.web.errors import DOMException, RangeError
from codecmodel.web.webidl import Dictionary, Member, enforced_unsigned_long

if TYPE_CHECKING:
    from codecmodel.raw_media.audio_data import AudioData


class AudioDataCopyToOptions(TypedDict):
    """Which samples to copy, and as what (§ 9.2.7); ``frameOffset`` and ``frameCount`` in frames."""

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
def allocation_size(data: "AudioData", options: AudioDataCopyToOptions) -> int:
    """allocationSize(options), of converted arguments."""
    # 1.
    data._require_open()
    # 2.
    copy_element_count = compute_copy_element_count(data, options)
    # 3. and 4.
    dest_format = _destination_format(data, options)
    # 5.
    bytes_per_sample = AUDIO_SAMPLE_FORMATS[dest_format].bytes_per_sample
    # 6.
    return bytes_per_sample * copy_element_count


@algorithm("dom-audiodata-copyto")
def copy_to(data: "AudioData", destination: BufferSource, options: AudioDataCopyToOptions) -> None:
    """copyTo(destination, options), of converted arguments."""
    # 1.
    data._require_open()
    # 2.
    copy_element_count = compute_copy_element_count(data, options)
    # 3. and 4.
    dest_format = _destination_format(data, options)
    # 5.
    description = AUDIO_SAMPLE_FORMATS[dest_format]
    # 6.
    copy_size = description.bytes_per_sample * copy_element_count
    if copy_size > byte_length(destination):
        raise RangeError(f"destination has {byte_length(destination)} bytes, the samples take {copy_size}")
    elements = writable_view_of(destination, "destination")[:copy_size]
    plane_index = options["planeIndex"]
    frame_offset = options.get("frameOffset", 0)
    if dest_format != data._format:
        _copy_converted(data, elements, description, plane_index, frame_offset)
        return
    # 7. and 8.
    plane_frames = data.planes()[plane_index]
    # 9.
    frame_size = description.bytes_per_sample * (1 if description.is_planar else data._number_of_channels)
    start = frame_offset * frame_size
    elements[:] = plane_frames[start : start + copy_size]


@algorithm("compute-copy-element-count")
def compute_copy_element_count(data: "AudioData", options: AudioDataCopyToOptions) -> int:
    """Compute Copy Element Count."""
    # 1. and 2. (with the part of 5. that concerns a format which is not known)
    dest_format = _destination_format(data, options)
    is_planar = AUDIO_SAMPLE_FORMATS[dest_format].is_planar
    plane_index = options["planeIndex"]
    # 3. An interleaved format has one plane,
    if not is_planar and plane_index > 0:
        raise RangeError(f"{dest_format} samples have one plane; planeIndex is {plane_index}")
    # 4. a planar one as many as channels.
    if is_planar and plane_index >= data._number_of_channels:
        raise RangeError(f"there are {data._number_of_channels} planes; planeIndex is {plane_index}")
    # 5. n/a: every conversion between known formats is supported.
    # 6.
    frame_count = data._number_of_frames
    frame_offset = options.get("frameOffset", 0)
    # 7.
    if frame_offset >= frame_count:
        raise RangeError(f"there are {frame_count} frames; frameOffset is {frame_offset}")
    # 8.
    copy_frame_count = frame_count - frame_offset
    # 9. If a number of frames is asked for,
    if "frameCount" in options:
        # 9.1. they must be there,
        if options["frameCount"] > copy_frame_count:
            raise RangeError(f"{copy_frame_count} frames are left; frameCount is {options['frameCount']}")
        # 9.2. (where the spec says the assignment the wrong way round)
        copy_frame_count = options["frameCount"]
    # 10.
    element_count = copy_frame_count
    # 11.
    if not is_planar:
        element_count *= data._number_of_channels
    # 12.
    return element_count


def _destination_format(data: "AudioData", options: AudioDataCopyToOptions) -> AudioSampleFormat:
    """The format asked for, or else that of ``data``. From an unknown format no conversion is supported."""
    if data._format is None:
        raise DOMException("the samples are in a format that the spec has no name for", "NotSupportedError")
    return options.get("format", data._format)


def _copy_converted(
    data: "AudioData",
    destination: memoryview,
    description: AudioSampleFormatDescription,
    plane_index: int,
    frame_offset: int,
) -> None:
    """Fill ``destination`` with converted samples: of all channels, or of the one whose plane is asked for."""
    assert data._format is not None
    is_source_planar = AUDIO_SAMPLE_FORMATS[data._format].is_planar
    # As steps 7 and 8 of copyTo().
    planes = data.plane_arrays()
    elements = np.frombuffer(destination, description.dtype)
    # As step 9, of each sample that is copied.
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
