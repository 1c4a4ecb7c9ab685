"""Exact conversion of pictures to RGB, for copyTo, rendering and codecmodel.rgb. See docs/colour.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.color_space import PredefinedColorSpace, VideoColorSpaceInit
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.resource_protocols import VideoResource
from codecmodel.raw_media.rgb.by_light import convert_by_light
from codecmodel.raw_media.rgb.colorimetry import completed_color_space, needs_light
from codecmodel.raw_media.rgb.source_picture import Region, SourcePicture
from codecmodel.raw_media.rgb.ycbcr import ycbcr_to_rgb

if TYPE_CHECKING:
    import numpy.typing as npt


#: The spec's RGB formats.
RGBFormat: TypeAlias = Literal["RGBA", "RGBX", "BGRA", "BGRX"]
#: Those formats, and two of three components, which the spec does not have.
RGBLayout: TypeAlias = Literal["RGB", "BGR", "RGBA", "RGBX", "BGRA", "BGRX"]
RGBArray: TypeAlias = "npt.NDArray[np.uint8] | npt.NDArray[np.uint16]"


def source_picture_of_resource(
    resource: VideoResource, format: VideoPixelFormat, bounds: Region, color_space: VideoColorSpaceInit
) -> SourcePicture:
    """The pixels of a resource. Null members of ``color_space`` are completed by ``completed_color_space``."""
    space = completed_color_space(color_space, is_rgb=PIXEL_FORMATS[format].is_rgb)
    return SourcePicture(resource.planes(), format, bounds, space, resource.chroma_location)


def convert_to_rgb(
    picture: SourcePicture, region: Region, format: RGBFormat, color_space: PredefinedColorSpace | None, out: RGBArray
) -> None:
    """Convert the pixels of ``region``, which is within the bounds of the picture, to ``out``.

    ``out`` has the shape (rows, columns, 4) and any strides. Its type is uint8, in which white is 255, or uint16, in
    which white is 65535. Each component of 8 bits is within one code value of the rounded result of H.273's equations.
    The fourth component is opaque unless both the picture and ``format`` have alpha. Without ``color_space`` the
    primaries and the transfer characteristics stay those of the picture.
    """
    order = (0, 1, 2) if format.startswith("RGB") else (2, 1, 0)
    opaque = not PIXEL_FORMATS[format].has_alpha
    by_light = color_space is not None and needs_light(picture.color_space, color_space)
    if by_light or out.dtype.itemsize == 2 or not _is_plain(picture):
        convert_by_light(picture, region, color_space, order, opaque, out)
    elif picture.description.is_rgb:
        _reorder(picture, region, order, opaque, out)
    elif out.strides[1:] == (4, 1) and (out.strides[0] | out.ctypes.data) % 2 == 0:
        ycbcr_to_rgb(picture, region, order, opaque, out.view(np.uint8))
    else:
        aligned = np.empty(out.shape, np.uint8)
        ycbcr_to_rgb(picture, region, order, opaque, aligned)
        np.copyto(out, aligned, casting="unsafe")


def rgb_array(
    picture: SourcePicture, region: Region, format: RGBFormat, color_space: PredefinedColorSpace | None
) -> npt.NDArray[np.uint8]:
    """Convert as ``convert_to_rgb`` does, to a new array of uint8 and shape (rows, columns, 4)."""
    out = np.empty((region.height, region.width, 4), np.uint8)
    convert_to_rgb(picture, region, format, color_space, out)
    return out


def _is_plain(picture: SourcePicture) -> bool:
    """False for an RGB format of limited range, whose range must be converted."""
    return not picture.description.is_rgb or picture.color_space.full_range


def _reorder(picture: SourcePicture, region: Region, order: tuple[int, int, int], opaque: bool, out: RGBArray) -> None:
    """Convert from one RGB format to another."""
    bounds = picture.bounds
    pixels = picture.arrays()[0][
        region.top - bounds.top : region.bottom - bounds.top, region.left - bounds.left : region.right - bounds.left
    ]
    components = picture.description.planes[0].components
    if components.startswith("RGB" if order == (0, 1, 2) else "BGR"):
        np.copyto(out, pixels, casting="unsafe")
    else:
        np.copyto(out, pixels[..., [2, 1, 0, 3]], casting="unsafe")
    if opaque or not picture.description.has_alpha:
        out[..., 3] = 255
