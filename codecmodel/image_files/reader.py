"""The common part of all parsers of image files: data that arrives in pieces, and the pictures found in it."""

import math
import struct
from abc import ABC, abstractmethod
from typing import Final, Literal, NamedTuple, TypeAlias

from codecmodel.image_files.colors import SRGB, ImageColors
from codecmodel.image_files.orientation import UPRIGHT, ImageOrientation

FileData: TypeAlias = bytes | bytearray | memoryview
#: How a picture's area changes before the next picture is drawn: it stays as it is, becomes transparent, or gets the
#: pixels back that it had before the picture was drawn.
Disposal: TypeAlias = Literal["keep", "clear", "restore"]
#: The meaning of a picture's components, where it isn't obvious from the format of the decoded frame.
ColorModel: TypeAlias = Literal["YCbCr", "RGB", "CMYK", "YCCK"]

#: The repetition count of an animation that never ends.
FOREVER: Final = math.inf
#: In a second.
MICROSECONDS: Final = 1_000_000


class MalformedImage(Exception):
    """The file breaks the rules of its format, or uses a feature of it that is not supported."""


class CodedPicture(NamedTuple):
    """A picture whose data has arrived, and its place on the canvas in pixels.

    ``parts`` are (start, end) of the bytes needed to decode it, and ``settings`` are further bytes. ``timestamp`` and
    ``duration`` are in microseconds. If the picture ``blends``, the canvas shows through where it is transparent. If it
    ``is_opaque``, any alpha that its decoder outputs is to be ignored.
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
    timestamp: int = 0


class ImageFile(ABC):
    """A file of one track. A subclass reads one unit of its format after the other, from ``_position`` on."""

    #: FFmpeg's name of the decoder.
    codec: str
    color_model: ColorModel = "YCbCr"

    def __init__(self) -> None:
        self._data: FileData = b""
        self._position = 0
        self._end_time = 0
        #: All data has arrived.
        self.is_complete = False
        #: The file's own end has been found.
        self.is_ended = False
        #: The file is broken after the pictures found so far.
        self.is_malformed = False
        #: Everything that a track needs to be described is known.
        self.is_described = False
        #: The pictures whose data has arrived.
        self.pictures: list[CodedPicture] = []
        #: The data of a further picture has begun.
        self.has_begun_picture = False
        self.repetition_count: float = 0
        self.is_animated = False
        #: Width and height in pixels, if pictures may be smaller than the image.
        self.canvas: tuple[int, int] | None = None
        #: No pixel of the image is transparent, not even where no picture covers the canvas.
        self.is_opaque = False
        self.colors: ImageColors = SRGB
        self.orientation: ImageOrientation = UPRIGHT

    def read(self, data: FileData, *, is_complete: bool) -> None:
        """Read on. ``data`` is everything that has arrived, from the file's first byte on."""
        self._data = data
        self.is_complete = is_complete
        try:
            while not self.is_malformed and not self.is_ended and self._read_unit():
                pass
        except (MalformedImage, struct.error):
            self.is_malformed = True

    @abstractmethod
    def _read_unit(self) -> bool:
        """Read the unit at ``_position`` and move on. Returns False if more data is needed. Raises MalformedImage."""

    @abstractmethod
    def packet(self, picture: CodedPicture) -> bytes:
        """The picture as a file of its own, for the decoder. Raises MalformedImage if it can't be decoded."""

    @property
    def count(self) -> int:
        """The number of pictures found so far, including one whose data has only begun to arrive."""
        return len(self.pictures) + self.has_begun_picture

    def _add(self, picture: CodedPicture) -> None:
        """Add a picture whose data has arrived. It begins when the one before it ends."""
        self.pictures.append(picture._replace(timestamp=self._end_time))
        self._end_time += picture.duration
        self.has_begun_picture = False

    def _has(self, size: int) -> bool:
        """Whether ``size`` bytes have arrived, from the position on."""
        return self._position + size <= len(self._data)

    def _bytes(self, start: int, end: int) -> bytes:
        with memoryview(self._data) as view:
            return bytes(view[start:end])

    def _begins_with(self, signature: bytes) -> bool:
        """Whether the whole signature has arrived. Raises MalformedImage if the file begins with something else."""
        begin = self._bytes(0, len(signature))
        if not signature.startswith(begin):
            raise MalformedImage("the file does not begin with its format's signature")
        return begin == signature
