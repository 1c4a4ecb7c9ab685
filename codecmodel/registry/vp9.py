"""VP9: codec strings, key frames.

Sources: VP9 registration; VP Codec ISO Media File Format Binding, "Codecs Parameter String"; VP9 bitstream
specification § 7.2, Annex A (levels) and Annex B (superframes: the first frame comes first).
"""

import re
from dataclasses import dataclass
from typing import Final

from codecmodel.registry.bit_reader import BitReader, EndOfData
from codecmodel.registry.code_points import are_known
from codecmodel.registry.codec_string import CodecString, Data, InvalidDescription

#: Ten times the level → luma samples per second, luma samples in a picture, longest side (Annex A).
LEVELS: Final[dict[int, tuple[int, int, int]]] = {
    10: (829_440, 36_864, 512),
    11: (2_764_800, 73_728, 768),
    20: (4_608_000, 122_880, 960),
    21: (9_216_000, 245_760, 1344),
    30: (20_736_000, 552_960, 2048),
    31: (36_864_000, 983_040, 2752),
    40: (83_558_400, 2_228_224, 4160),
    41: (160_432_128, 2_228_224, 4160),
    50: (311_951_360, 8_912_896, 8384),
    51: (588_251_136, 8_912_896, 8384),
    52: (1_176_502_272, 8_912_896, 8384),
    60: (1_176_502_272, 35_651_584, 16_832),
    61: (2_353_004_544, 35_651_584, 16_832),
    62: (4_706_009_088, 35_651_584, 16_832),
}

_STRING: Final = re.compile(
    r"vp09\.(0[0-3])\.([0-9]{2})\.(08|10|12)"
    r"(?:\.(0[0-3])(?:\.([0-9]{2})(?:\.([0-9]{2})(?:\.([0-9]{2})(?:\.(0[01]))?)?)?)?)?"
)
_SYNC_CODE: Final = 0x498342
_COLOR_SPACE_RGB: Final = 7
#: color_space of the bitstream → H.273 matrix coefficients.
_MATRICES: Final = {1: 5, 2: 1, 3: 6, 4: 7, 5: 9, 7: 0}


@dataclass(frozen=True)
class Vp9CodecString(CodecString):
    """``vp09.PP.LL.DD``, optionally with chroma subsampling and H.273 code points, which have defaults."""

    profile: int
    level: int
    bit_depth: int
    #: 0: 4:2:0 with chroma between two rows; 1: 4:2:0 with chroma at the first luma sample; 2: 4:2:2; 3: 4:4:4.
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
    #: Matrix coefficients of H.273; 2 is unspecified.
    matrix_coefficients: int
    full_range: bool
    subsampling: tuple[bool, bool]
    width: int
    height: int


class Vp9Registration:
    """The VP9 registration."""

    codec: Final = "vp9"

    # Spec: webcodecs-vp9-codec-registration/fully-qualified-codec-strings
    def parse(self, string: str) -> Vp9CodecString | None:
        """Parse a codec string, whose last optional fields may be missing.

        The binding requires all optional fields or none, but web-platform-tests and browsers accept "vp09.01.10.08.03".
        """
        match = _STRING.fullmatch(string)
        if match is None:
            return None
        profile, level, depth = (int(group) for group in match.groups()[:3])
        if level not in LEVELS or (depth == 8) != (profile < 2):
            return None
        # The default is 4:2:0 if the profile has it.
        defaults = (3 if profile % 2 else 1, 1, 1, 1, 0)
        subsampling, primaries, transfer, matrix, full_range = (
            default if group is None else int(group)
            for group, default in zip(match.groups()[3:], defaults, strict=True)
        )
        if not are_known(primaries, transfer, matrix):
            return None
        # Even profiles have 4:2:0 only, odd ones have all else, and RGB is always 4:4:4.
        if (subsampling > 1) != (profile % 2 == 1) or (matrix == 0 and subsampling != 3):
            return None
        return Vp9CodecString(
            "vp9", "video", string, profile, level, depth, subsampling, primaries, transfer, matrix, full_range == 1
        )

    # Spec: webcodecs-vp9-codec-registration/videodecoderconfig-description
    def parse_description(self, codec_string: CodecString, description: bytes | None) -> None:
        """Ignore the description, which VP9 does not use."""

    # Spec: webcodecs-vp9-codec-registration/encodedvideochunk-type
    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        """Whether frame_type of the first frame is KEY_FRAME."""
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

    # Spec: webcodecs-vp9-codec-registration/encodedvideochunk-data
    def chunk_format(self, description: bytes | None) -> str:
        return self.codec


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
        if profile % 2 == 0:  # RGB is 4:4:4, which even profiles do not have (§ 7.2.2).
            return None
        full_range, subsampling = True, (False, False)
        bits.skip(1)
    else:
        full_range = bits.flag()
        subsampling = (True, True)
        if profile % 2:
            subsampling = (bits.flag(), bits.flag())
            bits.skip(1)
    width, height = bits.bits(16) + 1, bits.bits(16) + 1
    return Vp9KeyFrameHeader(profile, depth, _MATRICES.get(color_space, 2), full_range, subsampling, width, height)


def level_of(width: int, height: int, frame_rate: float = 0) -> int:
    """The lowest level that allows pictures of this size in pixels at this frame rate, or the highest level.

    Without a frame rate only the size counts. Annex A also limits bit rates and tiles, which are not known here.
    """
    size = width * height
    for level, (rate, picture, side) in LEVELS.items():
        if size <= picture and max(width, height) <= side and size * frame_rate <= rate:
            return level
    return max(LEVELS)


def codec_string_from_key_frame(data: Data, frame_rate: float = 0) -> str | None:
    """``vp09.PP.LL.DD`` of a key frame, with the level for its size and ``frame_rate``.

    Optional fields follow if the frame is not 4:2:0 or has a colour space. The result is None if the data is not a key
    frame. Raises InvalidDescription if it is 4:4:0, for which codec strings have no number.
    """
    header = parse_key_frame_header(data)
    if header is None:
        return None
    if header.subsampling == (False, True):
        raise InvalidDescription("VP9 4:4:0 has no codec string, and its frames would have no pixel format")
    subsampling = {(True, True): 1, (True, False): 2, (False, False): 3}[header.subsampling]
    # A frame has a matrix, but no primaries and transfer. The matrix of RGB means sRGB (§ 7.2.2).
    primaries, transfer = (1, 13) if header.matrix_coefficients == 0 else (2, 2)
    level = level_of(header.width, header.height, frame_rate)
    string = f"vp09.{header.profile:02}.{level:02}.{header.bit_depth:02}"
    if subsampling == 1 and header.matrix_coefficients == 2 and not header.full_range:
        return string
    colour = f"{primaries:02}.{transfer:02}.{header.matrix_coefficients:02}.{header.full_range:02}"
    return f"{string}.{subsampling:02}.{colour}"


def codec_string_from_vpcc(data: bytes) -> str:
    """``vp09.…`` of a VPCodecConfigurationRecord, without the version and flags of its box.

    Raises InvalidDescription.
    """
    if len(data) < 8:
        raise InvalidDescription("not a VPCodecConfigurationRecord (vpcC)")
    profile, level, depth, subsampling, full_range = data[0], data[1], data[2] >> 4, data[2] >> 1 & 7, data[2] & 1
    string = f"vp09.{profile:02}.{level:02}.{depth:02}.{subsampling:02}."
    string += f"{data[3]:02}.{data[4]:02}.{data[5]:02}.{full_range:02}"
    if Vp9Registration().parse(string) is None:
        raise InvalidDescription(f"vpcC: {string} is not a valid codec string")
    return string.removesuffix(".01.01.01.01.00")
