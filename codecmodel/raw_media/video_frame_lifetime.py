"""Clone VideoFrame and Close VideoFrame (§ 9.4.6)."""

from typing import Final, TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.color_space import VideoColorSpace
from codecmodel.raw_media.slots import VideoFrameSlots

VideoFrameT = TypeVar("VideoFrameT", bound=VideoFrameSlots)

_UNKNOWN_COLOR_SPACE: Final = VideoColorSpace()


@algorithm("clone-videoframe")
def clone_video_frame(frame: VideoFrameT) -> VideoFrameT:
    """Clone VideoFrame. ``frame`` must not be closed."""
    # 1. Make a new object, with these slots:
    clone = type(frame).__new__(type(frame))
    # 1.1. to 1.3. another reference to the same media resource,
    clone._resource_reference = frame._require_open().new_reference()
    # 1.4. and the values of all other slots.
    clone._detached = frame._detached
    clone._format = frame._format
    clone._coded_width = frame._coded_width
    clone._coded_height = frame._coded_height
    clone._visible_left = frame._visible_left
    clone._visible_top = frame._visible_top
    clone._visible_width = frame._visible_width
    clone._visible_height = frame._visible_height
    clone._rotation = frame._rotation
    clone._flip = frame._flip
    clone._display_width = frame._display_width
    clone._display_height = frame._display_height
    clone._duration = frame._duration
    clone._timestamp = frame._timestamp
    clone._color_space = frame._color_space
    clone._metadata = frame._metadata
    # 2. Return it.
    return clone


@algorithm("close-videoframe")
def close_video_frame(frame: VideoFrameSlots) -> None:
    """Close VideoFrame."""
    # 1. Clear the resource reference, which releases it.
    reference = frame._resource_reference
    frame._resource_reference = None
    if reference is not None:
        reference.release()
    # 2. The object is detached from now on.
    frame._detached = True
    # 3. Clear the format,
    frame._format = None
    # 4. all sizes, the visible rectangle and the rotation,
    frame._coded_width = frame._coded_height = 0
    frame._visible_left = frame._visible_top = frame._visible_width = frame._visible_height = 0
    frame._rotation = 0.0
    frame._display_width = frame._display_height = 0
    # 5. the flip,
    frame._flip = False
    # 6. and the metadata.
    frame._metadata = {}
    # Not in the spec: the steps leave the colour space, but close() "clears all state", and web-platform-tests expect
    # nulls.
    frame._color_space = _UNKNOWN_COLOR_SPACE
