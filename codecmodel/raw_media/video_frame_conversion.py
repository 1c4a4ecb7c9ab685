"""Convert to RGB frame (§ 9.4.6), and rendering (§ 9.4.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.lazy_numpy import np
from codecmodel.raw_media.chroma import ChromaLocation
from codecmodel.raw_media.color_space import (
    PredefinedColorSpace,
    VideoColorSpaceInit,
    convert_predefined_color_space_to_video_color_space,
)
from codecmodel.raw_media.media_resource import ResourceReference
from codecmodel.raw_media.pixel_format import CONVERSION_FORMATS, VideoPixelFormat
from codecmodel.raw_media.plane_copy import copy_in_parts
from codecmodel.raw_media.plane_layout import ComputedPlaneLayout
from codecmodel.raw_media.resource_protocols import Plane, VideoResource
from codecmodel.raw_media.rgb.colorimetry import needs_light
from codecmodel.raw_media.rgb.conversion import RGBFormat, convert_to_rgb, rgb_array, source_picture_of_resource
from codecmodel.raw_media.rgb.source_picture import Region, SourcePicture
from codecmodel.raw_media.slots import VideoFrameSlots

if TYPE_CHECKING:
    import numpy.typing as npt


VideoFrameT = TypeVar("VideoFrameT", bound=VideoFrameSlots)
PixelsT = TypeVar("PixelsT", "npt.NDArray[np.uint8]", "npt.NDArray[np.uint16]")


class ConvertedVideoResource:
    """The pixels of another resource in an RGB format. The thread that first needs them converts them."""

    __slots__ = ("_color_space", "_format", "_picture", "_planes", "_region", "_source")

    def __init__(
        self,
        source: ResourceReference[VideoResource],
        picture: SourcePicture,
        region: Region,
        format: RGBFormat,
        color_space: PredefinedColorSpace,
    ) -> None:
        """Convert ``region`` of ``picture``. ``source`` is the reference to its resource, which this takes over."""
        self._source = source
        self._picture: SourcePicture | None = picture
        self._region = region
        self._format = format
        self._color_space = color_space
        self._planes: tuple[Plane, ...] | None = None

    @property
    def format(self) -> VideoPixelFormat:
        return self._format

    @property
    def coded_size(self) -> tuple[int, int]:
        return self._region.width, self._region.height

    @property
    def visible_rect(self) -> tuple[int, int, int, int]:
        return 0, 0, *self.coded_size

    @property
    def display_size(self) -> tuple[int, int]:
        return self.coded_size

    @property
    def color_space(self) -> VideoColorSpaceInit:
        return convert_predefined_color_space_to_video_color_space(self._color_space).toJSON()

    @property
    def chroma_location(self) -> ChromaLocation | None:
        return None

    def require_usable(self) -> None:
        self._source.resource.require_usable()

    def planes(self) -> Sequence[Plane]:
        if self._planes is None:
            assert self._picture is not None, "planes() is not called after release()"
            pixels = rgb_array(self._picture, self._region, self._format, self._color_space)
            self._planes = (Plane(pixels.reshape(-1).data.toreadonly(), 4 * self._region.width),)
        return self._planes

    def copy_planes(self, layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
        """Convert the pixels directly into ``destination``."""
        assert self._picture is not None, "copy_planes() is not called after release()"
        if needs_light(self._picture.color_space, self._color_space):
            copy_in_parts(self._convert_rows, layouts, destination)
        else:
            # For speed: this conversion consists of so short operations that several threads would mostly wait for the
            # interpreter.
            self._convert_rows(layouts, destination)

    def _convert_rows(self, layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
        """Convert the rows of the layout. They are whole rows, as the region has no pixels around it."""
        assert self._picture is not None, "copy_planes() is not called after release()"
        (layout,) = layouts
        left, top, right, _ = self._region
        top += layout.source_top
        rows = Region(left, top, right, top + layout.source_height)
        strides = (layout.destination_stride, 4, 1)
        out = np.ndarray((rows.height, rows.width, 4), np.uint8, destination, layout.destination_offset, strides)
        convert_to_rgb(self._picture, rows, self._format, self._color_space, out)

    def release(self) -> None:
        self._planes = ()
        self._picture = None
        self._source.release()


def source_picture(frame: VideoFrameSlots) -> SourcePicture:
    """The pixels of a frame, bounded by its visible rectangle.

    Raises InvalidStateError if the frame is closed, NotSupportedError if the spec has no name for its format.
    """
    resource = frame._require_open().resource
    left, top = frame._visible_left, frame._visible_top
    bounds = Region(left, top, left + frame._visible_width, top + frame._visible_height)
    return source_picture_of_resource(resource, frame._require_named_format(), bounds, frame._color_space.toJSON())


@algorithm("videoframe-convert-to-rgb-frame")
def convert_to_rgb_frame(
    frame: VideoFrameT, rect: Region, format: RGBFormat, color_space: PredefinedColorSpace
) -> VideoFrameT:
    """Convert to RGB frame. ``rect`` takes the place of the spec's visible rectangle: it has the pixels to convert."""
    # 1. The format must be an RGB format.
    assert format in CONVERSION_FORMATS, "the caller has checked the format"
    # 2. Make a new object, with these slots:
    converted_frame = type(frame).__new__(type(frame))
    # 2.1. it is not detached,
    converted_frame._detached = False
    # 2.2. it has the RGB format,
    converted_frame._format = format
    # 2.3. and 2.4. the width and the height of the rectangle
    width, height = rect.width, rect.height
    # 2.5. are its coded size, its visible size and its display size;
    converted_frame._coded_width, converted_frame._coded_height = width, height
    converted_frame._visible_left = converted_frame._visible_top = 0
    converted_frame._visible_width, converted_frame._visible_height = width, height
    converted_frame._display_width, converted_frame._display_height = width, height
    # 2.6. duration and timestamp are those of the source,
    converted_frame._duration = frame._duration
    converted_frame._timestamp = frame._timestamp
    # 2.7. and the colour space is that of the target.
    converted_frame._color_space = convert_predefined_color_space_to_video_color_space(color_space)
    # 2.8. Make a resource of the converted pixels. (The conversion itself is done when the pixels are needed. Pixels
    # outside of the visible rectangle have no influence on those inside.)
    picture = source_picture(frame)
    if not picture.bounds.contains(rect):
        coded = Region(0, 0, frame._coded_width, frame._coded_height)
        resource = frame._require_open().resource
        picture = source_picture_of_resource(resource, picture.format, coded, frame._color_space.toJSON())
    source = frame._require_open().new_reference()
    resource = ConvertedVideoResource(source, picture, rect, format, color_space)
    # 2.9. The object holds a reference to that resource.
    converted_frame._resource_reference = ResourceReference(resource)
    # Not in the spec: rotation, flip and metadata, to which the steps assign nothing.
    converted_frame._rotation, converted_frame._flip, converted_frame._metadata = 0.0, False, {}
    # 3. Return it.
    return converted_frame


# Spec: videoframe-rendering
def rendered(frame: VideoFrameSlots, color_space: PredefinedColorSpace | None = "srgb") -> npt.NDArray[np.uint8]:
    """The rendering of a frame: R', G', B' and alpha of 8 bits, in an array of shape (rows, columns, 4).

    The visible rectangle is turned and flipped as the frame says, but not scaled to the display size. Colours are not
    multiplied by alpha. With None as ``color_space`` the primaries and the transfer characteristics stay those of the
    frame. Raises InvalidStateError if the frame is closed, NotSupportedError if the spec has no name for its format.
    """
    picture = source_picture(frame)
    return turned(rgb_array(picture, picture.bounds, "RGBA", color_space), frame._rotation, frame._flip)


def turned(pixels: PixelsT, rotation: float, flip: bool) -> PixelsT:
    """A view of ``pixels``, turned clockwise by ``rotation`` degrees and then flipped if ``flip`` is true."""
    # rot90() turns counter-clockwise.
    upright = np.rot90(pixels, -round(rotation / 90))
    return upright[:, ::-1] if flip else upright
