"""Not in the spec: conversion of pictures to RGB by the fastest routines of libswscale, which is not exact.

Matrix and range are those of the picture, except that RGB formats are taken to have full range. Primaries and transfer
characteristics are not converted. docs/colour.md says how large the errors may be.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from codecmodel.lazy_numpy import np
from codecmodel.platform.ffmpeg.pixel_formats import PIXEL_FORMATS as FFMPEG_FORMATS
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.color_space import MATRIX_CODE_POINTS
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.resource_protocols import Plane, VideoResource
from codecmodel.raw_media.rgb.conversion import RGBLayout
from codecmodel.raw_media.rgb.source_picture import Region, SourcePicture
from codecmodel.web.errors import DOMException
from ffbind import Frame, PictureKind, PicturePool, Scaler, Scaling, lend_picture
from ffbind.h273 import FULL_RANGE, LIMITED_RANGE, UNSPECIFIED

if TYPE_CHECKING:
    import numpy.typing as npt


_FFMPEG_LAYOUTS: Final[dict[RGBLayout, str]] = {
    "RGB": "rgb24",
    "BGR": "bgr24",
    "RGBA": "rgba",
    "RGBX": "rgb0",
    "BGRA": "bgra",
    "BGRX": "bgr0",
}
#: How to interpolate where the size changes, best first. For extreme ratios libswscale has only the simple ways.
_INTERPOLATIONS: Final = (Scaling.BICUBIC, Scaling.BILINEAR, Scaling.POINT)


class _Conversion(NamedTuple):
    """The kinds of pictures that a scaler converts from and to."""

    source: PictureKind
    target: PictureKind


#: Scalers that are not in use. A scaler serves one call at a time.
_idle: Final[dict[_Conversion, list[Scaler]]] = {}
_MOST_IDLE_CONVERSIONS: Final = 16
#: For speed: the memory of the last kind of pictures that was converted to. The system would fill new memory with
#: zeros, which takes half as long as the conversion.
_pools: Final[dict[PictureKind, PicturePool]] = {}
#: The most bytes that wait to be used again.
_MOST_BYTES: Final = 1 << 26


def _after_fork_in_child() -> None:
    """Forget what only the parent may use."""
    _idle.clear()
    _pools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def approximate_rgb_array(
    resource: VideoResource, picture: SourcePicture, layout: RGBLayout, size: tuple[int, int] | None
) -> npt.NDArray[np.uint8]:
    """The pixels of ``picture`` within its bounds, as an array of shape (rows, columns, 3 or 4).

    ``picture`` is a picture of ``resource``. ``size`` is (width, height) in pixels; without it the size stays. Raises
    NotSupportedError if FFmpeg does not have the format, ValueError if libswscale cannot scale to that size.
    """
    is_opaque = not (picture.description.has_alpha and layout.endswith("A"))
    target_format = _FFMPEG_LAYOUTS[_opaque(layout) if is_opaque else layout]
    source, surplus = _source(resource, picture)
    width, height = (source.width, source.height) if size is None else size
    conversion = _Conversion(
        PictureKind(
            source.width,
            source.height,
            source.format,
            MATRIX_CODE_POINTS[picture.color_space.matrix] or UNSPECIFIED,
            FULL_RANGE if picture.color_space.full_range else LIMITED_RANGE,
        ),
        PictureKind(width, height, target_format, range=FULL_RANGE),
    )
    with source:
        scaler = _take_scaler(conversion)
        converted = scaler.scale(source, _pool(conversion.target).take())
    with converted:
        _put_back(conversion, scaler)
        (plane,) = converted.writable_planes()
        components = len(layout)
        pixels = np.ndarray(
            (converted.height, converted.width, components), np.uint8, plane.data, 0, (plane.stride, components, 1)
        )
    if is_opaque and components == 4 and (picture.description.has_alpha or picture.description.is_rgb):
        # libswscale copies the fourth component of such formats.
        pixels[..., 3] = 255
    return pixels if size is not None else pixels[surplus[1] :, surplus[0] :]


def _opaque(layout: RGBLayout) -> RGBLayout:
    """The same order of components, without alpha."""
    match layout:
        case "RGBA":
            return "RGBX"
        case "BGRA":
            return "BGRX"
        case _:
            return layout


def _source(resource: VideoResource, picture: SourcePicture) -> tuple[Frame, tuple[int, int]]:
    """A frame of FFmpeg's in the memory of the resource.

    Also returns how many columns and rows it has before the bounds of the picture: chroma samples are not divided.
    """
    if isinstance(resource, FFmpegVideoResource) and picture.bounds == Region(0, 0, *resource.coded_size):
        frame = resource.reference_to_frame()
        if frame.format in FFMPEG_FORMATS:
            return frame, (0, 0)
        frame.close()
    bounds, descriptions = picture.bounds, picture.description.planes
    left = bounds.left - bounds.left % max(plane.sample_width for plane in descriptions)
    top = bounds.top - bounds.top % max(plane.sample_height for plane in descriptions)
    planes: Sequence[Plane] = [
        Plane(
            plane.data[
                top // description.sample_height * plane.stride
                + left // description.sample_width * description.sample_bytes :
            ],
            plane.stride,
        )
        for plane, description in zip(picture.planes, descriptions, strict=False)
    ]
    name = _ffmpeg_name(picture.format, picture.color_space.matrix == "rgb" and not picture.description.is_rgb)
    frame = lend_picture(bounds.right - left, bounds.bottom - top, name, planes)
    return frame, (bounds.left - left, bounds.top - top)


@lru_cache(maxsize=64)
def _ffmpeg_name(format: VideoPixelFormat, is_gbr: bool) -> str:
    """FFmpeg's name of a format. With the matrix "rgb" (``is_gbr``) the planes are G, B and R."""
    names = [name for name, named in FFMPEG_FORMATS.items() if named == format and name.startswith("gbr") == is_gbr]
    if not names:
        raise DOMException(f"FFmpeg does not have the pixel format {format}", "NotSupportedError")
    return names[0]


def _pool(kind: PictureKind) -> PicturePool:
    pool = _pools.get(kind)
    if pool is None or pool.bytes_kept > _MOST_BYTES:
        _pools.clear()
        pool = _pools[kind] = PicturePool(kind.width, kind.height, kind.format)
    return pool


def _take_scaler(conversion: _Conversion) -> Scaler:
    try:
        return _idle.setdefault(conversion, []).pop()
    except IndexError:
        return _new_scaler(conversion)


def _put_back(conversion: _Conversion, scaler: Scaler) -> None:
    if len(_idle) > _MOST_IDLE_CONVERSIONS:
        _idle.clear()
    _idle.setdefault(conversion, []).append(scaler)


def _new_scaler(conversion: _Conversion) -> Scaler:
    source, target = conversion
    if (source.width, source.height) == (target.width, target.height):
        return Scaler(source, target, Scaling.FAST_BILINEAR)
    for interpolation in _INTERPOLATIONS[:-1]:
        try:
            return Scaler(source, target, interpolation)
        except ValueError:
            continue
    return Scaler(source, target, _INTERPOLATIONS[-1])
