"""VideoFrame(image, init): a frame made from another frame, or from an image of the host (§ 9.4.2)."""

from typing import Final

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.color_space import new_video_color_space
from codecmodel.raw_media.dom_rect import new_dom_rect
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

_INVALID_INIT: Final = "init is not valid: visibleRect is empty, unaligned or outside, or half a size is missing"


@algorithm("dom-videoframe-videoframe")
def initialize_from_image(frame: VideoFrameSlots, image: VideoFrameSlots | ImageSource, init: VideoFrameInit) -> None:
    """VideoFrame(image, init). ``init`` is a converted dictionary."""
    # 1. The image must be usable.
    if not _is_usable(image):
        raise DOMException(f"{image!r} is closed, or has no pixels", "InvalidStateError")
    # 2. The image must be of the same origin, as a VideoFrame always is.
    if isinstance(image, ImageSource) and not image.is_origin_clean():
        raise DOMException(f"{image!r} is of another origin", "SecurityError")
    # 3. n/a: Python has made the object.
    # 4. Each kind of image has steps of its own.
    if isinstance(image, ImageElementSource):
        _initialize_from_image_element(frame, image, init)
    elif isinstance(image, VideoElementSource):
        _initialize_from_video_element(frame, image, init)
    elif isinstance(image, BitmapSource):
        _initialize_from_bitmap(frame, image, init)
    else:
        assert not isinstance(image, ImageSource), "every image source is of one of the kinds above"
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
    # 1. An image has no timestamp, so init must have one.
    _require_timestamp(init)
    # 2. The image must have a size of its own.
    natural_size = image.natural_size
    if natural_size is None:
        raise DOMException(f"{image!r} has no natural dimensions", "InvalidStateError")
    # 3. Copy its pixels to a new resource.
    resource = ResourceReference(image.media_data())
    # 4. The coded size is that of the resource.
    coded_width, coded_height = resource.resource.coded_size
    # 5. The image may be shown turned or flipped.
    base_rotation, base_flip = image.orientation
    # 6. It is displayed at its natural size.
    default_display_width, default_display_height = natural_size
    # 7. Run Initialize Frame With Resource.
    _initialize_frame_with_resource(
        init,
        frame,
        resource,
        coded_width=coded_width,
        coded_height=coded_height,
        base_rotation=base_rotation,
        base_flip=base_flip,
        default_display_width=default_display_width,
        default_display_height=default_display_height,
    )


@algorithm("dom-videoframe-videoframe", part="htmlvideoelement")
def _initialize_from_video_element(frame: VideoFrameSlots, image: VideoElementSource, init: VideoFrameInit) -> None:
    # 1. The element must have media.
    if image.is_network_empty:
        raise DOMException(f"{image!r} has no media", "InvalidStateError")
    # 2. Take the frame that the element shows now.
    current_playback_frame = image.current_frame()
    # 3. Without metadata in init, use those of that frame.
    if "metadata" not in init:
        init["metadata"] = current_playback_frame._metadata
    # 4. Run Initialize Frame From Other Frame.
    _initialize_frame_from_other_frame(init, frame, current_playback_frame)


@algorithm("dom-videoframe-videoframe", part="htmlcanvaselement-imagebitmap-offscreencanvas")
def _initialize_from_bitmap(frame: VideoFrameSlots, image: BitmapSource, init: VideoFrameInit) -> None:
    # 1. A bitmap has no timestamp, so init must have one.
    _require_timestamp(init)
    # 2. Copy its pixels to a new resource.
    resource = ResourceReference(image.bitmap_data())
    # 3. Its width and height are both the coded size and the display size.
    width, height = image.width, image.height
    # 4. Run Initialize Frame With Resource.
    _initialize_frame_with_resource(
        init,
        frame,
        resource,
        coded_width=width,
        coded_height=height,
        base_rotation=0,
        base_flip=False,
        default_display_width=width,
        default_display_height=height,
    )


@algorithm("dom-videoframe-videoframe", part="videoframe")
def _initialize_from_video_frame(frame: VideoFrameSlots, image: VideoFrameSlots, init: VideoFrameInit) -> None:
    # 1. Run Initialize Frame From Other Frame.
    _initialize_frame_from_other_frame(init, frame, image)


def _require_timestamp(init: VideoFrameInit) -> None:
    if "timestamp" not in init:
        raise TypeError("init.timestamp is required: this kind of image has no timestamp of its own")


@algorithm("videoframe-initialize-frame-from-other-frame")
def _initialize_frame_from_other_frame(
    init: VideoFrameInit, frame: VideoFrameSlots, other_frame: VideoFrameSlots
) -> None:
    """Initialize Frame From Other Frame."""
    # Not in the spec: the object is not detached. (The spec assigns that to objects made in other ways only.)
    frame._detached = False
    # 1. The format is that of the other frame,
    format = other_frame._format
    # 2. without alpha if init discards it.
    if init.get("alpha") == "discard" and format is not None:
        format = PIXEL_FORMATS[format].equivalent_opaque_format
    # 3. Check init against the format and the coded size.
    valid_init = validate_video_frame_init(init, format, other_frame._coded_width, other_frame._coded_height)
    # 4. Reject an invalid init.
    if not valid_init:
        raise TypeError(_INVALID_INIT)
    # 5. and 6. Make another reference to the same media resource.
    frame._resource_reference = other_frame._require_open().new_reference()
    # 7. Coded size and colour space are those of the other frame.
    frame._coded_width = other_frame._coded_width
    frame._coded_height = other_frame._coded_height
    frame._color_space = other_frame._color_space
    # 8. So is the visible rectangle, unless init has another;
    default_visible_rect = other_frame._visible_rect()
    # 9. rotation and flip of the other frame are the base for those in init,
    base_rotation, base_flip = other_frame._rotation, other_frame._flip
    # 10. and its display size is the base for the scale.
    default_display_width, default_display_height = other_frame._display_width, other_frame._display_height
    # 11. Run Initialize Visible Rect, Orientation, and Display Size.
    try:
        initialize_visible_rect_orientation_and_display_size(
            init,
            frame,
            default_visible_rect,
            base_rotation=base_rotation,
            base_flip=base_flip,
            default_display_width=default_display_width,
            default_display_height=default_display_height,
        )
    except TypeError:
        frame._resource_reference.release()
        raise
    # 12. Duration
    frame._duration = init.get("duration", other_frame._duration)
    # 13. and timestamp come from init, or from the other frame.
    frame._timestamp = init.get("timestamp", other_frame._timestamp)
    # 14. The format may have lost its alpha.
    frame._format = format
    # 15. The frame gets a copy of the metadata.
    frame._metadata = copy_video_frame_metadata(init.get("metadata", {}))


@algorithm("videoframe-initialize-frame-with-resource")
def _initialize_frame_with_resource(
    init: VideoFrameInit,
    frame: VideoFrameSlots,
    resource_reference: ResourceReference[VideoResource],
    *,
    coded_width: int,
    coded_height: int,
    base_rotation: float,
    base_flip: bool,
    default_display_width: int,
    default_display_height: int,
) -> None:
    """Initialize Frame With Resource. It takes over the reference, and releases it if init is not valid."""
    # Not in the spec: the object is not detached. (The spec assigns that to objects made in other ways only.)
    frame._detached = False
    resource = resource_reference.resource
    # 1. and 2. The format is that of the resource, or null if the spec has no name for it.
    format = resource.format
    # 3. Check init against the format and the coded size.
    valid_init = validate_video_frame_init(init, format, coded_width, coded_height)
    # 4. Reject an invalid init.
    if not valid_init:
        resource_reference.release()
        raise TypeError(_INVALID_INIT)
    # 5. The frame holds the reference to the resource.
    frame._resource_reference = resource_reference
    # 6. If init discards alpha, the format loses it.
    if init.get("alpha") == "discard" and format is not None:
        format = PIXEL_FORMATS[format].equivalent_opaque_format
    # 7. Assign the format,
    frame._format = format
    # 8. and the coded size.
    frame._coded_width, frame._coded_height = coded_width, coded_height
    # 9. All pixels are visible, unless init has a rectangle.
    default_visible_rect = new_dom_rect(0, 0, coded_width, coded_height)
    # 10. Run Initialize Visible Rect, Orientation, and Display Size. (The spec forgets to pass rotation and flip.)
    try:
        initialize_visible_rect_orientation_and_display_size(
            init,
            frame,
            default_visible_rect,
            base_rotation=base_rotation,
            base_flip=base_flip,
            default_display_width=default_display_width,
            default_display_height=default_display_height,
        )
    except TypeError:
        resource_reference.release()
        raise
    # 11. Duration
    frame._duration = init.get("duration")
    # 12. and timestamp come from init. (The callers have made sure that there is a timestamp.)
    frame._timestamp = init.get("timestamp", 0)
    # 13. The colour space is that of the resource,
    if resource.color_space is not None:
        frame._color_space = new_video_color_space(resource.color_space)
    # 14. or one of nulls if it is not known.
    else:
        frame._color_space = new_video_color_space({})
    # Not in the spec: the frame gets a copy of the metadata. (The spec does so for all other ways to make a frame.)
    frame._metadata = copy_video_frame_metadata(init.get("metadata", {}))
