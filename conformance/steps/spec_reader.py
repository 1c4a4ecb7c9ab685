"""Reads a published spec (HTML as Bikeshed renders it) into an index.

Everything under a numbered heading becomes an item of some entry, except for the elements in ``_IGNORED``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from conformance.steps.html_tree import Element, Node, parse_html
from conformance.steps.model import MAIN_DOCUMENT, Entry, Index, Item, Kind, hash_of

_HEADINGS: Final = ("h2", "h3", "h4", "h5", "h6")
#: Elements that hold blocks and have no meaning of their own.
_CONTAINERS: Final = frozenset({"div", "section", "main", "body", "table", "thead", "tbody", "details", "figure"})
_BLOCKS: Final = _CONTAINERS | frozenset(_HEADINGS) | {"ol", "ul", "dl", "p", "pre", "tr", "blockquote", "figcaption"}
_INFORMATIVE_CLASSES: Final = frozenset({"note", "example", "non-normative", "issue"})
#: Elements that are no text of the spec: navigation, annotations by tools, and pictures.
_IGNORED: Final = frozenset({"nav", "aside", "script", "style", "svg", "img", "head"})
_NON_NORMATIVE: Final = "This section is non-normative."
_CONTROL_MESSAGE: Final = re.compile(r"Running (?:a|the) control message(?: to (.+?) means)?", re.IGNORECASE)
_PLATFORM_OBJECT_STEPS: Final = re.compile(
    r"The (\w+) (transfer|transfer-receiving|serialization|deserialization) steps"
)


def read_spec(source: str, name: str, index: Index) -> None:
    """Add the document ``source`` to ``index``. ``name`` is its short name, which is "webcodecs" for the spec
    itself.
    """
    root = parse_html(source)
    index.editions[name] = _edition(root)
    bodies = [element for element in root.descendants() if element.tag == "body"]
    _SpecReader(name, index).read(bodies[0].children if bodies else root.children)


def read_sentences(source: str, name: str) -> dict[tuple[str, str, str], str]:
    """The sentence of each step of the document ``source``: by reference, part and number. None of them is kept."""
    root = parse_html(source)
    bodies = [element for element in root.descendants() if element.tag == "body"]
    reader = _SentenceReader(name, Index())
    reader.read(bodies[0].children if bodies else root.children)
    return reader.sentences


def _edition(root: Element) -> str:
    for element in root.descendants():
        if element.tag == "meta" and element.attributes.get("name") == "revision":
            return element.attributes.get("content", "")
    return ""


def document_name(file_name: str) -> str:
    """The short name of a document by the name of its file. ``opus_codec_registration.html`` is a registration; any
    other file is the spec.
    """
    stem = file_name.rpartition("/")[2].removesuffix(".html")
    return f"webcodecs-{stem.replace('_', '-')}" if stem.endswith("_registration") else MAIN_DOCUMENT


def _is_ignored(element: Element) -> bool:
    return element.tag in _IGNORED or bool(element.classes & {"self-link", "mdn-anno", "wpt-tests-block"})


def _is_informative(element: Element) -> bool:
    return bool(element.classes & _INFORMATIVE_CLASSES)


def _definitions(nodes: Iterable[Node]) -> list[Element]:
    return [
        element
        for node in nodes
        if isinstance(node, Element)
        for element in node.descendants()
        if element.tag == "dfn" and element.id
    ]


def _text(nodes: Iterable[Node]) -> str:
    texts = [node if isinstance(node, str) else "" if _is_ignored(node) else node.text(_is_ignored) for node in nodes]
    return " ".join("".join(texts).split())


def _runs(nodes: Iterable[Node]) -> list[Element | list[Node]]:
    """Blocks as they are, with the text and inline elements between two of them as a list."""
    runs: list[Element | list[Node]] = []
    for node in nodes:
        if isinstance(node, Element) and _is_ignored(node):
            continue
        if isinstance(node, Element) and node.tag in _BLOCKS:
            runs.append(node)
        elif runs and isinstance(runs[-1], list):
            runs[-1].append(node)
        else:
            runs.append([node])
    return [run for run in runs if isinstance(run, Element) or _text(run)]


class _SpecReader:
    def __init__(self, document: str, index: Index) -> None:
        self._document = document
        self._index = index
        #: Whether the section has a number. Others (status, references, the index of terms) are not indexed.
        self._is_numbered = False
        self._is_informative = False
        self._section: Entry = Entry("", document, "", "section")
        #: The entry that a list of steps belongs to: of the term defined last in this section, else the section's.
        self._owner = self._section
        self._introduction = ""
        #: The number of characters indexed so far, which shows that none is left out.
        self._length = 0

    def read(self, nodes: Iterable[Node]) -> None:
        for run in _runs(nodes):
            if isinstance(run, Element) and run.tag in _HEADINGS:
                self._start_section(run)
            elif isinstance(run, Element) and run.tag in _CONTAINERS and not _is_informative(run):
                self.read(run.children)
            elif self._is_numbered:
                before = self._length
                self._block(run, self._section, is_section=True)
                text = _text([run] if isinstance(run, Element) else run)
                if self._length - before != len("".join(text.split())):
                    raise ValueError(f"section {self._section.section}: not all of this was indexed: {text[:60]!r}…")

    def _start_section(self, heading: Element) -> None:
        number = heading.attributes.get("data-level", "")
        self._is_numbered = bool(number)
        self._is_informative = False
        definitions = _definitions([heading])
        if definitions:
            self._section = self._entry_of(definitions, number)
        else:
            self._section = Entry(heading.id or number, self._document, number, "section")
            if number:
                self._index.add(self._section)
        self._owner = self._section
        self._introduction = ""

    def _entry_of(self, definitions: list[Element], number: str) -> Entry:
        first = definitions[0]
        entry = Entry(
            first.id or "",
            self._document,
            number,
            first.attributes.get("data-dfn-type", "dfn"),
            first.attributes.get("data-dfn-for", ""),
            re.sub(r"\(.*", "", first.text()),
            [definition.id or "" for definition in definitions[1:]],
        )
        return self._index.add(entry)

    def _add(
        self, entry: Entry, kind: Kind, text: str, part: str = "", step: str = "", keywords: Iterable[str] = ()
    ) -> None:
        if not text:
            return
        self._length += len("".join(text.split()))
        if self._is_informative and kind != "idl":
            kind = "note"
        found = () if kind == "note" else tuple(keywords)
        self._index.add(entry).items.append(Item(part, step, kind, hash_of(text), found))

    def _block(self, run: Element | list[Node], entry: Entry, *, is_section: bool) -> None:
        """A block outside of steps, that belongs to ``entry`` unless it defines a term itself."""
        nodes = [run] if isinstance(run, Element) else run
        text = _text(nodes)
        tag = run.tag if isinstance(run, Element) else ""
        if _NON_NORMATIVE in text and is_section:
            self._is_informative = True
        if isinstance(run, Element) and _is_informative(run):
            self._add(entry, "note", text)
        elif isinstance(run, Element) and tag == "pre":
            self._add(entry, "idl" if "idl" in run.classes else "note", text)
            entry.also += [definition.id or "" for definition in _definitions([run])]
        elif isinstance(run, Element) and tag == "ol":
            self._steps(run, self._owner if is_section else entry)
        elif isinstance(run, Element) and tag == "dl":
            self._definition_list(run, entry)
        elif isinstance(run, Element) and tag == "ul":
            for child in run.elements:
                self._block(list(child.children), entry, is_section=False)
        elif isinstance(run, Element) and tag in _CONTAINERS:
            for inner in _runs(run.children):
                self._block(inner, entry, is_section=is_section)
        else:
            definitions = _definitions(nodes)
            if definitions and (is_section or run is not nodes[0]):
                entry = self._entry_of(definitions, self._section.section)
                if is_section:
                    self._owner = entry
            self._introduction = text
            self._add(entry, "definition", text, keywords=_keywords(nodes))

    def _definition_list(self, element: Element, entry: Entry) -> None:
        current, part, term = entry, "", ""
        for child in element.elements:
            if child.tag == "dt":
                term = _text(child.children)
                definitions = _definitions([child])
                steps_of_platform_object = _PLATFORM_OBJECT_STEPS.match(term)
                current, part = entry, ""
                if definitions:
                    current = self._entry_of(definitions, self._section.section)
                elif steps_of_platform_object:
                    part = steps_of_platform_object[2]
                self._add(current, "definition", term, part)
            elif child.tag == "dd":
                self._introduction = ""
                for run in _runs(child.children):
                    if isinstance(run, Element) and run.tag == "ol":
                        self._steps(run, current, part)
                    else:
                        self._block(run, current, is_section=False)

    def _steps(self, element: Element, entry: Entry, part: str = "") -> None:
        """A list of steps. Those of a control message are a part; of a second one, a part that its purpose names."""
        message = _CONTROL_MESSAGE.match(self._introduction)
        if not part and message:
            part = "message"
            if entry.steps(part) and message[1]:
                part = "-".join(re.findall("[a-z]+", message[1].lower()))
        if entry.steps(part):
            raise ValueError(f"{entry.reference}: a second list of steps, introduced by {self._introduction!r}")
        self._list(element, entry, part, "")

    def _list(self, element: Element, entry: Entry, part: str, prefix: str) -> None:
        number = int(element.attributes.get("start", "1"))
        for child in element.elements:
            if child.tag != "li":
                continue
            number = int(child.attributes.get("value", number))
            self._step(child, entry, part, f"{prefix}{number}")
            number += 1

    def _step(self, element: Element, entry: Entry, part: str, step: str) -> None:
        def is_apart(inner: Element) -> bool:
            return inner.tag == "ol" or _is_informative(inner) or _is_ignored(inner)

        keywords = [
            inner.text()
            for inner in element.descendants()
            if _is_keyword(inner) and _innermost_step(inner) is element and not _is_in_note(inner, element)
        ]
        self._add(entry, "normative", element.text(is_apart), part, step, keywords)
        lists = 0
        for inner in element.descendants():
            if inner is element or _innermost_step(inner) is not element:
                continue
            if inner.tag == "ol":
                case = _case(inner, element)
                if case:
                    self._list(inner, entry, case, "")
                    continue
                lists += 1
                if lists > 1:
                    raise ValueError(f"{entry.reference}#{step}: two lists of steps in a step")
                self._list(inner, entry, part, f"{step}.")
            elif _is_informative(inner):
                self._add(entry, "note", inner.text(_is_ignored), part, step)


class _SentenceReader(_SpecReader):
    """Reads the sentences of steps as well."""

    def __init__(self, document: str, index: Index) -> None:
        super().__init__(document, index)
        self.sentences: dict[tuple[str, str, str], str] = {}

    def _add(
        self, entry: Entry, kind: Kind, text: str, part: str = "", step: str = "", keywords: Iterable[str] = ()
    ) -> None:
        super()._add(entry, kind, text, part, step, keywords)
        if kind == "normative":
            self.sentences[entry.reference, part, step] = " ".join(text.split())


def _is_keyword(element: Element) -> bool:
    """Whether the element marks up a keyword of RFC 2119."""
    return element.tag == "em" and "rfc2119" in element.classes


def _is_in_note(element: Element, outer: Element) -> bool:
    """Whether the element is in a note within ``outer``."""
    for ancestor in element.ancestors():
        if ancestor is outer:
            return False
        if _is_informative(ancestor):
            return True
    return False


def _keywords(nodes: Iterable[Node]) -> Iterator[str]:
    """The keywords of RFC 2119 in a block."""
    for node in nodes:
        if isinstance(node, Element):
            found = [node, *node.descendants()]
            yield from (inner.text() for inner in dict.fromkeys(found) if _is_keyword(inner))


def _innermost_step(element: Element) -> Element | None:
    """The list item of the step that the element is in, unless it is in a note."""
    for outer in element.ancestors():
        if _is_informative(outer):
            return None
        if outer.tag == "li" and outer.parent is not None and outer.parent.tag == "ol":
            return outer
    return None


def _case(steps: Element, step: Element) -> str:
    """The name of a list of steps that is one of several in ``step``: by the terms above it, or the cases it is for."""
    holder = steps.parent
    if holder is None or holder is step or holder.parent is None:
        return ""
    names: list[str] = []
    siblings = holder.parent.elements
    for sibling in reversed(siblings[: siblings.index(holder) + (holder.tag == "li")]):
        is_of_another_case = any(inner.tag == "ol" for inner in sibling.descendants()) and sibling is not holder
        if is_of_another_case or (holder.tag == "dd" and sibling.tag != "dt"):
            break
        name = sibling.text(lambda inner: inner.tag == "ol").partition(",")[0]
        names.insert(0, "-".join(name.lower().split()))
    return "-".join(names)
