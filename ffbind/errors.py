"""The errors of ffbind: a missing library, an unusable library, FFmpeg's own error codes, use after close."""

from __future__ import annotations


class FFbindError(Exception):
    """Base class of every error ffbind raises on its own account."""


class LibraryNotFoundError(FFbindError):
    """No place that was searched holds a complete set of FFmpeg libraries."""


class UnsupportedLibraryError(FFbindError):
    """FFmpeg libraries were found, but not of a version whose memory layout is known and confirmed."""


class ClosedError(FFbindError):
    """An object was used after its close(), or in a child process forked after it was made."""


class FFmpegError(FFbindError):
    """An FFmpeg function returned a negative code.

    `code` is the value as returned (negative), `message` FFmpeg's description of it, `function` what was called.
    """

    def __init__(self, code: int, message: str, function: str) -> None:
        super().__init__(code, message, function)
        self.code = code
        self.message = message
        self.function = function

    def __str__(self) -> str:
        return f"{self.function}: {self.message} ({self.code})"
