"""The checks of frames for an encoder. FFmpeg trusts its callers with them, and a wrong frame can end the process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ffbind.formats import PixelFormat, pixel_format_of, sample_format_of
from ffbind.frame import Frame, Plane
from ffbind.layout.structures import AVCodecContext

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

AVMEDIA_TYPE_VIDEO = 0

_FLOAT_FORMATS = {"flt": "f4", "fltp": "f4", "dbl": "f8", "dblp": "f8"}


def check_for(context: AVCodecContext, encoder: str) -> Callable[[Frame], Frame]:
    """The check of each frame for an open encoder. It returns the frame, or a copy that the encoder can take.

    It raises ValueError if the format, the size or the number of channels is not that for which the encoder was made,
    and if libmp3lame would get samples that are not finite.
    """
    if context.codec_type == AVMEDIA_TYPE_VIDEO:
        return _picture_check(context)
    return _samples_check(context, must_be_finite=encoder == "libmp3lame")


def _picture_check(context: AVCodecContext) -> Callable[[Frame], Frame]:
    number, width, height = expected = context.pix_fmt, context.width, context.height
    pixels = pixel_format_of(number)
    depth = pixels.components[0].depth if pixels.components else 8
    has_unused_bits = (
        8 < depth < 16 and not any(component.shift for component in pixels.components) and pixels.is_planar
    )

    def check(frame: Frame) -> Frame:
        fields = frame.fields
        if (fields.format, fields.width, fields.height) != expected:
            raise ValueError(f"the encoder takes {width}x{height} {pixels.name}, not {frame!r}")
        return _within_depth(frame, pixels, depth) if has_unused_bits else frame

    return check


def _samples_check(context: AVCodecContext, *, must_be_finite: bool) -> Callable[[Frame], Frame]:
    number = context.sample_fmt
    channels = context.ch_layout.nb_channels if hasattr(context, "ch_layout") else context.channels

    def check(frame: Frame) -> Frame:
        # A picture has no channels.
        _, format, _, its_channels = frame.sample_properties()
        if format != number or its_channels != channels:
            raise ValueError(f"the encoder takes {channels}ch {sample_format_of(number).name}, not {frame!r}")
        if must_be_finite and not _is_finite(frame):
            # It has an assertion about that, which ends the process.
            raise ValueError("libmp3lame takes finite samples only")
        return frame

    return check


def _within_depth(frame: Frame, pixels: PixelFormat, depth: int) -> Frame:
    """The frame, or a copy without the bits above the depth of its samples, with which libx264 would abort."""
    # Only few programs need NumPy here, and it takes long to load.
    import numpy as np

    largest = (1 << depth) - 1
    order = ">u2" if pixels.is_big_endian else "<u2"
    if all(int(np.max(_rows(plane, order), initial=0)) <= largest for plane in frame.planes()):
        return frame
    masked = frame.ref()
    for plane in masked.writable_planes():
        rows = _rows(plane, order)
        rows &= largest
    return masked


def _rows(plane: Plane, order: str) -> npt.NDArray[np.uint16]:
    import numpy as np

    return np.ndarray((plane.height, plane.row_bytes // 2), order, plane.data, strides=(plane.stride, 2))


def _is_finite(frame: Frame) -> bool:
    import numpy as np

    kind = _FLOAT_FORMATS.get(sample_format_of(frame.fields.format).name)
    if kind is None:
        return True
    return all(bool(np.isfinite(np.frombuffer(plane.data, kind)).all()) for plane in frame.planes())


def blank_picture(width: int, height: int, number: int) -> Frame:
    """A picture of zeros in the pixel format with this number."""
    frame = Frame.video(width, height, pixel_format_of(number).name)
    for plane in frame.writable_planes():
        plane.data[:] = bytes(len(plane.data))
    frame.pts = 0
    return frame
