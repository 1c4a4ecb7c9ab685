"""Scaling pictures and converting between pixel formats, colour matrices and ranges, with libswscale."""

from __future__ import annotations

import enum
from fractions import Fraction
from typing import NamedTuple

from ffbind.errors import FFmpegError
from ffbind.exclusive import Exclusive
from ffbind.formats import PixelFormat, pixel_format, pixel_format_of, plane_sizes
from ffbind.frame import Frame
from ffbind.layout.probing import offset
from ffbind.library import Library
from ffbind.loading import load

# Vector code may read this far past the end of a row. FFmpeg's own frames have it.
PADDING = 32

# Fixed point with 16 bits after the point.
ONE = 1 << 16

# MatrixCoefficients of H.273 that libswscale has: BT.709, FCC, BT.601 (625 and 525 lines), SMPTE 240M, BT.2020.
MATRICES = frozenset({1, 4, 5, 6, 7, 9, 10})
UNSPECIFIED_MATRIX = 2
RGB_MATRIX = 0
LIMITED, FULL = 1, 2

# ChromaLocType of H.273 plus 1 → where chroma is, to the right and below the first luma sample, in 256ths of one.
CHROMA_POSITIONS = {1: (0, 128), 2: (128, 128), 3: (0, 0), 4: (128, 0), 5: (0, 256), 6: (128, 256)}


class Scaling(enum.IntFlag):
    """How to interpolate, and how exactly to calculate."""

    FAST_BILINEAR = 1
    BILINEAR = 2
    BICUBIC = 4
    POINT = 0x10
    AREA = 0x20
    LANCZOS = 0x200
    FULL_CHROMA_INTERPOLATION = 0x2000
    FULL_CHROMA_INPUT = 0x4000
    ACCURATE_ROUNDING = 0x40000
    BITEXACT = 0x80000


class _Details(NamedTuple):
    matrix: int
    range: int


def _details(format: PixelFormat, matrix: int, range: int) -> _Details:
    if range not in (LIMITED, FULL):
        raise ValueError(f"the range is 1 (limited) or 2 (full), not {range}")
    if matrix not in MATRICES and matrix != UNSPECIFIED_MATRIX:
        raise ValueError(f"libswscale does not have the matrix coefficients {matrix}")
    # To libswscale shades of gray have full range as well as the formats of JPEG, whatever else is said of them.
    is_full = format.name.startswith("yuvj") or len(format.components) < 3
    return _Details(matrix, FULL if is_full else range)


def _chroma_position(side: str, format: PixelFormat, location: int) -> dict[str, int]:
    """Settings that say where chroma is, along the axes on which it is sub-sampled."""
    if location == 0:
        return {}
    if location not in CHROMA_POSITIONS:
        raise ValueError(f"chroma locations are 0 to 6, not {location}")
    positions = zip("hv", format.log2_chroma, CHROMA_POSITIONS[location], strict=True)
    return {f"{side}_{axis}_chr_pos": position for axis, shift, position in positions if shift}


class Scaler(Exclusive):
    """From pictures of one size, format and colour representation to those of another.

    Sizes are in pixels, formats FFmpeg's names. Matrices are MatrixCoefficients of H.273, of which 1, 4 to 7, 9 and 10
    are known, and 2 (unspecified) counts as 6 (BT.601); ranges are 1 for limited and 2 for full. Both mean something
    for YUV only; RGB, gray and the "yuvj" formats have full range. Chroma locations are those of Frame; 0 leaves it to
    libswscale where sub-sampled chroma is: halfway between two columns. Raises ValueError for what cannot be converted.
    """

    def __init__(
        self,
        src_width: int,
        src_height: int,
        src_format: str,
        dst_width: int,
        dst_height: int,
        dst_format: str,
        *,
        flags: Scaling = Scaling.BICUBIC,
        src_matrix: int = UNSPECIFIED_MATRIX,
        dst_matrix: int = UNSPECIFIED_MATRIX,
        src_range: int = LIMITED,
        dst_range: int = LIMITED,
        src_chroma_location: int = 0,
        dst_chroma_location: int = 0,
    ) -> None:
        library = load()
        source, destination = pixel_format(src_format), pixel_format(dst_format)
        if not library.swscale.sws_isSupportedInput(source.number):
            raise ValueError(f"libswscale cannot read {src_format}")
        if not library.swscale.sws_isSupportedOutput(destination.number):
            raise ValueError(f"libswscale cannot write {dst_format}")
        if min(src_width, src_height, dst_width, dst_height) < 1:
            raise ValueError("pictures must be at least one pixel wide and high")
        # Checks the arguments before anything is made.
        src_details, dst_details = _details(source, src_matrix, src_range), _details(destination, dst_matrix, dst_range)
        self._source = src_width, src_height, source.number
        self._destination = dst_width, dst_height, destination
        self._details = dst_details
        self._chroma_location = dst_chroma_location
        context = library.swscale.sws_alloc_context()
        if not context:
            raise MemoryError
        super().__init__(context)
        # The ranges must be known when it is initialised, and are fixed only later, with the matrices.
        settings = {
            "srcw": src_width,
            "srch": src_height,
            "src_format": source.number,
            "src_range": src_details.range == FULL,
            "dstw": dst_width,
            "dsth": dst_height,
            "dst_format": destination.number,
            "dst_range": dst_details.range == FULL,
            "sws_flags": int(flags),
            **_chroma_position("src", source, src_chroma_location),
            **_chroma_position("dst", destination, dst_chroma_location),
        }
        try:
            for name, value in settings.items():
                library.check(library.avutil.av_opt_set_int(context, name.encode(), value, 0), "av_opt_set_int")
            library.check(library.swscale.sws_init_context(context, None, None), "sws_init_context")
            code = library.swscale.sws_setColorspaceDetails(
                context,
                library.swscale.sws_getCoefficients(src_details.matrix),
                src_details.range == FULL,
                library.swscale.sws_getCoefficients(dst_details.matrix),
                dst_details.range == FULL,
                0,
                ONE,
                ONE,
            )
            # There is nothing to set from RGB to RGB, which counts as a failure.
            if not (source.is_rgb and destination.is_rgb):
                library.check(code, "sws_setColorspaceDetails")
        except FFmpegError as error:
            self.close()
            raise ValueError(
                f"libswscale cannot convert {src_width}x{src_height} {src_format} to "
                f"{dst_width}x{dst_height} {dst_format}: {error}"
            ) from error

    def _free(self, address: int) -> None:
        load().swscale.sws_freeContext(address)

    def scale(self, frame: Frame) -> Frame:
        """A new picture. It has the timestamps and properties of `frame`, and no cropping.

        Raises ValueError if the frame is not of the size and format the scaler is for.
        """
        library = load()
        fields = frame.fields
        if (fields.width, fields.height, fields.format) != self._source:
            width, height, number = self._source
            raise ValueError(f"this scaler is for {width}x{height} {pixel_format_of(number).name}, not {frame!r}")
        width, height, destination = self._destination
        result = Frame.video(width, height, destination.name)
        self._describe(library, frame, result)
        with self._turn, _padded(library, frame) as source:
            structure = library.layout.AVFrame
            data, linesize = offset(structure, "data"), offset(structure, "linesize")
            code = library.swscale.sws_scale(
                self.address,
                source.address + data,
                source.address + linesize,
                0,
                source.height,
                result.address + data,
                result.address + linesize,
            )
        library.check(code, "sws_scale")
        return result

    def _describe(self, library: Library, frame: Frame, result: Frame) -> None:
        library.check(library.avutil.av_frame_copy_props(result.address, frame.address), "av_frame_copy_props")
        fields = result.fields
        fields.crop_left = fields.crop_top = fields.crop_right = fields.crop_bottom = 0
        if self._destination[2].is_rgb:
            result.colorspace, result.color_range = RGB_MATRIX, FULL
        else:
            result.colorspace, result.color_range = self._details
        if self._chroma_location or result.format != frame.format:
            result.chroma_location = self._chroma_location
        # The picture keeps its shape.
        width, height = frame.sample_aspect_ratio
        if width > 0 and height > 0:
            shape = Fraction(width * frame.width * result.height, height * frame.height * result.width)
            result.sample_aspect_ratio = shape.limit_denominator(1 << 16).as_integer_ratio()


def _padded(library: Library, frame: Frame) -> Frame:
    """The frame, or a copy of it if its memory ends too soon after its planes."""
    fields = frame.fields
    buffers = [library.layout.AVBufferRef.from_address(address) for address in fields.buf if address]
    sizes = plane_sizes(fields.format, fields.width, fields.height)
    for start, stride, (row_bytes, rows) in zip(fields.data, fields.linesize, sizes, strict=False):
        end = (start or 0) + stride * (rows - 1) + row_bytes + PADDING
        if stride < 0 or not any(
            buffer.data <= (start or 0) and end <= buffer.data + buffer.size for buffer in buffers
        ):
            break
    else:
        return frame.ref()
    copy = Frame.video(fields.width, fields.height, frame.format)
    library.check(library.avutil.av_frame_copy(copy.address, frame.address), "av_frame_copy")
    return copy
