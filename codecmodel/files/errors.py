"""The error that reading and writing media files raises."""


class MediaFileError(Exception):
    """A file cannot be read, decoded, encoded or written. The message is one line that a user can act upon."""

    def __init__(self, message: str) -> None:
        # File names and messages of libraries may contain line breaks.
        super().__init__(" ".join(message.split()))


class MissingLibraryError(MediaFileError):
    """FFmpeg's libraries cannot be loaded. The message has several lines: the places searched, and ways to a remedy."""

    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)
