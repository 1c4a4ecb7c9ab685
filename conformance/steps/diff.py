"""The changes that another edition of the spec makes, and the code that they concern."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal, TypeAlias

from conformance.steps.checker import Place, Report
from conformance.steps.model import Entry, Index, Item

Change: TypeAlias = Literal["changed", "appeared", "vanished", "renumbered"]

#: The nouns for the kinds of items.
_NOUNS: Final = {"normative": "step", "definition": "prose", "idl": "IDL", "note": "note"}


@dataclass(frozen=True)
class Difference:
    """An item that differs in another edition. ``places`` implement it, or the step nearest to it."""

    change: Change
    what: str
    places: tuple[Place, ...]

    def __str__(self) -> str:
        where = ", ".join(f"{place.path}:{place.line} ({place.function})" for place in self.places)
        return f"{self.change}: {self.what}" + (f"  → {where}" if where else "")


def differences(index: Index, other: Index, report: Report) -> list[Difference]:
    """The items of ``other`` that differ from ``index``, which ``report`` ties to the source.

    Documents that ``other`` has not read are not compared.
    """
    found: list[Difference] = []
    references = [reference for reference, entry in index.entries.items() if entry.document in other.editions]
    references += [reference for reference in other.entries if reference not in index.entries]
    for reference in references:
        found += _of_entry(reference, index.entries.get(reference), other.entries.get(reference), report)
    return found


def _of_entry(reference: str, old: Entry | None, new: Entry | None, report: Report) -> Iterator[Difference]:
    old_items, new_items = _grouped(old), _grouped(new)
    for key in dict.fromkeys([*old_items, *new_items]):
        before, after = old_items.get(key, []), new_items.get(key, [])
        matcher = SequenceMatcher(None, [item.hash for item in before], [item.hash for item in after], autojunk=False)
        for operation, first, last, new_first, new_last in matcher.get_opcodes():
            shared = min(last - first, new_last - new_first)
            if operation == "equal":
                for item, new_item in zip(before[first:last], after[new_first:new_last], strict=True):
                    if item.step != new_item.step:
                        what = f"{_named(reference, item)}, now {new_item.step}"
                        yield Difference("renumbered", what, _places(reference, item, report))
                continue
            for item in before[first : first + shared]:
                yield Difference("changed", _named(reference, item), _places(reference, item, report))
            for item in before[first + shared : last]:
                yield Difference("vanished", _named(reference, item), _places(reference, item, report))
            for item in after[new_first + shared : new_last]:
                neighbour = before[min(last, len(before)) - 1] if before else None
                places = _places(reference, neighbour, report) if neighbour else _places_of_entry(reference, report)
                yield Difference("appeared", _named(reference, item), places)


def _grouped(entry: Entry | None) -> dict[tuple[str, str], Sequence[Item]]:
    groups: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in entry.items if entry is not None else ():
        groups[item.kind, item.part].append(item)
    return dict(groups)


def _named(reference: str, item: Item) -> str:
    return f"{reference}{item.place}" if item.kind == "normative" else f"{reference}{item.place} ({_NOUNS[item.kind]})"


def _places(reference: str, item: Item, report: Report) -> tuple[Place, ...]:
    if item.step and (reference, item.part, item.step) in report.steps:
        return tuple(report.steps[reference, item.part, item.step])
    return _places_of_entry(reference, report)


def _places_of_entry(reference: str, report: Report) -> tuple[Place, ...]:
    if reference in report.definitions:
        return tuple(report.definitions[reference])
    return tuple(places[0] for (entry, _, _), places in report.steps.items() if entry == reference)[:1]
