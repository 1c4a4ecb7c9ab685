"""AudioSpecificConfig, OpusHead, STREAMINFO, the Vorbis headers."""

import pytest

from codecmodel.registry import InvalidDescription, is_key_chunk, parse_codec_string, registration_of
from codecmodel.registry.aac import (
    build_audio_specific_config,
    codec_string_from_audio_specific_config,
    parse_audio_specific_config,
)
from codecmodel.registry.flac import build_flac_description, parse_flac_description
from codecmodel.registry.opus import build_opus_head, parse_opus_head
from codecmodel.registry.vorbis import build_vorbis_description, parse_vorbis_description
from tests.codecmodel.registry.bit_writer import BitWriter


def parse(string: str, description: bytes | None) -> object:
    codec_string = parse_codec_string(string)
    assert codec_string is not None
    return registration_of(codec_string).parse_description(codec_string, description)


@pytest.mark.parametrize(
    ("config", "object_type", "frequency", "channels", "sbr", "extension", "frame_length"),
    [
        ("1190", 2, 48000, 2, None, None, 1024),
        ("118856e500", 2, 48000, 1, False, None, 1024),
        ("1210", 2, 44100, 2, None, None, 1024),
        ("1214", 2, 44100, 2, None, None, 960),
        ("131056e598", 2, 24000, 2, True, 48000, 1024),
    ],
)
def test_audio_specific_config(
    config: str,
    object_type: int,
    frequency: int,
    channels: int,
    sbr: bool | None,
    extension: int | None,
    frame_length: int,
) -> None:
    parsed = parse_audio_specific_config(bytes.fromhex(config))
    assert (parsed.object_type, parsed.sampling_frequency, parsed.channels) == (object_type, frequency, channels)
    assert (parsed.sbr, parsed.extension_sampling_frequency) == (sbr, extension)
    assert parsed.frame_length == frame_length


def test_hierarchical_signalling_of_parametric_stereo() -> None:
    config = BitWriter().u((29, 5), (6, 4), (1, 4), (3, 4), (2, 5), (0, 3)).data()
    parsed = parse_audio_specific_config(config)
    assert (parsed.object_type, parsed.sampling_frequency, parsed.channels) == (2, 24000, 1)
    assert (parsed.sbr, parsed.ps, parsed.extension_sampling_frequency) == (True, True, 48000)
    assert codec_string_from_audio_specific_config(config) == "mp4a.40.29"


def test_backward_compatible_signalling_of_parametric_stereo() -> None:
    config = BitWriter().u((2, 5), (6, 4), (1, 4), (0, 3), (0x2B7, 11), (5, 5), (1, 1), (3, 4), (0x548, 11), (1, 1))
    parsed = parse_audio_specific_config(config.data())
    assert (parsed.sbr, parsed.ps, parsed.extension_sampling_frequency) == (True, True, 48000)


def test_explicit_sampling_frequency_and_escaped_object_type() -> None:
    parsed = parse_audio_specific_config(BitWriter().u((31, 5), (10, 6), (15, 4), (12345, 24), (2, 4)).data())
    assert (parsed.object_type, parsed.sampling_frequency, parsed.channels) == (42, 12345, 2)
    assert parsed.frame_length is None


@pytest.mark.parametrize("config", ["", "11", "0190", "1690", "1710", "1788"])
def test_malformed_audio_specific_config(config: str) -> None:
    with pytest.raises(InvalidDescription):
        parse_audio_specific_config(bytes.fromhex(config))


@pytest.mark.parametrize(
    ("object_type", "frequency", "channels", "config"),
    [(2, 48000, 2, "1190"), (2, 44100, 1, "1208"), (2, 48000, 8, "11b8"), (2, 12345, 2, "1780181c90")],
)
def test_build_audio_specific_config(object_type: int, frequency: int, channels: int, config: str) -> None:
    built = build_audio_specific_config(object_type, frequency, channels)
    assert built == bytes.fromhex(config)
    parsed = parse_audio_specific_config(built)
    assert (parsed.object_type, parsed.sampling_frequency, parsed.channels) == (object_type, frequency, channels)


def test_codec_string_of_plain_and_sbr_configs() -> None:
    assert codec_string_from_audio_specific_config(bytes.fromhex("1190")) == "mp4a.40.2"
    assert codec_string_from_audio_specific_config(bytes.fromhex("131056e598")) == "mp4a.40.5"


def test_aac_without_a_description_is_adts_but_not_xhe_aac() -> None:
    assert parse("mp4a.40.2", None) is None
    assert parse("mp4a.67", None) is None
    with pytest.raises(InvalidDescription):
        parse("mp4a.40.42", None)


OPUS_HEAD = "4f70757348656164 01 02 3801 80bb0000 00ff 00"
SURROUND = "4f70757348656164 01 06 3801 80bb0000 0000 01 04 02 000401020305"


def test_opus_head_of_family_0() -> None:
    head = parse_opus_head(bytes.fromhex(OPUS_HEAD))
    assert (head.version, head.channels, head.pre_skip, head.input_sample_rate) == (1, 2, 312, 48000)
    assert (head.output_gain, head.mapping_family, head.stream_count, head.coupled_count) == (-256, 0, 1, 1)
    assert head.channel_mapping == (0, 1)


def test_opus_head_of_family_1() -> None:
    head = parse_opus_head(bytes.fromhex(SURROUND))
    assert (head.channels, head.mapping_family, head.stream_count, head.coupled_count) == (6, 1, 4, 2)
    assert head.channel_mapping == (0, 4, 1, 2, 3, 5)


@pytest.mark.parametrize(
    "head",
    [
        "", "000000000000000000", OPUS_HEAD[:-2], OPUS_HEAD.replace("01 02", "10 02"),
        OPUS_HEAD.replace("01 02", "01 00"), OPUS_HEAD.replace("01 02", "01 03"), SURROUND[:-2],
        SURROUND.replace("04 02", "00 00"),
        SURROUND.replace("04 02", "01 02"), SURROUND.replace("000401020305", "000401020306"),
        "5f" + OPUS_HEAD[2:],
    ],
)  # fmt: skip
def test_malformed_opus_head(head: str) -> None:
    with pytest.raises(InvalidDescription):
        parse("opus", bytes.fromhex(head))


def test_a_silent_opus_channel() -> None:
    assert parse_opus_head(bytes.fromhex(SURROUND.replace("0305", "03ff"))).channel_mapping[-1] == 255


def test_opus_without_a_description() -> None:
    assert parse("opus", None) is None


def test_build_opus_head() -> None:
    assert build_opus_head(2, pre_skip=312, input_sample_rate=44100) == bytes.fromhex(
        "4f70757348656164 01 02 3801 44ac0000 0000 00"
    )
    with pytest.raises(ValueError, match="one or two channels"):
        build_opus_head(3)


def test_stream_info() -> None:
    info = BitWriter().u((4096, 16), (4608, 16), (521, 24), (2276, 24), (48000, 20), (1, 3), (23, 5), (10240, 36))
    raw = info.data() + bytes(range(16))
    description = build_flac_description(raw)
    assert description == b"fLaC\x80\0\0\x22" + raw
    parsed = parse_flac_description(description)
    assert (parsed.minimum_block_size, parsed.maximum_block_size) == (4096, 4608)
    assert (parsed.minimum_frame_size, parsed.maximum_frame_size) == (521, 2276)
    assert (parsed.sample_rate, parsed.channels, parsed.bits_per_sample) == (48000, 2, 24)
    assert (parsed.total_samples, parsed.md5) == (10240, bytes(range(16)))


def stream_info(minimum: int = 4096, maximum: int = 4096) -> bytes:
    bits = BitWriter().u((minimum, 16), (maximum, 16), (0, 24), (0, 24), (48000, 20), (1, 3), (15, 5), (0, 36))
    return bits.u((0, 128)).data()


def test_other_flac_metadata_is_ignored() -> None:
    plain = b"fLaC\x00\0\0\x22" + stream_info()
    assert parse_flac_description(plain + b"\x84\0\0\x28cut off") == parse_flac_description(plain)


@pytest.mark.parametrize(
    "description",
    [
        b"",
        b"fLaC",
        b"flac\x80\0\0\x22" + stream_info(),
        b"fLaC\x84\0\0\x22" + stream_info(),
        b"fLaC\x80\0\0\x23" + stream_info() + b"\0",
        b"fLaC\x80\0\0\x22" + stream_info()[:-1],
        b"fLaC\x80\0\0\x22" + stream_info(15),
        b"fLaC\x80\0\0\x22" + stream_info(4096, 4095),
    ],
)
def test_malformed_flac_description(description: bytes) -> None:
    with pytest.raises(InvalidDescription):
        parse("flac", description)


def test_stream_info_has_34_bytes() -> None:
    with pytest.raises(ValueError, match="34 bytes"):
        build_flac_description(bytes(33))


IDENTIFICATION = bytes.fromhex("01766f72626973 00000000 02 44ac0000 00000000 80bb0000 00000000 b8 01")
COMMENT = b"\x03vorbis" + bytes(300)
SETUP = b"\x05vorbis" + bytes(1000)


def test_vorbis_headers() -> None:
    description = build_vorbis_description([IDENTIFICATION, COMMENT, SETUP])
    assert description == b"\x02\x1e\xff\x34" + IDENTIFICATION + COMMENT + SETUP
    headers = parse_vorbis_description(description)
    assert (headers.channels, headers.sample_rate, headers.block_sizes) == (2, 44100, (256, 2048))
    assert headers.packets == (IDENTIFICATION, COMMENT, SETUP)


def test_a_vorbis_comment_whose_size_is_a_multiple_of_255() -> None:
    comment = b"\x03vorbis" + bytes(255 - 7)
    description = build_vorbis_description([IDENTIFICATION, comment, SETUP])
    assert description[:4] == b"\x02\x1e\xff\x00"
    assert parse_vorbis_description(description).packets[1] == comment


@pytest.mark.parametrize(
    "description",
    [
        b"",
        b"\x02",
        b"\x02\x1e\xff",
        b"\x01\x1e\x07" + IDENTIFICATION + COMMENT + SETUP,
        b"\x02\x1e\xff\x34" + IDENTIFICATION + COMMENT,
        b"\x02\x1e\xff\x34" + COMMENT + IDENTIFICATION + SETUP,
        b"\x02\x1d\xff\x34" + IDENTIFICATION[:-1] + COMMENT + SETUP,
        b"\x02\x1e\xff\x34" + IDENTIFICATION[:11] + b"\0" + IDENTIFICATION[12:] + COMMENT + SETUP,
        b"\x02\x1e\xff\x34" + IDENTIFICATION[:7] + b"\1" + IDENTIFICATION[8:] + COMMENT + SETUP,
    ],
)
def test_malformed_vorbis_headers(description: bytes) -> None:
    with pytest.raises(InvalidDescription):
        parse("vorbis", description)


@pytest.mark.parametrize("string", ["flac", "vorbis"])
def test_required_descriptions(string: str) -> None:
    with pytest.raises(InvalidDescription):
        parse(string, None)


@pytest.mark.parametrize("string", ["mp3", "pcm-s16", "ulaw", "alaw"])
def test_descriptions_that_are_not_used(string: str) -> None:
    assert parse(string, None) is None
    assert parse(string, b"anything") is None


@pytest.mark.parametrize("string", ["mp4a.40.2", "mp3", "opus", "flac", "vorbis", "pcm-u8", "ulaw", "alaw"])
@pytest.mark.parametrize("data", [b"", b"\0", b"\xff\xff\xff"])
def test_every_audio_chunk_is_a_key_chunk(string: str, data: bytes) -> None:
    assert is_key_chunk(string, None, data) is True
