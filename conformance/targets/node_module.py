"""Modules of npm whose exports are tested: whether there is one, and its version."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.targets.node import in_working_directory

_PROBE: Final = Path(__file__).parent / "probe.js"
#: Seconds for a module to be imported.
_IMPORT_SECONDS: Final = 120.0


class ModuleNotFoundInNodeError(ValueError):
    """Node cannot import the module. The message says why, in one line."""


@dataclass(frozen=True)
class NodeModule:
    """A module to import from the working directory, and a module of the user's that is run after it, or None."""

    name: str
    prelude: Path | None = None


def version_of(node: Path, module: str) -> str:
    """The versions of the package and of Node. Raises ModuleNotFoundInNodeError."""
    command = in_working_directory(node, _PROBE)
    try:
        ran = subprocess.run(
            command,
            input=module,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_IMPORT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ModuleNotFoundInNodeError(f"node:{module} is not imported in {_IMPORT_SECONDS:g} seconds") from None
    if ran.returncode != 0:
        raise ModuleNotFoundInNodeError(f"node:{module} ends Node with status {ran.returncode} when it is imported")
    # The module may print as well.
    told = json.loads(ran.stdout.splitlines()[-1])
    if told["error"] is not None:
        raise ModuleNotFoundInNodeError(f"node:{module} cannot be imported: {told['error']}")
    return f"{told['version'] or 'of no version'} in Node {told['node']}"
