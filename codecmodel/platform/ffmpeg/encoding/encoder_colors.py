"""The colours that an encoder writes for frames of a colour space."""

from functools import lru_cache
from typing import NamedTuple

from codecmodel.platform.ffmpeg.color_codes import UNSPECIFIED_RANGE
from codecmodel.raw_media.color_space import (
    MATRIX_CODE_POINTS,
    PRIMARIES_CODE_POINTS,
    TRANSFER_CODE_POINTS,
    VideoColorPrimaries,
    VideoColorSpaceInit,
    VideoMatrixCoefficients,
    VideoTransferCharacteristics,
)
from ffbind.h273 import FULL_RANGE, LIMITED_RANGE, UNSPECIFIED


class Colors(NamedTuple):
    """Code points of H.273 (2: unspecified), and FFmpeg's range (0 unspecified, 1 limited, 2 full)."""

    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    matrix: int = UNSPECIFIED
    range: int = UNSPECIFIED_RANGE


class EncodedColors(NamedTuple):
    """The colours of an encoded frame as an encoder writes them, and the same as a colour space."""

    colors: Colors
    color_space: VideoColorSpaceInit


def colors_to_encode(space: VideoColorSpaceInit, *, is_rgb: bool) -> EncodedColors:
    """The colours that frames of the colour space are encoded with; ``is_rgb``: their samples are R, G and B.

    YUV keeps its matrix and range. RGB becomes YUV of limited range, with the matrix that belongs to its primaries.
    """
    primaries, transfer = space.get("primaries"), space.get("transfer")
    matrix, full_range = space.get("matrix"), space.get("fullRange")
    if is_rgb:
        matrix, full_range = _matrix_for(primaries), False
    elif matrix == "rgb":
        # The planes are subsampled, so they cannot be G, B and R, even if the matrix says so.
        matrix = None
    return _encoded_colors(primaries, transfer, matrix, full_range)


@lru_cache(maxsize=64)
def _encoded_colors(
    primaries: VideoColorPrimaries | None,
    transfer: VideoTransferCharacteristics | None,
    matrix: VideoMatrixCoefficients | None,
    full_range: bool | None,
) -> EncodedColors:
    colors = Colors(
        UNSPECIFIED if primaries is None else PRIMARIES_CODE_POINTS[primaries],
        UNSPECIFIED if transfer is None else TRANSFER_CODE_POINTS[transfer],
        UNSPECIFIED if matrix is None else MATRIX_CODE_POINTS[matrix],
        UNSPECIFIED_RANGE if full_range is None else FULL_RANGE if full_range else LIMITED_RANGE,
    )
    space: VideoColorSpaceInit = {
        "primaries": primaries,
        "transfer": transfer,
        "matrix": matrix,
        "fullRange": full_range,
    }
    return EncodedColors(colors, space)


def _matrix_for(primaries: VideoColorPrimaries | None) -> VideoMatrixCoefficients:
    match primaries:
        case "bt2020":
            return "bt2020-ncl"
        case "bt470bg" | "smpte170m":
            return "smpte170m"
        case _:
            return "bt709"
