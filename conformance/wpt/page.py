"""Reads the page of a test: its scripts in their order, and its canvas elements. The rest of a page needs a browser."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin

#: The types of classic scripts. A script of another type is data.
_SCRIPT_TYPES: Final = ("", "text/javascript", "application/javascript")


@dataclass(frozen=True)
class ScriptFile:
    """``<script src>``, by the path of its URL."""

    path: str


@dataclass(frozen=True)
class InlineScript:
    """``<script>`` with the script in it."""

    source: str


@dataclass
class Page:
    """The classic scripts of a page, and the attributes of its canvas elements, both in the order of the page."""

    scripts: list[ScriptFile | InlineScript] = field(default_factory=list)
    canvases: list[Mapping[str, str]] = field(default_factory=list)


class _Parser(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.page: Final = Page()
        self._path = path
        self._inline: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "canvas":
            self.page.canvases.append(attributes)
        elif tag == "script" and attributes.get("type", "") in _SCRIPT_TYPES:
            if "src" in attributes:
                self.page.scripts.append(ScriptFile(urljoin(self._path, attributes["src"])))
            else:
                self._inline = []

    def handle_data(self, data: str) -> None:
        if self._inline is not None:
            self._inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._inline is not None:
            self.page.scripts.append(InlineScript("".join(self._inline)))
            self._inline = None


def parse_page(text: str, path: str) -> Page:
    """The page with the markup ``text``; ``path`` is that of its URL."""
    parser = _Parser(path)
    parser.feed(text)
    parser.close()
    return parser.page
