"""The errors of ffbind: a missing or unusable library, FFmpeg's own error codes, use after close."""

from __future__ import annotations

import errno

AVERROR_EAGAIN = -errno.EAGAIN
AVERROR_EINVAL = -errno.EINVAL
AVERROR_ENOMEM = -errno.ENOMEM


def _tag(letters: bytes) -> int:
    return -int.from_bytes(letters, "little")


# FFmpeg's own codes are four characters.
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
    """FFmpeg libraries were found, but their memory layout is unknown, or is not as known for their version."""


class ClosedError(FFbindError):
    """An object was used after its close(), or in a child process forked after it was made."""


class BusyError(FFbindError):
    """An object was used during another call to it, on another thread or further up the stack of the same one."""


class FFmpegError(FFbindError):
    """An FFmpeg function returned a negative code.

    `code` is the negative value, `message` FFmpeg's description of it, `function` the name of the function.
    """

    def __init__(self, code: int, message: str, function: str) -> None:
        super().__init__(code, message, function)
        self.code = code
        self.message = message
        self.function = function

    @property
    def is_for_want_of_resources(self) -> bool:
        """Whether a codec could not be opened because memory or threads were lacking."""
        return self.code in (AVERROR_ENOMEM, AVERROR_EAGAIN) and self.function.startswith("avcodec_open2(")

    def __str__(self) -> str:
        return f"{self.function}: {self.message} ({self.code})"


class PacketRefusedError(FFmpegError):
    """A muxer refused a packet: number `number`, counted from 0, of the stream with the index `stream`.

    It may have been given to the writer before the packet that was written last, because packets wait for those of
    other streams.
    """

    def __init__(self, refusal: FFmpegError, stream: int, number: int) -> None:
        super().__init__(refusal.code, refusal.message, refusal.function)
        self.stream = stream
        self.number = number
