"""Samples of an AVFrame: its fields about them, and the samples as one array."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from ctypes import c_uint8
from functools import cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ffbind.formats import sample_format_of
from ffbind.layout.probing import offset
from ffbind.layout.structures import AVChannelLayout
from ffbind.loading import load

if TYPE_CHECKING:
    from ffbind.ownership import Owner

#: The number of pointers in AVFrame.data.
_POINTERS = 8


class SampleProperties(NamedTuple):
    """Samples in each channel, the format's number (AVSampleFormat), samples a second, and channels."""

    nb_samples: int
    format: int
    sample_rate: int
    channels: int


def sample_reader(address: int) -> Callable[[], tuple[int, ...]]:
    """A function that reads fields of the AVFrame at an address.

    They are the pointers in `data`, `extended_data`, and the SampleProperties.
    """
    fields = _fields()
    return partial(fields.unpack_from, (c_uint8 * fields.size).from_address(address))


@cache
def _fields() -> struct.Struct:
    layout = load().layout.AVFrame
    if hasattr(layout, "ch_layout"):
        channels = offset(layout, "ch_layout") + offset(AVChannelLayout, "nb_channels")
    else:
        channels = offset(layout, "channels")
    description = "="
    # In every version of FFmpeg they are in this order.
    for place, code in (
        (offset(layout, "data"), f"{_POINTERS}Q"),
        (offset(layout, "extended_data"), "Q"),
        (offset(layout, "nb_samples"), "i"),
        (offset(layout, "format"), "i"),
        (offset(layout, "sample_rate"), "i"),
        (channels, "i"),
    ):
        description += f"{place - struct.calcsize(description)}x{code}"
    return struct.Struct(description)


@cache
def _offset_of_data() -> int:
    return offset(load().layout.AVFrame, "data")


class SampleArray:
    """Samples in memory that numpy.asarray() can view: the array interface of NumPy, version 3."""

    __slots__ = ("__array_interface__", "owner")

    def __init__(
        self, address: int, type_string: str, shape: tuple[int, int], strides: tuple[int, int], owner: Owner
    ) -> None:
        #: The owner of the memory, which an array keeps alive through this object.
        self.owner = owner
        self.__array_interface__ = {
            "version": 3,
            "data": (address, True),
            "typestr": type_string,
            "shape": shape,
            "strides": strides,
        }


@cache
def _type_of(number: int) -> tuple[bool, int, str]:
    """Whether a sample format is planar, the bytes of a sample, and NumPy's name of the type of a sample."""
    samples = sample_format_of(number)
    letter = "f" if samples.name.startswith(("flt", "dbl")) else "u" if samples.name.startswith("u8") else "i"
    order = "<" if sys.byteorder == "little" else ">"
    return samples.is_planar, samples.bytes_per_sample, f"{order}{letter}{samples.bytes_per_sample}"


def sample_array(fields: tuple[int, ...], address: int, owner: Owner) -> SampleArray | None:
    """The samples of the AVFrame at an address with these values of a sample_reader().

    The shape is (channels, samples) if they are planar, else (samples, channels). None if the planes are more than
    AVFrame.data has room for, or lie at unequal distances, so that no array can view them.
    """
    count, number, _, channels = fields[_POINTERS + 1 :]
    first = fields[0]
    if not first or fields[_POINTERS] != address + _offset_of_data() or not 0 < channels <= _POINTERS:
        return None
    is_planar, size, type_string = _type_of(number)
    if not is_planar:
        return SampleArray(first, type_string, (count, channels), (channels * size, size), owner)
    distance = fields[1] - first if channels > 1 else count * size
    if channels > 2 and any(after - before != distance for before, after in pairwise(fields[:channels])):
        return None
    return SampleArray(first, type_string, (channels, count), (distance, size), owner)
