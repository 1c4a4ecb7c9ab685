"""ImageDecodeOptions and ImageDecodeResult: what ImageDecoder.decode() is told, and what it gives (§ 10.4, § 10.5)."""

from typing import Final, TypedDict

from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.web.webidl import Dictionary, Member, boolean, enforced_unsigned_long


class ImageDecodeOptions(TypedDict, total=False):
    """``frameIndex`` counts the selected track's frames, from 0.

    Without ``completeFramesOnly``, an image that is arriving may be decoded with what detail there is.
    """

    frameIndex: int
    completeFramesOnly: bool


class ImageDecodeResult(TypedDict):
    """``image``, which its receiver should close, and whether it is ``complete``: of full detail."""

    image: VideoFrame
    complete: bool


image_decode_options: Final = Dictionary[ImageDecodeOptions](
    "ImageDecodeOptions",
    Member("frameIndex", enforced_unsigned_long, default=0),
    Member("completeFramesOnly", boolean, default=True),
)
