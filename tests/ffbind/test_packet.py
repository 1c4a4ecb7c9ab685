"""Packets: their data, timestamps and side data."""

import pytest

import ffbind
from ffbind import Packet


def test_packet_has_a_copy_of_its_data() -> None:
    source = bytearray(b"abcdef")
    packet = Packet(source, pts=-5, dts=-6, duration=7, key=True)
    source[0] = 0
    assert bytes(packet.data) == b"abcdef"
    assert (packet.size, packet.pts, packet.dts, packet.duration, packet.key) == (6, -5, -6, 7, True)
    assert packet.stream_index == 0


def test_data_is_one_dimensional_bytes_and_read_only() -> None:
    data = Packet(memoryview(b"abc")).data
    assert (data.format, data.ndim, data.readonly) == ("B", 1, True)
    with pytest.raises(TypeError, match="read-only"):
        data[0] = 1


@pytest.mark.parametrize("data", [None, b""])
def test_packet_may_be_empty(data: bytes | None) -> None:
    packet = Packet(data)
    assert (packet.size, bytes(packet.data), packet.pts, packet.dts, packet.key) == (0, b"", None, None, False)


def test_properties_can_be_set() -> None:
    packet = Packet(b"x")
    packet.pts, packet.dts, packet.duration, packet.key, packet.stream_index = 2**40, None, 3, True, 4
    assert (packet.pts, packet.dts, packet.duration, packet.key, packet.stream_index) == (2**40, None, 3, True, 4)
    packet.key = False
    packet.pts = None
    assert (packet.pts, packet.key) == (None, False)


def test_side_data() -> None:
    packet = Packet(b"x")
    packet.add_side_data(1, b"new header")
    packet.add_side_data(15, b"alpha")
    assert packet.side_data_types() == [1, 15]
    assert (packet.side_data(1), packet.side_data(15), packet.side_data(2)) == (b"new header", b"alpha", None)
    packet.clear_side_data()
    assert packet.side_data_types() == []


def test_views_keep_the_data_after_close() -> None:
    packet = Packet(b"0123456789")
    part = packet.data[2:5]
    packet.close()
    packet.close()
    assert ffbind.live_objects() == {"Packet": 1}
    assert bytes(part) == b"234"
    del part
    assert ffbind.live_objects() == {}


@pytest.mark.parametrize(
    "use",
    ["data", "size", "pts", "dts", "duration", "key", "stream_index", "address", "side_data_types", "clear_side_data"],
)
def test_use_after_close_is_refused(use: str) -> None:
    with Packet(b"x") as packet:
        pass
    with pytest.raises(ffbind.ClosedError, match="this Packet is closed"):
        getattr(packet, use)()
