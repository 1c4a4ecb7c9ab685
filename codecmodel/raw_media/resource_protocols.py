"""*Media resource* (spec § 9.1.2) as protocols: storage of pixels or samples, whoever provides it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from codecmodel.raw_media.audio_sample_format import AudioSampleFormat
from codecmodel.raw_media.chroma import ChromaLocation
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_layout import ComputedPlaneLayout


class Plane(NamedTuple):
    """One plane of a media resource: ``data`` one-dimensional bytes, ``stride`` bytes from row to row.

    For audio a plane is the samples of one channel, or of all channels interleaved, and the stride is its size.
    """

    data: memoryview
    stride: int


# Spec: media-resource
class MediaResource(Protocol):
    """Storage of pixels or samples (spec § 9.1.2, *media resource*). Views of it stay valid after ``release``."""

    def planes(self) -> Sequence[Plane]:
        """The planes, read-only, without a copy."""

    def release(self) -> None:
        """The last reference is gone. Called once."""


class VideoResource(MediaResource, Protocol):
    """Pixels. All sizes in pixels."""

    @property
    def format(self) -> VideoPixelFormat | None:
        """The format if it is one that the spec knows; then planes() are that format's, in its order."""

    @property
    def coded_size(self) -> tuple[int, int]:
        """Width and height of what is stored."""

    @property
    def visible_rect(self) -> tuple[int, int, int, int]:
        """Left, top, width, height."""

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height after the pixel aspect ratio."""

    @property
    def color_space(self) -> VideoColorSpaceInit | None:
        """What the bitstream says about colour; members it does not say are null. None if it says nothing."""

    @property
    def chroma_location(self) -> ChromaLocation | None:
        """Where sub-sampled chroma is, or None if that is not known."""

    def copy_planes(self, layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
        """Copy the rows that ``layouts`` describes, one for each plane of ``format``, to ``destination``.

        That is bytes, and large enough; what is between rows is kept. May be called on any thread. Raises MemoryError.
        """


class AudioResource(MediaResource, Protocol):
    """Samples."""

    @property
    def format(self) -> AudioSampleFormat | None:
        """The format if it is one that the spec knows."""

    @property
    def sample_rate(self) -> float:
        """Frames per second."""

    @property
    def number_of_frames(self) -> int: ...

    @property
    def number_of_channels(self) -> int: ...
