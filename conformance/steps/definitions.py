"""Finds the code of each definition of the spec, by the names that the spec gives or by ``# Spec: anchor``."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, TypeAlias

from conformance.steps.model import Entry, Index
from conformance.steps.source import Class, Module, SpecComment

#: Name, file, line, and the reason if there is no code.
Found: TypeAlias = tuple[str, Path, int, str | None]


class Definitions:
    """The definitions that modules have.

    An attribute, method, member or slot is found in the class that the spec names as its owner, or in a base of that
    class. The value of an enumeration is found in the Literal type of that name.
    """

    def __init__(self, modules: Sequence[Module], index: Index) -> None:
        self._classes: Final = {found.name: found for module in modules for found in module.classes}
        self._literals: Final = {
            name: (module.path, values) for module in modules for name, values in module.literals.items()
        }
        #: Comments that name an anchor that the spec does not have.
        self.unknown: Final[list[tuple[Path, SpecComment]]] = []
        self._comments: Final[dict[str, list[Found]]] = defaultdict(list)
        names = {name: entry.reference for entry in index.entries.values() for name in (entry.reference, *entry.also)}
        for module in modules:
            for comment in module.spec_comments:
                if "*" in comment.reference:
                    matching = {names[name] for name in names if fnmatchcase(name, comment.reference)}
                else:
                    matching = {names[comment.reference]} if comment.reference in names else set()
                if not matching:
                    self.unknown.append((module.path, comment))
                for reference in matching:
                    found = (comment.reference, module.path, comment.line, comment.reason)
                    self._comments[reference].append(found)

    def of(self, entry: Entry) -> list[Found]:
        """Everything that is tied to the entry."""
        found = list(self._comments.get(entry.reference, ()))
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
