"""The results of a batch: a row for each file, in ``results.jsonl``, which a later batch goes on with."""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, NotRequired, Self, TypedDict, cast

from codecmodel.command_line.batch.job import Status
from codecmodel.files.errors import MediaFileError
from codecmodel.files.new_file import new_text_file

#: The name of the file, in the directory of the outputs.
NAME: Final = "results.jsonl"
_LOCK: Final = ".batch.lock"


class OutputFile(TypedDict):
    """An output: its path, relative to the directory of all outputs, and its size."""

    path: str
    bytes: int


class Row(TypedDict):
    """The result for one file."""

    #: The path, as it was given.
    file: str
    command: str
    #: The options of the command, as they were given.
    options: Sequence[str]
    status: str
    #: Why it is not done. Empty if it is.
    reason: str
    #: Seconds that the work took.
    seconds: float
    #: The size of the file, and the time of its last change in ns; None if the file is not there.
    bytes: int | None
    modified: int | None
    #: The files that belong to this one. After a failure they may be those of an earlier batch.
    outputs: Sequence[OutputFile]
    messages: Sequence[str]
    #: For probe: the tracks, as ``codecmodel probe --json`` prints them.
    probe: NotRequired[object]
    #: After a crash: the end of the standard error of the process.
    log: NotRequired[str]


class Results:
    """The rows of the directory, which no other batch may write meanwhile. A context manager.

    A row that is added is in the file at once. The last row of a file counts. Raises MediaFileError.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / NAME
        #: For each file, where its row is.
        self._offsets: dict[str, int] = {}
        try:
            directory.mkdir(parents=True, exist_ok=True)
            # A file of its own, because the rows are put in order in a new file at the end.
            self._lock = open(directory / _LOCK, "w")  # noqa: SIM115 - closed in close()
        except OSError as error:
            raise MediaFileError(f"{error.filename or directory}: {error.strerror or error}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise MediaFileError(f"{directory}: another batch is at work there") from None
        try:
            self._file = open(self._path, "a+b")  # noqa: SIM115 - closed in close()
            self._read()
        except OSError as error:
            self._lock.close()
            raise MediaFileError(f"{self._path}: {error.strerror or error}") from error
        except MediaFileError:
            self._file.close()
            self._lock.close()
            raise

    def _read(self) -> None:
        self._file.seek(0)
        end = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                # An earlier batch was killed while it wrote this row.
                self._file.truncate(end)
                break
            try:
                self._offsets[_row_of(line)["file"]] = end
            except (ValueError, TypeError, KeyError):
                raise MediaFileError(
                    f"{self._path}: these are no results of a batch; another --out is needed"
                ) from None
            end += len(line)

    def row_of(self, file: str) -> Row | None:
        """The row of a file; None if it has none yet."""
        offset = self._offsets.get(file)
        if offset is None:
            return None
        self._file.seek(offset)
        return _row_of(self._file.readline())

    def add(self, row: Row) -> None:
        """Write a row, which counts from now on."""
        self._offsets[row["file"]] = self._file.seek(0, os.SEEK_END)
        self._file.write(json.dumps(row).encode() + b"\n")
        self._file.flush()

    def rows(self, files: Iterable[str]) -> Iterator[Row]:
        """The rows of these files, in this order. Files without one are passed over."""
        for file in files:
            row = self.row_of(file)
            if row is not None:
                yield row

    def sort(self, files: Sequence[str]) -> None:
        """Write the file anew: one row for each file, these files first, in this order. Raises MediaFileError."""
        known = dict.fromkeys((*files, *self._offsets))
        offsets: dict[str, int] = {}
        try:
            with new_text_file(self._path) as stream:
                end = 0
                for row in self.rows(known):
                    line = json.dumps(row) + "\n"
                    offsets[row["file"]] = end
                    stream.write(line)
                    end += len(line)
        except OSError as error:
            raise MediaFileError(f"{self._path}: {error.strerror or error}") from error
        self._file.close()
        self._file, self._offsets = open(self._path, "a+b"), offsets  # noqa: SIM115 - closed in close()

    def close(self) -> None:
        """End the writing."""
        # The bytes of a row that could not be written are still in the buffer. Its error was raised then.
        with suppress(OSError):
            self._file.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def is_complete(row: Row, command: str, options: Sequence[str], directory: Path) -> bool:
    """Whether this row is that of the same command and the same bytes, and its outputs are still there."""
    return (
        row["status"] in (Status.DONE, Status.DAMAGED)
        and (row["command"], list(row["options"])) == (command, list(options))
        and row["bytes"] is not None
        and (row["bytes"], row["modified"]) == size_and_time(row["file"])
        and all(size_and_time(directory / output["path"])[0] == output["bytes"] for output in row["outputs"])
    )


def size_and_time(path: str | Path) -> tuple[int | None, int | None]:
    """The size of a file in bytes, and the time of its last change in ns. None for both if it cannot be found."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None, None
    return found.st_size, found.st_mtime_ns


def _row_of(line: bytes) -> Row:
    row = json.loads(line)
    if not isinstance(row, dict) or not Row.__required_keys__ <= row.keys():
        raise ValueError("no row")
    return cast("Row", row)
