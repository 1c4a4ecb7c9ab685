"""Frames of FFmpeg's image decoders as media resources: as they are, or as RGB of eight bits.

RGB is made of YUV by the conversion that VideoFrames have (raw_media.rgb), and of everything else by taking the
components to their places.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from codecmodel.image_files.colors import FULL, ImageColors
from codecmodel.image_files.reader import ColorModel
from codecmodel.platform.ffmpeg.color_codes import CHROMA_LOCATIONS
from codecmodel.platform.ffmpeg.pixel_formats import MONOCHROME, PIXEL_FORMATS
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.media_resource import BufferVideoResource
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.resource_protocols import Plane, VideoResource
from codecmodel.raw_media.rgb.conversion import RGBFormat, rgb_array, source_picture_of_resource
from codecmodel.raw_media.rgb.source_picture import Region
from ffbind import Frame, pixel_format

Bytes: TypeAlias = npt.NDArray[np.uint8]
Samples: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

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


def describe(frame: Frame, colors: ImageColors, *, is_opaque: bool) -> None:
    """Have the frame say what the file says of its colours and alpha. The matrix and the range of RGB are fixed."""
    # FFmpeg itself takes the alpha of a BMP away if it is zero everywhere, where browsers heed it.
    name = (_OPAQUE if is_opaque else _TRANSPARENT).get(frame.format)
    if name is not None:
        frame.fields.format = pixel_format(name).number
    is_rgb = pixel_format(frame.format).is_rgb
    frame.color_primaries, frame.color_trc = colors.primaries, colors.transfer
    frame.colorspace, frame.color_range = (_RGB_MATRIX, FULL) if is_rgb else (colors.matrix, colors.range)
    frame.chroma_location = CHROMA_LOCATIONS[colors.chroma_location]


def image_resource(frame: Frame, colors: ImageColors, model: ColorModel, *, is_opaque: bool) -> VideoResource:
    """A resource that takes over the frame. If the spec has a name for its format, nothing is copied.

    Raises ValueError, and closes the frame, if it can't be converted.
    """
    describe(frame, colors, is_opaque=is_opaque)
    if model not in _INKS and _is_named(frame, model):
        return FFmpegVideoResource(frame)
    may_have_alpha = pixel_format(frame.format).has_alpha or bool(_spare_bits(frame.format))
    has_alpha = may_have_alpha and not is_opaque and model not in _INKS
    return rgb_resource(rgba_samples(frame, colors, model, is_opaque=is_opaque), has_alpha, colors)


def _is_named(frame: Frame, model: ColorModel) -> bool:
    """Whether the spec has a name for the frame's format. YUV planes that hold RGB have none."""
    is_rgb = pixel_format(frame.format).is_rgb
    return frame.format in MONOCHROME or (frame.format in PIXEL_FORMATS and (is_rgb or model == "YCbCr"))


def rgb_resource(samples: Bytes, has_alpha: bool, colors: ImageColors) -> BufferVideoResource:
    """A resource of samples [row, column, component], of red, green, blue and alpha, which must not change any more."""
    height, width, _ = samples.shape
    planes = [Plane(samples.reshape(-1).data, 4 * width)]
    return BufferVideoResource("RGBA" if has_alpha else "RGBX", (width, height), planes, colors.of_rgb())


def rgba_samples(frame: Frame, colors: ImageColors, model: ColorModel, *, is_opaque: bool) -> Bytes:
    """The pixels of the frame, which is taken over, as red, green, blue and alpha: [row, column, component].

    Raises ValueError, and closes the frame, if it can't be converted.
    """
    describe(frame, colors, is_opaque=is_opaque)
    with frame:
        format = pixel_format(frame.format)
        # A view of the planes keeps their memory.
        if model == "YCbCr" and frame.format in PIXEL_FORMATS and not format.is_rgb:
            return _rgb_of_yuv(FFmpegVideoResource(frame.ref()), "RGBA", PIXEL_FORMATS[frame.format])
        result = np.empty((frame.height, frame.width, 4), np.uint8)
        if format.has_palette:
            indices, palette = frame.planes()
            rows = np.ndarray((frame.height, frame.width), np.uint8, indices.data, 0, (indices.stride, 1))
            # 0xAARRGGBB in the machine's byte order.
            colors_of_indices = np.frombuffer(palette.data, np.uint32, 256)
            for place, shift in enumerate((16, 8, 0, 24)):
                result[:, :, place] = (colors_of_indices >> shift).astype(np.uint8)[rows]
        elif frame.format in ("monob", "monow"):
            result[:, :, :3] = _bilevel(frame)[:, :, None]
            result[:, :, 3] = 255
        else:
            _take_components(frame, colors, model, result)
        if is_opaque:
            result[:, :, 3] = 255
        return result


def _rgb_of_yuv(resource: VideoResource, target: RGBFormat, format: VideoPixelFormat) -> Bytes:
    """The pixels of a resource, which is released, by the conversion that a VideoFrame has."""
    region = Region(0, 0, *resource.coded_size)
    try:
        picture = source_picture_of_resource(resource, format, region, resource.color_space or {})
        return rgb_array(picture, region, target, None)
    finally:
        resource.release()


def _take_components(frame: Frame, colors: ImageColors, model: ColorModel, result: Bytes) -> None:
    """Take each component of the frame to its place in ``result``."""
    format = pixel_format(frame.format)
    components = [_eight_bits(_component(frame, number), part.depth) for number, part in enumerate(format.components)]
    sub_sampling = format.log2_chroma
    if any(sub_sampling) and len(components) >= 3:
        size = frame.width, frame.height
        components[1:3] = [_interpolated(chroma, size, sub_sampling) for chroma in components[1:3]]
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
        elif _spare_bits(frame.format):
            alpha = _eight_bits(_spare(frame), _spare_bits(frame.format))
    result[:, :, 3] = 255 if alpha is None else alpha


def _put_yuv(components: Sequence[Bytes], colors: ImageColors, result: Bytes) -> None:
    """Convert planes of luma and chroma, all of full size."""
    height, width, _ = result.shape
    frame = Frame.video(width, height, "yuv444p")
    for plane, samples in zip(frame.writable_planes(), components[:3], strict=True):
        np.ndarray((height, width), np.uint8, plane.data, 0, (plane.stride, 1))[:] = samples
    describe(frame, colors, is_opaque=True)
    result[:, :, :3] = _rgb_of_yuv(FFmpegVideoResource(frame), "RGBX", "I444")[:, :, :3]


def _component(frame: Frame, number: int) -> Samples:
    """The values of a component of a format that has whole bytes: [row, column]."""
    format = pixel_format(frame.format)
    part = format.components[number]
    plane = frame.planes()[part.plane]
    width = frame.width if number in (0, 3) else -(-frame.width >> format.log2_chroma[0])
    kind = "u1" if part.shift + part.depth <= 8 else (">u2" if format.is_big_endian else "<u2")
    strides = plane.stride, part.step
    samples: Samples = np.ndarray((plane.height, width), kind, plane.data, part.offset, strides)
    if not part.shift and part.depth in (8, 16):
        return samples
    shifted: Samples = np.right_shift(samples, part.shift, dtype=samples.dtype)
    return np.bitwise_and(shifted, (1 << part.depth) - 1, dtype=samples.dtype)


def _spare_bits(name: str) -> int:
    """The number of bits above the components of a packed pixel of 16 bits, which may be alpha."""
    format = pixel_format(name)
    is_packed = format.is_rgb and not format.is_planar and not format.has_alpha and len(format.components) == 3
    return 16 - sum(part.depth for part in format.components) if is_packed and format.components[0].step == 2 else 0


def _spare(frame: Frame) -> Samples:
    (plane,) = frame.planes()
    words = np.ndarray((frame.height, frame.width), "<u2", plane.data, 0, (plane.stride, 2))
    samples: Samples = np.right_shift(words, 16 - _spare_bits(frame.format), dtype=words.dtype)
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


def _bilevel(frame: Frame) -> Bytes:
    """Black and white, as 0 and 255."""
    (plane,) = frame.planes()
    packed = np.ndarray((frame.height, plane.row_bytes), np.uint8, plane.data, 0, (plane.stride, 1))
    bits = np.unpackbits(packed, axis=1, count=frame.width) ^ np.uint8(frame.format == "monow")
    return bits * np.uint8(255)
