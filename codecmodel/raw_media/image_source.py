"""What VideoFrame(image, init) takes besides another VideoFrame: a host's kinds of CanvasImageSource (§ 9.4.2).

HTML's canvases, bitmaps and elements are not part of WebCodecs. A host that has them derives its classes from those
below, one for each case of the constructor's step 4, and passes their instances to VideoFrame:

- ``BitmapSource`` for HTMLCanvasElement, ImageBitmap and OffscreenCanvas: pixels of a known width and height;
- ``ImageElementSource`` for HTMLImageElement and SVGImageElement: an image that may be turned or flipped when shown;
- ``VideoElementSource`` for HTMLVideoElement: whatever VideoFrame is at the current playback position.

    class Canvas(BitmapSource):
        def is_usable(self): return self.width > 0 and self.height > 0
        def is_origin_clean(self): return True
        def bitmap_data(self): return pixels_in_memory("RGBA", self.width, self.height, bytes(self.pixels), …)

    VideoFrame(Canvas(), {"timestamp": 0})

Pixels come as a media resource, which belongs to the frame from then on: nobody writes to its memory any more. Colours
of RGBA and BGRA are not multiplied by alpha. A Pillow image is an ImageElementSource, see codecmodel.raw_media.pillow.
"""

from abc import ABC, abstractmethod

from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.dom_rect import DOMRectReadOnly
from codecmodel.raw_media.media_resource import BufferVideoResource
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_layout import compute_layout_and_allocation_size
from codecmodel.raw_media.resource_protocols import Plane, VideoResource
from codecmodel.raw_media.slots import VideoFrameSlots
from codecmodel.web.buffers import BufferSource, view_of


class ImageSource(ABC):
    """A CanvasImageSource. Derive from one of the three classes below instead."""

    @abstractmethod
    def is_usable(self) -> bool:
        """HTML: check the usability of the image argument; False where it returns "bad".

        Where HTML throws, DOMException may be raised: the constructor throws InvalidStateError all the same.
        """

    @abstractmethod
    def is_origin_clean(self) -> bool:
        """HTML: whether a script may see the pixels. Without it the constructor throws SecurityError."""


class BitmapSource(ImageSource):
    """HTMLCanvasElement, ImageBitmap or OffscreenCanvas."""

    @property
    @abstractmethod
    def width(self) -> int:
        """In pixels."""

    @property
    @abstractmethod
    def height(self) -> int:
        """In pixels."""

    @abstractmethod
    def bitmap_data(self) -> VideoResource:
        """A new media resource of ``width`` by ``height`` pixels: a copy, or memory that is not written to any more."""


class ImageElementSource(ImageSource):
    """HTMLImageElement or SVGImageElement."""

    @property
    @abstractmethod
    def natural_size(self) -> tuple[int, int] | None:
        """Natural width and height in pixels, as shown; None if there are none (a vector graphic without a size)."""

    @property
    @abstractmethod
    def orientation(self) -> tuple[float, bool]:
        """Degrees clockwise, a multiple of 90, by which the media data is turned to be shown, then whether flipped."""

    @abstractmethod
    def media_data(self) -> VideoResource:
        """A new media resource with a copy of the pixels; of an animation those of the default image."""


class VideoElementSource(ImageSource):
    """HTMLVideoElement."""

    @property
    @abstractmethod
    def is_network_empty(self) -> bool:
        """Whether networkState is NETWORK_EMPTY."""

    @abstractmethod
    def current_frame(self) -> VideoFrameSlots:
        """The frame at the current playback position. It stays the host's, who closes it."""


def pixels_in_memory(
    format: VideoPixelFormat,
    width: int,
    height: int,
    data: BufferSource,
    color_space: VideoColorSpaceInit | None = None,
) -> VideoResource:
    """A media resource of pixels in ``data``, planes and rows one after the other without padding. Nothing is copied.

    ``color_space`` is None if it is not known. Raises TypeError if there are too few bytes.
    """
    layout = compute_layout_and_allocation_size(DOMRectReadOnly(0, 0, width, height), format, None)
    view = view_of(data)
    if view.nbytes < layout.allocation_size:
        raise TypeError(f"data has {view.nbytes} bytes, the planes take {layout.allocation_size}")
    planes = [
        Plane(
            view[plane.destination_offset :][: plane.source_height * plane.destination_stride], plane.source_width_bytes
        )
        for plane in layout.computed_layouts
    ]
    return BufferVideoResource(format, (width, height), planes, color_space)
