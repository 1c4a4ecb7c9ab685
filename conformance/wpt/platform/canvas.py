"""OffscreenCanvas (HTML § 4.12.5.3)."""

from typing import TypedDict

from codecmodel.infra.errors import DOMException
from codecmodel.raw_media.color_space import PredefinedColorSpace
from conformance.wpt.platform.bitmap import Bitmap
from conformance.wpt.platform.context_2d import OffscreenCanvasRenderingContext2D
from conformance.wpt.platform.image_bitmap import ImageBitmap
from conformance.wpt.platform.surface import Surface, blank_surface


class CanvasRenderingContext2DSettings(TypedDict, total=False):
    """As HTML has them, ``colorType`` excepted: components have 8 bits. The hints have no effect."""

    alpha: bool
    colorSpace: PredefinedColorSpace
    desynchronized: bool
    willReadFrequently: bool


class OffscreenCanvas(Bitmap):
    """A bitmap and perhaps a 2D context that draws on it. Sizes in pixels."""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._surface: Surface | None = None
        self._context: OffscreenCanvasRenderingContext2D | None = None

    @property
    def width(self) -> int:
        return self._width

    @width.setter
    def width(self, width: int) -> None:
        self._width = width
        self._reset()

    @property
    def height(self) -> int:
        return self._height

    @height.setter
    def height(self, height: int) -> None:
        self._height = height
        self._reset()

    def getContext(
        self, context_id: str, settings: CanvasRenderingContext2DSettings | None = None
    ) -> OffscreenCanvasRenderingContext2D | None:
        """The 2D context, with the settings of the first call; None for the other kinds of context."""
        if context_id != "2d":
            return None
        if self._context is None:
            settings = {} if settings is None else settings
            self._context = OffscreenCanvasRenderingContext2D(
                self, settings.get("alpha", True), settings.get("colorSpace", "srgb")
            )
            self._surface = None
        return self._context

    def transferToImageBitmap(self) -> ImageBitmap:
        """What has been drawn, as an ImageBitmap; the canvas is blank then.

        Raises InvalidStateError if there is no context, or a size is 0.
        """
        if self._context is None:
            raise DOMException("the canvas has no context", "InvalidStateError")
        if self._width == 0 or self._height == 0:
            raise DOMException("the canvas has no pixels", "InvalidStateError")
        bitmap = ImageBitmap(self.surface())
        self._surface = None
        return bitmap

    # Not from HTML: the pixels.

    def is_usable(self) -> bool:
        return self._width > 0 and self._height > 0

    def surface(self) -> Surface:
        """The canvas's bitmap, premultiplied: not a copy. It is blank at first.

        Raises NotSupportedError for sizes that are absurd.
        """
        if self._surface is None:
            color_space = "srgb" if self._context is None else self._context.color_space
            is_opaque = self._context is not None and not self._context.has_alpha
            self._surface = blank_surface(self._width, self._height, color_space, is_opaque=is_opaque)
        return self._surface

    def _reset(self) -> None:
        """Set the size of the bitmap, to the same one too: it is blank then, and the context is as at first."""
        self._surface = None
        if self._context is not None:
            self._context.reset_state()
