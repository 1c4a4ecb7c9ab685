"""The jobs of the clients in Chromium: the same programs and packages, from a server on the loopback interface."""

import json
import mimetypes
import re
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Final, cast

from conformance.targets.browsers import Browser, RunningBrowser
from tests.clients.workspace import Job, Json, Result, Workspace, results_of

#: Seconds that a job may take on a machine that is busy.
_JOB_SECONDS: Final = 120
#: The modules of the packages, which a worker finds by no other name than their path.
_MODULES: Final[Mapping[str, str]] = {
    "mediabunny": "mediabunny/dist/bundles/mediabunny.mjs",
    "mp4-muxer": "mp4-muxer/build/mp4-muxer.mjs",
    "webm-muxer": "webm-muxer/build/webm-muxer.mjs",
    "@remotion/webcodecs": "@remotion/webcodecs/dist/esm/index.mjs",
    "@remotion/media-parser": "@remotion/media-parser/dist/esm/index.mjs",
    "@remotion/media-parser/worker": "@remotion/media-parser/dist/esm/worker.mjs",
}
_IMPORT: Final = re.compile(r"""(\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'.][^"']*)\2""")
_RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)")


def run_in_chromium(browser: Browser, workspace: Workspace, jobs: Sequence[Job]) -> list[Result]:
    """Have the clients do jobs in Chromium."""
    folder = workspace.new_folder()
    lines: Queue[Mapping[str, Json] | str] = Queue()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(workspace.folder, folder, jobs, lines))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="clients", daemon=True)
    thread.start()
    try:
        with RunningBrowser(browser, f"http://localhost:{server.server_port}/page.html"):
            received = [lines.get(timeout=_JOB_SECONDS) for _ in jobs]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    failures = [line for line in received if isinstance(line, str)]
    assert not failures, failures
    return results_of(cast("list[Mapping[str, Json]]", received), folder)


def _handler(
    root: Path, folder: Path, jobs: Sequence[Job], lines: "Queue[Mapping[str, Json] | str]"
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/jobs":
                self._send(200, json.dumps(jobs).encode(), "application/json")
                return
            file = root / self.path.partition("?")[0].lstrip("/")
            if not file.is_file():
                self._send(404, b"", "text/plain")
            elif file.suffix in (".js", ".mjs"):
                self._send(200, _with_paths(file.read_text(encoding="utf-8")).encode(), "text/javascript")
            else:
                self._send_part(file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind, _, number = self.path.lstrip("/").partition("/")
            if kind == "file":
                (folder / number).write_bytes(body)
            else:
                lines.put(json.loads(body) if kind == "result" else body.decode())
            self._send(200, b"", "text/plain")

        def log_message(self, format: str, *arguments: object) -> None:
            """Log nothing."""

        def _send_part(self, content: bytes, type: str) -> None:
            asked = _RANGE.fullmatch(self.headers.get("Range", ""))
            if asked is None:
                self._send(200, content, type, {"Accept-Ranges": "bytes"})
                return
            start = int(asked[1])
            end = min(int(asked[2] or len(content) - 1), len(content) - 1)
            range = {"Content-Range": f"bytes {start}-{end}/{len(content)}"}
            self._send(206, content[start : end + 1], type, range)

        def _send(self, status: int, body: bytes, type: str, headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": type, "Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _with_paths(source: str) -> str:
    """A module that imports packages by their paths."""

    def replaced(match: re.Match[str]) -> str:
        path = _MODULES.get(match[3])
        return match[0] if path is None else f"{match[1]}{match[2]}/node_modules/{path}{match[2]}"

    return _IMPORT.sub(replaced, source)
