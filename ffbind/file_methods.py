"""The functions that FFmpeg calls to read or write a Python file object, and to seek in it."""

from __future__ import annotations

import ctypes
import io
import os
from typing import TYPE_CHECKING, BinaryIO, Final

from ffbind.errors import AVERROR_EOF, AVERROR_EXTERNAL

if TYPE_CHECKING:
    from typing_extensions import Buffer

AVSEEK_SIZE = 0x10000


def can_seek(file: BinaryIO) -> bool:
    """Whether a file object can go to any position. Objects that do not tell can if they have the methods for it."""
    seekable = getattr(file, "seekable", None)
    return bool(seekable()) if seekable is not None else hasattr(file, "seek") and hasattr(file, "tell")


class FileMethods:
    """The functions that FFmpeg calls, on a file object. A class apart, so that FileObjectStream is in no cycle."""

    #: KeyboardInterrupt before the first statement of a method is to be raised again. ctypes drops it.
    _interrupts_come_again: Final = True

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.failure: BaseException | None = None
        self.seekable = can_seek(file)
        self._start = file.tell() if self.seekable else 0

    def read(self, _: object, buffer: int, size: int) -> int:
        if self.failure is not None:
            return AVERROR_EXTERNAL
        try:
            data = _as_bytes(self._file.read(size))
            if len(data) > size:
                raise ValueError(f"the file object returned {len(data)} bytes when asked for {size}")
            ctypes.memmove(buffer, data, len(data))
        except BaseException as error:
            return self._fail(error)
        return len(data) or AVERROR_EOF

    def write(self, _: object, buffer: int, size: int) -> int:
        if self.failure is not None:
            return AVERROR_EXTERNAL
        try:
            data = memoryview(ctypes.string_at(buffer, size))
            while data:
                written: int | None = self._file.write(data)
                if written is None and not isinstance(self._file, io.RawIOBase):
                    # An object that is only like a file has taken everything.
                    break
                if not written:
                    raise BlockingIOError("the file object takes no data at the moment")
                data = data[written:]
        except BaseException as error:
            return self._fail(error)
        return size

    def seek(self, _: object, position: int, whence: int) -> int:
        if self.failure is not None:
            return AVERROR_EXTERNAL
        try:
            if whence == AVSEEK_SIZE:
                here = self._file.tell()
                self._file.seek(0, os.SEEK_END)
                end = self._file.tell()
                self._file.seek(here)
                return end - self._start
            if whence == os.SEEK_SET:
                position += self._start
            # Not every seek() returns the position: that of mmap does so from Python 3.13 on.
            self._file.seek(position, whence)
            return self._file.tell() - self._start
        except BaseException as error:
            return self._fail(error)

    def _fail(self, error: BaseException) -> int:
        self.failure = error
        return AVERROR_EXTERNAL


def _as_bytes(data: Buffer | None) -> bytes:
    if data is None:
        raise BlockingIOError("the file object has no data at the moment")
    return data if isinstance(data, bytes) else bytes(memoryview(data))
