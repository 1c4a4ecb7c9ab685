"""Algorithms of § 9.4.6 that check a VideoFrame's init, and that compute rotations, display sizes and colour spaces."""

from fractions import Fraction
from math import floor

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.color_space import (
    VideoColorSpace,
    VideoColorSpaceInit,
    new_video_color_space,
    rec709_color_space,
    srgb_color_space,
)
from codecmodel.raw_media.dom_rect import DOMRectReadOnly
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.plane_layout import has_negative_or_infinite, verify_rect_offset_alignment
from codecmodel.raw_media.slots import VideoFrameSlots
from codecmodel.raw_media.video_frame_init import VideoFrameBufferInit, VideoFrameInit


@algorithm("validate-videoframeinit")
def validate_video_frame_init(
    init: VideoFrameInit, format: VideoPixelFormat | None, coded_width: int, coded_height: int
) -> bool:
    """Validate VideoFrameInit."""
    # 1. If init has a visible rectangle:
    if "visibleRect" in init:
        rect = DOMRectReadOnly.fromRect(init["visibleRect"])
        # 1.1. does it start at a sample of every plane?
        valid_alignment = verify_rect_offset_alignment(format, rect)
        # 1.2. If not, init is invalid.
        if not valid_alignment:
            return False
        # 1.3. Negative and infinite numbers are invalid.
        if has_negative_or_infinite(rect):
            return False
        # 1.4. An empty rectangle is invalid. (§ 9.6 truncates the numbers, so a width below 1 is empty.)
        if rect.width < 1 or rect.height < 1:
            return False
        # 1.5. The rectangle must end within the coded height,
        if rect.y + rect.height > coded_height:
            return False
        # 1.6. and within the coded width.
        if rect.x + rect.width > coded_width:
            return False
    # 2. A picture without pixels is invalid.
    if coded_width == 0 or coded_height == 0:
        return False
    # 3. Half of a display size is invalid.
    if ("displayWidth" in init) != ("displayHeight" in init):
        return False
    # 4. and 5. So is a display size of zero; all else is valid.
    return init.get("displayWidth") != 0 and init.get("displayHeight") != 0


@algorithm("valid-videoframebufferinit")
def is_valid_video_frame_buffer_init(init: VideoFrameBufferInit) -> bool:
    """Whether ``init`` is a valid VideoFrameBufferInit."""
    # 1. A picture without pixels is invalid.
    if init["codedWidth"] == 0 or init["codedHeight"] == 0:
        return False
    if "visibleRect" in init:
        rect = DOMRectReadOnly.fromRect(init["visibleRect"])
        # 2. Negative and infinite numbers are invalid.
        if has_negative_or_infinite(rect):
            return False
        # 3. The rectangle must end within the coded height,
        if rect.y + rect.height > init["codedHeight"]:
            return False
        # 4. and within the coded width.
        if rect.x + rect.width > init["codedWidth"]:
            return False
    # 5. Half of a display size is invalid.
    if ("displayWidth" in init) != ("displayHeight" in init):
        return False
    # 6. and 7. So is a display size of zero; all else is valid.
    return init.get("displayWidth") != 0 and init.get("displayHeight") != 0


@algorithm("videoframe-initialize-visible-rect-orientation-and-display-size")
def initialize_visible_rect_orientation_and_display_size(
    init: VideoFrameInit,
    frame: VideoFrameSlots,
    default_visible_rect: DOMRectReadOnly,
    *,
    base_rotation: float,
    base_flip: bool,
    default_display_width: int,
    default_display_height: int,
) -> None:
    """Initialize Visible Rect, Orientation, and Display Size."""
    # 1. Start from the default rectangle.
    visible_rect = default_visible_rect
    # 2. If init has a rectangle:
    if "visibleRect" in init:
        override_rect = DOMRectReadOnly.fromRect(init["visibleRect"])
        # 2.1. negative and infinite numbers are invalid,
        if has_negative_or_infinite(override_rect):
            raise TypeError(f"{override_rect} is negative or not finite")
        # 2.2. and the rectangle replaces the default.
        visible_rect = override_rect
    # 3. The frame shows that rectangle. (§ 9.6 truncates the numbers.)
    frame._visible_left, frame._visible_top = int(visible_rect.x), int(visible_rect.y)
    frame._visible_width, frame._visible_height = int(visible_rect.width), int(visible_rect.height)
    # 4. Round the rotation to quarter turns.
    rotation = parse_rotation(init.get("rotation", 0.0))
    # 5. Add it to the rotation that the image has already.
    frame._rotation = add_rotations(base_rotation, base_flip, rotation)
    # 6. Two flips cancel each other.
    frame._flip = base_flip != init.get("flip", False)
    # 7. Take the display size from init, if it is there.
    if "displayWidth" in init and "displayHeight" in init:
        frame._display_width, frame._display_height = init["displayWidth"], init["displayHeight"]
        return
    default_width, default_height = int(default_visible_rect.width), int(default_visible_rect.height)
    # 8. Otherwise scale the visible size as the image is scaled:
    # 8.1. if the image is upright,
    if base_rotation in (0, 180):
        # 8.1.1. the width was scaled to the display width,
        width_scale = Fraction(default_display_width, default_width)
        # 8.1.2. and the height to the display height;
        height_scale = Fraction(default_display_height, default_height)
    # 8.2. if it is turned by 90 or 270 degrees,
    else:
        # 8.2.1. the width was scaled to the display height,
        width_scale = Fraction(default_display_height, default_width)
        # 8.2.2. and the height to the display width.
        height_scale = Fraction(default_display_width, default_height)
    # 8.3. Scale the visible width and round it,
    display_width = floor(frame._visible_width * width_scale + Fraction(1, 2))
    # 8.4. and the visible height.
    display_height = floor(frame._visible_height * height_scale + Fraction(1, 2))
    # Not in the spec: nothing can be displayed at a size of zero. The steps check explicit sizes only.
    if display_width == 0 or display_height == 0:
        raise TypeError(f"the display size would be {display_width} by {display_height}")
    # 8.5. If the frame is upright: (The spec looks at the rotation of init here. By that, a copy of a frame that is
    # turned by 90 degrees would change its display size.)
    if frame._rotation in (0, 180):
        # 8.5.1. the width is displayed as width,
        frame._display_width = display_width
        # 8.5.2. and the height as height.
        frame._display_height = display_height
    # 8.6. If it is turned:
    else:
        # 8.6.1. the height is displayed as width,
        frame._display_width = display_height
        # 8.6.2. and the width as height.
        frame._display_height = display_width


@algorithm("videoframe-parse-rotation")
def parse_rotation(rotation: float) -> float:
    """Parse Rotation: round to the nearest quarter turn. In degrees; the result is 0, 90, 180 or 270."""
    # 1. Find the nearest multiple of 90, the greater one if two are equally near.
    quarter_turns, rest = divmod(rotation, 90)
    aligned_rotation = (quarter_turns + (1 if rest >= 45 else 0)) * 90
    # 2. and 3. Remove full turns.
    return aligned_rotation % 360


@algorithm("videoframe-add-rotations")
def add_rotations(base_rotation: float, base_flip: bool, rotation: float) -> float:
    """Add Rotations, in degrees."""
    # 1. Add the rotations; a flipped frame turns the other way.
    combined_rotation = base_rotation - rotation if base_flip else base_rotation + rotation
    # 2. and 3. Remove full turns.
    return combined_rotation % 360


@algorithm("videoframe-pick-color-space")
def pick_color_space(
    override_color_space: VideoColorSpaceInit | None, format: VideoPixelFormat | None
) -> VideoColorSpace:
    """Pick Color Space. Members of the overriding one that are null stay null: nothing is guessed."""
    # 1. An explicit colour space wins.
    if override_color_space is not None:
        return new_video_color_space(override_color_space)
    # 2. Without one, RGB formats are in sRGB,
    if format is not None and PIXEL_FORMATS[format].is_rgb:
        return srgb_color_space()
    # 3. and all others are in REC709.
    return rec709_color_space()
