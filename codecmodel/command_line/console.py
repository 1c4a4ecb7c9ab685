"""The console that commands print tables and progress to."""

from typing import Final

from rich.console import Console

#: The columns of a table that goes to a file or a pipe.
_WIDTH_WITHOUT_TERMINAL: Final = 160


def new_console(*, stderr: bool = False) -> Console:
    """A console on standard output or standard error."""
    console = Console(stderr=stderr, highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _WIDTH_WITHOUT_TERMINAL
    return console
