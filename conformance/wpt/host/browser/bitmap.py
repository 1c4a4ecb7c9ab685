"""The common part of canvases and image bitmaps: a surface that a VideoFrame can be made of."""

from abc import abstractmethod

from codecmodel.raw_media.color_space import convert_predefined_color_space_to_video_color_space
from codecmodel.raw_media.image_source import BitmapSource, pixels_in_memory
from codecmodel.raw_media.resource_protocols import VideoResource
from conformance.wpt.host.browser.surface import Surface


class Bitmap(BitmapSource):
    """A source of pixels of the same origin."""

    @abstractmethod
    def surface(self) -> Surface:
        """The pixels themselves. To be used only if ``is_usable()`` is true."""

    def is_origin_clean(self) -> bool:
        return True

    def bitmap_data(self) -> VideoResource:
        surface = self.surface()
        straight = surface.straight().pixels
        return pixels_in_memory(
            "RGBX" if surface.is_opaque else "RGBA",
            surface.width,
            surface.height,
            (straight.copy() if straight is surface.pixels else straight).data.cast("B"),
            convert_predefined_color_space_to_video_color_space(surface.color_space).toJSON(),
        )
