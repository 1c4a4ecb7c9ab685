"""Pixel and sample formats by FFmpeg's names."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from ffbind.loading import load

_FLAG_BIG_ENDIAN = 1 << 0
_FLAG_PALETTE = 1 << 1
_FLAG_HARDWARE = 1 << 3
_FLAG_PLANAR = 1 << 4
_FLAG_RGB = 1 << 5
_FLAG_ALPHA = 1 << 7
_FLAG_FLOAT = 1 << 9

PALETTE_BYTES = 256 * 4


class Component(NamedTuple):
    """The place of a component of a pixel format. The order is Y, U, V, A or R, G, B, A or Y, A."""

    plane: int
    #: Bytes from one pixel to the next.
    step: int
    #: Bytes before the first.
    offset: int
    #: Unused low bits of the value.
    shift: int
    #: Bits of the value.
    depth: int


class PixelFormat(NamedTuple):
    """A pixel format. Chroma planes are smaller by the powers of two in `log2_chroma`, rounded up."""

    number: int
    name: str
    components: tuple[Component, ...]
    log2_chroma: tuple[int, int]
    planes: int
    is_big_endian: bool
    has_palette: bool
    is_planar: bool
    is_rgb: bool
    has_alpha: bool
    is_float: bool
    is_hardware: bool


class SampleFormat(NamedTuple):
    """A sample format: the bytes of one channel's sample, and whether each channel has a plane of its own."""

    number: int
    name: str
    bytes_per_sample: int
    is_planar: bool


@cache
def pixel_format(name: str) -> PixelFormat:
    """The pixel format FFmpeg calls `name`, such as "yuv420p". Raises ValueError if there is none."""
    number: int = load().avutil.av_get_pix_fmt(name.encode())
    if number < 0:
        raise ValueError(f"no pixel format is called {name!r}")
    return pixel_format_of(number)


@cache
def pixel_format_of(number: int) -> PixelFormat:
    """The pixel format with an AVPixelFormat number. Raises ValueError if there is none."""
    library = load()
    address = library.avutil.av_pix_fmt_desc_get(number)
    if not address:
        raise ValueError(f"no pixel format has the number {number}")
    descriptor = library.layout.AVPixFmtDescriptor.from_address(address)
    components = tuple(
        Component(c.plane, c.step, c.offset, c.shift, c.depth) for c in descriptor.comp[: descriptor.nb_components]
    )
    palette = bool(descriptor.flags & _FLAG_PALETTE)
    return PixelFormat(
        number=number,
        name=descriptor.name.decode(),
        components=components,
        log2_chroma=(descriptor.log2_chroma_w, descriptor.log2_chroma_h),
        planes=2 if palette else max((component.plane for component in components), default=-1) + 1,
        is_big_endian=bool(descriptor.flags & _FLAG_BIG_ENDIAN),
        has_palette=palette,
        is_planar=bool(descriptor.flags & _FLAG_PLANAR),
        is_rgb=bool(descriptor.flags & _FLAG_RGB),
        has_alpha=bool(descriptor.flags & _FLAG_ALPHA),
        is_float=bool(descriptor.flags & _FLAG_FLOAT),
        is_hardware=bool(descriptor.flags & _FLAG_HARDWARE),
    )


def sample_format(name: str) -> SampleFormat:
    """The sample format FFmpeg calls `name`, such as "fltp". Raises ValueError if there is none."""
    number: int = load().avutil.av_get_sample_fmt(name.encode())
    if number < 0:
        raise ValueError(f"no sample format is called {name!r}")
    return sample_format_of(number)


@cache
def sample_format_of(number: int) -> SampleFormat:
    """The sample format with an AVSampleFormat number. Raises ValueError if there is none."""
    avutil = load().avutil
    name = avutil.av_get_sample_fmt_name(number)
    if name is None:
        raise ValueError(f"no sample format has the number {number}")
    return SampleFormat(
        number, name.decode(), avutil.av_get_bytes_per_sample(number), bool(avutil.av_sample_fmt_is_planar(number))
    )


@lru_cache(maxsize=256)
def plane_sizes(number: int, width: int, height: int) -> tuple[tuple[int, int], ...]:
    """(bytes in a row, rows) of each plane of a picture in the pixel format with a number."""
    pixels = pixel_format_of(number)
    if pixels.has_palette:
        return (width, height), (PALETTE_BYTES, 1)
    linesize = load().avutil.av_image_get_linesize
    return tuple(
        # The chroma planes of a format that has any are planes 1 and 2.
        (linesize(number, width, plane), -(-height >> pixels.log2_chroma[1]) if plane in (1, 2) else height)
        for plane in range(pixels.planes)
    )
