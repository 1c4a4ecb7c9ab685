"""AV1: codec strings, av1C, sequence headers, key frames.

Sources: AV1 registration; AV1 Codec ISO Media File Format Binding § 2.3 and § 5; AV1 specification § 5.3 to § 5.9,
§ 6.8.2, Annex A.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from codecmodel.registry.bit_reader import BitReader, EndOfData
from codecmodel.registry.code_points import are_known
from codecmodel.registry.codec_string import CodecString, Data, InvalidDescription

#: Annex A.3: seq_level_idx of the levels that are defined, and 31 for no limits.
LEVELS: Final = frozenset({0, 1, 4, 5, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 31})
_FIRST_LEVEL_WITH_TIERS: Final = 8

_STRING: Final = re.compile(
    r"av01\.([0-2])\.([0-9]{2})([MH])\.(08|10|12)"
    r"(?:\.([01])(?:\.([01]{2}[0-2])(?:\.([0-9]{2})(?:\.([0-9]{2})(?:\.([0-9]{2})(?:\.([01]))?)?)?)?)?)?"
)
#: By the binding, the first character that no field can have ends a codec string.
_FOREIGN: Final = re.compile(r"[^0-9.MH]")
_PREFIX: Final = "av01."

_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME, _REDUNDANT_FRAME_HEADER = 1, 3, 6, 7


@dataclass(frozen=True)
class Av1CodecString(CodecString):
    """``av01.P.LLT.DD``, optionally with monochrome, chroma and colour, which have defaults."""

    profile: int
    level_idx: int
    tier: int
    bit_depth: int
    monochrome: bool = False
    subsampling: tuple[int, int] = (1, 1)
    chroma_sample_position: int = 0
    colour_primaries: int = 1
    transfer_characteristics: int = 1
    matrix_coefficients: int = 1
    full_range: bool = False


@dataclass(frozen=True)
class Av1SequenceHeader:
    """sequence_header_obu (§ 5.5) with its first operating point. Sizes in pixels, colours as H.273 code points."""

    profile: int
    reduced_still_picture_header: bool
    level_idx: int
    tier: int
    max_width: int
    max_height: int
    bit_depth: int
    monochrome: bool
    subsampling: tuple[int, int]
    chroma_sample_position: int
    colour_primaries: int
    transfer_characteristics: int
    matrix_coefficients: int
    full_range: bool


@dataclass(frozen=True)
class Av1CodecConfigurationRecord:
    """av1C (binding § 2.3.3). ``initial_presentation_delay`` is in samples, or None if it is not present."""

    profile: int
    level_idx: int
    tier: int
    bit_depth: int
    monochrome: bool
    subsampling: tuple[int, int]
    chroma_sample_position: int
    initial_presentation_delay: int | None
    config_obus: bytes


class Av1Registration:
    """The AV1 registration."""

    codec: Final = "av1"

    # Spec: webcodecs-av1-codec-registration/fully-qualified-codec-strings
    def parse(self, string: str) -> Av1CodecString | None:
        """Parse a codec string, whose last optional fields may be missing.

        The binding requires all optional fields or none, but web-platform-tests and browsers accept
        "av01.1.04M.08.0.000". By the binding, the first character that no field can have ends the string.
        """
        if not string.startswith(_PREFIX):
            return None
        match = _STRING.fullmatch(_PREFIX + _FOREIGN.split(string[len(_PREFIX) :], maxsplit=1)[0])
        if match is None:
            return None
        profile, level, tier, depth = int(match[1]), int(match[2]), "MH".index(match[3]), int(match[4])
        if level not in LEVELS or (tier and level < _FIRST_LEVEL_WITH_TIERS) or (depth == 12 and profile != 2):
            return None
        monochrome = int(match[5] or 0)
        # The default is 4:2:0 if the profile has it.
        default = "000" if profile == 1 else "100" if profile == 2 and depth < 12 and not monochrome else "110"
        x, y, position = (int(digit) for digit in match[6] or default)
        primaries, transfer, matrix, full = (
            int(group or code_point) for group, code_point in zip(match.groups()[6:], (1, 1, 1, 0), strict=True)
        )
        # Only 4:2:0 has a chroma position (§ 6.4.2).
        if (position and not (x and y)) or not _has_format(profile, depth, monochrome, (x, y)):
            return None
        if not are_known(primaries, transfer, matrix):
            return None
        return Av1CodecString(
            "av1", "video", string, profile, level, tier, depth, monochrome == 1, (x, y), position,
            primaries, transfer, matrix, full == 1,
        )  # fmt: skip

    # Spec: webcodecs-av1-codec-registration/videodecoderconfig-description
    def parse_description(
        self, codec_string: CodecString, description: bytes | None
    ) -> Av1CodecConfigurationRecord | None:
        """Parse an av1C, which MP4 files have. Anything else is ignored, as AV1 does not use descriptions."""
        try:
            return None if description is None else parse_av1c_record(description)
        except InvalidDescription:
            return None

    # Spec: webcodecs-av1-codec-registration/encodedvideochunk-type
    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        """Whether frame_type of the first frame is KEY_FRAME."""
        try:
            return _is_key(data)
        except EndOfData:
            return None

    # Spec: webcodecs-av1-codec-registration/encodedvideochunk-data
    def chunk_format(self, description: bytes | None) -> str:
        return self.codec


def _has_format(profile: int, depth: int, monochrome: int, subsampling: tuple[int, int]) -> bool:
    """Whether the profile allows pictures with this depth and sub-sampling (§ 6.4.1, § 5.5.2)."""
    if monochrome:
        return profile != 1 and subsampling == (1, 1)
    if profile == 2:
        return subsampling == (1, 0) or (depth == 12 and subsampling in ((0, 0), (1, 1)))
    return subsampling == ((0, 0) if profile == 1 else (1, 1))


def obus(data: Data) -> Iterator[tuple[int, memoryview]]:
    """The type and the payload of each OBU in the low-overhead format (§ 5.2). It stops at broken data."""
    view = memoryview(data)
    position = 0
    while position < len(view):
        header = view[position]
        position += 2 if header & 0b100 else 1
        if header & 0b10:
            size = shift = 0
            while True:
                if position >= len(view) or shift > 56:
                    return
                byte = view[position]
                position += 1
                size |= (byte & 0x7F) << shift
                shift += 7
                if not byte & 0x80:
                    break
        else:
            size = len(view) - position
        if position + size > len(view) or header & 0x80:
            return
        yield header >> 3 & 0xF, view[position : position + size]
        position += size


def _is_key(data: Data) -> bool | None:
    for kind, payload in obus(data):
        if kind == _SEQUENCE_HEADER:
            bits = BitReader(payload[:1])
            bits.skip(4)
            if bits.flag():  # reduced_still_picture_header
                return True
        elif kind in (_FRAME_HEADER, _FRAME):
            bits = BitReader(payload[:1])
            if bits.flag():  # show_existing_frame; the type of that frame is not in this OBU
                return None
            return bits.bits(2) == 0
    return None


def is_shown_key_frame(data: Data) -> bool:
    """Whether the temporal unit has a sequence header, and its first frame is a key frame that is shown.

    Such a frame replaces all reference frames (§ 7.20). A key frame that is not shown need not.
    """
    has_header = False
    try:
        for kind, payload in obus(data):
            if kind == _SEQUENCE_HEADER:
                has_header = True
                if payload[0] >> 3 & 1:  # reduced_still_picture_header
                    return True
            elif kind in (_FRAME_HEADER, _FRAME):
                bits = BitReader(payload[:1])
                # show_existing_frame, frame_type, show_frame
                return has_header and not bits.flag() and bits.bits(2) == 0 and bits.flag()
    except (EndOfData, IndexError):
        pass
    return False


def first_sequence_header(data: Data) -> Av1SequenceHeader | None:
    """The first sequence header in a temporal unit, or None if there is none."""
    for kind, payload in obus(data):
        if kind == _SEQUENCE_HEADER:
            try:
                return _parse_sequence_header(BitReader(payload))
            except EndOfData:
                return None
    return None


def parse_av1c(data: bytes) -> bytes:
    """The OBUs of an AV1CodecConfigurationRecord. Raises InvalidDescription."""
    return parse_av1c_record(data).config_obus


def parse_av1c_record(data: bytes) -> Av1CodecConfigurationRecord:
    """Parse an AV1CodecConfigurationRecord. Raises InvalidDescription."""
    if len(data) < 4 or data[0] != 0x81:
        raise InvalidDescription("not an AV1CodecConfigurationRecord (av1C)")
    bits = BitReader(data[1:4])
    profile, level, tier, high, twelve = bits.bits(3), bits.bits(5), bits.bits(1), bits.flag(), bits.flag()
    monochrome, subsampling, position = bits.flag(), (bits.bits(1), bits.bits(1)), bits.bits(2)
    bits.skip(3)
    has_delay, delay = bits.flag(), bits.bits(4)
    return Av1CodecConfigurationRecord(
        profile, level, tier, (12 if twelve else 10) if high else 8, monochrome, subsampling, position,
        delay + 1 if has_delay else None, data[4:],
    )  # fmt: skip


def codec_string_from_av1c(data: bytes) -> str:
    """``av01.…`` from an AV1CodecConfigurationRecord, with the colour of its sequence header if it has one.

    Raises InvalidDescription.
    """
    record = parse_av1c_record(data)
    string = codec_string_from_sequence_header(record.config_obus)
    if string is not None:
        return string
    start = f"av01.{record.profile}.{record.level_idx:02}{'MH'[record.tier]}.{record.bit_depth:02}"
    return start + _optional_fields(record.monochrome, record.subsampling, record.chroma_sample_position)


def codec_string_from_sequence_header(data: Data) -> str | None:
    """``av01.…`` from a temporal unit, or None if it has no sequence header."""
    header = first_sequence_header(data)
    if header is None:
        return None
    start = f"av01.{header.profile}.{header.level_idx:02}{'MH'[header.tier]}.{header.bit_depth:02}"
    colour = (header.colour_primaries, header.transfer_characteristics, header.matrix_coefficients)
    if colour == (2, 2, 2):
        # Missing or unspecified colours become the defaults of the binding.
        colour = (1, 1, 1)
    return start + _optional_fields(
        header.monochrome, header.subsampling, header.chroma_sample_position, colour, header.full_range
    )


def _optional_fields(
    monochrome: bool,
    subsampling: tuple[int, int],
    position: int,
    colour: tuple[int, int, int] = (1, 1, 1),
    full_range: bool = False,
) -> str:
    """All optional fields, or none if all have their defaults (binding § 5)."""
    x, y = subsampling
    fields = f".{monochrome:d}.{x}{y}{position}.{colour[0]:02}.{colour[1]:02}.{colour[2]:02}.{full_range:d}"
    return "" if fields == ".0.110.01.01.01.0" else fields


def _skip_timing_info(bits: BitReader) -> None:
    bits.skip(64)
    if bits.flag():  # equal_picture_interval
        bits.ue()


def _parse_sequence_header(bits: BitReader) -> Av1SequenceHeader:
    profile = bits.bits(3)
    if profile > 2:
        raise EndOfData(f"seq_profile {profile} is reserved")
    bits.skip(1)  # still_picture
    reduced = bits.flag()
    level, tier = 0, 0
    if reduced:
        level = bits.bits(5)
    else:
        level, tier = _read_operating_points(bits)
    width_bits, height_bits = bits.bits(4) + 1, bits.bits(4) + 1
    width, height = bits.bits(width_bits) + 1, bits.bits(height_bits) + 1
    if not reduced and bits.flag():  # frame_id_numbers_present_flag
        bits.skip(7)
    bits.skip(3)
    if not reduced:
        bits.skip(4)
        order_hint = bits.flag()
        if order_hint:
            bits.skip(2)
        screen_content = 2 if bits.flag() else bits.bits(1)
        if screen_content and not bits.flag():
            bits.skip(1)
        if order_hint:
            bits.skip(3)
    bits.skip(3)
    return Av1SequenceHeader(profile, reduced, level, tier, width, height, *_read_color_config(bits, profile))


def _read_operating_points(bits: BitReader) -> tuple[int, int]:
    """The level and the tier of the first operating point."""
    decoder_model, delay_bits = False, 0
    if bits.flag():
        _skip_timing_info(bits)
        decoder_model = bits.flag()
        if decoder_model:
            delay_bits = bits.bits(5) + 1
            bits.skip(42)
    display_delay = bits.flag()
    points: list[tuple[int, int]] = []
    for _ in range(bits.bits(5) + 1):
        bits.skip(12)
        level = bits.bits(5)
        points.append((level, bits.bits(1) if level > 7 else 0))
        if decoder_model and bits.flag():
            bits.skip(2 * delay_bits + 1)
        if display_delay and bits.flag():
            bits.skip(4)
    return points[0]


def _read_color_config(bits: BitReader, profile: int) -> tuple[int, bool, tuple[int, int], int, int, int, int, bool]:
    high = bits.flag()
    depth = 12 if profile == 2 and high and bits.flag() else 10 if high else 8
    monochrome = profile != 1 and bits.flag()
    primaries = transfer = matrix = 2
    if bits.flag():
        primaries, transfer, matrix = bits.bits(8), bits.bits(8), bits.bits(8)
    if monochrome:
        return depth, True, (1, 1), 0, primaries, transfer, matrix, bits.flag()
    if (primaries, transfer, matrix) == (1, 13, 0):
        return depth, False, (0, 0), 0, primaries, transfer, matrix, True
    full_range = bits.flag()
    x = y = 1
    if profile == 1:
        x = y = 0
    elif profile == 2:
        x, y = 1, 0
        if depth == 12:
            x = bits.bits(1)
            y = bits.bits(1) if x else 0
    position = bits.bits(2) if x and y else 0
    return depth, False, (x, y), position, primaries, transfer, matrix, full_range
