"""A file object that several readers share."""

import os
import threading
from collections.abc import Callable
from typing import BinaryIO, cast

from codecmodel.files.source import Source, is_text, name_of
from ffbind import can_seek


def sources_of(source: Source) -> Callable[[], Source]:
    """Gives the source as often as it is opened. Readers of a file object that can seek do not disturb each other."""
    if isinstance(source, bytes | bytearray | memoryview | str | os.PathLike) or not hasattr(source, "read"):
        return lambda: source
    if is_text(source) or not can_seek(source):
        return lambda: source
    start, lock = source.tell(), threading.Lock()
    return lambda: cast("BinaryIO", _Reader(source, lock, start))


class _Reader:
    """A file object with a position of its own in another one. Readers on several threads take turns."""

    def __init__(self, file: BinaryIO, lock: threading.Lock, position: int) -> None:
        self.name = name_of(file)
        self._file = file
        self._lock = lock
        self._position = position

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        with self._lock:
            if whence == os.SEEK_CUR:
                position, whence = self._position + position, os.SEEK_SET
            self._file.seek(position, whence)
            self._position = self._file.tell()
        return self._position

    def read(self, size: int = -1) -> bytes:
        with self._lock:
            self._file.seek(self._position)
            data = self._file.read(size)
            self._position = self._file.tell()
        return data
