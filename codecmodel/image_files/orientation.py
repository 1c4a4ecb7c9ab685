"""Orientation: the tag of Exif (CIPA DC-008), and irot and imir of HEIF (ISO/IEC 23008-12)."""

import struct
from typing import Final, NamedTuple


class Orientation(NamedTuple):
    """How to show an image: turned by ``rotation`` degrees clockwise and then, with ``flip``, mirrored horizontally."""

    rotation: float
    flip: bool


UPRIGHT: Final = Orientation(0, False)
_OF_EXIF: Final = {
    1: UPRIGHT,
    2: Orientation(0, True),
    3: Orientation(180, False),
    4: Orientation(180, True),
    5: Orientation(90, True),
    6: Orientation(90, False),
    7: Orientation(270, True),
    8: Orientation(270, False),
}
_BYTE_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_ORIENTATION, _SHORT = 0x0112, 3


def exif_orientation(exif: bytes) -> Orientation:
    """What a TIFF structure says, which may have Exif's own signature before it; upright if it says nothing."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, directory)
        for entry in range(entries):
            tag, kind, count, value = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + 12 * entry)
            if (tag, kind, count) == (_ORIENTATION, _SHORT, 1):
                return _OF_EXIF.get(value, UPRIGHT)
    except struct.error:
        pass
    return UPRIGHT


def heif_orientation(angle: int, mirror_axis: int | None) -> Orientation:
    """Of irot's quarter turns anticlockwise, and then imir's axis: 0 swaps top and bottom, 1 left and right."""
    rotation = -90 * angle % 360
    if mirror_axis is None:
        return Orientation(rotation, False)
    if mirror_axis == 1:
        return Orientation(rotation, True)
    # Top and bottom swapped is half a turn, and then left and right swapped.
    return Orientation((rotation + 180) % 360, True)
