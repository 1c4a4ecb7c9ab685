"""Packets of a container as copies of their content."""

from __future__ import annotations

import struct
from collections.abc import Callable, Container, Mapping
from ctypes import c_uint8, string_at
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple

from ffbind.layout.probing import NO_TIMESTAMP, offset
from ffbind.loading import load
from ffbind.named_tuples import new_named_tuple
from ffbind.packet import FLAG_CORRUPT, FLAG_KEY, Packet

NO_SIDE_DATA: Final[Mapping[int, bytes]] = MappingProxyType({})

#: The fields of an AVPacket that are read, by their struct codes and in the order of their offsets.
_FIELDS: Final = {
    "pts": "q",
    "dts": "q",
    "data": "Q",
    "size": "i",
    "stream_index": "i",
    "flags": "i",
    "side_data": "Q",
    "duration": "q",
    "pos": "q",
}


class StreamPacket(NamedTuple):
    """A copy of a packet of a container. Properties are as in Packet; `side_data` maps types to side data.

    `position` is the place of the packet in the file, in bytes; -1 if it is not known.
    """

    stream_index: int
    data: bytes
    pts: int | None
    dts: int | None
    duration: int
    key: bool
    corrupt: bool
    side_data: Mapping[int, bytes]
    position: int = -1


class ReusedPacket:
    """For speed: one AVPacket into which all packets of a container are read, and whose fields are read in one call."""

    def __init__(self) -> None:
        self._packet = Packet()
        #: The AVPacket.
        self.address = self._packet.address
        self._unreference = load().avcodec.av_packet_unref
        self._read = _reader_of(self.address)

    def take(self, wanted: Container[int] | None, discarded: Container[int]) -> StreamPacket | None:
        """A copy of the packet, or None if its stream is discarded or not wanted. The packet is empty afterwards."""
        pts, dts, data, size, stream_index, flags, side_data, duration, position = self._read()
        if stream_index in discarded or (wanted is not None and stream_index not in wanted):
            self._unreference(self.address)
            return None
        values = (
            stream_index,
            string_at(data, size) if data else b"",
            None if pts == NO_TIMESTAMP else pts,
            None if dts == NO_TIMESTAMP else dts,
            duration,
            flags & FLAG_KEY == FLAG_KEY,
            flags & FLAG_CORRUPT == FLAG_CORRUPT,
            self._packet.all_side_data() if side_data else NO_SIDE_DATA,
            position,
        )
        self._unreference(self.address)
        return new_named_tuple(StreamPacket, values)

    def close(self) -> None:
        """Free the AVPacket."""
        self._packet.close()


def _reader_of(address: int) -> Callable[[], tuple[int, ...]]:
    """A function that reads the _FIELDS of the AVPacket at an address."""
    layout, description = load().layout.AVPacket, "="
    for field, code in _FIELDS.items():
        description += f"{offset(layout, field) - struct.calcsize(description)}x{code}"
    reader = struct.Struct(description)
    return partial(reader.unpack_from, (c_uint8 * reader.size).from_address(address))
