"""What readers of image files have in common: data that arrives in parts, and what has been found in it."""

import math
import struct
from abc import ABC, abstractmethod
from typing import Final, Literal, NamedTuple, TypeAlias

from codecmodel.image_files.colors import SRGB, ImageColors
from codecmodel.image_files.orientation import UPRIGHT, Orientation

FileData: TypeAlias = bytes | bytearray | memoryview
#: What becomes of a picture before the next one: it stays, is cleared, or gives way to what was there before it.
Disposal: TypeAlias = Literal["keep", "clear", "restore"]

#: Times the animation is repeated if it never ends.
FOREVER: Final = math.inf
#: In a second.
MICROSECONDS: Final = 1_000_000


class MalformedImage(Exception):
    """The file is not what its format says, from here on."""


class Picture(NamedTuple):
    """A picture of a file, complete, with its place on the canvas in pixels.

    ``parts`` are (start, end) of the bytes that are needed to decode it, and ``settings`` others. ``duration`` is in
    microseconds. With ``blends`` what is transparent in it shows what is beneath; ``is_opaque``: nothing in it is.
    """

    parts: tuple[tuple[int, int], ...]
    left: int = 0
    top: int = 0
    width: int = 0
    height: int = 0
    duration: int = 0
    blends: bool = False
    is_opaque: bool = False
    disposal: Disposal = "keep"
    settings: bytes = b""


class ImageFile(ABC):
    """A file of one track. Subclasses read on at ``_position``, unit by unit, and fill in what they find."""

    #: FFmpeg's name of the decoder.
    codec: str

    def __init__(self) -> None:
        self._data: FileData = b""
        self._position = 0
        #: All data has arrived.
        self.is_complete = False
        #: The file's own end has been found.
        self.is_ended = False
        #: It is broken after the pictures found so far.
        self.is_malformed = False
        #: All that comes before the first picture is known.
        self.is_described = False
        #: Complete pictures.
        self.pictures: list[Picture] = []
        #: A further picture has begun.
        self.has_begun_picture = False
        self.declared_count = 0
        self.repetition_count: float | None = None
        self.is_animated = False
        #: Width and height in pixels, if pictures may be smaller.
        self.canvas: tuple[int, int] | None = None
        self.colors: ImageColors = SRGB
        self.orientation: Orientation = UPRIGHT

    def read(self, data: FileData, *, is_complete: bool) -> None:
        """Read on in ``data``: all that has arrived, which begins as the data before."""
        self._data = data
        self.is_complete = is_complete
        try:
            while not self.is_malformed and not self.is_ended and self._read_unit():
                pass
        except (MalformedImage, struct.error):
            self.is_malformed = True

    @abstractmethod
    def _read_unit(self) -> bool:
        """Read what is at ``_position``, and move on; False if more data is needed. Raises MalformedImage."""

    @abstractmethod
    def packet(self, picture: Picture) -> bytes:
        """A file with this picture alone, for the decoder. Raises MalformedImage if it is known not to be whole."""

    @property
    def count(self) -> int:
        """Pictures found so far, of which the last may still be arriving, or declared."""
        return max(len(self.pictures) + self.has_begun_picture, self.declared_count)

    def _has(self, size: int) -> bool:
        """Whether ``size`` bytes are there, from the position on."""
        return self._position + size <= len(self._data)

    def _bytes(self, start: int, end: int) -> bytes:
        with memoryview(self._data) as view:
            return bytes(view[start:end])

    def _begins_with(self, signature: bytes) -> bool:
        """Whether the whole signature has arrived. Raises MalformedImage if something else has."""
        begin = self._bytes(0, len(signature))
        if not signature.startswith(begin):
            raise MalformedImage("the signature is not there")
        return begin == signature
