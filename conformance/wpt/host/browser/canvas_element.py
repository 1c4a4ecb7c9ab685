"""HTMLCanvasElement (HTML § 4.12.5) as a canvas. It is no node: there is no tree of elements here."""

import re
from collections.abc import Mapping
from typing import Final

from codecmodel import VideoFrame
from codecmodel.lazy_numpy import np
from codecmodel.raw_media.rgb.conversion import rgb_array
from codecmodel.raw_media.video_frame_conversion import source_picture
from conformance.wpt.host.browser.canvas import OffscreenCanvas
from conformance.wpt.host.browser.context_2d import OffscreenCanvasRenderingContext2D
from conformance.wpt.host.browser.picture import CanvasImageSource, Picture
from conformance.wpt.host.browser.surface import Surface

_DEFAULT_WIDTH: Final = 300
_DEFAULT_HEIGHT: Final = 150
_IMAGE_ORIENTATION: Final = re.compile(r"(?:^|;)\s*image-orientation\s*:\s*(none|from-image)\s*(?=;|$)")
_SIZE: Final = re.compile(r"\s*\+?(\d+)")


class CSSStyleDeclaration:
    """The style of an element, of which only image-orientation (CSS Images § 6.1) is known."""

    def __init__(self, text: str) -> None:
        declared = _IMAGE_ORIENTATION.findall(text)
        self._image_orientation: str = declared[-1] if declared else ""

    @property
    def imageOrientation(self) -> str:
        return self._image_orientation


class CanvasRenderingContext2D(OffscreenCanvasRenderingContext2D):
    """The context of an element. It draws video frames as the element's image-orientation says."""

    def _picture_of(self, image: CanvasImageSource) -> Picture:
        picture = super()._picture_of(image)
        assert isinstance(self.canvas, HTMLCanvasElement)
        if isinstance(image, VideoFrame) and self.canvas.style.imageOrientation == "none":
            return self._as_stored(image, picture)
        return picture

    def _as_stored(self, frame: VideoFrame, upright: Picture) -> Picture:
        """The visible rectangle, neither turned nor flipped. ``upright`` is the picture that would be drawn else."""
        source = source_picture(frame)
        pixels = np.ascontiguousarray(rgb_array(source, source.bounds, "RGBA", self.color_space))
        width, height = upright.natural_size
        natural_size = (height, width) if frame.rotation % 180 else (width, height)
        surface = Surface(pixels, self.color_space, is_premultiplied=False, is_opaque=upright.surface.is_opaque)
        return Picture(surface, natural_size)


class HTMLCanvasElement(OffscreenCanvas):
    """A canvas element with the content attributes ``attributes``."""

    _context_type = CanvasRenderingContext2D

    def __init__(self, attributes: Mapping[str, str]) -> None:
        super().__init__(
            _size(attributes.get("width", ""), _DEFAULT_WIDTH), _size(attributes.get("height", ""), _DEFAULT_HEIGHT)
        )
        self._style = CSSStyleDeclaration(attributes.get("style", ""))

    @property
    def style(self) -> CSSStyleDeclaration:
        return self._style


def _size(text: str, default: int) -> int:
    """HTML: the rules for parsing non-negative integers, as far as they give a number."""
    match = _SIZE.match(text)
    return default if match is None else int(match[1])
