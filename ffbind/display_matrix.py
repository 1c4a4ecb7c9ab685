"""Display matrices, by which a container says how players must turn its pictures."""

from __future__ import annotations

ONE = 1 << 16
ONE_2_30 = 1 << 30

# Sine of multiples of 90 degrees.
_SINES = (0, 1, 0, -1)


def rotation_matrix(clockwise: int, *, flip: bool = False) -> tuple[int, ...]:
    """The matrix of ISO/IEC 14496-12 that turns pictures clockwise by 0, 90, 180 or 270 degrees.

    With `flip` they are then mirrored left to right. Raises ValueError for other angles.
    """
    quarters, rest = divmod(clockwise, 90)
    if rest:
        raise ValueError(f"pictures can be turned by multiples of 90 degrees, not by {clockwise}")
    sine, cosine = ONE * _SINES[quarters % 4], ONE * _SINES[(quarters + 1) % 4]
    mirror = -1 if flip else 1
    return mirror * cosine, sine, 0, -mirror * sine, cosine, 0, 0, 0, ONE_2_30
