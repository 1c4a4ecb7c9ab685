"""Frames an encoder may be given: what FFmpeg trusts its callers with, and what kills the process, is checked here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ffbind.formats import PixelFormat, pixel_format_of, sample_format_of
from ffbind.frame import Frame, Plane
from ffbind.layout.structures import AVCodecContext

AVMEDIA_TYPE_VIDEO = 0

_FLOAT_FORMATS = {"flt": "f4", "fltp": "f4", "dbl": "f8", "dblp": "f8"}


def checked(frame: Frame, context: AVCodecContext, encoder: str) -> Frame:
    """The frame, or one with the same content that the encoder survives.

    Raises ValueError if the frame is not of the format, size or channels the encoder was made for, or if libmp3lame is
    given samples that are not finite.
    """
    fields = frame.fields
    if context.codec_type == AVMEDIA_TYPE_VIDEO:
        if (fields.format, fields.width, fields.height) != (context.pix_fmt, context.width, context.height):
            wanted = f"{context.width}x{context.height} {pixel_format_of(context.pix_fmt).name}"
            raise ValueError(f"the encoder takes {wanted}, not {frame!r}")
        return _within_depth(frame, pixel_format_of(fields.format))
    channels = context.ch_layout.nb_channels if hasattr(context, "ch_layout") else context.channels
    if fields.width or (fields.format, frame.channels) != (context.sample_fmt, channels):
        raise ValueError(f"the encoder takes {channels}ch {sample_format_of(context.sample_fmt).name}, not {frame!r}")
    if encoder == "libmp3lame" and not _is_finite(frame):
        # It asserts that they are.
        raise ValueError("libmp3lame takes finite samples only")
    return frame


def _within_depth(frame: Frame, pixels: PixelFormat) -> Frame:
    """The frame, with bits above the depth of its samples cleared, on which libx264 would abort."""
    depth = pixels.components[0].depth if pixels.components else 8
    if not 8 < depth < 16 or any(component.shift for component in pixels.components) or not pixels.is_planar:
        return frame
    largest = (1 << depth) - 1
    order = ">u2" if pixels.is_big_endian else "<u2"
    if all(int(_rows(plane, order).max(initial=0)) <= largest for plane in frame.planes()):
        return frame
    masked = frame.ref()
    for plane in masked.writable_planes():
        rows = _rows(plane, order)
        rows &= largest
    return masked


def _rows(plane: Plane, order: str) -> npt.NDArray[np.uint16]:
    return np.ndarray((plane.height, plane.row_bytes // 2), order, plane.data, strides=(plane.stride, 2))


def _is_finite(frame: Frame) -> bool:
    kind = _FLOAT_FORMATS.get(sample_format_of(frame.fields.format).name)
    if kind is None:
        return True
    return all(bool(np.isfinite(np.frombuffer(plane.data, kind)).all()) for plane in frame.planes())


def blank_picture(width: int, height: int, number: int) -> Frame:
    """A picture of zeros in the pixel format with a number."""
    frame = Frame.video(width, height, pixel_format_of(number).name)
    for plane in frame.writable_planes():
        plane.data[:] = bytes(len(plane.data))
    frame.pts = 0
    return frame
