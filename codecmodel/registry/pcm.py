"""Linear PCM: codec strings.

Source: linear PCM registration.
"""

from dataclasses import dataclass
from typing import Final

from codecmodel.registry.codec_string import CodecString, Data

#: Codec string → bytes of a sample.
_STRINGS: Final = {"pcm-u8": 1, "pcm-s16": 2, "pcm-s24": 3, "pcm-s32": 4, "pcm-f32": 4}


@dataclass(frozen=True)
class PcmCodecString(CodecString):
    """``pcm-…``. Samples are interleaved and little-endian."""

    bytes_per_sample: int


class PcmRegistration:
    """The linear PCM registration."""

    codec: Final = "pcm"

    # Spec: webcodecs-pcm-codec-registration/fully-qualified-codec-strings
    def parse(self, string: str) -> PcmCodecString | None:
        size = _STRINGS.get(string)
        return None if size is None else PcmCodecString("pcm", "audio", string, size)

    # Spec: webcodecs-pcm-codec-registration/audiodecoderconfig-description
    def parse_description(self, codec_string: CodecString, description: bytes | None) -> None:
        """Ignore the description, which is expected to be omitted."""

    # Spec: webcodecs-pcm-codec-registration/encodedaudiochunk-type
    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        return True

    # Spec: webcodecs-pcm-codec-registration/encodedaudiochunk-data
    def chunk_format(self, description: bytes | None) -> str:
        return self.codec
