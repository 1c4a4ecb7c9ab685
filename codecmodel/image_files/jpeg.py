"""JPEG (ITU-T T.81), as JFIF, Exif or Adobe have it."""

import re
import struct
from typing import Final

from codecmodel.image_files.icc import profile_colors
from codecmodel.image_files.orientation import exif_orientation
from codecmodel.image_files.reader import CodedPicture, ColorModel, ImageFile, MalformedImage

_SOI: Final = b"\xff\xd8"
_EOI: Final = 0xD9
_SOS: Final = 0xDA
#: Markers that no segment follows: TEM and RST0 to RST7.
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
#: SOF0 to SOF15. C4, C8 and CC are other markers.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_HIERARCHICAL_FRAMES: Final = frozenset({0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF})
_ARITHMETIC_FRAMES: Final = frozenset({0xC9, 0xCA, 0xCB})
#: Segments that decoding needs, besides frames and scans: DHT, DQT, DNL and DRI.
_TABLES: Final = frozenset({0xC4, 0xDB, 0xDC, 0xDD})
_JFIF: Final = b"JFIF\0"
_EXIF: Final = b"Exif\0\0"
_ICC: Final = b"ICC_PROFILE\0"
_ADOBE: Final = b"Adobe"
#: The segment by which Adobe's software says that the components are those of RGB or CMYK.
_UNTRANSFORMED: Final = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0"
#: A marker, after bytes of any number that belong nowhere. RSTs within a scan are none, and neither are stuffed bytes.
_MARKER: Final = re.compile(rb"\xff[\x01-\xfe]")
_END_OF_SCAN: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


class JpegFile(ImageFile):
    """A JPEG. Anything after its end is ignored, and so are stray bytes before a marker, as libjpeg ignores them."""

    codec = "mjpeg"

    def __init__(self) -> None:
        super().__init__()
        self._frame = 0
        self._size = 0, 0
        self._component_ids = b""
        self._has_jfif = self._has_exif = False
        self._transform: int | None = None
        self._profile = b""
        # The segments and scans that decoding needs, and where in them the identifiers of components are.
        self._needed: list[tuple[int, int]] = []
        self._identifiers: list[int] = []
        # Whether the position is in a scan, and how far markers have been searched for from there on.
        self._is_in_scan = False
        self._searched = 0

    def _read_unit(self) -> bool:
        if self._position == 0:
            if not self._begins_with(_SOI):
                return False
            self._position = self._searched = len(_SOI)
        pattern = _END_OF_SCAN if self._is_in_scan else _MARKER
        found = pattern.search(self._data, self._searched)
        if found is None:
            # The last byte may be the first of a marker.
            self._searched = max(self._searched, len(self._data) - 1)
            return False
        start, marker = found.start(), self._data[found.start() + 1]
        self._searched = start
        if self._is_in_scan:
            self._needed.append((self._position, start))
            self._is_in_scan = False
            self._position = start
        if marker in _ALONE:
            self._position = self._searched = start + 2
            return True
        if marker == _EOI:
            self._end()
            return True
        if start + 4 > len(self._data):
            return False
        (length,) = struct.unpack_from(">H", self._data, start + 2)
        if marker < 0xC0 or length < 2:
            raise MalformedImage("a segment has no valid marker or length")
        end = start + 2 + length
        if end > len(self._data):
            return False
        self._position = self._searched = end
        self._read_segment(marker, start, end)
        return True

    def _read_segment(self, marker: int, start: int, end: int) -> None:
        begin = start + 4
        if marker in _TABLES:
            self._needed.append((start, end))
        elif marker in _FRAMES and not self._frame:
            self._read_frame(marker, start, end)
        elif marker == _SOS:
            if not self._frame:
                raise MalformedImage("a scan comes before the frame")
            self._needed.append((start, end))
            self._identifiers += [begin + 1 + 2 * number for number in range(self._data[begin])]
            self.color_model = self._color_model()
            self.is_described = self.has_begun_picture = True
            self._is_in_scan = True
        elif marker == 0xE0 and self._bytes(begin, begin + len(_JFIF)) == _JFIF:
            self._has_jfif = True
        elif marker == 0xEE and self._bytes(begin, begin + len(_ADOBE)) == _ADOBE and end - begin >= 12:
            self._transform = self._data[begin + 11]
        elif marker == 0xE1 and self._bytes(begin, begin + len(_EXIF)) == _EXIF and not self._has_exif:
            self.orientation = exif_orientation(self._bytes(begin, end))
            self._has_exif = True
        elif marker == 0xE2 and self._bytes(begin, begin + len(_ICC)) == _ICC:
            # The profile comes in parts. Before each are its number and how many there are.
            self._profile += self._bytes(begin + len(_ICC) + 2, end)
            if self._data[begin + len(_ICC)] >= self._data[begin + len(_ICC) + 1]:
                self.colors = profile_colors(self._profile)

    def _read_frame(self, marker: int, start: int, end: int) -> None:
        height, width, components = struct.unpack_from(">HHB", self._data, start + 5)
        if not width or not height:
            raise MalformedImage("the image has no pixels")
        places = [start + 10 + 3 * number for number in range(components)]
        self._component_ids = bytes(self._data[place] for place in places if place < end)
        self._frame, self._size = marker, (width, height)
        self._needed.append((start, end))
        self._identifiers += places

    def _color_model(self) -> ColorModel:
        """The meaning of the components. Nothing in JPEG says it; libjpeg, and so browsers, go by these signs."""
        if len(self._component_ids) == 4:
            return "YCCK" if self._transform else "CMYK"
        if len(self._component_ids) != 3 or self._has_jfif:
            return "YCbCr"
        if self._transform is not None:
            return "YCbCr" if self._transform else "RGB"
        return "RGB" if self._component_ids == b"RGB" else "YCbCr"

    def _end(self) -> None:
        if not self.has_begun_picture:
            raise MalformedImage("the file has no image")
        width, height = self._size
        # The fourth of four components is black ink, though the decoder takes it for alpha.
        is_opaque = len(self._component_ids) < 4
        self._add(CodedPicture(tuple(self._needed), width=width, height=height, is_opaque=is_opaque))
        self.is_ended = True

    def packet(self, picture: CodedPicture) -> bytes:
        if self._frame in _ARITHMETIC_FRAMES:
            raise MalformedImage("JPEG with arithmetic coding is not supported")
        if self._frame in _HIERARCHICAL_FRAMES:
            raise MalformedImage("hierarchical JPEG is not supported")
        # Of all the signs for a colour model only those go to the decoder that lead it to the right one.
        packet = bytearray(_SOI + (_UNTRANSFORMED if self.color_model == "RGB" else b""))
        numbers = {identifier: number for number, identifier in enumerate(self._component_ids, 1)}
        identifiers = iter(self._identifiers)
        place = next(identifiers, None)
        for start, end in picture.parts:
            offset = len(packet) - start
            packet += self._bytes(start, end)
            while place is not None and place < end:
                packet[place + offset] = numbers.get(packet[place + offset], 0)
                place = next(identifiers, None)
        return bytes(packet + bytes((0xFF, _EOI)))
