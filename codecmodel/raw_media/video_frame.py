"""VideoFrame: a frame of unencoded video (§ 9.4)."""

from typing import cast, overload

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.color_space import VideoColorSpace, VideoColorSpaceInit
from codecmodel.raw_media.dom_rect import DOMRectReadOnly
from codecmodel.raw_media.frame_of_arrays import Arrays, VideoFrameArrayInit, packed
from codecmodel.raw_media.image_source import ImageSource
from codecmodel.raw_media.media_resource import ResourceReference
from codecmodel.raw_media.pillow import PillowImage, PillowSource, is_pillow_image
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat, video_pixel_format
from codecmodel.raw_media.plane_arrays import PlaneArray, plane_arrays
from codecmodel.raw_media.plane_layout import PlaneLayout
from codecmodel.raw_media.resource_protocols import Plane, VideoResource
from codecmodel.raw_media.slots import VideoFrameSlots
from codecmodel.raw_media.video_frame_algorithms import parse_rotation, pick_color_space
from codecmodel.raw_media.video_frame_copy import VideoFrameCopyToOptions, allocation_size, copy_to
from codecmodel.raw_media.video_frame_from_data import initialize_from_data
from codecmodel.raw_media.video_frame_from_image import initialize_from_image
from codecmodel.raw_media.video_frame_init import (
    VideoFrameBufferInit,
    VideoFrameInit,
    video_frame_buffer_init,
    video_frame_init,
)
from codecmodel.raw_media.video_frame_lifetime import clone_video_frame, close_video_frame
from codecmodel.raw_media.video_frame_metadata import VideoFrameMetadata, copy_video_frame_metadata
from codecmodel.web.buffers import BufferSource, allow_shared_buffer_source
from codecmodel.web.event_loop import Promise


class VideoFrame(VideoFrameSlots):
    """A frame of video: its pixels, and what they are (§ 9.4).

    Sizes in pixels, times in microseconds. Once closed, sizes are 0, ``format`` and the rectangles are None.
    """

    __slots__ = ("__weakref__",)

    @overload
    def __init__(self, image: "VideoFrame | ImageSource | PillowImage", init: VideoFrameInit = ..., /) -> None: ...

    @overload
    def __init__(self, data: BufferSource, init: VideoFrameBufferInit, /) -> None: ...

    def __init__(
        self,
        source: "VideoFrame | ImageSource | PillowImage | BufferSource",
        init: VideoFrameInit | VideoFrameBufferInit | None = None,
        /,
    ) -> None:
        """VideoFrame(image, init) or VideoFrame(data, init), § 9.4.2.

        A VideoFrame gives another one of the same pixels, without a copy. Other images (Pillow's, and those of
        raw_media.image_source) and buffers give one of a copy.

        Raises TypeError if ``init`` is not valid or the data too short, InvalidStateError if the image is closed or
        not usable, SecurityError if it is of another origin, DataCloneError if ``init`` transfers a buffer that is
        detached, or one twice.
        """
        if isinstance(source, VideoFrame | ImageSource):
            initialize_from_image(self, source, video_frame_init({} if init is None else init, "init"))
            return
        if is_pillow_image(source):
            image = PillowSource(source)
            initialize_from_image(self, image, video_frame_init({} if init is None else init, "init"))
            return
        try:
            data = allow_shared_buffer_source(source, "data")
        except TypeError as error:
            raise TypeError(f"neither a VideoFrame nor bytes to make a VideoFrame of: {error}") from None
        if init is None:
            raise TypeError("bytes need an init to make a VideoFrame of them")
        initialize_from_data(self, data, video_frame_buffer_init(init, "init"))

    @property
    def format(self) -> VideoPixelFormat | None:
        """The pixel format, or None if the spec has no name for it."""
        return self._format

    @property
    def codedWidth(self) -> int:
        """Width of what is stored, in pixels, padding included."""
        return self._coded_width

    @property
    def codedHeight(self) -> int:
        """Height of what is stored, in pixels, padding included."""
        return self._coded_height

    @property
    @algorithm("dom-videoframe-codedrect")
    def codedRect(self) -> DOMRectReadOnly | None:
        """The coded size as a rectangle at (0, 0)."""
        # 1.
        if self._detached:
            return None
        # 2. to 3.
        return DOMRectReadOnly(0, 0, self._coded_width, self._coded_height)

    @property
    @algorithm("dom-videoframe-visiblerect")
    def visibleRect(self) -> DOMRectReadOnly | None:
        """The rectangle of the coded size that is to be seen."""
        # 1.
        if self._detached:
            return None
        # 2. to 3.
        return self._visible_rect()

    @property
    def rotation(self) -> float:
        """Degrees clockwise, a multiple of 90, by which the frame is turned when rendered, before ``flip``."""
        return self._rotation

    @property
    def flip(self) -> bool:
        """Whether the frame is mirrored horizontally when rendered, after ``rotation``."""
        return self._flip

    @property
    def displayWidth(self) -> int:
        """Width when displayed, in pixels, after rotation and correction of the aspect ratio."""
        return self._display_width

    @property
    def displayHeight(self) -> int:
        """Height when displayed, in pixels, after rotation and correction of the aspect ratio."""
        return self._display_height

    @property
    def duration(self) -> int | None:
        """Presentation duration in microseconds, if known; kept when closed."""
        return self._duration

    @property
    def timestamp(self) -> int:
        """Presentation timestamp in microseconds; kept when closed."""
        return self._timestamp

    @property
    def colorSpace(self) -> VideoColorSpace:
        return self._color_space

    @algorithm("dom-videoframe-metadata")
    def metadata(self) -> VideoFrameMetadata:
        """A copy of the metadata. Raises InvalidStateError if closed."""
        # 1.
        self._require_open()
        # 2.
        return copy_video_frame_metadata(self._metadata)

    def allocationSize(self, options: VideoFrameCopyToOptions | None = None) -> int:
        """The number of bytes that a destination of ``copyTo`` with these options needs.

        Raises InvalidStateError if closed, TypeError if the rectangle or the layout is not possible,
        NotSupportedError if ``format`` is None or the format asked for is not an RGB format.
        """
        return allocation_size(self, options)

    def copyTo(
        self, destination: BufferSource, options: VideoFrameCopyToOptions | None = None
    ) -> Promise[list[PlaneLayout]]:
        """Copy pixels to ``destination``, on another thread; gives where the planes are in it.

        With ``format`` they are converted as docs/colour.md says. Rejected as ``allocationSize`` raises, and with
        TypeError if ``destination`` is too small or read-only. Until the promise is settled, the destination belongs to
        the copy. Raises RuntimeError where there is no event loop.
        """
        return copy_to(self, destination, options)

    @algorithm("dom-videoframe-clone")
    def clone(self) -> "VideoFrame":
        """Another VideoFrame of the same pixels, without a copy. Raises InvalidStateError if closed."""
        # 1.
        self._require_open()
        # 2.
        return clone_video_frame(self)

    def close(self) -> None:
        """Give up the pixels; views of them stay valid. Closing twice has no effect."""
        close_video_frame(self)

    # Not from the spec: the pixels, for Python.

    @classmethod
    def from_arrays(cls, arrays: Arrays, init: VideoFrameArrayInit) -> "VideoFrame":
        """A frame of a copy of numpy arrays: one for each plane, of the shapes and types that plane_arrays() gives.

        One array will do for RGB formats, of shape (rows, columns, 4), or 3 if all is opaque; and for others, with all
        planes below each other in a picture's width, if they fill it. ``init`` is that of a buffer without sizes and
        layout. Raises TypeError if the arrays are not those of the format, and as the constructor does.
        """
        format = video_pixel_format(init["format"], "init.format")
        data, width, height = packed(arrays, format)
        sized = {**init, "codedWidth": width, "codedHeight": height, "transfer": [data]}
        return cls(data, cast("VideoFrameBufferInit", sized))

    def planes(self) -> tuple[Plane, ...]:
        """The planes in the format's order, each with ``data`` (read-only bytes) and ``stride`` (bytes a row).

        Nothing is copied; the bytes stay valid when this is closed. Where ``format`` is None the planes are as the
        codec has them. Raises InvalidStateError if closed.
        """
        planes = self._require_open().resource.planes()
        count = None if self._format is None else len(PIXEL_FORMATS[self._format].planes)
        return tuple(planes[:count])

    def plane_arrays(self, *, visible: bool = False) -> tuple[PlaneArray, ...]:
        """The planes as read-only arrays, without a copy; they stay valid when this is closed.

        Of the whole coded size, or of the visible rectangle. Of shape (rows, width), or (rows, width, components) for
        the UV plane of NV12 and for RGB formats; of type uint8, or little-endian uint16 for 10 and 12 bits. Raises
        InvalidStateError if closed, NotSupportedError if ``format`` is None.
        """
        planes = self._require_open().resource.planes()
        format = self._require_named_format()
        left, top, right, bottom = 0, 0, self._coded_width, self._coded_height
        if visible:
            left, top = self._visible_left, self._visible_top
            right, bottom = left + self._visible_width, top + self._visible_height
        return plane_arrays(planes, format, left, top, right, bottom)

    def __repr__(self) -> str:
        if self._detached:
            return f"VideoFrame(closed, timestamp={self._timestamp})"
        return (
            f"VideoFrame(format={self._format!r}, codedWidth={self._coded_width}, codedHeight={self._coded_height}, "
            f"timestamp={self._timestamp}, duration={self._duration})"
        )


@algorithm("create-a-videoframe")
def create_a_video_frame(
    output: VideoResource,
    timestamp: int,
    *,
    duration: int | None = None,
    display_aspect_width: int | None = None,
    display_aspect_height: int | None = None,
    color_space: VideoColorSpaceInit | None = None,
    rotation: float = 0.0,
    flip: bool = False,
) -> VideoFrame:
    """Create a VideoFrame, which takes over ``output``. Times in microseconds, ``rotation`` in degrees clockwise."""
    # 1. The new object's slots:
    frame = VideoFrame.__new__(VideoFrame)
    # 1.1.
    frame._detached = False
    # 1.2. to 1.4.
    frame._resource_reference = ResourceReference(output)
    # 1.5.
    frame._format = output.format
    # 1.6.
    coded_width, coded_height = output.coded_size
    # 1.7.
    visible_left, visible_top, visible_width, visible_height = output.visible_rect
    # 1.8.
    display_width, display_height = output.display_size
    # 1.9.
    if display_aspect_width is not None and display_aspect_height is not None:
        display_width, display_height = _increase_to_aspect(
            display_width, display_height, display_aspect_width, display_aspect_height
        )
    # Not from the spec, whose other ways to make a frame do it: rotation is by quarter turns, and the display size is
    # that "after applying rotation".
    if rotation:
        rotation = parse_rotation(rotation)
        if rotation in (90, 270):
            display_width, display_height = display_height, display_width
    # 1.10.
    frame._coded_width, frame._coded_height = coded_width, coded_height
    frame._visible_left, frame._visible_top = visible_left, visible_top
    frame._visible_width, frame._visible_height = visible_width, visible_height
    frame._display_width, frame._display_height = display_width, display_height
    # 1.11.
    frame._duration = duration
    frame._timestamp = timestamp
    # 1.12.
    frame._color_space = pick_color_space(color_space, frame._format)
    # 1.13. (the slots are assigned, not the arguments)
    frame._rotation = rotation
    frame._flip = flip
    # Not from the spec, which forgets it.
    frame._metadata = {}
    # 2.
    return frame


def _increase_to_aspect(width: int, height: int, aspect_width: int, aspect_height: int) -> tuple[int, int]:
    """``width`` and ``height``, one of them increased to the nearest integer that has the ratio asked for."""
    if width * aspect_height < height * aspect_width:
        return (2 * height * aspect_width + aspect_height) // (2 * aspect_height), height
    return width, (2 * width * aspect_height + aspect_width) // (2 * aspect_width)
