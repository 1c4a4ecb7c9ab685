"""Colours of images, as code points of H.273."""

from typing import Final, NamedTuple

from codecmodel.raw_media.chroma import ChromaLocation
from codecmodel.raw_media.color_space import (
    VideoColorSpaceInit,
    primaries_from_h273,
    transfer_characteristics_from_h273,
)

UNSPECIFIED: Final = 2
LIMITED: Final = 1
FULL: Final = 2


class ImageColors(NamedTuple):
    """How to read the samples of an image.

    ``primaries`` and ``transfer`` are code points of H.273 and apply to all images. The others apply to YUV only:
    ``matrix`` is a code point of H.273, ``range`` is LIMITED or FULL, and ``chroma_location`` says where chroma samples
    are where there are fewer of them than luma samples.
    """

    primaries: int
    transfer: int
    matrix: int
    range: int
    chroma_location: ChromaLocation = "center"

    def of_rgb(self) -> VideoColorSpaceInit:
        """The colour space of the same colours in RGB."""
        return {
            "primaries": primaries_from_h273(self.primaries),
            "transfer": transfer_characteristics_from_h273(self.transfer),
            "matrix": "rgb",
            "fullRange": True,
        }


#: The colours of an image whose file doesn't describe them. YUV in a JPEG (JFIF) has the matrix of BT.601 and full
#: range. In JPEG (JFIF, p. 4) and WebP (RFC 6386 § 2) chroma samples are amid the luma samples.
SRGB: Final = ImageColors(1, 13, 6, FULL)
