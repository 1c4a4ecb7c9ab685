"""Cases: an input as a list of named parts, which can be written to a file, read again, and made smaller."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias, cast

#: All that a part can hold. It is plain data, so that a case is the same in each process.
Value: TypeAlias = "bool | int | float | str | bytes | list[Value] | dict[str, Value] | None"

#: The key that stands for bytes in JSON.
_HEX: Final = "$hex"


class Part(NamedTuple):
    """A part of an input: a call with its argument, a member of a dictionary, or a file."""

    name: str
    value: Value


@dataclass(frozen=True)
class Case:
    """An input of a kind. Any case without some of its parts is a case as well."""

    kind: str
    parts: tuple[Part, ...]


def fields_of(case: Case) -> dict[str, object]:
    """The case as an object of JSON."""
    return {"kind": case.kind, "parts": [[part.name, _encoded(part.value)] for part in case.parts]}


def case_of(fields: Mapping[str, object]) -> Case:
    """The case that fields_of() has written."""
    parts = cast("Sequence[tuple[str, Value]]", fields["parts"])
    return Case(str(fields["kind"]), tuple(Part(name, _decoded(value)) for name, value in parts))


def size_of(case: Case) -> int:
    """The number of bytes of the case in a file."""
    return len(json.dumps(fields_of(case)))


def _encoded(value: Value) -> Value:
    match value:
        case bytes():
            return {_HEX: value.hex()}
        case list():
            return [_encoded(item) for item in value]
        case dict():
            return {key: _encoded(item) for key, item in value.items()}
        case _:
            return value


def _decoded(value: Value) -> Value:
    match value:
        case {"$hex": str(digits)}:
            return bytes.fromhex(digits)
        case list():
            return [_decoded(item) for item in value]
        case dict():
            return {key: _decoded(item) for key, item in value.items()}
        case _:
            return value
