"""The places where FFmpeg's five libraries may be, and the sets of library files in each.

The places are, in order: the directory that FFBIND_LIBRARY_DIR names (then no other place is searched), the system, and
the `av` wheel. The wheel need not be importable, and it is not imported.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ffbind.library import NAMES, RELEASES

DIRECTORY_VARIABLE = "FFBIND_LIBRARY_DIR"


@dataclass(frozen=True)
class LibrarySet:
    """A candidate: a file for each library, and the libraries beside them, on which they may depend."""

    files: dict[str, str]
    neighbours: tuple[str, ...] = ()


def places(findings: list[str]) -> Iterator[tuple[str, Path | None]]:
    """Origin and directory (None: the system loader's choice) of each place to search, in order."""
    named = os.environ.get(DIRECTORY_VARIABLE)
    if named:
        yield DIRECTORY_VARIABLE, Path(named)
        return
    findings.append(f"{DIRECTORY_VARIABLE}: not set")
    first, last = max(RELEASES), min(RELEASES)
    findings.append(f"system: {_system_file('avcodec', first)} down to {_system_file('avcodec', last)}")
    yield "system", None
    directories = _wheel_directories()
    if not directories:
        findings.append("av wheel: not installed for this Python")
    for directory in directories:
        yield "av wheel", directory


def _wheel_directories() -> list[Path]:
    """The directories in which the installed `av` wheel keeps its libraries. The wheel is not imported."""
    try:
        spec = importlib.util.find_spec("av")
    except (ImportError, ValueError):
        return []
    packages = [Path(entry) for entry in (spec.submodule_search_locations or ())] if spec else []
    # The tools that repair wheels put libraries here, on Linux and Windows, and on macOS.
    return [
        directory
        for package in packages
        for directory in (package.parent / "av.libs", package / ".dylibs")
        if directory.is_dir()
    ]


def _system_file(name: str, major: int) -> str:
    if sys.platform == "win32":
        return ctypes.util.find_library(f"{name}-{major}") or f"{name}-{major}.dll"
    if sys.platform == "darwin":
        return ctypes.util.find_library(f"{name}.{major}") or f"lib{name}.{major}.dylib"
    return f"lib{name}.so.{major}"


def system_sets() -> Iterator[LibrarySet]:
    for release in RELEASES.values():
        yield LibrarySet({name: _system_file(name, major) for name, major in release.items()})


def is_absent(candidate: LibrarySet, error: OSError) -> bool:
    """Whether a set of the system's is absent, rather than incomplete or broken: even its first file is missing."""
    return candidate.files[NAMES[0]] in str(error)


# libavcodec.so.61, libavcodec-5e6b81c2.so.62.28.102, libavcodec.61.dylib, avcodec-61.dll, avcodec-61-5e6b81c2.dll
_FILE_NAMES = (
    re.compile(r"lib(?P<name>[a-z]+)(-[0-9a-f]+)?\.so(\.(?P<major>\d+))?[.\d]*"),
    re.compile(r"lib(?P<name>[a-z]+)(-[0-9a-f]+)?(\.(?P<major>\d+))?[.\d]*\.dylib"),
    re.compile(r"(lib)?(?P<name>[a-z]+)-(?P<major>\d+)(-[0-9a-f]+)?\.dll"),
)


def sets_in(directory: Path, findings: list[str]) -> Iterator[LibrarySet]:
    """The sets of libraries in a directory, newest first; then one whose file names carry no version."""
    found: dict[tuple[str, int | None], str] = {}
    others: list[str] = []
    try:
        entries = sorted(directory.iterdir())
    except OSError as error:
        findings.append(f"{directory}: {error.strerror}")
        return
    for entry in entries:
        match = next(filter(None, (pattern.fullmatch(entry.name) for pattern in _FILE_NAMES)), None)
        if match and match["name"] in NAMES:
            major = int(match["major"]) if match["major"] else None
            found.setdefault((match["name"], major), str(entry))
        elif re.search(r"\.(so|dylib|dll)\b", entry.name):
            others.append(str(entry))
    complete = False
    unversioned: dict[str, int | None] = dict.fromkeys(NAMES)
    releases: list[Mapping[str, int | None]] = [*RELEASES.values(), unversioned]
    for majors in releases:
        files = {name: found[name, major] for name, major in majors.items() if (name, major) in found}
        if len(files) == len(NAMES):
            complete = True
            yield LibrarySet(files, tuple(others))
    if not complete:
        present = ", ".join(Path(file).name for file in found.values())
        findings.append(f"{directory}: no complete set of known versions ({present or 'no FFmpeg library at all'})")


def open_set(candidate: LibrarySet) -> dict[str, ctypes.CDLL]:
    """Load the libraries of a set. Raises OSError.

    Libraries in a wheel may not know where their dependencies are, but they load once these are loaded. So their
    neighbours are loaded first, again and again until none of the rest loads.
    """
    try:
        return {name: ctypes.CDLL(candidate.files[name]) for name in NAMES}
    except OSError:
        if not candidate.neighbours:
            raise
    if sys.platform == "win32":
        os.add_dll_directory(str(Path(candidate.files["avutil"]).parent))
    pending = list(candidate.neighbours)
    while pending:
        failed = []
        for file in pending:
            try:
                ctypes.CDLL(file)
            except OSError:
                failed.append(file)
        if len(failed) == len(pending):
            break
        pending = failed
    return {name: ctypes.CDLL(candidate.files[name]) for name in NAMES}
