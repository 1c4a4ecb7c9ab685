"""Pixels in the form in which canvases and image bitmaps store them: RGBA, 8 bits a component, alpha premultiplied
or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.color_space import PredefinedColorSpace
from codecmodel.web.errors import DOMException
from conformance.wpt.host.browser.predefined_colors import convert_colors

if TYPE_CHECKING:
    import numpy.typing as npt

#: An array of shape (height, width, 4).
PixelArray: TypeAlias = "npt.NDArray[np.uint8]"

#: The number of pixels of the largest surface.
_MAXIMUM_AREA: Final = 1 << 28


class Surface:
    """A rectangle of pixels in a colour space. ``pixels`` is shared with everybody who keeps the surface, and not
    copied.
    """

    __slots__ = ("__weakref__", "color_space", "is_opaque", "is_premultiplied", "pixels")

    def __init__(
        self,
        pixels: PixelArray,
        color_space: PredefinedColorSpace,
        *,
        is_premultiplied: bool = True,
        is_opaque: bool = False,
    ) -> None:
        """``is_opaque`` promises that every alpha is 255."""
        self.pixels = pixels
        self.color_space = color_space
        self.is_premultiplied = is_premultiplied
        self.is_opaque = is_opaque

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def premultiplied(self) -> Surface:
        """The same pixels with components multiplied by alpha."""
        if self.is_premultiplied or self._has_opaque_pixels_only():
            return self._of(self.pixels, is_premultiplied=True)
        return self._of(premultiply(self.pixels), is_premultiplied=True)

    def straight(self) -> Surface:
        """The same pixels with components not multiplied by alpha."""
        if not self.is_premultiplied or self._has_opaque_pixels_only():
            return self._of(self.pixels, is_premultiplied=False)
        return self._of(unpremultiply(self.pixels), is_premultiplied=False)

    def converted(self, color_space: PredefinedColorSpace) -> Surface:
        """The same colours in ``color_space``, clipped to its gamut."""
        if color_space == self.color_space:
            return self
        straight = self.straight().pixels
        converted = Surface(
            _convert(straight, self.color_space, color_space),
            color_space,
            is_premultiplied=False,
            is_opaque=self.is_opaque,
        )
        return converted.premultiplied() if self.is_premultiplied else converted

    def cropped(self, left: int, top: int, width: int, height: int) -> Surface:
        """A copy of the pixels of a rectangle. It is transparent black where the rectangle is outside."""
        pixels = blank_surface(width, height, self.color_space).pixels
        first_row, first_column = max(top, 0), max(left, 0)
        last_row = max(min(top + height, self.height), first_row)
        last_column = max(min(left + width, self.width), first_column)
        pixels[first_row - top : last_row - top, first_column - left : last_column - left] = self.pixels[
            first_row:last_row, first_column:last_column
        ]
        within = (first_row, first_column) == (top, left) and (last_row, last_column) == (top + height, left + width)
        return Surface(
            pixels, self.color_space, is_premultiplied=self.is_premultiplied, is_opaque=self.is_opaque and within
        )

    def copy(self) -> Surface:
        return self._of(self.pixels.copy(), is_premultiplied=self.is_premultiplied)

    def _has_opaque_pixels_only(self) -> bool:
        return self.is_opaque or bool((self.pixels[..., 3] == 255).all())

    def _of(self, pixels: PixelArray, *, is_premultiplied: bool) -> Surface:
        return Surface(pixels, self.color_space, is_premultiplied=is_premultiplied, is_opaque=self.is_opaque)


def blank_surface(width: int, height: int, color_space: PredefinedColorSpace, *, is_opaque: bool = False) -> Surface:
    """Transparent or opaque black. Raises NotSupportedError for absurd sizes."""
    if width * height > _MAXIMUM_AREA:
        raise DOMException(f"{width} by {height} pixels are too many", "NotSupportedError")
    pixels = np.zeros((height, width, 4), np.uint8)
    if is_opaque:
        pixels[..., 3] = 255
    return Surface(pixels, color_space, is_opaque=is_opaque)


def premultiply(straight: PixelArray) -> PixelArray:
    """Components times alpha, rounded."""
    wide = straight.astype(np.uint32)
    premultiplied = np.empty_like(straight)
    premultiplied[..., :3] = (wide[..., :3] * wide[..., 3:] + 127) // 255
    premultiplied[..., 3] = straight[..., 3]
    return premultiplied


def unpremultiply(premultiplied: PixelArray) -> PixelArray:
    """Components divided by alpha, rounded. Transparent pixels are black."""
    wide = premultiplied.astype(np.uint32)
    alpha = wide[..., 3:]
    straight = np.empty_like(premultiplied)
    straight[..., :3] = np.minimum((wide[..., :3] * 255 + alpha // 2) // np.maximum(alpha, 1), 255)
    straight[..., 3] = premultiplied[..., 3]
    return straight


def _convert(straight: PixelArray, source: PredefinedColorSpace, target: PredefinedColorSpace) -> PixelArray:
    """The pixels with each colour converted once."""
    packed = np.ascontiguousarray(straight).view(np.uint32)[..., 0]
    values, places = np.unique(packed, return_inverse=True)
    colors = values.view(np.uint8).reshape(-1, 4)
    converted = colors.copy()
    components = convert_colors(colors[:, :3] / 255, source, target)
    converted[:, :3] = np.rint(np.clip(components, 0, 1) * 255)
    return converted[places.reshape(packed.shape)]
