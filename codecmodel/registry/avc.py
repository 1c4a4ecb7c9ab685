"""AVC / H.264: codec strings, avcC, sequence parameter sets, key chunks.

Sources: AVC registration; RFC 6381 § 3.4; ISO/IEC 14496-15 § 5.3.3.1; H.264 § 7.3.2.1, Annexes A and E.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from codecmodel.registry.bit_reader import BitReader, EndOfData
from codecmodel.registry.codec_string import CodecString, Data, InvalidDescription
from codecmodel.registry.nal_units import annex_b_units, length_prefixed_units, without_emulation_prevention
from codecmodel.registry.parameter_sets import (
    ColourDescription,
    read_aspect_ratio,
    read_colour,
    require_visible_size,
)
from codecmodel.registry.sei import sei_messages

#: H.264 Annexes A, F, G: profile_idc. 44 is CAVLC 4:4:4 Intra.
PROFILES: Final = frozenset({44, 66, 77, 83, 86, 88, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
#: H.264 table A-1: ten times the level number. 9 is level 1b in profiles that do not use constraint_set3_flag for it.
LEVELS: Final = frozenset({9, 10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60, 61, 62})
_LEVEL_1B: Final = 9
_PROFILES_WITH_LEVEL_1B_FLAG: Final = frozenset({66, 77, 88})
#: The profiles whose parameter sets have a chroma format and bit depths (§ 7.3.2.1.1).
_HIGH_PROFILES: Final = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})

_STRING: Final = re.compile(r"avc[13]\.([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})")

_SLICE, _IDR, _SEI, _SPS, _PPS = 1, 5, 6, 7, 8
_SLICE_TYPES: Final = range(_SLICE, _IDR + 1)
#: payloadType of the recovery point SEI message (§ D.1.1).
_RECOVERY_POINT: Final = 6


@dataclass(frozen=True)
class AvcCodecString(CodecString):
    """``avc1.PPCCLL``: profile_idc, the constraint_set flags as a byte, level_idc."""

    profile_idc: int
    constraint_flags: int
    level_idc: int


@dataclass(frozen=True)
class AvcDecoderConfigurationRecord:
    """avcC (ISO/IEC 14496-15 § 5.3.3.1). ``length_size`` is in bytes, parameter sets are NAL units."""

    profile_idc: int
    constraint_flags: int
    level_idc: int
    length_size: int
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    #: chroma_format, bit_depth_luma and bit_depth_chroma, if the record has them.
    chroma_format: int | None = None
    bit_depth_luma: int | None = None
    bit_depth_chroma: int | None = None
    sps_extensions: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class AvcSps:
    """A sequence parameter set (H.264 § 7.3.2.1.1). Sizes are in luma samples."""

    profile_idc: int
    constraint_flags: int
    level_idc: int
    chroma_format_idc: int
    bit_depth_luma: int
    bit_depth_chroma: int
    separate_colour_planes: bool
    max_frame_num: int
    pic_order_cnt_type: int
    max_num_ref_frames: int
    gaps_in_frame_num_allowed: bool
    frame_mbs_only: bool
    coded_width: int
    coded_height: int
    #: left, top, right, bottom
    crop: tuple[int, int, int, int]
    sample_aspect_ratio: tuple[int, int]
    colour: ColourDescription
    #: None if the set does not have it.
    max_num_reorder_frames: int | None


class AvcRegistration:
    """The AVC (H.264) registration."""

    codec: Final = "avc"

    # Spec: webcodecs-avc-codec-registration/fully-qualified-codec-strings
    def parse(self, string: str) -> AvcCodecString | None:
        match = _STRING.fullmatch(string)
        if match is None:
            return None
        profile, constraints, level = (int(group, 16) for group in match.groups())
        # The two low bits of the constraint byte are reserved and zero (§ 7.4.2.1.1).
        if profile not in PROFILES or level not in LEVELS or constraints & 0b11:
            return None
        if level == _LEVEL_1B and profile in _PROFILES_WITH_LEVEL_1B_FLAG:
            return None
        return AvcCodecString("avc", "video", string, profile, constraints, level)

    # Spec: webcodecs-avc-codec-registration/videodecoderconfig-description
    def parse_description(
        self, codec_string: CodecString, description: bytes | None
    ) -> AvcDecoderConfigurationRecord | None:
        """Parse a description. Without one the stream is in Annex B format."""
        return None if description is None else parse_avcc(description)

    # Spec: webcodecs-avc-codec-registration/encodedvideochunk-type
    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        """Whether the chunk has an IDR picture, in Annex B format with its parameter sets.

        Without the parameter sets the result is None, because a decoder may have them from an earlier chunk. A picture
        with a recovery point of its own counts as an IDR picture, as web-platform-tests expect; for a gradual recovery
        the result is None. It is False if the first slice belongs to any other picture, or if no NAL unit has a
        picture.
        """
        seen: set[int] = set()
        messages: list[memoryview] = []
        for unit in _units(description, data):
            unit_type = unit[0] & 0x1F
            seen.add(unit_type)
            if unit_type == _SEI:
                messages.append(unit)
            elif unit_type in _SLICE_TYPES:
                is_key = True if unit_type == _IDR else _is_recovery_point(messages)
                return None if is_key and description is None and not {_SPS, _PPS} <= seen else is_key
        return False if seen else None

    def is_disposable(self, description: bytes | None, data: Data) -> bool:
        """Whether no other picture refers to the chunk's: nal_ref_idc is 0 in all of its slices (§ 7.4.1)."""
        slices = [unit[0] for unit in _units(description, data) if unit[0] & 0x1F in _SLICE_TYPES]
        return bool(slices) and not any(header & 0x60 for header in slices)

    # Spec: webcodecs-avc-codec-registration/encodedvideochunk-data
    def chunk_format(self, description: bytes | None) -> str:
        return "annexb" if description is None else "avc"


def _is_recovery_point(messages: list[memoryview]) -> bool | None:
    counts = [count for message in messages if (count := _recovery_frame_count(message)) is not None]
    if not counts:
        return False
    return True if 0 in counts else None


def _recovery_frame_count(sei: memoryview) -> int | None:
    """recovery_frame_cnt of an SEI NAL unit, or None if it has no recovery point (§ 7.3.2.3, § D.1.8)."""
    for message_type, payload in sei_messages(sei, 1):
        if message_type == _RECOVERY_POINT:
            try:
                return BitReader(payload).ue()
            except EndOfData:
                return None
    return None


def _units(description: bytes | None, data: Data) -> Iterator[memoryview]:
    if description is None:
        return annex_b_units(data)
    if len(description) < 5:
        return iter(())
    return length_prefixed_units(data, (description[4] & 0b11) + 1)


def parse_avcc(data: bytes) -> AvcDecoderConfigurationRecord:
    """Parse an AVCDecoderConfigurationRecord. Raises InvalidDescription."""
    if len(data) < 7 or data[0] != 1:
        raise InvalidDescription("not an AVCDecoderConfigurationRecord (avcC)")
    length_size = (data[4] & 0b11) + 1
    if length_size == 3:
        raise InvalidDescription("avcC: NAL unit lengths of 3 bytes")
    position = 5

    def read(count: int) -> tuple[bytes, ...]:
        nonlocal position
        units: list[bytes] = []
        for _ in range(count):
            if position + 2 > len(data):
                raise InvalidDescription("avcC: truncated")
            size = int.from_bytes(data[position : position + 2], "big")
            position += 2
            if not size or position + size > len(data):
                raise InvalidDescription("avcC: truncated parameter set")
            units.append(data[position : position + size])
            position += size
        return tuple(units)

    position += 1
    sps = read(data[5] & 0x1F)
    if position >= len(data):
        raise InvalidDescription("avcC: truncated")
    position += 1
    pps = read(data[position - 1])
    chroma_format = bit_depth_luma = bit_depth_chroma = None
    extensions: tuple[bytes, ...] = ()
    # The records of old muxers end here, for all profiles.
    if data[1] in _HIGH_PROFILES and position + 4 <= len(data):
        chroma_format = data[position] & 0b11
        bit_depth_luma = (data[position + 1] & 0b111) + 8
        bit_depth_chroma = (data[position + 2] & 0b111) + 8
        position += 4
        extensions = read(data[position - 1])
    if not all(unit[0] & 0x1F == _SPS for unit in sps) or not all(unit[0] & 0x1F == _PPS for unit in pps):
        raise InvalidDescription("avcC: a parameter set is a NAL unit of another type")
    return AvcDecoderConfigurationRecord(
        data[1], data[2], data[3], length_size, sps, pps, chroma_format, bit_depth_luma, bit_depth_chroma, extensions
    )


def build_avcc(sps: list[bytes], pps: list[bytes], length_size: int = 4) -> bytes:
    """An AVCDecoderConfigurationRecord from NAL units. Raises ValueError without a usable SPS."""
    first = parse_sps(sps[0]) if sps else None
    if first is None:
        raise ValueError("an AVCDecoderConfigurationRecord needs a sequence parameter set")
    if len(sps) > 31 or len(pps) > 255 or any(len(unit) > 0xFFFF for unit in (*sps, *pps)):
        raise ValueError(
            "there are too many parameter sets for an AVCDecoderConfigurationRecord, or they are too large"
        )
    record = bytearray([1, *sps[0][1:4], 0xFC | (length_size - 1), 0xE0 | len(sps)])
    for unit in sps:
        record += len(unit).to_bytes(2, "big") + unit
    record.append(len(pps))
    for unit in pps:
        record += len(unit).to_bytes(2, "big") + unit
    if first.profile_idc in _HIGH_PROFILES:
        record += bytes([
            0xFC | first.chroma_format_idc,
            0xF8 | (first.bit_depth_luma - 8),
            0xF8 | (first.bit_depth_chroma - 8),
            0,
        ])  # fmt: skip
    return bytes(record)


def avcc_from_annex_b(data: Data) -> bytes:
    """An AVCDecoderConfigurationRecord from the parameter sets in an Annex B stream. Raises ValueError."""
    sps: dict[bytes, None] = {}
    pps: dict[bytes, None] = {}
    for unit in annex_b_units(data):
        if unit[0] & 0x1F == _SPS:
            sps[bytes(unit)] = None
        elif unit[0] & 0x1F == _PPS:
            pps[bytes(unit)] = None
    return build_avcc(list(sps), list(pps))


def first_avc_sps(description: bytes | None, first_chunk: Data | None) -> AvcSps | None:
    """The first sequence parameter set in an avcC or, if it has none, in a chunk. None if neither has one."""
    if description is not None:
        try:
            sets = parse_avcc(description).sps
        except InvalidDescription:
            return None
        if sets:
            return parse_sps(sets[0])
    # With "avc3" they may be in the chunks only.
    for unit in _units(description, first_chunk or b""):
        if unit[0] & 0x1F == _SPS:
            return parse_sps(unit)
    return None


def codec_string_from_avcc(avcc: bytes) -> str:
    """``avc1.PPCCLL``. Raises InvalidDescription."""
    record = parse_avcc(avcc)
    return f"avc1.{record.profile_idc:02x}{record.constraint_flags:02x}{record.level_idc:02x}"


def codec_string_from_annex_b(data: Data) -> str | None:
    """``avc1.PPCCLL`` from the first sequence parameter set in the stream, or None if there is none."""
    sps = first_avc_sps(None, data)
    return None if sps is None else f"avc1.{sps.profile_idc:02x}{sps.constraint_flags:02x}{sps.level_idc:02x}"


def parse_sps(unit: Data) -> AvcSps | None:
    """Parse a sequence parameter set. The result is None if the NAL unit is another one or broken."""
    if len(unit) < 4 or unit[0] & 0x1F != _SPS:
        return None
    try:
        return _parse_sps(BitReader(without_emulation_prevention(unit), 1))
    except EndOfData:
        return None


def _skip_scaling_lists(bits: BitReader, count: int) -> None:
    for index in range(count):
        if not bits.flag():
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.se()) % 256
            last = following or last


def _parse_sps(bits: BitReader) -> AvcSps:
    profile, constraints, level = bits.bits(8), bits.bits(8), bits.bits(8)
    bits.ue()  # seq_parameter_set_id
    chroma_format, depth_luma, depth_chroma, separate_planes = 1, 8, 8, False
    if profile in _HIGH_PROFILES:
        chroma_format = bits.ue_up_to(3)
        if chroma_format == 3:
            separate_planes = bits.flag()
        depth_luma, depth_chroma = bits.ue_up_to(6) + 8, bits.ue_up_to(6) + 8
        bits.skip(1)  # qpprime_y_zero_transform_bypass_flag
        if bits.flag():
            _skip_scaling_lists(bits, 12 if chroma_format == 3 else 8)
    max_frame_num = 1 << bits.ue_up_to(12) + 4
    order_type = bits.ue_up_to(2)
    if order_type == 0:
        bits.ue()
    elif order_type == 1:
        bits.skip(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()
    references = bits.ue()
    gaps_allowed = bits.flag()
    width_in_mbs, height_in_units = bits.ue() + 1, bits.ue() + 1
    frame_mbs_only = bits.flag()
    if not frame_mbs_only:
        bits.skip(1)  # mb_adaptive_frame_field_flag
    bits.skip(1)  # direct_8x8_inference_flag
    crop = (0, 0, 0, 0)
    if bits.flag():
        # § 7.4.2.1.1: crop offsets are in chroma samples, and in pairs of rows for interlaced streams.
        unit_x = 2 if chroma_format in (1, 2) and not separate_planes else 1
        unit_y = (2 if chroma_format == 1 and not separate_planes else 1) * (1 if frame_mbs_only else 2)
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        crop = (left * unit_x, top * unit_y, right * unit_x, bottom * unit_y)
    coded_width, coded_height = width_in_mbs * 16, height_in_units * 16 * (1 if frame_mbs_only else 2)
    require_visible_size(coded_width, coded_height, crop)
    aspect_ratio, colour, reorder = (0, 1), ColourDescription(), None
    if bits.flag():
        aspect_ratio = read_aspect_ratio(bits)
        colour = read_colour(bits)
        reorder = _read_reordering(bits)
    return AvcSps(
        profile, constraints, level, chroma_format, depth_luma, depth_chroma, separate_planes,
        max_frame_num, order_type, references, gaps_allowed, frame_mbs_only,
        coded_width, coded_height, crop, aspect_ratio, colour, reorder,
    )  # fmt: skip


def _skip_hrd(bits: BitReader) -> None:
    count = bits.ue() + 1
    bits.skip(8)
    for _ in range(min(count, 32)):
        bits.ue()
        bits.ue()
        bits.skip(1)
    bits.skip(20)


def _read_reordering(bits: BitReader) -> int | None:
    """max_num_reorder_frames if the VUI has it. Reads the VUI from chroma_loc_info on (H.264 § E.1.1)."""
    if bits.flag():
        bits.ue()
        bits.ue()
    if bits.flag():  # timing_info_present_flag
        bits.skip(65)
    nal_hrd = bits.flag()
    if nal_hrd:
        _skip_hrd(bits)
    vcl_hrd = bits.flag()
    if vcl_hrd:
        _skip_hrd(bits)
    if nal_hrd or vcl_hrd:
        bits.skip(1)
    bits.skip(1)  # pic_struct_present_flag
    if not bits.flag():  # bitstream_restriction_flag
        return None
    bits.skip(1)
    for _ in range(4):
        bits.ue()
    return bits.ue()
