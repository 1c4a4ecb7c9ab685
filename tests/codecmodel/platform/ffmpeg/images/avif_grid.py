"""AVIF files whose image is a grid, made of AVIF files with an image each."""

import struct
from collections.abc import Sequence


def _box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I4s", 8 + len(data), kind) + data


def _full_box(kind: bytes, *content: bytes, version: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24), *content)


def _content(data: bytes, kind: bytes) -> bytes:
    """The content of the first box of a kind, wherever it is."""
    place = data.index(kind)
    (size,) = struct.unpack_from(">I", data, place - 4)
    return data[place + 4 : place - 4 + size]


def grid_of(files: Sequence[bytes], columns: int, width: int, height: int, tile: tuple[int, int]) -> bytes:
    """A grid of ``width`` × ``height`` pixels; each file has a tile, alone in its mdat, of the same configuration."""
    payloads = [_content(file, b"mdat") for file in files]
    descriptor = struct.pack(">BBBBHH", 0, 0, len(files) // columns - 1, columns - 1, width, height)
    ids = range(1, len(files) + 1)
    grid = len(files) + 1
    entries = [_full_box(b"infe", struct.pack(">HH4sB", id, 0, b"av01", 0), version=2) for id in ids]
    entries.append(_full_box(b"infe", struct.pack(">HH4sB", grid, 0, b"grid", 0), version=2))
    properties = _box(
        b"ipco",
        _box(b"av1C", _content(files[0], b"av1C")),
        _full_box(b"ispe", struct.pack(">II", *tile)),
        _full_box(b"ispe", struct.pack(">II", width, height)),
        _box(b"irot", b"\3"),
    )
    associations = b"".join(struct.pack(">HBBB", id, 2, 0x81, 2) for id in ids) + struct.pack(">HBBB", grid, 2, 3, 0x84)

    def meta(offset: int) -> bytes:
        places = b""
        for id, payload in zip(ids, payloads, strict=True):
            places += struct.pack(">HHHHII", id, 0, 0, 1, offset, len(payload))
            offset += len(payload)
        places += struct.pack(">HHHHII", grid, 1, 0, 1, 0, len(descriptor))
        return _full_box(
            b"meta",
            _full_box(b"hdlr", struct.pack(">4s4s13x", b"", b"pict")),
            _full_box(b"pitm", struct.pack(">H", grid)),
            _full_box(b"iloc", struct.pack(">HH", 0x4400, grid), places, version=1),
            _full_box(b"iinf", struct.pack(">H", grid), *entries),
            _full_box(b"iref", _box(b"dimg", struct.pack(f">HH{len(files)}H", grid, len(files), *ids))),
            _box(b"iprp", properties, _full_box(b"ipma", struct.pack(">I", grid), associations)),
            _box(b"idat", descriptor),
        )

    head = _box(b"ftyp", b"avif", bytes(4), b"avifmif1")
    return head + meta(len(head) + len(meta(0)) + 8) + _box(b"mdat", *payloads)
