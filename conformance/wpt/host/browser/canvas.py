"""OffscreenCanvas (HTML § 4.12.5.3)."""

import weakref
from typing import Final, TypedDict

from codecmodel.raw_media.color_space import PredefinedColorSpace, predefined_color_space
from codecmodel.web.errors import DOMException
from codecmodel.web.events import EventHandler, EventTarget
from codecmodel.web.webidl import Dictionary, Enumeration, Member, boolean, enforced_unsigned_long_long
from conformance.wpt.host.browser.bitmap import Bitmap
from conformance.wpt.host.browser.context_2d import Drawing, DrawingState, OffscreenCanvasRenderingContext2D
from conformance.wpt.host.browser.image_bitmap import ImageBitmap
from conformance.wpt.host.browser.surface import Surface, blank_surface


class CanvasRenderingContext2DSettings(TypedDict, total=False):
    """The settings of a context. ``desynchronized`` and ``willReadFrequently`` are hints without effect."""

    alpha: bool
    colorSpace: PredefinedColorSpace
    colorType: str
    desynchronized: bool
    willReadFrequently: bool


canvas_rendering_context_2d_settings: Final = Dictionary[CanvasRenderingContext2DSettings](
    "CanvasRenderingContext2DSettings",
    Member("alpha", boolean, default=True),
    Member("colorSpace", predefined_color_space, default="srgb"),
    Member("colorType", Enumeration("CanvasColorType", ["unorm8", "float16"]), default="unorm8"),
    Member("desynchronized", boolean, default=False),
    Member("willReadFrequently", boolean, default=False),
)
_context_id: Final = Enumeration("OffscreenRenderingContextId", ["2d", "bitmaprenderer", "webgl", "webgl2", "webgpu"])


class OffscreenCanvas(EventTarget, Bitmap):
    """A bitmap, perhaps with a 2D context that draws on it. Sizes are in pixels. Its context is never lost."""

    _context_type: type[OffscreenCanvasRenderingContext2D] = OffscreenCanvasRenderingContext2D

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self._width = enforced_unsigned_long_long(width, "width")
        self._height = enforced_unsigned_long_long(height, "height")
        self._surface: Surface | None = None
        self._drawing: Drawing | None = None
        # Weak, so that the pixels go with the last of the two, and need no collector of cycles. A context that is made
        # again draws on as the one before did.
        self._context: weakref.ref[OffscreenCanvasRenderingContext2D] | None = None

    @property
    def width(self) -> int:
        return self._width

    @width.setter
    def width(self, width: int) -> None:
        self._width = enforced_unsigned_long_long(width, "width")
        self._reset()

    @property
    def height(self) -> int:
        return self._height

    @height.setter
    def height(self, height: int) -> None:
        self._height = enforced_unsigned_long_long(height, "height")
        self._reset()

    @property
    def oncontextlost(self) -> EventHandler:
        return self._event_handler("contextlost")

    @oncontextlost.setter
    def oncontextlost(self, handler: EventHandler) -> None:
        self._set_event_handler("contextlost", handler)

    @property
    def oncontextrestored(self) -> EventHandler:
        return self._event_handler("contextrestored")

    @oncontextrestored.setter
    def oncontextrestored(self, handler: EventHandler) -> None:
        self._set_event_handler("contextrestored", handler)

    def getContext(
        self, context_id: str, settings: CanvasRenderingContext2DSettings | None = None
    ) -> OffscreenCanvasRenderingContext2D | None:
        """The 2D context, with the settings of the first call. None for the other kinds of context.

        Raises NotSupportedError for components that do not have 8 bits.
        """
        if _context_id(context_id, "contextId") != "2d":
            return None
        if self._drawing is None:
            settings = canvas_rendering_context_2d_settings({} if settings is None else settings, "options")
            if settings["colorType"] == "float16":
                raise DOMException("a canvas of floating-point numbers is not supported", "NotSupportedError")
            self._drawing = Drawing(settings["alpha"], settings["colorSpace"])
            self._surface = None
        context = None if self._context is None else self._context()
        if context is None:
            context = self._context_type(self, self._drawing)
            self._context = weakref.ref(context)
        return context

    def transferToImageBitmap(self) -> ImageBitmap:
        """The drawing so far, as an ImageBitmap. The canvas is blank afterwards.

        Raises InvalidStateError if there is no context, or a size is 0.
        """
        if self._drawing is None:
            raise DOMException("the canvas has no context", "InvalidStateError")
        if self._width == 0 or self._height == 0:
            raise DOMException("the canvas has no pixels", "InvalidStateError")
        bitmap = ImageBitmap(self.surface())
        self._surface = None
        return bitmap

    # Not in HTML: the pixels.

    def is_usable(self) -> bool:
        return self._width > 0 and self._height > 0

    def surface(self) -> Surface:
        """The canvas's bitmap itself, premultiplied. It is blank at first.

        Raises NotSupportedError for absurd sizes.
        """
        if self._surface is None:
            color_space = "srgb" if self._drawing is None else self._drawing.color_space
            is_opaque = self._drawing is not None and not self._drawing.has_alpha
            self._surface = blank_surface(self._width, self._height, color_space, is_opaque=is_opaque)
        return self._surface

    def _reset(self) -> None:
        """Set the size of the bitmap, even to the same size. The bitmap is blank then, and the context is as at
        first.
        """
        self._surface = None
        if self._drawing is not None:
            self._drawing.state = DrawingState()
            self._drawing.saved.clear()
