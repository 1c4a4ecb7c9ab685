"""Encoded packets: one AVPacket each."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from ctypes import byref, string_at
from functools import partial
from typing import NamedTuple, Self

from ffbind import ownership
from ffbind.layout.probing import NO_TIMESTAMP
from ffbind.layout.structures import AVPacket, AVPacketSideData
from ffbind.loading import load
from ffbind.named_tuples import new_named_tuple
from ffbind.ownership import Handle, Owner, refusal, store_result, view

FLAG_KEY = 1
FLAG_CORRUPT = 2


class PacketContent(NamedTuple):
    """A copy of a packet's data, its properties as in Packet, and the side data that was asked for, if there is any."""

    data: bytes
    pts: int | None
    duration: int
    key: bool
    side_data: bytes | None


def content_of(fields: AVPacket, side_data: int | None) -> PacketContent:
    """The content of an AVPacket, as Packet.content() gives it."""
    address, pts = fields.data, fields.pts
    values = (
        string_at(address, fields.size) if address else b"",
        None if pts == NO_TIMESTAMP else pts,
        fields.duration,
        fields.flags & FLAG_KEY == FLAG_KEY,
        None if side_data is None else _side_data(fields, side_data),
    )
    return new_named_tuple(PacketContent, values)


class PacketMemory(Owner, counted_as="Packet"):
    """The AVPacket of a Packet and of the views of its data. It is counted when it has become a Packet's."""

    __slots__ = ("fields",)

    def __init__(self) -> None:
        super().__init__()
        library = load()
        store_result(partial(setattr, self._pointer, "value"), library.avcodec.av_packet_alloc)
        self._address = address = self._pointer.value or 0
        self.fields: AVPacket = library.layout.AVPacket.from_address(address)

    def _free(self) -> None:
        load().avcodec.av_packet_free(byref(self._pointer))


class Packet(Handle):
    """An encoded packet that owns its data.

    `data` is copied. `pts`, `dts` and `duration` are in the time base of the codec or container that made the packet;
    None is unknown. Raises MemoryError.
    """

    __slots__ = ()

    _memory: PacketMemory | None

    def __init__(
        self,
        data: bytes | bytearray | memoryview | None = None,
        *,
        pts: int | None = None,
        dts: int | None = None,
        duration: int = 0,
        key: bool = False,
    ) -> None:
        self._memory = memory = PacketMemory()
        memory.count()
        if data is not None:
            content = bytes(data)
            if load().avcodec.av_new_packet(memory.address, len(content)) < 0:
                raise MemoryError
            ctypes.memmove(self.fields.data or 0, content, len(content))
        self.pts, self.dts, self.duration, self.key = pts, dts, duration, key

    @classmethod
    def adopt(cls, memory: PacketMemory) -> Self:
        """A packet that takes over an AVPacket."""
        packet = cls.__new__(cls)
        packet._memory = memory
        memory.count()
        return packet

    @classmethod
    def of(cls, content: PacketContent, side_data: int | None = None) -> Self:
        """A packet with this content. `side_data` is the type of its side data, if there is any. Raises MemoryError."""
        packet = cls(content.data, pts=content.pts, duration=content.duration, key=content.key)
        if side_data is not None and content.side_data is not None:
            packet.add_side_data(side_data, content.side_data)
        return packet

    @property
    def fields(self) -> AVPacket:
        """The AVPacket as a structure."""
        memory = self._memory
        if memory is None or memory._generation != ownership.generation:
            raise refusal(self, memory._generation if memory else ownership.generation)
        return memory.fields

    @property
    def size(self) -> int:
        """Bytes of data."""
        return self.fields.size

    @property
    def data(self) -> memoryview:
        """A read-only view of the data. The view keeps the memory alive, even after close()."""
        fields = self.fields
        if not fields.data:
            return memoryview(b"")
        return view(fields.data, fields.size, self._memory)

    def tobytes(self) -> bytes:
        """A copy of the data."""
        fields = self.fields
        return string_at(fields.data, fields.size) if fields.data else b""

    def content(self, side_data: int | None = None) -> PacketContent:
        """Copies of the data and of the side data of the type `side_data`, if that is not None; and the properties."""
        return content_of(self.fields, side_data)

    @property
    def pts(self) -> int | None:
        """Presentation timestamp."""
        return _timestamp(self.fields.pts)

    @pts.setter
    def pts(self, value: int | None) -> None:
        self.fields.pts = NO_TIMESTAMP if value is None else value

    @property
    def dts(self) -> int | None:
        """Decoding timestamp."""
        return _timestamp(self.fields.dts)

    @dts.setter
    def dts(self, value: int | None) -> None:
        self.fields.dts = NO_TIMESTAMP if value is None else value

    @property
    def duration(self) -> int:
        """Duration; 0 if unknown."""
        return self.fields.duration

    @duration.setter
    def duration(self, value: int) -> None:
        self.fields.duration = value

    @property
    def key(self) -> bool:
        """Whether it is a key frame, at which decoding can start."""
        return bool(self.fields.flags & FLAG_KEY)

    @key.setter
    def key(self, value: bool) -> None:
        fields = self.fields
        fields.flags = fields.flags | FLAG_KEY if value else fields.flags & ~FLAG_KEY

    @property
    def corrupt(self) -> bool:
        """Whether data may be missing, as after a gap in a transport stream, or at the end of a file that is cut."""
        return bool(self.fields.flags & FLAG_CORRUPT)

    @property
    def stream_index(self) -> int:
        """The index of its stream in a container."""
        return self.fields.stream_index

    @stream_index.setter
    def stream_index(self, value: int) -> None:
        self.fields.stream_index = value

    def side_data_types(self) -> list[int]:
        """The types (AVPacketSideDataType) of the side data, in order."""
        return [entry.type for entry in _side_data_entries(self.fields)]

    def side_data(self, type: int) -> bytes | None:
        """A copy of the side data of a type, or None."""
        return _side_data(self.fields, type)

    def all_side_data(self) -> dict[int, bytes]:
        """Copies of all side data, by type."""
        entries = _side_data_entries(self.fields)
        return {entry.type: string_at(entry.data, entry.size) if entry.size else b"" for entry in entries}

    def add_side_data(self, type: int, data: bytes) -> None:
        """Attach a copy of `data`. Raises MemoryError."""
        place = load().avcodec.av_packet_new_side_data(self.address, type, len(data))
        if not place:
            raise MemoryError
        ctypes.memmove(place, data, len(data))

    def clear_side_data(self) -> None:
        """Remove all side data."""
        load().avcodec.av_packet_free_side_data(self.address)


def _timestamp(value: int) -> int | None:
    return None if value == NO_TIMESTAMP else value


def _side_data_entries(fields: AVPacket) -> Iterable[AVPacketSideData]:
    if not fields.side_data:
        return ()
    return (load().layout.AVPacketSideData * fields.side_data_elems).from_address(fields.side_data)


def _side_data(fields: AVPacket, type: int) -> bytes | None:
    for entry in _side_data_entries(fields):
        if entry.type == type:
            return string_at(entry.data, entry.size) if entry.size else b""
    return None
