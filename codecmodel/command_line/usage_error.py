"""The error of options that cannot be carried out, whatever the files are."""

from codecmodel.files.errors import MediaFileError


class UsageError(MediaFileError):
    """The command was used in a wrong way. The exit status is 2, as that of an option that does not exist."""
