"""Runs programs in a browser: a page of a loopback server runs them in a dedicated worker, and posts the logs."""

import json
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final

from conformance.litmus.log import Log, log_of
from conformance.litmus.programs import Program
from conformance.litmus.setup import Setup, setup_of
from conformance.litmus.subjects import Interface
from conformance.targets.browsers import Browser, RunningBrowser

#: Programs that the browser is given at a time.
_BATCH: Final = 200
#: Seconds after which a browser that gives no answer is given up.
_SILENCE_SECONDS: Final = 120.0
_LOOK_SECONDS: Final = 0.5
_PAGE: Final = b"<!doctype html><script>new Worker('/worker.js')</script>"


class TargetFailedError(Exception):
    """The implementation crashed, gave no answer, or ran into an error outside the programs. The message says which."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore requests that a browser leaves behind when it is ended."""


def run_in_browser(
    browser: Browser,
    interface: Interface,
    programs: Sequence[Program],
    *,
    lanes: int = 16,
    patience: float = 1.0,
    quiet: float = 0.025,
) -> list[Log]:
    """The logs of programs, ``lanes`` at a time; see run_on_asyncio(). Raises TargetFailedError."""
    setup = setup_of(interface, lanes=lanes, patience=patience, quiet=quiet)
    batches = [programs[first : first + _BATCH] for first in range(0, len(programs), _BATCH)]
    answers: SimpleQueue[list[Log] | str] = SimpleQueue()
    server = _Server(("127.0.0.1", 0), _handler(setup, batches, answers))
    threading.Thread(target=server.serve_forever, name="litmus server", daemon=True).start()
    try:
        # localhost is a secure context without a certificate.
        with RunningBrowser(browser, f"http://localhost:{server.server_port}/") as running:
            logs: list[Log] = []
            for _ in batches:
                logs += _next_answer(running, answers)
            return logs
    finally:
        server.shutdown()
        server.server_close()


def _next_answer(running: RunningBrowser, answers: "SimpleQueue[list[Log] | str]") -> list[Log]:
    deadline = monotonic() + _SILENCE_SECONDS
    while True:
        try:
            answer = answers.get(timeout=_LOOK_SECONDS)
        except Empty:
            if not running.is_running:
                raise TargetFailedError("the browser has crashed") from None
            if monotonic() > deadline:
                raise TargetFailedError(f"the browser has not answered for {_SILENCE_SECONDS:.0f} seconds") from None
            continue
        if isinstance(answer, str):
            raise TargetFailedError(answer)
        return answer


def _handler(
    setup: Setup, batches: Sequence[Sequence[Program]], answers: "SimpleQueue[list[Log] | str]"
) -> type[BaseHTTPRequestHandler]:
    to_come = iter(batches)
    scripts = {
        f"/{name}": files("conformance.litmus").joinpath("javascript", name).read_bytes()
        for name in ("programs.js", "worker.js")
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/":
                self._send(_PAGE, "text/html; charset=utf-8")
            elif self.path in scripts:
                self._send(scripts[self.path], "text/javascript; charset=utf-8")
            elif self.path == "/setup":
                self._send(json.dumps(setup).encode())
            elif self.path == "/programs":
                self._send(json.dumps([program.as_json() for program in next(to_come, ())]).encode())
            else:
                self._send(b"", status=404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if self.path == "/logs":
                answers.put([log_of(log) for log in json.loads(body)])
            else:
                answers.put(body.decode(errors="replace"))
            self._send(b"{}")

        def log_message(self, format: str, *arguments: object) -> None:
            """Log nothing."""

        def _send(self, body: bytes, type: str = "application/json", status: int = 200) -> None:
            self.send_response(status)
            for name, value in (
                ("Content-Type", type),
                ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler
