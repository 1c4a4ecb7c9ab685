"""PNG (W3C REC-png-3), still and animated."""

import struct
import zlib
from typing import Final

from codecmodel.image_files.colors import SRGB, UNSPECIFIED
from codecmodel.image_files.icc import profile_colors
from codecmodel.image_files.orientation import exif_orientation
from codecmodel.image_files.png_data import has_all_rows
from codecmodel.image_files.reader import FOREVER, MICROSECONDS, Disposal, ImageFile, MalformedImage, Picture

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
#: Length, type and CRC of a chunk.
_OVERHEAD: Final = 12
_DISPOSALS: Final[tuple[Disposal, ...]] = ("keep", "clear", "restore")
#: gAMA, in 100,000ths, → TransferCharacteristics.
_GAMMAS: Final = {45455: 13, 100000: 8}
#: cHRM: white, red, green and blue, x and y each, in 100,000ths → ColourPrimaries.
_CHROMATICITIES: Final = {
    (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000): 1,
    (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000): 12,
    (31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600): 9,
}
#: Bytes of a profile that are looked at.
_MAXIMUM_PROFILE: Final = 1 << 20
#: Deviations that rounding explains.
_TOLERANCE: Final = 100


class PngFile(ImageFile):
    """A PNG. Without fcTL before IDAT the default image is no part of the animation."""

    codec = "png"

    def __init__(self) -> None:
        super().__init__()
        self._header = b""
        #: Whole chunks that decoding needs.
        self._palette = b""
        self._has_transparency = False
        self._control: tuple[int, ...] | None = None
        self._sequence_number = 0
        self._parts: list[tuple[int, int]] = []
        self._has_data = False
        # The strongest of what has been said about colours: cICP, iCCP, sRGB, then gAMA and cHRM.
        self._color_precedence = 0

    def _read_unit(self) -> bool:
        if self._position == 0:
            if not self._begins_with(_SIGNATURE):
                return False
            self._position = len(_SIGNATURE)
        if not self._has(8):
            return False
        start = self._position
        size, kind = struct.unpack_from(">I4s", self._data, start)
        if size >= 1 << 31 or not kind.isalpha() or (not self._header and kind != b"IHDR"):
            raise MalformedImage("this is no chunk")
        if kind not in (b"IDAT", b"fdAT"):
            self._end_picture()
        elif kind == b"IDAT":
            self._begin_data()
        if not self._has(_OVERHEAD + size):
            return False
        self._position = end = start + _OVERHEAD + size
        with memoryview(self._data) as view:
            is_intact = zlib.crc32(view[start + 4 : end - 4]) == struct.unpack_from(">I", view, end - 4)[0]
        # Ancillary chunks may be done without, but not those that have an animation's frames.
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
                    raise MalformedImage("the header is wrong")
                self.canvas = width, height
            case b"PLTE" | b"tRNS":
                self._has_transparency |= kind == b"tRNS"
                self._palette += self._bytes(start, end)
            case b"acTL" if not self._has_data:
                frames, plays = struct.unpack_from(">II", self._data, begin)
                if not frames:
                    raise MalformedImage("an animation without frames")
                self.is_animated = True
                self.declared_count = frames
                self.repetition_count = plays - 1 if plays else FOREVER
            case b"fcTL" if self.is_animated:
                self._read_frame_control(begin)
            case b"IDAT" if self.has_begun_picture:
                self._parts.append((begin, end - 4))
            case b"fdAT" if self.is_animated:
                if self._control is None or not self._has_data:
                    raise MalformedImage("data without a frame")
                self._read_sequence_number(begin)
                self._parts.append((begin + 4, end - 4))
            case b"IEND":
                if not self._has_data:
                    raise MalformedImage("there is no image")
                self.is_ended = True
            case _:
                self._read_metadata(kind, self._bytes(begin, end - 4))

    def _read_metadata(self, kind: bytes, content: bytes) -> None:
        colors, precedence = self.colors, self._color_precedence
        match kind:
            case b"eXIf":
                self.orientation = exif_orientation(content)
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
        if self._has_data:
            return
        self._has_data = self.is_described = True
        if not self.is_animated:
            self._control = 0, *struct.unpack_from(">II", self._header), 0, 0, 0, 1, 0, 0
        self.has_begun_picture = self._control is not None

    def _read_frame_control(self, begin: int) -> None:
        self._read_sequence_number(begin)
        control = struct.unpack_from(">IIIIIHHBB", self._data, begin)
        _, width, height, left, top, _, _, disposal, blending = control
        assert self.canvas is not None, "the header comes first"
        if not width or not height or left + width > self.canvas[0] or top + height > self.canvas[1]:
            raise MalformedImage("a frame outside of the image")
        if disposal > 2 or blending > 1:
            raise MalformedImage("an unknown way to compose frames")
        self._control = control
        self.has_begun_picture = self._has_data

    def _read_sequence_number(self, begin: int) -> None:
        (number,) = struct.unpack_from(">I", self._data, begin)
        if number != self._sequence_number:
            raise MalformedImage("the animation is out of order")
        self._sequence_number += 1

    def _end_picture(self) -> None:
        """All data of a frame is there: it is followed by something else."""
        if not self._parts:
            return
        assert self._control is not None, "only a frame has parts"
        _, width, height, left, top, numerator, denominator, disposal, blending = self._control
        duration = MICROSECONDS * numerator // (denominator or 100)
        # The third bit of the colour type says that there is alpha.
        is_opaque = not self._header[9] & 4 and not self._has_transparency
        picture = Picture(
            tuple(self._parts), left, top, width, height, duration, bool(blending), is_opaque, _DISPOSALS[disposal]
        )
        self.pictures.append(picture)
        self._parts = []
        self._control = None
        self.has_begun_picture = False

    def packet(self, picture: Picture) -> bytes:
        header = struct.pack(">II", picture.width, picture.height) + self._header[8:]
        data = b"".join(self._bytes(start, end) for start, end in picture.parts)
        if not has_all_rows(header, data):
            raise MalformedImage("a part of the image is missing")
        chunks = _chunk(b"IHDR", header), self._palette, _chunk(b"IDAT", data), _chunk(b"IEND", b"")
        return _SIGNATURE + b"".join(chunks)


def _inflated_profile(content: bytes) -> bytes:
    """The profile of an iCCP chunk, after its name and the method of compression; nothing if that is broken."""
    _, _, compressed = content.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(compressed[1:], _MAXIMUM_PROFILE)
    except zlib.error:
        return b""


def _chunk(kind: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)
