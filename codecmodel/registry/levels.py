"""The limits of the levels of video codecs: sizes in luma samples, rates per second, bit rates in bits per second.

Sources: H.264 table A-1; H.265 tables A.8 and A.9; AV1 specification annex A.3.
"""

from collections.abc import Mapping
from math import isqrt
from typing import Final, NamedTuple

from codecmodel.registry.av1 import Av1CodecString
from codecmodel.registry.avc import AvcCodecString
from codecmodel.registry.codec_string import CodecString
from codecmodel.registry.hevc import HevcCodecString


class Demands(NamedTuple):
    """The pictures to encode. A member that is not known is None."""

    width: int
    height: int
    frame_rate: float | None
    bit_rate: int | None


class _Level(NamedTuple):
    picture: int
    per_second: int
    bit_rate: int


#: level_idc → macroblocks in a picture, macroblocks per second, bit rate of the first profiles. 9 is level 1b.
_AVC: Final[Mapping[int, _Level]] = {
    9: _Level(99, 1485, 128_000),
    10: _Level(99, 1485, 64_000),
    11: _Level(396, 3000, 192_000),
    12: _Level(396, 6000, 384_000),
    13: _Level(396, 11_880, 768_000),
    20: _Level(396, 11_880, 2_000_000),
    21: _Level(792, 19_800, 4_000_000),
    22: _Level(1620, 20_250, 4_000_000),
    30: _Level(1620, 40_500, 10_000_000),
    31: _Level(3600, 108_000, 14_000_000),
    32: _Level(5120, 216_000, 20_000_000),
    40: _Level(8192, 245_760, 20_000_000),
    41: _Level(8192, 245_760, 50_000_000),
    42: _Level(8704, 522_240, 50_000_000),
    50: _Level(22_080, 589_824, 135_000_000),
    51: _Level(36_864, 983_040, 240_000_000),
    52: _Level(36_864, 2_073_600, 240_000_000),
    60: _Level(139_264, 4_177_920, 240_000_000),
    61: _Level(139_264, 8_355_840, 480_000_000),
    62: _Level(139_264, 16_711_680, 800_000_000),
}
#: profile_idc → the factor for the bit rate, in fourths (table A-2, cpbBrVclFactor).
_AVC_FOURTHS: Final = {100: 5, 110: 12, 122: 16, 244: 16, 44: 16}

#: general_level_idc → luma samples in a picture and per second, bit rate of the Main tier and of the High tier.
_HEVC: Final[Mapping[int, tuple[int, int, int, int]]] = {
    30: (36_864, 552_960, 128_000, 128_000),
    60: (122_880, 3_686_400, 1_500_000, 1_500_000),
    63: (245_760, 7_372_800, 3_000_000, 3_000_000),
    90: (552_960, 16_588_800, 6_000_000, 6_000_000),
    93: (983_040, 33_177_600, 10_000_000, 10_000_000),
    120: (2_228_224, 66_846_720, 12_000_000, 30_000_000),
    123: (2_228_224, 133_693_440, 20_000_000, 50_000_000),
    150: (8_912_896, 267_386_880, 25_000_000, 100_000_000),
    153: (8_912_896, 534_773_760, 40_000_000, 160_000_000),
    156: (8_912_896, 1_069_547_520, 60_000_000, 240_000_000),
    180: (35_651_584, 1_069_547_520, 60_000_000, 240_000_000),
    183: (35_651_584, 2_139_095_040, 120_000_000, 480_000_000),
    186: (35_651_584, 4_278_190_080, 240_000_000, 800_000_000),
}

#: seq_level_idx → luma samples in a picture, width, height, samples displayed per second, bit rates of both tiers.
_AV1: Final[Mapping[int, tuple[int, int, int, int, int, int]]] = {
    0: (147_456, 2048, 1152, 4_423_680, 1_500_000, 1_500_000),
    1: (278_784, 2816, 1584, 8_363_520, 3_000_000, 3_000_000),
    4: (665_856, 4352, 2448, 19_975_680, 6_000_000, 6_000_000),
    5: (1_065_024, 5504, 3096, 31_950_720, 10_000_000, 10_000_000),
    8: (2_359_296, 6144, 3456, 70_778_880, 12_000_000, 30_000_000),
    9: (2_359_296, 6144, 3456, 141_557_760, 20_000_000, 50_000_000),
    12: (8_912_896, 8192, 4352, 267_386_880, 30_000_000, 100_000_000),
    13: (8_912_896, 8192, 4352, 534_773_760, 40_000_000, 160_000_000),
    14: (8_912_896, 8192, 4352, 1_069_547_520, 60_000_000, 240_000_000),
    15: (8_912_896, 8192, 4352, 1_069_547_520, 60_000_000, 240_000_000),
    16: (35_651_584, 16_384, 8704, 1_069_547_520, 60_000_000, 240_000_000),
    17: (35_651_584, 16_384, 8704, 2_139_095_040, 100_000_000, 480_000_000),
    18: (35_651_584, 16_384, 8704, 4_278_190_080, 160_000_000, 800_000_000),
    19: (35_651_584, 16_384, 8704, 4_278_190_080, 160_000_000, 800_000_000),
}
#: The level without limits.
_AV1_MAXIMUM: Final = 31


def is_within_level(codec_string: CodecString, demands: Demands) -> bool:
    """Whether the level of the codec string allows the pictures, as it does if the bitstream has no levels."""
    match codec_string:
        case AvcCodecString():
            level = _AVC.get(avc_level_idc(codec_string))
            if level is None:
                return False
            width, height = -(-demands.width // 16), -(-demands.height // 16)
            fourths = _AVC_FOURTHS.get(codec_string.profile_idc, 4)
            return _fits(demands, width, height, level._replace(bit_rate=level.bit_rate * fourths // 4))
        case HevcCodecString():
            limits = _HEVC.get(codec_string.level_idc)
            if limits is None:
                return False
            picture, per_second, main, high = limits
            bit_rate = high if codec_string.tier_flag else main
            return _fits(demands, demands.width, demands.height, _Level(picture, per_second, bit_rate))
        case Av1CodecString():
            if codec_string.level_idx == _AV1_MAXIMUM:
                return True
            if codec_string.level_idx not in _AV1:
                return False
            picture, most_wide, most_high, per_second, main, high = _AV1[codec_string.level_idx]
            if demands.width > most_wide or demands.height > most_high:
                return False
            bit_rate = high if codec_string.tier else main
            return _fits(demands, demands.width, demands.height, _Level(picture, per_second, bit_rate), any_shape=True)
    return True


def avc_level_idc(codec_string: AvcCodecString) -> int:
    """level_idc, in which level 1b is 9 for the profiles, too, that mark it by constraint_set3_flag."""
    if (
        codec_string.profile_idc in (66, 77, 88)
        and codec_string.level_idc == 11
        and codec_string.constraint_flags & 0x10
    ):
        return 9
    return codec_string.level_idc


def _fits(demands: Demands, width: int, height: int, level: _Level, *, any_shape: bool = False) -> bool:
    if width * height > level.picture:
        return False
    # H.264 § A.3.1 and H.265 § A.4.1: no side is longer than the square root of eight times the picture size.
    if not any_shape and max(width, height) > isqrt(8 * level.picture):
        return False
    if demands.frame_rate is not None and width * height * demands.frame_rate > level.per_second:
        return False
    return demands.bit_rate is None or demands.bit_rate <= level.bit_rate
