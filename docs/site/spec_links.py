"""Adds to each documented name links to the places of the specification that define it."""

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Protocol

from conformance.steps.index_file import load_index
from conformance.steps.model import address_of

#: Kinds of entries that are members of an interface or a dictionary.
_MEMBERS = ("attribute", "method", "dict-member", "event")


class _Application(Protocol):
    """The part of Sphinx that this extension uses."""

    def connect(self, event: str, callback: Callable[[object, str, str, object, object, list[str]], None]) -> int: ...


@cache
def _places() -> dict[str, list[str]]:
    """Interface, dictionary or enumeration, or ``owner.member``, in lower case → the references that define it."""
    places: dict[str, list[str]] = defaultdict(list)
    for entry in load_index().entries.values():
        for anchor in (entry.anchor, *entry.also):
            name = anchor.removeprefix("dictdef-").removeprefix("enumdef-")
            places[name].append(entry.reference.removesuffix(entry.anchor) + anchor)
        if entry.type in _MEMBERS:
            member = entry.name.partition("(")[0]
            for owner in entry.owner.split(","):
                places[f"{owner.strip()}.{member}".lower()].append(entry.reference)
    return places


def places_of(name: str) -> list[str]:
    """The references that define a public name, such as ``codecmodel.VideoDecoder.decode``; none if it is our own."""
    rest = name.removeprefix("codecmodel.").removeprefix("types.")
    owner, _, member = rest.partition(".")
    if not owner[:1].isupper() or "." in member or name.startswith("ffbind"):
        return []
    if member == "ondequeue":
        member = "dequeue"
    return _places().get(f"{owner}.{member}".removesuffix(".").lower(), [])


@cache
def _dictionary_members() -> dict[str, dict[str, str]]:
    """Dictionary → member → the reference that defines it."""
    members: dict[str, dict[str, str]] = defaultdict(dict)
    for entry in load_index().entries.values():
        if entry.type == "dict-member":
            members[entry.owner][entry.name] = entry.reference
    return members


def members_of(name: str) -> dict[str, str]:
    """The references that define the members of a dictionary, such as ``codecmodel.types.VideoDecoderConfig``."""
    return _dictionary_members().get(name.rpartition(".")[2], {}) if name.startswith("codecmodel.types.") else {}


def _append(app: object, kind: str, name: str, documented: object, options: object, lines: list[str]) -> None:
    places = {place: place for place in places_of(name)}
    for heading, links in (("Specification", places), ("Members in the specification", members_of(name))):
        if links:
            linked = ", ".join(f"`{text} <{address_of(place)}>`__" for text, place in links.items())
            lines += ["", f"{heading}: {linked}", ""]


def setup(app: _Application) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", _append)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
