"""Opus packets of several frames."""

import pytest

from codecmodel.registry.opus_packets import combined_opus_packet


@pytest.mark.parametrize(
    ("packets", "combined"),
    [
        ([b"\x08ab"], b"\x08ab"),
        ([b"\x08ab", b"\x08cd"], b"\x0b\x02abcd"),
        ([b"\x08ab", b"\x08", b"\x08cde"], b"\x0b\x83\x02\x00abcde"),
        ([b"\x08" + bytes(300), b"\x08x"], b"\x0b\x82\xfc\x0c" + bytes(300) + b"x"),
        # Padding of three bytes, of none, and of 254 and one more.
        ([b"\x0b\x41\x03ab\0\0\0", b"\x08cd"], b"\x0b\x02abcd"),
        ([b"\x0b\x01ab", b"\x08cd"], b"\x0b\x02abcd"),
        ([b"\x0b\x41\xff\x01ab" + bytes(255), b"\x08cd"], b"\x0b\x02abcd"),
        # Another mode, two frames, a frame that is too long, padding that is not there.
        ([b"\x08ab", b"\x10cd"], None),
        ([b"\x09ab", b"\x08cd"], None),
        ([b"\x08" + bytes(1276), b"\x08cd"], None),
        ([b"\x0b\x41\x09ab", b"\x08cd"], None),
    ],
)
def test_combined_packets(packets: list[bytes], combined: bytes | None) -> None:
    assert combined_opus_packet(packets) == combined
