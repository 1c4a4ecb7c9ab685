"""Chromium as a player: a server on this machine serves files, and a page reports pictures and sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TypedDict, cast

from tests.browser.driver import Driver, chromium

_PAGE = """<!DOCTYPE html><title>player</title><body></body>"""
#: Plays the file at a URL: loads it, seeks, and draws each picture; decodes its sound. Arguments: URL, times, callback.
_SCRIPT = """
const [url, times, done] = arguments;
(async () => {
  const element = document.createElement(times === null ? "audio" : "video");
  element.muted = true;
  element.preload = "auto";
  const event = name => new Promise((resolve, reject) => {
    element.addEventListener(name, resolve, {once: true});
    element.addEventListener("error", () => reject(new Error(element.error.message)), {once: true});
  });
  const loaded = event("loadedmetadata");
  element.src = url;
  document.body.append(element);
  await loaded;
  const seen = {width: element.videoWidth || 0, height: element.videoHeight || 0, duration: element.duration};
  const canvas = document.createElement("canvas");
  canvas.width = seen.width;
  canvas.height = seen.height;
  const context = times === null ? null : canvas.getContext("2d", {willReadFrequently: true});
  seen.pictures = [];
  for (const time of times ?? []) {
    const seeked = event("seeked");
    const shown = new Promise(resolve => element.requestVideoFrameCallback(resolve));
    element.currentTime = time;
    await seeked;
    await shown;
    context.drawImage(element, 0, 0);
    // The mean grey of each quarter: top left, top right, bottom left, bottom right.
    const [w, h] = [seen.width >> 1, seen.height >> 1];
    seen.pictures.push([[0, 0], [w, 0], [0, h], [w, h]].map(([x, y]) => {
      const {data} = context.getImageData(x + (w >> 2), y + (h >> 2), w >> 1, h >> 1);
      let sum = 0;
      for (let index = 0; index < data.length; index += 4) sum += data[index + 1];
      return sum / (data.length / 4);
    }));
  }
  element.remove();
  const bytes = await (await fetch(url)).arrayBuffer();
  try {
    const sound = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(bytes);
    const samples = sound.getChannelData(0);
    seen.sound = {onset: samples.findIndex(sample => Math.abs(sample) > 0.2), length: sound.length};
  } catch (error) {
    seen.sound = null;
  }
  return seen;
})().then(seen => done(seen), error => done({error: String(error)}));
"""


class Sound(TypedDict):
    """Samples at 48 kHz: the place of the first loud one, and how many there are."""

    onset: int
    length: int


class Seen(TypedDict):
    """A file as the browser shows it: its size in pixels, its duration in seconds, and the greys of four quarters."""

    width: int
    height: int
    duration: float
    pictures: list[list[float]]
    sound: Sound | None


class _Handler(SimpleHTTPRequestHandler):
    """Serves a directory. A player asks for parts of its files when it seeks."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self._send(200, _PAGE.encode(), "text/html", {})
            return
        content, wanted = path.read_bytes(), self.headers.get("Range")
        if wanted is None:
            self._send(200, content, self.guess_type(str(path)), {"Accept-Ranges": "bytes"})
            return
        begin, _, end = wanted.removeprefix("bytes=").partition("-")
        first, last = int(begin), min(int(end or len(content)), len(content) - 1)
        headers = {"Accept-Ranges": "bytes", "Content-Range": f"bytes {first}-{last}/{len(content)}"}
        self._send(206, content[first : last + 1], self.guess_type(str(path)), headers)

    def _send(self, status: int, content: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


_Handler.extensions_map = {
    **SimpleHTTPRequestHandler.extensions_map,
    ".mkv": "video/webm",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
}


class Player:
    """A Chromium that plays the files of a directory."""

    def __init__(self, driver: Driver, address: str) -> None:
        self._driver = driver
        self._address = address

    def play(self, name: str, times: Sequence[float] | None) -> Seen:
        """Load a file of the directory and seek to each of the times (s); with None it is sound alone."""
        seen = cast("dict[str, object]", self._driver.execute_async_script(_SCRIPT, f"{self._address}/{name}", times))
        assert "error" not in seen, f"{name}: {seen['error']}"
        return cast("Seen", seen)


@contextmanager
def chromium_player(directory: Path) -> Iterator[Player]:
    """A player of the files in a directory. Skips the test if there is no Chromium with its driver."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(directory)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        with chromium("--autoplay-policy=no-user-gesture-required") as driver:
            address = f"http://127.0.0.1:{server.server_port}"
            driver.get(f"{address}/player")
            yield Player(driver, address)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
