"""Encoded packets: one AVPacket each."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_void_p
from typing import Self

from ffbind import ownership
from ffbind.layout.probing import NO_TIMESTAMP
from ffbind.layout.structures import AVPacket
from ffbind.library import load
from ffbind.ownership import Handle, Owner, refusal, view

FLAG_KEY = 1


class PacketMemory(Owner, counted_as="Packet"):
    """The AVPacket of a Packet and of the views of its data."""

    __slots__ = ("fields",)

    def __init__(self, address: int) -> None:
        self.fields: AVPacket = load().layout.AVPacket.from_address(address)
        super().__init__(address)

    def _free(self, address: int) -> None:
        load().avcodec.av_packet_free(byref(c_void_p(address)))


class Packet(Handle):
    """An encoded packet that owns its data.

    `data` is copied in. `pts`, `dts` and `duration` are in the time base of whoever made the packet; None is unknown.
    Raises MemoryError.
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
        library = load()
        address = library.avcodec.av_packet_alloc()
        if not address:
            raise MemoryError
        self._memory = PacketMemory(address)
        if data is not None:
            content = bytes(data)
            if library.avcodec.av_new_packet(address, len(content)) < 0:
                raise MemoryError
            ctypes.memmove(self.fields.data or 0, content, len(content))
        self.pts, self.dts, self.duration, self.key = pts, dts, duration, key

    @classmethod
    def adopt(cls, address: int) -> Self:
        """A packet that takes over an AVPacket."""
        packet = cls.__new__(cls)
        packet._memory = PacketMemory(address)
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
        """The data, read-only and not copied. A view keeps the memory even after close()."""
        fields = self.fields
        if not fields.data:
            return memoryview(b"")
        return view(fields.data, fields.size, self._memory)

    def tobytes(self) -> bytes:
        """A copy of the data."""
        fields = self.fields
        return ctypes.string_at(fields.data, fields.size) if fields.data else b""

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
        """Whether decoding can start here."""
        return bool(self.fields.flags & FLAG_KEY)

    @key.setter
    def key(self, value: bool) -> None:
        fields = self.fields
        fields.flags = fields.flags | FLAG_KEY if value else fields.flags & ~FLAG_KEY

    @property
    def stream_index(self) -> int:
        """The stream of a container it came from or is for."""
        return self.fields.stream_index

    @stream_index.setter
    def stream_index(self, value: int) -> None:
        self.fields.stream_index = value

    def side_data_types(self) -> list[int]:
        """The types (AVPacketSideDataType) of the side data, in order."""
        return [kind for kind, _ in self._side_data()]

    def side_data(self, type: int) -> bytes | None:
        """A copy of the side data of a type, or None."""
        return next((data for kind, data in self._side_data() if kind == type), None)

    def _side_data(self) -> list[tuple[int, bytes]]:
        fields = self.fields
        if not fields.side_data:
            return []
        entries = (load().layout.AVPacketSideData * fields.side_data_elems).from_address(fields.side_data)
        return [(entry.type, ctypes.string_at(entry.data, entry.size) if entry.size else b"") for entry in entries]

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
