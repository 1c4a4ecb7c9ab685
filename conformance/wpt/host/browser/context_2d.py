"""The part of OffscreenCanvasRenderingContext2D that tests of WebCodecs use (HTML § 4.12.5.1).

Rectangles, images and pixels are drawn as HTML says, without paths, shadows, filters and gradients; of transformations,
those are drawn that keep rectangles.
Text is decoration, and is drawn in a font of digits.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.color_space import PredefinedColorSpace
from codecmodel.web.errors import DOMException
from conformance.wpt.host.browser import pixel_font
from conformance.wpt.host.browser.compositing import Rect, blend, clear, covered_span, draw, fill
from conformance.wpt.host.browser.css_color import BLACK, Color, parse_color
from conformance.wpt.host.browser.image_data import ImageData, ImageDataSettings, image_data_settings
from conformance.wpt.host.browser.picture import CanvasImageSource, Picture, picture_of
from conformance.wpt.host.browser.predefined_colors import convert_colors
from conformance.wpt.host.browser.surface import Surface, blank_surface
from conformance.wpt.host.browser.transformation import IDENTITY, Matrix, placed, rotation

if TYPE_CHECKING:
    import numpy.typing as npt

    from conformance.wpt.host.browser.canvas import OffscreenCanvas

QUALITIES: Final = ("low", "medium", "high")
COMPOSITE_OPERATIONS: Final = ("source-over", "copy")
_FONT: Final = re.compile(r"(?:[a-z0-9]+ )*?(\d+(?:\.\d+)?|\.\d+)px(?:/\S+)? (\S.*)")


@dataclass(frozen=True, slots=True)
class DrawingState:
    """The state that save() saves."""

    fill_color: Color = BLACK
    global_alpha: float = 1.0
    image_smoothing_enabled: bool = True
    font: str = "10px sans-serif"
    #: The size in pixels.
    font_size: float = 10.0
    image_smoothing_quality: str = "low"
    global_composite_operation: str = "source-over"
    transformation: Matrix = IDENTITY


@dataclass(slots=True)
class Drawing:
    """The settings of a context, its state, and the saved states, the last one last."""

    has_alpha: bool
    color_space: PredefinedColorSpace
    state: DrawingState = field(default_factory=DrawingState)
    saved: list[DrawingState] = field(default_factory=list)


class TextMetrics(NamedTuple):
    """Distances in pixels, of text in the only font."""

    width: float
    fontBoundingBoxAscent: float  # noqa: N815 - the IDL's spelling
    fontBoundingBoxDescent: float  # noqa: N815


class OffscreenCanvasRenderingContext2D:
    """Draws on the bitmap of a canvas. Coordinates are in pixels, from the top left."""

    def __init__(self, canvas: OffscreenCanvas, drawing: Drawing) -> None:
        self.canvas = canvas
        self.has_alpha = drawing.has_alpha
        self.color_space = drawing.color_space
        self._drawing = drawing

    @property
    def _state(self) -> DrawingState:
        return self._drawing.state

    @_state.setter
    def _state(self, state: DrawingState) -> None:
        self._drawing.state = state

    def _picture_of(self, image: CanvasImageSource) -> Picture:
        return picture_of(image, self.color_space)

    # State

    def save(self) -> None:
        self._drawing.saved.append(self._state)

    def restore(self) -> None:
        if self._drawing.saved:
            self._state = self._drawing.saved.pop()

    @property
    def fillStyle(self) -> str:
        """A colour. A value that is no colour is ignored. Raises NotSupportedError for notations that are not known
        here.
        """
        return self._state.fill_color.serialized()

    @fillStyle.setter
    def fillStyle(self, style: str) -> None:
        color = parse_color(style)
        if color is not None:
            self._state = replace(self._state, fill_color=color)

    @property
    def globalAlpha(self) -> float:
        return self._state.global_alpha

    @globalAlpha.setter
    def globalAlpha(self, alpha: float) -> None:
        if 0 <= alpha <= 1:
            self._state = replace(self._state, global_alpha=alpha)

    @property
    def imageSmoothingEnabled(self) -> bool:
        return self._state.image_smoothing_enabled

    @imageSmoothingEnabled.setter
    def imageSmoothingEnabled(self, enabled: bool) -> None:
        self._state = replace(self._state, image_smoothing_enabled=enabled)

    @property
    def font(self) -> str:
        """A size in pixels, and a family that has no effect. A value that is not of this form is ignored."""
        return self._state.font

    @font.setter
    def font(self, font: str) -> None:
        match = _FONT.fullmatch(font.strip())
        if match is not None:
            size = float(match[1])
            self._state = replace(self._state, font=f"{size:g}px {match[2]}", font_size=size)

    @property
    def imageSmoothingQuality(self) -> str:
        """The quality "low", "medium" or "high": a hint without effect. Another value is ignored."""
        return self._state.image_smoothing_quality

    @imageSmoothingQuality.setter
    def imageSmoothingQuality(self, quality: str) -> None:
        if quality in QUALITIES:
            self._state = replace(self._state, image_smoothing_quality=quality)

    @property
    def globalCompositeOperation(self) -> str:
        """The operation "source-over" or "copy". Raises NotSupportedError for another."""
        return self._state.global_composite_operation

    @globalCompositeOperation.setter
    def globalCompositeOperation(self, operation: str) -> None:
        if operation not in COMPOSITE_OPERATIONS:
            raise DOMException(f"the operation {operation} is not supported here", "NotSupportedError")
        self._state = replace(self._state, global_composite_operation=operation)

    # Transformations. Numbers that are not finite have no effect.

    def translate(self, x: float, y: float) -> None:
        self.transform(1, 0, 0, 1, x, y)

    def scale(self, x: float, y: float) -> None:
        self.transform(x, 0, 0, y, 0, 0)

    def rotate(self, angle: float) -> None:
        if _all_finite(angle):
            self.transform(*rotation(angle))

    def transform(self, a: float, b: float, c: float, d: float, e: float, f: float) -> None:
        if _all_finite(a, b, c, d, e, f):
            changed = self._state.transformation.times(Matrix(a, b, c, d, e, f))
            self._state = replace(self._state, transformation=changed)

    def setTransform(self, a: float, b: float, c: float, d: float, e: float, f: float) -> None:
        if _all_finite(a, b, c, d, e, f):
            self._state = replace(self._state, transformation=IDENTITY.times(Matrix(a, b, c, d, e, f)))

    def resetTransform(self) -> None:
        self._state = replace(self._state, transformation=IDENTITY)

    # Drawing

    def fillRect(self, x: float, y: float, width: float, height: float) -> None:
        if not _all_finite(x, y, width, height):
            return
        rect = placed(Rect(x, y, width, height).normalized(), self._state.transformation).rect
        self._clear_before_copying()
        fill(self._pixels(), rect, self._fill_components())

    def clearRect(self, x: float, y: float, width: float, height: float) -> None:
        if not _all_finite(x, y, width, height):
            return
        self._clear(placed(Rect(x, y, width, height).normalized(), self._state.transformation).rect)

    def drawImage(self, image: CanvasImageSource, *coordinates: float) -> None:
        """drawImage(image, dx, dy), (image, dx, dy, dw, dh) or (image, sx, sy, sw, sh, dx, dy, dw, dh).

        Raises InvalidStateError if the image is closed, transferred or without pixels.
        """
        if not _all_finite(*coordinates):
            return
        picture = self._picture_of(image)
        width, height = picture.natural_size
        source, destination = Rect(0, 0, width, height), Rect(0, 0, width, height)
        if len(coordinates) == 2:
            destination = Rect(*coordinates, width, height)
        elif len(coordinates) == 4:
            destination = Rect(*coordinates)
        else:
            source, destination = Rect(*coordinates[:4]), Rect(*coordinates[4:])
        clipped = _clipped(source.normalized(), destination.normalized(), width, height)
        if clipped is None:
            return
        source, destination = clipped
        scale_x, scale_y = picture.surface.width / width, picture.surface.height / height
        source = Rect(source.x * scale_x, source.y * scale_y, source.width * scale_x, source.height * scale_y)
        placement = placed(destination, self._state.transformation)
        image_pixels, source = placement.oriented(picture.surface.premultiplied(), source)
        if image is self.canvas:
            image_pixels = image_pixels.copy()
        self._clear_before_copying()
        draw(
            self._pixels(),
            image_pixels,
            source,
            placement.rect,
            self._state.global_alpha,
            smooth=self._state.image_smoothing_enabled,
        )

    def fillText(self, text: str, x: float, y: float, max_width: float | None = None) -> None:
        """Draw text whose baseline starts at (x, y). It is at most ``max_width`` wide.

        Raises NotSupportedError if there is a transformation.
        """
        if not _all_finite(x, y) or (max_width is not None and not max_width > 0):
            return
        if self._state.transformation != IDENTITY:
            raise DOMException("text is drawn only without a transformation", "NotSupportedError")
        self._clear_before_copying()
        picture = pixel_font.text_picture(text)
        unit_x = unit_y = self._state.font_size / pixel_font.EM
        width = picture.shape[1] * unit_x
        if max_width is not None and width > max_width:
            unit_x *= max_width / width
        pixels = self._pixels()
        top = y - pixel_font.ROWS * unit_y
        rows = covered_span(top, pixel_font.ROWS * unit_y, pixels.shape[0])
        columns = covered_span(x, picture.shape[1] * unit_x, pixels.shape[1])
        inked_rows = _grid(top - rows.first, unit_y, pixel_font.ROWS, rows.last - rows.first)
        inked_columns = _grid(x - columns.first, unit_x, picture.shape[1], columns.last - columns.first)
        coverage = np.minimum(inked_rows.T @ picture.astype(np.float32) @ inked_columns, 1)
        blend(pixels[rows.pixels, columns.pixels], self._fill_components().astype(np.float32), coverage)

    def measureText(self, text: str) -> TextMetrics:
        unit = self._state.font_size / pixel_font.EM
        return TextMetrics(
            width=len(text) * pixel_font.ADVANCE * unit,
            fontBoundingBoxAscent=pixel_font.ASCENT * unit,
            fontBoundingBoxDescent=pixel_font.DESCENT * unit,
        )

    # Pixels

    def createImageData(self, width: int, height: int, settings: ImageDataSettings | None = None) -> ImageData:
        """Transparent black, by default in the canvas's colour space. Raises IndexSizeError if a size is 0."""
        if width == 0 or height == 0:
            raise DOMException("an ImageData has at least one pixel", "IndexSizeError")
        color_space = self._image_data_color_space(settings)
        return ImageData(blank_surface(abs(width), abs(height), color_space).pixels, color_space)

    def getImageData(
        self, x: int, y: int, width: int, height: int, settings: ImageDataSettings | None = None
    ) -> ImageData:
        """A copy of a rectangle of pixels, not premultiplied; transparent black outside the canvas.

        Raises IndexSizeError if a size is 0.
        """
        if width == 0 or height == 0:
            raise DOMException("an ImageData has at least one pixel", "IndexSizeError")
        color_space = self._image_data_color_space(settings)
        left, top = min(x, x + width), min(y, y + height)
        cropped = self.canvas.surface().cropped(left, top, abs(width), abs(height))
        return ImageData(cropped.straight().converted(color_space).pixels, color_space)

    def putImageData(self, image_data: ImageData, x: int, y: int, dirty: Rect | None = None) -> None:
        """Replace pixels by those of ``image_data``, or of its rectangle ``dirty``. The corner of ``image_data`` is
        at (x, y).
        """
        dirty = Rect(0, 0, image_data.width, image_data.height) if dirty is None else dirty.normalized()
        left, top = max(int(dirty.x), 0, -x), max(int(dirty.y), 0, -y)
        right = min(int(dirty.x + dirty.width), image_data.width, self.canvas.width - x)
        bottom = min(int(dirty.y + dirty.height), image_data.height, self.canvas.height - y)
        if right <= left or bottom <= top:
            return
        straight = Surface(image_data.data[top:bottom, left:right], image_data.colorSpace, is_premultiplied=False)
        region = self._pixels()[y + top : y + bottom, x + left : x + right]
        converted = straight.converted(self.color_space)
        if self.has_alpha:
            region[:] = converted.premultiplied().pixels
        else:
            region[..., :3] = converted.pixels[..., :3]

    def _image_data_color_space(self, settings: ImageDataSettings | None) -> PredefinedColorSpace:
        settings = image_data_settings({} if settings is None else settings, "settings")
        if settings.get("pixelFormat") == "rgba-float16":
            raise DOMException("pixels of 16-bit floating-point numbers are not supported", "NotSupportedError")
        return settings.get("colorSpace", self.color_space)

    def _clear(self, rect: Rect) -> None:
        if self.has_alpha:
            clear(self._pixels(), rect)
        else:
            fill(self._pixels(), rect, np.array([0.0, 0, 0, 255]))

    def _clear_before_copying(self) -> None:
        """Clear the whole canvas if what is drawn next replaces all of it."""
        if self._state.global_composite_operation == "copy":
            self._clear(Rect(0, 0, self.canvas.width, self.canvas.height))

    def _pixels(self) -> npt.NDArray[np.uint8]:
        return self.canvas.surface().pixels

    def _fill_components(self) -> npt.NDArray[np.float64]:
        """The fill colour with the global alpha, premultiplied, from 0 to 255, in the canvas's colour space."""
        color = self._state.fill_color
        components = np.array([color.red, color.green, color.blue])
        converted = np.clip(convert_colors(components, color.color_space, self.color_space), 0, 1)
        alpha = color.alpha * self._state.global_alpha
        return np.append(converted * alpha, alpha) * 255


def _all_finite(*numbers: float) -> bool:
    return all(map(math.isfinite, numbers))


def _clipped(source: Rect, destination: Rect, width: int, height: int) -> tuple[Rect, Rect] | None:
    """The source clipped to the image, and the destination in the same proportion. None if nothing is left."""
    if source.width == 0 or source.height == 0 or destination.width == 0 or destination.height == 0:
        return None
    left, top = max(source.x, 0.0), max(source.y, 0.0)
    right, bottom = min(source.x + source.width, width), min(source.y + source.height, height)
    if right <= left or bottom <= top:
        return None
    scale_x, scale_y = destination.width / source.width, destination.height / source.height
    return Rect(left, top, right - left, bottom - top), Rect(
        destination.x + (left - source.x) * scale_x,
        destination.y + (top - source.y) * scale_y,
        (right - left) * scale_x,
        (bottom - top) * scale_y,
    )


def _grid(origin: float, unit: float, count: int, limit: int) -> npt.NDArray[np.float32]:
    """The coverage of each of ``limit`` pixels by each of ``count`` intervals of one unit, of shape (intervals,
    pixels).
    """
    grid = np.zeros((count, limit), np.float32)
    for index in range(count):
        span = covered_span(origin + index * unit, unit, limit)
        grid[index, span.pixels] = span.coverage
    return grid
