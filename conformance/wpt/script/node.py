"""Starts Node for a script of one's own."""

from pathlib import Path
from typing import Final

from conformance.wpt.host.node_process import NodeProcess

#: Packages may have modules for browsers in place of those for Node.
_OPTIONS: Final = ("--conditions=browser",)


def start_node(node: Path) -> NodeProcess:
    """A process with the standard streams of this one."""
    return NodeProcess(node, _OPTIONS, has_standard_streams=True)
