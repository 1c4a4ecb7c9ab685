"""How much data a PNG has to have (REC-png-3 §§ 8.1, 9.2, 11.2.1)."""

import struct
import zlib
from typing import Final

#: Colour type → samples of a pixel.
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
#: Columns and rows at which the passes of Adam7 begin, and their distances.
_ADAM7: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_STEP: Final = 1 << 16


def has_all_rows(header: bytes, data: bytes) -> bool:
    """Whether compressed ``data`` has as much as an image with this header consists of.

    FFmpeg's decoder leaves rows that are missing as they are.
    """
    width, height, depth, color_type, _, _, interlacing = struct.unpack(">IIBBBBB", header)
    bits = depth * _CHANNELS.get(color_type, 0)
    missing = 0
    for left, top, across, down in _ADAM7 if interlacing else ((0, 0, 1, 1),):
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            missing += rows * (1 + -(-columns * bits // 8))
    inflater = zlib.decompressobj()
    try:
        while missing > 0:
            inflated = inflater.decompress(data, _STEP)
            if not inflated:
                return False
            missing -= len(inflated)
            data = inflater.unconsumed_tail
    except zlib.error:
        return False
    return True
