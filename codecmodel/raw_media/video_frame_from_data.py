"""VideoFrame(data, init): a frame made from bytes (§ 9.4.2)."""

from __future__ import annotations

from codecmodel.algorithm import algorithm
from codecmodel.lazy_numpy import np
from codecmodel.raw_media.dom_rect import DOMRectReadOnly, new_dom_rect
from codecmodel.raw_media.media_resource import (
    BufferVideoResource,
    ResourceReference,
    may_be_referenced,
)
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_copy import copy_plane
from codecmodel.raw_media.plane_layout import (
    CombinedBufferLayout,
    compute_layout_and_allocation_size,
    parse_visible_rect,
)
from codecmodel.raw_media.resource_protocols import Plane, VideoResource
from codecmodel.raw_media.slots import VideoFrameSlots
from codecmodel.raw_media.video_frame_algorithms import (
    is_valid_video_frame_buffer_init,
    parse_rotation,
    pick_color_space,
)
from codecmodel.raw_media.video_frame_init import VideoFrameBufferInit
from codecmodel.raw_media.video_frame_metadata import copy_video_frame_metadata
from codecmodel.web.buffers import BufferSource, byte_length, detach_transferred, has_duplicates, is_detached, view_of
from codecmodel.web.errors import DOMException


@algorithm("dom-videoframe-videoframe-data-init")
def initialize_from_data(frame: VideoFrameSlots, data: BufferSource, init: VideoFrameBufferInit) -> None:
    """VideoFrame(data, init). The arguments are converted."""
    format, coded_width, coded_height = init["format"], init["codedWidth"], init["codedHeight"]
    transfer = init.get("transfer", [])
    # 1. Reject an invalid init.
    if not is_valid_video_frame_buffer_init(init):
        raise TypeError(
            "init is not a valid VideoFrameBufferInit: a size is 0 or incomplete, or visibleRect reaches outside"
        )
    # 2. Without a rectangle in init, all is visible. (The spec has the coded width in place of the height.)
    default_rect = new_dom_rect(0, 0, coded_width, coded_height)
    # 3. There may be no other rectangle.
    override_rect: DOMRectReadOnly | None = None
    # 4. Take the rectangle from init, if it is there.
    if "visibleRect" in init:
        override_rect = DOMRectReadOnly.fromRect(init["visibleRect"])
    # 5. and 6. Check it against the coded size and the format.
    parsed_rect = parse_visible_rect(default_rect, override_rect, coded_width, coded_height, format)
    # 7. and 8. Take the layout of planes from init, if it is there.
    opt_layout = init.get("layout")
    # 9. and 10. Compute where the planes are in the data. (The spec computes the layout of the visible rectangle. But
    # the data has the whole coded size, and only within that can step 15.1 find the visible pixels.)
    combined_layout = compute_layout_and_allocation_size(default_rect, format, opt_layout)
    # 11. The data must be large enough.
    if byte_length(data) < combined_layout.allocation_size:
        raise TypeError(f"data has {byte_length(data)} bytes, but the planes need {combined_layout.allocation_size}")
    # 12. The transfer list must not have a buffer twice.
    if has_duplicates(transfer):
        raise DOMException("a buffer is in the transfer list twice", "DataCloneError")
    # 13. For each buffer in the transfer list:
    for transferable in transfer:
        # 13.1. it must not be detached already.
        if is_detached(transferable):
            raise DOMException("a buffer in the transfer list is detached", "DataCloneError")
    # 14. Data in a transferred buffer
    if may_be_referenced(data, transfer):
        # 14.1. is used as it is.
        resource = _resource_referencing(data, combined_layout, format, parsed_rect)
    # 15. Of any other data
    else:
        # 15.1. the visible rectangle is copied.
        resource = _resource_copying(data, combined_layout, format, parsed_rect)
    # 16. and 16.1. Detach every buffer in the transfer list.
    detach_transferred(data, transfer)
    # 17. and 18. The coded size is that of the resource,
    resource_coded_width, resource_coded_height = resource.coded_size
    # 19. and 20. and so is the offset of the visible rectangle.
    resource_visible_left, resource_visible_top, _, _ = resource.visible_rect
    # 21. Initialize the slots of the new object:
    frame._detached = False
    resource_reference: ResourceReference[VideoResource] = ResourceReference(resource)
    frame._resource_reference = resource_reference
    # 21.1. the coded size, and the offset of the visible rectangle,
    frame._coded_width, frame._coded_height = resource_coded_width, resource_coded_height
    frame._visible_left, frame._visible_top = resource_visible_left, resource_visible_top
    # 21.2. with a rectangle in init
    if override_rect is not None:
        # 21.2.1. its width without the fraction
        truncated_visible_width = int(override_rect.width)
        # 21.2.2. is the visible width,
        frame._visible_width = truncated_visible_width
        # 21.2.3. and its height without the fraction
        truncated_visible_height = int(override_rect.height)
        # 21.2.4. is the visible height;
        frame._visible_height = truncated_visible_height
    # 21.3. without a rectangle
    else:
        # 21.3.1. the visible width is the coded width,
        frame._visible_width = frame._coded_width
        # 21.3.2. and the visible height is the coded height.
        frame._visible_height = frame._coded_height
    # 21.4. The rotation is rounded to quarter turns.
    frame._rotation = parse_rotation(init.get("rotation", 0.0))
    # 21.5. The flip comes from init.
    frame._flip = init.get("flip", False)
    # 21.6. So does the display size, if it is there.
    if "displayWidth" in init and "displayHeight" in init:
        frame._display_width, frame._display_height = init["displayWidth"], init["displayHeight"]
    # 21.7. If it is not there:
    # 21.7.1. an upright frame
    elif frame._rotation in (0, 180):
        # 21.7.1.1. is as wide as its visible rectangle
        frame._display_width = frame._visible_width
        # 21.7.1.2. and as high;
        frame._display_height = frame._visible_height
    # 21.7.2. a frame that is turned by 90 or 270 degrees
    else:
        # 21.7.2.1. is as wide as its visible rectangle is high,
        frame._display_width = frame._visible_height
        # 21.7.2.2. and as high as that is wide.
        frame._display_height = frame._visible_width
    # 21.8. Timestamp and duration come from init,
    frame._timestamp = init["timestamp"]
    frame._duration = init.get("duration")
    # 21.9. and 21.10. and so does the colour space, if it is there.
    color_space = init.get("colorSpace")
    # 21.11. The format comes from init.
    frame._format = format
    # 21.12. Without a colour space, the format decides.
    frame._color_space = pick_color_space(color_space, format)
    # 21.13. The frame gets a copy of the metadata.
    frame._metadata = copy_video_frame_metadata(init.get("metadata", {}))
    # 22. n/a: the caller has the object.


def _resource_copying(
    data: BufferSource, data_layout: CombinedBufferLayout, format: VideoPixelFormat, rect: DOMRectReadOnly
) -> BufferVideoResource:
    """A resource of the size of ``rect``, with a packed copy of the pixels in it, plane by plane."""
    packed = compute_layout_and_allocation_size(rect, format, None)
    memory = np.empty(packed.allocation_size, np.uint8).data
    planes: list[Plane] = []
    for data_plane, layout in zip(_planes_of(data, data_layout), packed.computed_layouts, strict=True):
        copy_plane(data_plane, layout, memory)
        end = layout.destination_offset + layout.source_height * layout.destination_stride
        planes.append(Plane(memory[layout.destination_offset : end], layout.destination_stride))
    return BufferVideoResource(format, (int(rect.width), int(rect.height)), planes)


def _resource_referencing(
    data: BufferSource, data_layout: CombinedBufferLayout, format: VideoPixelFormat, rect: DOMRectReadOnly
) -> BufferVideoResource:
    """A resource of the size of ``rect``, whose pixels stay where they are in ``data``."""
    packed = compute_layout_and_allocation_size(rect, format, None)
    planes: list[Plane] = []
    for (bytes_of_plane, stride), layout in zip(_planes_of(data, data_layout), packed.computed_layouts, strict=True):
        start = layout.source_top * stride + layout.source_left_bytes
        end = start + (layout.source_height - 1) * stride + layout.source_width_bytes
        planes.append(Plane(bytes_of_plane[start:end], stride))
    return BufferVideoResource(format, (int(rect.width), int(rect.height)), planes)


def _planes_of(data: BufferSource, layout: CombinedBufferLayout) -> list[Plane]:
    """The planes in ``data``, where ``layout`` has them."""
    view = view_of(data)
    return [Plane(view[plane.destination_offset :], plane.destination_stride) for plane in layout.computed_layouts]
