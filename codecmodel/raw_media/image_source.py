"""A host's kinds of CanvasImageSource, from which VideoFrame(image, init) makes frames (§ 9.4.2).

The canvases, bitmaps and elements of HTML are not part of WebCodecs. A host that has them derives its classes from the
classes below, one for each case of step 4 of the constructor, and passes instances to VideoFrame:

- ``BitmapSource`` for HTMLCanvasElement, ImageBitmap and OffscreenCanvas: pixels with a known width and height;
- ``ImageElementSource`` for HTMLImageElement and SVGImageElement: an image that may be shown turned or flipped;
- ``VideoElementSource`` for HTMLVideoElement: the VideoFrame at the current playback position.

    class Canvas(BitmapSource):
        def is_usable(self): return self.width > 0 and self.height > 0
        def is_origin_clean(self): return True
        def bitmap_data(self): return pixels_in_memory("RGBA", self.width, self.height, bytes(self.pixels), …)

    VideoFrame(Canvas(), {"timestamp": 0})

A source gives its pixels as a media resource. It then belongs to the frame, and the host must not write to its memory
any more. Colours in RGBA and BGRA are not multiplied by alpha. A Pillow image is an ImageElementSource, see
codecmodel.raw_media.pillow.
"""

from abc import ABC, abstractmethod

from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.dom_rect import new_dom_rect
from codecmodel.raw_media.media_resource import BufferVideoResource
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_layout import compute_layout_and_allocation_size
from codecmodel.raw_media.resource_protocols import Plane, VideoResource
from codecmodel.raw_media.slots import VideoFrameSlots
from codecmodel.web.buffers import BufferSource, view_of


class ImageSource(ABC):
    """A CanvasImageSource. A host derives from one of the three classes below, not from this one."""

    @abstractmethod
    def is_usable(self) -> bool:
        """HTML's "check the usability of the image argument"; False stands for "bad".

        It may raise DOMException where HTML throws an exception. The constructor throws InvalidStateError in either
        case.
        """

    @abstractmethod
    def is_origin_clean(self) -> bool:
        """HTML's "is origin-clean": whether a script may see the pixels; else the constructor throws SecurityError."""


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
        """A new media resource of ``width`` by ``height`` pixels: a copy, or memory that never changes again."""


class ImageElementSource(ImageSource):
    """HTMLImageElement or SVGImageElement."""

    @property
    @abstractmethod
    def natural_size(self) -> tuple[int, int] | None:
        """Natural width and height in pixels, as shown, or None if the image has none, as some vector graphics."""

    @property
    @abstractmethod
    def orientation(self) -> tuple[float, bool]:
        """How to show the media data: degrees clockwise, a multiple of 90, and whether to flip it then."""

    @abstractmethod
    def media_data(self) -> VideoResource:
        """A new media resource with a copy of the pixels; an animation gives those of its default image."""


class VideoElementSource(ImageSource):
    """HTMLVideoElement."""

    @property
    @abstractmethod
    def is_network_empty(self) -> bool:
        """Whether networkState is NETWORK_EMPTY."""

    @abstractmethod
    def current_frame(self) -> VideoFrameSlots:
        """The frame at the current playback position. It still belongs to the host, which closes it."""


def pixels_in_memory(
    format: VideoPixelFormat,
    width: int,
    height: int,
    data: BufferSource,
    color_space: VideoColorSpaceInit | None = None,
) -> VideoResource:
    """A media resource with the pixels in ``data``, which has plane after plane and row after row without padding.

    Nothing is copied. ``color_space`` is None if it is not known. Raises TypeError if ``data`` has too few bytes.
    """
    layout = compute_layout_and_allocation_size(new_dom_rect(0, 0, width, height), format, None)
    view = view_of(data)
    if view.nbytes < layout.allocation_size:
        raise TypeError(f"data has {view.nbytes} bytes, but the planes need {layout.allocation_size}")
    planes = [
        Plane(
            view[plane.destination_offset :][: plane.source_height * plane.destination_stride], plane.source_width_bytes
        )
        for plane in layout.computed_layouts
    ]
    return BufferVideoResource(format, (width, height), planes, color_space)
