"""A progressive JPEG, written coefficient by coefficient: FFmpeg's encoder makes baseline files alone."""

import struct
from collections.abc import Iterable, Sequence
from typing import Final

#: Blocks of 8 × 8 pixels in a row, and rows.
_COLUMNS, _ROWS = 8, 6
#: All coefficients are divided by this.
_QUANTIZER: Final = 16
#: The symbols of a table of Huffman codes, by the length of their codes, beginning with 1.
_LengthsOfSymbols = Sequence[Sequence[int]]
#: Symbols are the numbers of bits of differences.
_DC_TABLE: Final[_LengthsOfSymbols] = ((), (0,), (1, 2, 3, 4, 5), (6,), (7,))
#: Symbols are the end of a block, and the numbers of bits of coefficients that follow no zeros.
_AC_TABLE: Final[_LengthsOfSymbols] = ((), (), (0, 1, 2, 3))
_END_OF_BLOCK: Final = 0


def progressive_jpeg() -> tuple[bytes, Sequence[int]]:
    """A gray picture in three scans, each with more detail; and where each scan ends."""
    blocks = [(column, row) for row in range(_ROWS) for column in range(_COLUMNS)]
    header = b"\xff\xd8" + _segment(0xDB, b"\0" + bytes([_QUANTIZER]) * 64)
    header += _segment(0xC2, struct.pack(">BHHBBBB", 8, 8 * _ROWS, 8 * _COLUMNS, 1, 1, 0x11, 0))
    header += _segment(0xC4, _table(0x00, _DC_TABLE)) + _segment(0xC4, _table(0x10, _AC_TABLE))
    levels = [6 * (column - row) for column, row in blocks]
    parts = [
        header + _scan(0, 0, _differences(levels)),
        _scan(1, 5, _coefficients(1 + (column + row) % 3 for column, row in blocks)),
        _scan(6, 63, _coefficients(1 + column % 2 for column, row in blocks)) + b"\xff\xd9",
    ]
    ends = [sum(map(len, parts[: number + 1])) for number in range(len(parts))]
    return b"".join(parts), ends


def _differences(levels: Sequence[int]) -> str:
    """The bits of the blocks' levels."""
    codes = _codes(_DC_TABLE)
    bits = ""
    for before, level in zip([0, *levels], levels, strict=False):
        value = _bits_of(level - before)
        bits += codes[len(value)] + value
    return bits


def _coefficients(values: Iterable[int]) -> str:
    """The bits of blocks that have one coefficient each, the first of the scan."""
    codes = _codes(_AC_TABLE)
    return "".join(codes[len(bits)] + bits + codes[_END_OF_BLOCK] for bits in map(_bits_of, values))


def _bits_of(value: int) -> str:
    """The bits of a value. Those of a negative one are the complement of those of its magnitude."""
    if value == 0:
        return ""
    bits = f"{abs(value):b}"
    return bits if value > 0 else "".join("10"[int(bit)] for bit in bits)


def _scan(first: int, last: int, bits: str) -> bytes:
    """A scan of the coefficients from ``first`` to ``last``."""
    # The last byte is filled with ones, and a byte of ones is followed by a zero, as no marker is meant.
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    return _segment(0xDA, bytes([1, 1, 0x00, first, last, 0])) + data


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def _table(place: int, symbols: _LengthsOfSymbols) -> bytes:
    lengths = [len(group) for group in symbols]
    return bytes([place, *lengths, *[0] * (16 - len(lengths)), *(symbol for group in symbols for symbol in group)])


def _codes(symbols: _LengthsOfSymbols) -> dict[int, str]:
    """The canonical codes."""
    codes: dict[int, str] = {}
    code = 0
    for length, group in enumerate(symbols, 1):
        code <<= 1
        for symbol in group:
            codes[symbol] = f"{code:0{length}b}"
            code += 1
    return codes
