"""Hand-made AV1 open bitstream units."""

from tests.codecmodel.registry.bit_writer import BitWriter

TEMPORAL_DELIMITER = b"\x12\x00"


def obu(kind: int, payload: bytes, *, extension: bool = False, has_size: bool = True) -> bytes:
    header = BitWriter().u((0, 1), (kind, 4), (int(extension), 1), (int(has_size), 1), (0, 1)).data()
    if extension:
        header += b"\x20"
    if has_size:
        size = len(payload)
        while size > 0x7F:
            header += bytes([size & 0x7F | 0x80])
            size >>= 7
        header += bytes([size])
    return header + payload


def sequence_header(
    profile: int = 0,
    level: int = 4,
    tier: int = 0,
    *,
    reduced: bool = False,
    detailed: bool = False,
    high: int = 0,
    twelve: int = 0,
    mono: int = 0,
    color: tuple[int, int, int] | None = None,
    full_range: int = 0,
    subsampling: tuple[int, int] = (1, 1),
    position: int = 0,
    size: tuple[int, int] = (320, 240),
) -> bytes:
    """The payload of a sequence header; a ``detailed`` one has everything that can be there."""
    bits = BitWriter().u((profile, 3), (int(reduced), 1), (int(reduced), 1))
    if reduced:
        bits.u((level, 5))
    elif detailed:
        bits.u((1, 1), (1, 32), (30, 32), (1, 1)).ue(3)
        bits.u((1, 1), (9, 5), (1, 32), (9, 5), (9, 5))
        bits.u((1, 1), (1, 5))
        for point_level, point_tier in ((level, tier), (0, 0)):
            bits.u((1, 12), (point_level, 5))
            if point_level > 7:
                bits.u((point_tier, 1))
            bits.u((1, 1), (7, 10), (7, 10), (0, 1), (1, 1), (9, 4))
    else:
        bits.u((0, 1), (0, 1), (0, 5), (0, 12), (level, 5))
        if level > 7:
            bits.u((tier, 1))
    bits.u((15, 4), (15, 4), (size[0] - 1, 16), (size[1] - 1, 16))
    if not reduced:
        bits.u((1, 1), (5, 4), (3, 3)) if detailed else bits.u((0, 1))
    bits.u((1, 3))
    if not reduced:
        bits.u((15, 4), (1, 1), (3, 2))
        if detailed:
            bits.u((0, 1), (1, 1), (0, 1), (1, 1))  # screen content tools forced, integer motion vectors too
        else:
            bits.u((1, 1), (1, 1))
        bits.u((6, 3))
    bits.u((7, 3))
    bits.u((high, 1))
    if profile == 2 and high:
        bits.u((twelve, 1))
    if profile != 1:
        bits.u((mono, 1))
    bits.u((int(color is not None), 1))
    for value in color or ():
        bits.u((value, 8))
    if mono:
        bits.u((full_range, 1))
    elif color != (1, 13, 0):
        bits.u((full_range, 1))
        if twelve:
            bits.u((subsampling[0], 1))
            if subsampling[0]:
                bits.u((subsampling[1], 1))
        if subsampling == (1, 1):
            bits.u((position, 2))
        bits.u((0, 1))
    return bits.u((0, 1), (1, 1)).data()


def frame(frame_type: int, *, kind: int = 6, show_existing: bool = False) -> bytes:
    return obu(kind, BitWriter().u((int(show_existing), 1), (frame_type, 2), (1, 1), (0, 20)).data())
