"""AudioData's constructor (§ 9.2.2)."""

from collections.abc import Sequence
from typing import Final, NotRequired, TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.audio_sample_format import AUDIO_SAMPLE_FORMATS, AudioSampleFormat, audio_sample_format
from codecmodel.raw_media.media_resource import BufferAudioResource, ResourceReference, may_be_referenced
from codecmodel.raw_media.resource_protocols import AudioResource
from codecmodel.raw_media.slots import AudioDataSlots
from codecmodel.web.buffers import (
    BufferSource,
    allow_shared_buffer_source,
    array_buffer,
    byte_length,
    detach_transferred,
    has_duplicates,
    is_detached,
    view_of,
)
from codecmodel.web.errors import DOMException
from codecmodel.web.webidl import (
    Dictionary,
    Member,
    enforced_long_long,
    enforced_unsigned_long,
    sequence,
    single_float,
)


class AudioDataInit(TypedDict):
    """Samples and their description (§ 9.2.2): ``sampleRate`` in Hz, ``timestamp`` in microseconds.

    ``data`` has all planes, one after the other. Buffers in ``transfer`` are detached: a memoryview is released, a
    bytearray is emptied. If ``data`` is a memoryview and in ``transfer``, its memory is used without a copy, and the
    program must not write to that memory any more.
    """

    format: AudioSampleFormat
    sampleRate: float
    numberOfFrames: int
    numberOfChannels: int
    timestamp: int
    data: BufferSource
    transfer: NotRequired[Sequence[BufferSource]]


audio_data_init: Final = Dictionary[AudioDataInit](
    "AudioDataInit",
    Member("format", audio_sample_format, required=True),
    Member("sampleRate", single_float, required=True),
    Member("numberOfFrames", enforced_unsigned_long, required=True),
    Member("numberOfChannels", enforced_unsigned_long, required=True),
    Member("timestamp", enforced_long_long, required=True),
    Member("data", allow_shared_buffer_source, required=True),
    Member("transfer", sequence(array_buffer), default=[]),
)


@algorithm("dom-audiodata-audiodata")
def initialize_audio_data(frame: AudioDataSlots, init: AudioDataInit) -> None:
    """AudioData(init). ``init`` is a converted dictionary."""
    transfer = init.get("transfer", [])
    # 1. Reject an invalid init.
    if not is_valid_audio_data_init(init):
        raise TypeError("init is not a valid AudioDataInit: a rate or a number is 0, or data is too short")
    # 2. The transfer list must not have a buffer twice.
    if has_duplicates(transfer):
        raise DOMException("a buffer is in the transfer list twice", "DataCloneError")
    # 3. For each buffer in the transfer list:
    for transferable in transfer:
        # 3.1. it must not be detached already.
        if is_detached(transferable):
            raise DOMException("a buffer in the transfer list is detached", "DataCloneError")
    # 4. Initialize the slots of the new object:
    # 4.1. the object is not detached,
    frame._detached = False
    # 4.2. the format comes from init,
    frame._format = init["format"]
    # 4.3. so does the sample rate,
    frame._sample_rate = init["sampleRate"]
    # 4.4. the number of frames,
    frame._number_of_frames = init["numberOfFrames"]
    # 4.5. the number of channels,
    frame._number_of_channels = init["numberOfChannels"]
    # 4.6. and the timestamp.
    frame._timestamp = init["timestamp"]
    samples = view_of(init["data"])[: _total_size(init)]
    # 4.7. Data in a transferred buffer is used as it is.
    # 4.7.1. n/a: the view refers to that memory already.
    if not may_be_referenced(init["data"], transfer):
        # 4.8. Any other data
        # 4.8.1. is copied.
        samples = memoryview(bytes(samples))
    resource = BufferAudioResource(
        init["format"], init["sampleRate"], init["numberOfFrames"], init["numberOfChannels"], samples
    )
    # 4.9. Make the first reference to the resource.
    resource_reference: ResourceReference[AudioResource] = ResourceReference(resource)
    # 4.10. The object holds that reference.
    frame._resource_reference = resource_reference
    # 5. and 5.1. Detach every buffer in the transfer list.
    detach_transferred(init["data"], transfer)
    # 6. n/a: the caller has the object.


@algorithm("valid-audiodatainit")
def is_valid_audio_data_init(init: AudioDataInit) -> bool:
    """Whether ``init`` is a valid AudioDataInit."""
    # 1. The sample rate must be positive.
    if init["sampleRate"] <= 0:
        return False
    # 2. There must be frames.
    if init["numberOfFrames"] == 0:
        return False
    # 3. There must be channels.
    if init["numberOfChannels"] == 0:
        return False
    # 4. Compare the size that the samples need with the size of the data:
    # 4.1. to 4.3. the needed size is the number of all samples, multiplied by the bytes of one sample,
    total_size = _total_size(init)
    # 4.4. the size of the data is its length in bytes,
    data_size = byte_length(init["data"])
    # 4.5. and 5. and the init is valid if the data is not too short.
    return data_size >= total_size


def _total_size(init: AudioDataInit) -> int:
    """The bytes of all samples."""
    bytes_per_sample = AUDIO_SAMPLE_FORMATS[init["format"]].bytes_per_sample
    return init["numberOfFrames"] * init["numberOfChannels"] * bytes_per_sample
