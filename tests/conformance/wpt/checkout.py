"""Checkouts of web-platform-tests that are as small as a test needs, with the harness of the suite beside this file."""

import shutil
from collections.abc import Mapping
from pathlib import Path

_HARNESS = Path(__file__).parent / "suite" / "resources" / "testharness.js"


def make_checkout(directory: Path, files: Mapping[str, str]) -> Path:
    """A checkout in ``directory`` with ``files``, by their names in the folder webcodecs."""
    (directory / "resources").mkdir(parents=True)
    shutil.copy(_HARNESS, directory / "resources")
    for name, content in files.items():
        file = directory / "webcodecs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return directory
