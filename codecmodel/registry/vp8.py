"""VP8: codec string, key frames.

Sources: VP8 registration; RFC 6386 § 9.1 and § 19.1.
"""

from dataclasses import dataclass
from typing import Final

from codecmodel.registry.codec_string import CodecString, Data

_START_CODE: Final = b"\x9d\x01\x2a"


@dataclass(frozen=True)
class Vp8KeyFrameHeader:
    """The header of a key frame: version, which is the profile, and size in pixels."""

    version: int
    width: int
    height: int


class Vp8Registration:
    """The VP8 registration."""

    codec: Final = "vp8"

    # Spec: webcodecs-vp8-codec-registration/fully-qualified-codec-strings
    def parse(self, string: str) -> CodecString | None:
        return CodecString("vp8", "video", string) if string == "vp8" else None

    # Spec: webcodecs-vp8-codec-registration/videodecoderconfig-description
    def parse_description(self, codec_string: CodecString, description: bytes | None) -> None:
        """Ignore the description, which VP8 does not use."""

    # Spec: webcodecs-vp8-codec-registration/encodedvideochunk-type
    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        """Whether key_frame is set, which is the inverse of the first bit of the frame tag."""
        return data[0] & 1 == 0 if len(data) else None

    # Spec: webcodecs-vp8-codec-registration/encodedvideochunk-data
    def chunk_format(self, description: bytes | None) -> str:
        return self.codec


def parse_key_frame_header(data: Data) -> Vp8KeyFrameHeader | None:
    """The header of a key frame, or None if the data is not one."""
    if len(data) < 10 or data[0] & 1 or bytes(data[3:6]) != _START_CODE:
        return None
    # The two high bits of width and height are a scale for display.
    width = int.from_bytes(data[6:8], "little") & 0x3FFF
    height = int.from_bytes(data[8:10], "little") & 0x3FFF
    return Vp8KeyFrameHeader(data[0] >> 1 & 0b111, width, height)
