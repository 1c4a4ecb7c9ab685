"""Media resources that remember how often they were released, and other helpers that these tests share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest

from codecmodel.raw_media.audio_sample_format import AudioSampleFormat
from codecmodel.raw_media.chroma import ChromaLocation
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_copy import copy_planes
from codecmodel.raw_media.plane_layout import ComputedPlaneLayout
from codecmodel.raw_media.resource_protocols import Plane
from codecmodel.web.errors import DOMException


@contextmanager
def raises(name: str) -> Iterator[None]:
    """Expects a DOMException of that name."""
    with pytest.raises(DOMException) as caught:
        yield
    assert caught.value.name == name


class RecordedVideo:
    """A video resource over given planes."""

    def __init__(
        self,
        format: VideoPixelFormat | None = "I420",
        coded_size: tuple[int, int] = (4, 2),
        planes: list[tuple[bytes, int]] | None = None,
        visible_rect: tuple[int, int, int, int] | None = None,
        display_size: tuple[int, int] | None = None,
        color_space: VideoColorSpaceInit | None = None,
        chroma_location: ChromaLocation | None = None,
    ) -> None:
        self.chroma_location = chroma_location
        self.format = format
        self.coded_size = coded_size
        self.visible_rect = visible_rect or (0, 0, *coded_size)
        self.display_size = display_size or self.visible_rect[2:]
        self.color_space = color_space
        if planes is None:
            planes = [(bytes(range(1, 9)), 4), (bytes([9, 10]), 2), (bytes([11, 12]), 2)]
        self._planes = [Plane(memoryview(data), stride) for data, stride in planes]
        self.released = 0

    def require_usable(self) -> None:
        """Accept: no test forks with it."""

    def planes(self) -> list[Plane]:
        assert not self.released, "a resource is not used after its release"
        return self._planes

    def copy_planes(self, layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
        copy_planes(self.planes(), layouts, destination)

    def release(self) -> None:
        self.released += 1


class RecordedAudio:
    """An audio resource over given planes."""

    def __init__(
        self,
        format: AudioSampleFormat | None,
        planes: list[memoryview],
        number_of_frames: int,
        number_of_channels: int,
        sample_rate: float = 48000.0,
    ) -> None:
        self.format = format
        self.number_of_frames = number_of_frames
        self.number_of_channels = number_of_channels
        self.sample_rate = sample_rate
        self._planes = [Plane(data, data.nbytes) for data in planes]
        self.released = 0

    def require_usable(self) -> None:
        """Accept: no test forks with it."""

    def planes(self) -> list[Plane]:
        assert not self.released, "a resource is not used after its release"
        return self._planes

    def sample_array(self) -> None:
        """None: the planes have the samples."""

    def release(self) -> None:
        self.released += 1


def random_bytes(size: int, seed: int = 1) -> bytes:
    return np.random.default_rng(seed).integers(0, 256, size, np.uint8).tobytes()
