"""VP8 and VP9: frame headers, levels, key chunks."""

import pytest

from codecmodel.registry import is_key_chunk, parse_codec_string, registration_of, vp8, vp9
from tests.codecmodel.registry.bit_writer import BitWriter

#: RFC 6386 § 9.1: frame tag of a key frame, start code, 176x144, with scales of 1 and 2.
VP8_KEY_FRAME = bytes.fromhex("100200 9d012a b040 9080")


def vp9_frame(
    profile: int = 0,
    *,
    key: bool = True,
    deep: int = 0,
    color_space: int = 2,
    full_range: int = 0,
    subsampling: tuple[int, int] | None = None,
    size: tuple[int, int] = (320, 240),
) -> bytes:
    """The uncompressed header of a frame; ``deep`` is ten_or_twelve_bit."""
    bits = BitWriter().u((2, 2), (profile & 1, 1), (profile >> 1, 1))
    if profile == 3:
        bits.u((0, 1))
    bits.u((0, 1), (int(not key), 1), (1, 1), (0, 1))
    if not key:
        return bits.u((0, 16)).data()
    bits.u((0x498342, 24))
    if profile >= 2:
        bits.u((deep, 1))
    bits.u((color_space, 3))
    if color_space != 7:
        bits.u((full_range, 1))
        if subsampling is not None:
            bits.u((subsampling[0], 1), (subsampling[1], 1), (0, 1))
    elif profile in (1, 3):
        bits.u((0, 1))
    return bits.u((size[0] - 1, 16), (size[1] - 1, 16), (0, 1), (0, 32)).data()


def test_vp8_key_frame_header() -> None:
    assert vp8.parse_key_frame_header(VP8_KEY_FRAME) == vp8.Vp8KeyFrameHeader(0, 176, 144)
    assert vp8.parse_key_frame_header(b"\x16" + VP8_KEY_FRAME[1:]) == vp8.Vp8KeyFrameHeader(3, 176, 144)


@pytest.mark.parametrize(
    "data", [b"", VP8_KEY_FRAME[:9], b"\x11" + VP8_KEY_FRAME[1:], b"\x10\2\0\x9d\1\x2b\xb0\0\x90\0"]
)
def test_not_a_vp8_key_frame_header(data: bytes) -> None:
    assert vp8.parse_key_frame_header(data) is None


def test_vp8_key_chunks() -> None:
    assert is_key_chunk("vp8", None, VP8_KEY_FRAME) is True
    assert is_key_chunk("vp8", None, b"\x11\2\0") is False
    assert is_key_chunk("vp8", None, memoryview(VP8_KEY_FRAME)) is True
    assert is_key_chunk("vp8", None, b"") is None


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (vp9_frame(), (0, 8, 1, False, (True, True), 320, 240)),
        (vp9_frame(color_space=0, full_range=1), (0, 8, 2, True, (True, True), 320, 240)),
        (vp9_frame(1, subsampling=(0, 0)), (1, 8, 1, False, (False, False), 320, 240)),
        (vp9_frame(1, subsampling=(1, 0), color_space=1), (1, 8, 5, False, (True, False), 320, 240)),
        (vp9_frame(1, color_space=7), (1, 8, 0, True, (False, False), 320, 240)),
        (vp9_frame(2, color_space=5, size=(65536, 1)), (2, 10, 9, False, (True, True), 65536, 1)),
        (vp9_frame(3, deep=1, subsampling=(0, 1)), (3, 12, 1, False, (False, True), 320, 240)),
    ],
)
def test_vp9_key_frame_header(frame: bytes, expected: tuple[int, int, int, bool, tuple[bool, bool], int, int]) -> None:
    assert vp9.parse_key_frame_header(frame) == vp9.Vp9KeyFrameHeader(*expected)


@pytest.mark.parametrize(
    "data", [b"", vp9_frame(key=False), vp9_frame()[:7], b"\x42" + vp9_frame()[1:], b"\x82\x49\x83\x43"]
)
def test_not_a_vp9_key_frame_header(data: bytes) -> None:
    assert vp9.parse_key_frame_header(data) is None


def superframe(*frames: bytes) -> bytes:
    """Frames with an index of two-byte sizes (VP9 Annex B)."""
    marker = bytes([0xC8 | len(frames) - 1])
    return b"".join(frames) + marker + b"".join(len(frame).to_bytes(2, "little") for frame in frames) + marker


@pytest.mark.parametrize("profile", range(4))
def test_vp9_key_chunks(profile: int) -> None:
    string = ("vp09.00.10.08", "vp09.01.10.08", "vp09.02.10.10", "vp09.03.10.10")[profile]
    key = vp9_frame(profile, subsampling=(0, 0) if profile in (1, 3) else None)
    delta = vp9_frame(profile, key=False)
    assert is_key_chunk(string, None, key) is True
    assert is_key_chunk(string, None, delta) is False
    assert is_key_chunk(string, None, superframe(key, delta)) is True
    assert is_key_chunk(string, None, superframe(delta, delta)) is False
    show_existing = BitWriter().u((2, 2), (profile & 1, 1), (profile >> 1, 1))
    if profile == 3:
        show_existing.u((0, 1))
    assert is_key_chunk(string, None, show_existing.u((1, 1), (0, 3)).data()) is False


def test_vp9_key_chunks_that_can_not_be_told() -> None:
    assert is_key_chunk("vp09.00.10.08", None, b"") is None
    assert is_key_chunk("vp09.00.10.08", None, b"\x42\0") is None


@pytest.mark.parametrize(
    ("width", "height", "rate", "level"),
    [
        (256, 144, 15, 10), (256, 144, 30, 11), (384, 192, 30, 11), (480, 256, 30, 20), (640, 384, 30, 21),
        (1080, 512, 30, 30), (1280, 768, 30, 31), (2048, 1088, 30, 40), (2048, 1088, 60, 41), (4096, 2176, 30, 50),
        (4096, 2176, 60, 51), (4096, 2176, 120, 52), (8192, 4352, 30, 60), (8192, 4352, 60, 61), (8192, 4352, 120, 62),
    ],
)  # fmt: skip
def test_vp9_levels_of_the_examples_in_annex_a(width: int, height: int, rate: int, level: int) -> None:
    assert vp9.level_of(width, height, rate) == level


def test_vp9_codec_string_of_a_key_frame() -> None:
    assert vp9.codec_string_from_key_frame(vp9_frame(color_space=2), 30) == "vp09.00.20.08.01.02.02.01.00"
    assert vp9.codec_string_from_key_frame(vp9_frame(key=False), 30) is None


@pytest.mark.parametrize("string", ["vp8", "vp09.00.10.08"])
def test_descriptions_are_not_used(string: str) -> None:
    codec_string = parse_codec_string(string)
    assert codec_string is not None
    assert registration_of(codec_string).parse_description(codec_string, b"anything") is None
