"""Pictures of FFmpeg's image decoders as media resources: as they are, or as RGB of eight bits."""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from codecmodel.image_files.colors import FULL, ImageColors
from codecmodel.platform.ffmpeg.pixel_formats import MONOCHROME, PIXEL_FORMATS
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.media_resource import BufferVideoResource
from codecmodel.raw_media.resource_protocols import Plane
from ffbind import Frame, PictureKind, Scaler, Scaling, pixel_format

Bytes: TypeAlias = npt.NDArray[np.uint8]
_Samples: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

_RGB_MATRIX: Final = 0
_CENTER: Final = 2
_FLAGS: Final = Scaling.BICUBIC | Scaling.ACCURATE_ROUNDING | Scaling.FULL_CHROMA_INTERPOLATION
#: Formats that libswscale would convert by way of YUV → where red, green, blue and alpha are among their samples.
_INEXACT: Final = {
    "gray": (0, 0, 0, None),
    "ya8": (0, 0, 0, 1),
    "gray16be": (0, 0, 0, None),
    "ya16be": (0, 0, 0, 1),
    "rgb48be": (0, 1, 2, None),
    "rgba64be": (0, 1, 2, 3),
}


def describe_colors(frame: Frame, colors: ImageColors) -> None:
    """Have the frame say what the file says of its colours. The matrix of RGB is fixed."""
    is_rgb = pixel_format(frame.format).is_rgb
    frame.color_primaries, frame.color_trc = colors.primaries, colors.transfer
    frame.colorspace, frame.color_range = (_RGB_MATRIX, FULL) if is_rgb else (colors.matrix, colors.range)


def image_resource(frame: Frame, colors: ImageColors, *, is_opaque: bool = False) -> FFmpegVideoResource:
    """A resource that takes over the frame: without a copy, if the spec has a name for its format.

    Raises ValueError, and closes the frame, if it cannot be converted.
    """
    describe_colors(frame, colors)
    if frame.format not in PIXEL_FORMATS and frame.format not in MONOCHROME:
        has_alpha = pixel_format(frame.format).has_alpha and not is_opaque
        frame = _as_rgb(frame, "rgba" if has_alpha else "rgb0")
        describe_colors(frame, colors)
    return FFmpegVideoResource(frame)


def rgba_resource(samples: Bytes, colors: ImageColors) -> BufferVideoResource:
    """A resource of RGBA samples [row, column, component], which nobody changes any more."""
    height, width, _ = samples.shape
    planes = [Plane(samples.reshape(-1).data, 4 * width)]
    return BufferVideoResource("RGBA", (width, height), planes, colors.of_rgb())


def rgba_samples(frame: Frame, colors: ImageColors) -> Bytes:
    """The pixels of the frame, which is taken over, as RGBA: [row, column, component].

    Raises ValueError, and closes the frame, if it cannot be converted.
    """
    describe_colors(frame, colors)
    if frame.format != "rgba":
        frame = _as_rgb(frame, "rgba")
    # The view keeps the memory.
    with frame:
        (plane,) = frame.planes()
        return np.ndarray((frame.height, frame.width, 4), np.uint8, plane.data, 0, (plane.stride, 4, 1))


def _as_rgb(frame: Frame, target: str) -> Frame:
    """The frame, which is closed, in "rgba" or "rgb0"; of sixteen bits the best eight."""
    with frame:
        name, width, height = frame.format, frame.width, frame.height
        if name in ("monob", "monow") or name in _INEXACT:
            return _rearranged(frame, target)
        source = PictureKind(
            width,
            height,
            name,
            # Zero is the matrix of RGB, which libswscale does not have.
            matrix=frame.colorspace or 6,
            range=frame.color_range or FULL,
            chroma_location=_CENTER,
        )
        scaler = Scaler(source, PictureKind(width, height, target), _FLAGS)
        with scaler:
            return scaler.scale(frame)


def _rearranged(frame: Frame, target: str) -> Frame:
    name = frame.format
    if name in _INEXACT:
        order, samples = _INEXACT[name], _eight_bits(_samples(frame))
    else:
        order, samples = (0, 0, 0, None), _bilevel(frame, is_white_zero=name == "monow")
    result = Frame.video(frame.width, frame.height, target)
    (plane,) = result.writable_planes()
    pixels = np.ndarray((frame.height, frame.width, 4), np.uint8, plane.data, 0, (plane.stride, 4, 1))
    for position, source in enumerate(order):
        pixels[:, :, position] = 255 if source is None else samples[:, :, source]
    return result


def _samples(frame: Frame) -> _Samples:
    """A view of the samples of a packed format: [row, column, component]."""
    (plane,) = frame.planes()
    sample_bytes = 2 if pixel_format(frame.format).is_big_endian else 1
    components = plane.row_bytes // frame.width // sample_bytes
    strides = plane.stride, sample_bytes * components, sample_bytes
    return np.ndarray((frame.height, frame.width, components), f">u{sample_bytes}", plane.data, 0, strides)


def _eight_bits(samples: _Samples) -> Bytes:
    if samples.dtype.itemsize == 1:
        return samples.astype(np.uint8, copy=False)
    # Rounded: 65535 / 255 is 257.
    return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _bilevel(frame: Frame, *, is_white_zero: bool) -> Bytes:
    (plane,) = frame.planes()
    packed = np.ndarray((frame.height, plane.row_bytes), np.uint8, plane.data, 0, (plane.stride, 1))
    bits = np.unpackbits(packed, axis=1, count=frame.width) ^ np.uint8(is_white_zero)
    return (bits * np.uint8(255))[:, :, None]
