"""Starts Node for a script of one's own."""

from pathlib import Path
from typing import Final

from conformance.wpt.host.node_process import NodeProcess

#: Packages may have modules for browsers in place of those for Node.
_OPTIONS: Final = ("--conditions=browser",)


def start_node(node: Path, script: Path | None = None) -> NodeProcess:
    """A process with the standard streams of this one. It loads a script that it will be told to run."""
    module = None if script is None else script.resolve().as_uri()
    return NodeProcess(node, _OPTIONS, module=module, has_standard_streams=True)
