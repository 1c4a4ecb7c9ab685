"""Finer points: expectations of web-platform-tests, exclusions of profiles, and colours in streams."""

import pytest

from codecmodel.registry import (
    Av1CodecString,
    InvalidDescription,
    Vp9CodecString,
    aac,
    av1,
    avc,
    first_avc_sps,
    flac,
    hevc,
    is_key_chunk,
    opus,
    parse_codec_string,
    registration_of,
    vorbis,
    vp9,
)
from tests.codecmodel.registry.av1_bits import obu, sequence_header
from tests.codecmodel.registry.bit_writer import BitWriter, annex_b, length_prefixed
from tests.codecmodel.registry.parameter_set_bits import (
    AVC_IDR,
    AVC_PPS,
    AVC_SLICE,
    HEVC_PPS,
    HEVC_VPS,
    avc_sps,
    hevc_sps,
)
from tests.codecmodel.registry.test_vp8_and_vp9 import vp9_frame

AVCC = avc.build_avcc([avc_sps()], [AVC_PPS])
HVCC = hevc.build_hvcc([HEVC_VPS], [hevc_sps()], [HEVC_PPS])
HEVC_IDR = b"\x26\x01\xaf"


def recovery_point(frames: int, *, after: bytes = b"") -> bytes:
    """An SEI NAL unit with a recovery point message behind other messages."""
    message = BitWriter().ue(frames).u((1, 1), (0, 1), (0, 2), (1, 1)).data()
    return b"\x06" + after + bytes([6, len(message)]) + message + b"\x80"


def test_vp9_optional_fields_left_out_from_the_end() -> None:
    for string, subsampling in (("vp09.01.10.08.03", 3), ("vp09.01.10.08.02", 2), ("vp09.00.10.08.00", 0)):
        parsed = parse_codec_string(string)
        assert isinstance(parsed, Vp9CodecString)
        assert parsed.chroma_subsampling == subsampling
        assert (parsed.colour_primaries, parsed.transfer_characteristics, parsed.matrix_coefficients) == (1, 1, 1)
    parsed = parse_codec_string("vp09.02.10.10.01.09.16")
    assert isinstance(parsed, Vp9CodecString)
    assert (parsed.colour_primaries, parsed.transfer_characteristics, parsed.matrix_coefficients) == (9, 16, 1)


def test_av1_optional_fields_left_out_from_the_end() -> None:
    parsed = parse_codec_string("av01.1.04M.08.0.000")
    assert isinstance(parsed, Av1CodecString)
    assert (parsed.profile, parsed.subsampling, parsed.colour_primaries) == (1, (0, 0), 1)


@pytest.mark.parametrize(("string", "subsampling"), [("av01.1.04M.08", (0, 0)), ("av01.2.04M.10", (1, 0))])
def test_the_default_is_one_the_av1_profile_has(string: str, subsampling: tuple[int, int]) -> None:
    parsed = parse_codec_string(string)
    assert isinstance(parsed, Av1CodecString)
    assert parsed.subsampling == subsampling


def test_a_foreign_character_ends_an_av1_string() -> None:
    parsed = parse_codec_string("av01.0.04M.08-anything")
    assert isinstance(parsed, Av1CodecString)
    assert (parsed.profile, parsed.level_idx, parsed.bit_depth) == (0, 4, 8)
    assert parsed.string == "av01.0.04M.08-anything"


@pytest.mark.parametrize(
    "string",
    [
        "avc1.420009", "avc1.4d0009", "hvc1.C1.6.L93", "hvc1.A1.6.L93", "hvc1.1.6.H93", "hvc1.01.6.L93",
        "vp09.00.10.08.01.99.01.01.00", "vp09.00.10.08.01.01.03.01.00", "vp09.00.10.08.01.01.01.03.00",
        "vp09.01.10.08.01", "av01.0.04M.08.0.000.01.01.01.0", "av01.1.04M.08.0.110.01.01.01.0",
        "av01.2.04M.10.0.110.01.01.01.0", "av01.0.04M.08.0.113.01.01.01.0", "av01.0.04M.08.0.110.99.01.01.0",
        "av01.0.04M.08.2", "av01.0.04M.08.0.11",
    ],
)  # fmt: skip
def test_invalid_strings(string: str) -> None:
    assert parse_codec_string(string) is None


def test_a_recovery_point_counts_as_key() -> None:
    for sei in (recovery_point(0), recovery_point(0, after=b"\x05\xff\x02" + b"u" * 257)):
        assert is_key_chunk("avc1.64001f", AVCC, length_prefixed(sei, AVC_SLICE)) is True
        assert is_key_chunk("avc1.64001f", None, annex_b(avc_sps(), AVC_PPS, sei, AVC_SLICE)) is True


def test_a_gradual_recovery_may_be_key() -> None:
    assert is_key_chunk("avc1.64001f", AVCC, length_prefixed(recovery_point(3), AVC_SLICE)) is None


def test_another_message_is_no_recovery_point() -> None:
    assert is_key_chunk("avc1.64001f", AVCC, length_prefixed(b"\x06\x05\x02\x06\x01\x80", AVC_SLICE)) is False


def test_parameter_sets_that_are_not_in_the_chunk_may_have_come_before() -> None:
    assert is_key_chunk("avc1.64001f", None, annex_b(AVC_IDR)) is None
    assert is_key_chunk("avc1.64001f", None, annex_b(avc_sps(), AVC_IDR)) is None
    assert is_key_chunk("hvc1.1.6.L93.90", None, annex_b(hevc_sps(), HEVC_PPS, HEVC_IDR)) is None


@pytest.mark.parametrize("unit_type", [10, 15, 22, 24, 31])
def test_reserved_hevc_pictures_are_passed_over(unit_type: int) -> None:
    reserved = bytes([unit_type << 1, 1, 0])
    assert is_key_chunk("hvc1.1.6.L93.90", HVCC, length_prefixed(reserved, HEVC_IDR)) is True
    assert is_key_chunk("hvc1.1.6.L93.90", HVCC, length_prefixed(reserved)) is False


def test_the_first_sps_of_avc3_is_in_the_chunk() -> None:
    description = bytes.fromhex("01640028ff e0 00")
    assert first_avc_sps(description, length_prefixed(avc_sps())) == avc.parse_sps(avc_sps())


def test_parameter_sets_of_impossible_pictures() -> None:
    assert avc.parse_sps(avc_sps(crop=(640, 0, 0, 0))) is None
    assert avc.parse_sps(avc_sps(size_in_macroblocks=(5000, 1))) is None
    assert hevc.parse_sps(hevc_sps(window=(0, 0, 360, 0))) is None


def test_parameter_sets_that_do_not_fit() -> None:
    sps, vast = avc_sps(), AVC_PPS + bytes(65536)
    for sets, picture_sets in (([sps] * 32, [AVC_PPS]), ([sps], [AVC_PPS] * 256), ([sps], [vast])):
        with pytest.raises(ValueError, match="too large"):
            avc.build_avcc(sets, picture_sets)
    with pytest.raises(ValueError, match="too large"):
        hevc.build_hvcc([HEVC_VPS], [hevc_sps()], [vast])


def test_usability_information_of_hevc() -> None:
    sps = hevc.parse_sps(hevc_sps(color=(1, 9, 16, 9), aspect_ratio=14))
    assert sps is not None
    assert sps.sample_aspect_ratio == (4, 3)
    assert (sps.colour.primaries, sps.colour.transfer, sps.colour.matrix, sps.colour.full_range) == (9, 16, 9, True)
    plain = hevc.parse_sps(hevc_sps())
    assert plain is not None
    assert (plain.sample_aspect_ratio, plain.colour.primaries, plain.colour.full_range) == ((0, 1), 2, None)


def test_hevc_codec_strings_have_four_fields() -> None:
    sps = hevc_sps(constraints="000000000000")
    assert hevc.codec_string_from_hvcc(hevc.build_hvcc([HEVC_VPS], [sps], [HEVC_PPS])) == "hvc1.1.6.L93.0"


@pytest.mark.parametrize(
    ("frame", "string"),
    [
        (vp9_frame(color_space=0), "vp09.00.20.08"),
        (vp9_frame(1, subsampling=(1, 0), color_space=0), "vp09.01.20.08.02.02.02.02.00"),
        (vp9_frame(1, color_space=7), "vp09.01.20.08.03.01.13.00.01"),
        (vp9_frame(0, color_space=7), None),
    ],
)
def test_vp9_codec_strings_say_the_format(frame: bytes, string: str | None) -> None:
    assert vp9.codec_string_from_key_frame(frame) == string
    assert string is None or parse_codec_string(string) is not None


def test_vp9_of_440_is_refused_for_what_it_is() -> None:
    with pytest.raises(InvalidDescription, match="VP9 4:4:0 has no codec string"):
        vp9.codec_string_from_key_frame(vp9_frame(1, subsampling=(0, 1)))


def test_vp9_levels_limit_the_sides() -> None:
    assert vp9.level_of(1024, 16) == 21
    assert vp9.level_of(16, 1024, 30) == 21


def test_vpcc() -> None:
    assert vp9.codec_string_from_vpcc(bytes.fromhex("020a a3 09 10 09 0000")) == "vp09.02.10.10.01.09.16.09.01"
    assert vp9.codec_string_from_vpcc(bytes.fromhex("000a 82 01 01 01 0000")) == "vp09.00.10.08"
    for malformed in ("", "000a 82 01 01 01 00", "000c 82 01 01 01 0000"):
        with pytest.raises(InvalidDescription):
            vp9.codec_string_from_vpcc(bytes.fromhex(malformed))


def test_av1_codec_strings_say_the_format() -> None:
    header = obu(1, sequence_header(0, 8, high=1, color=(9, 16, 9), position=2))
    assert av1.codec_string_from_sequence_header(header) == "av01.0.08M.10.0.112.09.16.09.0"
    assert av1.codec_string_from_av1c(bytes.fromhex("81084c00") + header) == "av01.0.08M.10.0.112.09.16.09.0"
    assert av1.codec_string_from_av1c(bytes.fromhex("81240000")) == "av01.1.04M.08.0.000.01.01.01.0"
    assert av1.codec_string_from_sequence_header(obu(1, sequence_header(mono=1))) == "av01.0.04M.08.1.110.01.01.01.0"


def test_av1c_is_taken_apart_and_never_refused() -> None:
    codec_string = parse_codec_string("av01.0.04M.08")
    assert codec_string is not None
    registration = registration_of(codec_string)
    assert registration.parse_description(codec_string, bytes.fromhex("8104 ce 15 aabb")) == (
        av1.Av1CodecConfigurationRecord(0, 4, 1, 10, False, (1, 1), 2, 6, b"\xaa\xbb")
    )
    assert registration.parse_description(codec_string, b"anything") is None


def test_a_reserved_av1_profile() -> None:
    assert av1.first_sequence_header(obu(1, sequence_header(3))) is None


def config(*fields: tuple[int, int]) -> aac.AudioSpecificConfig:
    return aac.parse_audio_specific_config(BitWriter().u(*fields).data())


def test_aac_channel_configurations() -> None:
    assert config((2, 5), (3, 4), (13, 4), (0, 3)).channels == 24
    assert config((31, 5), (10, 6), (3, 4), (9, 4)).channels == 3
    with pytest.raises(InvalidDescription):
        config((2, 5), (3, 4), (9, 4), (0, 3))


def test_aac_channels_from_a_program_config_element() -> None:
    start = [(2, 5), (3, 4), (0, 4), (0, 3)]
    element = [(0, 4), (1, 2), (3, 4), (2, 4), (0, 4), (1, 4), (1, 2), (1, 3), (1, 4), (1, 1), (0, 4), (0, 2)]
    elements = [(0, 5), (17, 5), (16, 5), (0, 4), (0, 4), (0, 5)]
    padding = -sum(width for _, width in (*start, *element, *elements)) % 8
    parsed = config(*start, *element, *elements, (0, padding), (2, 8), (0, 16), (0x2B7, 11), (5, 5), (1, 1), (3, 4))
    assert (parsed.channels, parsed.sbr, parsed.extension_sampling_frequency) == (6, True, 48000)


def test_hierarchical_sbr_leaves_parametric_stereo_open() -> None:
    parsed = config((5, 5), (6, 4), (1, 4), (3, 4), (2, 5), (0, 3))
    assert (parsed.sbr, parsed.ps) == (True, None)


def test_aac_that_codec_strings_do_not_know() -> None:
    with pytest.raises(InvalidDescription, match="no codec string"):
        aac.codec_string_from_audio_specific_config(bytes.fromhex("0990"))
    with pytest.raises(InvalidDescription, match="frequency is zero"):
        config((2, 5), (15, 4), (0, 24), (2, 4), (0, 3))
    for arguments in ((2, 48000, 7), (42, 48000, 2), (2, 1 << 24, 2)):
        with pytest.raises(ValueError, match="no AudioSpecificConfig for object type"):
            aac.build_audio_specific_config(*arguments)


def test_opus_heads_survive_formatting() -> None:
    plain = "4f70757348656164 01 02 3801 80bb0000 00ff 00"
    mapped = "4f70757348656164 01 03 0000 80bb0000 0000 01 02 01 000201"
    for text in (plain, mapped):
        assert opus.format_opus_head(opus.parse_opus_head(bytes.fromhex(text))) == bytes.fromhex(text)


@pytest.mark.parametrize(("rate", "size"), [(0, 15), (48000, 2)])
def test_impossible_stream_info(rate: int, size: int) -> None:
    bits = BitWriter().u((4096, 16), (4096, 16), (0, 48), (rate, 20), (1, 3), (size, 5), (0, 36), (0, 128))
    with pytest.raises(InvalidDescription):
        flac.parse_flac_description(flac.build_flac_description(bits.data()))


@pytest.mark.parametrize("end", ["5801", "8b01", "e801", "b800"])
def test_impossible_vorbis_identification(end: str) -> None:
    identification = bytes.fromhex("01766f72626973000000000244ac00000000000080bb000000000000" + end)
    with pytest.raises(InvalidDescription):
        vorbis.parse_vorbis_description(vorbis.build_vorbis_description([identification, b"\x03vorbis", b"\x05vorbis"]))


@pytest.mark.parametrize(
    ("string", "without", "with_one"),
    [("avc1.64001f", "annexb", "avc"), ("hvc1.1.6.L93", "annexb", "hevc"), ("mp4a.40.2", "adts", "aac"),
     ("opus", "opus", "ogg"), ("vp8", "vp8", "vp8"), ("pcm-u8", "pcm", "pcm"), ("mp3", "mp3", "mp3")],
)  # fmt: skip
def test_chunk_formats(string: str, without: str, with_one: str) -> None:
    codec_string = parse_codec_string(string)
    assert codec_string is not None
    registration = registration_of(codec_string)
    assert (registration.chunk_format(None), registration.chunk_format(b"\0")) == (without, with_one)


def test_units_without_a_picture_are_no_key_chunk() -> None:
    assert is_key_chunk("avc1.64001f", None, annex_b(avc_sps(), AVC_PPS)) is False
    assert is_key_chunk("hvc1.1.6.L93.90", None, annex_b(hevc_sps(), HEVC_PPS)) is False
    # A length of 259 reads as a start code. The NAL unit after it is of a layer that is not decoded.
    assert is_key_chunk("hvc1.1.6.L93.90", None, b"\0\0\1\x03\x28\x01\xac") is False
