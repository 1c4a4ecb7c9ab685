"""Algorithms of § 9.4.6 that find values for VideoFrame's slots: validity, rotations, display sizes, colour space."""

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
    # 1. If there is a rectangle:
    if "visibleRect" in init:
        rect = DOMRectReadOnly.fromRect(init["visibleRect"])
        # 1.1.
        valid_alignment = verify_rect_offset_alignment(format, rect)
        # 1.2.
        if not valid_alignment:
            return False
        # 1.3.
        if has_negative_or_infinite(rect):
            return False
        # 1.4. (truncated, as pixels are addressed by integers, § 9.6)
        if rect.width < 1 or rect.height < 1:
            return False
        # 1.5.
        if rect.y + rect.height > coded_height:
            return False
        # 1.6.
        if rect.x + rect.width > coded_width:
            return False
    # 2.
    if coded_width == 0 or coded_height == 0:
        return False
    # 3.
    if ("displayWidth" in init) != ("displayHeight" in init):
        return False
    # 4. and 5.
    return init.get("displayWidth") != 0 and init.get("displayHeight") != 0


@algorithm("valid-videoframebufferinit")
def is_valid_video_frame_buffer_init(init: VideoFrameBufferInit) -> bool:
    """Whether ``init`` is a valid VideoFrameBufferInit."""
    # 1.
    if init["codedWidth"] == 0 or init["codedHeight"] == 0:
        return False
    if "visibleRect" in init:
        rect = DOMRectReadOnly.fromRect(init["visibleRect"])
        # 2.
        if has_negative_or_infinite(rect):
            return False
        # 3.
        if rect.y + rect.height > init["codedHeight"]:
            return False
        # 4.
        if rect.x + rect.width > init["codedWidth"]:
            return False
    # 5.
    if ("displayWidth" in init) != ("displayHeight" in init):
        return False
    # 6. and 7.
    return init.get("displayWidth") != 0 and init.get("displayHeight") != 0


@algorithm("videoframe-initialize-visible-rect-orientation-and-display-size")
def initialize_visible_rect_orientation_and_display_size(
    init: VideoFrameInit,
    frame: VideoFrameSlots,
    default_visible_rect: DOMRectReadOnly,
    base_rotation: float,
    base_flip: bool,
    default_display_width: int,
    default_display_height: int,
) -> None:
    """Initialize Visible Rect, Orientation, and Display Size."""
    # 1.
    visible_rect = default_visible_rect
    # 2. If there is a rectangle,
    if "visibleRect" in init:
        override_rect = DOMRectReadOnly.fromRect(init["visibleRect"])
        # 2.1.
        if has_negative_or_infinite(override_rect):
            raise TypeError(f"{override_rect} is negative or not finite")
        # 2.2.
        visible_rect = override_rect
    # 3. (truncated, as pixels are addressed by integers, § 9.6)
    frame._visible_left, frame._visible_top = int(visible_rect.x), int(visible_rect.y)
    frame._visible_width, frame._visible_height = int(visible_rect.width), int(visible_rect.height)
    # 4.
    rotation = parse_rotation(init.get("rotation", 0.0))
    # 5.
    frame._rotation = add_rotations(base_rotation, base_flip, rotation)
    # 6.
    frame._flip = base_flip != init.get("flip", False)
    # 7.
    if "displayWidth" in init and "displayHeight" in init:
        frame._display_width, frame._display_height = init["displayWidth"], init["displayHeight"]
        return
    default_width, default_height = int(default_visible_rect.width), int(default_visible_rect.height)
    # 8. Without a display size:
    # 8.1. the scale of an upright frame,
    if base_rotation in (0, 180):
        # 8.1.1.
        width_scale = Fraction(default_display_width, default_width)
        # 8.1.2.
        height_scale = Fraction(default_display_height, default_height)
    # 8.2. that of a lying one,
    else:
        # 8.2.1.
        width_scale = Fraction(default_display_height, default_width)
        # 8.2.2.
        height_scale = Fraction(default_display_width, default_height)
    # 8.3.
    display_width = floor(frame._visible_width * width_scale + Fraction(1, 2))
    # 8.4.
    display_height = floor(frame._visible_height * height_scale + Fraction(1, 2))
    # Not from the spec, whose own check sees explicit sizes only: nothing can be displayed at no size.
    if display_width == 0 or display_height == 0:
        raise TypeError(f"the display size would be {display_width} by {display_height}")
    # 8.5. (by the frame's rotation: with init's alone, a copy of a lying frame would get up)
    if frame._rotation in (0, 180):
        # 8.5.1.
        frame._display_width = display_width
        # 8.5.2.
        frame._display_height = display_height
    # 8.6.
    else:
        # 8.6.1.
        frame._display_width = display_height
        # 8.6.2.
        frame._display_height = display_width


@algorithm("videoframe-parse-rotation")
def parse_rotation(rotation: float) -> float:
    """Parse Rotation: ``rotation`` to the nearest quarter turn, in degrees from 0 to 270."""
    # 1.
    quarter_turns, rest = divmod(rotation, 90)
    aligned_rotation = (quarter_turns + (1 if rest >= 45 else 0)) * 90
    # 2. and 3.
    return aligned_rotation % 360


@algorithm("videoframe-add-rotations")
def add_rotations(base_rotation: float, base_flip: bool, rotation: float) -> float:
    """Add Rotations."""
    # 1. A flipped frame turns the other way.
    combined_rotation = base_rotation - rotation if base_flip else base_rotation + rotation
    # 2. and 3.
    return combined_rotation % 360


@algorithm("videoframe-pick-color-space")
def pick_color_space(
    override_color_space: VideoColorSpaceInit | None, format: VideoPixelFormat | None
) -> VideoColorSpace:
    """Pick Color Space. Nothing is guessed for what is null in the overriding one."""
    # 1.
    if override_color_space is not None:
        return new_video_color_space(override_color_space)
    # 2.
    if format is not None and PIXEL_FORMATS[format].is_rgb:
        return srgb_color_space()
    # 3.
    return rec709_color_space()
