"""VideoFrame's two constructors (§ 9.4.2)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, NotRequired, TypeAlias, TypedDict

import numpy as np

from codecmodel.infra.algorithm import algorithm
from codecmodel.infra.buffers import BufferSource, array_buffer, byte_length, detach_transferred, is_detached, view_of
from codecmodel.infra.errors import DOMException
from codecmodel.infra.webidl import (
    Dictionary,
    Enumeration,
    Member,
    boolean,
    double,
    enforced_long_long,
    enforced_unsigned_long,
    enforced_unsigned_long_long,
    long_long,
    sequence,
    unsigned_long_long,
)
from codecmodel.platform.interface import Plane, VideoResource
from codecmodel.raw_media.color_space import VideoColorSpaceInit, video_color_space_init
from codecmodel.raw_media.dom_rect import DOMRectInit, DOMRectReadOnly, dom_rect_init
from codecmodel.raw_media.media_resource import (
    BufferVideoResource,
    ResourceReference,
    may_be_referenced,
)
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat, video_pixel_format
from codecmodel.raw_media.plane_layout import (
    CombinedBufferLayout,
    PlaneLayout,
    compute_layout_and_allocation_size,
    parse_visible_rect,
    plane_layout,
)
from codecmodel.raw_media.video_frame_copy import copy_plane
from codecmodel.raw_media.video_frame_metadata import (
    VideoFrameMetadata,
    copy_video_frame_metadata,
    video_frame_metadata,
)
from codecmodel.raw_media.video_frame_slots import (
    initialize_visible_rect_orientation_and_display_size,
    is_valid_video_frame_buffer_init,
    parse_rotation,
    pick_color_space,
    validate_video_frame_init,
)

if TYPE_CHECKING:
    from codecmodel.raw_media.video_frame import VideoFrame

AlphaOption: TypeAlias = Literal["keep", "discard"]


class VideoFrameInit(TypedDict, total=False):
    """What a frame made of another has different (§ 9.4).

    ``timestamp`` and ``duration`` in microseconds; ``visibleRect`` in pixels of the coded size; ``rotation`` in
    degrees clockwise, to the nearest multiple of 90, added to that of the other frame, as is ``flip``.
    """

    duration: int
    timestamp: int
    alpha: AlphaOption
    visibleRect: DOMRectInit | DOMRectReadOnly
    rotation: float
    flip: bool
    displayWidth: int
    displayHeight: int
    metadata: VideoFrameMetadata


class VideoFrameBufferInit(TypedDict):
    """What the bytes of a frame are (§ 9.4). Sizes in pixels, ``timestamp`` and ``duration`` in microseconds.

    ``layout`` and the default, planes one after the other without padding, are those of the whole coded size; only the
    visible rectangle is kept. Buffers in ``transfer`` are detached: a memoryview is released, a bytearray emptied. If
    the frame's data is a memoryview and among them, its memory is used without a copy: nobody may write it any more.
    """

    format: VideoPixelFormat
    codedWidth: int
    codedHeight: int
    timestamp: int
    duration: NotRequired[int]
    layout: NotRequired[Sequence[PlaneLayout]]
    visibleRect: NotRequired[DOMRectInit | DOMRectReadOnly]
    rotation: NotRequired[float]
    flip: NotRequired[bool]
    displayWidth: NotRequired[int]
    displayHeight: NotRequired[int]
    colorSpace: NotRequired[VideoColorSpaceInit]
    transfer: NotRequired[list[BufferSource]]
    metadata: NotRequired[VideoFrameMetadata]


video_frame_init: Final = Dictionary[VideoFrameInit](
    "VideoFrameInit",
    Member("duration", unsigned_long_long),
    Member("timestamp", long_long),
    Member("alpha", Enumeration[AlphaOption]("AlphaOption", ["keep", "discard"]), default="keep"),
    Member("visibleRect", dom_rect_init),
    Member("rotation", double, default=0.0),
    Member("flip", boolean, default=False),
    Member("displayWidth", enforced_unsigned_long),
    Member("displayHeight", enforced_unsigned_long),
    Member("metadata", video_frame_metadata),
)
video_frame_buffer_init: Final = Dictionary[VideoFrameBufferInit](
    "VideoFrameBufferInit",
    Member("format", video_pixel_format, required=True),
    Member("codedWidth", enforced_unsigned_long, required=True),
    Member("codedHeight", enforced_unsigned_long, required=True),
    Member("timestamp", enforced_long_long, required=True),
    Member("duration", enforced_unsigned_long_long),
    Member("layout", sequence(plane_layout)),
    Member("visibleRect", dom_rect_init),
    Member("rotation", double, default=0.0),
    Member("flip", boolean, default=False),
    Member("displayWidth", enforced_unsigned_long),
    Member("displayHeight", enforced_unsigned_long),
    Member("colorSpace", video_color_space_init),
    Member("transfer", sequence(array_buffer), default=[]),
    Member("metadata", video_frame_metadata),
)


@algorithm("dom-videoframe-videoframe")
def initialize_from_image(frame: "VideoFrame", image: "VideoFrame", init: VideoFrameInit) -> None:
    """VideoFrame(image, init), of a VideoFrame and a converted dictionary."""
    # 1.
    if image._detached:
        raise DOMException("the VideoFrame is closed", "InvalidStateError")
    # 2. n/a: a VideoFrame is origin-clean.
    # 3. n/a: Python has made the object.
    # 4. The image is a VideoFrame:
    # dom-videoframe-videoframe:videoframe: 1.
    _initialize_frame_from_other_frame(init, frame, image)
    # 5. n/a: the caller has the object.


@algorithm("videoframe-initialize-frame-from-other-frame")
def _initialize_frame_from_other_frame(init: VideoFrameInit, frame: "VideoFrame", other_frame: "VideoFrame") -> None:
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


@algorithm("dom-videoframe-videoframe-data-init")
def initialize_from_data(frame: "VideoFrame", data: BufferSource, init: VideoFrameBufferInit) -> None:
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
    if len({id(transferable) for transferable in transfer}) != len(transfer):
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
