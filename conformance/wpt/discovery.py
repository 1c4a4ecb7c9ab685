"""Finds the tests of a checkout and reads their declarations: META lines, headers, variants.

See https://web-platform-tests.org/writing-tests/testharness.html, "Multi-global tests" and after.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

#: Seconds that a test may take, and seconds for a test that says ``timeout=long``.
TIMEOUT: Final = 10.0
LONG_TIMEOUT: Final = 60.0

_META: Final = re.compile(r"//\s*META:\s*(\w+)=(.*)$")
_SUFFIXES: Final = (".any.js", ".worker.js")
_META_TAG: Final = re.compile(r"<meta\s+name=[\"']?(timeout|variant)[\"']?\s+content=[\"']?([^\"'>]*)")
#: The paths of files that are requested under another name.
_ALIASES: Final = {"/resources/WebIDLParser.js": "/resources/webidl2/lib/webidl2.js"}


class CheckoutError(Exception):
    """The directory is not a usable checkout of web-platform-tests."""


@dataclass(frozen=True)
class Test:
    """A test file under one variant. Each runs in a realm of its own.

    ``path`` is the path of the file in the checkout ("webcodecs/x.any.js"). ``scripts`` are the URL paths of the
    scripts that are loaded before it. ``kind`` is "worker", or "window" if the file is for windows only.
    """

    path: str
    variant: str
    title: str | None
    scripts: tuple[str, ...]
    timeout: float
    kind: str
    secure: bool
    isolated: bool

    @property
    def id(self) -> str:
        """The name of the test in results: the URL that a browser would load."""
        if self.path.endswith(".html"):
            return f"/{self.path}{self.variant}"
        stem = self.path.removesuffix(".js")
        if not stem.endswith(".worker"):
            stem += ".worker" if self.kind == "worker" else ""
        return f"/{stem}.html{self.variant}"

    @property
    def needs_document(self) -> bool:
        """Whether the test is a page, or a script for windows."""
        return self.path.endswith((".html", ".window.js"))

    @property
    def url(self) -> str:
        """The URL of the global."""
        host = "https://web-platform.test:8443" if self.secure else "http://web-platform.test:8000"
        if self.needs_document:
            return f"{host}{self.id}"
        suffix = ".worker.js" if self.path.endswith(".any.js") else ".js"
        return f"{host}/{self.path.removesuffix('.js')}{suffix}{self.variant}"


@dataclass
class _Meta:
    scripts: list[str] = field(default_factory=list)
    variants: list[str] = field(default_factory=list)
    globals: set[str] = field(default_factory=lambda: {"window", "dedicatedworker"})
    timeout: float = TIMEOUT
    title: str | None = None


def find_tests(checkout: Path, folder: str = "webcodecs") -> list[Test]:
    """The tests that need no document, in the order of their paths; variants in the order of the file.

    Raises CheckoutError.
    """
    for needed in (checkout / "resources" / "testharness.js", checkout / folder):
        if not needed.exists():
            raise CheckoutError(f"{checkout} is no checkout of web-platform-tests: {needed} is missing")
    files = sorted(path for path in (checkout / folder).rglob("*.js") if path.name.endswith(_SUFFIXES))
    return [test for file in files for test in _tests_of(checkout, file)]


def find_document_tests(checkout: Path, folder: str = "webcodecs") -> list[Test]:
    """The tests that need a document: pages, and scripts for windows. A page without the harness is no test."""
    scripts = sorted((checkout / folder).rglob("*.window.js"))
    pages = [path for path in sorted((checkout / folder).rglob("*.html")) if ".helper." not in path.name]
    found = [test for file in scripts for test in _tests_of(checkout, file)]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        if "/resources/testharness.js" in text:
            found += _tests_of_page(page.relative_to(checkout).as_posix(), text, _is_isolated(page))
    return found


def revision_of(checkout: Path) -> str:
    """The commit of the checkout if git knows one, else ``unknown``."""
    try:
        told = subprocess.run(
            ["git", "-C", str(checkout), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told.stdout.strip()


def file_of(checkout: Path, url_path: str) -> Path:
    """The file that the server gives for the path of a URL. It may not exist.

    It is inside ``checkout``, where symbolic links may lead out of it. Raises CheckoutError.
    """
    # Paths are compared, and not what links lead to.
    file = Path(os.path.normpath(checkout / _ALIASES.get(url_path, url_path).lstrip("/")))
    if not file.is_relative_to(os.path.normpath(checkout)):
        raise CheckoutError(f"{url_path} is outside of the checkout")
    return file


def _tests_of(checkout: Path, file: Path) -> Iterator[Test]:
    meta = _read_meta(file.read_text(encoding="utf-8").splitlines())
    path = file.relative_to(checkout).as_posix()
    flags = file.name.split(".")[1:-1]
    is_for_workers = "window" not in flags and bool(meta.globals & {"worker", "dedicatedworker"} or "worker" in flags)
    for variant in meta.variants or [""]:
        yield Test(
            path=path,
            variant=variant,
            title=meta.title,
            scripts=tuple(_absolute(script, path) for script in meta.scripts),
            timeout=meta.timeout,
            kind="worker" if is_for_workers else "window",
            secure=bool({"https", "serviceworker"} & set(flags)),
            isolated=_is_isolated(file),
        )


def _tests_of_page(path: str, text: str, is_isolated: bool) -> Iterator[Test]:
    tags = _META_TAG.findall(text)
    timeout = LONG_TIMEOUT if ("timeout", "long") in tags else TIMEOUT
    for variant in [content for name, content in tags if name == "variant"] or [""]:
        yield Test(path, variant, None, (), timeout, "window", ".https." in path, is_isolated)


def _read_meta(lines: Sequence[str]) -> _Meta:
    meta = _Meta()
    for line in lines:
        match = _META.match(line)
        if match is None:
            break
        name, value = match[1], match[2].strip()
        if name == "script":
            meta.scripts.append(value)
        elif name == "variant":
            meta.variants.append(value)
        elif name == "global":
            meta.globals = {item.strip() for item in value.split(",")}
        elif name == "timeout" and value == "long":
            meta.timeout = LONG_TIMEOUT
        elif name == "title":
            meta.title = value
    return meta


def _absolute(script: str, path: str) -> str:
    if script.startswith("/"):
        return script
    folder = path.rpartition("/")[0]
    return f"/{folder}/{script.removeprefix('./')}"


def _is_isolated(file: Path) -> bool:
    headers = _headers(file)
    return (
        headers.get("cross-origin-embedder-policy") in ("require-corp", "credentialless")
        and headers.get("cross-origin-opener-policy") == "same-origin"
    )


def _headers(file: Path) -> dict[str, str]:
    headers: dict[str, str] = {}
    for source in (file.parent / "__dir__.headers", file.with_name(f"{file.name}.headers")):
        if source.exists():
            for line in source.read_text(encoding="utf-8").splitlines():
                name, colon, value = line.partition(":")
                if colon:
                    headers[name.strip().lower()] = value.strip()
    return headers
