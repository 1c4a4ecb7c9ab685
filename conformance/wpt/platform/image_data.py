"""ImageData (HTML § 8.10), as Python sees it: the array itself belongs to the script."""

from typing import TypedDict

from codecmodel.raw_media.color_space import PredefinedColorSpace
from conformance.wpt.platform.surface import PixelArray


class ImageDataSettings(TypedDict, total=False):
    colorSpace: PredefinedColorSpace


class ImageData:
    """Pixels, not premultiplied: ``data`` is of shape (height, width, 4)."""

    def __init__(self, data: PixelArray, color_space: PredefinedColorSpace) -> None:
        self.data = data
        self.colorSpace = color_space

    @property
    def width(self) -> int:
        return int(self.data.shape[1])

    @property
    def height(self) -> int:
        return int(self.data.shape[0])
