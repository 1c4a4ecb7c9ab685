"""A realm: one Node process, the event loop it lives on, and the interfaces it sees."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, cast

from codecmodel import AudioData, VideoFrame
from codecmodel.web.event_loop import TaskSource, use_event_loop
from conformance.wpt.host.calls import MILLISECONDS_IN_TURN, Call, Called, PutOffCalls
from conformance.wpt.host.channel import Channel, Json, RealmLostError
from conformance.wpt.host.conversions import described
from conformance.wpt.host.description import Argument, Function, Interface, Operation, call_function
from conformance.wpt.host.promises import JsPromise
from conformance.wpt.host.realm_event_loop import IDLE_SECONDS, RealmEventLoop
from conformance.wpt.host.streams import JsReadableStream, Streams
from conformance.wpt.host.values import UNDEFINED, JsBuffer, JsError, JsValue, Values

_JS: Final = Path(__file__).parent / "js"


@dataclass(frozen=True)
class Settings:
    """HTML's environment settings of a realm. ``kind`` is the real kind of global, "worker" or "window".

    ``origin_url`` is a URL of the realm's origin, if ``url`` does not tell it.
    """

    url: str
    secure: bool
    isolated: bool
    kind: str = "worker"
    origin_url: str | None = None


class Realm:
    """Runs scripts in a global like that of a dedicated worker. To be closed; a context manager."""

    def __init__(self, channel: Channel, settings: Settings, *, idle_seconds: float = IDLE_SECONDS) -> None:
        """The realm closes ``channel``. For ``idle_seconds``, see RealmEventLoop."""
        self.settings: Final = settings
        self._channel = channel
        self.event_loop: Final = RealmEventLoop(
            self._checkpoint,
            self._rest,
            self.report_exception,
            self._settle,
            PutOffCalls(self._call_in_turn, self._drop),
            idle_seconds=idle_seconds,
        )
        self._interfaces: dict[type, Interface] = {}
        self._interface_of_class: dict[type, Interface | None] = {}
        self._by_name: dict[str, Interface] = {}
        self._services: dict[str, Function] = {}
        self._values = Values(self, self._interface_of)
        self._streams = Streams(self)
        self._services.update(self._streams.services)
        self._scope: AbstractContextManager[None] = use_event_loop(self.event_loop)
        self._scope.__enter__()
        #: Whether JavaScript was sent anything since the last checkpoint, and whether Node was at work then.
        self._was_told = False
        self._is_at_work = False
        #: Commands that JavaScript is carrying out, each within the one before.
        self._commands = 0
        self._before_closing: list[Callable[[], None]] = []
        origin_url = settings.origin_url or settings.url
        self._ask("install", settings.isolated, settings.secure, settings.url, settings.kind, origin_url)

    def __enter__(self) -> "Realm":
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the realm and everything that lives in it."""
        for steps in self._before_closing:
            steps()
        self.event_loop.close()
        self._channel.close()
        self._scope.__exit__(None, None, None)

    def before_closing(self, steps: Callable[[], None]) -> None:
        """Have ``close()`` call ``steps`` first."""
        self._before_closing.append(steps)

    def interrupt(self) -> None:
        """End Node, whatever it is doing. On the realm's own thread, RealmLostError comes of it, sooner or later. Any
        thread may call this.
        """
        self._channel.kill()

    def printed(self) -> str:
        """The console of scripts, if it is not that of this process."""
        return self._channel.printed()

    # Setting up

    def install(self, interfaces: Sequence[Interface]) -> None:
        """Define interfaces, parents first."""
        self._interface_of_class.clear()
        for interface in interfaces:
            self._interfaces[interface.implementation] = interface
            self._by_name[interface.name] = interface
        self._command(
            ["interfaces", [described(interface, secure=self.settings.secure) for interface in interfaces]], []
        )

    def provide(self, services: Mapping[str, Function]) -> None:
        """Make functions available to JavaScript as ``host.service(name, ...)``."""
        self._services.update(services)

    def run_host_script(self, path: Path) -> None:
        """Load a module of the host. ``module.exports`` is a function, which is called with ``host`` (see
        js/main.js).
        """
        self._command(["hostScript", str(path)], [])

    # Running

    def limit_scripts(self, seconds: float | None) -> None:
        """End the realm if JavaScript runs for this long without coming to an end or asking Python (None: never)."""
        self._channel.limit(seconds)

    def run_script(self, source: str, filename: str) -> None:
        """Run a classic script, and then the microtasks that it caused. An exception that it throws is reported."""
        self.event_loop.prepare_to_run_script()
        try:
            self._command(["run", source, filename], [])
        except JsError as error:
            self.report_exception(error)
        finally:
            self.event_loop.clean_up_after_running_script()

    def perform(self, name: str, *arguments: object) -> object:
        """Call ``host.performs[name]``, as a script."""
        buffers: list[bytes | memoryview] = []
        encoded = [self._values.encode(argument, buffers) for argument in arguments]
        self.event_loop.prepare_to_run_script()
        try:
            return self._command(["perform", name, encoded], buffers)
        finally:
            self.event_loop.clean_up_after_running_script()

    def queue_task(self, source: TaskSource, name: str, *arguments: object) -> None:
        """Queue a task to ``perform``. An exception is reported."""
        self.event_loop.queue_task(source, lambda: self._perform_and_report(name, *arguments))

    def _perform_and_report(self, name: str, *arguments: object) -> None:
        try:
            self.perform(name, *arguments)
        except JsError as error:
            self.report_exception(error)

    def handle(self, value: object) -> int:
        """The number by which JavaScript's wrapper knows a platform object."""
        return self._values.handle(value)

    def report_exception(self, exception: BaseException) -> None:
        """HTML: report an exception."""
        if isinstance(exception, RealmLostError):
            raise exception
        try:
            self.perform("reportError", exception)
        except JsError as error:
            raise AssertionError(f"an error could not be reported: {error}") from exception

    # Values' Engine

    def call(self, function: JsValue, this: object, arguments: Sequence[object]) -> object:
        """Call a function of JavaScript. Raises JsError."""
        buffers: list[bytes | memoryview] = []
        encoded = [self._values.encode(argument, buffers) for argument in arguments]
        receiver = self._values.encode(UNDEFINED if this is None else this, buffers)
        if self._commands > 0 or not self.event_loop.checkpoint_follows():
            return self._command(["call", function.reference, receiver, encoded], buffers)
        call = Call(function.reference, receiver, encoded, buffers, arguments)
        if self.event_loop.puts_off(call):
            return None
        called = self._call_in_turn([call])
        if called.error is not None:
            raise called.error
        return called.result

    def _call_in_turn(self, calls: Sequence[Call]) -> Called:
        """Make calls, each followed by a checkpoint, up to one that throws, or in which JavaScript asks anything or
        comes to the end of its time.
        """
        messages: list[Json] = [[call.reference, call.receiver, call.encoded, len(call.buffers)] for call in calls]
        buffers = [buffer for call in calls for buffer in call.buffers]
        called = self._command(["callInTurn", messages, MILLISECONDS_IN_TURN], buffers)
        assert isinstance(called, Called), "JavaScript tells how many calls it has made"
        return called

    def _drop(self, call: Call) -> None:
        """Let go of the outputs in a call that is not made."""
        for argument in call.arguments:
            if isinstance(argument, AudioData | VideoFrame):
                argument.close()
        self._channel.put(["forget", call.encoded], call.buffers)

    def detach(self, reference: int) -> None:
        self._command(["detach", reference], [])

    def stream(self, value: JsValue, *, locked: bool, disturbed: bool) -> JsReadableStream:
        return self._streams.stream(value, locked=locked, disturbed=disturbed)

    # Messages

    def _ask(self, *message: Json) -> object:
        return self._command(list(message), [])

    def _send(self, message: Sequence[Json], buffers: Sequence[bytes | memoryview]) -> None:
        self._was_told = True
        released = self._values.take_released()
        if released:
            self._channel.put(["release", [list(entry) for entry in released]])
        self._channel.send(message, buffers)

    def _command(self, message: Sequence[Json], buffers: Sequence[bytes | memoryview]) -> object:
        """Have JavaScript carry out a command, and answer its questions meanwhile. Returns the result, or raises
        JsError.
        """
        # Whatever else the task has JavaScript do comes after the calls.
        self.event_loop.stop_putting_off()
        self._tell_news(None)
        self._commands += 1
        try:
            return self._answered(message, buffers)
        finally:
            self._commands -= 1

    def _answered(self, message: Sequence[Json], buffers: Sequence[bytes | memoryview]) -> object:
        self._send(message, buffers)
        while True:
            message, received = self._channel.receive()
            if message[0] == "after":
                message = self._perform_first(message, received)
            kind, *operands = message
            match kind:
                case "done":
                    return self._values.decode(operands[0], received)
                case "called":
                    return self._called(operands, received)
                case "told":
                    # JavaScript goes on and waits for nothing.
                    continue
                case "threw":
                    raise self._thrown(operands[0], received)
                case _:
                    self._answer(str(kind), operands, received)

    def _called(self, operands: Sequence[Json], received: Sequence[bytes]) -> Called:
        made, is_at_work, result, error = operands
        if error is not None:
            return Called(cast("int", made), None, self._thrown(error, received))
        # The checkpoint that follows the last call is done.
        self._was_told, self._is_at_work = False, bool(is_at_work)
        return Called(cast("int", made), self._values.decode(result, received), None)

    def _thrown(self, value: Json, received: Sequence[bytes]) -> JsError:
        return JsError(cast("JsValue", self._values.decode(value, received)))

    def _checkpoint(self, *, is_idle: bool) -> bool:
        # For speed: JavaScript has no microtasks if it was told nothing since the last checkpoint.
        if is_idle or self._was_told or self._is_at_work:
            self._let_node_turn("checkpoint")
        return self._is_at_work

    def _rest(self) -> bool:
        self._let_node_turn("rest")
        return self._is_at_work

    def _let_node_turn(self, command: str) -> None:
        self._is_at_work = bool(self._ask(command))
        self._was_told = False

    def _settle(self, promise: JsPromise[object]) -> None:
        buffers: list[bytes | memoryview] = []
        reason = promise.exception()
        if reason is None:
            result = self._values.encode_result(promise.result(), buffers)
        else:
            result = self._values.encode_exception(reason)
        self._send(["settle", promise.identifier, reason is None, result], buffers)

    # Answering

    def _answer(self, kind: str, operands: Sequence[Json], received: Sequence[bytes]) -> None:
        buffers: list[bytes | memoryview] = []
        arguments = [self._values.decode(argument, received) for argument in cast("list[Json]", operands[-1])]
        try:
            result = self._perform_request(kind, operands, arguments)
            self._give_back(arguments, result)
            # The result of a constructor is a handle, which the new wrapper takes.
            reply: Json = (
                ["s", self._constructed(result, buffers)]
                if kind == "construct"
                else self._values.encode(result, buffers)
            )
            answer: list[Json] = ["return", reply]
        except RealmLostError:
            raise
        except Exception as exception:
            buffers.clear()
            answer = ["throw", self._values.encode_exception(exception)]
        if kind == "invoke":
            self._tell_news(cast("int", operands[0]))
        self._send(answer, buffers)

    def _constructed(self, value: object, buffers: list[bytes | memoryview]) -> list[Json]:
        """The handle and the attributes of a new object."""
        handle, _, *attributes = self._values.encode_object(value, self._interface(value), buffers, is_output=False)
        return [handle, ["s", attributes[0]] if attributes else ["u"]]

    def _tell_news(self, handle: int | None) -> None:
        """Tell JavaScript, together with the next message, of the attributes that have changed and that it keeps: those
        of all objects, or of one.
        """
        news = self._values.news(handle)
        if news:
            self._channel.put(["news", news])

    def _perform_first(self, message: Sequence[Json], received: Sequence[bytes]) -> list[Json]:
        """Do what JavaScript has told together with a message, which is returned. Its buffers come first."""
        _, later, dropped, count, *rest = message
        buffers = received[cast("int", count) :]
        for kind, handle, *operands in cast("list[list[Json]]", later):
            self._perform_later(str(kind), cast("int", handle), operands, buffers)
        for handle, times in cast("list[tuple[int, int]]", dropped):
            self._values.drop(handle, times)
        return rest

    def _perform_later(self, kind: str, handle: int, operands: Sequence[Json], received: Sequence[bytes]) -> None:
        """Do what JavaScript has told late, because it cannot fail."""
        match kind, *operands:
            case "close", str(name):
                call_function(getattr(self._values.object_of(handle), name))
            case "clone", int(original), str(name):
                self._values.adopt(handle, call_function(getattr(self._values.object_of(original), name)))
            case "construct", str(name), list(encoded):
                arguments = [self._values.decode(argument, received) for argument in encoded]
                self._values.adopt(handle, call_function(self._by_name[name].implementation, *arguments))
            case "invoke", str(name), int(), list(encoded):
                arguments = [self._values.decode(argument, received) for argument in encoded]
                self._perform_request("invoke", [handle, *operands], arguments)
                self._values.was_invoked(handle, name)
            case "set", str(), list(encoded):
                self._perform_request("set", [handle, *operands], [self._values.decode(encoded[0], received)])
            case _:
                raise AssertionError(f"JavaScript tells of an unknown operation: {kind} {operands}")

    def _perform_request(self, kind: str, operands: Sequence[Json], arguments: Sequence[object]) -> object:
        match kind, *operands[:-1]:
            case "service", str(name):
                return call_function(self._services[name], *arguments)
            case "construct", str(name), int(index):
                interface = self._by_name[name]
                arguments = interface.converted(interface.constructors[index], arguments)
                return call_function(interface.construct or interface.implementation, *arguments)
            case "get", int(handle), str(name):
                value = self._values.object_of(handle)
                return self._interface(value).attribute(name, self._by_name).value_of(value)
            case "snapshot", int(handle):
                value = self._values.object_of(handle)
                return self._interface(value).snapshot_of(value)
            case "object", int(handle), str(name):
                value = self._values.object_of(handle)
                interface = self._interface(value)
                attribute = interface.attribute(name, self._by_name)
                self._values.note_wanted(interface, attribute)
                return attribute.value_of(value)
            case "set", int(handle), str(name):
                value = self._values.object_of(handle)
                interface = self._interface(value)
                overload = (Argument(name, interface.attribute(name, self._by_name).type),)
                setattr(value, name, interface.converted(overload, arguments)[0])
                return UNDEFINED
            case "index", int(handle):
                items = cast("Sequence[object]", self._values.object_of(handle))
                index = cast("int", arguments[0])
                return items[index] if index < len(items) else UNDEFINED
            case "invoke", int(handle), str(name), int(index):
                value = self._values.object_of(handle)
                interface = self._interface(value)
                return self._invoke(interface, interface.operation(name, self._by_name), index, value, arguments)
            case "static", str(interface_name), str(name), int(index):
                interface = self._by_name[interface_name]
                return self._invoke(interface, interface.operation(name, self._by_name), index, None, arguments)
        raise AssertionError(f"JavaScript asks for an unknown operation: {kind} {operands}")

    def _invoke(
        self, interface: Interface, operation: Operation, index: int, value: object, arguments: Sequence[object]
    ) -> object:
        """Call an operation of ``value``, or a static operation."""
        arguments = interface.converted(operation.overloads[index], arguments)
        if operation.call is None:
            receiver = interface.implementation if operation.static else value
            result: object = getattr(receiver, operation.name)(*arguments)
        else:
            result = call_function(operation.call, *(() if operation.static else (value,)), *arguments)
        return UNDEFINED if result is None and not operation.nullable else result

    def _give_back(self, arguments: Sequence[object], result: object) -> None:
        """Write lent destinations back: now, or when the promise that was returned is settled."""
        lent = [argument for argument in arguments if isinstance(argument, JsBuffer)]
        if not lent:
            return
        if isinstance(result, JsPromise) and not result.done():
            result.before_settling = lambda: self._write_back(lent)
        else:
            self._write_back(lent)

    def _write_back(self, lent: Sequence[JsBuffer]) -> None:
        for buffer in lent:
            if buffer.value is not None and not buffer.detached:
                self._channel.put(["write", buffer.value.reference, 0], [bytes(buffer.view())])

    def _interface_of(self, value: object) -> Interface | None:
        cls = type(value)
        # For speed: the interface of each class is looked for once.
        if cls not in self._interface_of_class:
            inherited = (self._interfaces[base] for base in cls.__mro__ if base in self._interfaces)
            self._interface_of_class[cls] = next(inherited, None)
        return self._interface_of_class[cls]

    def _interface(self, value: object) -> Interface:
        interface = self._interface_of(value)
        assert interface is not None, "only platform objects have handles"
        return interface
