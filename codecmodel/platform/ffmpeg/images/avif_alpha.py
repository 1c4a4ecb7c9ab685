"""Alpha of AVIF, which is an image of its own: its luma is put beside the planes of the colours."""

from __future__ import annotations

from collections.abc import Sequence

from codecmodel.image_files.colors import LIMITED, ImageColors
from codecmodel.lazy_numpy import np
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.images.pixels import rgb_resource
from codecmodel.raw_media.media_resource import BufferVideoResource
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.plane_copy import copy_planes
from codecmodel.raw_media.plane_layout import ComputedPlaneLayout
from codecmodel.raw_media.resource_protocols import Plane, VideoResource
from codecmodel.raw_media.rgb.conversion import convert_to_rgb, source_picture_of_resource
from codecmodel.raw_media.rgb.source_picture import Region
from ffbind import Frame, pixel_format


class ResourceWithAlpha:
    """The planes of ``color`` and a plane of the frame ``alpha``. It takes over both."""

    def __init__(self, format: VideoPixelFormat, color: VideoResource, alpha: Frame, alpha_plane: Plane) -> None:
        self._color = color
        self._alpha = alpha
        self._alpha_plane: Plane | None = alpha_plane
        self.format = format
        self.coded_size = color.coded_size
        self.visible_rect = color.visible_rect
        self.display_size = color.display_size
        self.color_space = color.color_space
        self.chroma_location = color.chroma_location

    def require_usable(self) -> None:
        self._color.require_usable()

    def planes(self) -> Sequence[Plane]:
        assert self._alpha_plane is not None, "not released"
        return [*self._color.planes(), self._alpha_plane]

    def copy_planes(self, layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
        copy_planes(self.planes(), layouts, destination)

    def release(self) -> None:
        self._alpha_plane = None
        self._color.release()
        self._alpha.close()


def with_alpha(color: VideoResource, alpha: Frame) -> ResourceWithAlpha:
    """The image with the luma of ``alpha`` as its alpha. Raises CodecError, and closes it, if they don't match."""
    format = next(
        name
        for name, description in PIXEL_FORMATS.items()
        if name != color.format and description.equivalent_opaque_format == color.format
    )
    depth = PIXEL_FORMATS[format].bit_depth
    sample_bytes = 1 if depth == 8 else 2
    plane = alpha.planes()[0]
    is_of_size = (alpha.width, alpha.height) == color.coded_size
    if not is_of_size or pixel_format(alpha.format).components[0].depth != depth:
        alpha.close()
        raise CodecError("alpha has another size or depth than the image")
    if alpha.color_range != LIMITED:
        return ResourceWithAlpha(format, color, alpha, Plane(plane.data, plane.stride))
    kind = "u1" if depth == 8 else "<u2"
    strides = plane.stride, sample_bytes
    samples = np.ndarray((alpha.height, alpha.width), kind, plane.data, 0, strides).astype(np.int32)
    scale, most = 1 << depth - 8, (1 << depth) - 1
    full = np.clip((samples - 16 * scale) * most / (219 * scale) + 0.5, 0, most).astype(kind)
    data = full.view(np.uint8).reshape(-1).data.toreadonly()
    return ResourceWithAlpha(format, color, alpha, Plane(data, alpha.width * sample_bytes))


def unpremultiplied(resource: VideoResource, colors: ImageColors) -> BufferVideoResource:
    """An image whose colours have been multiplied by alpha, without that, as RGBA. Releases ``resource``.

    The multiplication is one of red, green and blue, so it is undone there.
    """
    region = Region(0, 0, *resource.coded_size)
    pixels = np.empty((region.height, region.width, 4), np.uint16)
    try:
        assert resource.format is not None, "alpha was added to a format of the spec"
        picture = source_picture_of_resource(resource, resource.format, region, resource.color_space or {})
        convert_to_rgb(picture, region, "RGBA", None, pixels)
    finally:
        resource.release()
    alpha = pixels[:, :, 3:].astype(np.float32)
    result = np.zeros(pixels.shape, np.uint8)
    # Where nothing can be seen, the colour is lost: it is black.
    quotient = np.zeros((region.height, region.width, 3), np.float32)
    np.divide(pixels[:, :, :3] * np.float32(255), alpha, out=quotient, where=alpha > 0)
    result[:, :, :3] = np.rint(np.minimum(quotient, 255))
    result[:, :, 3] = np.rint(alpha[:, :, 0] / 257)
    return rgb_resource(result, True, colors)
