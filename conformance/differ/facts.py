"""Facts: what a program has found out about an implementation, and when two findings are the same."""

import math
import struct
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias, cast

#: A value of JSON.
FactValue: TypeAlias = "bool | int | float | str | list[FactValue] | dict[str, FactValue] | None"

#: How much converted values may differ, by the format into which they were converted: levels of a pixel's component,
#: and units of a sample. The specification leaves rounding, and the arithmetic of colours, to implementations.
TOLERANCES: Final[dict[str, float]] = {"pixels": 2, "u8": 1, "s16": 1, "s32": 256, "f32": 1e-6}
#: A kind of facts whose values may differ a little begins so, and ends with a key of TOLERANCES.
CONVERTED: Final = "converted "
_LAYOUTS: Final = {"pixels": "B", "u8": "B", "s16": "h", "s32": "i", "f32": "f"}
#: Strings up to this length are their own kind: formats, states, outcomes.
_SHORT: Final = 40


class Fact(NamedTuple):
    """One thing that can be compared.

    ``description`` says what was looked at, and is unique within a program. ``operation`` is the member of an interface
    that it comes from, and ``kind`` the part of it. ``step`` is the step of the program, as it is written.
    """

    description: str
    operation: str
    kind: str
    value: FactValue
    step: str = ""


def is_same(kind: str, one: FactValue, other: FactValue) -> bool:
    """Whether two values agree. Converted ones agree within TOLERANCES."""
    if one == other:
        return type(one) is type(other) or (not isinstance(one, bool) and not isinstance(other, bool))
    if kind.startswith(CONVERTED) and isinstance(one, str) and isinstance(other, str):
        return _are_near(kind.removeprefix(CONVERTED), one, other)
    return False


def _are_near(format: str, one: str, other: str) -> bool:
    try:
        pairs = list(zip(_values(format, one), _values(format, other), strict=True))
    except (ValueError, struct.error):
        # These are names of exceptions, or buffers of different lengths.
        return False
    return all(abs(a - b) <= TOLERANCES[format] or (math.isnan(a) and math.isnan(b)) for a, b in pairs)


def _values(format: str, digits: str) -> Sequence[float]:
    data = bytes.fromhex(digits)
    layout = _LAYOUTS[format]
    return cast("Sequence[float]", struct.unpack(f"<{len(data) // struct.calcsize(layout)}{layout}", data))


def kind_of_value(value: FactValue) -> str:
    """The kind of a value: short strings are their own, all numbers are the same."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "number"
        case str():
            return value if len(value) <= _SHORT else "text"
        case list():
            return "list"
    return "dictionary"


def plain(value: object) -> FactValue:
    """A value that an interface gives, as a value of JSON that is the same for equal values."""
    match value:
        case None | bool() | str():
            return value
        case int() | float():
            # JavaScript has one type of numbers.
            number = float(value)
            return int(number) if number.is_integer() else str(number) if not math.isfinite(number) else number
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case list() | tuple():
            return [plain(item) for item in cast("Sequence[object]", value)]
        case dict():
            members = cast("dict[str, object]", value)
            return {str(name): plain(members[name]) for name in sorted(members) if members[name] is not None}
    return type(value).__name__
