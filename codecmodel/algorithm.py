"""Ties a function to the algorithm of the spec that it performs.

The anchor ``X`` is published at https://w3c.github.io/webcodecs/#X. The anchor ``DOCUMENT/X``, of a codec's
registration, is published at https://w3c.github.io/webcodecs/DOCUMENT.html#X, with underscores in DOCUMENT.
"""

from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F")

#: Published anchor of an algorithm (``dom-videodecoder-decode``) → the functions that perform it.
ALGORITHMS: dict[str, list[object]] = {}


def algorithm(*anchors: str, part: str = "", variant: str = "") -> Callable[[F], F]:
    """Declare that the function performs the algorithm published under each of ``anchors``.

    ``part`` names a list of steps where an algorithm has several: "message" is a control message's. Functions that
    share an anchor share its steps between them, unless they are told apart by ``variant``: then each has all steps.

    Steps are comments inside the function, numbered as the spec numbers them; see docs/steps.md. The function itself
    is returned unchanged, so calling it costs nothing extra.
    """
    if not anchors:
        raise ValueError("an algorithm needs the anchor it is published under")

    def register(function: F) -> F:
        for anchor in anchors:
            ALGORITHMS.setdefault(anchor, []).append(function)
        return function

    return register
