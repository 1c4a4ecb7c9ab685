"""Scaling pictures and converting between pixel formats, colour matrices and ranges, with libswscale."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction

from ffbind.errors import FFmpegError
from ffbind.exclusive import Exclusive
from ffbind.formats import PixelFormat, pixel_format, pixel_format_of, plane_sizes
from ffbind.frame import Frame
from ffbind.h273 import FULL_RANGE, LIMITED_RANGE, RGB_MATRIX, UNSPECIFIED
from ffbind.layout.probing import offset
from ffbind.library import Library
from ffbind.loading import load
from ffbind.ownership import store_result

# Vector instructions may read so many bytes past the end of a row. FFmpeg's own frames have them.
PADDING = 32

# Fixed point with 16 bits after the point.
ONE = 1 << 16

# The MatrixCoefficients of H.273 that libswscale has: BT.709, FCC, BT.601 (625 and 525 lines), SMPTE 240M, BT.2020.
MATRICES = frozenset({1, 4, 5, 6, 7, 9, 10})

# ChromaLocType of H.273 plus 1 → the place of the first chroma sample, in 256ths of a luma sample to the right of the
# first one and below it.
CHROMA_POSITIONS = {1: (0, 128), 2: (128, 128), 3: (0, 0), 4: (128, 0), 5: (0, 256), 6: (128, 256)}


class Scaling(enum.IntFlag):
    """The manner of interpolation, and the exactness of the calculation."""

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


@dataclass(frozen=True)
class PictureKind:
    """Pictures of one size, format and colour representation.

    Sizes are in pixels, `format` is FFmpeg's name of a pixel format. `matrix` is MatrixCoefficients of H.273;
    libswscale has 1, 4 to 7, 9 and 10 of them. 2 (unspecified) counts as 6 (BT.601). `range` is 1 for limited and 2
    for full. Both are about YUV only: RGB, gray and the "yuvj" formats have full range. `chroma_location` is as
    Frame.chroma_location; with 0 libswscale takes chroma to be halfway between two columns.
    """

    width: int
    height: int
    format: str
    matrix: int = UNSPECIFIED
    range: int = LIMITED_RANGE
    chroma_location: int = 0

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {self.format}"


def _is_full_range(kind: PictureKind, format: PixelFormat) -> bool:
    """Whether libswscale is to be told of full range. Raises ValueError for unknown ranges and matrices."""
    if kind.range not in (LIMITED_RANGE, FULL_RANGE):
        raise ValueError(f"the range is 1 (limited) or 2 (full), not {kind.range}")
    if kind.matrix not in MATRICES and kind.matrix != UNSPECIFIED:
        raise ValueError(f"libswscale does not have the matrix coefficients {kind.matrix}")
    # For libswscale shades of gray have full range, as have the formats of JPEG, despite any other statement.
    return kind.range == FULL_RANGE or format.name.startswith("yuvj") or len(format.components) < 3


def _chroma_position(side: str, format: PixelFormat, location: int) -> dict[str, int]:
    """The settings for the place of chroma, along the axes on which it is sub-sampled."""
    if location == 0:
        return {}
    if location not in CHROMA_POSITIONS:
        raise ValueError(f"chroma locations are 0 to 6, not {location}")
    positions = zip("hv", format.log2_chroma, CHROMA_POSITIONS[location], strict=True)
    return {f"{side}_{axis}_chr_pos": position for axis, shift, position in positions if shift}


class Scaler(Exclusive):
    """From pictures of one kind to pictures of another. Raises ValueError for kinds that libswscale cannot convert."""

    def __init__(self, source: PictureKind, destination: PictureKind, flags: Scaling = Scaling.BICUBIC) -> None:
        library = load()
        read, written = pixel_format(source.format), pixel_format(destination.format)
        if not library.swscale.sws_isSupportedInput(read.number):
            raise ValueError(f"libswscale cannot read {read.name}")
        if not library.swscale.sws_isSupportedOutput(written.number):
            raise ValueError(f"libswscale cannot write {written.name}")
        if min(source.width, source.height, destination.width, destination.height) < 1:
            raise ValueError("pictures must be at least one pixel wide and high")
        # This checks the arguments, before anything is made.
        reads_full, writes_full = _is_full_range(source, read), _is_full_range(destination, written)
        self._source = source.width, source.height, read.number
        self._destination = destination
        written_range = FULL_RANGE if writes_full else LIMITED_RANGE
        self._color = (RGB_MATRIX, FULL_RANGE) if written.is_rgb else (destination.matrix, written_range)
        # The context's address as long as it is not freed. libswscale before FFmpeg 8 clears no pointer.
        self._contexts: list[int] = []
        super().__init__()
        store_result(self._contexts.append, library.swscale.sws_alloc_context)
        self._pointer.value = context = self._contexts[0]
        self.count()
        # The ranges must be known at initialisation, and take effect only later, together with the matrices.
        settings = {
            "srcw": source.width,
            "srch": source.height,
            "src_format": read.number,
            "src_range": reads_full,
            "dstw": destination.width,
            "dsth": destination.height,
            "dst_format": written.number,
            "dst_range": writes_full,
            "sws_flags": int(flags),
            **_chroma_position("src", read, source.chroma_location),
            **_chroma_position("dst", written, destination.chroma_location),
        }
        try:
            for name, value in settings.items():
                library.check(library.avutil.av_opt_set_int(context, name.encode(), value, 0), "av_opt_set_int")
            library.check(library.swscale.sws_init_context(context, None, None), "sws_init_context")
            coefficients = library.swscale.sws_getCoefficients
            code = library.swscale.sws_setColorspaceDetails(
                context,
                *(coefficients(source.matrix), reads_full),
                *(coefficients(destination.matrix), writes_full),
                *(0, ONE, ONE),
            )
            # From RGB to RGB there is nothing to set, which libswscale reports as a failure.
            if not (read.is_rgb and written.is_rgb):
                library.check(code, "sws_setColorspaceDetails")
        except FFmpegError as error:
            self.close()
            raise ValueError(f"libswscale cannot convert {source} to {destination}: {error}") from error

    def _free(self) -> None:
        # One call of C takes the address from the list and frees the context, so that no interrupt can come between.
        for _ in map(load().swscale.sws_freeContext, map(list.pop, filter(None, [self._contexts]))):
            break
        self._pointer.value = None

    def scale(self, frame: Frame, result: Frame | None = None) -> Frame:
        """A new picture with the timestamps and properties of `frame`, and without cropping.

        The picture may be given as `result`, with undefined content. Raises ValueError if the size or the format of
        either frame is not that of the scaler's kind.
        """
        library = load()
        fields = frame.fields
        if (fields.width, fields.height, fields.format) != self._source:
            width, height, number = self._source
            raise ValueError(f"this scaler is for {width}x{height} {pixel_format_of(number).name}, not {frame!r}")
        to = self._destination
        if result is None:
            result = Frame.video(to.width, to.height, to.format)
        elif (result.width, result.height, result.format) != (to.width, to.height, to.format):
            raise ValueError(f"this scaler makes {to}, not {result!r}")
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
        result.colorspace, result.color_range = self._color
        if self._destination.chroma_location or result.format != frame.format:
            result.chroma_location = self._destination.chroma_location
        # The picture keeps its shape.
        width, height = frame.sample_aspect_ratio
        if width > 0 and height > 0:
            shape = Fraction(width * frame.width * result.height, height * frame.height * result.width)
            result.sample_aspect_ratio = shape.limit_denominator(1 << 16).as_integer_ratio()


def _padded(library: Library, frame: Frame) -> Frame:
    """The frame, or a copy of it if too little memory follows one of its planes."""
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
