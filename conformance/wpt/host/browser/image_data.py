"""ImageData (HTML § 8.10), as Python sees it. The array itself belongs to the script."""

from typing import Final, TypedDict

from codecmodel.raw_media.color_space import PredefinedColorSpace, predefined_color_space
from codecmodel.web.webidl import Dictionary, Enumeration, Member
from conformance.wpt.host.browser.surface import PixelArray


class ImageDataSettings(TypedDict, total=False):
    colorSpace: PredefinedColorSpace
    pixelFormat: str


image_data_settings: Final = Dictionary[ImageDataSettings](
    "ImageDataSettings",
    Member("colorSpace", predefined_color_space),
    Member("pixelFormat", Enumeration("ImageDataPixelFormat", ["rgba-unorm8", "rgba-float16"]), default="rgba-unorm8"),
)


class ImageData:
    """Pixels that are not premultiplied. ``data`` is of shape (height, width, 4)."""

    def __init__(self, data: PixelArray, color_space: PredefinedColorSpace) -> None:
        self.data = data
        self.colorSpace = color_space

    @property
    def width(self) -> int:
        return int(self.data.shape[1])

    @property
    def height(self) -> int:
        return int(self.data.shape[0])
