"""Boxes of the ISO base media file format (ISO/IEC 14496-12 § 4.2)."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from codecmodel.image_files.reader import FileData, MalformedImage


class Box(NamedTuple):
    """A box: its type, and where in the file its content begins and ends."""

    kind: bytes
    begin: int
    end: int


def read_box(data: FileData, position: int, limit: int) -> Box | None:
    """The box at ``position``, or None if its header hasn't arrived. The last box may reach to ``limit``."""
    if position + 8 > len(data):
        return None
    size, kind = struct.unpack_from(">I4s", data, position)
    begin = position + 8
    if size == 1:
        if position + 16 > len(data):
            return None
        (size,) = struct.unpack_from(">Q", data, begin)
        begin += 8
    elif size == 0:
        size = limit - position
    if size < begin - position:
        raise MalformedImage("a box is shorter than its header")
    return Box(kind, begin, position + size)


def boxes_in(data: FileData, begin: int, end: int) -> Iterator[Box]:
    """The boxes inside of a box that has arrived. Raises MalformedImage if one of them reaches beyond it."""
    while begin + 8 <= end:
        box = read_box(data, begin, end)
        if box is None or box.end > end:
            raise MalformedImage("a box reaches beyond the box around it")
        yield box
        begin = box.end


def find_box(data: FileData, begin: int, end: int, *path: bytes) -> Box | None:
    """The first box along a path of types, or None."""
    kind, *rest = path
    for box in boxes_in(data, begin, end):
        if box.kind == kind:
            return find_box(data, box.begin, box.end, *rest) if rest else box
    return None


def need_box(data: FileData, parent: Box, *path: bytes) -> Box:
    """The first box along a path of types inside of another box. Raises MalformedImage if there is none."""
    box = find_box(data, parent.begin, parent.end, *path)
    if box is None:
        raise MalformedImage(f"the file has no {path[-1].decode()}")
    return box


class Fields:
    """Reads the fields of a box, one after the other. Every method raises MalformedImage at the end of the box."""

    def __init__(self, data: FileData, box: Box) -> None:
        self._data = data
        self._position = box.begin
        self._end = box.end

    def full_box(self) -> tuple[int, int]:
        """Version and flags."""
        value = self.unsigned(4)
        return value >> 24, value & 0xFFFFFF

    def unsigned(self, size: int) -> int:
        """An unsigned integer of ``size`` bytes; 0 if that is 0."""
        return int.from_bytes(self.bytes(size), "big")

    def bytes(self, size: int) -> bytes:
        start, self._position = self._position, self._position + size
        if self._position > self._end:
            raise MalformedImage("a box is too short")
        return bytes(self._data[start : self._position])

    def skip(self, size: int) -> None:
        self._position += size
