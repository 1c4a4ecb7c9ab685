"""Vorbis: codec string, the three headers in Xiph extradata format.

Sources: Vorbis registration; Vorbis I specification § 4.2; Ogg framing (lacing values).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from codecmodel.registry.codec_string import CodecString, Data, InvalidDescription

#: Types of the identification, comment and setup header packets.
_HEADER_TYPES: Final = (1, 3, 5)


@dataclass(frozen=True)
class VorbisHeaders:
    """The fields of the identification header (rate in Hz, block sizes in samples), and all three packets."""

    channels: int
    sample_rate: int
    block_sizes: tuple[int, int]
    packets: tuple[bytes, bytes, bytes]


class VorbisRegistration:
    """The Vorbis registration."""

    codec: Final = "vorbis"

    # Spec: webcodecs-vorbis-codec-registration/fully-qualified-codec-strings
    def parse(self, string: str) -> CodecString | None:
        return CodecString("vorbis", "audio", string) if string == "vorbis" else None

    # Spec: webcodecs-vorbis-codec-registration/audiodecoderconfig-description
    def parse_description(self, codec_string: CodecString, description: bytes | None) -> VorbisHeaders:
        if description is None:
            raise InvalidDescription("Vorbis requires a description")
        return parse_vorbis_description(description)

    # Spec: webcodecs-vorbis-codec-registration/encodedaudiochunk-type
    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        return True

    # Spec: webcodecs-vorbis-codec-registration/encodedaudiochunk-data
    def chunk_format(self, description: bytes | None) -> str:
        return self.codec


def parse_vorbis_description(data: bytes) -> VorbisHeaders:
    """Parse a description: the number of packets minus one, lacing values for all packets but the last, the packets.

    Raises InvalidDescription.
    """
    if not data or data[0] != 2:
        raise InvalidDescription("Vorbis: not three headers in Xiph extradata format")
    sizes: list[int] = []
    position = 1
    for _ in range(2):
        size = 0
        while True:
            if position >= len(data):
                raise InvalidDescription("Vorbis: truncated lacing values")
            value = data[position]
            position += 1
            size += value
            if value < 255:
                break
        sizes.append(size)
    first, second = position + sizes[0], position + sizes[0] + sizes[1]
    if second >= len(data):
        raise InvalidDescription("Vorbis: truncated headers")
    packets = data[position:first], data[first:second], data[second:]
    for packet, kind in zip(packets, _HEADER_TYPES, strict=True):
        if len(packet) < 7 or packet[0] != kind or packet[1:7] != b"vorbis":
            raise InvalidDescription(f"Vorbis: the header of type {kind} is missing")
    identification = packets[0]
    if len(identification) < 30:
        raise InvalidDescription("Vorbis: truncated identification header")
    channels, rate = identification[11], int.from_bytes(identification[12:16], "little")
    block_sizes = 1 << (identification[28] & 0xF), 1 << (identification[28] >> 4)
    if identification[7:11] != bytes(4) or not channels or not rate:
        raise InvalidDescription("Vorbis: impossible identification header")
    if not 64 <= block_sizes[0] <= block_sizes[1] <= 8192 or not identification[29] & 1:
        raise InvalidDescription("Vorbis: impossible block sizes, or no framing bit")
    return VorbisHeaders(channels, rate, block_sizes, packets)


def build_vorbis_description(packets: Sequence[bytes]) -> bytes:
    """A description from the identification, comment and setup headers. Raises ValueError if there are not three."""
    if len(packets) != 3:
        raise ValueError(f"Vorbis has three headers, not {len(packets)}")
    lacing = bytearray([2])
    for packet in packets[:2]:
        lacing += b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
    return bytes(lacing) + b"".join(packets)
