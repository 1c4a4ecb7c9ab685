"""PNG (PNG 3, a W3C Recommendation), still and animated."""

import struct
import zlib
from typing import Final

from codecmodel.image_files.colors import SRGB, UNSPECIFIED
from codecmodel.image_files.icc import profile_colors
from codecmodel.image_files.orientation import exif_orientation
from codecmodel.image_files.png_data import has_all_rows
from codecmodel.image_files.reader import FOREVER, MICROSECONDS, CodedPicture, Disposal, ImageFile, MalformedImage

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
#: Length, type and CRC of a chunk.
_OVERHEAD: Final = 12
#: Colour types.
_GRAY: Final = 0
_PALETTE: Final = 3
_DISPOSALS: Final[tuple[Disposal, ...]] = ("keep", "clear", "restore")
#: TransferCharacteristics of H.273, by gAMA in 100,000ths.
_GAMMAS: Final = {45455: 13, 100000: 8}
#: ColourPrimaries of H.273, by cHRM: x and y of white, red, green and blue, in 100,000ths.
_CHROMATICITIES: Final = {
    (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000): 1,
    (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000): 12,
    (31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600): 9,
}
#: The most bytes of a profile that are read.
_MAXIMUM_PROFILE: Final = 1 << 20
#: The most that rounding may have changed a value, in 100,000ths.
_TOLERANCE: Final = 100


class PngFile(ImageFile):
    """A PNG. Without fcTL before IDAT the default image is no part of the animation.

    An animation has the frames that are in the file, but no more than acTL declares. If acTL declares a single frame,
    that is a still image. If no frame follows acTL at all, the default image is the image.
    """

    codec = "png"

    def __init__(self) -> None:
        super().__init__()
        self._header = b""
        #: Whole chunks that decoding needs.
        self._palette = b""
        self._has_transparency = False
        # The frames that acTL declares; 0 without acTL.
        self._declared_count = 0
        self._control: tuple[int, ...] | None = None
        self._sequence_number = 0
        # The data of the default image and of the frame at hand. They are the same if the default image is a frame.
        self._default_parts: list[tuple[int, int]] = []
        self._parts: list[tuple[int, int]] = []
        self._has_data = self._has_exif = False
        # The strongest statement about colours so far: cICP, iCCP, sRGB, then gAMA and cHRM.
        self._color_precedence = 0

    def _read_unit(self) -> bool:
        if self._position == 0:
            if not self._begins_with(_SIGNATURE):
                return False
            self._position = len(_SIGNATURE)
        if not self._has(8):
            return self._wait()
        start = self._position
        size, kind = struct.unpack_from(">I4s", self._data, start)
        if size >= 1 << 31 or not kind.isalpha() or (not self._header and kind != b"IHDR"):
            raise MalformedImage("a chunk has no valid type or length")
        if kind == b"IDAT":
            self._begin_data()
        elif kind == b"fdAT":
            self._begin_frame_data()
        else:
            self._end_picture()
        if not self._has(_OVERHEAD + size):
            return self._wait()
        self._position = end = start + _OVERHEAD + size
        with memoryview(self._data) as view:
            is_intact = zlib.crc32(view[start + 4 : end - 4]) == struct.unpack_from(">I", view, end - 4)[0]
        # Ancillary chunks may be done without, except those that have an animation's frames.
        if is_intact:
            self._read_chunk(kind, start, end)
        elif kind[:1].isupper() or kind in (b"fcTL", b"fdAT"):
            raise MalformedImage("a chunk is damaged")
        return True

    def _read_chunk(self, kind: bytes, start: int, end: int) -> None:
        begin, size = start + 8, end - start - _OVERHEAD
        match kind:
            case b"IHDR":
                self._header = self._bytes(begin, end - 4)
                width, height = struct.unpack_from(">II", self._header)
                if size != 13 or not width or not height:
                    raise MalformedImage("the header is not valid")
                self.canvas = width, height
            case b"tRNS" if self._header[9] == _GRAY and self._header[8] < 8:
                self._use_palette_of_grays(self._bytes(begin, end - 4))
            case b"PLTE" | b"tRNS":
                self._has_transparency |= kind == b"tRNS"
                self._palette += self._bytes(start, end)
            case b"acTL" if not self._has_data:
                self._declared_count, plays = struct.unpack_from(">II", self._data, begin)
                self.is_animated = self._declared_count > 1
                if self.is_animated:
                    self.repetition_count = plays - 1 if plays else FOREVER
            case b"fcTL" if len(self.pictures) < self._declared_count:
                self._read_frame_control(begin)
            case b"IDAT":
                self._default_parts.append((begin, end - 4))
                if self.has_begun_picture:
                    self._parts.append((begin, end - 4))
            case b"fdAT" if self.has_begun_picture:
                self._read_sequence_number(begin)
                self._parts.append((begin + 4, end - 4))
            case b"IEND":
                if not self._has_data:
                    raise MalformedImage("the file has no image")
                self._use_default_image()
                self.is_ended = True
            case _:
                self._read_metadata(kind, self._bytes(begin, end - 4))

    def _use_palette_of_grays(self, transparent: bytes) -> None:
        """FFmpeg ignores tRNS of gray of fewer than eight bits. The same samples are indices in a palette of grays."""
        depth, last = self._header[8], (1 << self._header[8]) - 1
        grays = bytes(255 * value // last for value in range(last + 1) for _ in range(3))
        alphas = bytearray(b"\xff" * (last + 1))
        alphas[int.from_bytes(transparent[:2], "big") & last] = 0
        self._header = self._header[:8] + bytes((depth, _PALETTE)) + self._header[10:]
        self._palette = _chunk(b"PLTE", grays) + _chunk(b"tRNS", bytes(alphas))
        self._has_transparency = True

    def _read_metadata(self, kind: bytes, content: bytes) -> None:
        colors, precedence = self.colors, self._color_precedence
        match kind:
            case b"eXIf" if not self._has_exif:
                self.orientation = exif_orientation(content)
                self._has_exif = True
            case b"cICP" if len(content) == 4:
                colors, precedence = SRGB._replace(primaries=content[0], transfer=content[1]), 4
            case b"iCCP":
                colors, precedence = profile_colors(_inflated_profile(content)), 3
            case b"sRGB":
                colors, precedence = SRGB, 2
            case b"gAMA" if self._color_precedence < 2 and len(content) == 4:
                (gamma,) = struct.unpack(">I", content)
                known = (transfer for value, transfer in _GAMMAS.items() if abs(gamma - value) <= _TOLERANCE)
                colors, precedence = colors._replace(transfer=next(known, UNSPECIFIED)), 1
            case b"cHRM" if self._color_precedence < 2 and len(content) == 32:
                given = struct.unpack(">8I", content)
                known = (
                    primaries
                    for values, primaries in _CHROMATICITIES.items()
                    if all(abs(one - other) <= _TOLERANCE for one, other in zip(given, values, strict=True))
                )
                colors, precedence = colors._replace(primaries=next(known, UNSPECIFIED)), 1
        if precedence >= self._color_precedence and not self._has_data:
            self.colors, self._color_precedence = colors, precedence

    def _begin_data(self) -> None:
        """The default image begins. It is a frame if acTL declares none, or if its fcTL was there before it."""
        if self._has_data:
            return
        self._has_data = True
        if not self._declared_count:
            self._control = self._default_control()
        self.is_described = self.has_begun_picture = self._control is not None

    def _begin_frame_data(self) -> None:
        """Data of a frame other than the default image follows. Frames beyond those that acTL declares are ignored."""
        if len(self.pictures) < self._declared_count:
            if self._control is None or not self._has_data:
                raise MalformedImage("the data of a frame comes before its fcTL")
            self.is_described = self.has_begun_picture = True

    def _default_control(self) -> tuple[int, ...]:
        """The values of fcTL for an image that fills the canvas."""
        return 0, *struct.unpack_from(">II", self._header), 0, 0, 0, 1, 0, 0

    def _wait(self) -> bool:
        """More data is needed. If none follows, no further frame does. Always False."""
        if self.is_complete:
            self._use_default_image()
        return False

    def _use_default_image(self) -> None:
        """The file ends. If it has no frame, its default image is the image."""
        if self._has_data and not self.is_described:
            self.is_described, self.is_animated, self.repetition_count = True, False, 0
            self._control, self._parts = self._default_control(), self._default_parts
            self._end_picture()

    def _read_frame_control(self, begin: int) -> None:
        self._read_sequence_number(begin)
        control = struct.unpack_from(">IIIIIHHBB", self._data, begin)
        _, width, height, left, top, _, _, disposal, blending = control
        assert self.canvas is not None, "the header comes first"
        if not width or not height or left + width > self.canvas[0] or top + height > self.canvas[1]:
            raise MalformedImage("a frame is empty, or reaches beyond the image")
        if disposal > 2 or blending > 1:
            raise MalformedImage("fcTL has no valid way to compose the frame")
        self._control = control

    def _read_sequence_number(self, begin: int) -> None:
        (number,) = struct.unpack_from(">I", self._data, begin)
        if number != self._sequence_number:
            raise MalformedImage("the chunks of the animation are out of order")
        self._sequence_number += 1

    def _end_picture(self) -> None:
        """All data of a frame has arrived if it is followed by something else."""
        if not self._parts:
            return
        assert self._control is not None, "only a frame has parts"
        _, width, height, left, top, numerator, denominator, disposal, blending = self._control
        duration = MICROSECONDS * numerator // (denominator or 100)
        # The third bit of the colour type says that there is alpha.
        is_opaque = not self._header[9] & 4 and not self._has_transparency
        self._add(
            CodedPicture(
                tuple(self._parts), left, top, width, height, duration, bool(blending), is_opaque, _DISPOSALS[disposal]
            )
        )
        self._parts = []
        self._control = None

    def packet(self, picture: CodedPicture) -> bytes:
        header = struct.pack(">II", picture.width, picture.height) + self._header[8:]
        data = b"".join(self._bytes(start, end) for start, end in picture.parts)
        if not has_all_rows(header, data):
            raise MalformedImage("rows of the image are missing")
        chunks = _chunk(b"IHDR", header), self._palette, _chunk(b"IDAT", data), _chunk(b"IEND", b"")
        return _SIGNATURE + b"".join(chunks)


def _inflated_profile(content: bytes) -> bytes:
    """The profile in the content of an iCCP chunk, or nothing if it is broken.

    It follows a name and the method of compression.
    """
    _, _, compressed = content.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(compressed[1:], _MAXIMUM_PROFILE)
    except zlib.error:
        return b""


def _chunk(kind: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)
