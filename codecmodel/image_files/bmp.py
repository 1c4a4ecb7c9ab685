"""BMP, of Windows and OS/2."""

import struct
from typing import Final

from codecmodel.image_files.reader import CodedPicture, ImageFile, MalformedImage

_FILE_HEADER: Final = 14
#: Sizes of headers, by which their versions are told apart: OS/2's first, and Windows' 1, 2 (with masks for red, green
#: and blue), 3 (with a mask for alpha) and 4.
_CORE_HEADER: Final = 12
_INFO_HEADER: Final = 40
_V2_HEADER: Final = 52
_V3_HEADER: Final = 56
_V4_HEADER: Final = 108
#: Compressions that leave rows as they are: none, masks for components, and masks for components and alpha.
_NONE: Final = 0
_BIT_FIELDS: Final = 3
_ALPHA_BIT_FIELDS: Final = 6


class BmpFile(ImageFile):
    """A BMP. Its headers say how long it is: by its image's size, or in so many words if it is compressed."""

    codec = "bmp"

    def __init__(self) -> None:
        super().__init__()
        self._header_size = 0
        self._compression = 0

    def _read_unit(self) -> bool:
        if not self._begins_with(b"BM") or not self._has(_FILE_HEADER + 4):
            return False
        file_size, _, offset, header_size = struct.unpack_from("<IIII", self._data, 2)
        if not self._has(max(offset, _FILE_HEADER + header_size)):
            return False
        if header_size == _CORE_HEADER:
            width, height, _, bits = struct.unpack_from("<HHHH", self._data, 18)
            compression = size = 0
        else:
            if header_size < _INFO_HEADER:
                raise MalformedImage("the header is too short")
            width, height, _, bits, compression, size = struct.unpack_from("<iiHHII", self._data, 18)
        if width <= 0 or not height:
            raise MalformedImage("the image has no pixels")
        self.is_described = self.has_begun_picture = True
        self._header_size, self._compression = header_size, compression
        if compression in (_NONE, _BIT_FIELDS, _ALPHA_BIT_FIELDS):
            size = (width * bits + 31) // 32 * 4 * abs(height)
        end = offset + size if size else file_size
        if not self._has(end):
            return False
        is_opaque = not self._has_alpha(bits)
        self._add(CodedPicture(((0, end),), width=width, height=abs(height), is_opaque=is_opaque))
        self.is_ended = True
        return True

    def _has_alpha(self, bits: int) -> bool:
        """Whether pixels of so many bits have alpha, as browsers see it.

        They need a mask for it. Without compression the masks of the header don't count, but pixels of 32 bits have
        alpha from version 4 on.
        """
        if self._compression == _NONE:
            return bits == 32 and self._header_size >= _V4_HEADER
        has_mask = self._header_size >= _V3_HEADER or self._has_alpha_mask_after_header
        return self._compression in (_BIT_FIELDS, _ALPHA_BIT_FIELDS) and has_mask and any(self._masks()[3])

    @property
    def _has_alpha_mask_after_header(self) -> bool:
        return self._header_size == _INFO_HEADER and self._compression == _ALPHA_BIT_FIELDS

    def _masks(self) -> tuple[bytes, bytes, bytes, bytes]:
        """The masks of red, green, blue and alpha. They follow a version 1 header, and are part of the later ones."""
        red, green, blue, alpha = struct.unpack_from("<4s4s4s4s", self._data, _FILE_HEADER + _INFO_HEADER)
        return red, green, blue, alpha

    def packet(self, picture: CodedPicture) -> bytes:
        ((start, end),) = picture.parts
        if self._header_size != _V2_HEADER and self._compression != _ALPHA_BIT_FIELDS:
            return self._bytes(start, end)
        # FFmpeg supports neither of them. A header of version 3 says the same.
        (offset,) = struct.unpack_from("<I", self._data, 10)
        fields = self._bytes(_FILE_HEADER + 4, _FILE_HEADER + _INFO_HEADER)
        compression = _BIT_FIELDS if self._compression == _ALPHA_BIT_FIELDS else self._compression
        masks = (*self._masks()[:3], bytes(4) if picture.is_opaque else self._masks()[3])
        header = struct.pack("<I", _V3_HEADER) + fields[:12] + struct.pack("<I", compression) + fields[16:]
        masks_end = _FILE_HEADER + (_V3_HEADER if self._has_alpha_mask_after_header else self._header_size)
        palette, pixels = self._bytes(masks_end, offset), self._bytes(offset, end)
        begin = _FILE_HEADER + _V3_HEADER + len(palette)
        file_header = struct.pack("<2sIHHI", b"BM", begin + len(pixels), 0, 0, begin)
        return b"".join((file_header, header, *masks, palette, pixels))
