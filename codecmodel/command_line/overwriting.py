"""Permission to replace files that exist."""

import os
import sys
from collections.abc import Sequence

from codecmodel.files.errors import MediaFileError
from codecmodel.files.printable import printable


def require_permission(paths: Sequence[str | os.PathLike[str]], *, is_given: bool) -> None:
    """Ask whether files that exist may be replaced, if the command line gives no permission.

    Raises MediaFileError if they may not, or if there is no terminal to ask the user. Devices and pipes
    need no permission, as nothing of theirs is lost.
    """
    existing = [os.fspath(path) for path in paths if os.path.isfile(path)]
    if is_given or not existing:
        return
    names = ", ".join(existing)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise MediaFileError(f"{names}: file exists; --overwrite replaces it")
    print(f"{printable(names)} exists. Replace it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise MediaFileError(f"{names}: not replaced")
