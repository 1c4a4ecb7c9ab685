"""The references to the spec in scenarios, read from their source without importing it.

A reference that a program makes at run time is checked by the tests, which import the scenarios.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from conformance.steps.checker import Problem
from conformance.steps.model import Index

#: An anchor has a hyphen.
_REFERENCE: Final = re.compile(r"[a-z0-9/{}]+-[a-z0-9/{}-]*(?::[a-z-]+)?(?:#[\d.]+)?")
#: ``{}`` in a reference that several interfaces share stands for one of these.
_INTERFACES: Final = (
    *("audiodecoder", "videodecoder", "audioencoder", "videoencoder"),
    *("audiodata", "videoframe", "encodedaudiochunk", "encodedvideochunk"),
)


class Reference(NamedTuple):
    """A string inside of a ``shows=`` argument."""

    path: Path
    line: int
    text: str


def references_in(root: Path) -> Iterator[Reference]:
    """All references in the modules of a folder."""
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "shows":
                yield from (Reference(path, inner.lineno, str(inner.value)) for inner in _strings(node.value))


def _strings(node: ast.expr) -> Iterator[ast.Constant]:
    """The strings that are references: no parts of strings, nothing that a private function completes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    elif not isinstance(node, ast.JoinedStr) and not _is_call_of_private_function(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _strings(child)


def _is_call_of_private_function(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith("_")


def check_references(index: Index, root: Path) -> list[Problem]:
    """References that lead nowhere in the spec, whichever interface ``{}`` stands for."""
    return [
        Problem(reference.path, reference.line, f"the spec has no {reference.text}, which the scenario says it shows")
        for reference in references_in(root)
        if _REFERENCE.fullmatch(reference.text)
        and not any(index.has(reference.text.format(interface, interface)) for interface in _INTERFACES)
    ]
