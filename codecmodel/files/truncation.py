"""Finds out whether a file is cut off. FFmpeg mostly takes such an end for the end of the media."""

import os
import struct
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final

#: The last page of an Ogg stream begins within so many bytes from the end, as a page has at most 65,307 bytes.
_OGG_TAIL: Final = 65_307
#: The metadata of an FLV file is within so many bytes from its beginning.
_FLV_HEAD: Final = 4096
#: The name of the property that is the size of an FLV file, and the type of a number.
_FLV_FILE_SIZE: Final = b"\x00\x08filesize\x00"
_LARGEST_SIZE: Final = 1 << 62
_EBML_HEADER: Final = 0x1A45DFA3
_SEGMENT: Final = 0x18538067
#: Sizes in RIFF headers of writers that could not seek back to fill them in.
_UNKNOWN_RIFF_SIZES: Final = frozenset({0, 2**32 - 1})


def missing_bytes(file: BinaryIO, size: int) -> int:
    """The least number of bytes that are missing at the end of the file, by the structure of its container.

    ``size`` is the number of bytes in ``file``. The answer is known for MP4 and its relatives, WebM and Matroska, WAV
    and AVI, Ogg, MP3, and FLV. Files of other formats, and files that do not say how long they are, count as complete:
    the result is 0. Raises OSError.
    """
    file.seek(0)
    start = file.read(12)
    for is_format, end_of in _FORMATS.items():
        if is_format(start):
            file.seek(0)
            return max(0, end_of(file, size) - size)
    return 0


def looks_like_mp4(start: bytes) -> bool:
    """Whether a file with these 12 first bytes looks like MP4 or one of its relatives."""
    return start[4:8] in (b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"wide", b"free", b"skip")


def _end_of_boxes(file: BinaryIO, size: int) -> int:
    """The position at which the last top-level box ends (ISO/IEC 14496-12 § 4.2)."""
    position = 0
    while position < size:
        file.seek(position)
        header = file.read(16)
        if not any(header):
            # Zeros after the last box are padding.
            return position
        if len(header) < 8:
            return position + 8
        length = int.from_bytes(header[:4], "big")
        if length == 0:
            # The box extends to the end of the file.
            return size
        if length == 1:
            if len(header) < 16:
                return position + 16
            length = int.from_bytes(header[8:], "big")
        if length < 8 or not header[4:8].isascii():
            # This is no box: something else was appended to the file.
            return position
        position += length
    return position


def _is_ebml(start: bytes) -> bool:
    return int.from_bytes(start[:4], "big") == _EBML_HEADER


def _end_of_segment(file: BinaryIO, size: int) -> int:
    """The position at which the segment ends, or ``size`` if it does not say (RFC 8794 § 4 to § 6)."""
    for expected in (_EBML_HEADER, _SEGMENT):
        identifier = int.from_bytes(file.read(4), "big")
        first = file.read(1)
        if identifier != expected or first in (b"", b"\0"):
            return file.tell()
        octets = 9 - first[0].bit_length()
        length = int.from_bytes(first + file.read(octets - 1), "big") & ((1 << 7 * octets) - 1)
        if length == (1 << 7 * octets) - 1:
            # A size of all ones is unknown.
            return size
        file.seek(length, os.SEEK_CUR)
    return file.tell()


def _is_riff(start: bytes) -> bool:
    return start[:4] == b"RIFF"


def _end_of_riff(file: BinaryIO, size: int) -> int:
    """The position at which the RIFF chunk ends. A missing padding byte at the very end does no harm."""
    length = int.from_bytes(file.read(8)[4:], "little")
    end = 8 + length
    return size if length in _UNKNOWN_RIFF_SIZES or end == size + 1 else end


def _is_ogg(start: bytes) -> bool:
    return start[:4] == b"OggS"


def _end_of_pages(file: BinaryIO, size: int) -> int:
    """The position at which the last page ends (RFC 3533 § 6)."""
    tail_position = max(0, size - _OGG_TAIL)
    file.seek(tail_position)
    tail = file.read()
    page = tail.rfind(b"OggS")
    if page < 0:
        return size
    segments = tail[page + 26] if page + 26 < len(tail) else 0
    lacing_values = tail[page + 27 : page + 27 + segments]
    return tail_position + page + 27 + segments + sum(lacing_values)


def _is_mp3(start: bytes) -> bool:
    # The file begins with an MPEG audio frame of layer III, or with the tag that may come before it.
    return start[:3] == b"ID3" or (start[:1] == b"\xff" and start[1] & 0xE6 == 0xE2)


def _end_of_mp3(file: BinaryIO, size: int) -> int:
    """The position at which the stream ends by its "Xing" or "Info" header, or ``size`` without such a header."""
    tag = file.read(10)
    # The size of an ID3v2 tag is stored in four groups of seven bits.
    tag_size = 10 + sum(octet << shift for octet, shift in zip(tag[6:], (21, 14, 7, 0), strict=False))
    first_frame = tag_size if tag.startswith(b"ID3") else 0
    file.seek(first_frame)
    frame = file.read(64)
    header = max(frame.find(b"Xing"), frame.find(b"Info"))
    if header < 0:
        return size
    flags = int.from_bytes(frame[header + 4 : header + 8], "big")
    has_frame_count, has_byte_count = flags & 1, flags & 2
    place = header + 8 + (4 if has_frame_count else 0)
    return first_frame + int.from_bytes(frame[place : place + 4], "big") if has_byte_count else size


def _is_flv(start: bytes) -> bool:
    return start[:3] == b"FLV"


def _end_of_tags(file: BinaryIO, size: int) -> int:
    """The size of the file by its metadata, or ``size`` without any."""
    metadata = file.read(_FLV_HEAD)
    place = metadata.find(_FLV_FILE_SIZE)
    number = metadata[place + len(_FLV_FILE_SIZE) :][:8] if place >= 0 else b""
    # The number is a double. It is 0 if the writer could not seek back to fill it in.
    value = struct.unpack(">d", number)[0] if len(number) == 8 else 0.0
    return int(value) if size < value < _LARGEST_SIZE else size


_FORMATS: Final[Mapping[Callable[[bytes], bool], Callable[[BinaryIO, int], int]]] = {
    looks_like_mp4: _end_of_boxes,
    _is_ebml: _end_of_segment,
    _is_riff: _end_of_riff,
    _is_ogg: _end_of_pages,
    _is_mp3: _end_of_mp3,
    _is_flv: _end_of_tags,
}
