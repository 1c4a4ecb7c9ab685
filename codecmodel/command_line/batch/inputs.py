"""The files of a batch, and the places of their outputs."""

import glob
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from codecmodel.files.errors import MediaFileError


def input_files(patterns: Sequence[str], manifest: str | None) -> Sequence[str]:
    """The files that these paths and glob patterns name, and those that a manifest has a line for, each once.

    Raises MediaFileError if a pattern matches nothing, if the manifest cannot be read, or if there is no file at all.
    """
    found = [path for pattern in patterns for path in _matches(pattern)]
    if manifest is not None:
        found += _lines(manifest)
    files = list(dict.fromkeys(os.path.normpath(path) for path in found))
    if not files:
        raise MediaFileError("there is no input: name files or patterns, or a --manifest that has some")
    return files


def _matches(pattern: str) -> Sequence[str]:
    if os.path.lexists(pattern) or not glob.has_magic(pattern):
        return [pattern]
    matches = [path for path in sorted(glob.glob(pattern, recursive=True)) if os.path.isfile(path)]
    if not matches:
        raise MediaFileError(f"{pattern}: no file matches")
    return matches


def _lines(manifest: str) -> Iterable[str]:
    try:
        if manifest == "-":
            return list(_paths(sys.stdin))
        with open(manifest, encoding="utf-8", errors="surrogateescape") as lines:
            return list(_paths(lines))
    except OSError as error:
        raise MediaFileError(f"{manifest}: {error.strerror or error}") from error


def _paths(lines: Iterable[str]) -> Iterator[str]:
    return (path for line in lines if (path := line.rstrip("\r\n")))


def output_path(file: str, extension: str | None) -> str:
    """The path that outputs of a file begin with, relative to the directory of all outputs.

    It is the path of the file, without a root and from the root on if it leads upwards. An extension replaces its own.
    """
    begins_below = not os.path.isabs(file) and file.partition(os.sep)[0] != os.pardir
    path = file if begins_below else os.path.abspath(file)[1:]
    return path if extension is None else f"{os.path.splitext(path)[0]}.{extension}"


def output_paths(files: Sequence[str], extension: str | None) -> Mapping[str, str]:
    """The output path of each file. Raises MediaFileError if two files have the same."""
    owners: dict[str, str] = {}
    for file in files:
        path = output_path(file, extension)
        if path in owners:
            raise MediaFileError(f"{owners[path]} and {file} would both become {path}: give them an --out each")
        owners[path] = file
    return {file: path for path, file in owners.items()}
