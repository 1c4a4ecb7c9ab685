"""The HTML of published specs as a tree of elements. End tags that HTML allows to be left out are implied."""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Final, TypeAlias

_VOID: Final = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: Start tags that end an open paragraph.
_END_PARAGRAPH: Final = _HEADINGS | {
    "article", "aside", "blockquote", "details", "div", "dl", "figure", "footer", "form", "header", "hr", "main", "nav",
    "ol", "p", "pre", "section", "table", "ul",
}  # fmt: skip
#: Start tag → the elements it ends, and those that it doesn't reach beyond.
_SIBLINGS: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    "body": (frozenset({"head"}), frozenset({"html"})),
    "li": (frozenset({"li"}), frozenset({"ol", "ul", "menu"})),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "tr": (frozenset({"tr", "td", "th"}), frozenset({"table"})),
    "td": (frozenset({"td", "th"}), frozenset({"tr", "table"})),
    "th": (frozenset({"td", "th"}), frozenset({"tr", "table"})),
    "tbody": (frozenset({"thead", "tbody", "tr", "td", "th"}), frozenset({"table"})),
    "tfoot": (frozenset({"thead", "tbody", "tr", "td", "th"}), frozenset({"table"})),
}
#: Elements beyond which the end of a paragraph is not looked for.
_PARAGRAPH_SCOPE: Final = frozenset({"table", "td", "th", "li", "dd", "dt", "div", "section", "body", "html"})

Node: TypeAlias = "Element | str"


class Element:
    """An element, its attributes (None is an empty string) and its content."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: "Element | None") -> None:
        self.tag: Final = tag
        self.attributes: Final = attributes
        self.parent: Final = parent
        self.children: Final[list[Node]] = []

    @property
    def id(self) -> str | None:
        return self.attributes.get("id")

    @property
    def classes(self) -> frozenset[str]:
        return frozenset(self.attributes.get("class", "").split())

    @property
    def elements(self) -> list["Element"]:
        return [child for child in self.children if isinstance(child, Element)]

    def descendants(self) -> Iterator["Element"]:
        """This element and all within it, in document order."""
        yield self
        for child in self.elements:
            yield from child.descendants()

    def ancestors(self) -> Iterator["Element"]:
        """The elements that contain this one, the nearest first."""
        element = self.parent
        while element is not None:
            yield element
            element = element.parent

    def text(self, leave_out: Callable[["Element"], bool] = lambda element: False) -> str:
        """The text, with white space normalised."""
        return " ".join("".join(self._texts(leave_out)).split())

    def _texts(self, leave_out: Callable[["Element"], bool]) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif not leave_out(child):
                yield from child._texts(leave_out)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: Final = Element("", {}, None)
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _END_PARAGRAPH:
            self._close("p", _PARAGRAPH_SCOPE)
        if tag in _SIBLINGS:
            ended, boundary = _SIBLINGS[tag]
            for position in range(len(self._open) - 1, 0, -1):
                if self._open[position].tag in boundary:
                    break
                if self._open[position].tag in ended:
                    del self._open[position:]
        element = Element(tag, {name: value or "" for name, value in attrs}, self._open[-1])
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        self._close(tag, frozenset())

    def _close(self, tag: str, boundary: frozenset[str]) -> None:
        for position in range(len(self._open) - 1, 0, -1):
            if self._open[position].tag == tag:
                del self._open[position:]
                return
            if self._open[position].tag in boundary:
                return

    def handle_data(self, data: str) -> None:
        if self._open[-1].tag not in ("script", "style"):
            self._open[-1].children.append(data)


def parse_html(source: str) -> Element:
    """The tree of ``source``; its root has no tag."""
    builder = _Builder()
    builder.feed(source)
    builder.close()
    return builder.root
