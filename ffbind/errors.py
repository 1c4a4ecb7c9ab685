"""The errors of ffbind: a missing library, an unusable library, FFmpeg's own error codes, use after close."""

from __future__ import annotations

import errno

AVERROR_EAGAIN = -errno.EAGAIN
AVERROR_EINVAL = -errno.EINVAL


def _tag(letters: bytes) -> int:
    return -int.from_bytes(letters, "little")


# FFmpeg's own codes spell four bytes.
AVERROR_EOF = _tag(b"EOF ")
AVERROR_EXTERNAL = _tag(b"EXT ")
AVERROR_INVALIDDATA = _tag(b"INDA")
AVERROR_BUG = _tag(b"BUG!")
AVERROR_OPTION_NOT_FOUND = _tag(b"\xf8OPT")
AVERROR_DECODER_NOT_FOUND = _tag(b"\xf8DEC")
AVERROR_ENCODER_NOT_FOUND = _tag(b"\xf8ENC")


class FFbindError(Exception):
    """Base class of every error ffbind raises on its own account."""


class LibraryNotFoundError(FFbindError):
    """No place that was searched holds a complete set of FFmpeg libraries."""


class UnsupportedLibraryError(FFbindError):
    """FFmpeg libraries were found, but not of a version whose memory layout is known and confirmed."""


class ClosedError(FFbindError):
    """An object was used after its close(), or in a child process forked after it was made."""


class BusyError(FFbindError):
    """An object was used while another call to it, in another thread or further out in this one, had not returned."""


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
