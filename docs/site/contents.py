"""Makes the tree of pages from the lists of links in index.md, so that every page is plain Markdown for all readers."""

import re
from collections.abc import Callable
from typing import Protocol

_SECTION = re.compile(r"^## (.+?)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_PAGE = re.compile(r"^- \[[^\]]*\]\(([\w/-]+)\.md\)", re.MULTILINE)


class _Application(Protocol):
    """The part of Sphinx that this extension uses."""

    def connect(self, event: str, callback: Callable[[object, str, list[str]], None]) -> int: ...


def trees(text: str) -> str:
    """A hidden toctree for each section of ``text`` that has a list of links to pages."""
    blocks = []
    for caption, content in _SECTION.findall(text):
        pages = _PAGE.findall(content)
        if pages:
            blocks.append("\n".join(("```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", "")))
    return "\n".join(blocks)


def with_downloads(text: str) -> str:
    """``text`` with links to Markdown files outside of this folder as downloads: they are no pages of the site."""
    return re.sub(r"\]\((\.\./[\w/.-]+\.md)\)", r"](path:\1)", text)


def _change(app: object, page: str, source: list[str]) -> None:
    source[0] = with_downloads(source[0]) if "/" not in page else source[0]
    if page == "index":
        source[0] += "\n" + trees(source[0])


def setup(app: _Application) -> dict[str, bool]:
    app.connect("source-read", _change)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
