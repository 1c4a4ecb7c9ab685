"""Pictures in memory that is not FFmpeg's: lent to it without a copy, and taken back when it has let go of it."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import byref, c_void_p
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from ffbind.formats import pixel_format, plane_sizes
from ffbind.frame import Frame, FrameMemory, adopt_memory, allocate, recycle
from ffbind.library import load

if TYPE_CHECKING:
    from typing_extensions import Buffer

_BUFFER_FLAG_READONLY = 1


class _Loan(NamedTuple):
    """A reference of ours to a buffer, and what keeps its memory: to be kept while FFmpeg has references as well."""

    reference: int
    owner: object


# Loans whose frames are gone. Appending and taking out are atomic.
_outstanding: list[_Loan] = []


def lend_picture(width: int, height: int, format: str, planes: Sequence[tuple[Buffer, int]]) -> Frame:
    """A picture in the memory of `planes`: (buffer, bytes from row to row) of each plane of the format, in its order.

    Nothing is copied: the buffers must not change while the frame, or a codec it was given to, is using them, and are
    kept alive until then. Nothing has to follow the last row. Raises ValueError if they are not what the format needs.
    """
    library = load()
    number = pixel_format(format).number
    sizes = plane_sizes(number, width, height)
    if len(planes) != len(sizes):
        raise ValueError(f"{format} has {len(sizes)} planes, not {len(planes)}")
    arrays = []
    for (buffer, stride), (row_bytes, rows) in zip(planes, sizes, strict=True):
        array = np.frombuffer(memoryview(buffer), np.uint8)
        if stride < row_bytes or array.nbytes < stride * (rows - 1) + row_bytes:
            raise ValueError(f"{array.nbytes} bytes, {stride} a row, do not hold {rows} rows of {row_bytes}")
        arrays.append(array)
    reclaim()
    memory = _LentMemory(allocate())
    frame = adopt_memory(memory)
    fields = memory.fields
    fields.width, fields.height, fields.format = width, height, number
    # FFmpeg frees with this whatever the third argument of av_buffer_create() points to, and that is nothing.
    free = ctypes.cast(cast(Any, library.avutil.av_free), c_void_p)
    for index, (array, (_, stride)) in enumerate(zip(arrays, planes, strict=True)):
        address: int = array.__array_interface__["data"][0]
        reference = library.avutil.av_buffer_create(address, array.nbytes, free, None, _BUFFER_FLAG_READONLY)
        ours = reference and library.avutil.av_buffer_ref(reference)
        if not ours:
            library.avutil.av_buffer_unref(byref(c_void_p(reference)))
            raise MemoryError
        memory.loans.append(_Loan(ours, array))
        fields.buf[index] = reference
        fields.data[index] = address
        fields.linesize[index] = stride
    return frame


def reclaim() -> None:
    """Let go of lent memory that nothing of FFmpeg's refers to any more."""
    for _ in range(len(_outstanding)):
        try:
            loan = _outstanding.pop()
        except IndexError:
            return
        _settle(loan)


def _settle(loan: _Loan) -> None:
    avutil = load().avutil
    if avutil.av_buffer_get_ref_count(loan.reference) == 1:
        avutil.av_buffer_unref(byref(c_void_p(loan.reference)))
    else:
        _outstanding.insert(0, loan)


class _LentMemory(FrameMemory, counted_as="Frame"):
    """An AVFrame of lent memory."""

    __slots__ = ("loans",)

    def __init__(self, address: int) -> None:
        self.loans: list[_Loan] = []
        super().__init__(address)

    def _free(self, address: int) -> None:
        recycle(address)
        for loan in self.loans:
            _settle(loan)
