"""H.265: parameter sets, hvcC, key chunks."""

import pytest

from codecmodel.registry import InvalidDescription, is_key_chunk, parse_codec_string
from codecmodel.registry.hevc import (
    build_hvcc,
    codec_string_from_annex_b,
    codec_string_from_hvcc,
    has_picture,
    hvcc_from_annex_b,
    parse_hvcc,
    parse_sps,
)
from tests.codecmodel.registry.bit_writer import annex_b, length_prefixed
from tests.codecmodel.registry.parameter_set_bits import HEVC_PPS, HEVC_VPS, hevc_sps

STRING = "hvc1.1.6.L93.90"


def slice_of_type(unit_type: int, layer: int = 0) -> bytes:
    return bytes([unit_type << 1 | layer >> 5, (layer & 31) << 3 | 1, 0xAF])


def test_sps() -> None:
    sps = parse_sps(hevc_sps(2, tier=1, level=120, compatibility=0x20000000, depth=10))
    assert sps is not None
    assert (sps.profile_space, sps.tier_flag, sps.profile_idc, sps.level_idc) == (0, 1, 2, 120)
    assert (sps.compatibility_flags, sps.constraint_flags.hex()) == (0x20000000, "900000000000")
    assert (sps.chroma_format_idc, sps.bit_depth_luma, sps.bit_depth_chroma) == (1, 10, 10)
    assert (sps.coded_width, sps.coded_height, sps.conformance_window) == (1280, 720, (0, 0, 0, 0))
    assert (sps.max_sub_layers, sps.temporal_id_nesting, sps.max_num_reorder_pics) == (1, True, 2)


def test_sps_with_sub_layers() -> None:
    sps = parse_sps(hevc_sps(level=120, sub_layers=3, reorder=1))
    assert sps is not None
    assert (sps.max_sub_layers, sps.coded_width, sps.coded_height, sps.max_num_reorder_pics) == (3, 1280, 720, 1)


@pytest.mark.parametrize(
    ("chroma_format", "window"), [(0, (1, 4, 2, 3)), (1, (2, 8, 4, 6)), (2, (2, 4, 4, 3)), (3, (1, 4, 2, 3))]
)
def test_the_conformance_window_counts_in_chroma_samples(chroma_format: int, window: tuple[int, int, int, int]) -> None:
    sps = parse_sps(hevc_sps(4, chroma_format=chroma_format, window=(1, 2, 4, 3)))
    assert sps is not None
    assert sps.conformance_window == window


def test_hvcc() -> None:
    sps = hevc_sps(2, level=120, compatibility=0x20000000, depth=10)
    record = parse_hvcc(build_hvcc([HEVC_VPS], [sps], [HEVC_PPS]))
    assert (record.profile_space, record.tier_flag, record.profile_idc, record.level_idc) == (0, 0, 2, 120)
    assert (record.compatibility_flags, record.constraint_flags.hex()) == (0x20000000, "900000000000")
    assert (record.chroma_format, record.bit_depth_luma, record.bit_depth_chroma) == (1, 10, 10)
    assert record.length_size == 4
    assert record.arrays == ((32, (HEVC_VPS,)), (33, (sps,)), (34, (HEVC_PPS,)))


def test_hvcc_byte_by_byte() -> None:
    record = parse_hvcc(
        bytes.fromhex("01 21 60000000 b00000000001 5d f000 fc fd f8 f9 0000 0d 02")
        + bytes.fromhex("20 0001 0002 4001 a7 0002 0001 4e 0002 5001")
    )
    assert (record.profile_space, record.tier_flag, record.profile_idc, record.level_idc) == (0, 1, 1, 93)
    assert (record.compatibility_flags, record.constraint_flags.hex()) == (0x60000000, "b00000000001")
    assert (record.chroma_format, record.bit_depth_luma, record.bit_depth_chroma, record.length_size) == (1, 8, 9, 2)
    assert record.arrays == ((32, (b"\x40\x01",)), (39, (b"\x4e", b"\x50\x01")))


HEAD = "01 01 60000000 900000000000 5d f000 fc fd f8 f8 0000"


@pytest.mark.parametrize(
    "description",
    ["", HEAD, HEAD + "0f", "02" + HEAD[2:] + "0f00", HEAD + "0e00", HEAD + "0f01 20", HEAD + "0f01 20 0001 0003 4001",
     HEAD + "0f01 20 0001 0000"],
)  # fmt: skip
def test_malformed_hvcc(description: str) -> None:
    with pytest.raises(InvalidDescription):
        parse_hvcc(bytes.fromhex(description))


def test_codec_strings_of_streams() -> None:
    sps = hevc_sps(2, tier=1, level=120, compatibility=0x20000000, constraints="b00008000000")
    assert codec_string_from_hvcc(build_hvcc([HEVC_VPS], [sps], [HEVC_PPS])) == "hvc1.2.4.H120.b0.0.8"
    string = codec_string_from_annex_b(annex_b(HEVC_VPS, sps, HEVC_PPS))
    assert string == "hev1.2.4.H120.b0.0.8"
    parsed = parse_codec_string(string)
    assert parsed is not None
    assert parsed.codec == "hevc"
    assert codec_string_from_annex_b(annex_b(HEVC_VPS)) is None


def test_hvcc_from_a_byte_stream() -> None:
    sps = hevc_sps()
    stream = annex_b(HEVC_VPS, sps, HEVC_PPS, slice_of_type(19), HEVC_VPS, sps, HEVC_PPS)
    assert hvcc_from_annex_b(stream) == build_hvcc([HEVC_VPS], [sps], [HEVC_PPS])


@pytest.mark.parametrize("unit_type", range(16, 22))
def test_random_access_pictures_are_key(unit_type: int) -> None:
    sps = hevc_sps()
    description = build_hvcc([HEVC_VPS], [sps], [HEVC_PPS])
    assert is_key_chunk(STRING, description, length_prefixed(slice_of_type(unit_type))) is True
    assert is_key_chunk(STRING, None, annex_b(HEVC_VPS, sps, HEVC_PPS, slice_of_type(unit_type))) is True


@pytest.mark.parametrize("unit_type", range(10))
def test_other_pictures_are_not(unit_type: int) -> None:
    sps = hevc_sps()
    description = build_hvcc([HEVC_VPS], [sps], [HEVC_PPS])
    assert is_key_chunk(STRING, description, length_prefixed(slice_of_type(unit_type))) is False
    assert is_key_chunk(STRING, None, annex_b(HEVC_VPS, sps, HEVC_PPS, slice_of_type(unit_type))) is False


def test_only_the_base_layer_counts() -> None:
    description = build_hvcc([HEVC_VPS], [hevc_sps()], [HEVC_PPS])
    data = length_prefixed(slice_of_type(1, layer=1), slice_of_type(1, layer=32), slice_of_type(19))
    assert is_key_chunk(STRING, description, data) is True


@pytest.mark.parametrize("data", [b"", b"\xff\xff\xff\xff\xff", b"\0\0\0\1\x26"])
def test_data_that_does_not_tell_whether_it_is_a_key_chunk(data: bytes) -> None:
    assert is_key_chunk(STRING, None, data) is None
    assert is_key_chunk(STRING, build_hvcc([HEVC_VPS], [hevc_sps()], [HEVC_PPS]), data) is None
    assert is_key_chunk(STRING, b"\1", data) is None


def test_units_with_a_picture() -> None:
    for units, expected in (
        ((slice_of_type(1),), True),
        ((HEVC_VPS, hevc_sps(), HEVC_PPS, slice_of_type(31)), True),
        ((HEVC_VPS, hevc_sps(), HEVC_PPS), False),
        # The forbidden bit is set.
        ((b"\x82" + slice_of_type(1)[1:],), False),
        ((), False),
    ):
        assert has_picture(annex_b(*units), 0) is expected
        assert has_picture(length_prefixed(*units), 4) is expected
    assert has_picture(b"\0\0\1", 0) is False
