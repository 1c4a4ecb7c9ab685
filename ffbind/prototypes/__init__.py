"""Argument and result types of the FFmpeg functions in use, and whether each call releases the GIL.

There is a module for each library, with a table of `Function` rows. Only functions in a table can be called.
"""

from __future__ import annotations

import ctypes
import enum
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from ffbind.errors import UnsupportedLibraryError

if TYPE_CHECKING:
    from ffbind.layout.structures import CType

# Addresses are plain Python integers; None is NULL. byref() of any ctypes object is accepted as well.
POINTER = ctypes.c_void_p
STRING = ctypes.c_char_p
INT = ctypes.c_int
UINT = ctypes.c_uint
INT64 = ctypes.c_int64
UINT64 = ctypes.c_uint64
SIZE = ctypes.c_size_t


class Gil(enum.Enum):
    """Whether a call keeps the GIL or releases it.

    Releasing it lets other threads run, but a thread that wants it back may have to wait for a whole switch interval
    (5 ms) if another is busy in Python. That is ruinous for calls of microseconds and irrelevant for milliseconds.
    """

    KEEP = enum.auto()
    RELEASE = enum.auto()
    # Two functions: `name` releases it, `name_keeping_gil` keeps it.
    BOTH = enum.auto()


class Function(NamedTuple):
    """A row of a prototype table."""

    name: str
    result: CType | None
    arguments: tuple[CType, ...]
    gil: Gil = Gil.KEEP
    # Some supported versions lack the function. Functions.has() tells.
    optional: bool = False


class Functions:
    """The declared functions of one loaded library, as attributes."""

    def __init__(self, library: ctypes.CDLL, table: Iterable[Function]) -> None:
        # One handle for both of ctypes' ways to call. Neither saves errno.
        keeping = ctypes.PyDLL(library._name, handle=library._handle)
        for row in table:
            if not hasattr(library, row.name):
                if not row.optional:
                    raise UnsupportedLibraryError(f"{library._name} has no function {row.name}")
                continue
            if row.gil is not Gil.KEEP:
                setattr(self, row.name, _declare(library[row.name], row))
            if row.gil is Gil.KEEP:
                setattr(self, row.name, _declare(keeping[row.name], row))
            if row.gil is Gil.BOTH:
                setattr(self, row.name + "_keeping_gil", _declare(keeping[row.name], row))

    def has(self, name: str) -> bool:
        """Whether the loaded library has this (declared, optional) function."""
        return name in self.__dict__

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> ctypes._NamedFuncPointer: ...


def _declare(function: ctypes._NamedFuncPointer, row: Function) -> ctypes._NamedFuncPointer:
    function.restype = row.result
    function.argtypes = row.arguments
    return function
