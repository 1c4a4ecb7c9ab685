"""The environments of the bench's processes, with FFmpeg's libraries of PyAV's wheel, or with those of the system.

An installed package has its bytecode. So the processes write it where it is missing, in the turn that does not count.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path


def has_pyav() -> bool:
    """Whether PyAV is installed."""
    return find_spec("av") is not None


def has_program(name: str) -> bool:
    """Whether there is a program of that name."""
    return shutil.which(name) is not None


def of_pyav() -> dict[str, str]:
    """An environment with the libraries of PyAV's wheel, so that a ratio compares programs and not versions of FFmpeg.

    Where PyAV has no libraries of its own, the environment is that of this process.
    """
    environment = _environment()
    directory = _wheel_directory()
    if directory is not None:
        environment["FFBIND_LIBRARY_DIR"] = str(directory)
    return environment


def of_the_system() -> dict[str, str]:
    """An environment with the libraries that the programs ffmpeg and ffprobe use as well."""
    environment = _environment()
    environment.pop("FFBIND_LIBRARY_DIR", None)
    return environment


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONDONTWRITEBYTECODE": ""}


def _wheel_directory() -> Path | None:
    spec = find_spec("av")
    if spec is None or not spec.submodule_search_locations:
        return None
    directory = Path(spec.submodule_search_locations[0]).parent / "av.libs"
    return directory if directory.is_dir() else None


def run_module(module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The output of a module of Python in a process of its own. Raises RuntimeError if it fails."""
    process = subprocess.run(
        [sys.executable, "-m", module, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise RuntimeError(f"{' '.join([module, *arguments])} failed:\n{process.stderr}")
    return process.stdout
