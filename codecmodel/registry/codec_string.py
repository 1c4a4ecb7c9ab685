"""The classes and the protocol that all registrations share."""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

Data: TypeAlias = bytes | bytearray | memoryview


class InvalidDescription(ValueError):
    """The description of a configuration is not in the format that the registration of the codec defines."""


# Spec: codec-string
@dataclass(frozen=True)
class CodecString:
    """A valid codec string (§ 7.4). Codecs with profiles and levels have subclasses."""

    codec: str
    kind: Literal["audio", "video"]
    string: str


class Registration(Protocol):
    """One registration of the codec registry."""

    @property
    def codec(self) -> str:
        """The name of the codec in this package."""

    def parse(self, string: str) -> CodecString | None:
        """Parse a codec string. The result is None if it is not a valid string of this registration."""

    def parse_description(self, codec_string: CodecString, description: bytes | None) -> object:
        """Parse a description. Raises InvalidDescription, also if a description is required and there is none."""

    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        """Whether the data is a key chunk, or None if that cannot be told."""

    def chunk_format(self, description: bytes | None) -> str:
        """The registration's name for the format of chunks, or the name of the codec if there is one format only."""


class FixedStrings:
    """A registration of audio with fixed codec strings and without a description. All chunks are key chunks."""

    def __init__(self, codec: str, *strings: str) -> None:
        self.codec = codec
        self._strings = frozenset(strings)

    def parse(self, string: str) -> CodecString | None:
        return CodecString(self.codec, "audio", string) if string in self._strings else None

    def parse_description(self, codec_string: CodecString, description: bytes | None) -> None:
        """Ignore the description, which this codec does not use."""

    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        return True

    def chunk_format(self, description: bytes | None) -> str:
        return self.codec
