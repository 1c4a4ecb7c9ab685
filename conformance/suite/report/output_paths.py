"""Paths of reports, which are checked before the run: a wrong path must not cost the results."""

import argparse
from pathlib import Path


def output_file(text: str) -> Path:
    """The path of a file that can be written. Raises argparse.ArgumentTypeError."""
    path = Path(text)
    try:
        _try_to_write(path)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error.strerror or error}") from error
    return path


def output_directory(text: str) -> Path:
    """The path of a directory that files can be written to. It is made. Raises argparse.ArgumentTypeError."""
    directory = Path(text)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _try_to_write(directory / "index.html")
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error.strerror or error}") from error
    return directory


def _try_to_write(path: Path) -> None:
    """Open the file for writing and leave it as it is. Raises OSError."""
    is_new = not path.exists()
    with path.open("ab"):
        pass
    if is_new:
        path.unlink()
