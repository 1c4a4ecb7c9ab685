"""ICC profiles (ICC.1:2022): the primaries and the transfer of H.273 that they describe, if any."""

import struct
from collections.abc import Callable, Mapping
from typing import Final

from codecmodel.image_files.colors import SRGB, UNSPECIFIED, ImageColors

_HEADER_SIZE: Final = 128
#: ColourPrimaries of H.273, by the XYZ of red, green and blue adapted to D50: BT.709, Display P3 and BT.2020.
_COLORANTS: Final[Mapping[tuple[float, ...], int]] = {
    (0.4361, 0.2225, 0.0139, 0.3851, 0.7169, 0.0971, 0.1431, 0.0606, 0.7141): 1,
    (0.5151, 0.2412, -0.0011, 0.2920, 0.6922, 0.0419, 0.1571, 0.0666, 0.7841): 12,
    (0.6735, 0.2790, -0.0019, 0.1657, 0.6753, 0.0300, 0.1251, 0.0456, 0.7968): 9,
}
#: The most by which profiles of the same colours differ, as they were rounded and adapted differently.
_TOLERANCE: Final = 0.004
_PROBES: Final = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9)
#: The number of parameters of a parametric curve, by its type.
_PARAMETERS: Final = (1, 3, 4, 5, 7)


def _srgb(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


_TRANSFERS: Final[Mapping[int, Callable[[float], float]]] = {13: _srgb, 8: lambda value: value}


def profile_colors(profile: bytes) -> ImageColors:
    """The colours of a profile. If H.273 has no number for them, they are unspecified."""
    try:
        tags = _tags(profile)
        cicp = tags.get(b"cicp", b"")
        if len(cicp) >= 12:
            return SRGB._replace(primaries=cicp[8], transfer=cicp[9])
        if profile[16:20] != b"RGB ":
            return SRGB._replace(primaries=UNSPECIFIED, transfer=UNSPECIFIED)
        return SRGB._replace(primaries=_primaries(tags), transfer=_transfer(tags))
    except (struct.error, KeyError, ArithmeticError, TypeError):
        return SRGB._replace(primaries=UNSPECIFIED, transfer=UNSPECIFIED)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, _HEADER_SIZE)
    tags = {}
    for number in range(min(count, len(profile) // 12)):
        kind, offset, size = struct.unpack_from(">4sII", profile, _HEADER_SIZE + 4 + 12 * number)
        tags[kind] = profile[offset : offset + size]
    return tags


def _primaries(tags: Mapping[bytes, bytes]) -> int:
    names = b"rXYZ", b"gXYZ", b"bXYZ"
    given = [value / 65536 for name in names for value in struct.unpack_from(">3i", tags[name], 8)]
    for colorants, primaries in _COLORANTS.items():
        if all(abs(one - other) <= _TOLERANCE for one, other in zip(given, colorants, strict=True)):
            return primaries
    return UNSPECIFIED


def _transfer(tags: Mapping[bytes, bytes]) -> int:
    curve = _curve(tags[b"rTRC"])
    if tags[b"gTRC"] != tags[b"rTRC"] or tags[b"bTRC"] != tags[b"rTRC"]:
        return UNSPECIFIED
    values = [curve(probe) for probe in _PROBES]
    for transfer, known in _TRANSFERS.items():
        if all(abs(value - known(probe)) <= _TOLERANCE for probe, value in zip(_PROBES, values, strict=True)):
            return transfer
    return UNSPECIFIED


def _curve(tag: bytes) -> Callable[[float], float]:
    """The function of a curve, or of a parametric curve. Raises KeyError for anything else."""
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        if kind >= len(_PARAMETERS):
            raise KeyError(kind)
        values = struct.unpack_from(f">{_PARAMETERS[kind]}i", tag, 12)
        return _parametric(kind, [value / 65536 for value in values])
    if tag[:4] != b"curv":
        raise KeyError(tag[:4])
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return lambda value: value
    if count == 1:
        gamma = struct.unpack_from(">H", tag, 12)[0] / 256
        return lambda value: float(value**gamma)
    table = struct.unpack_from(f">{count}H", tag, 12)
    return lambda value: float(table[round(value * (count - 1))] / 65535)


def _parametric(kind: int, parameters: list[float]) -> Callable[[float], float]:
    gamma, a, b, c, d, e, f = _all(kind, parameters)

    def function(value: float) -> float:
        return float((a * value + b) ** gamma + e) if value >= d else c * value + f

    return function


def _all(kind: int, parameters: list[float]) -> list[float]:
    """The parameters of any type as the seven that the last type has."""
    if kind == 0:
        return [*parameters, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    gamma, a, b, *rest = parameters
    match kind:
        case 1:
            return [gamma, a, b, 0.0, -b / a, 0.0, 0.0]
        case 2:
            return [gamma, a, b, 0.0, -b / a, rest[0], rest[0]]
        case 3:
            return [gamma, a, b, *rest, 0.0, 0.0]
    return parameters
