"""Clone AudioData and Close AudioData (§ 9.2.5)."""

from typing import TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.slots import AudioDataSlots

AudioDataT = TypeVar("AudioDataT", bound=AudioDataSlots)


@algorithm("clone-audiodata")
def clone_audio_data(data: AudioDataT) -> AudioDataT:
    """Clone AudioData. ``data`` must not be closed."""
    # 1. Make a new object, with these slots:
    clone = type(data).__new__(type(data))
    # 1.1. to 1.3. another reference to the same media resource,
    clone._resource_reference = data._require_open().new_reference()
    # 1.4. and the values of all other slots.
    clone._detached = data._detached
    clone._format = data._format
    clone._sample_rate = data._sample_rate
    clone._number_of_frames = data._number_of_frames
    clone._number_of_channels = data._number_of_channels
    clone._timestamp = data._timestamp
    # 2. Return it.
    return clone


@algorithm("close-audiodata")
def close_audio_data(data: AudioDataSlots) -> None:
    """Close AudioData."""
    # 1. The object is detached from now on.
    data._detached = True
    # 2. Clear the resource reference, which releases it.
    reference = data._resource_reference
    data._resource_reference = None
    if reference is not None:
        reference.release()
    # 3. Clear the sample rate,
    data._sample_rate = 0.0
    # 4. the number of frames,
    data._number_of_frames = 0
    # 5. the number of channels,
    data._number_of_channels = 0
    # 6. and the format.
    data._format = None
