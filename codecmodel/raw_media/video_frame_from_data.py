"""VideoFrame(data, init): a frame of a program's bytes (§ 9.4.2)."""

import numpy as np

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.dom_rect import DOMRectReadOnly
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
    """VideoFrame(data, init), of converted arguments."""
    format, coded_width, coded_height = init["format"], init["codedWidth"], init["codedHeight"]
    transfer = init.get("transfer", [])
    # 1.
    if not is_valid_video_frame_buffer_init(init):
        raise TypeError(
            "init is not a valid VideoFrameBufferInit: a size is 0 or incomplete, or visibleRect is outside"
        )
    # 2. (the height is the coded height, not the width again)
    default_rect = DOMRectReadOnly(0, 0, coded_width, coded_height)
    # 3.
    override_rect: DOMRectReadOnly | None = None
    # 4.
    if "visibleRect" in init:
        override_rect = DOMRectReadOnly.fromRect(init["visibleRect"])
    # 5. and 6.
    parsed_rect = parse_visible_rect(default_rect, override_rect, coded_width, coded_height, format)
    # 7. and 8.
    opt_layout = init.get("layout")
    # 9. and 10. (of the coded size, in which 15.1. finds the visible rectangle, and not of that rectangle)
    combined_layout = compute_layout_and_allocation_size(default_rect, format, opt_layout)
    # 11.
    if byte_length(data) < combined_layout.allocation_size:
        raise TypeError(f"data has {byte_length(data)} bytes, the planes take {combined_layout.allocation_size}")
    # 12. The same buffer twice in the transfer list.
    if has_duplicates(transfer):
        raise DOMException("a buffer is in the transfer list twice", "DataCloneError")
    # 13. For each buffer to transfer,
    for transferable in transfer:
        # 13.1. a detached one can't be.
        if is_detached(transferable):
            raise DOMException("a buffer in the transfer list is detached", "DataCloneError")
    # 14. Data that is handed over needs no copy,
    if may_be_referenced(data, transfer):
        # 14.1.
        resource = _resource_referencing(data, combined_layout, format, parsed_rect)
    # 15. other data
    else:
        # 15.1. is copied, as far as visible.
        resource = _resource_copying(data, combined_layout, format, parsed_rect)
    # 16. and 16.1.
    detach_transferred(data, transfer)
    # 17. and 18.
    resource_coded_width, resource_coded_height = resource.coded_size
    # 19. and 20.
    resource_visible_left, resource_visible_top, _, _ = resource.visible_rect
    # 21. The new object's slots:
    frame._detached = False
    resource_reference: ResourceReference[VideoResource] = ResourceReference(resource)
    frame._resource_reference = resource_reference
    # 21.1.
    frame._coded_width, frame._coded_height = resource_coded_width, resource_coded_height
    frame._visible_left, frame._visible_top = resource_visible_left, resource_visible_top
    # 21.2. If there is a rectangle,
    if override_rect is not None:
        # 21.2.1.
        truncated_visible_width = int(override_rect.width)
        # 21.2.2.
        frame._visible_width = truncated_visible_width
        # 21.2.3.
        truncated_visible_height = int(override_rect.height)
        # 21.2.4.
        frame._visible_height = truncated_visible_height
    # 21.3. Otherwise
    else:
        # 21.3.1.
        frame._visible_width = frame._coded_width
        # 21.3.2.
        frame._visible_height = frame._coded_height
    # 21.4.
    frame._rotation = parse_rotation(init.get("rotation", 0.0))
    # 21.5.
    frame._flip = init.get("flip", False)
    # 21.6.
    if "displayWidth" in init and "displayHeight" in init:
        frame._display_width, frame._display_height = init["displayWidth"], init["displayHeight"]
    # 21.7. Without a display size:
    # 21.7.1. upright frames
    elif frame._rotation in (0, 180):
        # 21.7.1.1.
        frame._display_width = frame._visible_width
        # 21.7.1.2.
        frame._display_height = frame._visible_height
    # 21.7.2. and lying ones.
    else:
        # 21.7.2.1.
        frame._display_width = frame._visible_height
        # 21.7.2.2.
        frame._display_height = frame._visible_width
    # 21.8.
    frame._timestamp = init["timestamp"]
    frame._duration = init.get("duration")
    # 21.9. and 21.10.
    color_space = init.get("colorSpace")
    # 21.11.
    frame._format = format
    # 21.12.
    frame._color_space = pick_color_space(color_space, format)
    # 21.13.
    frame._metadata = copy_video_frame_metadata(init.get("metadata", {}))
    # 22. n/a: the caller has the object.


def _resource_copying(
    data: BufferSource, data_layout: CombinedBufferLayout, format: VideoPixelFormat, rect: DOMRectReadOnly
) -> BufferVideoResource:
    """A resource whose coded size is that of ``rect``, with a copy of its pixels, one plane packed after the other."""
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
    """A resource whose coded size is that of ``rect``, with its pixels where they are in ``data``."""
    packed = compute_layout_and_allocation_size(rect, format, None)
    planes: list[Plane] = []
    for (bytes_of_plane, stride), layout in zip(_planes_of(data, data_layout), packed.computed_layouts, strict=True):
        start = layout.source_top * stride + layout.source_left_bytes
        end = start + (layout.source_height - 1) * stride + layout.source_width_bytes
        planes.append(Plane(bytes_of_plane[start:end], stride))
    return BufferVideoResource(format, (int(rect.width), int(rect.height)), planes)


def _planes_of(data: BufferSource, layout: CombinedBufferLayout) -> list[Plane]:
    view = view_of(data)
    return [Plane(view[plane.destination_offset :], plane.destination_stride) for plane in layout.computed_layouts]
