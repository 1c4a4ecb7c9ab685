"""FLAC: codec string, STREAMINFO.

Sources: FLAC registration; RFC 9639 § 8.1 and § 8.2.
"""

from dataclasses import dataclass
from typing import Final

from codecmodel.registry.bit_reader import BitReader
from codecmodel.registry.codec_string import CodecString, Data, InvalidDescription

_MARKER: Final = b"fLaC"
_STREAMINFO_SIZE: Final = 34


@dataclass(frozen=True)
class FlacStreamInfo:
    """The STREAMINFO block. Block sizes in samples, frame sizes in bytes (0: unknown), rate in Hz."""

    minimum_block_size: int
    maximum_block_size: int
    minimum_frame_size: int
    maximum_frame_size: int
    sample_rate: int
    channels: int
    bits_per_sample: int
    #: Samples of each channel, 0 if unknown.
    total_samples: int
    md5: bytes


class FlacRegistration:
    """The FLAC registration."""

    codec: Final = "flac"

    # Spec: webcodecs-flac-codec-registration/fully-qualified-codec-strings
    def parse(self, string: str) -> CodecString | None:
        return CodecString("flac", "audio", string) if string == "flac" else None

    # Spec: webcodecs-flac-codec-registration/audiodecoderconfig-description
    def parse_description(self, codec_string: CodecString, description: bytes | None) -> FlacStreamInfo:
        if description is None:
            raise InvalidDescription("FLAC requires a description")
        return parse_flac_description(description)

    # Spec: webcodecs-flac-codec-registration/encodedaudiochunk-type
    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        return True

    # Spec: webcodecs-flac-codec-registration/encodedaudiochunk-data
    def chunk_format(self, description: bytes | None) -> str:
        return self.codec


def parse_flac_description(data: bytes) -> FlacStreamInfo:
    """ "fLaC" and a STREAMINFO block, perhaps followed by others. Raises InvalidDescription."""
    if len(data) < 8 + _STREAMINFO_SIZE or data[:4] != _MARKER:
        raise InvalidDescription("not the beginning of a FLAC bitstream")
    if data[4] & 0x7F != 0 or int.from_bytes(data[5:8], "big") != _STREAMINFO_SIZE:
        raise InvalidDescription("FLAC: the first metadata block is not STREAMINFO")
    bits = BitReader(data[8 : 8 + _STREAMINFO_SIZE])
    info = FlacStreamInfo(
        bits.bits(16), bits.bits(16), bits.bits(24), bits.bits(24),
        bits.bits(20), bits.bits(3) + 1, bits.bits(5) + 1, bits.bits(36), bits.bits(128).to_bytes(16, "big"),
    )  # fmt: skip
    if info.minimum_block_size < 16 or info.maximum_block_size < info.minimum_block_size:
        raise InvalidDescription("FLAC: impossible block sizes")
    if info.sample_rate == 0 or info.bits_per_sample < 4:
        raise InvalidDescription("FLAC: impossible sample rate or size")
    return info


def build_flac_description(stream_info: bytes) -> bytes:
    """A description from the 34 bytes of a STREAMINFO block. Raises ValueError if there are not 34."""
    if len(stream_info) != _STREAMINFO_SIZE:
        raise ValueError(f"STREAMINFO has {_STREAMINFO_SIZE} bytes, not {len(stream_info)}")
    # The flag says that this is the last metadata block.
    return _MARKER + b"\x80" + _STREAMINFO_SIZE.to_bytes(3, "big") + stream_info
