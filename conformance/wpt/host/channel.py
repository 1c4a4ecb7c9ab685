"""The socket between Python and Node, and who may speak on it.

A message is three 32-bit little-endian numbers (bytes that follow, bytes of JSON, number of buffers), the length of
each buffer, the JSON, the buffers. Exactly one side is at work at any time, the other waits: Python commands, and
while JavaScript carries a command out it may in turn ask Python, whose answer may need further commands. JavaScript may
also tell Python what to do, and go on meanwhile.
"""

import json
import struct
from collections.abc import Sequence
from typing import Final, TypeAlias, cast

from codecmodel.line_process import Guard
from conformance.wpt.host.node_process import NodeProcess

#: A value of JSON.
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_TAIL: Final = 4000
#: Seconds that Node may take to start on a machine that is busy.
_START_SECONDS: Final = 60.0
#: Bytes that are read at once, if there are so many. Memory for many more would be mapped and unmapped each time.
_AHEAD: Final = 2**14
_HEADER: Final = struct.Struct("<III")
#: For speed: JSON's coders are made once.
_encoded: Final = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_decoded: Final = json.JSONDecoder().raw_decode


class RealmLostError(Exception):
    """Node has ended, or did not answer in time."""


class RealmEndedError(RealmLostError):
    """A script has ended Node. ``status`` is the exit status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"a script has ended Node with status {status}")
        self.status: Final = status


class Channel:
    """Messages to and from a Node process, which it closes."""

    def __init__(self, process: NodeProcess) -> None:
        self._process = process
        self._guard = Guard(process.pid)
        self._socket = process.socket
        self._socket.settimeout(_START_SECONDS)
        self._unsent: list[bytes | memoryview] = []
        # What was read at once, and how much of it has been taken.
        self._ahead = b""
        self._taken = 0
        self._lost: str | None = None
        self._status: int | None = None

    def limit(self, seconds: float | None) -> None:
        """From now on, JavaScript may run for this long without a message; None is for ever."""
        self._socket.settimeout(seconds)

    def put(self, message: Sequence[Json], buffers: Sequence[bytes | memoryview] = ()) -> None:
        """Send a message that has no answer, together with the next one."""
        text = _encoded(message).encode()
        if not buffers:
            self._unsent += (_HEADER.pack(len(text), len(text), 0), text)
            return
        lengths = [len(buffer) for buffer in buffers]
        head = _HEADER.pack(4 * len(buffers) + len(text) + sum(lengths), len(text), len(buffers))
        self._unsent += (head, struct.pack(f"<{len(lengths)}I", *lengths), text, *buffers)

    def send(self, message: Sequence[Json], buffers: Sequence[bytes | memoryview] = ()) -> None:
        """Send a message. Raises RealmLostError."""
        if self._status is not None:
            raise RealmEndedError(self._status)
        self.put(message, buffers)
        data = b"".join(self._unsent)
        self._unsent.clear()
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise RealmLostError(self._loss_message(error)) from None

    def receive(self) -> tuple[list[Json], list[bytes]]:
        """Receive a message. Raises RealmLostError."""
        # For speed: short messages are read at once, and their parts are not copied.
        if len(self._ahead) - self._taken < _HEADER.size:
            self._read(_HEADER.size)
        total, text_length, count = _HEADER.unpack_from(self._ahead, self._taken)
        self._taken += _HEADER.size
        if len(self._ahead) - self._taken < total:
            self._read(total)
        data, start = self._ahead, self._taken
        self._taken += total
        text_start = start + 4 * count
        buffer_start = text_start + text_length
        message = cast("list[Json]", _decoded(data[text_start:buffer_start].decode())[0])
        buffers: list[bytes] = []
        if count:
            for length in struct.unpack_from(f"<{count}I", data, start):
                buffers.append(data[buffer_start : buffer_start + length])
                buffer_start += length
        if message[0] == "exit":
            self._status = cast("int", message[1])
            raise RealmEndedError(self._status)
        return message, buffers

    def _read(self, size: int) -> None:
        """Read as many bytes as are missing, and perhaps more, so that there are ``size`` ahead."""
        rest = self._ahead[self._taken :]
        parts = [rest] if rest else []
        missing = size - len(rest)
        while missing > 0:
            try:
                received = self._socket.recv(max(missing, _AHEAD))
            except OSError as error:
                raise RealmLostError(self._loss_message(error)) from None
            if not received:
                raise RealmLostError(self._loss_message(None))
            parts.append(received)
            missing -= len(received)
        self._ahead = b"".join(parts)
        self._taken = 0

    def _loss_message(self, error: OSError | None) -> str:
        """The reason why Node was lost. It is determined once."""
        if self._lost is None:
            self._end()
            text = self.printed().strip()[-_TAIL:]
            is_late = isinstance(error, TimeoutError)
            self._lost = "a script did not come to an end" if is_late else f"Node ended unexpectedly: {text}"
        return self._lost

    def printed(self) -> str:
        """What Node has written to its standard streams, if they are not those of this process."""
        return self._process.printed()

    def kill(self) -> None:
        """End Node from any thread. The thread that reads gets RealmLostError."""
        self._process.kill()

    def close(self) -> None:
        """End Node."""
        self._end()
        self._process.close()

    def _end(self) -> None:
        self._process.kill()
        self._guard.end()
        self._process.wait()
