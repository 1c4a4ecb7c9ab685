"""Bit reading, NAL unit boundaries and emulation prevention."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecmodel.registry.bit_reader import BitReader, EndOfData
from codecmodel.registry.nal_units import (
    annex_b_units,
    is_length_prefixed,
    length_prefixed_units,
    without_emulation_prevention,
)
from tests.codecmodel.registry.bit_writer import BitWriter, annex_b, length_prefixed


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["u", "ue", "se"]), st.integers(0, 0xFFFF))))
def test_reads_what_was_written(fields: list[tuple[str, int]]) -> None:
    writer = BitWriter()
    for kind, value in fields:
        if kind == "u":
            writer.u((value, 16))
        elif kind == "ue":
            writer.ue(value)
        else:
            writer.se(value - 0x8000)
    bits = BitReader(writer.data())
    for kind, value in fields:
        if kind == "u":
            assert bits.bits(16) == value
        elif kind == "ue":
            assert bits.ue() == value
        else:
            assert bits.se() == value - 0x8000
    assert bits.remaining < 8


def test_exp_golomb_codes_of_the_standard() -> None:
    codes = [bytes([byte]) for byte in (0b1_0000000, 0b010_00000, 0b011_00000, 0b00100_000)]
    assert [BitReader(code).ue() for code in codes] == [0, 1, 2, 3]
    assert [BitReader(code).se() for code in codes] == [0, 1, -1, 2]


def test_the_longest_exp_golomb_code() -> None:
    bits = BitReader(BitWriter().u((1, 33), (0xFFFFFFFF, 32)).data())
    assert bits.ue() == 2**33 - 2


def test_a_code_that_is_too_long() -> None:
    with pytest.raises(EndOfData):
        BitReader(bytes(8)).ue()


def test_reading_and_skipping_past_the_end() -> None:
    bits = BitReader(b"\xff")
    bits.skip(5)
    with pytest.raises(EndOfData):
        bits.bits(4)
    with pytest.raises(EndOfData):
        bits.skip(4)
    assert bits.bits(3) == 7


def test_annex_b_units_lose_trailing_zeros_and_leading_rubbish() -> None:
    data = b"\x12\0\0\1\x67\x01\0\0\0\1\x68\0\0\0\0\0\1\x65\xff\0"
    assert [bytes(unit) for unit in annex_b_units(data)] == [b"\x67\x01", b"\x68", b"\x65\xff"]


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\0\0\1", b"\x65\x88", b"\0\0\1\0\0\1"])
def test_data_without_annex_b_units(data: bytes) -> None:
    assert list(annex_b_units(data)) == []


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1).filter(lambda unit: b"\0\0" not in unit and unit[-1] != 0)))
def test_units_are_found_however_they_are_packaged(units: list[bytes]) -> None:
    assert [bytes(unit) for unit in annex_b_units(annex_b(*units))] == units
    assert [bytes(unit) for unit in annex_b_units(memoryview(annex_b(*units)))] == units
    for size in (2, 4):
        assert [bytes(unit) for unit in length_prefixed_units(length_prefixed(*units, size=size), size)] == units


def test_a_length_beyond_the_data_ends_the_units() -> None:
    assert [bytes(unit) for unit in length_prefixed_units(b"\0\2ab\0\3cd", 2)] == [b"ab"]


def test_units_are_views() -> None:
    data = length_prefixed(b"abc")
    assert next(length_prefixed_units(data, 4)).obj is data
    stream = annex_b(b"abc")
    assert next(annex_b_units(stream)).obj is stream


def test_emulation_prevention_is_removed() -> None:
    assert without_emulation_prevention(b"\0\0\3\0\0\3\1\0\0\3") == b"\0\0\0\0\1\0\0"
    assert without_emulation_prevention(b"\0\0\3\3\0\3\0") == b"\0\0\3\0\3\0"


@pytest.mark.parametrize(
    ("data", "is_so"),
    [
        (b"", True),
        (b"\0\0\0\1A", True),
        (b"\0\0\0\1A\0\0\0\2BC", True),
        (b"\0\0\0\0", True),
        (b"\0\0\0\1A\0", False),
        (b"\0\0\0\2A", False),
        (b"\0\0\0\1\x67\x64\0\x0a", False),
    ],
)
def test_length_prefixed_data_is_nothing_but_units(data: bytes, is_so: bool) -> None:
    assert is_length_prefixed(data, 4) is is_so
