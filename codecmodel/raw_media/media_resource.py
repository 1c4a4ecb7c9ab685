"""References to media resources, which are counted (§ 9.1), and the resources that constructors make from bytes.

The counting uses no lock, because the garbage collector releases references, too, and may run on any thread in the
middle of any operation. It relies on single operations that are atomic in CPython: ``list.append``, ``list.pop`` and
``del`` of a slot.
"""

from collections.abc import Sequence
from typing import Final, Generic, TypeVar

from codecmodel.raw_media.audio_sample_format import AUDIO_SAMPLE_FORMATS, AudioSampleFormat
from codecmodel.raw_media.chroma import ChromaLocation
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_copy import copy_planes
from codecmodel.raw_media.plane_layout import ComputedPlaneLayout
from codecmodel.raw_media.resource_protocols import MediaResource, Plane, VideoResource
from codecmodel.web.buffers import BufferSource, is_transferred

ResourceT = TypeVar("ResourceT", bound=MediaResource)


# Spec: raw-media-memory-model-reference-counting
class ResourceReference(Generic[ResourceT]):
    """A reference to a media resource, as a [[resource reference]] slot holds it (§ 9.1.2).

    The thread that releases the last reference calls ``resource.release()``, once. The garbage collector releases the
    references that it collects.
    """

    __slots__ = ("_references", "resource")

    _can_finish_again: Final = True

    #: A list that all references to the resource share, with an entry for each of them. The first entry is the
    #: resource, so the reference that removes it is the last one.
    _references: list[ResourceT | None]

    def __init__(self, resource: ResourceT) -> None:
        """The first reference to ``resource``, which is released through its references only from now on."""
        self.resource = resource
        self._references = [resource]

    def new_reference(self) -> "ResourceReference[ResourceT]":
        """Another reference to the same resource. It must not be called after ``release()``.

        Raises as ``resource.require_usable()`` does.
        """
        self.resource.require_usable()
        reference: ResourceReference[ResourceT] = object.__new__(ResourceReference)
        reference.resource = self.resource
        references = self._references
        references.append(None)
        reference._references = references
        return reference

    def release(self) -> None:
        """Release this reference. To release it again has no effect."""
        try:
            references = self._references
            del self._references
        except AttributeError:
            return
        resource = references.pop()
        if resource is not None:
            resource.release()

    def __del__(self) -> None:
        if hasattr(self, "_references"):
            self.release()


def may_be_referenced(data: BufferSource, transfer: Sequence[BufferSource]) -> bool:
    """Whether a media resource may use the memory of ``data`` itself, because the program transfers it.

    It may if ``data`` is a transferred memoryview. Any other buffer loses its memory when it is detached.
    """
    return isinstance(data, memoryview) and is_transferred(data, transfer) and not is_transferred(data.obj, transfer)


class CachesForEncoders:
    """A resource in which a platform caches the picture that it made of the resource for its encoders.

    Only the platform reads the cache. A cached picture may hold the resource's memory, but not the resource; releasing
    the resource empties the cache.
    """

    __slots__ = ("encoder_cache",)

    encoder_cache: object


class BufferVideoResource(CachesForEncoders):
    """Pixels in the memory of this process, in planes. The display size is the visible size."""

    __slots__ = ("_planes", "chroma_location", "coded_size", "color_space", "format", "visible_rect")

    chroma_location: ChromaLocation | None

    def __init__(
        self,
        format: VideoPixelFormat,
        coded_size: tuple[int, int],
        planes: Sequence[Plane],
        color_space: VideoColorSpaceInit | None = None,
    ) -> None:
        self.format = format
        self.coded_size = coded_size
        self.visible_rect = (0, 0, *coded_size)
        self.color_space = color_space
        self.chroma_location = None
        self.encoder_cache = None
        self._planes = tuple(Plane(plane.data.toreadonly(), plane.stride) for plane in planes)

    @property
    def display_size(self) -> tuple[int, int]:
        return self.visible_rect[2:]

    def require_usable(self) -> None:
        """Accept: a forked process has a copy of the memory."""

    def planes(self) -> Sequence[Plane]:
        return self._planes

    def copy_planes(self, layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
        copy_planes(self._planes, layouts, destination)

    def release(self) -> None:
        """Drop the memory, which is freed together with the last view of it."""
        self._planes = ()
        self.encoder_cache = None


class BufferAudioResource:
    """Samples in the memory of this process. ``data`` is one-dimensional bytes with all planes, one after the other."""

    __slots__ = ("_data", "format", "number_of_channels", "number_of_frames", "sample_rate")

    def __init__(
        self,
        format: AudioSampleFormat,
        sample_rate: float,
        number_of_frames: int,
        number_of_channels: int,
        data: memoryview,
    ) -> None:
        self.format = format
        self.sample_rate = sample_rate
        self.number_of_frames = number_of_frames
        self.number_of_channels = number_of_channels
        self._data = data.toreadonly()

    def require_usable(self) -> None:
        """Accept: a forked process has a copy of the memory."""

    def planes(self) -> Sequence[Plane]:
        description = AUDIO_SAMPLE_FORMATS[self.format]
        plane_size = description.bytes_per_sample * self.number_of_frames
        if not description.is_planar:
            plane_size *= self.number_of_channels
        data = self._data
        return tuple(Plane(data[start : start + plane_size], plane_size) for start in range(0, len(data), plane_size))

    def sample_array(self) -> None:
        """None: the planes have the samples."""

    def release(self) -> None:
        """Drop the memory, which is freed together with the last view of it."""
        self._data = memoryview(b"")


def detected_color_space(resource: VideoResource) -> VideoColorSpaceInit | None:
    """The colour space that the implementation has detected. Takes over the resource if it raises an exception.

    Not in the spec: the resource is released then, because no frame has taken it over yet.
    """
    try:
        return resource.color_space
    except BaseException:
        resource.release()
        raise
