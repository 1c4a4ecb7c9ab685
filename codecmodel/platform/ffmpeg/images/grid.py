"""Images that are a grid of others (ISO/IEC 23008-12 § 6.6.2.3)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from codecmodel.lazy_numpy import np
from codecmodel.platform.codec_implementation import CodecError
from ffbind import Frame, pixel_format


class Grid(NamedTuple):
    """Rows and columns of tiles, and the image's width and height in pixels. Tiles are cut off beyond them."""

    rows: int
    columns: int
    width: int
    height: int


def read_grid(data: bytes) -> Grid:
    """Read the data of a grid item. Raises CodecError."""
    try:
        version, flags, rows, columns = struct.unpack_from(">4B", data)
        width, height = struct.unpack_from(">II" if flags & 1 else ">HH", data, 4)
    except struct.error as error:
        raise CodecError("the grid is not described") from error
    if version or not width or not height:
        raise CodecError("the grid is not described, or is empty")
    return Grid(rows + 1, columns + 1, width, height)


def assembled(grid: Grid, tiles: Sequence[Frame]) -> Frame:
    """The tiles, row by row, as one frame. Raises CodecError if they differ, or don't fill the image."""
    first = tiles[0]
    width, height = first.width, first.height
    if any((tile.width, tile.height, tile.format) != (width, height, first.format) for tile in tiles):
        raise CodecError("the tiles of the grid differ in size or format")
    format = pixel_format(first.format)
    is_odd = any(size % (1 << shift) for size, shift in zip((width, height), format.log2_chroma, strict=True))
    if width * grid.columns < grid.width or height * grid.rows < grid.height or is_odd:
        raise CodecError("the tiles of the grid have the wrong size")
    result = Frame.video(grid.width, grid.height, first.format)
    targets = result.writable_planes()
    for number, tile in enumerate(tiles):
        row, column = divmod(number, grid.columns)
        for target, source in zip(targets, tile.planes(), strict=True):
            place = np.ndarray((target.height, target.row_bytes), np.uint8, target.data, 0, (target.stride, 1))
            area = place[row * source.height :, column * source.row_bytes :][: source.height, : source.row_bytes]
            pixels = np.ndarray((source.height, source.row_bytes), np.uint8, source.data, 0, (source.stride, 1))
            area[:] = pixels[: area.shape[0], : area.shape[1]]
    result.color_primaries, result.color_trc = first.color_primaries, first.color_trc
    result.colorspace, result.color_range = first.colorspace, first.color_range
    result.chroma_location = first.chroma_location
    return result
