"""H.264: parameter sets, avcC, key chunks."""

import pytest

from codecmodel.registry import InvalidDescription, first_avc_sps, is_key_chunk, parse_codec_string, registration_of
from codecmodel.registry.avc import (
    avcc_from_annex_b,
    build_avcc,
    codec_string_from_annex_b,
    codec_string_from_avcc,
    parse_avcc,
    parse_sps,
)
from tests.codecmodel.registry.bit_writer import annex_b, length_prefixed
from tests.codecmodel.registry.parameter_set_bits import AVC_IDR, AVC_PPS, AVC_SLICE, avc_sps

#: An access unit delimiter, which says nothing about the picture.
DELIMITER = b"\x09\xf0"


def test_sps_of_a_high_profile() -> None:
    sps = parse_sps(avc_sps(reorder=2, color=(1, 9, 16, 9), aspect_ratio=(40, 33)))
    assert sps is not None
    assert (sps.profile_idc, sps.constraint_flags, sps.level_idc) == (100, 0, 31)
    assert (sps.chroma_format_idc, sps.bit_depth_luma, sps.bit_depth_chroma) == (1, 8, 8)
    assert (sps.pic_order_cnt_type, sps.max_num_ref_frames, sps.frame_mbs_only) == (0, 3, True)
    assert (sps.coded_width, sps.coded_height, sps.crop) == (1280, 720, (0, 0, 0, 0))
    assert sps.sample_aspect_ratio == (40, 33)
    assert (sps.colour.primaries, sps.colour.transfer, sps.colour.matrix, sps.colour.full_range) == (9, 16, 9, True)
    assert sps.max_num_reorder_frames == 2


def test_sps_that_leaves_out_what_it_may() -> None:
    sps = parse_sps(avc_sps(66, 0xC0, 30))
    assert sps is not None
    assert (sps.profile_idc, sps.constraint_flags, sps.level_idc) == (66, 0xC0, 30)
    assert (sps.colour.primaries, sps.colour.full_range, sps.max_num_reorder_frames) == (2, None, None)


@pytest.mark.parametrize(
    ("chroma_format", "interlaced", "crop"),
    [
        (1, False, (2, 8, 4, 6)),
        (1, True, (2, 16, 4, 12)),
        (2, False, (2, 4, 4, 3)),
        (3, False, (1, 4, 2, 3)),
        (0, True, (1, 8, 2, 6)),
    ],
)
def test_cropping_counts_in_chroma_samples(
    chroma_format: int, interlaced: bool, crop: tuple[int, int, int, int]
) -> None:
    sps = parse_sps(avc_sps(244, chroma_format=chroma_format, interlaced=interlaced, crop=(1, 2, 4, 3)))
    assert sps is not None
    assert sps.crop == crop
    assert (sps.coded_width, sps.coded_height) == (1280, 1440 if interlaced else 720)


def test_bit_depth() -> None:
    sps = parse_sps(avc_sps(110, depth=10))
    assert sps is not None
    assert (sps.bit_depth_luma, sps.bit_depth_chroma) == (10, 10)


def test_sps_cut_off_anywhere_before_its_end() -> None:
    unit = avc_sps(reorder=2)
    assert all(parse_sps(unit[:size]) is None for size in range(len(unit) - 1))


def test_avcc_of_a_high_profile() -> None:
    sps = avc_sps(110, depth=10)
    record = parse_avcc(build_avcc([sps], [AVC_PPS], length_size=2))
    assert (record.profile_idc, record.constraint_flags, record.level_idc, record.length_size) == (110, 0, 31, 2)
    assert (record.sps, record.pps, record.sps_extensions) == ((sps,), (AVC_PPS,), ())
    assert (record.chroma_format, record.bit_depth_luma, record.bit_depth_chroma) == (1, 10, 10)


def test_avcc_byte_by_byte() -> None:
    description = bytes.fromhex("0142c01eff e1 0004 6742c01e 02 0002 68ce 0002 68cf")
    record = parse_avcc(description)
    assert (record.profile_idc, record.constraint_flags, record.level_idc, record.length_size) == (66, 0xC0, 30, 4)
    assert (record.sps, record.pps) == ((b"\x67\x42\xc0\x1e",), (b"\x68\xce", b"\x68\xcf"))
    assert (record.chroma_format, record.bit_depth_luma) == (None, None)


def test_avcc_with_an_sps_extension() -> None:
    record = parse_avcc(bytes.fromhex("01640028ff e0 00 fe f9 fa 01 0002 6dff"))
    assert (record.chroma_format, record.bit_depth_luma, record.bit_depth_chroma) == (2, 9, 10)
    assert record.sps_extensions == (b"\x6d\xff",)


def test_avcc_of_a_high_profile_without_its_extension() -> None:
    record = parse_avcc(bytes.fromhex("01640028ff e0 00"))
    assert (record.chroma_format, record.bit_depth_luma, record.bit_depth_chroma) == (None, None, None)


@pytest.mark.parametrize(
    "description",
    [
        "",
        "0142c01eff",
        "0042c01effe1000467 42c01e00",  # version
        "0142c01efee1000467 42c01e00",  # lengths of 3 bytes
        "0142c01effe1000567 42c01e",  # cut off
        "0142c01effe1000467 42c01e",  # no number of picture parameter sets
        "0142c01effe1000068ce",  # an empty set
        "0142c01effe1000468 42c01e00",  # something else
        "0142c01effe1000467 42c01e01000267ce",
    ],
)
def test_malformed_avcc(description: str) -> None:
    with pytest.raises(InvalidDescription):
        parse_avcc(bytes.fromhex(description))


def test_a_description_says_the_format() -> None:
    codec_string = parse_codec_string("avc1.64001f")
    assert codec_string is not None
    registration = registration_of(codec_string)
    description = build_avcc([avc_sps()], [AVC_PPS])
    assert registration.parse_description(codec_string, None) is None
    assert registration.parse_description(codec_string, description) == parse_avcc(description)
    with pytest.raises(InvalidDescription):
        registration.parse_description(codec_string, b"\1")


def test_codec_strings_of_streams() -> None:
    sps = avc_sps(77, 0x40, 30)
    assert codec_string_from_avcc(build_avcc([sps], [AVC_PPS])) == "avc1.4d401e"
    assert codec_string_from_annex_b(annex_b(DELIMITER, sps, AVC_PPS)) == "avc1.4d401e"
    assert codec_string_from_annex_b(annex_b(AVC_PPS, AVC_IDR)) is None


def test_avcc_from_a_byte_stream() -> None:
    sps = avc_sps()
    stream = annex_b(sps, AVC_PPS, AVC_IDR, sps, AVC_PPS, AVC_IDR)
    assert avcc_from_annex_b(stream) == build_avcc([sps], [AVC_PPS])
    with pytest.raises(ValueError, match="needs a sequence parameter set"):
        avcc_from_annex_b(annex_b(AVC_PPS))


def test_the_first_sps() -> None:
    sps = avc_sps()
    assert first_avc_sps(build_avcc([sps], [AVC_PPS]), None) == parse_sps(sps)
    assert first_avc_sps(None, annex_b(DELIMITER, sps)) == parse_sps(sps)
    assert first_avc_sps(None, None) is None
    assert first_avc_sps(b"\1", annex_b(sps)) is None


def test_key_chunks_with_lengths() -> None:
    description = build_avcc([avc_sps()], [AVC_PPS], length_size=2)
    for unit, expected in ((AVC_IDR, True), (AVC_SLICE, False)):
        data = length_prefixed(DELIMITER, unit, size=2)
        assert is_key_chunk("avc1.64001f", description, data) is expected
        assert is_key_chunk("avc1.64001f", description, memoryview(data)) is expected


def test_the_second_field_of_an_idr_picture_need_not_be_idr() -> None:
    description = build_avcc([avc_sps()], [AVC_PPS])
    assert is_key_chunk("avc1.64001f", description, length_prefixed(AVC_IDR, AVC_SLICE)) is True


def test_key_chunks_in_a_byte_stream() -> None:
    sets = (avc_sps(), AVC_PPS)
    assert is_key_chunk("avc1.64001f", None, annex_b(DELIMITER, *sets, AVC_IDR)) is True
    assert is_key_chunk("avc1.64001f", None, annex_b(DELIMITER, *sets, AVC_SLICE)) is False
    assert is_key_chunk("avc1.64001f", None, annex_b(AVC_SLICE)) is False


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff\xff", b"\0\0\0\1"])
def test_data_that_does_not_tell_whether_it_is_a_key_chunk(data: bytes) -> None:
    assert is_key_chunk("avc1.64001f", None, data) is None
    assert is_key_chunk("avc1.64001f", build_avcc([avc_sps()], [AVC_PPS]), data) is None
    assert is_key_chunk("avc1.64001f", b"\1", data) is None
