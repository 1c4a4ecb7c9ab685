"""Files that take their place when they are whole."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO


class NewFile:
    """A file that gets its name only when it is complete.

    Until ``commit`` its bytes are in ``temporary_path``, a hidden file in the same directory, so a file that has the
    name already is not touched. A symbolic link stays, and the file it points to is replaced. A device or a pipe is
    written in place: ``temporary_path`` is its own path then.

    Raises OSError if no file can be made there.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._final_path = os.path.realpath(self.path)
        try:
            existing = os.stat(self._final_path)
        except FileNotFoundError:
            existing = None
        #: Whether this is a regular file, which did not have these bytes before, and not a device or a pipe.
        self.is_new = existing is None or stat.S_ISREG(existing.st_mode)
        self._is_pending = self.is_new
        if not self.is_new:
            self.temporary_path = self.path
            return
        directory, name = os.path.split(self._final_path)
        # The extension stays, because it tells the format.
        hidden = f".{secrets.token_hex(6)}.part{os.path.splitext(name)[1]}"
        self.temporary_path = os.path.join(directory, hidden)
        try:
            descriptor = os.open(self.temporary_path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise OSError(error.errno, error.strerror, self.path) from None
        try:
            if existing is not None:
                os.fchmod(descriptor, stat.S_IMODE(existing.st_mode))
        except OSError:
            self.discard()
            raise
        finally:
            os.close(descriptor)

    def commit(self) -> None:
        """Give the file its name, in place of a file that has it. Raises OSError."""
        if self._is_pending:
            os.replace(self.temporary_path, self._final_path)
            self._is_pending = False

    def discard(self) -> None:
        """Remove the file, unless it has its name already. Never raises."""
        if self._is_pending:
            self._is_pending = False
            with suppress(OSError):
                os.unlink(self.temporary_path)


@contextmanager
def new_text_file(path: str | os.PathLike[str]) -> Iterator[TextIO]:
    """A text file in UTF-8 that gets its name at the end of the block, unless the block raises. Raises OSError."""
    file = NewFile(path)
    try:
        with open(file.temporary_path, "w", encoding="utf-8") as stream:
            yield stream
        file.commit()
    finally:
        file.discard()
