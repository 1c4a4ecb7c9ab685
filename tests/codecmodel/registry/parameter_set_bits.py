"""Hand-made H.264 and H.265 parameter sets."""

from tests.codecmodel.registry.bit_writer import BitWriter

AVC_PPS = bytes.fromhex("68ebe3cb22c0")
AVC_IDR = b"\x65\x88\x84\x00\x10"
AVC_SLICE = b"\x41\x9a\x24\x6c"
HEVC_VPS = b"\x40\x01\x0c\x01\xff\xff"
HEVC_PPS = b"\x44\x01\xc1\x73"


def avc_sps(
    profile: int = 100,
    constraints: int = 0,
    level: int = 31,
    *,
    chroma_format: int = 1,
    depth: int = 8,
    size_in_macroblocks: tuple[int, int] = (80, 45),
    interlaced: bool = False,
    crop: tuple[int, int, int, int] | None = None,
    reorder: int | None = None,
    color: tuple[int, int, int, int] | None = None,
    aspect_ratio: tuple[int, int] | None = None,
) -> bytes:
    """``crop`` is coded as left, right, top, bottom; ``color`` is full range, primaries, transfer, matrix."""
    bits = BitWriter().u((0x67, 8), (profile, 8), (constraints, 8), (level, 8)).ue(0)
    if profile >= 100:
        bits.ue(chroma_format)
        if chroma_format == 3:
            bits.u((0, 1))
        bits.ue(depth - 8, depth - 8).u((0, 1))
        bits.u((1, 1), (1, 1)).se(8, -16).u((0, 7 if chroma_format != 3 else 11))  # one scaling list, cut short
    bits.ue(0, 0, 4)  # frame number, picture order count type 0
    bits.ue(3).u((0, 1))
    bits.ue(size_in_macroblocks[0] - 1, size_in_macroblocks[1] - 1)
    bits.u((0, 1), (1, 1)) if interlaced else bits.u((1, 1))
    bits.u((1, 1))
    if crop is None:
        bits.u((0, 1))
    else:
        bits.u((1, 1)).ue(*crop)
    bits.u((1, 1))  # VUI
    if aspect_ratio is None:
        bits.u((0, 1))
    else:
        bits.u((1, 1), (255, 8), (aspect_ratio[0], 16), (aspect_ratio[1], 16))
    bits.u((1, 1), (0, 1))  # overscan
    if color is None:
        bits.u((0, 1))
    else:
        bits.u((1, 1), (5, 3), (color[0], 1), (1, 1), *((value, 8) for value in color[1:]))
    bits.u((1, 1)).ue(0, 0)  # chroma location
    bits.u((1, 1), (1, 32), (50, 32), (1, 1))  # timing
    bits.u((1, 1)).ue(0).u((0, 8)).ue(9, 9).u((0, 1), (0, 20))  # NAL HRD
    bits.u((0, 1), (0, 1), (1, 1))  # no VCL HRD, low delay, pic_struct
    if reorder is None:
        bits.u((0, 1))
    else:
        bits.u((1, 1), (1, 1)).ue(0, 0, 9, 9, reorder, 4)
    return bits.rbsp()


def hevc_sps(
    profile: int = 1,
    *,
    tier: int = 0,
    level: int = 93,
    compatibility: int = 0x60000000,
    constraints: str = "900000000000",
    sub_layers: int = 1,
    chroma_format: int = 1,
    depth: int = 8,
    size: tuple[int, int] = (1280, 720),
    window: tuple[int, int, int, int] | None = None,
    reorder: int = 2,
    color: tuple[int, int, int, int] | None = None,
    aspect_ratio: int | None = None,
) -> bytes:
    """``window`` is coded as left, right, top, bottom; ``color`` is full range, primaries, transfer, matrix."""
    bits = BitWriter().u((0x42, 8), (0x01, 8), (0, 4), (sub_layers - 1, 3), (1, 1))
    bits.u((0, 2), (tier, 1), (profile, 5), (compatibility, 32), (int(constraints, 16), 48), (level, 8))
    if sub_layers > 1:
        bits.u(*((3, 2) for _ in range(sub_layers - 1)), (0, 2 * (9 - sub_layers)))
        for _ in range(sub_layers - 1):
            bits.u((1, 88), (level, 8))
    bits.ue(0, chroma_format)
    if chroma_format == 3:
        bits.u((0, 1))
    bits.ue(*size)
    if window is None:
        bits.u((0, 1))
    else:
        bits.u((1, 1)).ue(*window)
    bits.ue(depth - 8, depth - 8, 4).u((1, 1))
    for layer in range(sub_layers):
        bits.ue(4, reorder if layer == sub_layers - 1 else 0, 0)
    bits.ue(0, 3, 0, 3, 0, 0)  # block and transform sizes
    # A scaling list: predicted ones, except for one with a DC coefficient.
    bits.u((1, 1), (1, 1))
    for size_id in range(4):
        for matrix_id in range(0, 6, 3 if size_id == 3 else 1):
            if (size_id, matrix_id) == (2, 1):
                bits.u((1, 1)).se(2).se(*([1] + [0] * 63))
            else:
                bits.u((0, 1)).ue(0)
    bits.u((1, 1), (0, 1))  # amp, sao
    bits.u((1, 1), (7, 4), (7, 4)).ue(0, 0).u((0, 1))  # PCM
    # Three short-term sets: explicit, explicit, predicted with one entry dropped.
    bits.ue(3)
    bits.ue(1, 0, 0).u((1, 1))
    bits.u((0, 1)).ue(1, 1, 0).u((1, 1)).ue(0).u((1, 1))
    bits.u((1, 1), (0, 1)).ue(0).u((1, 1), (0, 1), (0, 1), (0, 1), (1, 1))
    bits.u((1, 1)).ue(1).u((5, 8), (1, 1))  # one long-term picture
    bits.u((1, 1), (1, 1))
    bits.u((1, 1))  # VUI
    if aspect_ratio is None:
        bits.u((0, 1))
    else:
        bits.u((1, 1), (aspect_ratio, 8))
    bits.u((0, 1))
    if color is None:
        bits.u((0, 1))
    else:
        bits.u((1, 1), (5, 3), (color[0], 1), (1, 1), *((value, 8) for value in color[1:]))
    bits.u((0, 1), (0, 3), (0, 1), (0, 1), (0, 1), (0, 1), (0, 1))
    return bits.rbsp()
