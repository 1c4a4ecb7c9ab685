"""Conversion of frames to RGB by libswscale's fastest routines: quick, and not exact. Not from the spec.

What it may be off by: of pictures in one colour, up to 4 code values; where chroma changes, by as much as it changes
from one sample to the next, as it is not interpolated. Matrix and range are the frame's, but RGB formats are taken to
have full range; primaries and transfer characteristics are not converted.
"""

from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from codecmodel.platform.ffmpeg.pixel_formats import PIXEL_FORMATS as NAMES
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.color_space import MATRIX_CODE_POINTS
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.resource_protocols import VideoResource
from codecmodel.raw_media.rgb.colorimetry import ColorSpace, completed_color_space
from codecmodel.raw_media.rgb.conversion import RGBFormat
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.web.errors import DOMException
from ffbind import Frame, PictureKind, Scaler, Scaling, lend_picture
from ffbind.h273 import FULL_RANGE, LIMITED_RANGE, UNSPECIFIED

_RGB_NAMES: Final = {"RGBA": "rgba", "RGBX": "rgb0", "BGRA": "bgra", "BGRX": "bgr0"}
#: Formats of which something besides R, G and B comes along, wanted or not.
_WITH_FOURTH: Final = frozenset(
    name for name, format in NAMES.items() if PIXEL_FORMATS[format].has_alpha or PIXEL_FORMATS[format].is_rgb
)
_Key: TypeAlias = tuple[int, int, str, str, int, int]
#: Scalers that are not in use. One serves one call at a time.
_idle: Final[dict[_Key, list[Scaler]]] = {}
_KINDS: Final = 16


def approximate_rgb(frame: VideoFrame, format: RGBFormat = "RGBA") -> npt.NDArray[np.uint8]:
    """The visible pixels of ``frame``, approximately: an array of shape (rows, columns, 4). Not turned or flipped.

    copyTo() and raw_media.color_conversion are exact. Raises InvalidStateError if the frame is closed,
    NotSupportedError if its format is not one that the spec names, or is I420AP12, which FFmpeg doesn't have.
    """
    resource = frame._require_open().resource
    if frame._format is None:
        raise DOMException("the pixels are in a format that the spec has no name for", "NotSupportedError")
    space = completed_color_space(frame._color_space.toJSON(), is_rgb=PIXEL_FORMATS[frame._format].is_rgb)
    source = _source(resource, frame._format, space)
    matrix = MATRIX_CODE_POINTS[space.matrix] or UNSPECIFIED
    opaque = not (PIXEL_FORMATS[frame._format].has_alpha and PIXEL_FORMATS[format].has_alpha)
    target = _RGB_NAMES[PIXEL_FORMATS[format].equivalent_opaque_format if opaque else format]
    range = FULL_RANGE if space.full_range else LIMITED_RANGE
    key = (source.width, source.height, source.format, target, matrix, range)
    try:
        scaler = _idle.setdefault(key, []).pop()
    except IndexError:
        scaler = _new_scaler(*key)
    with source, scaler.scale(source) as converted:
        _put_back(key, scaler)
        (plane,) = converted.writable_planes()
        pixels = np.ndarray((source.height, source.width, 4), np.uint8, plane.data, 0, (plane.stride, 4, 1))
        if opaque and source.format in _WITH_FOURTH:
            pixels[..., 3] = 255
    left, top = frame._visible_left, frame._visible_top
    return pixels[top : top + frame._visible_height, left : left + frame._visible_width]


def _new_scaler(width: int, height: int, source: str, target: str, matrix: int, range: int) -> Scaler:
    return Scaler(
        PictureKind(width, height, source, matrix, range),
        PictureKind(width, height, target, range=FULL_RANGE),
        Scaling.FAST_BILINEAR,
    )


def _put_back(key: _Key, scaler: Scaler) -> None:
    if len(_idle) > _KINDS:
        _idle.clear()
    _idle.setdefault(key, []).append(scaler)


@lru_cache(maxsize=64)
def _name(format: VideoPixelFormat, is_rgb: bool) -> str:
    """FFmpeg's name of a format; with the matrix "rgb", of the planes G, B and R."""
    names = [name for name, named in NAMES.items() if named == format and name.startswith("gbr") == is_rgb]
    if not names:
        raise DOMException(f"FFmpeg does not have the format {format}", "NotSupportedError")
    return names[0]


def _source(resource: VideoResource, format: VideoPixelFormat, space: ColorSpace) -> Frame:
    """A frame of FFmpeg's on the memory of the resource."""
    if isinstance(resource, FFmpegVideoResource) and resource._frame.format in NAMES:
        return resource._frame.ref()
    description = PIXEL_FORMATS[format]
    width, height = resource.coded_size
    name = _name(format, space.matrix == "rgb" and not description.is_rgb)
    planes = resource.planes()[: len(description.planes)]
    return lend_picture(width, height, name, planes)
