"""Packets tell how many samples they are decoded to, as the encoder that made them knows."""

from typing import TypeAlias

import pytest

from codecmodel.files.packet_durations import samples_in_packet
from tests.codecmodel.files.media import audio, noise

Case: TypeAlias = tuple[str, str, str, int, dict[str, object]]

CASES: list[Case] = [
    ("opus", "libopus", "flt", 48_000, {"options": {"application": "voip"}, "bit_rate": 12_000}),
    ("aac", "aac", "fltp", 44_100, {}),
    ("mp3", "libmp3lame", "fltp", 44_100, {}),
    ("mp3", "libmp3lame", "fltp", 22_050, {}),
]
for milliseconds in ("2.5", "5", "10", "20", "40", "60", "120"):
    CASES.append(("opus", "libopus", "flt", 48_000, {"options": {"frame_duration": milliseconds}}))
for samples in ("100", "192", "1000", "1152", "4096", "4608", "16384"):
    CASES.append(("flac", "flac", "s16", 48_000, {"options": {"frame_size": samples}}))


@pytest.mark.parametrize(("codec", "encoder", "format", "rate", "settings"), CASES)
def test_a_packet_tells_its_samples(
    codec: str, encoder: str, format: str, rate: int, settings: dict[str, object]
) -> None:
    stream = audio(encoder, format=format, rate=rate, fill=noise, count=150, **settings)  # type: ignore[arg-type]
    size = stream.encoder.frame_size
    packets = [packet.tobytes() for packet in stream.packets if packet.size]
    assert len(packets) >= 140
    assert {samples_in_packet(codec, packet, rate, 0, 0) for packet in packets[:-2]} == {size}


def test_other_packets_have_as_many_as_the_container_tells() -> None:
    assert samples_in_packet("pcm_s16le", bytes(400), 48_000, 100, 0) == 100
    assert samples_in_packet("vorbis", bytes(40), 48_000, 576, 128) == 576
    assert samples_in_packet("aac", bytes(40), 48_000, 100, 2048) == 2048
    assert samples_in_packet("opus", b"", 48_000, 960, 960) == 960
    assert samples_in_packet("flac", b"", 48_000, 4096, 4096) == 4096
