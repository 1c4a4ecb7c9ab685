"""The code points of H.273 that are not reserved, for the codec strings that have code points."""

from typing import Final

#: § 8.1, § 8.2, § 8.3.
COLOUR_PRIMARIES: Final = frozenset({1, 2, *range(4, 13), 22})
TRANSFER_CHARACTERISTICS: Final = frozenset({1, 2, *range(4, 19)})
MATRIX_COEFFICIENTS: Final = frozenset({0, 1, 2, *range(4, 15)})


def are_known(primaries: int, transfer: int, matrix: int) -> bool:
    """Whether H.273 defines all three."""
    return primaries in COLOUR_PRIMARIES and transfer in TRANSFER_CHARACTERISTICS and matrix in MATRIX_COEFFICIENTS
