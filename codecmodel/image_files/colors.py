"""Colours of images, as code points of H.273."""

from typing import Final, NamedTuple

from codecmodel.raw_media.color_space import (
    VideoColorSpaceInit,
    primaries_from_h273,
    transfer_characteristics_from_h273,
)

UNSPECIFIED: Final = 2
LIMITED: Final = 1
FULL: Final = 2


class ImageColors(NamedTuple):
    """Primaries and transfer, which matter to all images, and what matters to YUV only: matrix and FFmpeg's range."""

    primaries: int
    transfer: int
    matrix: int
    range: int

    def of_rgb(self) -> VideoColorSpaceInit:
        """The colour space of the same colours in RGB."""
        return {
            "primaries": primaries_from_h273(self.primaries),
            "transfer": transfer_characteristics_from_h273(self.transfer),
            "matrix": "rgb",
            "fullRange": True,
        }


#: What formats have that say nothing else. YUV in JPEG (JFIF) has BT.601's matrix, and full range.
SRGB: Final = ImageColors(1, 13, 6, FULL)
