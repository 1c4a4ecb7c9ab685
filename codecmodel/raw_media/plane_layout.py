"""The layout of planes in a buffer: the arithmetic of VideoFrame for rectangles and planes (§ 9.4.6 and § 9.7)."""

from collections.abc import Sequence
from math import isfinite
from typing import Final, NamedTuple, TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.dom_rect import DOMRectReadOnly
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.web.webidl import Dictionary, Member, enforced_unsigned_long

_MAXIMUM_UNSIGNED_LONG: Final = 2**32 - 1


# Spec: plane-layout
class PlaneLayout(TypedDict):
    """The offset of a plane in a buffer, and the stride from each row to the next, in bytes (§ 9.7)."""

    offset: int
    stride: int


plane_layout: Final = Dictionary[PlaneLayout](
    "PlaneLayout",
    Member("offset", enforced_unsigned_long, required=True),
    Member("stride", enforced_unsigned_long, required=True),
)


# Spec: computed-plane-layout*
class ComputedPlaneLayout(NamedTuple):
    """The spec's computed plane layout. ``source_top`` and ``source_height`` are in rows, all others in bytes."""

    destination_offset: int
    destination_stride: int
    source_top: int
    source_height: int
    source_left_bytes: int
    source_width_bytes: int


# Spec: combined-buffer-layout*
class CombinedBufferLayout(NamedTuple):
    """The spec's combined buffer layout. ``allocation_size`` is in bytes."""

    allocation_size: int
    computed_layouts: tuple[ComputedPlaneLayout, ...]


def has_negative_or_infinite(rect: DOMRectReadOnly) -> bool:
    """Whether any attribute of ``rect`` is negative or not finite."""
    return any(number < 0 or not isfinite(number) for number in (rect.x, rect.y, rect.width, rect.height))


@algorithm("videoframe-verify-rect-offset-alignment")
def verify_rect_offset_alignment(format: VideoPixelFormat | None, rect: DOMRectReadOnly) -> bool:
    """Verify Rect Offset Alignment."""
    # 1. Without a known format there is nothing to align to.
    if format is None:
        return True
    # 2. to 4. For each plane,
    # 4.1. to 4.3. with its sub-sampling factors:
    for plane in PIXEL_FORMATS[format].planes:
        # 4.4. the left side of the rectangle must be the left side of a sample, (§ 9.6 truncates the numbers.)
        if rect.x // 1 % plane.sample_width:
            return False
        # 4.5. and its top must be the top of a sample.
        if rect.y // 1 % plane.sample_height:
            return False
        # 4.6. n/a: the loop counts by itself.
    # 5. Both hold for all planes.
    return True


@algorithm("videoframe-parse-visible-rect")
def parse_visible_rect(
    default_rect: DOMRectReadOnly,
    override_rect: DOMRectReadOnly | None,
    coded_width: int,
    coded_height: int,
    format: VideoPixelFormat | None,
) -> DOMRectReadOnly:
    """Parse Visible Rect. Raises TypeError where the spec returns one."""
    # 1. Start from the default rectangle.
    source_rect = default_rect
    # 2. If there is an overriding rectangle:
    if override_rect is not None:
        # 2.1. negative and infinite numbers are invalid,
        if has_negative_or_infinite(override_rect):
            raise TypeError(f"{override_rect} is negative or not finite")
        # 2.2. and so is an empty rectangle; (§ 9.6 truncates the numbers, so a width below 1 is empty.)
        if override_rect.width < 1 or override_rect.height < 1:
            raise TypeError(f"{override_rect} is empty")
        # 2.3. it must end within the coded width,
        if override_rect.x + override_rect.width > coded_width:
            raise TypeError(f"{override_rect} exceeds the coded width, {coded_width}")
        # 2.4. and within the coded height;
        if override_rect.y + override_rect.height > coded_height:
            raise TypeError(f"{override_rect} exceeds the coded height, {coded_height}")
        # 2.5. it replaces the default rectangle.
        source_rect = override_rect
    # 3. Does the rectangle start at a sample of every plane?
    valid_alignment = verify_rect_offset_alignment(format, source_rect)
    # 4. It must.
    if not valid_alignment:
        raise TypeError(f"{source_rect} does not start at a sample of every plane of {format}")
    # 5. Return it.
    return source_rect


@algorithm("videoframe-compute-layout-and-allocation-size")
def compute_layout_and_allocation_size(
    parsed_rect: DOMRectReadOnly, format: VideoPixelFormat, layout: Sequence[PlaneLayout] | None
) -> CombinedBufferLayout:
    """Compute Layout and Allocation Size. Raises TypeError where the spec returns one."""
    planes = PIXEL_FORMATS[format].planes
    left, top = int(parsed_rect.x), int(parsed_rect.y)
    width, height = int(parsed_rect.width), int(parsed_rect.height)
    # 1. Count the planes of the format.
    num_planes = len(planes)
    # 2. A layout must be given for all planes or for none.
    if layout is not None and len(layout) != num_planes:
        raise TypeError(f"{format} has {num_planes} planes, but layout has {len(layout)}")
    # 3. The size of the buffer will be the end of the last plane.
    min_allocation_size = 0
    # 4. The layouts of the planes,
    computed_layouts: list[ComputedPlaneLayout] = []
    # 5. and their ends, will be collected here.
    end_offsets: list[int] = []
    # 6. and 7. For each plane,
    # 7.1. to 7.4. with its bytes per sample and its sub-sampling factors:
    for plane_index, (_, sample_bytes, sample_width, sample_height) in enumerate(planes):
        # 7.5. n/a: the layout is made when all its members are known.
        # 7.6. find the first row to copy,
        source_top = -(-top // sample_height)
        # 7.7. the number of rows,
        source_height = -(-height // sample_height)
        # 7.8. the first byte to copy in a row,
        source_left_bytes = left // sample_width * sample_bytes
        # 7.9. and the number of bytes in a row. (The spec rounds down here. The definitions of the formats round up.)
        source_width_bytes = -(-width // sample_width) * sample_bytes
        # 7.10. If a layout is given:
        if layout is not None:
            # 7.10.1. take the layout of this plane;
            plane_layout = layout[plane_index]
            # 7.10.2. a row must fit in the stride,
            if plane_layout["stride"] < source_width_bytes:
                raise TypeError(
                    f"plane {plane_index} needs a stride of {source_width_bytes} bytes, but layout has {plane_layout}"
                )
            # 7.10.3. and offset
            destination_offset = plane_layout["offset"]
            # 7.10.4. and stride are the given ones.
            destination_stride = plane_layout["stride"]
        # 7.11. Otherwise:
        else:
            # 7.11.1. the plane starts at the end of the plane before,
            destination_offset = min_allocation_size
            # 7.11.2. and its rows have no padding.
            destination_stride = source_width_bytes
        # 7.12. Compute the size of the plane
        plane_size = destination_stride * source_height
        # 7.13. and its end.
        plane_end = plane_size + destination_offset
        # 7.14. Both must be numbers of 32 bits.
        if plane_size > _MAXIMUM_UNSIGNED_LONG or plane_end > _MAXIMUM_UNSIGNED_LONG:
            raise TypeError(f"plane {plane_index} would end after {plane_end} bytes")
        # 7.15. Remember the end.
        end_offsets.append(plane_end)
        # 7.16. The buffer must reach to the end of every plane.
        min_allocation_size = max(min_allocation_size, plane_end)
        # 7.17. and 7.18. For each earlier plane,
        # 7.18.1. with its layout:
        for earlier_plane_index, earlier_layout in enumerate(computed_layouts):
            # 7.18.2. all is well if one of the two planes ends before the other begins;
            if (
                end_offsets[plane_index] <= earlier_layout.destination_offset
                or end_offsets[earlier_plane_index] <= destination_offset
            ):
                continue
            # 7.18.3. otherwise they overlap, which is an error.
            raise TypeError(f"planes {earlier_plane_index} and {plane_index} overlap")
            # 7.18.4. n/a: the loop counts by itself. (The spec's loop does not: its "continue" skips this step.)
        # 7.19. Append the layout of the plane.
        computed_layouts.append(
            ComputedPlaneLayout(
                destination_offset,
                destination_stride,
                source_top,
                source_height,
                source_left_bytes,
                source_width_bytes,
            )
        )
        # 7.20. n/a: the loop counts by itself.
    # 8. to 9. Return the size of the buffer together with the layouts.
    return CombinedBufferLayout(min_allocation_size, tuple(computed_layouts))
