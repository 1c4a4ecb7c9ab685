"""The checked-in index: a JSON file with a line for each entry."""

import json
from collections import Counter
from pathlib import Path
from typing import Final, cast

from conformance.steps.model import MAIN_DOCUMENT, Entry, Index, Item, Kind

INDEX_FILE: Final = Path(__file__).with_name("index.json")

_ABOUT: Final = (
    "The steps of WebCodecs and of its codec registrations, made by: python -m conformance steps index SPEC.html …",
    "Everything under a numbered heading of these documents is an item of some entry; no sentence is stored.",
    "An entry is what is published under an anchor; its items are rows of part, step, kind, hash. Those without items",
    "are headings only, and are not counted.",
    "part: which list of steps, where an entry has several: 'message' for those of a control message, …",
    "step: the number path of a step as rendered; empty for prose outside of steps.",
    "kind: 'normative' is a step. 'definition' is normative prose, an item for each paragraph or list item: what a",
    "slot, attribute, member, value or term is, and what introduces steps. 'idl' is a block of IDL. 'note' is a note,",
    "an example, or in a section that is non-normative.",
    "hash: the first 12 hexadecimal digits of the SHA-256 of the text with white space normalised.",
    "A fifth element lists the keywords of RFC 2119 in the text, each of which is a requirement.",
)


def save_index(index: Index, path: Path) -> None:
    """Write ``index`` to ``path``."""
    entries = [_row(entry) for entry in index.entries.values()]
    head = {"about": _ABOUT, "counts": counts(index), "editions": index.editions}
    text = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False, separators=(',', ':'))}" for row in entries)
    path.write_text(f'{text},\n "entries": [\n{rows}\n ]\n}}\n', encoding="utf-8")


def _row(entry: Entry) -> dict[str, object]:
    row: dict[str, object] = {"anchor": entry.reference, "section": entry.section, "type": entry.type}
    if entry.owner:
        row["for"] = entry.owner
    if entry.name:
        row["name"] = entry.name
    if entry.also:
        row["also"] = entry.also
    row["items"] = [
        [item.part, item.step, item.kind, item.hash, *([list(item.keywords)] if item.keywords else [])]
        for item in entry.items
    ]
    return row


def load_index(path: Path = INDEX_FILE) -> Index:
    """Read an index that save_index wrote."""
    content = cast("dict[str, object]", json.loads(path.read_text(encoding="utf-8")))
    index = Index(cast("dict[str, str]", content["editions"]))
    for row in cast("list[dict[str, object]]", content["entries"]):
        document, _, anchor = str(row["anchor"]).rpartition("/")
        index.add(
            Entry(
                anchor,
                document or MAIN_DOCUMENT,
                str(row["section"]),
                str(row["type"]),
                str(row.get("for", "")),
                str(row.get("name", "")),
                cast("list[str]", row.get("also", [])),
                [_item(row) for row in cast("list[list[object]]", row["items"])],
            )
        )
    return index


def _item(row: list[object]) -> Item:
    part, step, kind, digest, *more = row
    keywords = cast("list[list[str]]", more)
    return Item(str(part), str(step), cast("Kind", kind), str(digest), tuple(keywords[0]) if keywords else ())


def counts(index: Index) -> dict[str, int]:
    """The number of entries, and of items of each kind."""
    kinds = Counter(item.kind for _, item in index.items())
    entries = [entry for entry in index.entries.values() if entry.items]
    return {
        "entries": len(entries),
        "algorithms": sum(entry.is_algorithm for entry in entries),
        "lists of steps": sum(len(entry.parts) for entry in entries),
        "steps": kinds["normative"],
        "definitions": sum(entry.is_definition for entry in entries),
        "pieces of normative prose": kinds["definition"],
        "blocks of IDL": kinds["idl"],
        "notes": kinds["note"],
        "requirements": sum(len(entry.requirements) for entry in entries),
    }
