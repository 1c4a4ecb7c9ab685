"""H.264 and H.265 repackaged: from the byte stream format (Annex B) to length-prefixed with a description.

Made here, and not taken from the implementation under test, so that one mistake cannot hide another.
"""

import re
from typing import Final

_START_CODE: Final = re.compile(b"\x00\x00\x00?\x01")

AVC_SPS, AVC_PPS = 7, 8
HEVC_VPS, HEVC_SPS, HEVC_PPS = 32, 33, 34


def split(data: bytes) -> list[bytes]:
    """The NAL units of a byte stream (H.264 § B.1)."""
    return [unit.rstrip(b"\x00") for unit in _START_CODE.split(data) if unit]


def join(units: list[bytes]) -> bytes:
    """A byte stream of NAL units."""
    return b"".join(b"\x00\x00\x00\x01" + unit for unit in units)


def length_prefixed(units: list[bytes]) -> bytes:
    """NAL units, each after its length in four bytes (ISO/IEC 14496-15 § 5.3.2)."""
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


def avc_type(unit: bytes) -> int:
    return unit[0] & 0x1F


def hevc_type(unit: bytes) -> int:
    return unit[0] >> 1 & 0x3F


def is_avc_parameter_set(unit: bytes) -> bool:
    return avc_type(unit) in (AVC_SPS, AVC_PPS)


def is_hevc_parameter_set(unit: bytes) -> bool:
    return hevc_type(unit) in (HEVC_VPS, HEVC_SPS, HEVC_PPS)


def avc_description(parameter_sets: list[bytes]) -> bytes:
    """An AVCDecoderConfigurationRecord (ISO/IEC 14496-15 § 5.3.3.1) for 8-bit 4:2:0."""
    sps = [unit for unit in parameter_sets if avc_type(unit) == AVC_SPS]
    pps = [unit for unit in parameter_sets if avc_type(unit) == AVC_PPS]
    profile = sps[0][1]
    record = bytes([1]) + sps[0][1:4] + bytes([0xFC | 3, 0xE0 | len(sps)])
    record += b"".join(len(unit).to_bytes(2, "big") + unit for unit in sps)
    record += bytes([len(pps)]) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in pps)
    if profile in (100, 110, 122, 144, 244):
        record += bytes([0xFC | 1, 0xF8, 0xF8, 0])
    return record


def hevc_description(parameter_sets: list[bytes]) -> bytes:
    """An HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 § 8.3.3.1) for 8-bit 4:2:0 in one layer."""
    by_type = {
        number: [unit for unit in parameter_sets if hevc_type(unit) == number]
        for number in (HEVC_VPS, HEVC_SPS, HEVC_PPS)
    }
    sps = without_emulation_prevention(by_type[HEVC_SPS][0])
    general_profile_tier_level = sps[3:15]
    record = bytes([1]) + general_profile_tier_level
    # No spatial segmentation, parallelism unknown, 4:2:0, 8 bits, frame rate unknown.
    record += bytes([0xF0, 0, 0xFC, 0xFC | 1, 0xF8, 0xF8, 0, 0])
    # One temporal layer, which is nested; lengths of four bytes; three arrays.
    record += bytes([1 << 3 | 1 << 2 | 3, len(by_type)])
    for number, units in by_type.items():
        record += bytes([0x80 | number]) + len(units).to_bytes(2, "big")
        record += b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)
    return record


def avc_codec_string(parameter_sets: list[bytes]) -> str:
    """The codec string of the stream: profile, constraints and level of its SPS (RFC 6381 § 3.4)."""
    sps = next(unit for unit in parameter_sets if avc_type(unit) == AVC_SPS)
    return f"avc1.{sps[1:4].hex()}"


def hevc_codec_string(parameter_sets: list[bytes]) -> str:
    """The codec string of the stream (ISO/IEC 14496-15 § E.3)."""
    sps = next(unit for unit in parameter_sets if hevc_type(unit) == HEVC_SPS)
    profile, *rest = without_emulation_prevention(sps)[3:15]
    compatibility = int(f"{int.from_bytes(rest[:4], 'big'):032b}"[::-1], 2)
    constraints = bytes(rest[4:10]).rstrip(b"\x00")
    tier = "H" if profile & 0x20 else "L"
    fields = [f"hev1.{profile & 0x1F}", f"{compatibility:X}", f"{tier}{rest[10]}"]
    return ".".join([*fields, *(f"{byte:X}" for byte in constraints)])


def without_emulation_prevention(unit: bytes) -> bytes:
    """The unit's payload (H.264 § 7.3.1)."""
    return unit.replace(b"\x00\x00\x03", b"\x00\x00")
