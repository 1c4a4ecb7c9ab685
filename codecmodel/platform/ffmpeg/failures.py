"""FFmpeg's errors as those of a [[codec implementation]]."""

from codecmodel.platform.codec_implementation import CodecError, OutOfResourcesError
from ffbind import FFmpegError


def codec_error(error: Exception, message: str | None = None) -> CodecError:
    """A CodecError for an error of FFmpeg's, with a message of its own or the error's.

    It is an OutOfResourcesError if a codec could not be opened for want of memory or threads.
    """
    kind = OutOfResourcesError if is_for_want_of_resources(error) else CodecError
    return kind(message or str(error) or "there is not enough memory")


def is_for_want_of_resources(error: Exception) -> bool:
    """Whether there was no memory, or a codec could not be opened for want of memory or threads."""
    if isinstance(error, FFmpegError):
        return error.is_for_want_of_resources
    return isinstance(error, MemoryError | OutOfResourcesError)


def require_resources(error: Exception) -> None:
    """Raise OutOfResourcesError if ``error`` says nothing about a configuration, but only about resources."""
    if is_for_want_of_resources(error):
        raise codec_error(error) from error
