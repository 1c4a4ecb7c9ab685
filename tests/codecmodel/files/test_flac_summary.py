"""The STREAMINFO that is derived from a stream's frames is the one that a FLAC encoder writes at the end."""

import pytest

import ffbind
from codecmodel.files.flac_summary import FlacSummary
from codecmodel.registry.flac import build_flac_description
from tests.codecmodel.files.media import audio


@pytest.mark.parametrize(("format", "bits"), [("s16", 16), ("s32", 24)])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_it_is_that_of_the_encoder(format: str, bits: int, channels: int) -> None:
    stream = audio("flac", format=format, channels=channels, count=5)
    *packets, last = stream.packets
    complete = last.side_data(1)
    assert last.size == 0
    assert complete is not None
    summary = FlacSummary(build_flac_description(complete[:4] + bytes(6) + complete[10:14] + bytes(20)))
    for packet in packets:
        summary.add(packet.tobytes())
    assert summary.stream_info() == complete
    assert complete[18:] != bytes(16)
    # Bits per sample less one, at bit 103.
    assert (int.from_bytes(complete[:18], "big") >> 36 & 31) + 1 == bits
    summary.close()


def test_of_a_damaged_stream_length_and_checksum_are_unknown() -> None:
    stream = audio("flac", format="s16", count=3)
    complete = stream.packets[-1].side_data(1)
    assert complete is not None
    summary = FlacSummary(build_flac_description(complete))
    for number, packet in enumerate(stream.packets[:-1]):
        summary.add(packet.tobytes() if number != 1 else b"\x00" * 20)
    info = summary.stream_info()
    assert info[18:] == bytes(16)
    assert int.from_bytes(info[13:18], "big") & 0xFFFFFFFFF == 0
    summary.close()
    assert "Decoder" not in ffbind.live_objects()
