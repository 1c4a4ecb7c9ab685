"""The bytes under a container: a file that FFmpeg opens, or a Python file object.

FFmpeg calls the methods of a file object only while a thread is inside a method of the container. An exception that
they raise is raised again from there.
"""

from __future__ import annotations

import ctypes
import io
import os
from ctypes import byref, c_int, c_int64, c_void_p
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from ffbind.errors import AVERROR_EOF, AVERROR_EXTERNAL
from ffbind.layout.probing import offset
from ffbind.library import Library
from ffbind.ownership import Owner

if TYPE_CHECKING:
    from typing_extensions import Buffer

AVIO_FLAG_READ, AVIO_FLAG_WRITE = 1, 2
AVSEEK_SIZE = 0x10000
# Negative errno values are above this, FFmpeg's own codes, which spell four letters, below.
LEAST_ERRNO = -0x1000

BUFFER_SIZE = 1 << 15

_Transfer = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_Seek = ctypes.CFUNCTYPE(c_int64, c_void_p, c_int64, c_int)


class ByteStream(Owner, counted_as="ByteStream"):
    """An open AVIOContext. Its container closes it, after the AVFormatContext that uses it."""

    #: Whether FFmpeg's functions should keep the GIL when they use this stream, because its methods need it.
    keeps_gil: ClassVar[bool]

    def __init__(self, library: Library, address: int) -> None:
        super().__init__(address)
        self._library = library

    # It is not closed here: in a cycle it could be collected before the container.
    def __del__(self, *_: object) -> None:
        pass

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
        self._library = library
        self._path = os.fspath(path)
        self._writing = flag == AVIO_FLAG_WRITE
        pointer = c_void_p()
        # The prefix keeps a name with a colon in it from being taken for another protocol.
        url = b"file:" + os.fsencode(self._path)
        self._raise_code(library.avformat.avio_open2(byref(pointer), url, flag, None, None))
        super().__init__(library, pointer.value or 0)

    def raise_failure(self) -> None:
        self._raise_code(self._error)

    def _free(self, address: int) -> None:
        code = self._library.avformat.avio_closep(byref(c_void_p(address)))
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
        self._methods = methods = _Methods(file)
        writing = flag == AVIO_FLAG_WRITE
        transfer = _Transfer(methods.write if writing else methods.read)
        seek = _Seek(methods.seek) if methods.seekable else None
        self._callbacks = transfer, seek
        read, write = (None, transfer) if writing else (transfer, None)
        functions = (function and ctypes.cast(function, c_void_p) for function in (read, write, seek))
        buffer = library.avutil.av_malloc(BUFFER_SIZE)
        address = buffer and library.avformat.avio_alloc_context(buffer, BUFFER_SIZE, writing, None, *functions)
        if not address:
            library.avutil.av_free(buffer)
            raise MemoryError
        super().__init__(library, address)

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

    def _free(self, address: int) -> None:
        # The buffer may be another one than FFmpeg was given.
        place = address + offset(self._library.layout.formats.AVIOContext, "buffer")
        self._library.avutil.av_freep(place)
        self._library.avformat.avio_context_free(byref(c_void_p(address)))


def can_seek(file: BinaryIO) -> bool:
    """Whether a file object can go to any position. Objects that do not tell can if they have the methods for it."""
    seekable = getattr(file, "seekable", None)
    return bool(seekable()) if seekable is not None else hasattr(file, "seek") and hasattr(file, "tell")


class _Methods:
    """The functions that FFmpeg calls, on a file object. A class apart, so that FileObjectStream is in no cycle."""

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


def open_stream(library: Library, source: str | os.PathLike[str] | BinaryIO, flag: int) -> ByteStream:
    """A stream of a path or of a binary file object, for reading or for writing."""
    if isinstance(source, str | os.PathLike):
        return PathStream(library, source, flag)
    return FileObjectStream(library, source, flag)
