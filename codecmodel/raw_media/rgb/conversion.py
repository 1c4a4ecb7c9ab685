"""Conversion of pictures to RGB: the way in, for copyTo, rendering, encoders and canvases. See docs/colour.md.

convert_to_rgb(picture, region, "RGBA", "srgb", out)   8 bits, or 16 by the type of ``out``
rgb_array(picture, region, "RGBA", "srgb")         the same, in a new array
"""

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from codecmodel.raw_media.color_space import PredefinedColorSpace, VideoColorSpaceInit
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.resource_protocols import VideoResource
from codecmodel.raw_media.rgb.by_light import convert_by_light
from codecmodel.raw_media.rgb.colorimetry import completed_color_space, needs_light
from codecmodel.raw_media.rgb.source_picture import Region, SourcePicture
from codecmodel.raw_media.rgb.ycbcr import ycbcr_to_rgb

RGBFormat: TypeAlias = Literal["RGBA", "RGBX", "BGRA", "BGRX"]
#: The spec's formats for RGB, and those of three components, which only Python has.
RGBLayout: TypeAlias = Literal["RGB", "BGR", "RGBA", "RGBX", "BGRA", "BGRX"]
RGBArray: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


def source_picture_of_resource(
    resource: VideoResource, format: VideoPixelFormat, bounds: Region, color_space: VideoColorSpaceInit
) -> SourcePicture:
    """A media resource as a picture. What ``color_space`` leaves open is completed, see colorimetry."""
    space = completed_color_space(color_space, is_rgb=PIXEL_FORMATS[format].is_rgb)
    return SourcePicture(resource.planes(), format, bounds, space, resource.chroma_location)


def convert_to_rgb(
    picture: SourcePicture, region: Region, format: RGBFormat, color_space: PredefinedColorSpace | None, out: RGBArray
) -> None:
    """Convert the pixels of ``region``, within the picture's bounds, to ``out``: an array of (rows, columns, 4).

    ``out`` may have any strides. Its type, uint8 or uint16, decides the number of bits; white is 255 or 65535. Of 8
    bits each component is within one of what the equations of H.273 give when rounded. Where the format asked for, or
    the picture, has no alpha, the fourth component is opaque. Without a colour space to convert to, R'G'B' is of the
    picture's own primaries and transfer.
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
    """As convert_to_rgb, to a new array of 8 bits and shape (rows, columns, 4)."""
    out = np.empty((region.height, region.width, 4), np.uint8)
    convert_to_rgb(picture, region, format, color_space, out)
    return out


def _is_plain(picture: SourcePicture) -> bool:
    """Whether neither range nor matrix of an RGB format is to be converted."""
    return not picture.description.is_rgb or picture.color_space.full_range


def _reorder(picture: SourcePicture, region: Region, order: tuple[int, int, int], opaque: bool, out: RGBArray) -> None:
    """From one RGB format to another."""
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
