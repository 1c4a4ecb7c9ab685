"""Runs programs of plain JavaScript: a browser's page runs each in a worker of its own, Node in a process."""

import json
import os
import subprocess
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from conformance.targets.browsers import Browser, RunningBrowser
from conformance.targets.node import in_working_directory
from conformance.targets.plain.listing import Fact, Listing

_FOLDER: Final = Path(__file__).parent
#: Seconds that a program may take, and after which a browser that says nothing is lost.
_PROGRAM_SECONDS: Final = 20.0
_PATIENCE: Final = 30.0
_LOOK_SECONDS: Final = 0.5
#: How often a program is run whose facts are others: some depend on moments.
_ATTEMPTS: Final = 3
_PAGE: Final = b"<!doctype html><title>codecmodel</title><script src='/page.js'></script>"
_EXPORT: Final = "\nexport { facts };\n"


class ProgramError(Exception):
    """A program gave no facts. The message says why."""


class LostError(ProgramError):
    """A program has ended the implementation."""


class Runner(ABC):
    """Runs programs. To be closed."""

    @abstractmethod
    def run(self, text: str) -> Sequence[Fact]:
        """The facts that a program logs. Raises ProgramError."""

    @abstractmethod
    def close(self) -> None:
        """End what runs the programs."""

    def confirmation(self, listing: Listing) -> str:
        """Whether the program gives the facts of its listing: "confirmed", or the first that is another one."""
        difference: str | None = None
        is_reordered = False
        for _ in range(_ATTEMPTS):
            try:
                found = self.run(listing.text)
            except LostError as error:
                if listing.is_last:
                    return "confirmed"
                difference = str(error)
                continue
            except ProgramError as error:
                difference = str(error)
                continue
            difference = _first_difference(listing, found)
            if listing.is_last:
                difference = "the program ends"
            if difference is None:
                return "confirmed"
            is_reordered = is_reordered or (
                not listing.is_last
                and all(_first_difference(part, each) is None for part, each in _by_name(listing, found))
            )
        return "confirmed, in another order" if is_reordered else f"not confirmed: {difference}"


def _first_difference(listing: Listing, found: Sequence[Fact]) -> str | None:
    expected = listing.facts
    for fact, other in zip(expected, found, strict=False):
        if fact != other:
            return f"{_told(other)}, not {_told(fact)}"
    if len(found) < len(expected):
        return f"{_told(expected[len(found)])} is missing"
    if listing.is_whole and len(found) > len(expected):
        return f"{_told(found[len(expected)])} is new"
    return None


def _by_name(listing: Listing, found: Sequence[Fact]) -> Iterator[tuple[Listing, Sequence[Fact]]]:
    """The facts of each name by themselves: codecs that run side by side finish in any order."""
    for name in dict.fromkeys(name for name, _ in [*listing.facts, *(found if listing.is_whole else ())]):
        told = [fact for fact in listing.facts if fact[0] == name]
        yield replace(listing, facts=told), [fact for fact in found if fact[0] == name]


def _told(fact: Fact) -> str:
    return f"{fact[0]}: {json.dumps(fact[1], ensure_ascii=False)}"


def _facts_of(body: bytes) -> Sequence[Fact]:
    answer = json.loads(body)
    if "error" in answer:
        raise ProgramError(f"the program fails with {answer['error']}")
    return [(str(name), value) for name, value in answer["facts"]]


class BrowserRunner(Runner):
    """A page in a browser, which is started with the first program, and anew when it is lost."""

    def __init__(self, browser: Browser) -> None:
        self._browser: Final = browser
        self._running: RunningBrowser | None = None
        self._server = _Server()
        self._thread = threading.Thread(target=self._server.serve_forever, name="plain programs", daemon=True)
        self._thread.start()

    def run(self, text: str) -> Sequence[Fact]:
        if self._running is None:
            self._running = RunningBrowser(self._browser, f"http://localhost:{self._server.server_port}/")
        self._server.programs.put(text + _EXPORT)
        waited = 0.0
        while waited < _PATIENCE and self._running.is_running:
            try:
                return _facts_of(self._server.answers.get(timeout=_LOOK_SECONDS))
            except Empty:
                waited += _LOOK_SECONDS
        self._running.close()
        self._running = None
        raise LostError("the page has crashed, or does not react")

    def close(self) -> None:
        if self._running is not None:
            self._running.close()
        self._server.shutdown()
        self._server.server_close()
        self._server.programs.put("")
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.programs: Final[SimpleQueue[str]] = SimpleQueue()
        self.answers: Final[SimpleQueue[bytes]] = SimpleQueue()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore requests that a browser leaves behind when it is ended."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        if self.path == "/":
            self._answer(_PAGE, "text/html")
        elif self.path == "/page.js":
            script = (_FOLDER / "page.js").read_text(encoding="utf-8")
            self._answer(f"const LIMIT = {_PROGRAM_SECONDS * 1000};\n{script}".encode(), "text/javascript")
        elif self.path == "/program":
            self._answer(self.server.programs.get().encode(), "text/javascript")
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        self.server.answers.put(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(b"", "text/plain")

    def _answer(self, body: bytes, type: str) -> None:
        self.send_response(200)
        for name, value in (
            ("Content-Type", type),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Embedder-Policy", "require-corp"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


class NodeRunner(Runner):
    """The exports of a module of npm as globals, in Node."""

    def __init__(self, node: Path, module: str) -> None:
        self._node: Final = node
        self._module: Final = module

    def run(self, text: str) -> Sequence[Fact]:
        with tempfile.TemporaryDirectory(prefix="codecmodel-program-") as folder:
            program, answer = Path(folder) / "program.mjs", Path(folder) / "answer.json"
            program.write_text(text + _EXPORT, encoding="utf-8")
            try:
                subprocess.run(
                    in_working_directory(self._node, _FOLDER / "node.js"),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=_PROGRAM_SECONDS,
                    check=False,
                    env=os.environ | {"CODECMODEL_PLAIN": json.dumps([self._module, program.as_uri(), str(answer)])},
                )
            except subprocess.TimeoutExpired:
                raise ProgramError("the program does not end") from None
            if not answer.exists():
                raise LostError("Node ended")
            return _facts_of(answer.read_bytes())

    def close(self) -> None:
        """Nothing runs between programs."""
