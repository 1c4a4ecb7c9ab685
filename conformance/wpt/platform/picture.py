"""What can be drawn: canvases, bitmaps and video frames, as pixels of a natural size (HTML: CanvasImageSource)."""

from typing import NamedTuple, TypeAlias

import numpy as np

from codecmodel import VideoFrame
from codecmodel.infra.errors import DOMException
from codecmodel.raw_media.color_space import PredefinedColorSpace
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS
from conformance.wpt.platform.bitmap import Bitmap
from conformance.wpt.platform.surface import Surface

#: HTML's elements do not exist here.
CanvasImageSource: TypeAlias = Bitmap | VideoFrame


class Picture(NamedTuple):
    """``surface`` may have more or fewer pixels than ``natural_size`` (width, height) in CSS pixels says."""

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
    """The colour space of a canvas that can hold the image's colours."""
    if isinstance(image, VideoFrame):
        return "display-p3" if image.colorSpace.primaries in ("smpte432", "bt2020") else "srgb"
    return image.surface().color_space


def _of_video_frame(frame: VideoFrame, color_space: PredefinedColorSpace) -> Picture:
    """The visible rectangle, turned and flipped; its natural size is the display size."""
    format = frame.format
    if frame.displayWidth == 0:
        raise DOMException("the VideoFrame is closed", "InvalidStateError")
    if format is None or not PIXEL_FORMATS[format].is_rgb:
        raise DOMException(f"frames of the format {format} cannot be drawn", "NotSupportedError")
    (pixels,) = frame.plane_arrays(visible=True)
    rgba = pixels[..., [2, 1, 0, 3]] if format.startswith("BGR") else pixels.copy()
    is_opaque = not PIXEL_FORMATS[format].has_alpha
    if is_opaque:
        rgba[..., 3] = 255
    upright = np.rot90(rgba, -int(frame.rotation) // 90)
    if frame.flip:
        upright = upright[:, ::-1]
    surface = Surface(
        np.ascontiguousarray(upright, np.uint8), natural_color_space(frame), is_premultiplied=False, is_opaque=is_opaque
    )
    return Picture(surface.converted(color_space), (frame.displayWidth, frame.displayHeight))
