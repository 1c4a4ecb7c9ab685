"""Other implementations of WebCodecs as peers of ``conformance bench``: Chromium, and modules of npm in Node.

They get the same chunks, and close each frame as it comes out. The time is measured there, by performance.now(), from
the first decode() until flush() has resolved. The CPU time of their processes is not known. Their libraries and threads
are their own.
"""

import base64
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, cast

from codecmodel import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.configurations.decoder_configurations import description_of
from codecmodel.types import AudioDecoderConfig, VideoDecoderConfig
from conformance.bench.comparison import Costs, Quantity
from conformance.targets.browsers import find_browser, is_browser
from conformance.targets.node import find_node
from conformance.targets.node_module import version_of
from conformance.targets.remote.connections import BrowserConnection, Connection, Json, Message, NodeConnection

_SCRIPT: Final = Path(__file__).parent / "decoding.js"


def find_peer(name: str) -> str:
    """The description of the peer, "chromium" or "node:MODULE", which is there: with its version.

    Raises BrowserNotFoundError, NodeNotFoundError or ModuleNotFoundInNodeError.
    """
    if is_browser(name):
        return find_browser(name).description
    module = name.removeprefix("node:")
    return f"{module} {version_of(find_node(), module)}"


def _connection(name: str) -> Connection:
    if is_browser(name):
        return BrowserConnection(find_browser(name), _SCRIPT)
    return NodeConnection(find_node(), name.removeprefix("node:"), _SCRIPT)


class Peer:
    """A peer that is running. To be closed; a context manager."""

    def __init__(self, name: str) -> None:
        self.description = find_peer(name)
        self._chunks = 0
        self._connection = _connection(name)

    def take(
        self,
        config: AudioDecoderConfig | VideoDecoderConfig,
        chunks: Sequence[EncodedAudioChunk] | Sequence[EncodedVideoChunk],
    ) -> None:
        """Give the peer the work of each turn. Raises TargetLostError."""
        self._chunks = len(chunks)
        self._connection.receive()
        self._connection.send({"config": _config(config), "chunks": [_chunk(chunk) for chunk in chunks]})
        # It is ready.
        self._said()

    def turn(self) -> Costs:
        """The peer's time for a chunk. Raises RuntimeError if it cannot decode, and TargetLostError."""
        self._connection.send({})
        milliseconds = cast("float", self._said()["milliseconds"])
        return {Quantity.WALL: milliseconds / 1000 / self._chunks}

    def _said(self) -> Message:
        message = self._connection.receive()
        if "error" in message:
            raise RuntimeError(f"{self.description}: {message['error']}")
        return message

    def __enter__(self) -> "Peer":
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _config(config: AudioDecoderConfig | VideoDecoderConfig) -> Json:
    members = cast("Message", {name: value for name, value in config.items() if name != "description"})
    description = description_of(config)
    return members if description is None else {**members, "description": _base64(description)}


def _chunk(chunk: EncodedAudioChunk | EncodedVideoChunk) -> Json:
    return {"type": chunk.type, "timestamp": chunk.timestamp, "data": _base64(bytes(chunk))}
