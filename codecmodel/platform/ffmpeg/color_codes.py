"""Colours as FFmpeg numbers them, and their names in the spec."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from codecmodel.raw_media.chroma import ChromaLocation
from codecmodel.raw_media.color_space import (
    VideoColorSpaceInit,
    matrix_coefficients_from_h273,
    primaries_from_h273,
    transfer_characteristics_from_h273,
)
from ffbind.h273 import FULL_RANGE, LIMITED_RANGE

#: FFmpeg's range of a stream that does not say which range it has.
UNSPECIFIED_RANGE: Final = 0

#: ChromaLocation → FFmpeg's number, which is ChromaLocType of H.273 plus 1.
CHROMA_LOCATIONS: Final[Mapping[ChromaLocation, int]] = {
    "left": 1,
    "center": 2,
    "topleft": 3,
    "top": 4,
    "bottomleft": 5,
    "bottom": 6,
}
CHROMA_LOCATION_NAMES: Final = {number: name for name, number in CHROMA_LOCATIONS.items()}
_IS_FULL_RANGE: Final = {LIMITED_RANGE: False, FULL_RANGE: True}


@lru_cache(maxsize=256)
def detected_color_space(
    primaries: int, transfer: int, matrix: int, color_range: int, is_rgb: bool
) -> VideoColorSpaceInit | None:
    """The colour space of three code points and a range; None if they say nothing.

    Limited range alone says nothing: decoders report it for a stream that does not describe its colours.
    """
    detected: VideoColorSpaceInit = {
        "primaries": primaries_from_h273(primaries),
        "transfer": transfer_characteristics_from_h273(transfer),
        "matrix": "rgb" if is_rgb else matrix_coefficients_from_h273(matrix),
        "fullRange": _IS_FULL_RANGE.get(color_range),
    }
    return detected if any(detected.values()) else None
