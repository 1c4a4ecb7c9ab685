"""The registry answers for all bytes, or says that they are malformed."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecmodel.registry import (
    InvalidDescription,
    av1,
    avc,
    first_avc_sps,
    hevc,
    is_key_chunk,
    parse_codec_string,
    registration_of,
    vp8,
    vp9,
)
from codecmodel.registry.avc import build_avcc
from codecmodel.registry.hevc import build_hvcc
from tests.codecmodel.registry.av1_bits import TEMPORAL_DELIMITER, frame, obu, sequence_header
from tests.codecmodel.registry.bit_writer import annex_b, length_prefixed
from tests.codecmodel.registry.parameter_set_bits import AVC_IDR, AVC_PPS, HEVC_PPS, HEVC_VPS, avc_sps, hevc_sps

AVCC = build_avcc([avc_sps()], [AVC_PPS])
HVCC = build_hvcc([HEVC_VPS], [hevc_sps()], [HEVC_PPS])
#: There is no deadline: the time of an example depends on the load of the machine.
FUZZ = settings(max_examples=50, deadline=None)
STRINGS = [
    "avc1.64001f", "hvc1.1.6.L93.90", "vp8", "vp09.00.10.08", "av01.0.04M.08", "mp4a.40.2", "mp4a.40.42", "mp3",
    "opus", "flac", "vorbis", "pcm-s16", "ulaw", "alaw",
]  # fmt: skip
WELL_FORMED = [
    AVCC,
    HVCC,
    annex_b(avc_sps(), AVC_PPS, AVC_IDR),
    annex_b(HEVC_VPS, hevc_sps(), HEVC_PPS, b"\x26\x01\xaf"),
    length_prefixed(AVC_IDR),
    avc_sps(reorder=2, color=(0, 1, 1, 1)),
    hevc_sps(color=(0, 1, 1, 1)),
    TEMPORAL_DELIMITER + obu(1, sequence_header(detailed=True)) + frame(0),
    bytes.fromhex("131056e598"),
    bytes.fromhex("4f707573486561640106380180bb00000000010402000401020305"),
    b"fLaC\x80\0\0\x22" + bytes.fromhex("10001000000000000000 0bb801f000000000") + bytes(16),
    b"\x02\x1e\x07" + bytes.fromhex("01766f72626973000000000244ac00000000000080bb000000000000b801")
    + b"\x03vorbis\x05vorbis",
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Anything, or something well formed with a few bytes replaced, cut off somewhere."""
    data = bytearray(draw(st.one_of(st.binary(max_size=100), st.sampled_from(WELL_FORMED))))
    for position, value in draw(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4)):
        if position < len(data):
            data[position] = value
    return bytes(data[: draw(st.integers(0, len(data)))]) if draw(st.booleans()) else bytes(data)


@pytest.mark.parametrize("string", STRINGS)
@FUZZ
@given(description=damaged())
def test_descriptions(string: str, description: bytes) -> None:
    codec_string = parse_codec_string(string)
    assert codec_string is not None
    with contextlib.suppress(InvalidDescription):
        registration_of(codec_string).parse_description(codec_string, description)


@pytest.mark.parametrize("string", STRINGS)
@FUZZ
@given(description=st.none() | damaged(), data=damaged())
def test_key_chunks(string: str, description: bytes | None, data: bytes) -> None:
    answer = is_key_chunk(string, description, data)
    assert answer in (True, False, None)
    assert is_key_chunk(string, description, memoryview(data)) is answer


@pytest.mark.parametrize(
    "parse",
    [
        avc.parse_sps, avc.codec_string_from_annex_b, hevc.parse_sps, hevc.codec_string_from_annex_b,
        vp8.parse_key_frame_header, vp9.parse_key_frame_header, av1.first_sequence_header,
        av1.codec_string_from_sequence_header,
    ],
)  # fmt: skip
@FUZZ
@given(data=damaged())
def test_headers(parse: Callable[[bytes], object], data: bytes) -> None:
    assert parse(data) == parse(data)


@pytest.mark.parametrize("parse", [avc.codec_string_from_avcc, hevc.codec_string_from_hvcc, av1.codec_string_from_av1c])
@FUZZ
@given(data=damaged())
def test_codec_strings_from_descriptions(parse: Callable[[bytes], str], data: bytes) -> None:
    with contextlib.suppress(InvalidDescription):
        assert len(parse(data)) > 5


@FUZZ
@given(description=st.none() | damaged(), data=st.none() | damaged())
def test_the_first_sps(description: bytes | None, data: bytes | None) -> None:
    first_avc_sps(description, data)


@FUZZ
@given(st.text(max_size=40) | st.from_regex(r"(avc1|hvc1|vp09|av01)(\.[0-9A-FHLM]{1,4}){1,9}", fullmatch=True))
def test_strings(string: str) -> None:
    codec_string = parse_codec_string(string)
    assert codec_string is None or codec_string.string == string
