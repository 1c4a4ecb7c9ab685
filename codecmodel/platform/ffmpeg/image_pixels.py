"""Pictures of FFmpeg's image decoders as media resources: as they are, or as RGB of eight bits."""

from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from codecmodel.platform.ffmpeg.image_files.colors import FULL, ImageColors
from codecmodel.platform.ffmpeg.pixel_formats import MONOCHROME, PIXEL_FORMATS
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.platform.interface import Plane, VideoResource
from codecmodel.raw_media.media_resource import BufferVideoResource
from ffbind import Frame, Scaler, Scaling, pixel_format

Bytes: TypeAlias = npt.NDArray[np.uint8]
_Samples: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

_RGB_MATRIX: Final = 0
_CENTER: Final = 2
_FLAGS: Final = Scaling.BICUBIC | Scaling.ACCURATE_ROUNDING | Scaling.FULL_CHROMA_INTERPOLATION
#: Formats that are a rearrangement away from RGBA, → positions of red, green, blue and alpha among their samples.
_PACKED: Final = {
    "gray": (0, 0, 0, None),
    "ya8": (0, 0, 0, 1),
    "rgb24": (0, 1, 2, None),
    "bgr24": (2, 1, 0, None),
    "argb": (1, 2, 3, 0),
    "abgr": (3, 2, 1, 0),
    "rgba": (0, 1, 2, 3),
    "bgra": (2, 1, 0, 3),
    "gray16be": (0, 0, 0, None),
    "ya16be": (0, 0, 0, 1),
    "rgb48be": (0, 1, 2, None),
    "rgba64be": (0, 1, 2, 3),
}


class Pixels(NamedTuple):
    """RGBA, [row, column, component] of eight bits each, and whether alpha means anything."""

    samples: Bytes
    has_alpha: bool


def describe_colors(frame: Frame, colors: ImageColors) -> None:
    """Have the frame say what the file says of its colours. The matrix of RGB is fixed."""
    is_rgb = pixel_format(frame.format).is_rgb
    frame.color_primaries, frame.color_trc = colors.primaries, colors.transfer
    frame.colorspace, frame.color_range = (_RGB_MATRIX, FULL) if is_rgb else (colors.matrix, colors.range)


def image_resource(frame: Frame, colors: ImageColors, *, is_opaque: bool = False) -> VideoResource:
    """A resource that takes over the frame: without a copy, if the spec has a name for its format."""
    describe_colors(frame, colors)
    name = frame.format
    if name in PIXEL_FORMATS or name in MONOCHROME:
        return FFmpegVideoResource(frame)
    with frame:
        pixels = rgba_pixels(frame)
    return rgba_resource(pixels.samples, colors, has_alpha=pixels.has_alpha and not is_opaque)


def rgba_resource(samples: Bytes, colors: ImageColors, *, has_alpha: bool) -> BufferVideoResource:
    """A resource of RGBA samples, which nobody changes any more."""
    height, width, _ = samples.shape
    planes = [Plane(samples.reshape(-1).data, 4 * width)]
    return BufferVideoResource("RGBA" if has_alpha else "RGBX", (width, height), planes, colors.of_rgb())


def rgba_pixels(frame: Frame) -> Pixels:
    """The frame's pixels as RGBA; of sixteen bits the best eight. ValueError if the format is none to convert."""
    name = frame.format
    description = pixel_format(name)
    if description.has_palette:
        indexes, palette = frame.planes()
        colors = np.ndarray((256, 4), np.uint8, palette.data)[:, [2, 1, 0, 3]]
        return Pixels(
            colors[np.ndarray((frame.height, frame.width), np.uint8, indexes.data, 0, (indexes.stride, 1))], True
        )
    if name in ("monob", "monow"):
        return Pixels(_bilevel(frame, is_white_zero=name == "monow"), False)
    order = _PACKED.get(name)
    if order is None:
        return _converted(frame)
    samples = _eight_bits(_samples(frame))
    result = np.empty((frame.height, frame.width, 4), np.uint8)
    for position, source in enumerate(order):
        result[:, :, position] = 255 if source is None else samples[:, :, source]
    return Pixels(result, order[3] is not None)


def _samples(frame: Frame) -> _Samples:
    """A view of the samples of a packed format: [row, column, component]."""
    (plane,) = frame.planes()
    components = plane.row_bytes // frame.width
    if frame.format.endswith("16be") or frame.format.endswith(("48be", "64be")):
        components //= 2
        strides = plane.stride, 2 * components, 2
        return np.ndarray((frame.height, frame.width, components), ">u2", plane.data, 0, strides)
    return np.ndarray((frame.height, frame.width, components), np.uint8, plane.data, 0, (plane.stride, components, 1))


def _eight_bits(samples: _Samples) -> Bytes:
    if samples.dtype.itemsize == 1:
        return samples.astype(np.uint8, copy=False)
    # Rounded: 65535 / 255 is 257.
    return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _bilevel(frame: Frame, *, is_white_zero: bool) -> Bytes:
    (plane,) = frame.planes()
    packed = np.ndarray((frame.height, plane.row_bytes), np.uint8, plane.data, 0, (plane.stride, 1))
    bits = np.unpackbits(packed, axis=1, count=frame.width) ^ np.uint8(is_white_zero)
    result = np.full((frame.height, frame.width, 4), 255, np.uint8)
    result[:, :, :3] = (bits * np.uint8(255))[:, :, None]
    return result


def _converted(frame: Frame) -> Pixels:
    has_alpha = pixel_format(frame.format).has_alpha
    width, height = frame.width, frame.height
    matrix, range = frame.colorspace or 6, frame.color_range or FULL
    with (
        Scaler(
            width,
            height,
            frame.format,
            width,
            height,
            "rgba",
            flags=_FLAGS,
            src_matrix=matrix,
            src_range=range,
            src_chroma_location=_CENTER,
        ) as scaler,
        scaler.scale(frame) as result,
    ):
        (plane,) = result.planes()
        view = np.ndarray((height, width, 4), np.uint8, plane.data, 0, (plane.stride, 4, 1))
        return Pixels(view.copy(), has_alpha)
