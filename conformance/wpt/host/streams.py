"""JavaScript's ReadableStreams, in the form in which codecmodel reads them."""

from collections.abc import Iterator
from itertools import count
from typing import Final, Protocol

from codecmodel.web.streams import ReadRequest
from conformance.wpt.host.description import Function
from conformance.wpt.host.values import JsError, JsValue


class ScriptHost(Protocol):
    """The part of a realm that streams need."""

    def perform(self, name: str, *arguments: object) -> object: ...


class JsReadableStream:
    """A ReadableStream, and its reader when it has one. Both are in JavaScript (js/streams.js)."""

    def __init__(self, streams: "Streams", value: JsValue, *, locked: bool, disturbed: bool) -> None:
        self._streams = streams
        self._value = value
        self.locked = locked
        self.disturbed = disturbed

    def get_a_reader(self) -> "JsReadableStream":
        self._streams.host.perform("getReader", self._value)
        self.locked = True
        return self

    def read_a_chunk(self, request: ReadRequest) -> None:
        self._streams.read(self._value, request)

    def cancel(self) -> None:
        self._streams.host.perform("cancelReader", self._value)


class Streams:
    """The streams of a realm, and the reads that are pending."""

    def __init__(self, host: ScriptHost) -> None:
        self.host: Final = host
        self._numbers: Final[Iterator[int]] = count(1)
        self._requests: dict[int, ReadRequest] = {}
        self.services: Final[dict[str, Function]] = {
            "chunkRead": lambda number, chunk: self._requests.pop(number).chunk_steps(chunk),
            "streamClosed": lambda number: self._requests.pop(number).close_steps(),
            "streamFailed": lambda number, reason: self._requests.pop(number).error_steps(JsError(reason)),
        }

    def stream(self, value: JsValue, *, locked: bool, disturbed: bool) -> JsReadableStream:
        """The stream of that number, in the state in which it came from JavaScript."""
        return JsReadableStream(self, value, locked=locked, disturbed=disturbed)

    def read(self, value: JsValue, request: ReadRequest) -> None:
        """Read a chunk. A microtask of JavaScript delivers it."""
        number = next(self._numbers)
        self._requests[number] = request
        self.host.perform("readChunk", value, number)
