"""ImageDecodeOptions and ImageDecodeResult: the argument and the result of ImageDecoder.decode() (§ 10.4, § 10.5)."""

from typing import Final, TypedDict

from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.web.webidl import Dictionary, Member, boolean, enforced_unsigned_long


class ImageDecodeOptions(TypedDict, total=False):
    """Which frame to decode (§ 10.4).

    ``frameIndex`` is the frame's index in the selected track, from 0. If ``completeFramesOnly`` is false, a progressive
    image that is still arriving may be decoded with reduced detail.
    """

    frameIndex: int
    completeFramesOnly: bool


class ImageDecodeResult(TypedDict):
    """The decoded frame (§ 10.5): an ``image``, which its receiver should close. It is ``complete`` at full detail."""

    image: VideoFrame
    complete: bool


image_decode_options: Final = Dictionary[ImageDecodeOptions](
    "ImageDecodeOptions",
    Member("frameIndex", enforced_unsigned_long, default=0),
    Member("completeFramesOnly", boolean, default=True),
)
