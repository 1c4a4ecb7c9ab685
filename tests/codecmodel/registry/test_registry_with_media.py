"""Descriptions and key chunks of real files, which are in the directory CODECMODEL_MEDIA."""

import os
from pathlib import Path

import pytest

from codecmodel.registry import first_avc_sps, is_key_chunk, parse_codec_string, registration_of
from codecmodel.registry.aac import parse_audio_specific_config
from codecmodel.registry.av1 import first_sequence_header
from codecmodel.registry.avc import codec_string_from_annex_b, codec_string_from_avcc
from codecmodel.registry.flac import parse_flac_description
from codecmodel.registry.hevc import codec_string_from_hvcc, parse_hvcc
from codecmodel.registry.opus import parse_opus_head
from codecmodel.registry.vorbis import parse_vorbis_description
from codecmodel.registry.vp8 import parse_key_frame_header as parse_vp8_key_frame_header
from codecmodel.registry.vp9 import parse_key_frame_header as parse_vp9_key_frame_header

MEDIA = os.environ.get("CODECMODEL_MEDIA")
pytestmark = pytest.mark.skipif(MEDIA is None, reason="CODECMODEL_MEDIA does not say where media files are")


def read(name: str, offset: int, size: int) -> bytes:
    assert MEDIA is not None
    data = (Path(MEDIA) / "wpt" / name).read_bytes()[offset : offset + size]
    assert len(data) == size
    return data


def payload_of_box(name: str, kind: bytes) -> bytes:
    """The payload of the first box of that type, found by its name."""
    assert MEDIA is not None
    data = (Path(MEDIA) / "wpt" / name).read_bytes()
    start = data.index(kind) - 4
    return data[start + 8 : start + int.from_bytes(data[start : start + 4], "big")]


def test_avc() -> None:
    description = payload_of_box("h264.mp4", b"avcC")
    assert description == read("h264.mp4", 9490, 45)
    assert codec_string_from_avcc(description) == "avc1.64000b"
    sps = first_avc_sps(description, None)
    assert sps is not None
    assert (sps.coded_width, sps.coded_height, sps.chroma_format_idc, sps.max_num_reorder_frames) == (320, 240, 1, 0)
    assert is_key_chunk("avc1.64000b", description, read("h264.mp4", 48, 4140)) is True
    assert is_key_chunk("avc1.64000b", description, read("h264.mp4", 4188, 604)) is False


def test_avc_in_a_byte_stream() -> None:
    chunk = read("h264.annexb", 0, 4175)
    assert codec_string_from_annex_b(chunk) == codec_string_from_avcc(payload_of_box("h264.mp4", b"avcC"))
    assert is_key_chunk("avc1.64000b", None, chunk) is True
    assert is_key_chunk("avc1.64000b", None, read("h264.annexb", 4175, 602)) is False


def test_interlaced_avc() -> None:
    description = payload_of_box("h264_interlaced.mp4", b"avcC")
    sps = first_avc_sps(description, None)
    assert sps is not None
    assert (sps.frame_mbs_only, sps.coded_height, sps.crop) == (False, 256, (0, 0, 0, 16))
    assert is_key_chunk("avc1.64000b", description, read("h264_interlaced.mp4", 48, 4091)) is True


def test_hevc() -> None:
    description = payload_of_box("h265.mp4", b"hvcC")
    assert description == read("h265.mp4", 5821, 2406)
    assert codec_string_from_hvcc(description) == "hvc1.1.6.L60.90"
    assert [unit_type for unit_type, _ in parse_hvcc(description).arrays] == [32, 33, 34, 39]
    assert is_key_chunk("hev1.1.6.L60.90", description, read("h265.mp4", 44, 2515)) is True
    assert is_key_chunk("hev1.1.6.L60.90", description, read("h265.mp4", 2559, 279)) is False
    assert is_key_chunk("hev1.1.6.L60.90", None, read("h265.annexb", 0, 4894)) is True
    assert is_key_chunk("hev1.1.6.L60.90", None, read("h265.annexb", 4894, 279)) is False


def test_vp8() -> None:
    header = parse_vp8_key_frame_header(read("vp8.webm", 522, 4826))
    assert header is not None
    assert (header.width, header.height) == (320, 240)
    assert is_key_chunk("vp8", None, read("vp8.webm", 522, 4826)) is True
    assert is_key_chunk("vp8", None, read("vp8.webm", 5355, 394)) is False


def test_vp9() -> None:
    header = parse_vp9_key_frame_header(read("vp9.mp4", 44, 3315))
    assert header is not None
    assert (header.profile, header.bit_depth, header.width, header.height) == (0, 8, 320, 240)
    assert is_key_chunk("vp09.00.10.08", None, read("vp9.mp4", 44, 3315)) is True
    assert is_key_chunk("vp09.00.10.08", None, read("vp9.mp4", 3359, 203)) is False


def test_av1() -> None:
    header = first_sequence_header(read("av1.mp4", 48, 1938))
    assert header is not None
    assert (header.profile, header.level_idx, header.max_width, header.max_height) == (0, 0, 320, 240)
    assert is_key_chunk("av01.0.04M.08", None, read("av1.mp4", 48, 1938)) is True
    assert is_key_chunk("av01.0.04M.08", None, read("av1.mp4", 1986, 848)) is False


def test_aac() -> None:
    config = parse_audio_specific_config(read("sfx-aac.mp4", 2552, 5))
    assert (config.object_type, config.sampling_frequency, config.channels, config.sbr) == (2, 48000, 1, False)


def test_opus() -> None:
    head = parse_opus_head(read("sfx-opus.ogg", 28, 19))
    assert (head.channels, head.pre_skip, head.input_sample_rate, head.mapping_family) == (1, 312, 48000, 0)


def test_flac_with_its_last_metadata_block_cut_off() -> None:
    info = parse_flac_description(read("sfx.flac", 0, 8287))
    assert (info.sample_rate, info.channels, info.bits_per_sample, info.total_samples) == (48000, 1, 16, 10240)
    assert (info.minimum_block_size, info.maximum_frame_size) == (4608, 2276)


def test_vorbis() -> None:
    packets = (read("sfx-vorbis.ogg", 28, 30), read("sfx-vorbis.ogg", 101, 62), read("sfx-vorbis.ogg", 163, 3771))
    description = b"\x02\x1e\x3e" + b"".join(packets)
    headers = parse_vorbis_description(description)
    assert (headers.channels, headers.sample_rate, headers.block_sizes) == (1, 48000, (256, 2048))
    assert headers.packets == packets
    codec_string = parse_codec_string("vorbis")
    assert codec_string is not None
    assert registration_of(codec_string).parse_description(codec_string, description) == headers


def test_avc_recovery_points() -> None:
    description = payload_of_box("h264_sei.mp4", b"avcC")
    assert is_key_chunk("avc1.64000b", description, read("h264_sei.mp4", 6072, 3694)) is True
    assert is_key_chunk("avc1.64000b", description, read("h264_sei.mp4", 4277, 1114)) is False
    assert is_key_chunk("avc1.64000b", None, read("h264_sei.annexb", 6051, 3729)) is True
    assert is_key_chunk("avc1.64000b", None, read("h264_sei.annexb", 4264, 1112)) is False
