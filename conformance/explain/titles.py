"""Headings of algorithms."""

from conformance.steps.model import Index
from conformance.steps.source import Function


def title_of(index: Index, anchor: str, part: str, function: Function) -> str:
    """The heading of a list of steps: ``VideoDecoder.decode()``, ``Control message: decode``, …"""
    entry = index.find(anchor)
    name = entry.name if entry is not None else ""
    if entry is None or not name:
        heading = function.name.strip("_").replace("_", " ")
        return heading[:1].upper() + heading[1:]
    if entry.type == "constructor":
        heading = f"new {entry.owner}()"
    elif entry.type == "method":
        heading = f"{entry.owner}.{name}()"
    elif entry.owner and entry.type in ("attribute", "dict-member"):
        heading = f"{entry.owner}.{name}"
    else:
        heading = name[:1].upper() + name[1:]
    if part == "message":
        return f"Control message: {'configure' if entry.type == 'constructor' else name}"
    return f"{heading} ({part.replace('-', ' ')})" if part else heading
