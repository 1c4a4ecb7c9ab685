"""Where chroma samples are, and what is between them. See docs/colour.md; every conversion here goes by this module."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

#: Where the first chroma sample is, seen from the first luma sample (H.273, ChromaLocType 0 to 5).
ChromaLocation: TypeAlias = Literal["left", "center", "topleft", "top", "bottomleft", "bottom"]

#: In halves of a luma sample, to the right of the first luma sample, and below.
_OFFSETS: Final[Mapping[ChromaLocation, tuple[int, int]]] = {
    "left": (0, 1),
    "center": (1, 1),
    "topleft": (0, 0),
    "top": (1, 0),
    "bottomleft": (0, 2),
    "bottom": (1, 2),
}

#: What locations are taken to be that nobody tells: those of MPEG-2 and all that came after it.
DEFAULT_LOCATION: Final[ChromaLocation] = "left"


class Tap(NamedTuple):
    """A value between two samples: 1 - weight of the nearer one, and weight of a neighbour (-1: before it, 1: after).

    The weight is 2 to the power of -shift; without a shift there is no neighbour.
    """

    neighbour: int
    shift: int

    @property
    def weight(self) -> float:
        return 2.0**-self.shift if self.shift else 0.0


#: By the offset, in halves of a luma sample: the taps of even and odd luma samples. Distances between samples are two
#: luma samples, so that linear interpolation weighs in quarters.
TAPS: Final[Mapping[int, tuple[Tap, Tap]]] = {
    0: (Tap(0, 0), Tap(1, 1)),
    1: (Tap(-1, 2), Tap(1, 2)),
    2: (Tap(-1, 1), Tap(0, 0)),
}


def taps(location: ChromaLocation | None) -> tuple[tuple[Tap, Tap], tuple[Tap, Tap]]:
    """The taps for even and odd columns, and those for even and odd rows, where there are half as many samples."""
    right, below = _OFFSETS[location or DEFAULT_LOCATION]
    return TAPS[right], TAPS[below]
