"""How values cross between Python and JavaScript.

Primitives and dictionaries are JSON. Everything else is an array whose first item is a tag:

=====================  ===========================================================================================
``["u"]``              undefined
``["n", text]``        a number that JSON lacks: NaN, the infinities, negative zero
``["s", items]``       a sequence
``["b", ref, index]``  from JavaScript: a buffer source; ``ref`` is 0 unless it is lent; index -1: detached
``["b", index]``       to JavaScript: bytes, which become an ArrayBuffer
``["t", ref, locked, disturbed]``  from JavaScript: a ReadableStream, and its state
``["h", handle]``      from JavaScript: a platform object
``["o", handle, name, attributes, index]``  to JavaScript: a platform object, the name of its interface; when it is sent
                       for the first time, its attributes, if JavaScript may keep them, and the index of its contents,
                       if it may keep those
``["r", ref, text]``   a value of JavaScript's that Python only refers to (from there with its type or description)
``["p", id, state, value]``  to JavaScript: a promise
``["x", id, kind, message, name]``  to JavaScript: an exception of Python's
=====================  ===========================================================================================
"""

import math
import traceback
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, cast

from codecmodel.web.errors import DOMException, RangeError
from conformance.wpt.host.channel import Json
from conformance.wpt.host.description import Attribute, Interface, call_function
from conformance.wpt.host.forecast import Forecast
from conformance.wpt.host.promises import JsPromise

#: Types whose values are the same in JSON.
_PLAIN: Final = frozenset({int, str, bool, type(None)})


class Engine(Protocol):
    """The JavaScript side as values need it."""

    def call(self, function: "JsValue", this: object, arguments: Sequence[object]) -> object: ...

    def detach(self, reference: int) -> None: ...

    def stream(self, value: "JsValue", *, locked: bool, disturbed: bool) -> object: ...


class JsValue:
    """A value of JavaScript. It can be called if it is a function there, or an object with ``handleEvent``."""

    __slots__ = ("__weakref__", "_engine", "description", "reference")

    def __init__(self, engine: Engine, reference: int, description: str) -> None:
        self._engine: Final = engine
        self.reference: Final = reference
        self.description: Final = description

    def __call__(self, *arguments: object) -> object:
        """Call it as a script. ``this`` is the current target of an event, or undefined. Raises JsError."""
        first = arguments[0] if len(arguments) == 1 else None
        return self._engine.call(self, getattr(first, "currentTarget", None), arguments)

    def __repr__(self) -> str:
        return f"JsValue({self.description})"


class JsError(Exception):
    """A value that JavaScript threw."""

    def __init__(self, value: JsValue) -> None:
        super().__init__(value.description)
        self.value: Final = value


class JsBuffer:
    """An ArrayBuffer, or a view of one, that JavaScript lends: a destination, or an entry of a transfer list.

    ``view()`` is a copy that is written back after the call that it was lent for.
    """

    __slots__ = ("__weakref__", "_engine", "_memory", "value")

    def __init__(self, engine: Engine, value: JsValue | None, memory: bytes | None) -> None:
        self._engine = engine
        self.value = value
        self._memory = None if memory is None else bytearray(memory)

    @property
    def detached(self) -> bool:
        return self._memory is None

    def detach(self) -> None:
        """Detach the buffer. Raises TypeError if JavaScript refuses."""
        assert self.value is not None, "only what is lent is detached"
        try:
            self._engine.detach(self.value.reference)
        except JsError as error:
            raise TypeError(str(error)) from None
        self._memory = None

    def view(self) -> memoryview:
        return memoryview(b"" if self._memory is None else self._memory)


class _Handle:
    __slots__ = ("object", "sent")

    def __init__(self, object: object) -> None:
        self.object = object
        self.sent = 0


class _Watched:
    """An object whose attributes change in tasks and by its operations alone; ``told`` is what JavaScript knows, and
    ``forecast`` what it expects.
    """

    __slots__ = ("forecast", "interface", "object", "told")

    def __init__(self, object: object, interface: Interface, told: Sequence[object]) -> None:
        self.object = object
        self.interface = interface
        self.told = told
        self.forecast: Forecast | None = None

    def news(self) -> tuple[Sequence[object], Forecast | None] | None:
        """The attributes and the forecast, if JavaScript is to know of them. It knows them from now on."""
        attributes = self.interface.snapshot_of(self.object)
        forecast = self.interface.forecast(self.object) if self.interface.forecast is not None else None
        if attributes == self.told and not _is_worth_telling(forecast, self.forecast):
            return None
        self.told, self.forecast = attributes, forecast
        return attributes, forecast

    def was_invoked(self, operation: str) -> None:
        """Note a call that JavaScript has made without an answer. If it queues a request, there was a forecast."""
        place = self.interface.places_of_queue_sizes.get(operation)
        if place is None:
            return
        assert self.forecast is not None, "JavaScript asks if there is no forecast"
        self.forecast, longer = self.forecast.after_a_request()
        expected = list(self.told)
        expected[place] = cast("int", expected[place]) + longer
        self.told = self.interface.snapshot_of(self.object)
        assert list(self.told) == expected, f"the forecast was {expected}, and came to {self.told}"


def _is_worth_telling(forecast: Forecast | None, told: Forecast | None) -> bool:
    if forecast is None or told is None or forecast.room is None or told.room is None:
        return forecast != told
    # There is more and more room while codecs are at work.
    return forecast.attributes != told.attributes or 2 * told.room < forecast.room


class _References:
    """The values of JavaScript that Python refers to. This object keeps none of them alive."""

    def __init__(self) -> None:
        self._values: weakref.WeakValueDictionary[int, JsValue] = weakref.WeakValueDictionary()
        self._counts: dict[int, int] = {}
        self._released: list[tuple[int, int]] = []

    def received(self, engine: Engine, reference: int, description: str) -> JsValue:
        """The one JsValue of a reference that has come once more."""
        self._counts[reference] = self._counts.get(reference, 0) + 1
        value = self._values.get(reference)
        if value is None:
            value = self._values[reference] = JsValue(engine, reference, description)
            weakref.finalize(value, self._release, reference).atexit = False
        return value

    def _release(self, reference: int) -> None:
        # This is a finalizer. The next message tells JavaScript.
        if reference not in self._values:
            self._released.append((reference, self._counts.pop(reference, 0)))

    def take_released(self) -> list[tuple[int, int]]:
        released, self._released = self._released, []
        return [(reference, count) for reference, count in released if count]


class Values:
    """Encodes and decodes; keeps the platform objects that JavaScript holds, and counts the references Python holds."""

    def __init__(self, engine: Engine, interface_of: Callable[[object], Interface | None]) -> None:
        self._engine = engine
        self._interface_of = interface_of
        self._handles: dict[int, _Handle] = {}
        self._handle_of: dict[int, int] = {}
        self._next_handle = 1
        self._watched: dict[int, _Watched] = {}
        self._wanted: dict[str, set[Attribute]] = {}
        self._references = _References()
        self._exceptions: weakref.WeakKeyDictionary[BaseException, int] = weakref.WeakKeyDictionary()
        self._next_exception = 1
        self._next_promise = 1

    # Platform objects

    def handle(self, value: object) -> int:
        """The handle of a platform object. JavaScript now holds it once more."""
        handle = self._handle_of.get(id(value))
        if handle is None:
            handle = self._next_handle
            self._next_handle += 1
            self._handles[handle] = _Handle(value)
            self._handle_of[id(value)] = handle
        self._handles[handle].sent += 1
        return handle

    def encode_object(
        self, value: object, interface: Interface, buffers: list[bytes | memoryview], *, is_output: bool = True
    ) -> list[Json]:
        """The handle of a platform object, the name of its interface, and what JavaScript may keep of it.

        If it ``is_output``, its contents come with it. Otherwise a script has made it, and knows what is in it.
        """
        handle = self.handle(value)
        encoded: list[Json] = [handle, interface.name]
        if self._handles[handle].sent > 1 or not (interface.is_constant or interface.is_steady):
            return encoded
        # For speed: most attributes are values of JSON.
        snapshot = interface.snapshot_of(value)
        attributes = [
            cast("Json", attribute) if type(attribute) in _PLAIN else self.encode(attribute, buffers)
            for attribute in snapshot
        ]
        encoded.append(attributes)
        if interface.is_steady:
            self._watched[handle] = _Watched(value, interface, snapshot)
        # For speed: a script that has asked for an object of one will ask for that of the next.
        if (wanted := self._wanted.get(interface.name)) is not None:
            attributes += [
                self.encode(attribute.value_of(value), buffers) if attribute in wanted else ["u"]
                for attribute in interface.object_attributes
            ]
        if is_output and interface.contents is not None:
            buffers.append(cast("bytes", call_function(interface.contents, value)))
            encoded.append(len(buffers) - 1)
        return encoded

    def note_wanted(self, interface: Interface, attribute: Attribute) -> None:
        """Send this attribute, which is an object itself, with the objects of the interface from now on."""
        self._wanted.setdefault(interface.name, set()).add(attribute)

    def adopt(self, handle: int, value: object) -> None:
        """Note a platform object of which JavaScript has a wrapper already, with a handle that it has chosen."""
        self._handles[handle] = entry = _Handle(value)
        self._handle_of[id(value)] = handle
        entry.sent = 1

    def news(self, handle: int | None = None) -> list[Json]:
        """The handles, attributes and forecasts of watched objects that have changed: all of them, or one of them."""
        if handle is None:
            watched = self._watched.items()
        elif handle in self._watched:
            watched = {handle: self._watched[handle]}.items()
        else:
            return []
        changed: list[Json] = []
        for number, entry in watched:
            news = entry.news()
            if news is not None:
                attributes, forecast = news
                encoded: Json = None if forecast is None else [forecast.room, dict(forecast.attributes)]
                changed.append([number, [self.encode(attribute, []) for attribute in attributes], encoded])
        return changed

    def was_invoked(self, handle: int, operation: str) -> None:
        """JavaScript has called an operation without an answer."""
        watched = self._watched.get(handle)
        if watched is not None:
            watched.was_invoked(operation)

    def object_of(self, handle: int) -> object:
        return self._handles[handle].object

    def drop(self, handle: int, count: int) -> None:
        """Forget the object: JavaScript has dropped it after receiving it ``count`` times."""
        entry = self._handles[handle]
        entry.sent -= count
        if not entry.sent:
            del self._handles[handle], self._handle_of[id(entry.object)]
            self._watched.pop(handle, None)

    # References to values of JavaScript

    def _reference(self, reference: int, description: str) -> JsValue:
        return self._references.received(self._engine, reference, description)

    def take_released(self) -> list[tuple[int, int]]:
        """The references that Python no longer holds, with how often it received each."""
        return self._references.take_released()

    # From JavaScript

    def decode(self, value: Json, buffers: Sequence[bytes]) -> object:
        if isinstance(value, dict):
            return {name: self.decode(item, buffers) for name, item in value.items()}
        if not isinstance(value, list):
            return value
        # For speed: the most frequent tag comes first.
        if value[0] == "h":
            return self._handles[cast("int", value[1])].object
        match value:
            case ["u"]:
                return None
            case ["n", str(text)]:
                return -0.0 if text == "-0" else float(text.replace("Infinity", "inf"))
            case ["s", list(items)]:
                return self._decode_sequence(items, buffers)
            case ["r", int(reference), description]:
                return self._reference(reference, str(description))
            case ["t", int(reference), bool(locked), bool(disturbed)]:
                stream = self._reference(reference, "ReadableStream")
                return self._engine.stream(stream, locked=locked, disturbed=disturbed)
            case ["b", int(reference), int(index)]:
                return self._decode_buffer(reference, buffers[index] if index >= 0 else None)
        raise AssertionError(f"no value is encoded as {value}")

    def _decode_sequence(self, items: Sequence[Json], buffers: Sequence[bytes]) -> list[object]:
        # One ArrayBuffer that is in a transfer list twice is one object.
        lent: dict[Json, object] = {}
        decoded: list[object] = []
        for item in items:
            key = item[1] if isinstance(item, list) and item[0] == "b" and item[1] else None
            value = lent.get(key) if key is not None else None
            if value is None:
                value = self.decode(item, buffers)
            if key is not None:
                lent[key] = value
            decoded.append(value)
        return decoded

    def _decode_buffer(self, reference: int, memory: bytes | None) -> bytes | JsBuffer:
        if not reference and memory is not None:
            return memory
        value = self._reference(reference, "buffer") if reference else None
        return JsBuffer(self._engine, value, memory)

    # To JavaScript

    def encode(self, value: object, buffers: list[bytes | memoryview]) -> Json:
        # For speed: the most frequent types come first.
        if type(value) in _PLAIN:
            return cast("Json", value)
        if isinstance(value, float):
            return _encode_float(value)
        interface = self._interface_of(value)
        if interface is not None:
            return ["o", *self.encode_object(value, interface, buffers)]
        if isinstance(value, str | int):
            return value
        if isinstance(value, bytes | bytearray | memoryview):
            buffers.append(value if isinstance(value, memoryview) else bytes(value))
            return ["b", len(buffers) - 1]
        if isinstance(value, JsValue):
            return ["r", value.reference]
        if isinstance(value, JsPromise):
            return self._encode_promise(cast("JsPromise[object]", value), buffers)
        if isinstance(value, Mapping):
            return {str(name): self.encode(item, buffers) for name, item in value.items()}
        if isinstance(value, Sequence):
            return ["s", [self.encode(item, buffers) for item in value]]
        if isinstance(value, BaseException):
            return self.encode_exception(value)
        if isinstance(value, Undefined):
            return ["u"]
        raise TypeError(f"JavaScript has nothing like {value!r}")

    def _encode_promise(self, promise: "JsPromise[object]", buffers: list[bytes | memoryview]) -> Json:
        if promise.identifier is None:
            promise.identifier = self._next_promise
            self._next_promise += 1
        if not promise.done():
            return ["p", promise.identifier, "pending", None]
        reason = promise.exception()
        if reason is not None:
            return ["p", promise.identifier, "rejected", self.encode_exception(reason)]
        return ["p", promise.identifier, "fulfilled", self.encode_result(promise.result(), buffers)]

    def encode_result(self, value: object, buffers: list[bytes | memoryview]) -> Json:
        """Like ``encode``, except that None, the result of an operation that has no result, is undefined."""
        return ["u"] if value is None else self.encode(value, buffers)

    def encode_exception(self, exception: BaseException) -> Json:
        if isinstance(exception, JsError):
            return ["r", exception.value.reference]
        number = self._number_of(exception)
        if isinstance(exception, DOMException):
            return ["x", number, "DOMException", exception.message, exception.name]
        if isinstance(exception, RangeError):
            return ["x", number, "RangeError", str(exception)]
        if isinstance(exception, TypeError):
            return ["x", number, "TypeError", str(exception)]
        text = "".join(traceback.format_exception(exception))
        return ["x", number, "Error", f"a fault of this implementation: {text}"]

    def _number_of(self, exception: BaseException) -> int:
        """The number of an exception. DOMExceptions keep their identity. Exceptions of Python types cannot, and are
        thrown once.
        """
        number = self._exceptions.get(exception) if isinstance(exception, DOMException) else None
        if number is None:
            number = self._next_exception
            self._next_exception += 1
            if isinstance(exception, DOMException):
                self._exceptions[exception] = number
        return number


class Undefined:
    """JavaScript's undefined, for places where None means null."""


UNDEFINED: Final = Undefined()


def _encode_float(number: float) -> Json:
    if math.isfinite(number):
        return ["n", "-0"] if number == 0 and math.copysign(1, number) < 0 else number
    return ["n", "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"]
