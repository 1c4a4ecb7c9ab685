"""The server of a run: files of the checkout, pages of tests, and the results that pages send."""

import json
import mimetypes
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote

from conformance.wpt.browser import pages
from conformance.wpt.discovery import CheckoutError, Test, file_of

_HTML: Final = "text/html; charset=utf-8"
_JAVASCRIPT: Final = "text/javascript; charset=utf-8"
_RESULT: Final = "/~result"
#: The path of the page for a browser that has nothing left to do.
IDLE_PATH: Final = "/~idle"


class Report(NamedTuple):
    """The report that a page sends at the end of its test. The numbers are those of testharness.js."""

    status: int
    message: str | None
    stack: str | None
    subtests: list[tuple[str, int, str | None, str | None]]


#: Takes the path of a test and its report; gives the path of the page to go on with.
TakeReport = Callable[[str, Report], str]


class _Answer(NamedTuple):
    body: bytes
    type: str
    status: int = 200
    isolated: bool = False


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore requests that a browser leaves behind when it is ended."""


class TestServer:
    """A server on the loopback interface, on a free port. To be closed."""

    def __init__(
        self, checkout: Path, tests: Sequence[Test], timeout_multiplier: float, take_report: TakeReport
    ) -> None:
        self._checkout = checkout
        self._tests = {test.id: test for test in tests}
        self._workers = {path: test for test in tests if (path := pages.worker_path(test)) is not None}
        self._timeout_multiplier = timeout_multiplier
        self._take_report = take_report
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, name="wpt server", daemon=True)
        self._thread.start()

    def url(self, path: str) -> str:
        """The URL of a path. localhost is a secure context without a certificate."""
        return f"http://localhost:{self._server.server_port}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def limit(self, test: Test) -> float:
        """Seconds after which the page of a test reports everything that it has found out."""
        return test.timeout * self._timeout_multiplier + pages.GRACE

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._send(server._get(self.path, self.headers.get("Referer", "")))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self._send(server._post(self.path, body))

            def log_message(self, format: str, *arguments: object) -> None:
                """Log nothing."""

            def _send(self, answer: _Answer) -> None:
                self.send_response(answer.status)
                headers = {
                    "Content-Type": answer.type,
                    "Content-Length": str(len(answer.body)),
                    "Cache-Control": "no-store",
                    "Cross-Origin-Resource-Policy": "cross-origin",
                }
                if answer.isolated:
                    headers["Cross-Origin-Opener-Policy"] = "same-origin"
                    headers["Cross-Origin-Embedder-Policy"] = "require-corp"
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

        return Handler

    def _get(self, target: str, referrer: str) -> _Answer:
        path = target.partition("?")[0]
        if path == IDLE_PATH:
            return _Answer(b"<!doctype html>", _HTML)
        test = self._tests.get(target)
        if test is not None and not test.path.endswith(".html"):
            return _Answer(pages.page_of(test).encode(), _HTML, isolated=test.isolated)
        if path in self._workers:
            test = self._workers[path]
            return _Answer(pages.worker_script_of(test).encode(), _JAVASCRIPT, isolated=test.isolated)
        if path == "/resources/testharnessreport.js":
            return self._report_script(referrer)
        return self._file(path, test is not None and test.isolated)

    def _report_script(self, referrer: str) -> _Answer:
        """The script that reports. The page that requests it tells, as the referrer, which test it is."""
        test = next((test for id, test in self._tests.items() if referrer.endswith(id)), None)
        if test is None:
            return _Answer(b"", _JAVASCRIPT)
        return _Answer(pages.report_script(self.limit(test), self._timeout_multiplier).encode(), _JAVASCRIPT)

    def _file(self, path: str, is_isolated: bool) -> _Answer:
        try:
            file = file_of(self._checkout, unquote(path))
            content = file.read_bytes()
        except (OSError, CheckoutError):
            return _Answer(b"", "text/plain", status=404)
        if ".sub." in file.name:
            content = pages.substituted(content.decode("utf-8"), self._server.server_port).encode()
        type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if type in ("text/javascript", "application/javascript"):
            type = _JAVASCRIPT
        return _Answer(content, _HTML if type == "text/html" else type, isolated=is_isolated)

    def _post(self, target: str, body: bytes) -> _Answer:
        path, _, query = target.partition("?")
        if path != _RESULT:
            return _Answer(b"", "text/plain", status=404)
        sent = json.loads(body)
        report = Report(sent["status"], sent["message"], sent["stack"], [tuple(row) for row in sent["subtests"]])
        return _Answer(self._take_report(unquote(query), report).encode(), "text/plain")
