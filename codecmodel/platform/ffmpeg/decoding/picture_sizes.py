"""The sizes of pictures that bitstreams declare, to say why FFmpeg refused one."""

import struct
from collections.abc import Iterator

from codecmodel.registry import avc, hevc
from codecmodel.registry.av1 import first_sequence_header
from codecmodel.registry.nal_units import nal_units

_AVC_SPS = 7
_HEVC_SPS = 33


def declared_sizes(codec: str, description: bytes | None, length_size: int, data: bytes) -> Iterator[tuple[int, int]]:
    """Width and height of pictures in luma samples, as often as the description or the chunk ``data`` has them.

    ``codec`` is the registered one ("avc"). ``length_size`` is that of lengths before NAL units, 0 in Annex B format.
    Nothing is declared outside of key chunks. VP9's chunks aren't parsed.
    """
    match codec:
        case "avc" | "hevc":
            for unit in [*_described_units(codec, description), *nal_units(data, length_size)]:
                sps = _sps(codec, bytes(unit))
                if sps is not None:
                    yield sps.coded_width, sps.coded_height
        case "av1":
            header = first_sequence_header(data)
            if header is not None:
                yield header.max_width, header.max_height
        # RFC 6386 § 9.1: the lowest bit of a key frame is 0, and its size follows a start code.
        case "vp8" if len(data) >= 10 and not data[0] & 1:
            width, height = struct.unpack_from("<HH", data, 6)
            yield width & 0x3FFF, height & 0x3FFF


def _described_units(codec: str, description: bytes | None) -> list[bytes]:
    if description is None:
        return []
    if codec == "avc":
        return list(avc.parse_avcc(description).sps)
    return [unit for _, units in hevc.parse_hvcc(description).arrays for unit in units]


def _sps(codec: str, unit: bytes) -> avc.AvcSps | hevc.HevcSps | None:
    if codec == "avc":
        return avc.parse_sps(unit) if unit and unit[0] & 0x1F == _AVC_SPS else None
    return hevc.parse_sps(unit) if unit and unit[0] >> 1 & 0x3F == _HEVC_SPS else None
