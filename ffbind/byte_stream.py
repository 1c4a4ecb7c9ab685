"""The bytes under a container: a file that FFmpeg opens, or a Python file object.

FFmpeg calls the methods of a file object only while a thread is inside a method of the container. An exception that
they raise is raised again from there.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import byref, c_int, c_int64, c_void_p
from functools import partial
from typing import BinaryIO, ClassVar

from ffbind.errors import AVERROR_EOF
from ffbind.file_methods import FileMethods
from ffbind.layout.probing import offset
from ffbind.library import Library
from ffbind.ownership import Owner, store_result

AVIO_FLAG_READ, AVIO_FLAG_WRITE = 1, 2
# Negative errno values are above this, FFmpeg's own codes, which spell four letters, below.
LEAST_ERRNO = -0x1000

BUFFER_SIZE = 1 << 15

_Transfer = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_Seek = ctypes.CFUNCTYPE(c_int64, c_void_p, c_int64, c_int)


class ByteStream(Owner, counted_as="ByteStream"):
    """An open AVIOContext. Its container closes it, after the AVFormatContext that uses it."""

    #: Whether FFmpeg's functions should keep the GIL when they use this stream, because its methods need it.
    keeps_gil: ClassVar[bool]

    def __init__(self, library: Library) -> None:
        self._library = library
        #: Whether a container closes it.
        self.is_used = False
        super().__init__()

    def __del__(self, *_: object) -> None:
        # In a cycle it could be collected before its container.
        if not getattr(self, "is_used", True):
            super().__del__()

    @property
    def _error(self) -> int:
        error: int = self._library.layout.formats.AVIOContext.from_address(self.address).error
        return 0 if error == AVERROR_EOF else error

    def raise_failure(self) -> None:
        """Raise the exception with which reading or writing failed, if it failed."""
        raise NotImplementedError


class PathStream(ByteStream):
    """A file that FFmpeg reads or writes. Raises OSError if opening fails, or writing the rest at the end."""

    keeps_gil = False

    def __init__(self, library: Library, path: str | os.PathLike[str], flag: int) -> None:
        self._path = os.fspath(path)
        self._writing = flag == AVIO_FLAG_WRITE
        super().__init__(library)
        # The prefix keeps a name with a colon in it from being taken for another protocol.
        url = b"file:" + os.fsencode(self._path)
        self._raise_code(library.avformat.avio_open2(byref(self._pointer), url, flag, None, None))
        self.count()

    def raise_failure(self) -> None:
        self._raise_code(self._error)

    def _free(self) -> None:
        if self._pointer:
            code = self._library.avformat.avio_closep(byref(self._pointer))
            if self._writing:
                self._raise_code(code)

    def _raise_code(self, code: int) -> None:
        if LEAST_ERRNO < code < 0:
            raise OSError(-code, os.strerror(-code), self._path)
        if code < 0:
            raise OSError(f"{self._path}: {self._library.error(code, 'avio')}")


class FileObjectStream(ByteStream):
    """A binary Python file object. The container begins at its current position."""

    keeps_gil = True

    def __init__(self, library: Library, file: BinaryIO, flag: int) -> None:
        self._methods = methods = FileMethods(file)
        writing = flag == AVIO_FLAG_WRITE
        transfer = _Transfer(methods.write if writing else methods.read)
        seek = _Seek(methods.seek) if methods.seekable else None
        self._callbacks = transfer, seek
        read, write = (None, transfer) if writing else (transfer, None)
        functions = (function and ctypes.cast(function, c_void_p) for function in (read, write, seek))
        #: The buffer, until the context has it.
        self._buffer = buffer = c_void_p()
        super().__init__(library)
        store_result(partial(setattr, buffer, "value"), library.avutil.av_malloc, BUFFER_SIZE)
        self.acquire(library.avformat.avio_alloc_context, buffer, BUFFER_SIZE, writing, None, *functions)
        buffer.value = None

    def raise_failure(self) -> None:
        failure, self._methods.failure = self._methods.failure, None
        try:
            if failure is not None:
                raise failure
        finally:
            # Without this the exception and this frame would refer to each other.
            del failure
        if self._error:
            raise OSError(f"the file object failed before: {self._library.error(self._error, 'avio')}")

    def _free(self) -> None:
        address = self._pointer.value
        if address:
            # The buffer may be another one than FFmpeg was given.
            self._buffer.value = None
            place = address + offset(self._library.layout.formats.AVIOContext, "buffer")
            self._library.avutil.av_freep(place)
            self._library.avformat.avio_context_free(byref(self._pointer))
        self._library.avutil.av_freep(byref(self._buffer))


def open_stream(library: Library, source: str | os.PathLike[str] | BinaryIO, flag: int) -> ByteStream:
    """A stream of a path or of a binary file object, for reading or for writing."""
    if isinstance(source, str | os.PathLike):
        return PathStream(library, source, flag)
    return FileObjectStream(library, source, flag)
