"""Loading FFmpeg: the first usable set of libraries, opened once and proven to have the layouts that ffbind knows."""

from __future__ import annotations

import threading

from ffbind.errors import LibraryNotFoundError, UnsupportedLibraryError
from ffbind.extras import install_command
from ffbind.layout.format_probes import confirm_formats
from ffbind.layout.probes import confirm
from ffbind.library import NAMES, RELEASES, Library
from ffbind.library_search import DIRECTORY_VARIABLE, is_absent, open_set, places, sets_in, system_sets

AV_LOG_QUIET = -8

_loaded: Library | None = None
_load_lock = threading.Lock()


def load() -> Library:
    """The FFmpeg libraries. The first call finds and checks them; later calls return the same object.

    Any thread may call. Raises LibraryNotFoundError if no place has a complete set, UnsupportedLibraryError if each set
    that was found is unusable. A failure is not remembered: the next call searches again.
    """
    global _loaded
    if _loaded is None:
        with _load_lock:
            if _loaded is None:
                _loaded = _find()
    return _loaded


def set_log_level(level: int) -> None:
    """Set how much FFmpeg writes to standard error (AV_LOG_*): -8 nothing (the default), 16 errors, 32 information."""
    load().avutil.av_log_set_level(level)


def _find() -> Library:
    findings: list[str] = []
    unsupported = False
    for origin, directory in places(findings):
        for candidate in system_sets() if directory is None else sets_in(directory, findings):
            try:
                library = Library(origin, directory, open_set(candidate))
                library.avutil.av_log_set_level(AV_LOG_QUIET)
                confirm(library)
                confirm_formats(library)
            except OSError as error:
                if directory is not None or not is_absent(candidate, error):
                    findings.append(f"{origin}: {error}")
            except UnsupportedLibraryError as error:
                unsupported = True
                findings.append(f"{origin}: {error}")
            else:
                return library
    raise (UnsupportedLibraryError if unsupported else LibraryNotFoundError)(_advice(findings))


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
            f"or those that come with PyAV, on any system: {install_command('bundled')}",
            f"To use others: set {DIRECTORY_VARIABLE} to the directory they are in.",
        ]
    )
