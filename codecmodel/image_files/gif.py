"""GIF (87a and 89a), with the looping extension of Netscape."""

import struct
from typing import Final

from codecmodel.image_files.reader import FOREVER, CodedPicture, Disposal, ImageFile, MalformedImage

#: The first byte of a block, and the second one of an extension.
_EXTENSION: Final = 0x21
_IMAGE: Final = 0x2C
_TRAILER: Final = 0x3B
_GRAPHIC_CONTROL: Final = 0xF9
_APPLICATION: Final = 0xFF
#: The flags of a screen that has 256 colours.
_LARGEST_COLOR_TABLE: Final = 0x87
_LOOPING: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
#: 4 isn't in the specification, but some encoders write it for 3. Browsers know that.
_DISPOSALS: Final[dict[int, Disposal]] = {2: "clear", 3: "restore", 4: "restore"}
#: The unit of a delay, in microseconds.
_HUNDREDTH: Final = 10_000


class GifFile(ImageFile):
    """A GIF. Where no picture covers the canvas it is transparent, as in browsers. The background colour is ignored."""

    codec = "gif"

    def __init__(self) -> None:
        super().__init__()
        self._color_table = 0, 0
        self._control: tuple[int, int, int] | None = None
        # The sub-blocks at the position have been followed up to here.
        self._reached = 0

    def _read_unit(self) -> bool:
        if self._position == 0:
            return self._read_header()
        if not self._has(1):
            return False
        block = self._data[self._position]
        if block == _EXTENSION:
            return self._read_extension()
        if block == _IMAGE:
            return self._read_image()
        if block != _TRAILER:
            raise MalformedImage("a block has no valid type")
        if not self.pictures:
            raise MalformedImage("the file has no image")
        self.is_ended = True
        return True

    def _read_header(self) -> bool:
        begin = self._bytes(0, 6)
        if not any(signature.startswith(begin) for signature in (b"GIF87a", b"GIF89a")):
            raise MalformedImage("the file does not begin with its format's signature")
        if not self._has(13):
            return False
        width, height, flags = struct.unpack_from("<HHB", self._data, 6)
        end = 13 + _color_table_size(flags)
        if not self._has(end):
            return False
        self.canvas = width, height
        self._color_table = 13, end
        self._position = end
        return True

    def _end_of_blocks(self, start: int) -> int | None:
        """Where the sub-blocks that begin at ``start`` end, or None if their end has not arrived."""
        position = max(start, self._reached)
        while position < len(self._data):
            size = self._data[position]
            if not size:
                self._reached = 0
                return position + 1
            position += 1 + size
            self._reached = position
        return None

    def _read_extension(self) -> bool:
        if not self._has(2):
            return False
        start = self._position + 2
        end = self._end_of_blocks(start)
        if end is None:
            return False
        content = self._bytes(start, end)
        label = self._data[start - 1]
        if label == _GRAPHIC_CONTROL and content[0] == 4:
            flags, delay, index = struct.unpack_from("<BHB", content, 1)
            self._control = flags, delay, index
        elif label == _APPLICATION and content[1:12] in _LOOPING and content[12:14] == b"\x03\x01":
            (count,) = struct.unpack_from("<H", content, 14)
            self.repetition_count = count or FOREVER
            self.is_animated = True
        self._position = end
        return True

    def _read_image(self) -> bool:
        if not self._has(10):
            return False
        start = self._position
        left, top, width, height, flags = struct.unpack_from("<HHHHB", self._data, start + 1)
        if not self.is_described:
            assert self.canvas is not None, "the header comes first"
            # A first image that doesn't fit shows how large the screen is meant to be.
            self.canvas = max(self.canvas[0], left + width), max(self.canvas[1], top + height)
            if not all(self.canvas):
                raise MalformedImage("the image has no pixels")
        self.is_described = self.has_begun_picture = True
        self.is_animated |= bool(self.pictures)
        end = self._end_of_blocks(start + 10 + _color_table_size(flags) + 1)
        if end is None:
            return False
        control, delay, transparent = self._control or (0, 0, 0)
        has_transparency = bool(control & 1)
        settings = (
            struct.pack("<4BHBB", _EXTENSION, _GRAPHIC_CONTROL, 4, 1, 0, transparent, 0) if has_transparency else b""
        )
        self._add(
            CodedPicture(
                ((start, end),),
                left,
                top,
                width,
                height,
                delay * _HUNDREDTH,
                has_transparency,
                not has_transparency,
                _DISPOSALS.get(control >> 2 & 7, "keep"),
                settings,
            )
        )
        self._control = None
        self._position = end
        return True

    def packet(self, picture: CodedPicture) -> bytes:
        # The picture fills a screen of its own.
        ((start, end),) = picture.parts
        flags, color_table = self._data[10], self._bytes(*self._color_table)
        if not color_table and not _color_table_size(self._data[start + 9]):
            # There is no colour table at all. Browsers take all colours to be black.
            flags, color_table = _LARGEST_COLOR_TABLE, bytes(_color_table_size(_LARGEST_COLOR_TABLE))
        screen = struct.pack("<6sHHBBB", b"GIF89a", picture.width, picture.height, flags, 0, 0)
        image = struct.pack("<BHHHH", _IMAGE, 0, 0, picture.width, picture.height) + self._bytes(start + 9, end)
        return screen + color_table + picture.settings + image + bytes((_TRAILER,))


def _color_table_size(flags: int) -> int:
    """The size in bytes of the colour table that the flags of a screen, or of an image, announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
