"""Frames of FFmpeg's image decoders as media resources: as they are, or as RGB of eight bits.

RGB is made of YUV by the conversion that VideoFrames have (raw_media.rgb), and of everything else by taking the
components to their places.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

from codecmodel.image_files.colors import FULL, ImageColors
from codecmodel.image_files.reader import ColorModel
from codecmodel.lazy_numpy import np
from codecmodel.platform.ffmpeg.color_codes import CHROMA_LOCATIONS
from codecmodel.platform.ffmpeg.pixel_formats import MONOCHROME, PIXEL_FORMATS
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.media_resource import BufferVideoResource
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.resource_protocols import Plane, VideoResource
from codecmodel.raw_media.rgb.conversion import RGBFormat, rgb_array, source_picture_of_resource
from codecmodel.raw_media.rgb.source_picture import Region
from ffbind import Frame, PixelFormat, pixel_format
from ffbind.frame import Plane as FramePlane

if TYPE_CHECKING:
    import numpy.typing as npt


Bytes: TypeAlias = "npt.NDArray[np.uint8]"
Samples: TypeAlias = "npt.NDArray[np.uint8] | npt.NDArray[np.uint16]"

_RGB_MATRIX: Final = 0
#: FFmpeg's formats that differ from others by nothing but that their fourth component is alpha.
_OPAQUE: Final = {
    "rgba": "rgb0",
    "bgra": "bgr0",
    "yuva420p": "yuv420p",
    "yuva422p": "yuv422p",
    "yuva444p": "yuv444p",
    "gbrap": "gbrp",
}
_INKS: Final = ("CMYK", "YCCK")
_TRANSPARENT: Final = {"rgb0": "rgba", "bgr0": "bgra"}


def describe(frame: Frame, colors: ImageColors, *, is_opaque: bool) -> PixelFormat:
    """Give the frame the colours and alpha that the file declares. Returns its pixel format."""
    name = frame.format
    # FFmpeg itself takes the alpha of a BMP away if it is zero everywhere, where browsers heed it.
    format = pixel_format((_OPAQUE if is_opaque else _TRANSPARENT).get(name, name))
    frame.fields.format = format.number
    frame.color_primaries, frame.color_trc = colors.primaries, colors.transfer
    # The matrix and the range of RGB are fixed.
    frame.colorspace, frame.color_range = (_RGB_MATRIX, FULL) if format.is_rgb else (colors.matrix, colors.range)
    frame.chroma_location = CHROMA_LOCATIONS[colors.chroma_location]
    return format


def image_resource(frame: Frame, colors: ImageColors, model: ColorModel, *, is_opaque: bool) -> VideoResource:
    """A resource that takes over the frame. If the spec has a name for its format, nothing is copied.

    Raises ValueError, and closes the frame, if it can't be converted.
    """
    format = describe(frame, colors, is_opaque=is_opaque)
    is_yuv_of_rgb = model == "RGB" and not format.is_rgb
    if format.name in MONOCHROME or (format.name in PIXEL_FORMATS and model not in _INKS and not is_yuv_of_rgb):
        return FFmpegVideoResource(frame)
    has_alpha = (format.has_alpha or _spare_bits(format) > 0) and not is_opaque and model not in _INKS
    with frame:
        return rgb_resource(_rgba(frame, format, colors, model), has_alpha, colors)


def rgb_resource(samples: Bytes, has_alpha: bool, colors: ImageColors) -> BufferVideoResource:
    """A resource of samples [row, column, component], of red, green, blue and alpha, which must not change any more."""
    height, width, _ = samples.shape
    planes = [Plane(samples.reshape(-1).data, 4 * width)]
    return BufferVideoResource("RGBA" if has_alpha else "RGBX", (width, height), planes, colors.of_rgb())


def rgba_samples(frame: Frame, colors: ImageColors, model: ColorModel, *, is_opaque: bool) -> Bytes:
    """The pixels of the frame, which is taken over, as red, green, blue and alpha: [row, column, component].

    Raises ValueError, and closes the frame, if it can't be converted.
    """
    format = describe(frame, colors, is_opaque=is_opaque)
    with frame:
        samples = _rgba(frame, format, colors, model)
    if is_opaque:
        samples[:, :, 3] = 255
    return samples


def _rgba(frame: Frame, format: PixelFormat, colors: ImageColors, model: ColorModel) -> Bytes:
    if model == "YCbCr" and format.name in PIXEL_FORMATS and not format.is_rgb:
        return _rgb_of_yuv(FFmpegVideoResource(frame.ref()), "RGBA", PIXEL_FORMATS[format.name])
    result = np.empty((frame.height, frame.width, 4), np.uint8)
    if format.has_palette:
        _look_up_colors(frame, result)
    elif format.name in ("monob", "monow"):
        result[:, :, :3] = _bilevel(frame, is_white_zero=format.name == "monow")[:, :, None]
        result[:, :, 3] = 255
    else:
        _take_components(frame, format, colors, model, result)
    return result


def _rgb_of_yuv(resource: VideoResource, target: RGBFormat, format: VideoPixelFormat) -> Bytes:
    """The pixels of a resource, which is released, by the conversion that a VideoFrame has."""
    region = Region(0, 0, *resource.coded_size)
    try:
        picture = source_picture_of_resource(resource, format, region, resource.color_space or {})
        return rgb_array(picture, region, target, None)
    finally:
        resource.release()


def _look_up_colors(frame: Frame, result: Bytes) -> None:
    """Put the colours of a picture that has a palette."""
    indices, palette = frame.planes()
    rows = np.ndarray((frame.height, frame.width), np.uint8, indices.data, 0, (indices.stride, 1))
    # 0xAARRGGBB in the machine's byte order.
    colors_of_indices = np.frombuffer(palette.data, np.uint32, 256)
    for place, shift in enumerate((16, 8, 0, 24)):
        result[:, :, place] = (colors_of_indices >> shift).astype(np.uint8)[rows]


def _take_components(frame: Frame, format: PixelFormat, colors: ImageColors, model: ColorModel, result: Bytes) -> None:
    """Take each component of the frame to its place in ``result``."""
    planes = frame.planes()
    components = [
        _eight_bits(_component(planes[part.plane], format, number, frame.width), part.depth)
        for number, part in enumerate(format.components)
    ]
    if any(format.log2_chroma) and len(components) >= 3:
        size = frame.width, frame.height
        components[1:3] = [_interpolated(chroma, size, format.log2_chroma) for chroma in components[1:3]]
    alpha: Bytes | None = None
    if len(components) in (1, 2):
        # Gray, perhaps with alpha.
        result[:, :, :3] = components[0][:, :, None]
        alpha = components[1] if len(components) == 2 else None
    else:
        if model in ("YCbCr", "YCCK") and not format.is_rgb:
            _put_yuv(components, colors, result)
        else:
            for place in range(3):
                result[:, :, place] = components[place]
        if model in _INKS:
            # All decoders expect inks to be inverted, as Adobe's software writes them. YCbCr stands for plain ones.
            inks = 255 - result[:, :, :3] if model == "YCCK" else result[:, :, :3]
            result[:, :, :3] = (inks.astype(np.uint16) * components[3][:, :, None] + 127) // 255
        elif len(components) == 4:
            alpha = components[3]
        elif _spare_bits(format):
            alpha = _eight_bits(_spare(planes[0], _spare_bits(format), frame.width), _spare_bits(format))
    result[:, :, 3] = 255 if alpha is None else alpha


def _put_yuv(components: Sequence[Bytes], colors: ImageColors, result: Bytes) -> None:
    """Convert planes of luma and chroma, all of full size."""
    height, width, _ = result.shape
    frame = Frame.video(width, height, "yuv444p")
    for plane, samples in zip(frame.writable_planes(), components[:3], strict=True):
        np.ndarray((height, width), np.uint8, plane.data, 0, (plane.stride, 1))[:] = samples
    describe(frame, colors, is_opaque=True)
    result[:, :, :3] = _rgb_of_yuv(FFmpegVideoResource(frame), "RGBX", "I444")[:, :, :3]


def _component(plane: FramePlane, format: PixelFormat, number: int, width: int) -> Samples:
    """The values of a component of a format that has whole bytes: [row, column]."""
    part = format.components[number]
    columns = width if number in (0, 3) else -(-width >> format.log2_chroma[0])
    kind = "u1" if part.shift + part.depth <= 8 else (">u2" if format.is_big_endian else "<u2")
    samples: Samples = np.ndarray((plane.height, columns), kind, plane.data, part.offset, (plane.stride, part.step))
    if not part.shift and part.depth in (8, 16):
        return samples
    shifted: Samples = np.right_shift(samples, part.shift, dtype=samples.dtype)
    return np.bitwise_and(shifted, (1 << part.depth) - 1, dtype=samples.dtype)


def _spare_bits(format: PixelFormat) -> int:
    """The number of bits above the components of a packed pixel of 16 bits, which may be alpha."""
    is_packed = format.is_rgb and not format.is_planar and not format.has_alpha and len(format.components) == 3
    return 16 - sum(part.depth for part in format.components) if is_packed and format.components[0].step == 2 else 0


def _spare(plane: FramePlane, bits: int, width: int) -> Samples:
    words = np.ndarray((plane.height, width), "<u2", plane.data, 0, (plane.stride, 2))
    samples: Samples = np.right_shift(words, 16 - bits, dtype=words.dtype)
    return samples


def _eight_bits(samples: Samples, depth: int) -> Bytes:
    """Values of so many bits as values of eight, rounded."""
    return samples.astype(np.uint8, copy=False) if depth == 8 else _to_eight_bits(depth)[samples]


@cache
def _to_eight_bits(depth: int) -> Bytes:
    most = (1 << depth) - 1
    return ((np.arange(most + 1) * 510 + most) // (2 * most)).astype(np.uint8)


def _interpolated(plane: Bytes, size: tuple[int, int], log2_chroma: tuple[int, int]) -> Bytes:
    """Chroma samples that are amid the luma samples, interpolated linearly to ``size`` (width, height)."""
    values = plane.astype(np.float32)
    for axis, (length, log2) in enumerate(zip(reversed(size), reversed(log2_chroma), strict=True)):
        places = np.clip((np.arange(length) + 0.5) / (1 << log2) - 0.5, 0, values.shape[axis] - 1)
        before = places.astype(np.intp)
        after = np.minimum(before + 1, values.shape[axis] - 1)
        weights = (places - before).astype(np.float32).reshape((-1, 1) if axis == 0 else (1, -1))
        values = values.take(before, axis) * (1 - weights) + values.take(after, axis) * weights
    return np.rint(values).astype(np.uint8)


def _bilevel(frame: Frame, *, is_white_zero: bool) -> Bytes:
    """Black and white, as 0 and 255."""
    (plane,) = frame.planes()
    packed = np.ndarray((frame.height, plane.row_bytes), np.uint8, plane.data, 0, (plane.stride, 1))
    bits = np.unpackbits(packed, axis=1, count=frame.width) ^ np.uint8(is_white_zero)
    return bits * np.uint8(255)
