"""Where the code of an algorithm, of one of its steps, or of a definition is."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from conformance.steps.checker import Place, Report
from conformance.steps.model import Entry, Index, address_of
from conformance.steps.scope import exclusion_of


class UnknownReferenceError(Exception):
    """The spec has nothing of that name. The message suggests names that are alike."""


def where(reference: str, index: Index, report: Report) -> Iterator[str]:
    """A heading, and a line for each place. ``reference`` is an anchor, with ``:part`` and ``#step`` if wanted.

    Raises UnknownReferenceError at once.
    """
    head, _, step = reference.partition("#")
    anchor, _, part = head.partition(":")
    entry = index.find(anchor)
    if entry is None:
        anchors = [name for entry in index.entries.values() for name in (entry.reference, *entry.also)]
        raise UnknownReferenceError(f"The spec has no anchor {anchor!r}.{_suggestion(anchor, anchors)}")
    if not index.has(reference):
        steps = [f"{entry.reference}{item.place}" for item in entry.items if item.kind == "normative"]
        raise UnknownReferenceError(f"The spec has no step {reference!r}.{_suggestion(reference, steps)}")
    return _lines(entry, part if part or step else None, step, report)


def _lines(entry: Entry, part: str | None, step: str, report: Report) -> Iterator[str]:
    yield f"{entry.reference} (section {entry.section}, {entry.type})  {address_of(entry.reference)}"
    for place in report.definitions.get(entry.reference, ()):
        yield f"  {_told(place)}"
    for item in entry.items:
        if item.kind != "normative" or part not in (None, item.part):
            continue
        if step and item.step != step and not item.step.startswith(f"{step}."):
            continue
        for place in report.steps.get((entry.reference, item.part, item.step), ()):
            yield f"  {item.place:<18} {_told(place)}"
    exclusion = exclusion_of(entry)
    if exclusion is not None and entry.reference not in report.definitions:
        yield f"  left out: {exclusion.reason}"


def _told(place: Place) -> str:
    path = os.path.relpath(place.path) if place.path.is_relative_to(Path.cwd()) else str(place.path)
    return f"{path}:{place.line} ({place.function})  {place.words}".rstrip()


def _suggestion(name: str, names: list[str]) -> str:
    close = get_close_matches(name, names, n=3, cutoff=0.6)
    return f" Did you mean {', '.join(close)}?" if close else ""
