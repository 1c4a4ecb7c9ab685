"""The levels of codecs, exactly at their limits."""

import pytest

from codecmodel.registry import parse_codec_string
from codecmodel.registry.levels import Demands, is_within_level


@pytest.mark.parametrize("level", [10, 31, 51, 62])
def test_a_bit_rate_at_the_limit_of_an_avc_level(level: int) -> None:
    """H.264 table A-1, in kbit/s of the Baseline and Main profiles; High has 1.25 times as much."""
    main = {10: 64, 31: 14_000, 51: 240_000, 62: 800_000}[level] * 1000
    for profile, limit in ((0x42, main), (0x4D, main), (0x64, main * 5 // 4), (0x6E, main * 3), (0x7A, main * 4)):
        string = parse_codec_string(f"avc1.{profile:02x}00{level:02x}")
        assert string is not None
        assert is_within_level(string, Demands(64, 64, 25.0, limit))
        assert not is_within_level(string, Demands(64, 64, 25.0, limit + 1))


@pytest.mark.parametrize(
    ("codec", "limit"),
    [
        ("hvc1.1.6.L93.B0", 10_000_000),
        ("hvc1.1.6.L120.B0", 12_000_000),
        ("hvc1.1.6.H120.B0", 30_000_000),
        ("hvc1.1.6.H186.B0", 800_000_000),
        ("av01.0.00M.08", 1_500_000),
        ("av01.0.08M.08", 12_000_000),
        ("av01.0.08H.08", 30_000_000),
        ("av01.0.19H.08", 800_000_000),
    ],
)
def test_a_bit_rate_at_the_limit_of_a_level(codec: str, limit: int) -> None:
    string = parse_codec_string(codec)
    assert string is not None
    assert is_within_level(string, Demands(64, 64, 25.0, limit))
    assert is_within_level(string, Demands(64, 64, 25.0, None))
    assert not is_within_level(string, Demands(64, 64, 25.0, limit + 1))


@pytest.mark.parametrize(
    ("codec", "at_the_limit", "beyond"),
    [
        # 1620 macroblocks in a picture, 40,500 a second, and a side of 113 macroblocks: the root of eight times 1620.
        ("avc1.42001e", (720, 576, 25.0), (720, 576, 25.01)),
        ("avc1.42001e", (720, 576, None), (720, 577, None)),
        ("avc1.42001e", (113 * 16, 14 * 16, 1.0), (113 * 16 + 1, 14 * 16, 1.0)),
        ("avc1.42001e", (14 * 16, 113 * 16, 1.0), (14 * 16, 113 * 16 + 1, 1.0)),
        # 983,040 luma samples in a picture, and 33,177,600 a second.
        ("hvc1.1.6.L93.B0", (1280, 768, 33.75), (1280, 768, 33.76)),
        ("hvc1.1.6.L93.B0", (1280, 768, None), (1280, 769, None)),
        # 665,856 luma samples in a picture, 19,975,680 a second, and sides of 4352 and 2448.
        ("av01.0.04M.08", (1024, 650, 30.0), (1024, 650, 30.02)),
        ("av01.0.04M.08", (4352, 153, None), (4353, 152, None)),
        ("av01.0.04M.08", (272, 2448, None), (271, 2449, None)),
    ],
)
def test_pictures_at_the_limits_of_a_level(
    codec: str, at_the_limit: tuple[int, int, float | None], beyond: tuple[int, int, float | None]
) -> None:
    string = parse_codec_string(codec)
    assert string is not None
    assert is_within_level(string, Demands(*at_the_limit, None))
    assert not is_within_level(string, Demands(*beyond, None))
