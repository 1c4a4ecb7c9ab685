"""Puts HTML pages that tools have made, in folders beside the Markdown, on the site, and links to them as they are."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

#: A link to a page that a tool has made. Its text may be an image.
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([\w/-]+\.html(?:#[\w=-]+)?)\)")


class _Application(Protocol):
    """The part of Sphinx that this extension uses."""

    outdir: Path
    srcdir: Path

    def connect(self, event: str, callback: Callable[..., None]) -> int: ...


def with_links_to_made_pages(text: str) -> str:
    """``text`` with links to such pages as HTML: Sphinx would offer the pages for download."""
    return _LINK.sub(r'<a href="\2">\1</a>', text)


def copy_made_pages(source: Path, target: Path) -> None:
    """Copy all HTML pages below ``source`` to their places below ``target``."""
    for page in source.rglob("*.html"):
        place = target / page.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, place)


def _change(app: object, page: str, source: list[str]) -> None:
    source[0] = with_links_to_made_pages(source[0])


def _copy(app: _Application, error: Exception | None) -> None:
    if error is None:
        copy_made_pages(Path(app.srcdir), Path(app.outdir))


def setup(app: _Application) -> dict[str, bool]:
    app.connect("source-read", _change)
    app.connect("build-finished", _copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
