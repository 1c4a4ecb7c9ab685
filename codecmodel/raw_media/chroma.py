"""The positions of chroma samples, and the interpolation between them. See docs/colour.md.

All conversions of this package use this module.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

#: The position of the first chroma sample relative to the first luma sample (H.273, ChromaLocType 0 to 5).
ChromaLocation: TypeAlias = Literal["left", "center", "topleft", "top", "bottomleft", "bottom"]

#: Location → halves of a luma sample to the right of the first luma sample, and below it.
_OFFSETS: Final[Mapping[ChromaLocation, tuple[int, int]]] = {
    "left": (0, 1),
    "center": (1, 1),
    "topleft": (0, 0),
    "top": (1, 0),
    "bottomleft": (0, 2),
    "bottom": (1, 2),
}

#: The location that is assumed if none is known. MPEG-2 and all later codecs use it by default.
DEFAULT_LOCATION: Final[ChromaLocation] = "left"


class Tap(NamedTuple):
    """A position between two samples. Its value is the mean of the nearer sample and a neighbour, weighted.

    ``neighbour`` is -1 for the sample before the nearer one and 1 for the sample after it. The weight of the neighbour
    is 2**-shift, and the nearer sample has the rest; a shift of 0 means that there is no neighbour.
    """

    neighbour: int
    shift: int

    @property
    def weight(self) -> float:
        """The weight of the neighbour."""
        return 2.0**-self.shift if self.shift else 0.0


#: Offset of the first chroma sample, in halves of a luma sample → the taps of even and of odd luma samples. Chroma
#: samples are two luma samples apart, so the weights of linear interpolation are quarters.
TAPS: Final[Mapping[int, tuple[Tap, Tap]]] = {
    0: (Tap(0, 0), Tap(1, 1)),
    1: (Tap(-1, 2), Tap(1, 2)),
    2: (Tap(-1, 1), Tap(0, 0)),
}


def taps(location: ChromaLocation | None) -> tuple[tuple[Tap, Tap], tuple[Tap, Tap]]:
    """The taps of even and odd columns, and those of even and odd rows, for a format that halves both."""
    right, below = _OFFSETS[location or DEFAULT_LOCATION]
    return TAPS[right], TAPS[below]
