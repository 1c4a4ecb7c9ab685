"""Orientation of images: Exif's tag (CIPA DC-008), and the properties irot and imir of HEIF (ISO/IEC 23008-12)."""

import struct
from typing import Final, NamedTuple


class ImageOrientation(NamedTuple):
    """How to show an image: turn it by ``rotation`` degrees clockwise, and then mirror it horizontally if ``flip``."""

    rotation: float
    flip: bool


UPRIGHT: Final = ImageOrientation(0, False)
_OF_EXIF: Final = {
    1: UPRIGHT,
    2: ImageOrientation(0, True),
    3: ImageOrientation(180, False),
    4: ImageOrientation(180, True),
    5: ImageOrientation(90, True),
    6: ImageOrientation(90, False),
    7: ImageOrientation(270, True),
    8: ImageOrientation(270, False),
}
_BYTE_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_ORIENTATION, _SHORT = 0x0112, 3


def exif_orientation(exif: bytes) -> ImageOrientation:
    """The orientation in a TIFF structure, which may follow Exif's signature. Without one the image is upright."""
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


def heif_orientation(angle: int, mirror_axis: int | None) -> ImageOrientation:
    """The orientation that irot and then imir describe.

    ``angle`` is irot's, in quarter turns anticlockwise. ``mirror_axis`` is imir's: 0 swaps top and bottom, 1 left and
    right. None: there is no imir.
    """
    rotation = -90 * angle % 360
    if mirror_axis is None:
        return ImageOrientation(rotation, False)
    if mirror_axis == 1:
        return ImageOrientation(rotation, True)
    # To swap top and bottom is the same as half a turn, and then to swap left and right.
    return ImageOrientation((rotation + 180) % 360, True)
