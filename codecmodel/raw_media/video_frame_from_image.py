"""VideoFrame(image, init): a frame of another one, or of a host's image (§ 9.4.2)."""

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.color_space import new_video_color_space
from codecmodel.raw_media.dom_rect import DOMRectReadOnly
from codecmodel.raw_media.image_source import BitmapSource, ImageElementSource, ImageSource, VideoElementSource
from codecmodel.raw_media.media_resource import ResourceReference
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS
from codecmodel.raw_media.resource_protocols import VideoResource
from codecmodel.raw_media.slots import VideoFrameSlots
from codecmodel.raw_media.video_frame_algorithms import (
    initialize_visible_rect_orientation_and_display_size,
    validate_video_frame_init,
)
from codecmodel.raw_media.video_frame_init import VideoFrameInit
from codecmodel.raw_media.video_frame_metadata import copy_video_frame_metadata
from codecmodel.web.errors import DOMException


@algorithm("dom-videoframe-videoframe")
def initialize_from_image(frame: VideoFrameSlots, image: VideoFrameSlots | ImageSource, init: VideoFrameInit) -> None:
    """VideoFrame(image, init), of a VideoFrame or another image, and a converted dictionary."""
    # 1.
    if not _is_usable(image):
        raise DOMException(f"{image!r} is closed, or has no pixels", "InvalidStateError")
    # 2. A VideoFrame always is.
    if isinstance(image, ImageSource) and not image.is_origin_clean():
        raise DOMException(f"{image!r} is of another origin", "SecurityError")
    # 3. n/a: Python has made the object.
    # 4.
    if isinstance(image, ImageElementSource):
        _initialize_from_image_element(frame, image, init)
    elif isinstance(image, VideoElementSource):
        _initialize_from_video_element(frame, image, init)
    elif isinstance(image, BitmapSource):
        _initialize_from_bitmap(frame, image, init)
    else:
        assert not isinstance(image, ImageSource), "image sources are of one of the kinds above"
        _initialize_from_video_frame(frame, image, init)
    # 5. n/a: the caller has the object.


def _is_usable(image: VideoFrameSlots | ImageSource) -> bool:
    """HTML: check the usability of the image argument."""
    if not isinstance(image, ImageSource):
        return not image._detached
    try:
        return image.is_usable()
    except DOMException:
        return False


@algorithm("dom-videoframe-videoframe", part="htmlimageelement-svgimageelement")
def _initialize_from_image_element(frame: VideoFrameSlots, image: ImageElementSource, init: VideoFrameInit) -> None:
    # 1.
    _require_timestamp(init)
    # 2.
    natural_size = image.natural_size
    if natural_size is None:
        raise DOMException(f"{image!r} has no natural dimensions", "InvalidStateError")
    # 3.
    resource = ResourceReference(image.media_data())
    # 4.
    coded_width, coded_height = resource.resource.coded_size
    # 5.
    base_rotation, base_flip = image.orientation
    # 6.
    default_display_width, default_display_height = natural_size
    # 7.
    _initialize_frame_with_resource(
        init,
        frame,
        resource,
        coded_width,
        coded_height,
        base_rotation,
        base_flip,
        default_display_width,
        default_display_height,
    )


@algorithm("dom-videoframe-videoframe", part="htmlvideoelement")
def _initialize_from_video_element(frame: VideoFrameSlots, image: VideoElementSource, init: VideoFrameInit) -> None:
    # 1.
    if image.is_network_empty:
        raise DOMException(f"{image!r} has no media", "InvalidStateError")
    # 2.
    current_playback_frame = image.current_frame()
    # 3.
    if "metadata" not in init:
        init["metadata"] = current_playback_frame._metadata
    # 4.
    _initialize_frame_from_other_frame(init, frame, current_playback_frame)


@algorithm("dom-videoframe-videoframe", part="htmlcanvaselement-imagebitmap-offscreencanvas")
def _initialize_from_bitmap(frame: VideoFrameSlots, image: BitmapSource, init: VideoFrameInit) -> None:
    # 1.
    _require_timestamp(init)
    # 2.
    resource = ResourceReference(image.bitmap_data())
    # 3.
    width, height = image.width, image.height
    # 4.
    _initialize_frame_with_resource(init, frame, resource, width, height, 0, False, width, height)


@algorithm("dom-videoframe-videoframe", part="videoframe")
def _initialize_from_video_frame(frame: VideoFrameSlots, image: VideoFrameSlots, init: VideoFrameInit) -> None:
    # 1.
    _initialize_frame_from_other_frame(init, frame, image)


def _require_timestamp(init: VideoFrameInit) -> None:
    if "timestamp" not in init:
        raise TypeError("init.timestamp is missing: only a VideoFrame or a video has one already")


@algorithm("videoframe-initialize-frame-from-other-frame")
def _initialize_frame_from_other_frame(
    init: VideoFrameInit, frame: VideoFrameSlots, other_frame: VideoFrameSlots
) -> None:
    """Initialize Frame From Other Frame."""
    # Not from the spec, which leaves this to the constructor of other kinds of objects.
    frame._detached = False
    # 1.
    format = other_frame._format
    # 2.
    if init.get("alpha") == "discard" and format is not None:
        format = PIXEL_FORMATS[format].equivalent_opaque_format
    # 3.
    valid_init = validate_video_frame_init(init, format, other_frame._coded_width, other_frame._coded_height)
    # 4.
    if not valid_init:
        raise TypeError("init is not valid: an empty, outlying or unaligned rectangle, or half a display size")
    # 5. and 6.
    frame._resource_reference = other_frame._require_open().new_reference()
    # 7.
    frame._coded_width = other_frame._coded_width
    frame._coded_height = other_frame._coded_height
    frame._color_space = other_frame._color_space
    # 8.
    default_visible_rect = other_frame._visible_rect()
    # 9.
    base_rotation, base_flip = other_frame._rotation, other_frame._flip
    # 10.
    default_display_width, default_display_height = other_frame._display_width, other_frame._display_height
    # 11.
    try:
        initialize_visible_rect_orientation_and_display_size(
            init, frame, default_visible_rect, base_rotation, base_flip, default_display_width, default_display_height
        )
    except TypeError:
        frame._resource_reference.release()
        raise
    # 12.
    frame._duration = init.get("duration", other_frame._duration)
    # 13.
    frame._timestamp = init.get("timestamp", other_frame._timestamp)
    # 14.
    frame._format = format
    # 15.
    frame._metadata = copy_video_frame_metadata(init.get("metadata", {}))


@algorithm("videoframe-initialize-frame-with-resource")
def _initialize_frame_with_resource(
    init: VideoFrameInit,
    frame: VideoFrameSlots,
    resource_reference: ResourceReference[VideoResource],
    coded_width: int,
    coded_height: int,
    base_rotation: float,
    base_flip: bool,
    default_display_width: int,
    default_display_height: int,
) -> None:
    """Initialize Frame With Resource. Takes over the reference, and releases it if init is not valid."""
    # Not from the spec, which leaves this to the constructor of other kinds of objects.
    frame._detached = False
    resource = resource_reference.resource
    # 1. and 2.
    format = resource.format
    # 3.
    valid_init = validate_video_frame_init(init, format, coded_width, coded_height)
    # 4.
    if not valid_init:
        resource_reference.release()
        raise TypeError("init is not valid: an empty, outlying or unaligned rectangle, or half a display size")
    # 5.
    frame._resource_reference = resource_reference
    # 6.
    if init.get("alpha") == "discard" and format is not None:
        format = PIXEL_FORMATS[format].equivalent_opaque_format
    # 7.
    frame._format = format
    # 8.
    frame._coded_width, frame._coded_height = coded_width, coded_height
    # 9.
    default_visible_rect = DOMRectReadOnly(0, 0, coded_width, coded_height)
    # 10. (with the rotation and the flip, which the spec's call leaves out)
    try:
        initialize_visible_rect_orientation_and_display_size(
            init, frame, default_visible_rect, base_rotation, base_flip, default_display_width, default_display_height
        )
    except TypeError:
        resource_reference.release()
        raise
    # 11.
    frame._duration = init.get("duration")
    # 12. (it is there: the callers see to it)
    frame._timestamp = init.get("timestamp", 0)
    # 13.
    if resource.color_space is not None:
        frame._color_space = new_video_color_space(resource.color_space)
    # 14.
    else:
        frame._color_space = new_video_color_space({})
    # Not from the spec, which forgets it.
    frame._metadata = copy_video_frame_metadata(init.get("metadata", {}))
