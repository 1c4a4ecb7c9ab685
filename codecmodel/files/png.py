"""Writes arrays of pixels to PNG files."""

import struct
import zlib
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_BIT_DEPTH: Final = 8
#: The colour types "truecolour" and "truecolour with alpha" (PNG § 11.2.1), by the number of components.
_COLOUR_TYPES: Final = {3: 2, 4: 6}


def write_png(file: BinaryIO, pixels: npt.NDArray[np.uint8]) -> None:
    """Write an image of sRGB pixels: an array of shape (rows, columns, 3), or 4 with straight alpha."""
    height, width, components = pixels.shape
    color_type = _COLOUR_TYPES[components]
    file.write(_SIGNATURE)
    file.write(_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, _BIT_DEPTH, color_type, 0, 0, 0)))
    # Each row begins with the number of its filter: 0 for none.
    rows = np.zeros((height, 1 + components * width), np.uint8)
    rows[:, 1:] = pixels.reshape(height, components * width)
    file.write(_chunk(b"IDAT", zlib.compress(rows.tobytes())))
    file.write(_chunk(b"IEND", b""))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
