"""The places that a container can be read from: a path, bytes, a binary file object, or standard input."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, NamedTuple, TypeAlias, cast

from ffbind import can_seek

#: A path, "-" for standard input, the bytes of a file, or a binary file object that is read from its position on.
Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO

#: As many bytes as are needed to recognise a format.
_HEAD: Final = 12


def is_text(file: object) -> bool:
    """Whether a file object is open as text."""
    return isinstance(file, io.TextIOBase)


def name_of(file: BinaryIO) -> str:
    """The name of a file object for messages. Pipes have a number for a name, and other objects have none."""
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else "the file object"


class Inspection(NamedTuple):
    """A file to look around in, and its size in bytes."""

    file: BinaryIO
    size: int


class OpenSource:
    """A source that is open for reading. Raises OSError if a path cannot be opened, TypeError for other objects."""

    def __init__(self, source: Source) -> None:
        self._path: str | None = None
        self._file: BinaryIO | None = None
        self._opened: BinaryIO | None = None
        if isinstance(source, bytes | bytearray | memoryview):
            self.name = "the data"
            self._file = io.BytesIO(source)
        elif isinstance(source, str | os.PathLike):
            self._open_path(os.fspath(source))
        elif hasattr(source, "read"):
            if is_text(source):
                raise TypeError("a container is read from a binary file object, not from text: open the file with 'rb'")
            self.name = name_of(source)
            self._file = source
        else:
            raise TypeError(
                f"a container is read from a path, bytes or a binary file object, not from {type(source).__name__}; "
                "AsyncDemuxer reads from an asynchronous iterator"
            )
        file = self._file
        #: Whether all of the source can be looked at in any order.
        self.is_seekable = file is None or can_seek(file)
        self._start = file.tell() if file is not None and self.is_seekable else 0
        if file is not None and not self.is_seekable:
            self._file = cast("BinaryIO", _Peekable(file))

    def _open_path(self, path: str) -> None:
        self.name = path
        if path == "-":
            self.name = "standard input"
            self._file = sys.stdin.buffer
        elif stat.S_ISREG(os.stat(path).st_mode):
            self._path = path
        else:
            # A pipe or a device is read once, from its beginning to its end. A directory cannot be opened.
            self._file = self._opened = open(path, "rb")  # noqa: SIM115 - closed by close()

    @property
    def for_ffmpeg(self) -> str | BinaryIO:
        """The path or file object from which FFmpeg is to read, each time from the beginning if that is possible."""
        if self._path is not None:
            return self._path
        assert self._file is not None
        if self.is_seekable:
            self._file.seek(self._start)
        return self._file

    @property
    def size(self) -> int | None:
        """The number of bytes, None if it is unknown."""
        if self._path is not None:
            return os.path.getsize(self._path)
        if not self.is_seekable or self._file is None:
            return None
        position = self._file.tell()
        self._file.seek(0, os.SEEK_END)
        size = self._file.tell() - self._start
        self._file.seek(position)
        return size

    def head(self) -> bytes:
        """The first bytes, which are read again later."""
        if self._file is not None and not self.is_seekable:
            return cast("_Peekable", self._file).peek(_HEAD)
        with self.inspected() as (file, _):
            return file.read(_HEAD)

    @contextmanager
    def inspected(self) -> Iterator[Inspection]:
        """The source as a file whose positions begin at 0. The source must be seekable."""
        size = self.size
        assert size is not None, "the source is seekable"
        if self._path is not None:
            with open(self._path, "rb") as file:
                yield Inspection(file, size)
        else:
            assert self._file is not None
            position = self._file.tell()
            view = _View(self._file, self._start)
            view.seek(0)
            yield Inspection(cast("BinaryIO", view), size)
            # FFmpeg goes on reading from the position that it has left.
            self._file.seek(position)

    def close(self) -> None:
        """Close the file, if it was opened here."""
        if self._opened is not None:
            self._opened.close()


class _View:
    """A file object from one of its positions on, which is position 0 here."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self.read = file.read
        self._file = file
        self._start = start

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        self._file.seek(position + self._start if whence == os.SEEK_SET else position, whence)
        return self.tell()

    def tell(self) -> int:
        return self._file.tell() - self._start


class _Peekable:
    """A file object that cannot seek, whose first bytes can be looked at before they are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._read = file.read
        self._ahead = b""

    def seekable(self) -> bool:
        return False

    def peek(self, size: int) -> bytes:
        """The next bytes; fewer than ``size`` at the end."""
        while len(self._ahead) < size and (data := self._read(size - len(self._ahead))):
            self._ahead += data
        return self._ahead[:size]

    def read(self, size: int = -1) -> bytes:
        """The next bytes: at most ``size``, and none only at the end."""
        if not self._ahead:
            return self._read(size)
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data
