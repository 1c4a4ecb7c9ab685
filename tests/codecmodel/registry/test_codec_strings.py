"""Codec strings: those that are valid, their codecs, and their parameters."""

import pytest

from codecmodel.registry import (
    REGISTRATIONS,
    AacCodecString,
    Av1CodecString,
    AvcCodecString,
    HevcCodecString,
    PcmCodecString,
    Vp9CodecString,
    parse_codec_string,
    registration_of,
)


def test_the_registry_has_thirteen_registrations() -> None:
    assert sorted(registration.codec for registration in REGISTRATIONS) == [
        "aac", "alaw", "av1", "avc", "flac", "hevc", "mp3", "opus", "pcm", "ulaw", "vorbis", "vp8", "vp9",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("string", "codec", "kind"),
    [
        ("vp8", "vp8", "video"),
        ("mp3", "mp3", "audio"),
        ("mp4a.69", "mp3", "audio"),
        ("mp4a.6B", "mp3", "audio"),
        ("opus", "opus", "audio"),
        ("flac", "flac", "audio"),
        ("vorbis", "vorbis", "audio"),
        ("ulaw", "ulaw", "audio"),
        ("alaw", "alaw", "audio"),
    ],
)
def test_fixed_strings(string: str, codec: str, kind: str) -> None:
    codec_string = parse_codec_string(string)
    assert codec_string is not None
    assert (codec_string.codec, codec_string.kind, codec_string.string) == (codec, kind, string)
    assert registration_of(codec_string).codec == codec


@pytest.mark.parametrize(
    ("string", "object_type"),
    [
        ("mp4a.40.2", 2),
        ("mp4a.40.02", 2),
        ("mp4a.40.5", 5),
        ("mp4a.40.05", 5),
        ("mp4a.40.29", 29),
        ("mp4a.40.42", 42),
        ("mp4a.67", 2),
    ],
)
def test_aac(string: str, object_type: int) -> None:
    assert parse_codec_string(string) == AacCodecString("aac", "audio", string, object_type)


@pytest.mark.parametrize(
    ("string", "size"), [("pcm-u8", 1), ("pcm-s16", 2), ("pcm-s24", 3), ("pcm-s32", 4), ("pcm-f32", 4)]
)
def test_pcm(string: str, size: int) -> None:
    assert parse_codec_string(string) == PcmCodecString("pcm", "audio", string, size)


@pytest.mark.parametrize(
    ("string", "profile", "constraints", "level"),
    [
        ("avc1.42001E", 66, 0, 30),
        ("avc1.42001e", 66, 0, 30),
        ("avc3.42E01E", 66, 0xE0, 30),
        ("avc1.4d001e", 77, 0, 30),
        ("avc1.58A01E", 88, 0xA0, 30),
        ("avc1.64000b", 100, 0, 11),
        ("avc1.640009", 100, 0, 9),
        ("avc1.6e1028", 110, 0x10, 40),
        ("avc1.f40034", 244, 0, 52),
        ("avc1.64003e", 100, 0, 62),
    ],
)
def test_avc(string: str, profile: int, constraints: int, level: int) -> None:
    assert parse_codec_string(string) == AvcCodecString("avc", "video", string, profile, constraints, level)


@pytest.mark.parametrize(
    ("string", "profile", "compatibility", "tier", "level", "constraints"),
    [
        ("hvc1.1.6.L123.00", 1, 0x60000000, 0, 123, "000000000000"),
        ("hev1.1.6.L60.90", 1, 0x60000000, 0, 60, "900000000000"),
        ("hvc1.2.4.H153.B0", 2, 0x20000000, 1, 153, "b00000000000"),
        ("hvc1.4.10.L120.9D.8.0.0.0.1", 4, 0x08000000, 0, 120, "9d0800000001"),
        ("hvc1.1.6.L93", 1, 0x60000000, 0, 93, "000000000000"),
        ("hvc1.1.80000006.L93", 1, 0x60000001, 0, 93, "000000000000"),
    ],
)
def test_hevc(string: str, profile: int, compatibility: int, tier: int, level: int, constraints: str) -> None:
    assert parse_codec_string(string) == HevcCodecString(
        "hevc", "video", string, 0, profile, compatibility, tier, level, bytes.fromhex(constraints)
    )


def test_vp9_with_defaults() -> None:
    assert parse_codec_string("vp09.00.10.08") == Vp9CodecString(
        "vp9", "video", "vp09.00.10.08", 0, 10, 8, 1, 1, 1, 1, False
    )


def test_vp9_with_everything() -> None:
    string = "vp09.02.10.10.01.09.16.09.01"
    assert parse_codec_string(string) == Vp9CodecString("vp9", "video", string, 2, 10, 10, 1, 9, 16, 9, True)


def test_av1_with_defaults() -> None:
    assert parse_codec_string("av01.0.04M.08") == Av1CodecString("av1", "video", "av01.0.04M.08", 0, 4, 0, 8)


def test_av1_with_everything() -> None:
    string = "av01.0.08H.10.0.112.09.16.09.1"
    assert parse_codec_string(string) == Av1CodecString(
        "av1", "video", string, 0, 8, 1, 10, False, (1, 1), 2, 9, 16, 9, True
    )


@pytest.mark.parametrize(
    "string",
    [
        "", " ", "bogus", "vp9", "vp08.00.10.08", "vP8", "VP8", "video/webm; codecs=\"vp8\"", "vp8,opus",
        "opus.123", "Opus", "mp4a.FF.9", "mp4a.40", "mp4a.40.1", "mp4a.40.002", "mp4a.6b", "MP3", "pcm-s8", "pcm-",
        "ulaw.1", "flac ", " mp3", "  mp3  ", "  opus  ", "vorbis\n", "  vp09.00.10.08  ",
        "avc1", "avc1.", "avc1.42001", "avc1.42001E0", "avc1.42001G", "avc2.42001E", "AVC1.42001E", "avc1.42001E\n",
        "avc1.FF000b", "avc1.4D401D", "avc1.420003", "avc1.42011E", "avc1.42021E", "avc1.42.00.1E",
        "hvc1.C99.6FFFFFF.L93", "hvc1.0.6.L93", "hvc1.12.6.L93", "hvc1.1.6.L94", "hvc1.1.6.M93", "hvc1.1.6.l93",
        "hvc1.1.600000000.L93", "hvc1.1.6.L93.", "hvc1.1.6.L93.B0.0.0.0.0.0.0", "hvc1.1..L93", "hvc1.1.6",
        "hvc1.D1.6.L93",
        "Vp09.00.10.08", "vp09.00.10", "vp09.99.99.08", "vp09.04.10.08", "vp09.00.12.08", "vp09.00.10.09",
        "vp09.0.10.08", "vp09.00.10.8", "vp09.00.10.10", "vp09.02.10.08", "vp09.00.10.08.", "vp09.00.10.08.03",
        "vp09.00.10.08.03.01.01.01.00", "vp09.01.10.08.01.01.01.01.00", "vp09.00.10.08.01.01.01.00.00",
        "vp09.00.10.08.01.01.01.01.02", "vp09.00.10.08.01.01.01.01.00.00",
        "av01.9.99M.08", "av01.3.04M.08", "av01.0.24M.08", "av01.0.04M.09", "av01.0.04m.08", "av01.0.4M.08",
        "av01.00.04M.08", "av01.0.04H.08", "av01.0.04M.12", "av01.0.04M", "av01.0.04M.08.", "av01.0.04M.8",
        "av01.1.04M.08.1.110.01.01.01.0", "av01.2.04M.12.0.010.01.01.01.0", "av01.0.04M.08.0.110.01.01.01.2",
    ],
)  # fmt: skip
def test_invalid_strings(string: str) -> None:
    assert parse_codec_string(string) is None
