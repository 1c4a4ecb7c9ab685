"""Pictures in memory that is not FFmpeg's: lent to it without a copy, and taken back when FFmpeg has let go of it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Sequence
from ctypes import byref, c_void_p
from functools import cache, partial
from operator import setitem
from typing import TYPE_CHECKING, Final

from ffbind import ownership
from ffbind.formats import pixel_format, plane_sizes
from ffbind.frame import Frame, adopt_memory
from ffbind.frame_memory import FrameMemory, FrameShell, allocate
from ffbind.loading import load
from ffbind.ownership import store_result

if TYPE_CHECKING:
    from typing_extensions import Buffer

_BUFFER_FLAG_READONLY = 1
#: The largest number of bytes between two planes that are lent as one buffer.
_PADDING = 4096


class _Loan:
    """Our reference to a buffer and the owner of its memory, both kept while FFmpeg has references as well."""

    __slots__ = ("_generation", "owner", "reference")

    #: As Owner's.
    _can_finish_again: Final = True

    def __init__(self, owner: object, reference: c_void_p) -> None:
        self._generation = ownership.generation
        self.reference = reference
        self.owner = owner

    def __del__(self, _finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        # It is not settled yet if an interrupt has ended what was done with it, or if it is in a cycle that goes.
        if not _finalizing() and hasattr(self, "owner") and self._generation == ownership.generation and self.reference:
            _outstanding.append(_Loan(self.owner, self.reference))
            self.reference = c_void_p()


# The loans whose frames are gone. Appending and popping are atomic.
_outstanding: list[_Loan] = []


def lend_picture(width: int, height: int, format: str, planes: Sequence[tuple[Buffer, int]]) -> Frame:
    """A picture in the memory of `planes`: (buffer, bytes from row to row) of each plane of the format, in its order.

    Nothing is copied: the buffers are kept alive, and must not change, while the frame or a codec that got it uses
    them. Nothing has to follow the last row. Raises ValueError if they do not fit the format and size.
    """
    # NumPy takes long to load, and not every program lends pictures.
    import numpy as np

    library = load()
    number = pixel_format(format).number
    sizes = plane_sizes(number, width, height)
    if len(planes) != len(sizes):
        raise ValueError(f"{format} has {len(sizes)} planes, not {len(planes)}")
    arrays, extents = [], []
    for (buffer, stride), (row_bytes, rows) in zip(planes, sizes, strict=True):
        array = np.frombuffer(memoryview(buffer), np.uint8)
        size = array.nbytes
        if stride < row_bytes or size < stride * (rows - 1) + row_bytes:
            raise ValueError(f"{size} bytes, {stride} a row, do not hold {rows} rows of {row_bytes}")
        arrays.append(array)
        extents.append((array.__array_interface__["data"][0], size))
    if _outstanding:
        reclaim()
    memory = _LentMemory(allocate())
    frame = adopt_memory(memory)
    fields = memory.shell.fields
    fields.width, fields.height, fields.format = width, height, number
    data, strides, buffers = fields.data, fields.linesize, fields.buf
    for index, ((address, _), (_, stride)) in enumerate(zip(extents, planes, strict=True)):
        data[index] = address
        strides[index] = stride
    avutil = library.avutil
    for index, (address, size) in enumerate(_joined(extents)):
        loan = _Loan(arrays, c_void_p())
        memory.loans.append(loan)
        create, flag = avutil.av_buffer_create, _BUFFER_FLAG_READONLY
        store_result(partial(setattr, loan.reference, "value"), create, address, size, _free_nothing(), None, flag)
        store_result(partial(setitem, buffers, index), avutil.av_buffer_ref, loan.reference)
    return frame


@cache
def _free_nothing() -> c_void_p:
    """A function that frees nothing: FFmpeg calls it with the fourth argument of av_buffer_create(), which is NULL."""
    return ctypes.cast(load().avutil.av_free, c_void_p)


def _joined(extents: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches of memory, (address, size); one for all if they follow each other with at most padding between."""
    begin, size = extents[0]
    end = begin + size
    for address, size in extents[1:]:
        if not 0 <= address - end <= _PADDING:
            return extents
        end = address + size
    return [(begin, end - begin)]


def reclaim() -> None:
    """Let go of the lent memory to which FFmpeg has no reference any more."""
    for _ in range(len(_outstanding)):
        try:
            loan = _outstanding.pop()
        except IndexError:
            return
        _settle(loan)


def _settle(loan: _Loan) -> None:
    avutil = load().avutil
    if not loan.reference or avutil.av_buffer_get_ref_count(loan.reference) == 1:
        avutil.av_buffer_unref(byref(loan.reference))
    else:
        _outstanding.insert(0, loan)


class _LentMemory(FrameMemory, counted_as="Frame"):
    """An AVFrame of lent memory."""

    __slots__ = ("loans",)

    def __init__(self, shell: FrameShell) -> None:
        self.loans: list[_Loan] = []
        super().__init__(shell)

    def __del__(self, _finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        super().__del__()
        if not _finalizing() and hasattr(self, "shell") and self._generation == ownership.generation:
            # The loan of an interrupted turn becomes an outstanding one.
            while self.loans:
                _settle(self.loans.pop())
