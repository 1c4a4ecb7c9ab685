"""The things that can be drawn (HTML: CanvasImageSource): canvases, bitmaps and video frames, as pixels with a
natural size.
"""

from typing import NamedTuple, TypeAlias

from codecmodel import VideoFrame
from codecmodel.lazy_numpy import np
from codecmodel.raw_media.color_space import PredefinedColorSpace
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS
from codecmodel.raw_media.video_frame_conversion import rendered
from codecmodel.web.errors import DOMException
from conformance.wpt.host.browser.bitmap import Bitmap
from conformance.wpt.host.browser.surface import Surface

#: Of HTML's elements there is only the canvas, which is a Bitmap.
CanvasImageSource: TypeAlias = Bitmap | VideoFrame


class Picture(NamedTuple):
    """``surface`` may have more or fewer pixels than ``natural_size`` (width, height, in CSS pixels) says."""

    surface: Surface
    natural_size: tuple[int, int]


def picture_of(image: CanvasImageSource, color_space: PredefinedColorSpace) -> Picture:
    """The image upright, in a colour space.

    Raises InvalidStateError if it cannot be used: HTML, *check the usability of the image argument*.
    """
    if isinstance(image, VideoFrame):
        return _of_video_frame(image, color_space)
    if not image.is_usable():
        raise DOMException("the image is closed, transferred or without pixels", "InvalidStateError")
    surface = image.surface().converted(color_space)
    return Picture(surface, (surface.width, surface.height))


def natural_color_space(image: CanvasImageSource) -> PredefinedColorSpace:
    """The colour space of a canvas that can hold the colours of the image."""
    if isinstance(image, VideoFrame):
        return "display-p3" if image.colorSpace.primaries in ("smpte432", "bt2020") else "srgb"
    return image.surface().color_space


def _of_video_frame(frame: VideoFrame, color_space: PredefinedColorSpace) -> Picture:
    """The visible rectangle, turned and flipped. Its natural size is the display size."""
    if frame.displayWidth == 0:
        raise DOMException("the VideoFrame is closed", "InvalidStateError")
    pixels = rendered(frame, color_space)
    is_opaque = frame.format is not None and not PIXEL_FORMATS[frame.format].has_alpha
    surface = Surface(np.ascontiguousarray(pixels), color_space, is_premultiplied=False, is_opaque=is_opaque)
    return Picture(surface, (frame.displayWidth, frame.displayHeight))
