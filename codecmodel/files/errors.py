"""The errors that reading and writing media files raises."""

from codecmodel.files.printable import printable


class MediaFileError(Exception):
    """A file cannot be read, decoded, encoded or written. The message is one line that a user can act upon."""

    def __init__(self, message: str) -> None:
        # File names and messages of libraries may contain line breaks and other control characters.
        super().__init__(printable(message))


class MissingLibraryError(MediaFileError):
    """FFmpeg's libraries cannot be loaded. The message has several lines: the places searched, and ways to a remedy."""

    def __init__(self, message: str) -> None:
        Exception.__init__(self, "\n".join(printable(line) for line in message.splitlines()))
