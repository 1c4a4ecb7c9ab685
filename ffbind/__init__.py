"""FFmpeg through ctypes: libraries found and checked, and small owning objects on top."""

from ffbind.errors import ClosedError, FFbindError, FFmpegError, LibraryNotFoundError, UnsupportedLibraryError
from ffbind.library import Library, load

__all__ = [
    "ClosedError",
    "FFbindError",
    "FFmpegError",
    "Library",
    "LibraryNotFoundError",
    "UnsupportedLibraryError",
    "load",
]
