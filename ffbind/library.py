"""Finding FFmpeg's five libraries, all from one place, and loading them once.

Places, in order: the directory FFBIND_LIBRARY_DIR names (then nowhere else), the system, the `av` wheel, which need not
be importable or imported. A set is accepted if its versions belong together and the struct layouts are confirmed.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ffbind.errors import FFmpegError, LibraryNotFoundError, UnsupportedLibraryError
from ffbind.layout import Layout, Version
from ffbind.prototypes import Functions, avcodec, avformat, avutil, swresample, swscale

DIRECTORY_VARIABLE = "FFBIND_LIBRARY_DIR"

# Dependencies first.
NAMES = ("avutil", "swresample", "swscale", "avcodec", "avformat")

# The majors released together, by libavcodec's: FFmpeg 4, 5, 6, 7, 8 and 9.
RELEASES: dict[int, dict[str, int]] = {
    codec: dict(zip(NAMES, (util, resample, scale, codec, codec), strict=True))
    for codec, util, resample, scale in (
        (63, 61, 7, 10),
        (62, 60, 6, 9),
        (61, 59, 5, 8),
        (60, 58, 4, 7),
        (59, 57, 4, 6),
        (58, 56, 3, 5),
    )
}

_TABLES = {
    "avutil": avutil.FUNCTIONS,
    "swresample": swresample.FUNCTIONS,
    "swscale": swscale.FUNCTIONS,
    "avcodec": avcodec.FUNCTIONS,
    "avformat": avformat.FUNCTIONS,
}

AV_LOG_QUIET = -8


class Library:
    """The loaded libraries: their functions, versions and struct layouts."""

    #: Where the libraries come from: "FFBIND_LIBRARY_DIR", "system" or "av wheel".
    origin: str
    #: The directory they were taken from; None where the system's loader chose.
    directory: Path | None
    #: The (major, minor, micro) version of each library by name, without "lib".
    versions: dict[str, Version]
    #: What FFmpeg calls this build, such as "7.1.1".
    ffmpeg_version: str
    #: The major version of libavcodec.
    codec_major: int

    avutil: Functions
    avcodec: Functions
    avformat: Functions
    swscale: Functions
    swresample: Functions
    layout: Layout

    def __init__(self, origin: str, directory: Path | None, handles: Mapping[str, ctypes.CDLL]) -> None:
        self.origin = origin
        self.directory = directory
        self.versions = {name: _version(handles[name], name) for name in NAMES}
        self.codec_major = self.versions["avcodec"][0]
        self.layout = Layout(self.versions)
        for name, expected in RELEASES[self.codec_major].items():
            if self.versions[name][0] != expected:
                raise UnsupportedLibraryError(
                    f"lib{name} {self.versions[name][0]} does not go with libavcodec {self.codec_major}, "
                    f"which needs lib{name} {expected}"
                )
        for name in NAMES:
            setattr(self, name, Functions(handles[name], _TABLES[name]))
        self.ffmpeg_version = self.avutil.av_version_info().decode()

    def error(self, code: int, function: str) -> FFmpegError:
        """The error for a negative code that `function` returned, with FFmpeg's description of it."""
        text = ctypes.create_string_buffer(128)
        self.avutil.av_strerror(code, text, len(text))
        return FFmpegError(code, text.value.decode("utf-8", "replace"), function)

    def check(self, code: int, function: str) -> int:
        """The code, if it is not negative. Raises FFmpegError if it is."""
        if code < 0:
            raise self.error(code, function)
        return code

    def __repr__(self) -> str:
        return f"<FFmpeg {self.ffmpeg_version} (libavcodec {self.codec_major}) from {self.directory or self.origin}>"


def _version(library: ctypes.CDLL, name: str) -> Version:
    try:
        function = library[f"{name}_version"]
    except AttributeError:
        raise UnsupportedLibraryError(f"{library._name} is not lib{name}") from None
    function.restype = ctypes.c_uint
    function.argtypes = ()
    packed: int = function()
    return packed >> 16, packed >> 8 & 0xFF, packed & 0xFF


_loaded: Library | None = None
_load_lock = threading.Lock()


def load() -> Library:
    """The FFmpeg libraries, found and checked at the first call; the same object ever after. Any thread may call.

    Raises LibraryNotFoundError if no place has a complete set, UnsupportedLibraryError if the only sets there are
    cannot be used. A failure is not remembered.
    """
    global _loaded
    if _loaded is None:
        with _load_lock:
            if _loaded is None:
                _loaded = _find()
    return _loaded


def set_log_level(level: int) -> None:
    """How much FFmpeg writes to standard error (AV_LOG_*): -8 nothing, as after loading, 16 errors, 32 information."""
    load().avutil.av_log_set_level(level)


@dataclass(frozen=True)
class _Set:
    """A candidate: a file for each library, and others beside them that they may depend on."""

    files: dict[str, str]
    neighbours: tuple[str, ...] = ()


def _find() -> Library:
    findings: list[str] = []
    unsupported = False
    for origin, directory in _places(findings):
        for candidate in _system_sets() if directory is None else _sets_in(directory, findings):
            try:
                library = Library(origin, directory, _open(candidate))
                library.avutil.av_log_set_level(AV_LOG_QUIET)
                _confirm(library)
            except OSError as error:
                if directory is not None or not _is_absent(candidate, error):
                    findings.append(f"{origin}: {error}")
            except UnsupportedLibraryError as error:
                unsupported = True
                findings.append(f"{origin}: {error}")
            else:
                return library
    raise (UnsupportedLibraryError if unsupported else LibraryNotFoundError)(_advice(findings))


def _confirm(library: Library) -> None:
    from ffbind.layout.format_probes import confirm_formats
    from ffbind.layout.probes import confirm

    confirm(library)
    confirm_formats(library)


def _advice(findings: list[str]) -> str:
    newest = next(iter(RELEASES.values()))
    packages = " ".join(f"lib{name}{RELEASES[61][name]}" for name in reversed(NAMES))
    return "\n".join(
        [
            "No usable set of FFmpeg libraries (" + ", ".join(f"lib{name}" for name in NAMES) + ") was found.",
            f"Any FFmpeg from 4 (libavcodec {min(RELEASES)}) to 9 (libavcodec {newest['avcodec']}) will do. Searched:",
            *(f"  - {finding}" for finding in findings),
            "To install them: `apt install ffmpeg` on Debian and Ubuntu (or only the libraries, on Debian 13",
            f"{packages}), `brew install ffmpeg` on macOS,",
            'or those that come with PyAV, on any system: pip install "codecmodel[bundled]"',
            f"To use others: set {DIRECTORY_VARIABLE} to the directory they are in.",
        ]
    )


def _places(findings: list[str]) -> Iterator[tuple[str, Path | None]]:
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
    """Where the installed `av` wheel keeps its libraries, found without importing it."""
    try:
        spec = importlib.util.find_spec("av")
    except (ImportError, ValueError):
        return []
    packages = [Path(entry) for entry in (spec.submodule_search_locations or ())] if spec else []
    # What the wheel repair tools do on Linux and Windows, and on macOS.
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


def _system_sets() -> Iterator[_Set]:
    for release in RELEASES.values():
        yield _Set({name: _system_file(name, major) for name, major in release.items()})


def _is_absent(candidate: _Set, error: OSError) -> bool:
    """Whether a system set is simply not installed, as opposed to incomplete or broken: not even its first file is."""
    return candidate.files[NAMES[0]] in str(error)


# libavcodec.so.61, libavcodec-5e6b81c2.so.62.28.102, libavcodec.61.dylib, avcodec-61.dll, avcodec-61-5e6b81c2.dll
_FILE_NAMES = (
    re.compile(r"lib(?P<name>[a-z]+)(-[0-9a-f]+)?\.so(\.(?P<major>\d+))?[.\d]*"),
    re.compile(r"lib(?P<name>[a-z]+)(-[0-9a-f]+)?(\.(?P<major>\d+))?[.\d]*\.dylib"),
    re.compile(r"(lib)?(?P<name>[a-z]+)-(?P<major>\d+)(-[0-9a-f]+)?\.dll"),
)


def _sets_in(directory: Path, findings: list[str]) -> Iterator[_Set]:
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
            yield _Set(files, tuple(others))
    if not complete:
        present = ", ".join(Path(file).name for file in found.values())
        findings.append(f"{directory}: no complete set of known versions ({present or 'no FFmpeg library at all'})")


def _open(candidate: _Set) -> dict[str, ctypes.CDLL]:
    """Load the libraries of a set. Raises OSError.

    Libraries in a wheel may not know where their dependencies are, but are content if those are loaded already: so
    neighbours are loaded until no more can be, and then the set again.
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
