"""VideoFrameInit and VideoFrameBufferInit, the dictionaries that VideoFrame's constructors take (§ 9.4)."""

from collections.abc import Sequence
from typing import Final, Literal, NotRequired, TypeAlias, TypedDict

from codecmodel.raw_media.color_space import VideoColorSpaceInit, video_color_space_init
from codecmodel.raw_media.dom_rect import DOMRectInit, DOMRectReadOnly, dom_rect_init
from codecmodel.raw_media.pixel_format import VideoPixelFormat, video_pixel_format
from codecmodel.raw_media.plane_layout import PlaneLayout, plane_layout
from codecmodel.raw_media.video_frame_metadata import VideoFrameMetadata, video_frame_metadata
from codecmodel.web.buffers import BufferSource, array_buffer
from codecmodel.web.webidl import (
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

# Spec: alpha-option
AlphaOption: TypeAlias = Literal["keep", "discard"]

alpha_option: Final = Enumeration[AlphaOption]("AlphaOption", ["keep", "discard"])


class VideoFrameInit(TypedDict, total=False):
    """The differences between a new frame and the image that it is made from (§ 9.4).

    ``timestamp`` and ``duration`` are in microseconds, ``visibleRect`` is in pixels of the coded size. ``rotation`` is
    in degrees clockwise; it is rounded to a multiple of 90 and added to that of the image, as is ``flip``.
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
    """The description of the bytes of a frame (§ 9.4). Sizes in pixels, ``timestamp`` and ``duration`` in microseconds.

    The bytes have the whole coded size, in the given ``layout`` or with one plane after the other without padding. Only
    the visible rectangle is kept. Buffers in ``transfer`` are detached: a memoryview is released, a bytearray is
    emptied. If the data is a memoryview and in ``transfer``, its memory is used without a copy, and the program must
    not write to that memory any more.
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
    transfer: NotRequired[Sequence[BufferSource]]
    metadata: NotRequired[VideoFrameMetadata]


video_frame_init: Final = Dictionary[VideoFrameInit](
    "VideoFrameInit",
    Member("duration", unsigned_long_long),
    Member("timestamp", long_long),
    Member("alpha", alpha_option, default="keep"),
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
