"""What Python says to another implementation: operations on its objects, and values there and back."""

import asyncio
import base64
import gc
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, cast
from weakref import WeakValueDictionary

from codecmodel import DOMException
from codecmodel.web.buffers import DetachableBuffer
from codecmodel.web.errors import RangeError
from conformance.suite.assertions import OptionalFeatureUnsupportedError
from conformance.targets.remote.connections import Connection, Json, Message, TargetLostError

_EXACT: Final = 2**53


class Function(Protocol):
    """A function of Python's that JavaScript calls."""

    def __call__(self, *arguments: object) -> object: ...


class RemoteObject:
    """An object of the other implementation. It is released there when Python has forgotten it."""

    _remote_engine: "Engine"
    _remote_id: int
    _remote_count: int

    def __del__(self) -> None:
        if "_remote_id" in self.__dict__:
            self._remote_engine.release(self._remote_id, self._remote_count)


@dataclass
class _Buffers:
    """The buffers of one operation: those that come back are written to what they were made of."""

    returned: bool
    sources: list[object] = field(default_factory=list)
    contents: list[Json] = field(default_factory=list)

    def index_of(self, source: object) -> int:
        for index, known in enumerate(self.sources):
            if known is source:
                return index
        self.sources.append(source)
        is_detached = _is_detached(source)
        text = "" if is_detached else base64.b64encode(_view_of(source).tobytes()).decode("ascii")
        self.contents.append({"b": text, "returned": self.returned, "detached": is_detached})
        return len(self.sources) - 1

    def take_back(self, contents: Sequence[Json]) -> None:
        for source, content in zip(self.sources, contents, strict=True):
            if content is None:
                _detach(source)
            elif content:
                _view_of(source)[:] = base64.b64decode(str(content))


class Engine:
    """The other implementation. Its objects are made by ``make_object(interface, id)``."""

    def __init__(self, connection: Connection, make_object: "Callable[[str], RemoteObject]") -> None:
        self._connection: Final = connection
        self._make_object = make_object
        #: Whether JavaScript waits for a command.
        self._is_entered = False
        #: Whether a command was sent and its reply has not been received: an interrupt came between them.
        self.is_out_of_step = False
        #: How many operations there were so far, without those that look at the members of interfaces and objects.
        self.operations = 0
        self._released: list[list[Json]] = []
        self._objects: WeakValueDictionary[int, RemoteObject] = WeakValueDictionary()
        self._functions: dict[Function, int] = {}
        self._functions_by_id: dict[int, Function] = {}
        self._next_function = 1
        self._promises: dict[int, asyncio.Future[object]] = {}
        self._pending: dict[int, _Buffers] = {}
        self._errors: dict[int, Exception] = {}

    # Events of the other implementation

    def wait(self) -> Message:
        """Let JavaScript go on until it enters Python again. Returns the event."""
        if self.is_out_of_step:
            raise TargetLostError("an operation was interrupted")
        if self._is_entered:
            self._is_entered = False
            self._connection.send({"op": "yield"})
        event = self._connection.receive()
        self._is_entered = True
        return event

    def is_entered(self) -> bool:
        """Whether JavaScript waits, so that Python may run."""
        return self._is_entered

    def handle(self, event: Message) -> None:
        """Do what an event asks for. An exception of a callback is raised."""
        match event["event"]:
            case "called":
                function = self._functions_by_id.get(cast("int", event["id"]))
                if function is not None:
                    function(*(self._decoded(argument) for argument in cast("list[Json]", event["args"])))
            case "settled":
                self._settle(event)

    def begin(self) -> None:
        """Forget what an earlier scenario has left: its callbacks are not called any more."""
        gc.collect()
        self._functions.clear()
        self._functions_by_id.clear()
        self._promises.clear()
        self._pending.clear()
        self._errors.clear()

    def close(self) -> None:
        self._connection.close()

    def release(self, identifier: int, count: int) -> None:
        """Have an object released with the next command. This is called by the garbage collector."""
        self._released.append([identifier, count])

    def _settle(self, event: Message) -> None:
        identifier = cast("int", event["id"])
        buffers = self._pending.pop(identifier, None)
        future = self._promises.get(identifier)
        if buffers is not None:
            buffers.take_back(cast("list[Json]", event["lent"]))
        if future is None or future.done() or future.get_loop().is_closed():
            return
        if "error" in event:
            future.set_exception(self._error_of(event["error"]))
        else:
            future.set_result(self._decoded(event["value"]))

    # Operations

    def describe(self, interface: str) -> Mapping[str, Mapping[str, str] | bool]:
        """Whether there is such an interface, and its members: "method", "attribute" or "writable"."""
        return cast("Mapping[str, Mapping[str, str] | bool]", self._perform({"op": "describe", "name": interface}))

    def members(self, receiver: RemoteObject) -> Mapping[str, str]:
        """The members of an object, its own properties among them."""
        return cast("Mapping[str, str]", self._perform({"op": "members"}, (), receiver))

    def construct(self, interface: str, arguments: Sequence[object]) -> object:
        return self._perform({"op": "new", "name": interface}, arguments)

    def call(self, receiver: object, name: str, arguments: Sequence[object]) -> object:
        return self._perform({"op": "call", "name": name}, arguments, receiver, returned=name == "copyTo")

    def get(self, receiver: object, name: str | int) -> object:
        return self._perform({"op": "get", "name": name}, (), receiver)

    def set(self, receiver: object, name: str, value: object) -> None:
        self._perform({"op": "set", "name": name}, (value,), receiver)

    def _perform(
        self, command: Message, arguments: Sequence[object] = (), receiver: object = None, *, returned: bool = False
    ) -> object:
        if command["op"] not in ("describe", "members"):
            self.operations += 1
        buffers = _Buffers(returned)
        encoded = [self._encoded(argument, buffers) for argument in arguments]
        if receiver is not None:
            command["of"] = self._encoded(receiver, buffers)
        if command["op"] == "set":
            (command["value"],) = encoded
        else:
            command["args"] = encoded
        while not self._is_entered:
            # Outside of a scenario: what happened before is of no interest.
            self.wait()
        if self.is_out_of_step:
            raise TargetLostError("an operation was interrupted")
        released, self._released = self._released, []
        self.is_out_of_step = True
        self._connection.send({**command, "buffers": buffers.contents, "freed": cast("list[Json]", released)})
        reply = self._reply()
        if buffers.sources:
            buffers.take_back(cast("list[Json]", reply["lent"]))
        if "error" in reply:
            raise self._error_of(reply["error"])
        value = cast("Message", reply["value"])
        if value["t"] == "p" and buffers.returned and buffers.sources:
            self._pending[cast("int", value["id"])] = buffers
        return self._decoded(value)

    def _reply(self) -> Message:
        """The reply to a command. JavaScript may call functions before it."""
        while True:
            message = self._connection.receive()
            self.is_out_of_step = False
            if "event" not in message:
                return message
            try:
                self.handle(message)
            except Exception as exception:
                loop = asyncio.get_running_loop()
                loop.call_exception_handler({"message": "a callback failed", "exception": exception})
            self.is_out_of_step = True
            self._connection.send({"op": "yield"})

    # Values

    def _encoded(self, value: object, buffers: _Buffers) -> Json:
        if value is None or isinstance(value, bool | str):
            return {"t": "v", "v": value}
        if isinstance(value, int):
            return {"t": "v", "v": value} if abs(value) <= _EXACT else {"t": "n", "n": str(value)}
        if isinstance(value, float):
            return {"t": "n", "n": _number_text(value)}
        if isinstance(value, RemoteObject):
            return {"t": "o", "id": value._remote_id}
        interface = getattr(value, "_remote_interface", None)
        if isinstance(interface, str):
            return {"t": "i", "name": interface}
        if isinstance(value, Mapping):
            # A member that is None is one that is not there.
            members = {str(key): self._encoded(item, buffers) for key, item in value.items() if item is not None}
            if isinstance(transfer := value.get("transfer"), list) and all(map(_has_bytes, transfer)):
                # A transfer list has ArrayBuffers, not views.
                whole: list[Json] = [{"t": "b", "i": buffers.index_of(item), "whole": True} for item in transfer]
                members["transfer"] = {"t": "a", "a": whole}
            return {"t": "d", "d": members}
        if isinstance(parts := getattr(value, "stream_parts", None), list):
            # Chunks of a stream are the reader's.
            return {"t": "s", "a": [{"t": "b", "i": buffers.index_of(part), "whole": False} for part in parts]}
        if _has_bytes(value):
            is_read_only = not _is_detached(value) and _view_of(value).readonly
            if buffers.returned and is_read_only:
                raise OptionalFeatureUnsupportedError("needs a buffer that cannot be written, of codecmodel")
            return {"t": "b", "i": buffers.index_of(value), "whole": _is_host_buffer(value)}
        if callable(value):
            return {"t": "f", "id": self._function_id(value)}
        if isinstance(value, Sequence):
            return {"t": "a", "a": [self._encoded(item, buffers) for item in value]}
        raise OptionalFeatureUnsupportedError(f"needs {type(value).__name__} of codecmodel")

    def _function_id(self, function: Function) -> int:
        identifier = self._functions.get(function)
        if identifier is None:
            identifier = self._functions[function] = self._next_function
            self._functions_by_id[identifier] = function
            self._next_function += 1
        return identifier

    def _decoded(self, encoded: Json) -> object:
        value = cast("Message", encoded)
        match value["t"]:
            case "v":
                return value["v"]
            case "n":
                return float(str(value["n"]).replace("Infinity", "inf"))
            case "a":
                return [self._decoded(item) for item in cast("list[Json]", value["a"])]
            case "d":
                return {name: self._decoded(item) for name, item in cast("Message", value["d"]).items()}
            case "b":
                return base64.b64decode(str(value["b"]))
            case "e":
                return self._error_of(value)
            case "f":
                return self._functions_by_id.get(cast("int", value["id"]))
            case "p":
                return self._promise(cast("int", value["id"]))
            case "o":
                return self._object(cast("int", value["id"]), str(value["k"]))
        return None

    def _object(self, identifier: int, interface: str) -> RemoteObject:
        known = self._objects.get(identifier)
        if known is None:
            known = self._make_object(interface)
            vars(known).update(_remote_engine=self, _remote_id=identifier, _remote_count=0)
            self._objects[identifier] = known
        vars(known)["_remote_count"] += 1
        return known

    def _promise(self, identifier: int) -> "asyncio.Future[object]":
        future = self._promises.get(identifier)
        if future is None:
            future = self._promises[identifier] = asyncio.get_running_loop().create_future()
            # Whether a rejection is handled is JavaScript's to watch.
            future.add_done_callback(lambda future: future.cancelled() or future.exception())
        return future

    def _error_of(self, encoded: Json) -> Exception:
        error = cast("Message", encoded)
        if error["t"] != "e":
            # JavaScript may throw anything.
            return Exception(str(self._decoded(encoded)))
        identifier, name, message = cast("int", error["id"]), str(error["name"]), str(error["message"])
        known = self._errors.get(identifier)
        if known is None:
            if error["dom"]:
                known = DOMException(message, name)
            elif name == "TypeError":
                known = TypeError(message)
            elif name == "RangeError":
                known = RangeError(message)
            else:
                known = Exception(f"{name}: {message}")
            self._errors[identifier] = known
        return known


def _is_host_buffer(value: object) -> bool:
    """Whether ``value`` is a codecmodel.web.buffers.DetachableBuffer."""
    return hasattr(value, "detached") and hasattr(value, "detach") and hasattr(value, "view")


def _has_bytes(value: object) -> bool:
    # A memoryview that is released stands for a detached buffer.
    if _is_host_buffer(value) or isinstance(value, memoryview):
        return True
    try:
        memoryview(value)  # type: ignore[arg-type]  # that is the question
    except (TypeError, ValueError, BufferError):
        return False
    return True


def _is_detached(source: object) -> bool:
    if isinstance(source, memoryview):
        try:
            return source.nbytes < 0
        except ValueError:
            return True
    return bool(getattr(source, "detached", False))


def _detach(source: object) -> None:
    if isinstance(source, memoryview):
        source.release()
    elif isinstance(source, bytearray):
        source.clear()
    elif _is_host_buffer(source):
        cast("DetachableBuffer", source).detach()


def _view_of(source: object) -> memoryview:
    if _is_host_buffer(source):
        return cast("DetachableBuffer", source).view().cast("B")
    view = memoryview(source)  # type: ignore[arg-type]  # it has the buffer protocol
    return view.cast("B") if view.nbytes else memoryview(bytearray())


def _number_text(number: float) -> str:
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    return "-0" if number == 0 and struct.pack("d", number)[-1] else repr(number)
