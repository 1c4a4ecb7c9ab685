"""The content of an index: the entries of a spec and their items, with a hash in place of every sentence."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

#: The kind of an item. Steps are "normative"; "definition" is normative prose: it defines a slot, an attribute, a
#: member, a value or a term, or introduces steps; "idl" is a block of IDL; "note" is a note or an example of the spec,
#: or any text in a section that calls itself non-normative.
Kind: TypeAlias = Literal["normative", "definition", "idl", "note"]

#: The document of the spec itself; anchors of other documents are prefixed with the document's name and a slash.
MAIN_DOCUMENT: Final = "webcodecs"
_PUBLISHED: Final = "https://w3c.github.io/webcodecs/"


@dataclass(frozen=True)
class Item:
    """A step, or a piece of prose. ``step`` is a number path such as "4.2.1", and empty for prose outside of steps.

    ``part`` names the list of steps if an entry has several. "message" is the list of a control message.
    """

    part: str
    step: str
    kind: Kind
    hash: str
    #: The keywords of RFC 2119 that are marked up in the text, in their order; none in notes.
    keywords: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The part of a reference to this item that follows the anchor: ``""``, ``#4.2.1`` or ``:message#4.2.1``."""
        return (f":{self.part}" if self.part else "") + (f"#{self.step}" if self.step else "")


@dataclass
class Entry:
    """Everything that is published under an anchor.

    ``section`` is its number ("3.5"). ``type`` is the kind of thing that the spec defines there ("method", "attribute",
    "dfn", …), or "section" for prose that defines no term. ``owner`` and ``name`` are the interface and the member
    ("VideoDecoder", "decodeQueueSize"). ``also`` has further anchors that the same text defines.
    """

    anchor: str
    document: str
    section: str
    type: str
    owner: str = ""
    name: str = ""
    also: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    @property
    def reference(self) -> str:
        """The anchor, with the document it is in unless that is the spec."""
        return self.anchor if self.document == MAIN_DOCUMENT else f"{self.document}/{self.anchor}"

    @property
    def chapter(self) -> str:
        return self.section.partition(".")[0]

    @property
    def parts(self) -> list[str]:
        """The names of the lists of steps, in their order."""
        return list(dict.fromkeys(item.part for item in self.items if item.kind == "normative"))

    def steps(self, part: str = "") -> list[str]:
        """The number paths of a list of steps, in the order of the document."""
        return [item.step for item in self.items if item.kind == "normative" and item.part == part]

    @property
    def requirements(self) -> dict[str, str]:
        """The requirements of the entry: reference (``anchor!1`` is the first) → keyword of RFC 2119."""
        keywords = [keyword for item in self.items for keyword in item.keywords]
        return {f"{self.reference}!{number}": keyword for number, keyword in enumerate(keywords, 1)}

    @property
    def is_algorithm(self) -> bool:
        return any(item.kind == "normative" for item in self.items)

    @property
    def is_definition(self) -> bool:
        """Whether the entry has normative prose and no steps."""
        return not self.is_algorithm and any(item.kind == "definition" for item in self.items)


@dataclass
class Index:
    """All entries of an edition, by reference. ``editions`` says which edition of each document."""

    editions: dict[str, str] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)

    def add(self, entry: Entry) -> Entry:
        """Add an entry. If its anchor is there already, the entry of that anchor is returned."""
        return self.entries.setdefault(entry.reference, entry)

    def items(self) -> Iterator[tuple[Entry, Item]]:
        for entry in self.entries.values():
            for item in entry.items:
                yield entry, item

    def find(self, reference: str) -> Entry | None:
        """The entry that an anchor (with its document, if not the spec) leads to."""
        entry = self.entries.get(reference)
        if entry is None:
            document, _, anchor = reference.rpartition("/")
            for other in self.entries.values():
                if anchor in other.also and other.document == (document or MAIN_DOCUMENT):
                    return other
        return entry

    def has(self, reference: str) -> bool:
        """Whether the reference leads anywhere: ``anchor``, ``anchor#4.2``, ``anchor:message#4.2`` or ``anchor!1``."""
        if "!" in reference:
            entry = self.find(reference.partition("!")[0])
            return entry is not None and reference in entry.requirements
        head, _, step = reference.partition("#")
        anchor, _, part = head.partition(":")
        entry = self.find(anchor)
        if entry is None or (part and part not in entry.parts):
            return False
        return not step or step in entry.steps(part)


def address_of(reference: str) -> str:
    """Where the anchor of a reference is published: ``anchor``, ``document/anchor``, with ``:part#step`` or without."""
    document, _, anchor = reference.partition("#")[0].partition(":")[0].rpartition("/")
    page = f"{document.removeprefix('webcodecs-').replace('-', '_')}.html" if document else ""
    return f"{_PUBLISHED}{page}#{anchor}"


def hash_of(text: str) -> str:
    """Twelve hexadecimal digits that stand for a text with normalised white space."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:12]
