"""JPEG (ITU-T T.81), as JFIF, Exif or Adobe have it."""

import re
import struct
from typing import Final

from codecmodel.image_files.icc import profile_colors
from codecmodel.image_files.orientation import exif_orientation
from codecmodel.image_files.reader import ImageFile, MalformedImage, Picture

_EOI: Final = 0xD9
_SOS: Final = 0xDA
#: Markers that no segment follows: TEM and RST0 to RST7.
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
#: SOF0 to SOF15, of which C4, C8 and CC are something else.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_EXIF: Final = b"Exif\0\0"
_ICC: Final = b"ICC_PROFILE\0"
#: Whatever ends entropy-coded data: a marker other than RST, and stuffed bytes are none.
_MARKER: Final = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")


class JpegFile(ImageFile):
    """A JPEG; anything after its end is something else."""

    codec = "mjpeg"

    def __init__(self) -> None:
        super().__init__()
        self._has_frame = False
        self._profile = b""
        # In a scan, and up to where it has been searched for its end.
        self._searched: int | None = None

    def _read_unit(self) -> bool:
        if self._position == 0:
            if not self._begins_with(b"\xff\xd8"):
                return False
            self._position = 2
        if self._searched is not None:
            return self._skip_scan(self._searched)
        if not self._has(2):
            return False
        start = self._position
        prefix, marker = self._data[start], self._data[start + 1]
        if prefix != 0xFF:
            raise MalformedImage("this is no marker")
        if marker == 0xFF or marker in _ALONE:
            self._position += 1 if marker == 0xFF else 2
            return True
        if marker == _EOI:
            self._end(start + 2)
            return True
        if not self._has(4):
            return False
        (length,) = struct.unpack_from(">H", self._data, start + 2)
        if marker < 0xC0 or length < 2:
            raise MalformedImage("this is no segment")
        if not self._has(2 + length):
            return False
        self._position = end = start + 2 + length
        self._read_segment(marker, start + 4, end)
        return True

    def _read_segment(self, marker: int, begin: int, end: int) -> None:
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", self._data, begin + 1)
            if not width or not height:
                raise MalformedImage("an image without pixels")
            self._has_frame = True
        elif marker == _SOS:
            if not self._has_frame:
                raise MalformedImage("a scan without a frame")
            self.is_described = self.has_begun_picture = True
            self._searched = end
        elif marker == 0xE1 and self._bytes(begin, begin + len(_EXIF)) == _EXIF:
            self.orientation = exif_orientation(self._bytes(begin, end))
        elif marker == 0xE2 and self._bytes(begin, begin + len(_ICC)) == _ICC:
            # Parts of the profile, with a number and how many there are before each.
            self._profile += self._bytes(begin + len(_ICC) + 2, end)
            self.colors = profile_colors(self._profile)

    def _skip_scan(self, searched: int) -> bool:
        found = _MARKER.search(self._data, searched)
        if found is None:
            # The first byte of a marker may be the last that is there.
            self._searched = max(self._position, len(self._data) - 1)
            return False
        self._position = found.end() - 2
        self._searched = None
        return True

    def _end(self, end: int) -> None:
        if not self.has_begun_picture:
            raise MalformedImage("there is no image")
        self.has_begun_picture = False
        self.pictures.append(Picture(((0, end),)))
        self.is_ended = True

    def packet(self, picture: Picture) -> bytes:
        ((start, end),) = picture.parts
        return self._bytes(start, end)
