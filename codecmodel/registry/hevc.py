"""HEVC / H.265: codec strings, hvcC, sequence parameter sets, key chunks.

Sources: HEVC registration; ISO/IEC 14496-15 § 8.3.3.1 and § E.3; H.265 § 7.3.2.2, § 7.3.3, Annex A, Annex E.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from codecmodel.registry.bit_reader import BitReader, EndOfData
from codecmodel.registry.codec_string import CodecString, Data, InvalidDescription
from codecmodel.registry.nal_units import annex_b_units, length_prefixed_units, without_emulation_prevention
from codecmodel.registry.parameter_sets import (
    ColourDescription,
    read_aspect_ratio,
    read_colour,
    require_visible_size,
)

#: H.265 Annexes A, G, H, I: general_profile_idc.
PROFILES: Final = frozenset(range(1, 12))
#: H.265 table A.8: thirty times the level number.
LEVELS: Final = frozenset({30, 60, 63, 90, 93, 120, 123, 150, 153, 156, 180, 183, 186, 189, 255})

_START_CODE: Final = b"\x00\x00\x01"
_STRING: Final = re.compile(
    r"(?:hev1|hvc1)\.([1-9][0-9]?)\.([0-9A-Fa-f]{1,8})\.([LH])([1-9][0-9]{1,2})((?:\.[0-9A-Fa-f]{1,2}){0,6})"
)

_VPS, _SPS, _PPS = 32, 33, 34
#: The types of IRAP pictures: BLA, IDR and CRA.
_KEY_TYPES: Final = range(16, 22)
#: The VCL NAL unit types that are not reserved. Decoders ignore reserved ones (§ 7.4.2.2).
_SLICE_TYPES: Final = frozenset({*range(10), *_KEY_TYPES})
#: The High tier begins with level 4 (table A.9).
_FIRST_LEVEL_WITH_TIERS: Final = 120


@dataclass(frozen=True)
class HevcCodecString(CodecString):
    """``hvc1.P.C.TL.…``. Compatibility flags are in the order of the bitstream, constraint flags are six bytes."""

    profile_space: int
    profile_idc: int
    compatibility_flags: int
    tier_flag: int
    level_idc: int
    constraint_flags: bytes


@dataclass(frozen=True)
class HevcDecoderConfigurationRecord:
    """hvcC (ISO/IEC 14496-15 § 8.3.3.1). ``arrays`` has NAL unit types and their units in the order of the record."""

    profile_space: int
    tier_flag: int
    profile_idc: int
    compatibility_flags: int
    constraint_flags: bytes
    level_idc: int
    chroma_format: int
    bit_depth_luma: int
    bit_depth_chroma: int
    length_size: int
    arrays: tuple[tuple[int, tuple[bytes, ...]], ...]


class ShortTermSet(NamedTuple):
    """A short-term reference picture set (H.265 § 7.4.8): the pictures before the present one, and those after it.

    Each has its distance in the order of output, and whether the present picture may refer to it.
    """

    before: Sequence[tuple[int, bool]]
    after: Sequence[tuple[int, bool]]


class CodingTools(NamedTuple):
    """The part of a sequence parameter set that slice headers need."""

    short_term_sets: tuple[ShortTermSet, ...]
    has_long_term_references: bool
    long_term_references: tuple[tuple[int, bool], ...]


@dataclass(frozen=True)
class HevcSps:
    """A sequence parameter set (H.265 § 7.3.2.2). Sizes are in luma samples."""

    profile_space: int
    tier_flag: int
    profile_idc: int
    compatibility_flags: int
    constraint_flags: bytes
    level_idc: int
    chroma_format_idc: int
    bit_depth_luma: int
    bit_depth_chroma: int
    coded_width: int
    coded_height: int
    #: left, top, right, bottom
    conformance_window: tuple[int, int, int, int]
    max_sub_layers: int
    temporal_id_nesting: bool
    max_num_reorder_pics: int
    sample_aspect_ratio: tuple[int, int]
    colour: ColourDescription
    separate_colour_planes: bool
    #: Bits of pic_order_cnt_lsb.
    order_bits: int
    short_term_sets: tuple[ShortTermSet, ...]
    has_long_term_references: bool
    #: pic_order_cnt_lsb of the long-term references that slices name by their number, and whether they are used.
    long_term_references: tuple[tuple[int, bool], ...]


class HevcRegistration:
    """The HEVC (H.265) registration."""

    codec: Final = "hevc"

    # Spec: webcodecs-hevc-codec-registration/fully-qualified-codec-strings
    def parse(self, string: str) -> HevcCodecString | None:
        """Parse a codec string. Profile spaces A, B and C are not valid, as they are reserved (H.265 § 7.4.4)."""
        match = _STRING.fullmatch(string)
        if match is None:
            return None
        profile, compatibility, tier, level, constraints = match.groups()
        if int(profile) not in PROFILES or int(level) not in LEVELS:
            return None
        if tier == "H" and int(level) < _FIRST_LEVEL_WITH_TIERS:
            return None
        flags = bytes(int(byte, 16) for byte in constraints.split(".")[1:])
        return HevcCodecString(
            "hevc",
            "video",
            string,
            0,
            int(profile),
            # § E.3: the string has these bits in reverse order.
            int(f"{int(compatibility, 16):032b}"[::-1], 2),
            "LH".index(tier),
            int(level),
            flags.ljust(6, b"\0"),
        )

    # Spec: webcodecs-hevc-codec-registration/videodecoderconfig-description
    def parse_description(
        self, codec_string: CodecString, description: bytes | None
    ) -> HevcDecoderConfigurationRecord | None:
        """Parse a description. Without one the stream is in Annex B format."""
        return None if description is None else parse_hvcc(description)

    # Spec: webcodecs-hevc-codec-registration/encodedvideochunk-type
    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        """Whether the chunk has an IDR, CRA or BLA picture of the base layer, and in Annex B format its parameter sets.

        Without the parameter sets the result is None, because a decoder may have them from an earlier chunk. It is
        False if the first slice belongs to any other picture, or if no NAL unit has a picture.
        """
        parameter_sets: set[int] = set()
        has_units = False
        for unit in _units(description, data):
            if len(unit) < 2:
                continue
            has_units = True
            unit_type = unit[0] >> 1 & 0x3F
            if unit_type in (_VPS, _SPS, _PPS):
                parameter_sets.add(unit_type)
            elif unit_type in _SLICE_TYPES and not (unit[0] & 1 or unit[1] >> 3):
                if unit_type not in _KEY_TYPES:
                    return False
                return True if description is not None or len(parameter_sets) == 3 else None
        return False if has_units else None

    # Spec: webcodecs-hevc-codec-registration/encodedvideochunk-data
    def chunk_format(self, description: bytes | None) -> str:
        return "annexb" if description is None else "hevc"


def _units(description: bytes | None, data: Data) -> Iterator[memoryview]:
    if description is None:
        return annex_b_units(data)
    if len(description) < 22:
        return iter(())
    return length_prefixed_units(data, (description[21] & 0b11) + 1)


def has_picture(data: bytes, length_size: int) -> bool:
    """Whether one of the NAL units is a slice, as in every access unit (H.265 § 7.4.2.4.4).

    ``length_size`` is the number of bytes of the length before each unit, and 0 in Annex B format.
    """
    if length_size:
        return any(_is_slice(unit[0]) for unit in length_prefixed_units(data, length_size))
    start_code = data.find(_START_CODE)
    while 0 <= start_code < len(data) - len(_START_CODE):
        start = start_code + len(_START_CODE)
        if _is_slice(data[start]):
            return True
        start_code = data.find(_START_CODE, start)
    return False


def _is_slice(first_byte: int) -> bool:
    """Whether a NAL unit with this first byte is a slice: the first bit is 0, and slices have types below 32."""
    return first_byte >> 1 < 32


def parse_hvcc(data: bytes) -> HevcDecoderConfigurationRecord:
    """Parse an HEVCDecoderConfigurationRecord. Raises InvalidDescription."""
    if len(data) < 23 or data[0] not in (0, 1):
        # Muxers wrote version 0 before the format was final.
        raise InvalidDescription("not an HEVCDecoderConfigurationRecord (hvcC)")
    length_size = (data[21] & 0b11) + 1
    if length_size == 3:
        raise InvalidDescription("hvcC: NAL unit lengths of 3 bytes")
    position = 23
    arrays: list[tuple[int, tuple[bytes, ...]]] = []
    for _ in range(data[22]):
        if position + 3 > len(data):
            raise InvalidDescription("hvcC: truncated")
        unit_type = data[position] & 0x3F
        count = int.from_bytes(data[position + 1 : position + 3], "big")
        position += 3
        units: list[bytes] = []
        for _ in range(count):
            size = int.from_bytes(data[position : position + 2], "big")
            position += 2
            if not size or position + size > len(data):
                raise InvalidDescription("hvcC: truncated parameter set")
            units.append(data[position : position + size])
            position += size
        arrays.append((unit_type, tuple(units)))
    return HevcDecoderConfigurationRecord(
        profile_space=data[1] >> 6,
        tier_flag=data[1] >> 5 & 1,
        profile_idc=data[1] & 0x1F,
        compatibility_flags=int.from_bytes(data[2:6], "big"),
        constraint_flags=data[6:12],
        level_idc=data[12],
        chroma_format=data[16] & 0b11,
        bit_depth_luma=(data[17] & 0b111) + 8,
        bit_depth_chroma=(data[18] & 0b111) + 8,
        length_size=length_size,
        arrays=tuple(arrays),
    )


def build_hvcc(vps: list[bytes], sps: list[bytes], pps: list[bytes], length_size: int = 4) -> bytes:
    """An HEVCDecoderConfigurationRecord from NAL units. Raises ValueError without a usable SPS."""
    first = parse_sps(sps[0]) if sps else None
    if first is None:
        raise ValueError("an HEVCDecoderConfigurationRecord needs a sequence parameter set")
    for units in (vps, sps, pps):
        if len(units) > 0xFFFF or any(len(unit) > 0xFFFF for unit in units):
            raise ValueError("the parameter sets are too many or too large for an HEVCDecoderConfigurationRecord")
    record = bytearray([1, first.profile_space << 6 | first.tier_flag << 5 | first.profile_idc])
    record += first.compatibility_flags.to_bytes(4, "big") + first.constraint_flags
    record += bytes([
        first.level_idc,
        0xF0, 0,  # min_spatial_segmentation_idc: unknown
        0xFC,  # parallelismType: unknown
        0xFC | first.chroma_format_idc,
        0xF8 | (first.bit_depth_luma - 8),
        0xF8 | (first.bit_depth_chroma - 8),
        0, 0,  # avgFrameRate: unspecified
        first.max_sub_layers << 3 | first.temporal_id_nesting << 2 | (length_size - 1),
        3,
    ])  # fmt: skip
    for unit_type, units in ((_VPS, vps), (_SPS, sps), (_PPS, pps)):
        # array_completeness is set: there are no parameter sets in the chunks.
        record += bytes([0x80 | unit_type]) + len(units).to_bytes(2, "big")
        for unit in units:
            record += len(unit).to_bytes(2, "big") + unit
    return bytes(record)


def hvcc_from_annex_b(data: Data) -> bytes:
    """An HEVCDecoderConfigurationRecord from the parameter sets in an Annex B stream. Raises ValueError."""
    sets: dict[int, dict[bytes, None]] = {_VPS: {}, _SPS: {}, _PPS: {}}
    for unit in annex_b_units(data):
        unit_type = unit[0] >> 1 & 0x3F
        if unit_type in sets:
            sets[unit_type][bytes(unit)] = None
    return build_hvcc(list(sets[_VPS]), list(sets[_SPS]), list(sets[_PPS]))


def _format_string(record: HevcDecoderConfigurationRecord | HevcSps, prefix: str) -> str:
    space = "ABC"[record.profile_space - 1] if record.profile_space else ""
    # § E.3: the compatibility flags are written in reverse bit order, and trailing zero bytes of the constraints are
    # left out. The first of these bytes stays, because the registration requires four fields.
    compatibility = int(f"{record.compatibility_flags:032b}"[::-1], 2)
    constraints = "".join(f".{byte:x}" for byte in record.constraint_flags.rstrip(b"\0") or b"\0")
    tier = "LH"[record.tier_flag]
    return f"{prefix}.{space}{record.profile_idc}.{compatibility:x}.{tier}{record.level_idc}{constraints}"


def codec_string_from_hvcc(hvcc: bytes) -> str:
    """``hvc1.…``. Raises InvalidDescription."""
    return _format_string(parse_hvcc(hvcc), "hvc1")


def codec_string_from_annex_b(data: Data) -> str | None:
    """``hev1.…`` from the first sequence parameter set in the stream, or None if there is none."""
    for unit in annex_b_units(data):
        if unit[0] >> 1 & 0x3F == _SPS:
            sps = parse_sps(unit)
            return None if sps is None else _format_string(sps, "hev1")
    return None


def parse_sps(unit: Data) -> HevcSps | None:
    """Parse a sequence parameter set. The result is None if the NAL unit is another one or broken."""
    if len(unit) < 3 or unit[0] >> 1 & 0x3F != _SPS:
        return None
    try:
        return _parse_sps(BitReader(without_emulation_prevention(unit), 2))
    except EndOfData:
        return None


def _parse_sps(bits: BitReader) -> HevcSps:
    bits.skip(4)  # sps_video_parameter_set_id
    sub_layers = bits.bits(3) + 1
    nesting = bits.flag()
    space, tier, profile = bits.bits(2), bits.bits(1), bits.bits(5)
    compatibility, constraints, level = bits.bits(32), bits.bits(48).to_bytes(6, "big"), bits.bits(8)
    presence = [(bits.flag(), bits.flag()) for _ in range(sub_layers - 1)]
    if sub_layers > 1:
        bits.skip(2 * (8 - (sub_layers - 1)))
    for has_profile, has_level in presence:
        bits.skip((88 if has_profile else 0) + (8 if has_level else 0))
    bits.ue()  # sps_seq_parameter_set_id
    chroma_format = bits.ue_up_to(3)
    separate_planes = chroma_format == 3 and bits.flag()
    width, height = bits.ue(), bits.ue()
    window = (0, 0, 0, 0)
    if bits.flag():
        unit_x = 2 if chroma_format in (1, 2) and not separate_planes else 1
        unit_y = 2 if chroma_format == 1 and not separate_planes else 1
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        window = (left * unit_x, top * unit_y, right * unit_x, bottom * unit_y)
    require_visible_size(width, height, window)
    depth_luma, depth_chroma = bits.ue_up_to(8) + 8, bits.ue_up_to(8) + 8
    order_bits = bits.ue_up_to(12) + 4  # log2_max_pic_order_cnt_lsb_minus4
    reorder = 0
    for _ in range(sub_layers if bits.flag() else 1):
        bits.ue()
        reorder = bits.ue()
        bits.ue()
    tools = _read_coding_tools(bits, order_bits)
    aspect_ratio, colour = (0, 1), ColourDescription()
    if bits.flag():  # vui_parameters_present_flag
        aspect_ratio = read_aspect_ratio(bits)
        colour = read_colour(bits)
    return HevcSps(
        space, tier, profile, compatibility, constraints, level, chroma_format, depth_luma, depth_chroma,
        width, height, window, sub_layers, nesting, reorder, aspect_ratio, colour, separate_planes, order_bits, *tools,
    )  # fmt: skip


def _read_coding_tools(bits: BitReader, order_bits: int) -> CodingTools:
    """Read the fields from the block sizes up to vui_parameters_present_flag."""
    for _ in range(6):  # log2_min_luma_coding_block_size_minus3 to max_transform_hierarchy_depth_intra
        bits.ue()
    if bits.flag() and bits.flag():  # scaling_list_enabled_flag, sps_scaling_list_data_present_flag
        _skip_scaling_lists(bits)
    bits.skip(2)  # amp_enabled_flag, sample_adaptive_offset_enabled_flag
    if bits.flag():  # pcm_enabled_flag
        bits.skip(8)
        bits.ue()
        bits.ue()
        bits.skip(1)
    sets: list[ShortTermSet] = []
    count = bits.ue_up_to(64)
    for _ in range(count):
        sets.append(read_short_term_set(bits, sets, is_in_slice=False))
    has_long_term = bits.flag()  # long_term_ref_pics_present_flag
    long_term = tuple((bits.bits(order_bits), bits.flag()) for _ in range(bits.ue_up_to(32) if has_long_term else 0))
    bits.skip(2)  # sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
    return CodingTools(tuple(sets), has_long_term, long_term)


def _skip_scaling_lists(bits: BitReader) -> None:
    """Skip scaling_list_data() (§ 7.3.4)."""
    for size in range(4):
        for _ in range(2 if size == 3 else 6):
            if not bits.flag():
                bits.ue()
                continue
            if size > 1:
                bits.se()
            for _ in range(16 if size == 0 else 64):
                bits.se()


def read_short_term_set(bits: BitReader, sets: Sequence[ShortTermSet], *, is_in_slice: bool) -> ShortTermSet:
    """Read the st_ref_pic_set() (§ 7.3.7) that follows ``sets``. Raises EndOfData."""
    if sets and bits.flag():  # inter_ref_pic_set_prediction_flag
        distance = bits.ue_up_to(len(sets) - 1) + 1 if is_in_slice else 1
        is_negative = bits.flag()
        delta = bits.ue_up_to(0x7FFF) + 1
        return _predicted_set(bits, sets[-distance], -delta if is_negative else delta)
    counts = bits.ue_up_to(16), bits.ue_up_to(16)
    lists: list[list[tuple[int, bool]]] = []
    for count, sign in zip(counts, (-1, 1), strict=True):
        order, entries = 0, []
        for _ in range(count):
            order += sign * (bits.ue_up_to(0x7FFF) + 1)
            entries.append((order, bits.flag()))
        lists.append(entries)
    return ShortTermSet(*lists)


def _predicted_set(bits: BitReader, reference: ShortTermSet, delta: int) -> ShortTermSet:
    """A set that is another one, seen from a picture at a distance of ``delta`` (§ 7.4.8, equations 7-61 and 7-62)."""
    orders = [order for order, _ in (*reference.before, *reference.after)]
    candidates: list[tuple[int, bool]] = []
    for order in (*orders, 0):
        is_used = bits.flag()  # used_by_curr_pic_flag
        if is_used or bits.flag():  # use_delta_flag
            candidates.append((order + delta, is_used))
    before = sorted((entry for entry in candidates if entry[0] < 0), reverse=True)
    after = sorted(entry for entry in candidates if entry[0] > 0)
    if len(before) + len(after) > 16:
        raise EndOfData("a reference picture set of more than 16 pictures")
    return ShortTermSet(before, after)
