"""Code points of H.273 (and FFmpeg's numbers for ranges) that ffbind itself gives a meaning to."""

from __future__ import annotations

from typing import Final

#: MatrixCoefficients: the components are R, G and B themselves.
RGB_MATRIX: Final = 0
#: ColourPrimaries, TransferCharacteristics and MatrixCoefficients: unspecified.
UNSPECIFIED: Final = 2
#: AVColorRange, which has 0 for unspecified. (The flag in H.273 is 0 for limited and 1 for full range.)
LIMITED_RANGE: Final = 1
FULL_RANGE: Final = 2
