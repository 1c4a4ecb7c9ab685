"""The properties that all frames of a video file share, and the bytes of a frame."""

from fractions import Fraction
from typing import NamedTuple

from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.video_frame import VideoFrame


class PictureShape(NamedTuple):
    """The properties that all frames of a file share. Sizes are in pixels, visible and displayed."""

    format: VideoPixelFormat | None
    width: int
    height: int
    display_width: int
    display_height: int
    rotation: float
    flip: bool
    color_space: VideoColorSpaceInit

    @property
    def pixel_aspect(self) -> Fraction:
        """The width of a pixel to its height, before rotation. It is as exact as the display size, in whole pixels."""
        return self.display_aspect * self.height / self.width

    @property
    def display_aspect(self) -> Fraction:
        """The width to the height of the displayed picture, before rotation."""
        aspect = Fraction(self.display_width, self.display_height)
        return 1 / aspect if self.rotation in (90, 270) else aspect

    def has_display_aspect(self, aspect: Fraction) -> bool:
        """Whether the display size is that of ``aspect``, the width to the height before rotation, but for rounding."""
        width, height = self.display_width, self.display_height
        if self.rotation in (90, 270):
            width, height = height, width
        return abs(height * aspect - width) <= 1 or abs(width / aspect - height) <= 1


def shape_of_picture(frame: VideoFrame) -> PictureShape:
    """The shape of ``frame``, which must not be closed."""
    rect = frame.visibleRect
    assert rect is not None, "not closed"
    return PictureShape(
        frame.format,
        int(rect.width),
        int(rect.height),
        frame.displayWidth,
        frame.displayHeight,
        frame.rotation,
        frame.flip,
        frame.colorSpace.toJSON(),
    )


def packed_planes(frame: VideoFrame) -> list[bytes]:
    """The bytes of each plane, in the format's order: the rows of the visible rectangle, without gaps."""
    return [plane.tobytes() for plane in frame.plane_arrays(visible=True)]
