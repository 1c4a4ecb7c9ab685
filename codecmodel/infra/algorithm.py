"""Ties a function to the algorithm of the spec that it performs."""

from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F")

#: Published anchor of an algorithm (``dom-videodecoder-decode``) → the functions that perform it.
ALGORITHMS: dict[str, list[object]] = {}


def algorithm(*anchors: str) -> Callable[[F], F]:
    """Declare that the function performs the algorithm published under each of ``anchors``.

    Steps are comments inside the function, numbered as the spec numbers them. The function itself is
    returned unchanged, so calling it costs nothing extra.
    """
    if not anchors:
        raise ValueError("an algorithm needs the anchor it is published under")

    def register(function: F) -> F:
        for anchor in anchors:
            ALGORITHMS.setdefault(anchor, []).append(function)
        return function

    return register
