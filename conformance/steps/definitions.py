"""Finds the code that a definition of the spec is tied to: by the names the spec gives, or by ``# Spec: anchor``."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, TypeAlias

from conformance.steps.model import Entry
from conformance.steps.source import Class, Module, SpecComment

#: Name, file, line, and the reason if there is no code.
Found: TypeAlias = tuple[str, Path, int, str | None]


class Definitions:
    """What modules define. An attribute, method, member or slot is found in the class that the spec says it is of, or a
    base of that class; an enumeration's value in the Literal type of that name."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self._classes: Final = {found.name: found for module in modules for found in module.classes}
        self._literals: Final = {
            name: (module.path, values) for module in modules for name, values in module.literals.items()
        }
        self.comments: Final[list[tuple[Path, SpecComment]]] = [
            (module.path, comment) for module in modules for comment in module.spec_comments
        ]

    def of(self, entry: Entry) -> list[Found]:
        """All that is tied to the entry."""
        found: list[Found] = [
            (comment.reference, path, comment.line, comment.reason)
            for path, comment in self.comments
            if any(fnmatchcase(name, comment.reference) for name in (entry.reference, *entry.also))
        ]
        if entry.type == "enum-value":
            if entry.owner in self._literals:
                path, values = self._literals[entry.owner]
                if entry.name in values:
                    found.append((entry.name, path, values[entry.name], None))
            return found
        for owner in entry.owner.split(","):
            for declaring in self._with_bases(owner.strip()):
                members = declaring.slots if entry.name.startswith("[[") else declaring.members
                if entry.name in members:
                    found.append((f"{declaring.name}.{entry.name}", declaring.path, members[entry.name], None))
                    break
        return found

    def _with_bases(self, name: str) -> Iterator[Class]:
        if name in self._classes:
            yield self._classes[name]
            for base in self._classes[name].bases:
                yield from self._with_bases(base)
