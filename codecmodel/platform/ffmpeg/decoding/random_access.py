"""Chunks at which decoding can begin, and those that nothing refers across."""

from collections.abc import Iterator
from typing import Final

from codecmodel.registry.av1 import is_shown_key_frame
from codecmodel.registry.avc import AvcRegistration
from codecmodel.registry.hevc import HevcRegistration
from codecmodel.registry.vp8 import Vp8Registration
from codecmodel.registry.vp9 import Vp9Registration

_START_CODE: Final = b"\0\0\1"
#: H.264 table 7-1: the types of slices, and that of a slice of an IDR picture.
_AVC_SLICES: Final = range(1, 6)
_AVC_IDR: Final = 5
#: H.265 table 7-1: the types of slices end with 31; those of BLA and IDR pictures.
_HEVC_LAST_SLICE: Final = 31
_HEVC_BLA_AND_IDR: Final = range(16, 21)


def begins_anew(codec: str, description: bytes | None, length_size: int, data: bytes) -> bool:
    """Whether decoding can begin at the chunk, and neither it nor a later chunk refers to an earlier one.

    Recovery points of H.264 and CRA pictures of H.265 may be followed by pictures that do. ``codec`` is
    CodecString.codec; ``length_size`` is the number of bytes of the length before each NAL unit, and 0 in Annex B
    format.
    """
    match codec:
        case "avc":
            is_key = AvcRegistration().is_key_chunk(description, data)
            return is_key is True and begins_with_idr_picture(data, length_size)
        case "hevc":
            is_key = HevcRegistration().is_key_chunk(description, data)
            return is_key is True and _first_hevc_slice(data, length_size) in _HEVC_BLA_AND_IDR
        case "vp8":
            return Vp8Registration().is_key_chunk(None, data) is True
        case "vp9":
            return Vp9Registration().is_key_chunk(None, data) is True
        case _:
            return is_shown_key_frame(data)


def begins_with_idr_picture(data: bytes, length_size: int) -> bool:
    """Whether the first slice of an H.264 chunk belongs to an IDR picture."""
    for header in _unit_headers(data, length_size):
        if header & 0x1F in _AVC_SLICES:
            return header & 0x1F == _AVC_IDR
    return False


def _first_hevc_slice(data: bytes, length_size: int) -> int | None:
    for header in _unit_headers(data, length_size):
        if header >> 1 <= _HEVC_LAST_SLICE:
            return header >> 1
    return None


def _unit_headers(data: bytes, length_size: int) -> Iterator[int]:
    """The first byte of each NAL unit."""
    if length_size:
        position = 0
        while position + length_size < len(data):
            yield data[position + length_size]
            position += length_size + int.from_bytes(data[position : position + length_size], "big")
        return
    place = data.find(_START_CODE)
    while 0 <= place < len(data) - len(_START_CODE):
        yield data[place + len(_START_CODE)]
        place = data.find(_START_CODE, place + len(_START_CODE))
