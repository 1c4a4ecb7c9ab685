"""VideoFrame: a frame of unencoded video (§ 9.4), and Create a VideoFrame (§ 9.4.6)."""

from collections.abc import Mapping
from typing import NoReturn, cast, overload

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.color_space import VideoColorSpace, VideoColorSpaceInit
from codecmodel.raw_media.dom_rect import DOMRectReadOnly, new_dom_rect
from codecmodel.raw_media.frame_of_arrays import Arrays, VideoFrameArrayInit, as_arrays, format_of, packed
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
from codecmodel.web.closed_at_end import ClosedAtEnd
from codecmodel.web.event_loop import Promise
from codecmodel.web.webidl import returns_a_promise


class VideoFrame(VideoFrameSlots, ClosedAtEnd):
    """A frame of video: pixels, with their format, sizes, colour space and timestamp (§ 9.4).

    Sizes are in pixels, times in microseconds. Once the frame is closed, sizes are 0, and ``format`` and the rectangles
    are None; ``timestamp`` and ``duration`` stay.
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

        From another VideoFrame it makes a frame with the same pixels, without a copy. From any other image (of Pillow,
        or of a host, see codecmodel.hosting) and from bytes it makes a frame with a copy of the pixels.

        Raises TypeError if ``init`` is not valid or the data is too short, InvalidStateError if the image is closed or
        not usable, SecurityError if it is of another origin, DataCloneError if ``init`` transfers a detached buffer, or
        one buffer twice.
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
            raise TypeError(f"a VideoFrame is made from an image or from bytes, and this is neither: {error}") from None
        if init is None:
            raise TypeError("a VideoFrame is made from bytes with an init that describes them, which is missing")
        try:
            buffer_init = video_frame_buffer_init(init, "init")
        except TypeError as error:
            if getattr(source, "ndim", 1) > 1:
                # Not in the spec: the note for programs that pass an array of pixels as it is.
                error.add_note("VideoFrame.from_arrays(array, init) takes format and size from an array")
            raise
        initialize_from_data(self, data, buffer_init)

    @property
    def format(self) -> VideoPixelFormat | None:
        """The pixel format, or None if the spec has no name for it."""
        return self._format

    @property
    def codedWidth(self) -> int:
        """The width of the stored picture in pixels, including padding."""
        return self._coded_width

    @property
    def codedHeight(self) -> int:
        """The height of the stored picture in pixels, including padding."""
        return self._coded_height

    @property
    @algorithm("dom-videoframe-codedrect")
    def codedRect(self) -> DOMRectReadOnly | None:
        """The coded size as a rectangle at (0, 0), or None once the frame is closed."""
        # 1. A closed frame has no rectangle.
        if self._detached:
            return None
        # 2. to 3. Return a rectangle of the coded size.
        return new_dom_rect(0, 0, self._coded_width, self._coded_height)

    @property
    @algorithm("dom-videoframe-visiblerect")
    def visibleRect(self) -> DOMRectReadOnly | None:
        """The part of the coded size that is meant to be seen, or None once the frame is closed."""
        # 1. A closed frame has no rectangle.
        if self._detached:
            return None
        # 2. to 3. Return the visible rectangle.
        return self._visible_rect()

    @property
    def rotation(self) -> float:
        """The rotation to render the frame with, before ``flip``: 0, 90, 180 or 270 degrees clockwise."""
        return self._rotation

    @property
    def flip(self) -> bool:
        """Whether the frame is rendered as its mirror image, flipped horizontally after ``rotation``."""
        return self._flip

    @property
    def displayWidth(self) -> int:
        """The width to display the frame with, in pixels, after rotation and correction of the aspect ratio."""
        return self._display_width

    @property
    def displayHeight(self) -> int:
        """The height to display the frame with, in pixels, after rotation and correction of the aspect ratio."""
        return self._display_height

    @property
    def duration(self) -> int | None:
        """The presentation duration in microseconds, or None. It stays when the frame is closed."""
        return self._duration

    @property
    def timestamp(self) -> int:
        """The presentation timestamp in microseconds. It stays when the frame is closed."""
        return self._timestamp

    @property
    def colorSpace(self) -> VideoColorSpace:
        """The colour space of the pixels."""
        return self._color_space

    @algorithm("dom-videoframe-metadata")
    def metadata(self) -> VideoFrameMetadata:
        """A copy of the metadata. Raises InvalidStateError if the frame is closed."""
        # 1. A closed frame has no metadata.
        self._require_open()
        # 2. Run Copy VideoFrame metadata.
        return copy_video_frame_metadata(self._metadata)

    def allocationSize(self, options: VideoFrameCopyToOptions | None = None) -> int:
        """The number of bytes that the destination of ``copyTo`` needs with these options.

        Raises InvalidStateError if the frame is closed, TypeError if the rectangle or the layout is not possible,
        NotSupportedError if ``format`` is None or ``options.format`` is not an RGB format.
        """
        return allocation_size(self, options)

    @returns_a_promise
    def copyTo(
        self, destination: BufferSource, options: VideoFrameCopyToOptions | None = None
    ) -> Promise[list[PlaneLayout]]:
        """Copy pixels to ``destination`` on another thread. The promise gives the layout of the planes in it.

        With ``options.format`` the pixels are converted as docs/colour.md says. The promise is rejected where
        ``allocationSize`` raises, and with TypeError if ``destination`` is too small or read-only. Until the promise is
        settled, the destination belongs to the copy. Raises RuntimeError if there is no event loop.
        """
        return copy_to(self, destination, options)

    @algorithm("dom-videoframe-clone")
    def clone(self) -> "VideoFrame":
        """Another VideoFrame with the same pixels, without a copy. Raises InvalidStateError if this is closed."""
        # 1. A closed frame cannot be cloned.
        self._require_open()
        # 2. Run Clone VideoFrame.
        return clone_video_frame(self)

    def close(self) -> None:
        """Give up the pixels; arrays that view them stay valid. To close a frame again has no effect."""
        close_video_frame(self)

    # Not in the spec: the pixels as bytes and as numpy arrays.

    @classmethod
    def from_arrays(cls, arrays: Arrays, init: VideoFrameArrayInit) -> "VideoFrame":
        """A frame of a copy of numpy arrays: one for each plane, of the shapes and types that plane_arrays() gives.

        One array is enough for an RGB format; its shape is (rows, columns, 4), or (rows, columns, 3) if all pixels are
        opaque. It is also enough for the other formats if it has all planes below each other, each as wide as the
        picture. Arrays of other libraries are read by numpy.

        ``init`` is that of a buffer without sizes and layout. Without ``format``, the arrays have to be one array of
        RGB pixels: three components are RGBX, and four are RGBA.

        Raises TypeError if the arrays are not those of the format, or could be of several formats, and as the
        constructor does.
        """
        if not isinstance(cast("object", init), Mapping):
            raise TypeError(f"init is a dictionary such as {{'timestamp': 0}}, not {init!r}")
        planes = as_arrays(arrays)
        format = video_pixel_format(init["format"], "init.format") if "format" in init else format_of(planes)
        data, width, height = packed(planes, format)
        sized = {**init, "format": format, "codedWidth": width, "codedHeight": height, "transfer": [data]}
        return cls(data, cast("VideoFrameBufferInit", sized))

    def planes(self) -> tuple[Plane, ...]:
        """The planes in the order of the format, each with ``data`` (read-only bytes) and ``stride`` (bytes per row).

        Nothing is copied, and the bytes stay valid when the frame is closed. If ``format`` is None, the planes are
        those of the codec. Raises InvalidStateError if the frame is closed.
        """
        planes = self._require_open().resource.planes()
        count = None if self._format is None else len(PIXEL_FORMATS[self._format].planes)
        return tuple(planes[:count])

    def plane_arrays(self, *, visible: bool = False) -> tuple[PlaneArray, ...]:
        """The planes as read-only arrays, without a copy. They stay valid when the frame is closed.

        They have the coded size, or that of the visible rectangle if ``visible`` is true. Their shape is (rows,
        columns), or (rows, columns, components) for the UV plane of NV12 and for RGB formats. Their type is uint8, or
        little-endian uint16 for 10 and 12 bits. Raises InvalidStateError if the frame is closed, NotSupportedError if
        ``format`` is None.
        """
        planes = self._require_open().resource.planes()
        format = self._require_named_format()
        left, top, right, bottom = 0, 0, self._coded_width, self._coded_height
        if visible:
            left, top = self._visible_left, self._visible_top
            right, bottom = left + self._visible_width, top + self._visible_height
        return plane_arrays(planes, format, left, top, right, bottom)

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NoReturn:
        """Refuses: a frame usually has several planes, and no single array of them suits all programs."""
        raise TypeError(
            "a VideoFrame is not one array: plane_arrays() gives its planes, exact_rgb() and approximate_rgb() in "
            "codecmodel.rgb give RGB pixels"
        )

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
    """Create a VideoFrame. It takes over ``output``.

    ``timestamp`` and ``duration`` are in microseconds, ``rotation`` is in degrees clockwise. Without ``color_space``
    the format decides, see Pick Color Space.
    """
    # 1. Make a new object, with these slots:
    frame = VideoFrame.__new__(VideoFrame)
    # 1.1. it is not detached,
    frame._detached = False
    # 1.2. to 1.4. it holds a reference to the output,
    frame._resource_reference = ResourceReference(output)
    # 1.5. and it has the format of the output, or null if the spec has no name for that.
    frame._format = output.format
    # 1.6. The coded size,
    coded_width, coded_height = output.coded_size
    # 1.7. the visible rectangle,
    visible_left, visible_top, visible_width, visible_height = output.visible_rect
    # 1.8. and the display size are those of the output.
    display_width, display_height = output.display_size
    # 1.9. If a display aspect is given, increase one side to have that ratio.
    if display_aspect_width is not None and display_aspect_height is not None:
        display_width, display_height = _increase_to_aspect(
            display_width, display_height, display_aspect_width, display_aspect_height
        )
    # Not in the spec: rotation is rounded to quarter turns, and width and height of the display size change places.
    # (The spec does both for all other ways to make a frame.)
    if rotation:
        rotation = parse_rotation(rotation)
        if rotation in (90, 270):
            display_width, display_height = display_height, display_width
    # 1.10. Assign these sizes,
    frame._coded_width, frame._coded_height = coded_width, coded_height
    frame._visible_left, frame._visible_top = visible_left, visible_top
    frame._visible_width, frame._visible_height = visible_width, visible_height
    frame._display_width, frame._display_height = display_width, display_height
    # 1.11. duration and timestamp,
    frame._duration = duration
    frame._timestamp = timestamp
    # 1.12. the colour space, which depends on the format if none is given,
    frame._color_space = pick_color_space(color_space, frame._format)
    # 1.13. rotation and flip. (The spec has this assignment the wrong way round.)
    frame._rotation = rotation
    frame._flip = flip
    # Not in the spec: there is no metadata yet. (The steps assign nothing.)
    frame._metadata = {}
    # 2. Return it.
    return frame


def _increase_to_aspect(width: int, height: int, aspect_width: int, aspect_height: int) -> tuple[int, int]:
    """Width and height with the ratio of the aspect: one of them is increased, and rounded to the nearest integer."""
    if width * aspect_height < height * aspect_width:
        return (2 * height * aspect_width + aspect_height) // (2 * aspect_height), height
    return width, (2 * width * aspect_height + aspect_width) // (2 * aspect_width)
