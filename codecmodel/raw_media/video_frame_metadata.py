"""VideoFrameMetadata: the members that the VideoFrame Metadata Registry records.

One is missing: ``backgroundSegmentationMask`` is an ImageBitmap, which this host does not have.
"""

from copy import deepcopy
from typing import Final, Literal, NotRequired, TypeAlias, TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.dom_rect import DOMRectInit, dom_rect_init
from codecmodel.web.webidl import (
    Dictionary,
    Enumeration,
    Member,
    boolean,
    double,
    long,
    sequence,
    single_float,
    unsigned_long,
)

SegmentType: TypeAlias = Literal["human-face", "left-eye", "right-eye", "eye", "mouth"]


class Point2D(TypedDict, total=False):
    """A point; coordinates default to 0."""

    x: float
    y: float


class Segment(TypedDict):
    """Something that was recognized in the image, and the probability that it is there (Media Capture Extensions)."""

    type: SegmentType
    id: int
    partOf: NotRequired[int]
    probability: float
    centerPoint: NotRequired[Point2D]
    boundingBox: NotRequired[DOMRectInit]


class BackgroundBlur(TypedDict):
    """Whether the camera blurs the background (Media Capture Extensions)."""

    enabled: bool


class VideoFrameMetadata(TypedDict, total=False):
    """Facts about a frame besides its pixels (§ 9.4). Times in milliseconds, ``rtpTimestamp`` in units of RTP."""

    segments: list[Segment]
    captureTime: float
    receiveTime: float
    rtpTimestamp: int
    backgroundBlur: BackgroundBlur


_segment: Final = Dictionary[Segment](
    "Segment",
    Member(
        "type",
        Enumeration[SegmentType]("SegmentType", ["human-face", "left-eye", "right-eye", "eye", "mouth"]),
        required=True,
    ),
    Member("id", long, required=True),
    Member("partOf", long),
    Member("probability", single_float, required=True),
    Member(
        "centerPoint",
        Dictionary[Point2D]("Point2D", Member("x", double, default=0.0), Member("y", double, default=0.0)),
    ),
    Member("boundingBox", dom_rect_init),
)

video_frame_metadata: Final = Dictionary[VideoFrameMetadata](
    "VideoFrameMetadata",
    Member("segments", sequence(_segment)),
    Member("captureTime", double),
    Member("receiveTime", double),
    Member("rtpTimestamp", unsigned_long),
    Member("backgroundBlur", Dictionary[BackgroundBlur]("BackgroundBlur", Member("enabled", boolean, required=True))),
)


# Spec: videoframe-algorithms
@algorithm("videoframe-copy-videoframe-metadata")
def copy_video_frame_metadata(metadata: VideoFrameMetadata) -> VideoFrameMetadata:
    """Copy VideoFrame metadata."""
    # 1. to 3. Clone the metadata. (A deep copy does the same as structured cloning for all values that a converted
    # dictionary can have.)
    return deepcopy(metadata)
