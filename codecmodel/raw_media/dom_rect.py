"""DOMRectReadOnly and DOMRectInit of Geometry Interfaces. VideoFrame uses them in pixels (§ 9.6)."""

import math
from collections.abc import Mapping
from typing import Final, TypedDict

from codecmodel.web.structured_data import SerializableObject
from codecmodel.web.webidl import Dictionary, Member, unrestricted_double


class DOMRectInit(TypedDict, total=False):
    """A rectangle. Members default to 0."""

    x: float
    y: float
    width: float
    height: float


dom_rect_init: Final = Dictionary[DOMRectInit](
    "DOMRectInit",
    Member("x", unrestricted_double, default=0.0),
    Member("y", unrestricted_double, default=0.0),
    Member("width", unrestricted_double, default=0.0),
    Member("height", unrestricted_double, default=0.0),
)


# Spec: videoframe-domrect
class DOMRectReadOnly(SerializableObject):
    """A rectangle. It is immutable, and equal to any other with the same four numbers."""

    __slots__ = ("_height", "_width", "_x", "_y")

    def __init__(self, x: float = 0.0, y: float = 0.0, width: float = 0.0, height: float = 0.0) -> None:
        self._x = unrestricted_double(x, "x")
        self._y = unrestricted_double(y, "y")
        self._width = unrestricted_double(width, "width")
        self._height = unrestricted_double(height, "height")

    @staticmethod
    def fromRect(other: "DOMRectInit | DOMRectReadOnly | None" = None) -> "DOMRectReadOnly":
        """The rectangle that ``other`` describes."""
        init = dom_rect_init({} if other is None else other, "other")
        return new_dom_rect(init["x"], init["y"], init["width"], init["height"])

    @property
    def x(self) -> float:
        return self._x

    @property
    def y(self) -> float:
        return self._y

    @property
    def width(self) -> float:
        return self._width

    @property
    def height(self) -> float:
        return self._height

    @property
    def top(self) -> float:
        """The lesser of ``y`` and ``y + height``."""
        return _nan_safe_minimum(self._y, self._y + self._height)

    @property
    def right(self) -> float:
        """The greater of ``x`` and ``x + width``."""
        return -_nan_safe_minimum(-self._x, -(self._x + self._width))

    @property
    def bottom(self) -> float:
        """The greater of ``y`` and ``y + height``."""
        return -_nan_safe_minimum(-self._y, -(self._y + self._height))

    @property
    def left(self) -> float:
        """The lesser of ``x`` and ``x + width``."""
        return _nan_safe_minimum(self._x, self._x + self._width)

    def toJSON(self) -> dict[str, float]:
        return {
            "x": self._x,
            "y": self._y,
            "width": self._width,
            "height": self._height,
            "top": self.top,
            "right": self.right,
            "bottom": self.bottom,
            "left": self.left,
        }

    def _serialization_steps(self, serialized: dict[str, object], for_storage: bool) -> None:
        for slot in DOMRectReadOnly.__slots__:
            serialized[slot] = getattr(self, slot)

    def _deserialization_steps(self, serialized: Mapping[str, object]) -> None:
        for slot in DOMRectReadOnly.__slots__:
            setattr(self, slot, serialized[slot])

    # Not in the spec: equality.

    def _numbers(self) -> tuple[float, float, float, float]:
        return self._x, self._y, self._width, self._height

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DOMRectReadOnly):
            return NotImplemented
        return self._numbers() == other._numbers()

    def __hash__(self) -> int:
        return hash(self._numbers())

    def __repr__(self) -> str:
        return f"DOMRectReadOnly(x={self._x}, y={self._y}, width={self._width}, height={self._height})"


def new_dom_rect(x: float, y: float, width: float, height: float) -> DOMRectReadOnly:
    """A DOMRectReadOnly with values that need no conversion."""
    rect = DOMRectReadOnly.__new__(DOMRectReadOnly)
    rect._x, rect._y, rect._width, rect._height = float(x), float(y), float(width), float(height)
    return rect


def _nan_safe_minimum(first: float, second: float) -> float:
    return math.nan if math.isnan(first) or math.isnan(second) else min(first, second)
