"""Damage to bytes and to plain values, drawn from a random generator. The same generator draws the same damage."""

from collections.abc import Sequence
from random import Random
from typing import Final

from conformance.campaigns.case import Value

#: Numbers at which ranges of the IDL, of containers and of codecs end.
EDGES: Final[Sequence[int]] = (
    -(2**63), -(2**31) - 1, -1, 0, 1, 2, 3, 7, 15, 16, 17, 63, 127, 128, 255, 256, 4095, 65535, 65536,
    2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 - 1, 2**53, 2**63 - 1, 2**64,
)  # fmt: skip
#: Values of a type that a member seldom has.
_ODD_VALUES: Final[Sequence[Value]] = (
    None, True, False, "", "\0", "ä𝄞", "\ud800", 0.5, -0.0, float("nan"), float("inf"), float("-inf"), b"\0", [], {},
)  # fmt: skip


def damaged(random: Random, data: bytes, other: bytes) -> bytes:
    """``data`` after one to four kinds of damage. ``other`` lends bytes to a splice."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        data = _damaged_once(random, data, other)
    return data


def _damaged_once(random: Random, data: bytes, other: bytes) -> bytes:
    if not data:
        return random.randbytes(random.randrange(8))
    start = random.randrange(len(data))
    end = min(len(data), start + random.choice((1, 2, 4, 16, 256)))
    match random.choice(("flip", "overwrite", "truncate", "behead", "remove", "repeat", "insert", "splice", "length")):
        case "flip":
            return data[:start] + bytes([data[start] ^ 1 << random.randrange(8)]) + data[start + 1 :]
        case "overwrite":
            filler = random.choice((b"\0" * (end - start), b"\xff" * (end - start), random.randbytes(end - start)))
            return data[:start] + filler + data[end:]
        case "truncate":
            return data[:start]
        case "behead":
            return data[start:]
        case "remove":
            return data[:start] + data[end:]
        case "repeat":
            return data[:end] + data[start:]
        case "insert":
            return data[:start] + random.randbytes(end - start) + data[start:]
        case "splice":
            return data[:start] + other[random.randrange(len(other) + 1) :]
        case _:
            # Many formats write lengths as integers of one, two or four bytes.
            size = random.choice((1, 2, 4))
            length = (random.choice(EDGES) % (1 << 8 * size)).to_bytes(size, random.choice(("little", "big")))
            return data[:start] + length + data[start + size :]


def odd_value(random: Random, usual: Sequence[Value]) -> Value:
    """Mostly a usual value of a member, else an edge of a range, or a value of another type."""
    choices: Sequence[Value] = random.choice((usual, usual, usual, list(EDGES), list(_ODD_VALUES)))
    return random.choice(choices)


def odd_members(random: Random, usual: dict[str, Sequence[Value]], presence: float = 0.6) -> dict[str, Value]:
    """A dictionary with some of the members."""
    return {name: odd_value(random, values) for name, values in usual.items() if random.random() < presence}


def damaged_text(random: Random, text: str) -> str:
    """``text`` with characters that are removed, repeated, replaced or inserted."""
    for _ in range(random.choice((1, 1, 2, 3))):
        start = random.randrange(len(text) + 1)
        end = start + random.randrange(4)
        filler = random.choice(("", text[start:end] * 2, random.choice(".0123456789abcdefxXLHM -\0é"), text[:start]))
        text = text[:start] + filler + text[end:]
    return text[:200]
