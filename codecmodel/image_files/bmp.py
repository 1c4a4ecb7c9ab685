"""BMP, of Windows and OS/2."""

import struct
from typing import Final

from codecmodel.image_files.reader import ImageFile, MalformedImage, Picture

_FILE_HEADER: Final = 14
_CORE_HEADER: Final = 12
#: Compressions that leave rows as they are: none, bit fields, and bit fields with alpha.
_UNCOMPRESSED: Final = frozenset({0, 3, 6})


class BmpFile(ImageFile):
    """A BMP. How long it is follows from the image's size; that of a compressed one is in its headers."""

    codec = "bmp"

    def _read_unit(self) -> bool:
        if not self._begins_with(b"BM") or not self._has(_FILE_HEADER + 4):
            return False
        file_size, _, offset, header_size = struct.unpack_from("<IIII", self._data, 2)
        if not self._has(_FILE_HEADER + header_size):
            return False
        if header_size == _CORE_HEADER:
            width, height, _, bits = struct.unpack_from("<HHHH", self._data, 18)
            compression = size = 0
        else:
            if header_size < 40:
                raise MalformedImage("the header is too short")
            width, height, _, bits, compression, size = struct.unpack_from("<iiHHII", self._data, 18)
        if width <= 0 or not height:
            raise MalformedImage("an image without pixels")
        self.is_described = self.has_begun_picture = True
        if compression in _UNCOMPRESSED:
            size = (width * bits + 31) // 32 * 4 * abs(height)
        end = offset + size if size else file_size
        if not self._has(end):
            return False
        self.pictures.append(Picture(((0, end),), is_opaque=bits < 32))
        self.has_begun_picture = False
        self.is_ended = True
        return True

    def packet(self, picture: Picture) -> bytes:
        ((start, end),) = picture.parts
        return self._bytes(start, end)
