"""AV1: OBUs, sequence headers, av1C, key chunks."""

import pytest

from codecmodel.registry import InvalidDescription, is_key_chunk, parse_codec_string, registration_of
from codecmodel.registry.av1 import (
    codec_string_from_av1c,
    codec_string_from_sequence_header,
    first_sequence_header,
    obus,
    parse_av1c,
)
from tests.codecmodel.registry.av1_bits import TEMPORAL_DELIMITER, frame, obu, sequence_header

STRING = "av01.0.04M.08"


def test_obus() -> None:
    data = TEMPORAL_DELIMITER + obu(1, b"abc", extension=True) + obu(6, bytes(200)) + obu(15, b"xyz", has_size=False)
    assert [(kind, bytes(payload)) for kind, payload in obus(data)] == [
        (2, b""), (1, b"abc"), (6, bytes(200)), (15, b"xyz"),
    ]  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"\x0a", b"\x0a\x05ab", b"\x8a\x00", b"\x0a" + b"\xff" * 12, b"\x0e"])
def test_broken_obus(data: bytes) -> None:
    assert list(obus(data)) == []


@pytest.mark.parametrize("detailed", [False, True])
def test_sequence_header(detailed: bool) -> None:
    header = first_sequence_header(
        TEMPORAL_DELIMITER
        + obu(1, sequence_header(0, 9, 1, detailed=detailed, high=1, color=(9, 16, 9), full_range=1, position=2))
    )
    assert header is not None
    assert (header.profile, header.level_idx, header.tier, header.reduced_still_picture_header) == (0, 9, 1, False)
    assert (header.max_width, header.max_height, header.bit_depth, header.monochrome) == (320, 240, 10, False)
    assert (header.subsampling, header.chroma_sample_position, header.full_range) == ((1, 1), 2, True)
    assert (header.colour_primaries, header.transfer_characteristics, header.matrix_coefficients) == (9, 16, 9)


@pytest.mark.parametrize(
    ("payload", "depth", "mono", "subsampling", "full_range"),
    [
        (sequence_header(mono=1, full_range=1), 8, True, (1, 1), True),
        (sequence_header(1, subsampling=(0, 0)), 8, False, (0, 0), False),
        (sequence_header(1, high=1, color=(1, 13, 0)), 10, False, (0, 0), True),
        (sequence_header(2, subsampling=(1, 0)), 8, False, (1, 0), False),
        (sequence_header(2, high=1, subsampling=(1, 0)), 10, False, (1, 0), False),
        (sequence_header(2, high=1, twelve=1, subsampling=(0, 0)), 12, False, (0, 0), False),
        (sequence_header(2, high=1, twelve=1, subsampling=(1, 0)), 12, False, (1, 0), False),
        (sequence_header(2, high=1, twelve=1, subsampling=(1, 1)), 12, False, (1, 1), False),
    ],
)
def test_color_config(payload: bytes, depth: int, mono: bool, subsampling: tuple[int, int], full_range: bool) -> None:
    header = first_sequence_header(obu(1, payload))
    assert header is not None
    assert (header.bit_depth, header.monochrome, header.subsampling) == (depth, mono, subsampling)
    assert header.full_range is full_range


def test_reduced_still_picture_header() -> None:
    header = first_sequence_header(obu(1, sequence_header(level=8, reduced=True)))
    assert header is not None
    assert header.reduced_still_picture_header
    assert (header.level_idx, header.tier, header.max_width, header.max_height) == (8, 0, 320, 240)


def test_no_sequence_header() -> None:
    assert first_sequence_header(frame(0)) is None
    assert first_sequence_header(obu(1, sequence_header()[:6])) is None


def test_av1c() -> None:
    header = obu(1, sequence_header())
    assert parse_av1c(bytes.fromhex("81040c00") + header) == header
    for malformed in (b"", b"\x81\0\0", b"\x01\x04\x0c\0"):
        with pytest.raises(InvalidDescription):
            parse_av1c(malformed)


def test_codec_strings_of_main_profile_streams() -> None:
    assert codec_string_from_av1c(bytes.fromhex("81040c00")) == "av01.0.04M.08"
    assert codec_string_from_av1c(bytes.fromhex("8109cc00")) == "av01.0.09H.10"
    assert codec_string_from_sequence_header(obu(1, sequence_header(0, 9, 1, high=1))) == "av01.0.09H.10"
    assert codec_string_from_sequence_header(frame(0)) is None


def test_the_description_is_not_used() -> None:
    codec_string = parse_codec_string(STRING)
    assert codec_string is not None
    assert registration_of(codec_string).parse_description(codec_string, None) is None


@pytest.mark.parametrize("kind", [3, 6])
@pytest.mark.parametrize(("frame_type", "expected"), [(0, True), (1, False), (2, False), (3, False)])
def test_key_chunks(kind: int, frame_type: int, expected: bool) -> None:
    unit = TEMPORAL_DELIMITER + obu(1, sequence_header()) + obu(5, b"\x01\x00") + frame(frame_type, kind=kind)
    assert is_key_chunk(STRING, None, unit + frame(1)) is expected
    assert is_key_chunk(STRING, None, memoryview(unit)) is expected


def test_a_reduced_still_picture_is_key() -> None:
    assert is_key_chunk(STRING, None, obu(1, sequence_header(reduced=True)) + frame(1)) is True


def test_a_frame_that_is_shown_again_is_not_key_for_certain() -> None:
    assert is_key_chunk(STRING, None, TEMPORAL_DELIMITER + frame(0, kind=3, show_existing=True)) is not True


@pytest.mark.parametrize("data", [b"", TEMPORAL_DELIMITER, b"\xff\xff\xff", b"\x32\x05\x10", b"\x32\x00"])
def test_data_that_does_not_tell_whether_it_is_a_key_chunk(data: bytes) -> None:
    assert is_key_chunk(STRING, None, data) is None
