"""The results of a batch as a Parquet file, which pyarrow writes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Final, Protocol, cast

from codecmodel.command_line.batch.results import Row
from codecmodel.extras import install_command
from codecmodel.files.errors import MediaFileError
from codecmodel.files.new_file import NewFile

#: The rows that are written at once.
_ROWS: Final = 10_000


class _Writer(Protocol):
    """The methods of pyarrow.parquet.ParquetWriter that are used here."""

    def write_table(self, table: object) -> None: ...
    def close(self) -> None: ...


class ParquetFile:
    """A Parquet file that is to be written. Raises MediaFileError if pyarrow is not installed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._arrow, self._parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
        except ImportError:
            raise MediaFileError(f"--parquet needs pyarrow: {install_command('parquet')}") from None

    def write(self, rows: Iterable[Row]) -> None:
        """Write all rows. Raises MediaFileError."""
        arrow = self._arrow
        text = arrow.string()
        schema = arrow.schema(
            {
                "file": text,
                "command": text,
                "options": arrow.list_(text),
                "status": text,
                "reason": text,
                "seconds": arrow.float64(),
                "bytes": arrow.int64(),
                # Python's datetime has no nanoseconds.
                "modified": arrow.timestamp("us", "UTC"),
                "outputs": arrow.list_(arrow.struct({"path": text, "bytes": arrow.int64()})),
                "messages": arrow.list_(text),
                # JSON: the members depend on the codec.
                "probe": text,
                "log": text,
            }
        )
        try:
            file = NewFile(self._path)
            try:
                writer: _Writer = self._parquet.ParquetWriter(file.temporary_path, schema)
                try:
                    for records in _batches(rows):
                        writer.write_table(arrow.Table.from_pylist(records, schema))
                finally:
                    writer.close()
                file.commit()
            finally:
                file.discard()
        except OSError as error:
            raise MediaFileError(f"{self._path}: {error.strerror or error}") from error


def _batches(rows: Iterable[Row]) -> Iterator[Sequence[Mapping[str, object]]]:
    remaining = iter(rows)
    while records := [_record(row) for row in islice(remaining, _ROWS)]:
        yield records


def _record(row: Row) -> Mapping[str, object]:
    probe = None if "probe" not in row else json.dumps(row["probe"])
    modified = None if row["modified"] is None else row["modified"] // 1000
    record = cast("dict[str, object]", {**row, "probe": probe, "modified": modified})
    return {name: _text(value) for name, value in record.items()}


def _text(value: object) -> object:
    """The value with undecodable bytes of file names as U+FFFD, because Parquet holds UTF-8 alone."""
    if isinstance(value, str):
        return os.fsencode(value).decode(errors="replace")
    if isinstance(value, Mapping):
        return {name: _text(each) for name, each in value.items()}
    return [_text(each) for each in value] if isinstance(value, Sequence) else value
