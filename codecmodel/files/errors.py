"""The one error of the command line: what went wrong, in words for the person at the terminal."""


class ToolError(Exception):
    """Its message is printed as it is, on one line, and the exit status is 1."""

    def __init__(self, message: str) -> None:
        # File names and libraries' messages may bring line breaks of their own.
        super().__init__(" ".join(message.split()))
