"""The spec's *media resource* (§ 9.1.2) as protocols: storage of pixels or samples, independent of its provider."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from codecmodel.raw_media.audio_sample_format import AudioSampleFormat
from codecmodel.raw_media.chroma import ChromaLocation
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_layout import ComputedPlaneLayout


class Plane(NamedTuple):
    """A plane of a media resource: ``data`` is one-dimensional bytes, ``stride`` the bytes from each row to the next.

    A plane of audio has the samples of one channel, or the interleaved samples of all channels. Its stride is its size.
    """

    data: memoryview
    stride: int


# Spec: media-resource
class MediaResource(Protocol):
    """Storage of pixels or samples. Views of the storage stay valid after ``release``."""

    def require_usable(self) -> None:
        """Raise an exception if the storage can't be used: if it was made in the process that forked this one."""

    def planes(self) -> Sequence[Plane]:
        """The planes, read-only, without a copy."""

    def release(self) -> None:
        """Release the storage. This is called once, when the last reference to the resource is released."""


class VideoResource(MediaResource, Protocol):
    """A media resource with pixels. Sizes are in pixels."""

    @property
    def format(self) -> VideoPixelFormat | None:
        """The format, whose planes ``planes()`` gives in their order; None if the spec has no name for it."""

    @property
    def coded_size(self) -> tuple[int, int]:
        """Width and height of the stored picture."""

    @property
    def visible_rect(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the visible rectangle within the coded size."""

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height of the visible rectangle after correction of the aspect ratio, before rotation."""

    @property
    def color_space(self) -> VideoColorSpaceInit | None:
        """The colour space in the bitstream; members that it does not have are null. None if the bitstream has none."""

    @property
    def chroma_location(self) -> ChromaLocation | None:
        """The position of sub-sampled chroma samples, or None if it is not known."""

    def copy_planes(self, layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
        """Copy rows to ``destination``. ``layouts`` describes the rows of each plane of ``format``, in order.

        ``destination`` is one-dimensional bytes and large enough; bytes between rows keep their values. May be called
        on any thread. Raises MemoryError.
        """


class AudioResource(MediaResource, Protocol):
    """A media resource with samples."""

    @property
    def format(self) -> AudioSampleFormat | None:
        """The sample format, or None if the spec has no name for it."""

    @property
    def sample_rate(self) -> float:
        """The sample rate in Hz."""

    @property
    def number_of_frames(self) -> int:
        """The number of samples in each channel."""

    @property
    def number_of_channels(self) -> int:
        """The number of channels."""

    def sample_array(self) -> object | None:
        """The samples as an object that numpy.asarray() can view, read-only and without a copy.

        The shape is (channels, samples) if each channel has a plane, else (samples, channels). None if the resource
        does not have its samples in this form; planes() has them in any case.
        """
