"""WebP (RFC 9649), still and animated."""

import struct
from typing import Final

from codecmodel.image_files.colors import LIMITED, SRGB
from codecmodel.image_files.icc import profile_colors
from codecmodel.image_files.orientation import exif_orientation
from codecmodel.image_files.reader import FOREVER, CodedPicture, ImageFile, MalformedImage

_ANIMATION, _EXIF, _ALPHA = 0x02, 0x08, 0x10
_MILLISECOND: Final = 1_000
#: Bytes of an ANMF chunk before the chunks of its picture.
_FRAME_HEADER: Final = 16


class WebpFile(ImageFile):
    """A WebP. Its YUV (VP8) has limited range, and its RGB (VP8L) full range.

    If its header (VP8X) says that there is no alpha, alpha in the data of pictures is ignored, as libwebp ignores it.
    """

    codec = "webp"

    def __init__(self) -> None:
        super().__init__()
        self.colors = SRGB._replace(range=LIMITED)
        self._size = 0
        self._flags = 0
        self._has_exif = False
        self._parts: list[tuple[int, int]] = []
        # The picture of a still image, until its orientation is known, too.
        self._picture: CodedPicture | None = None

    def _read_unit(self) -> bool:
        if self._position == 0:
            begin = self._bytes(0, 12)
            if not b"RIFF".startswith(begin[:4]) or not b"WEBP".startswith(begin[8:]):
                raise MalformedImage("the file does not begin with its format's signature")
            if len(begin) < 12:
                return False
            self._size = 8 + struct.unpack_from("<I", begin, 4)[0]
            self._position = 12
        if self._position + 8 > self._size:
            self._end()
            return True
        if not self._has(8):
            return self._wait()
        start = self._position
        kind, size = struct.unpack_from("<4sI", self._data, start)
        end = start + 8 + size
        if end > self._size:
            raise MalformedImage("a chunk reaches beyond the end of the file")
        if not self._is_extended and kind not in (b"VP8 ", b"VP8L", b"VP8X"):
            raise MalformedImage("the file does not begin with an image or a header")
        self._begin_picture(kind)
        if end > len(self._data):
            return self._wait()
        self._read_chunk(kind, start, end)
        # A chunk of odd size is followed by a byte of padding, which a file may lack at its end.
        self._position = end + size % 2
        return True

    @property
    def _is_extended(self) -> bool:
        return self.canvas is not None

    def _begin_picture(self, kind: bytes) -> None:
        if self.is_animated:
            if kind == b"ANMF":
                self.is_described = self.has_begun_picture = True
        elif kind in (b"VP8 ", b"VP8L", b"ALPH"):
            self.is_described = self.has_begun_picture = True

    def _read_chunk(self, kind: bytes, start: int, end: int) -> None:
        begin = start + 8
        match kind:
            case b"VP8X" if not self._is_extended:
                header = self._bytes(begin, end)
                if len(header) < 10:
                    raise MalformedImage("the header is too short")
                self._flags = header[0]
                self.canvas = 1 + _u24(header, 4), 1 + _u24(header, 7)
                self.is_animated = bool(self._flags & _ANIMATION)
                self.is_opaque = not self._flags & _ALPHA
            case b"ANIM" if self.is_animated and end - begin >= 6:
                (count,) = struct.unpack_from("<H", self._data, begin + 4)
                self.repetition_count = count - 1 if count else FOREVER
            case b"ANMF" if self.is_animated:
                self._read_frame(begin, end)
            case b"ICCP":
                self.colors = profile_colors(self._bytes(begin, end))._replace(range=LIMITED)
            case b"EXIF" if not self._has_exif:
                self.orientation = exif_orientation(self._bytes(begin, end))
                self._has_exif = True
                self._flags &= ~_EXIF
                self._wait()
            case b"ALPH" if not self.is_animated and not self.pictures and self._picture is None and not self.is_opaque:
                self._parts = [(start, end)]
            case b"VP8 " | b"VP8L" if (
                end - begin >= 5 and not self.is_animated and not self.pictures and self._picture is None
            ):
                width, height = self.canvas or _picture_size(kind, self._bytes(begin, min(end, begin + 10)))
                # VP8L says in its header, after both sizes of 14 bits, whether it uses alpha.
                is_opaque = self.is_opaque or (kind == b"VP8L" and not self._data[begin + 4] & 0x10)
                parts = (*self._parts, (start, end))
                self._picture = CodedPicture(parts, width=width, height=height, is_opaque=is_opaque)
                self._wait()
                if not self._is_extended:
                    self.is_ended = True

    def _read_frame(self, begin: int, end: int) -> None:
        header = self._bytes(begin, begin + _FRAME_HEADER)
        if len(header) < _FRAME_HEADER:
            raise MalformedImage("a frame has no header")
        left, top, width, height = 2 * _u24(header, 0), 2 * _u24(header, 3), 1 + _u24(header, 6), 1 + _u24(header, 9)
        assert self.canvas is not None, "an animation is extended"
        if left + width > self.canvas[0] or top + height > self.canvas[1]:
            raise MalformedImage("a frame reaches beyond the image")
        flags = header[15]
        parts: list[tuple[int, int]] = []
        position = begin + _FRAME_HEADER
        while position + 8 <= end:
            kind, size = struct.unpack_from("<4sI", self._data, position)
            stop = position + 8 + size
            if stop > end:
                raise MalformedImage("a chunk reaches beyond its frame")
            if kind == b"ALPH" and not self.is_opaque:
                parts.append((position, stop))
            elif kind in (b"VP8 ", b"VP8L"):
                parts.append((position, stop))
                break
            position = stop + size % 2
        else:
            raise MalformedImage("a frame has no image")
        self._add(
            CodedPicture(
                tuple(parts),
                left,
                top,
                width,
                height,
                _u24(header, 12) * _MILLISECOND,
                not flags & 2,
                self.is_opaque,
                "clear" if flags & 1 else "keep",
            )
        )

    def _wait(self) -> bool:
        """More data is needed. A still picture is complete once its orientation, behind it, is known. Always False."""
        if self._picture is not None and (self.is_complete or not self._flags & _EXIF):
            self._add(self._picture)
            self._picture = None
        return False

    def _end(self) -> None:
        self._flags &= ~_EXIF
        self._wait()
        if not self.pictures:
            raise MalformedImage("the file has no image")
        self.is_ended = True

    def packet(self, picture: CodedPicture) -> bytes:
        chunks = b"".join(_padded(self._bytes(start, end)) for start, end in picture.parts)
        if len(picture.parts) > 1:
            size = struct.pack("<II", picture.width - 1, picture.height - 1)
            extension = struct.pack("<4sIB3x", b"VP8X", 10, _ALPHA) + size[0:3] + size[4:7]
            chunks = extension + chunks
        return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WEBP") + chunks


def _picture_size(kind: bytes, header: bytes) -> tuple[int, int]:
    """Width and height in the header of a VP8 (RFC 6386 § 9.1) or VP8L (RFC 9649 § 3.4) bitstream."""
    if kind == b"VP8L":
        bits = int.from_bytes(header[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", header, 6)
    return width & 0x3FFF, height & 0x3FFF


def _u24(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 3], "little")


def _padded(chunk: bytes) -> bytes:
    return chunk + b"\0" * (len(chunk) % 2)
