"""VP9: codec strings, key frames.

Sources: VP9 registration; VP Codec ISO Media File Format Binding, "Codecs Parameter String"; VP9 bitstream
specification § 7.2, Annex A (levels) and Annex B (superframes: the first frame comes first).
"""

import re
from dataclasses import dataclass
from typing import Final

from codecmodel.registry.bit_reader import BitReader, EndOfData
from codecmodel.registry.codec_string import CodecString, Data

#: Ten times the level → luma samples a second, luma samples a picture (Annex A).
LEVELS: Final[dict[int, tuple[int, int]]] = {
    10: (829_440, 36_864),
    11: (2_764_800, 73_728),
    20: (4_608_000, 122_880),
    21: (9_216_000, 245_760),
    30: (20_736_000, 552_960),
    31: (36_864_000, 983_040),
    40: (83_558_400, 2_228_224),
    41: (160_432_128, 2_228_224),
    50: (311_951_360, 8_912_896),
    51: (588_251_136, 8_912_896),
    52: (1_176_502_272, 8_912_896),
    60: (1_176_502_272, 35_651_584),
    61: (2_353_004_544, 35_651_584),
    62: (4_706_009_088, 35_651_584),
}

_STRING: Final = re.compile(
    r"vp09\.(0[0-3])\.([0-9]{2})\.(08|10|12)(?:\.(0[0-3])\.([0-9]{2})\.([0-9]{2})\.([0-9]{2})\.(0[01]))?"
)
_SYNC_CODE: Final = 0x498342
_COLOR_SPACE_RGB: Final = 7
#: color_space of the bitstream → H.273 matrix coefficients.
_MATRICES: Final = {1: 5, 2: 1, 3: 6, 4: 7, 5: 9, 7: 0}


@dataclass(frozen=True)
class Vp9CodecString(CodecString):
    """``vp09.PP.LL.DD``, and perhaps chroma subsampling and H.273 code points, which have defaults."""

    profile: int
    level: int
    bit_depth: int
    #: 0 and 1: 4:2:0, chroma sited vertically or with the first luma sample; 2: 4:2:2; 3: 4:4:4.
    chroma_subsampling: int = 1
    colour_primaries: int = 1
    transfer_characteristics: int = 1
    matrix_coefficients: int = 1
    full_range: bool = False


@dataclass(frozen=True)
class Vp9KeyFrameHeader:
    """The uncompressed header of a key frame, up to its size in pixels."""

    profile: int
    bit_depth: int
    #: H.273 matrix coefficients; 2 is unspecified.
    matrix_coefficients: int
    full_range: bool
    subsampling: tuple[bool, bool]
    width: int
    height: int


class Vp9Registration:
    """The VP9 registration."""

    codec: Final = "vp9"

    def parse(self, string: str) -> Vp9CodecString | None:
        match = _STRING.fullmatch(string)
        if match is None:
            return None
        profile, level, depth = (int(group) for group in match.groups()[:3])
        if level not in LEVELS or (depth == 8) != (profile < 2):
            return None
        if match[4] is None:
            return Vp9CodecString("vp9", "video", string, profile, level, depth, 1 if profile % 2 == 0 else 3)
        subsampling, primaries, transfer, matrix, full_range = (int(group) for group in match.groups()[3:])
        # Even profiles are 4:2:0, odd ones are not; RGB is 4:4:4.
        if (subsampling > 1) != (profile % 2 == 1) or (matrix == 0 and subsampling != 3):
            return None
        return Vp9CodecString(
            "vp9", "video", string, profile, level, depth, subsampling, primaries, transfer, matrix, full_range == 1
        )

    def parse_description(self, codec_string: CodecString, description: bytes | None) -> None:
        """Not used for this codec: whatever it is, it is ignored."""

    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        """frame_type of the first frame is KEY_FRAME."""
        try:
            bits = BitReader(data[:2])
            if bits.bits(2) != 2:
                return None
            if bits.bits(2) == 3:
                bits.skip(1)
            show_existing_frame = bits.flag()
            return not show_existing_frame and bits.bits(1) == 0
        except EndOfData:
            return None


def parse_key_frame_header(data: Data) -> Vp9KeyFrameHeader | None:
    """The uncompressed header of a key frame (§ 6.2), or None if the data is not one."""
    try:
        return _parse_key_frame_header(BitReader(data[:32]))
    except EndOfData:
        return None


def _parse_key_frame_header(bits: BitReader) -> Vp9KeyFrameHeader | None:
    if bits.bits(2) != 2:
        return None
    profile = bits.bits(1) | bits.bits(1) << 1
    if profile == 3:
        bits.skip(1)
    if bits.flag() or bits.flag():  # show_existing_frame, frame_type
        return None
    bits.skip(2)  # show_frame, error_resilient_mode
    if bits.bits(24) != _SYNC_CODE:
        return None
    depth = (12 if bits.flag() else 10) if profile >= 2 else 8
    color_space = bits.bits(3)
    if color_space == _COLOR_SPACE_RGB:
        full_range, subsampling = True, (False, False)
        if profile % 2:
            bits.skip(1)
    else:
        full_range = bits.flag()
        subsampling = (True, True)
        if profile % 2:
            subsampling = (bits.flag(), bits.flag())
            bits.skip(1)
    width, height = bits.bits(16) + 1, bits.bits(16) + 1
    return Vp9KeyFrameHeader(profile, depth, _MATRICES.get(color_space, 2), full_range, subsampling, width, height)


def level_of(width: int, height: int, frame_rate: float) -> int:
    """The lowest level that allows pictures of this size (pixels) at this rate; the highest if none does."""
    size = width * height
    for level, (rate, picture) in LEVELS.items():
        if size <= picture and size * frame_rate <= rate:
            return level
    return max(LEVELS)


def codec_string_from_key_frame(data: Data, frame_rate: float) -> str | None:
    """``vp09.PP.LL.DD`` of a key frame, at the level for its size and ``frame_rate``; None if it is none."""
    header = parse_key_frame_header(data)
    if header is None:
        return None
    return f"vp09.{header.profile:02}.{level_of(header.width, header.height, frame_rate):02}.{header.bit_depth:02}"
