"""Arguments that JSON has not: bytes, generated media and images."""

from collections.abc import Sequence
from random import Random
from typing import Final, cast

from conformance.campaigns.case import Value
from conformance.campaigns.drawn_media import MATERIALS, material
from conformance.media.images import IMAGES
from conformance.media.material import Material

#: Bytes of an argument, at most.
_LARGEST: Final = 1 << 20


class BadStepError(Exception):
    """A step of a program that cannot be run by anybody: it refers to something that is not there."""


def bytes_of(length: int, seed: int) -> bytes:
    """Bytes without a pattern, the same for the same arguments. Raises BadStepError."""
    if not 0 <= length <= _LARGEST:
        raise BadStepError(f"{length} bytes")
    return Random(seed).randbytes(length)


def filled(runs: Sequence[Value]) -> bytes:
    """Runs of equal bytes: the length and the byte of each. Raises BadStepError."""
    if len(runs) % 2 or not all(isinstance(number, int) and 0 <= number <= _LARGEST for number in runs):
        raise BadStepError(f"$fill {runs}")
    numbers = cast("Sequence[int]", runs)
    return b"".join(bytes([byte % 256]) * length for length, byte in zip(numbers[::2], numbers[1::2], strict=True))


def config_of(name: str) -> dict[str, object]:
    """The configuration that decodes generated media. Raises BadStepError."""
    return dict(_material(name).config)


def chunk_of(name: str, number: int) -> bytes:
    """The bytes of a chunk of generated media. Raises BadStepError."""
    chunks = _material(name).chunks
    if not 0 <= number < len(chunks):
        raise BadStepError(f"chunk {number} of {name}")
    return chunks[number].data


def _material(name: str) -> Material:
    made = material(name) if name in MATERIALS else None
    if made is None:
        raise BadStepError(f"media {name}")
    return made


def image_of(name: str) -> bytes:
    """The file of a generated image. Raises BadStepError."""
    make = next((variant.make for variant in IMAGES if variant.name == name), None)
    if make is None:
        raise BadStepError(f"image {name}")
    return make().file
