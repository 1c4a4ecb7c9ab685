"""Tiny media resources that are counted, so that a test can say whether all of them were released."""

import struct
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Final

from codecmodel.raw_media.plane_copy import copy_planes
from codecmodel.raw_media.resource_protocols import Plane

if TYPE_CHECKING:
    from codecmodel.raw_media.audio_sample_format import AudioSampleFormat
    from codecmodel.raw_media.chroma import ChromaLocation
    from codecmodel.raw_media.color_space import VideoColorSpaceInit
    from codecmodel.raw_media.pixel_format import VideoPixelFormat
    from codecmodel.raw_media.plane_layout import ComputedPlaneLayout

#: Frames of audio per output, and how many a second.
NUMBER_OF_FRAMES: Final = 4
SAMPLE_RATE: Final = 48_000


#: Numbers resources. No two have the same, not even if a run is rewound and makes others.
_numbers: Final = count()


class ResourceLedger:
    """Counts the resources that were made and those that were released."""

    def __init__(self) -> None:
        self.made = 0
        #: The run is rewound. Then references of moments that are gone are collected at any time.
        self.is_rewound = False
        self._live: set[int] = set()

    @property
    def live(self) -> int:
        """The number of resources that were not released."""
        return len(self._live)

    @property
    def released(self) -> int:
        """The number of resources that were released."""
        return self.made - len(self._live)

    def enter(self) -> int:
        """A resource was made. Returns its number."""
        number = next(_numbers)
        self.made += 1
        self._live.add(number)
        return number

    def strike_out(self, number: int) -> None:
        """A resource was released. One that was made after the moment to which a run was rewound is not known here."""
        self._live.discard(number)


class _CountedResource:
    def __init__(self, ledger: ResourceLedger, planes: Sequence[bytes], strides: Sequence[int]) -> None:
        self._ledger = ledger
        self._planes = [Plane(memoryview(data), stride) for data, stride in zip(planes, strides, strict=True)]
        self._released = False
        self._number = ledger.enter()

    def require_usable(self) -> None:
        """Accept: no program forks."""

    def planes(self) -> Sequence[Plane]:
        return self._planes

    def release(self) -> None:
        assert self._ledger.is_rewound or not self._released, "the last reference to a resource is gone only once"
        self._released = True
        self._ledger.strike_out(self._number)


class ScriptedVideoResource(_CountedResource):
    """A picture of 2 x 2 pixels in I420. Each byte is ``value`` modulo 256."""

    def __init__(self, ledger: ResourceLedger, value: int) -> None:
        byte = bytes([value % 256])
        super().__init__(ledger, [byte * 4, byte, byte], [2, 1, 1])

    @property
    def format(self) -> "VideoPixelFormat | None":
        return "I420"

    @property
    def coded_size(self) -> tuple[int, int]:
        return 2, 2

    @property
    def visible_rect(self) -> tuple[int, int, int, int]:
        return 0, 0, 2, 2

    @property
    def display_size(self) -> tuple[int, int]:
        return 2, 2

    @property
    def color_space(self) -> "VideoColorSpaceInit | None":
        return None

    @property
    def chroma_location(self) -> "ChromaLocation | None":
        return None

    def copy_planes(self, layouts: "Sequence[ComputedPlaneLayout]", destination: memoryview) -> None:
        copy_planes(self.planes(), layouts, destination)


class ScriptedAudioResource(_CountedResource):
    """Four frames of one channel in f32. Each sample is ``value``."""

    def __init__(self, ledger: ResourceLedger, value: int) -> None:
        data = struct.pack("4f", *[float(value)] * NUMBER_OF_FRAMES)
        super().__init__(ledger, [data], [len(data)])

    @property
    def format(self) -> "AudioSampleFormat | None":
        return "f32"

    @property
    def sample_rate(self) -> float:
        return float(SAMPLE_RATE)

    @property
    def number_of_frames(self) -> int:
        return NUMBER_OF_FRAMES

    @property
    def number_of_channels(self) -> int:
        return 1

    def sample_array(self) -> None:
        """None: the plane has the samples."""
