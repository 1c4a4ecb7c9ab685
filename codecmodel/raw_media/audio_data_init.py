"""AudioData's constructor (§ 9.2.2)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NotRequired, TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.audio_sample_format import AUDIO_SAMPLE_FORMATS, AudioSampleFormat, audio_sample_format
from codecmodel.raw_media.media_resource import (
    BufferAudioResource,
    ResourceReference,
    may_be_referenced,
)
from codecmodel.raw_media.resource_protocols import AudioResource
from codecmodel.web.buffers import (
    BufferSource,
    allow_shared_buffer_source,
    array_buffer,
    byte_length,
    detach_transferred,
    is_detached,
    view_of,
)
from codecmodel.web.errors import DOMException
from codecmodel.web.webidl import Dictionary, Member, enforced_long_long, enforced_unsigned_long, sequence, single_float

if TYPE_CHECKING:
    from codecmodel.raw_media.audio_data import AudioData


class AudioDataInit(TypedDict):
    """Samples and what they are: ``sampleRate`` in Hz, ``timestamp`` in microseconds, ``data`` the planes in order.

    Buffers in ``transfer`` are detached: a memoryview is released, a bytearray emptied. If ``data`` is a memoryview
    and among them, its memory is used without a copy: nobody may write it any more.
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
def initialize_audio_data(frame: "AudioData", init: AudioDataInit) -> None:
    """AudioData(init), of a converted dictionary."""
    transfer = init.get("transfer", [])
    # 1.
    if not is_valid_audio_data_init(init):
        raise TypeError("init is not a valid AudioDataInit: a rate or number is 0, or data is too short")
    # 2. The same buffer twice in the transfer list.
    if len({id(transferable) for transferable in transfer}) != len(transfer):
        raise DOMException("a buffer is in the transfer list twice", "DataCloneError")
    # 3. For each buffer to transfer,
    for transferable in transfer:
        # 3.1. a detached one can't be.
        if is_detached(transferable):
            raise DOMException("a buffer in the transfer list is detached", "DataCloneError")
    # 4. The new object's slots:
    # 4.1.
    frame._detached = False
    # 4.2.
    frame._format = init["format"]
    # 4.3.
    frame._sample_rate = init["sampleRate"]
    # 4.4.
    frame._number_of_frames = init["numberOfFrames"]
    # 4.5.
    frame._number_of_channels = init["numberOfChannels"]
    # 4.6.
    frame._timestamp = init["timestamp"]
    samples = view_of(init["data"])[: _total_size(init)]
    # 4.7. Data that is handed over needs no copy.
    # 4.7.1. n/a: the view refers to it.
    if not may_be_referenced(init["data"], transfer):
        # 4.8. Other data
        # 4.8.1. is copied.
        samples = memoryview(bytes(samples))
    resource = BufferAudioResource(
        init["format"], init["sampleRate"], init["numberOfFrames"], init["numberOfChannels"], samples
    )
    # 4.9.
    resource_reference: ResourceReference[AudioResource] = ResourceReference(resource)
    # 4.10.
    frame._resource_reference = resource_reference
    # 5. and 5.1.
    detach_transferred(init["data"], transfer)
    # 6. n/a: the caller has the object.


@algorithm("valid-audiodatainit")
def is_valid_audio_data_init(init: AudioDataInit) -> bool:
    """Whether ``init`` is a valid AudioDataInit."""
    # 1.
    if init["sampleRate"] <= 0:
        return False
    # 2.
    if init["numberOfFrames"] == 0:
        return False
    # 3.
    if init["numberOfChannels"] == 0:
        return False
    # 4. Is there enough data?
    # 4.1. to 4.3.
    total_size = _total_size(init)
    # 4.4.
    data_size = byte_length(init["data"])
    # 4.5. and 5.
    return data_size >= total_size


def _total_size(init: AudioDataInit) -> int:
    bytes_per_sample = AUDIO_SAMPLE_FORMATS[init["format"]].bytes_per_sample
    return init["numberOfFrames"] * init["numberOfChannels"] * bytes_per_sample
