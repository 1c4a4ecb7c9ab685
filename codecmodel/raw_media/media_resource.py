"""Media resources, their references counted, and the resources that constructors make from a program's bytes (§ 9.1).

No lock: references are also dropped by the garbage collector, which may run on any thread in the middle of anything,
so counting rests on single operations of CPython that are atomic (``list.append``, ``list.pop``, ``del`` of a slot).
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

from codecmodel.raw_media.audio_sample_format import AUDIO_SAMPLE_FORMATS, AudioSampleFormat
from codecmodel.raw_media.chroma import ChromaLocation
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_copy import copy_planes
from codecmodel.raw_media.plane_layout import ComputedPlaneLayout
from codecmodel.raw_media.resource_protocols import MediaResource, Plane
from codecmodel.web.buffers import BufferSource, is_transferred

ResourceT = TypeVar("ResourceT", bound=MediaResource)


# Spec: raw-media-memory-model-reference-counting
class ResourceReference(Generic[ResourceT]):
    """A reference to a media resource: what a [[resource reference]] slot holds (§ 9.1.2).

    ``resource.release()`` is called once, when the last reference is released, by whichever thread does that. A
    reference that is collected by the garbage collector is released thereby.
    """

    __slots__ = ("_references", "resource")

    #: One entry per reference, in a list that all references to the resource share. The first entry is the resource;
    #: whoever takes that out is the last.
    _references: list[ResourceT | None]

    def __init__(self, resource: ResourceT) -> None:
        """The first reference to ``resource``, which from now on is released through references alone."""
        self.resource = resource
        self._references = [resource]

    def new_reference(self) -> "ResourceReference[ResourceT]":
        """A further reference to the same resource. Not to be called after ``release()``."""
        reference: ResourceReference[ResourceT] = object.__new__(ResourceReference)
        reference.resource = self.resource
        references = self._references
        references.append(None)
        reference._references = references
        return reference

    def release(self) -> None:
        """Give up this reference. Doing so again has no effect."""
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
    """Whether a media resource may use the memory of ``data`` itself, as the program hands it over by ``transfer``.

    It may if ``data`` is a memoryview: any other buffer takes its memory along when it is detached.
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
    """Pixels in memory of this process, in the planes given. Their display size is their visible size."""

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

    def planes(self) -> Sequence[Plane]:
        return self._planes

    def copy_planes(self, layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
        copy_planes(self._planes, layouts, destination)

    def release(self) -> None:
        """The memory goes when the last view of it goes."""
        self._planes = ()
        self.encoder_cache = None


class BufferAudioResource:
    """Samples in memory of this process; ``data`` (one-dimensional bytes) holds all planes one after the other."""

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

    def planes(self) -> Sequence[Plane]:
        description = AUDIO_SAMPLE_FORMATS[self.format]
        plane_size = description.bytes_per_sample * self.number_of_frames
        if not description.is_planar:
            plane_size *= self.number_of_channels
        data = self._data
        return tuple(Plane(data[start : start + plane_size], plane_size) for start in range(0, len(data), plane_size))

    def release(self) -> None:
        """The memory goes when the last view of it goes."""
        self._data = memoryview(b"")
