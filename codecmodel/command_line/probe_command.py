"""The command ``probe``, as the command line runs it."""

import json

from codecmodel.command_line.probe import as_json, probe_file, title
from codecmodel.command_line.run import run_program
from codecmodel.files.errors import MediaFileError
from codecmodel.files.printable import printable


def probe(path: str, *, wants_json: bool) -> None:
    """Print the known properties of a file. Raises MediaFileError, also after printing if the file has a problem."""
    probed = run_program(probe_file(path))
    if wants_json:
        print(json.dumps(as_json(probed), indent=2))
    else:
        # For speed: rich takes longer to load than the file to be probed.
        from codecmodel.command_line.console import new_console
        from codecmodel.command_line.probe_table import as_table, one_line

        console = new_console()
        # A long path is not wrapped, so that it can be copied.
        console.print(one_line(printable(title(probed))), soft_wrap=True)
        console.print(as_table(probed))
    if probed.problem:
        raise MediaFileError(f"{probed.path}: {probed.problem}")
