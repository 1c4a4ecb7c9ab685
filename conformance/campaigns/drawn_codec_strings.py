"""Draws codec strings: valid ones, of which one field is changed, or some characters."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from conformance.campaigns.mutations import EDGES, damaged_text

#: The fields of a codec string, with the separators before them. All of them together are the string.
Fields = list[str]

_PLAIN: Final[Sequence[str]] = (
    "vp8", "mp3", "opus", "flac", "vorbis", "pcm-u8", "pcm-s16", "pcm-s24", "pcm-s32", "pcm-f32", "ulaw", "alaw",
    "image/png", "image/avif",
)  # fmt: skip
_CODE_POINTS: Final[Sequence[str]] = ("00", "01", "02", "03", "05", "06", "09", "10", "13", "16", "18")
#: Characters that fields have, and some that none has.
_CHARACTERS: Final = "0123456789abcdefABCDEFxLHM -\0é٣"


def _avc(random: Random) -> Fields:
    profiles = ("42", "4d", "4D", "58", "64", "6e", "7a", "f4", "2c")
    levels = ("09", "0a", "0b", "0d", "14", "15", "1E", "1f", "20", "28", "29", "2a", "32", "33", "34", "3c", "3e")
    constraints = f"{random.randrange(64) * 4:02x}"
    return [random.choice(("avc1.", "avc3.")), random.choice(profiles), constraints, random.choice(levels)]


def _hevc(random: Random) -> Fields:
    levels = ("30", "60", "63", "90", "93", "120", "123", "150", "153", "156", "180", "183", "186", "255")
    fields = [random.choice(("hev1", "hvc1")), f".{random.randint(1, 11)}", f".{random.getrandbits(32):x}"]
    fields += [random.choice((".L", ".L", ".H")), random.choice(levels)]
    return fields + [f".{random.randrange(256):X}" for _ in range(random.randint(0, 6))]


def _vp9(random: Random) -> Fields:
    profile = random.randrange(4)
    fields = ["vp09", f".{profile:02d}", f".{random.choice((10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 52, 60, 61, 62))}"]
    fields.append(".08" if profile < 2 else random.choice((".10", ".12")))
    optional = [random.choice((".02", ".03")) if profile % 2 else random.choice((".00", ".01"))]
    optional += [f".{random.choice(_CODE_POINTS)}" for _ in range(3)]
    optional.append(random.choice((".00", ".01")))
    return fields + optional[: random.choice((0, 1, 3, 5))]


def _av1(random: Random) -> Fields:
    fields = ["av01", f".{random.randrange(3)}", f".{random.choice((*range(24), 31)):02d}", random.choice("MMH")]
    fields.append(random.choice((".08", ".10", ".12")))
    optional = [random.choice((".0", ".1")), random.choice((".110", ".111", ".112", ".100", ".000"))]
    optional += [f".{random.choice(_CODE_POINTS)}" for _ in range(3)]
    optional.append(random.choice((".0", ".1")))
    return fields + optional[: random.choice((0, 1, 2, 5, 6))]


def _mpeg4(random: Random) -> Fields:
    return [
        "mp4a",
        *random.choice(((".40", ".02"), (".40", f".{random.randint(1, 45)}"), (".67",), (".6B",), (".69",))),
    ]


def _plain(random: Random) -> Fields:
    return [random.choice(_PLAIN)]


_GRAMMARS: Final[Sequence[Callable[[Random], Fields]]] = (_avc, _hevc, _vp9, _av1, _mpeg4, _plain)


def drawn_codec_string(random: Random) -> str:
    """A codec string: valid, or with one field changed, or two, or with characters changed anywhere."""
    fields = random.choice(_GRAMMARS)(random)
    if random.random() < 0.2:
        return damaged_text(random, "".join(fields))
    for _ in range(random.choice((0, 1, 1, 1, 2))):
        index = random.randrange(len(fields))
        fields[index] = _changed_field(random, fields[index])
    return "".join(fields)


def _changed_field(random: Random, field: str) -> str:
    separator, value = (".", field[1:]) if field.startswith(".") else ("", field)
    match random.choice(("near", "near", "edge", "character", "lent", "longer", "case", "without")):
        case "near" if value.isdecimal():
            value = f"{max(0, int(value) + random.choice((-10, -1, 1, 10))):0{len(value)}d}"
        case "edge":
            value = random.choice((str, hex))(random.choice(EDGES))
        case "character" if value:
            index = random.randrange(len(value))
            value = value[:index] + random.choice(_CHARACTERS) + value[index + 1 :]
        case "longer":
            value = random.choice((value * 2, "0" + value, value + "0", value.zfill(9), value + "." + value))
        case "case":
            value = value.swapcase()
        case "without":
            return random.choice(("", separator))
        case _:
            value = random.choice(random.choice(_GRAMMARS)(random)).removeprefix(".")
    return separator + value
