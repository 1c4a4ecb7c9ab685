"""The NAL units of H.264 and H.265, in Annex B streams and after length fields."""

import re
from collections.abc import Iterator
from typing import TypeAlias

Data: TypeAlias = bytes | bytearray | memoryview

_START_CODE = re.compile(rb"\x00\x00\x01")


def annex_b_units(data: Data) -> Iterator[memoryview]:
    """The NAL units between start codes (H.264 and H.265 Annex B), without trailing zeros. Nothing is copied."""
    view = memoryview(data)
    start_code = _START_CODE.search(view)
    while start_code is not None:
        start = start_code.end()
        start_code = _START_CODE.search(view, start)
        end = len(view) if start_code is None else start_code.start()
        while end > start and view[end - 1] == 0:
            end -= 1
        if end > start:
            yield view[start:end]


def length_prefixed_units(data: Data, length_size: int) -> Iterator[memoryview]:
    """The NAL units after length fields of ``length_size`` bytes (ISO/IEC 14496-15 § 5.3.2). Nothing is copied.

    It stops at a length that is greater than the rest of the data.
    """
    view = memoryview(data)
    position = 0
    while position + length_size <= len(view):
        length = int.from_bytes(view[position : position + length_size], "big")
        position += length_size
        if position + length > len(view):
            return
        if length:
            yield view[position : position + length]
        position += length


def nal_units(data: Data, length_size: int) -> Iterator[memoryview]:
    """The NAL units of a chunk. Nothing is copied.

    ``length_size`` is the number of bytes of the length before each unit, and 0 in Annex B format.
    """
    return length_prefixed_units(data, length_size) if length_size else annex_b_units(data)


def is_length_prefixed(data: Data, length_size: int) -> bool:
    """Whether the data consists of NAL units after length fields of ``length_size`` bytes, and of nothing else."""
    position = 0
    while position + length_size <= len(data):
        position += length_size + int.from_bytes(data[position : position + length_size], "big")
    return position == len(data)


def without_emulation_prevention(unit: Data) -> bytes:
    """The raw byte sequence payload of a NAL unit, in which 00 00 03 becomes 00 00 (H.264 § 7.4.1)."""
    raw = bytes(unit)
    if b"\x00\x00\x03" not in raw:
        return raw
    parts: list[bytes] = []
    start = 0
    while (found := raw.find(b"\x00\x00\x03", start)) >= 0:
        parts.append(raw[start : found + 2])
        start = found + 3
    parts.append(raw[start:])
    return b"".join(parts)
