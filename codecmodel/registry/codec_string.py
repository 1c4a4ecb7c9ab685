"""What all registrations have in common."""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

Data: TypeAlias = bytes | bytearray | memoryview


class InvalidDescription(ValueError):
    """A configuration's description is not what the codec's registration says it is."""


# Spec: codec-string
@dataclass(frozen=True)
class CodecString:
    """A valid codec string (spec § 7.4). Codecs with profiles and levels have classes of their own."""

    codec: str
    kind: Literal["audio", "video"]
    string: str


class Registration(Protocol):
    """One registration of the codec registry."""

    @property
    def codec(self) -> str: ...

    def parse(self, string: str) -> CodecString | None:
        """The codec string taken apart, or None if it isn't one of this registration's, or not valid."""

    def parse_description(self, codec_string: CodecString, description: bytes | None) -> object:
        """The description taken apart. Raises InvalidDescription; also if it is required and there is none."""

    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        """Whether the data is a key chunk. False is a definite no; None is "can't tell"."""

    def chunk_format(self, description: bytes | None) -> str:
        """How chunks are packaged, named as the registration does; as the codec where there is one way only."""


class FixedStrings:
    """A registration with a fixed set of strings and no description, all of whose chunks are key chunks."""

    def __init__(self, codec: str, *strings: str) -> None:
        self.codec = codec
        self._strings = frozenset(strings)

    def parse(self, string: str) -> CodecString | None:
        return CodecString(self.codec, "audio", string) if string in self._strings else None

    def parse_description(self, codec_string: CodecString, description: bytes | None) -> None:
        """Not used for this codec: whatever it is, it is ignored."""

    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        return True

    def chunk_format(self, description: bytes | None) -> str:
        return self.codec
