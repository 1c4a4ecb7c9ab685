"""ImageBitmap and createImageBitmap() (HTML § 8.11)."""

import math
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, TypedDict, cast

from codecmodel.web.errors import DOMException, RangeError
from codecmodel.web.structured_data import SerializableObject, TransferableObject
from codecmodel.web.webidl import Dictionary, Enumeration, Member, enforced_unsigned_long
from conformance.wpt.host.browser.bitmap import Bitmap
from conformance.wpt.host.browser.compositing import resized
from conformance.wpt.host.browser.image_data import ImageData
from conformance.wpt.host.browser.picture import CanvasImageSource, natural_color_space, picture_of
from conformance.wpt.host.browser.surface import Surface

#: HTML's elements and blobs excepted: there is no decoder of image files here.
ImageBitmapSource: TypeAlias = CanvasImageSource | ImageData


class ImageBitmapOptions(TypedDict, total=False):
    """The options. Sizes are in pixels."""

    imageOrientation: Literal["from-image", "flipY"]
    premultiplyAlpha: Literal["none", "premultiply", "default"]
    colorSpaceConversion: Literal["none", "default"]
    resizeWidth: int
    resizeHeight: int
    resizeQuality: Literal["pixelated", "low", "medium", "high"]


image_bitmap_options: Final = Dictionary[ImageBitmapOptions](
    "ImageBitmapOptions",
    Member("imageOrientation", Enumeration("ImageOrientation", ["from-image", "flipY"]), default="from-image"),
    Member("premultiplyAlpha", Enumeration("PremultiplyAlpha", ["none", "premultiply", "default"]), default="default"),
    Member("colorSpaceConversion", Enumeration("ColorSpaceConversion", ["none", "default"]), default="default"),
    Member("resizeWidth", enforced_unsigned_long),
    Member("resizeHeight", enforced_unsigned_long),
    Member("resizeQuality", Enumeration("ResizeQuality", ["pixelated", "low", "medium", "high"]), default="low"),
)


class ImageBitmap(Bitmap, SerializableObject, TransferableObject):
    """Pixels that can be drawn until they are closed or transferred. Sizes are in pixels, and 0 after that."""

    #: [[BitmapData]]
    _bitmap_data: Surface | None

    def __init__(self, surface: Surface) -> None:
        """``surface`` belongs to the bitmap from now on, and is no longer written to."""
        self._detached = False
        self._bitmap_data = surface

    @property
    def width(self) -> int:
        return 0 if self._bitmap_data is None else self._bitmap_data.width

    @property
    def height(self) -> int:
        return 0 if self._bitmap_data is None else self._bitmap_data.height

    def close(self) -> None:
        self._detached = True
        self._bitmap_data = None

    def _serialization_steps(self, serialized: dict[str, object], for_storage: bool) -> None:
        if self._detached:
            raise DOMException("the ImageBitmap is closed", "DataCloneError")
        serialized["BitmapData"] = self._bitmap_data

    def _deserialization_steps(self, serialized: Mapping[str, object]) -> None:
        self._bitmap_data = cast("Surface", serialized["BitmapData"])

    def _transfer_steps(self, data_holder: dict[str, object]) -> None:
        data_holder["BitmapData"] = self._bitmap_data
        self._bitmap_data = None

    def _transfer_receiving_steps(self, data_holder: Mapping[str, object]) -> None:
        self._bitmap_data = cast("Surface", data_holder["BitmapData"])

    # Not in HTML: the pixels.

    def is_usable(self) -> bool:
        return not self._detached

    def surface(self) -> Surface:
        """The pixels. Raises InvalidStateError if closed."""
        if self._bitmap_data is None:
            raise DOMException("the ImageBitmap is closed", "InvalidStateError")
        return self._bitmap_data


def create_image_bitmap(
    image: ImageBitmapSource,
    rect: tuple[int, int, int, int] | None = None,
    options: ImageBitmapOptions | None = None,
) -> ImageBitmap:
    """The value with which the promise of createImageBitmap(image, sx, sy, sw, sh, options) is resolved.

    Raises, in place of rejecting the promise, RangeError if the rectangle is empty, and InvalidStateError if the image
    cannot be used or the new size is 0.
    """
    options = {} if options is None else options
    if rect is not None and (rect[2] == 0 or rect[3] == 0):
        raise RangeError("the rectangle to crop to is empty")
    if options.get("resizeWidth") == 0 or options.get("resizeHeight") == 0:
        raise DOMException("the size to resize to is empty", "InvalidStateError")
    formatted = _cropped_and_formatted(_bitmap_data(image), rect, options)
    return ImageBitmap(formatted)


def _bitmap_data(image: ImageBitmapSource) -> Surface:
    """The image's pixels at its natural size. They may be the image's own."""
    if isinstance(image, ImageData):
        return Surface(image.data, image.colorSpace, is_premultiplied=False)
    surface, natural_size = picture_of(image, natural_color_space(image))
    return resized(surface, *natural_size, smooth=True)


def _cropped_and_formatted(
    surface: Surface, rect: tuple[int, int, int, int] | None, options: ImageBitmapOptions
) -> Surface:
    """HTML: crop bitmap data to the source rectangle with formatting. (No source here says its own colour space.)"""
    left, top, width, height = (0, 0, surface.width, surface.height) if rect is None else rect
    left, width = min(left, left + width), abs(width)
    top, height = min(top, top + height), abs(height)
    output_width = _output_size(options.get("resizeWidth"), width, options.get("resizeHeight"), height)
    output_height = _output_size(options.get("resizeHeight"), height, options.get("resizeWidth"), width)
    output = surface.cropped(left, top, width, height)
    output = resized(output, output_width, output_height, smooth=options.get("resizeQuality") != "pixelated")
    if options.get("imageOrientation") == "flipY":
        output.pixels = output.pixels[::-1]
    premultiply_alpha = options.get("premultiplyAlpha", "default")
    if premultiply_alpha == "none":
        return output.straight()
    return output.premultiplied() if premultiply_alpha == "premultiply" else output


def _output_size(asked: int | None, size: int, other_asked: int | None, other_size: int) -> int:
    """The requested size. If one number is missing, it follows from the ratio, rounded up."""
    if asked is not None:
        return asked
    return size if other_asked is None else math.ceil(size * other_asked / other_size)
