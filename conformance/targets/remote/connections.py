"""How messages get to another implementation and back: over HTTP to a browser's worker, over pipes to Node."""

import json
import os
import queue
import subprocess
import threading
from abc import ABC, abstractmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from typing import Final, TypeAlias

from conformance.targets.browsers import Browser, RunningBrowser
from conformance.targets.node import in_working_directory

#: A value of JSON.
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Message: TypeAlias = dict[str, Json]

_FOLDER: Final = Path(__file__).parent
#: A script with a function ``serve(globals, exchange, setInterval)``, whose ``exchange(message)`` sends a message and
#: returns the answer. This one offers all interfaces.
_INTERFACES: Final = _FOLDER / "remote.js"
#: Seconds after which an implementation that says nothing is lost. A clock of its own makes it say something.
PATIENCE: Final = 60.0
_LOOK_SECONDS: Final = 0.5
_WORKER: Final = """
serve(self, (message) => {
  const request = new XMLHttpRequest();
  request.open('POST', '/enter', false);
  request.send(JSON.stringify(message));
  return JSON.parse(request.responseText);
}, setInterval);
"""
#: Seconds between the signs of life of the page, and those without one after which its process has crashed. The worker
#: is another thread of the process: it may be blocked for as long as it likes.
_SIGN_SECONDS: Final = 1.0
_SIGNLESS_SECONDS: Final = 15.0
_PAGE: Final = f"""<!doctype html><title>codecmodel</title><script>
new Worker('/worker.js');
setInterval(() => fetch('/alive').catch(() => {{}}), {_SIGN_SECONDS * 1000});
</script>"""


class TargetLostError(Exception):
    """The other implementation ended, or does not answer."""


class Connection(ABC):
    """A conversation: the other side says something, and waits for what is sent."""

    @abstractmethod
    def receive(self) -> Message:
        """The next message of the other side. Raises TargetLostError."""

    @abstractmethod
    def send(self, message: Message) -> None:
        """The answer to what was received last."""

    @abstractmethod
    def close(self) -> None:
        """End the other side."""


class BrowserConnection(Connection):
    """A dedicated worker in a browser, which makes synchronous requests."""

    def __init__(self, browser: Browser, script: Path = _INTERFACES) -> None:
        self._said: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._server = _Server(("localhost", 0), script, self._said, self._answers)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self._browser = RunningBrowser(browser, f"http://localhost:{self._server.server_port}/")

    def receive(self) -> Message:
        waited = 0.0
        while waited < PATIENCE:
            try:
                message: Message = json.loads(self._said.get(timeout=_LOOK_SECONDS))
            except queue.Empty:
                waited += _LOOK_SECONDS
                if not self._browser.is_running:
                    raise TargetLostError("the browser ended") from None
                if monotonic() - self._server.last_sign > _SIGNLESS_SECONDS:
                    raise TargetLostError("the page has crashed") from None
            else:
                return message
        raise TargetLostError("the browser does not react")

    def send(self, message: Message) -> None:
        self._answers.put(json.dumps(message).encode())

    def close(self) -> None:
        self._browser.close()
        self._server.shutdown()
        self._server.server_close()
        # A thread of the server may wait for an answer to a worker that is gone.
        self._answers.put(b"")
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        script: Path,
        said: "queue.SimpleQueue[bytes]",
        answers: "queue.SimpleQueue[bytes]",
    ) -> None:
        super().__init__(address, _Handler)
        self.script = script
        self.said = said
        self.answers = answers
        #: The time of the last sign of life.
        self.last_sign = monotonic() + PATIENCE


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A small answer must not wait for the acknowledgement of the one before.
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        if self.path == "/worker.js":
            script = self.server.script.read_text(encoding="utf-8")
            self._answer((script + _WORKER).encode(), "text/javascript")
        elif self.path == "/alive":
            self.server.last_sign = monotonic()
            self._answer(b"", "text/plain")
        elif self.path == "/":
            self._answer(_PAGE.encode(), "text/html")
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        self.server.said.put(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(self.server.answers.get(), "application/json")

    def _answer(self, body: bytes, type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(body)))
        # SharedArrayBuffer and exact clocks are for isolated pages.
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are many, and of no interest."""


class NodeConnection(Connection):
    """The exports of a module of npm in Node, which reads from a pipe."""

    def __init__(self, node: Path, module: str, script: Path = _INTERFACES) -> None:
        (to_node, ours_to_write), (ours_to_read, from_node) = os.pipe(), os.pipe()
        self._process = subprocess.Popen(
            in_working_directory(node, _FOLDER / "node.js"),
            pass_fds=(to_node, from_node),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"CODECMODEL_REMOTE": json.dumps([to_node, from_node, module, str(script)])},
        )
        os.close(to_node)
        os.close(from_node)
        self._writer = open(ours_to_write, "wb", buffering=0)  # noqa: SIM115 - closed in close()
        self._reader = open(ours_to_read, "rb")  # noqa: SIM115 - closed in close()
        self._watchdog: threading.Timer | None = None

    def receive(self) -> Message:
        watchdog = threading.Timer(PATIENCE, self._process.kill)
        watchdog.start()
        try:
            line = self._reader.readline()
        finally:
            watchdog.cancel()
        if not line.endswith(b"\n"):
            raise TargetLostError(f"Node ended with status {self._process.wait()}")
        message: Message = json.loads(line)
        return message

    def send(self, message: Message) -> None:
        data = memoryview(json.dumps(message).encode() + b"\n")
        try:
            while data:
                data = data[self._writer.write(data) :]
        except BrokenPipeError:
            # The next receive() says how Node ended.
            return

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._writer.close()
        self._reader.close()
