"""The amount of data that the rows of a PNG need (PNG 3, §§ 8.1, 9.2, 11.2.1)."""

import struct
import zlib
from typing import Final

#: Samples of a pixel, by colour type.
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
#: The passes of Adam7: the first column and row, and the distances to the next ones.
_ADAM7: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
#: Bytes that are decompressed at a time: of input, which limits how much of it has to be copied, and of output. Each
#: step gives up the GIL, for which it may have to wait then.
_INPUT_STEP: Final = 1 << 20
_OUTPUT_STEP: Final = 1 << 20


def has_all_rows(header: bytes, data: bytes) -> bool:
    """Whether the compressed ``data`` has all rows of an image with this header (the content of IHDR).

    FFmpeg's decoder doesn't tell: it leaves missing rows blank.
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
        for start in range(0, len(data), _INPUT_STEP):
            compressed = data[start : start + _INPUT_STEP]
            # A step may inflate to much more than itself.
            while compressed and missing > 0:
                missing -= len(inflater.decompress(compressed, _OUTPUT_STEP))
                compressed = inflater.unconsumed_tail
            if missing <= 0 or inflater.eof:
                break
        if missing > 0:
            missing -= len(inflater.flush())
    except zlib.error:
        return False
    return missing <= 0
