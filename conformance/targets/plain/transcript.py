"""Records a conversation with another implementation: stretches of operations, and the event that began each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, cast

from conformance.targets.remote.connections import Connection, Json, Message


@dataclass
class Operation:
    """A message of Python's, and the reply. ``nested`` has the stretches of callbacks that were called before it."""

    command: Message
    reply: Message = field(default_factory=dict)
    nested: "list[Stretch]" = field(default_factory=list)


@dataclass
class Stretch:
    """Operations of one entry into Python. ``event`` is the one that JavaScript entered with."""

    event: Message
    operations: list[Operation] = field(default_factory=list)


@dataclass
class Transcript:
    """The stretches of one scenario. ``origins`` has, by the ids of older objects, the operations that made them."""

    origins: dict[int, Operation]
    stretches: list[Stretch] = field(default_factory=list)


class RecordingConnection(Connection):
    """Passes messages on to another connection, and back, and records those of one scenario at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection: Final = connection
        #: The stretches that have begun and not ended: the last one is inside of an operation of the one before it.
        self._open: list[Stretch] = []
        self._is_awaited = False
        #: Objects that can be made anew, with the number of Python's references to each.
        self._origins: dict[int, Operation] = {}
        self._counts: dict[int, int] = {}
        self._transcript: Transcript | None = None

    def begin(self) -> None:
        """Forget what was recorded, and record from now on."""
        self._transcript = Transcript(dict(self._origins), [self._divide()])

    def end(self) -> Transcript:
        """The stretches that were recorded since begin(). Nothing is recorded from now on."""
        transcript, self._transcript = self._transcript, None
        self._divide()
        return transcript or Transcript({})

    def _divide(self) -> Stretch:
        """The operations to come, if there is a stretch: those that it has had are another one's."""
        stretch = Stretch({"event": "tick"})
        if self._open:
            self._open = [stretch]
        return stretch

    def receive(self) -> Message:
        message = self._connection.receive()
        for identifier in identifiers(message):
            self._counts[identifier] = self._counts.get(identifier, 0) + 1
        if "event" in message:
            stretch = Stretch(message)
            if self._open and self._is_awaited:
                self._open[-1].operations[-1].nested.append(stretch)
            elif self._transcript is not None:
                self._transcript.stretches.append(stretch)
            self._open.append(stretch)
        else:
            operation = self._open[-1].operations[-1]
            operation.reply = message
            self._remember(operation)
        self._is_awaited = False
        return message

    def send(self, message: Message) -> None:
        if message["op"] == "yield":
            self._open.pop()
            # An operation that called back goes on.
            self._is_awaited = bool(self._open)
        else:
            self._forget(message)
            self._open[-1].operations.append(Operation(message))
            self._is_awaited = True
        self._connection.send(message)

    def close(self) -> None:
        self._connection.close()

    def _remember(self, operation: Operation) -> None:
        value = operation.reply.get("value")
        if operation.command["op"] == "new" and isinstance(value, dict) and value["t"] == "o":
            self._origins.setdefault(cast("int", value["id"]), operation)

    def _forget(self, message: Message) -> None:
        for identifier, count in cast("list[list[int]]", message["freed"]):
            left = self._counts.get(identifier, 0) - count
            self._counts[identifier] = left
            if left <= 0:
                self._origins.pop(identifier, None)
                self._counts.pop(identifier, None)


def references(value: Json) -> Iterator[Message]:
    """The references to objects in an encoded value."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict) and value.get("t") == "o":
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)


def identifiers(value: Json) -> list[int]:
    """The objects that an encoded value refers to, one for each reference."""
    return [cast("int", reference["id"]) for reference in references(value)]


def kinds_in(value: Json) -> dict[int, str]:
    """The interfaces of the objects in an encoded value that JavaScript has sent."""
    return {cast("int", reference["id"]): str(reference["k"]) for reference in references(value)}
