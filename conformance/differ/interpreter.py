"""Runs a program with the interfaces of one implementation, and tells the facts. All implementations get the same one.

The steps of a program are the parts of a case:

- ``new {"as": NAME, "interface": I, "arguments": […]}``; a codec gets its callbacks here;
- ``look {"on": NAME}``: each attribute that timing cannot touch;
- ``call {"on": NAME, "method": M, "arguments": […], "as": NAME}``; a promise is waited for;
- ``static {"interface": I, "method": M, "arguments": […]}``;
- ``copy {"on": NAME, "arguments": […], "size": N}``: allocationSize() and copyTo(), with a buffer of N bytes, or of the
  size that was told;
- ``wait {"on": NAME, "attribute": "tracks.ready"}``: for a promise that is an attribute.

Steps on an object that was never made are passed over, so that a program without some of its steps is one as well.
Arguments are values of JSON, with objects of one member for what JSON has not: ``{"$object": NAME}``,
``{"$bytes": [length, seed]}``, ``{"$fill": [length, byte, length, byte, …]}``, ``{"$media": [NAME, "config"]}``,
perhaps with more members in ``"$with"``, and ``{"$media": [NAME, number]}`` for the configuration and the chunks of
generated media, ``{"$image": NAME}``.
"""

import asyncio
import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Final, cast

from codecmodel import DOMException
from conformance.campaigns.case import Case, Part, Value
from conformance.campaigns.refusals import is_accident
from conformance.differ.arguments import BadStepError, bytes_of, chunk_of, config_of, filled, image_of
from conformance.differ.attributes import ATTRIBUTES, OF_DECODER_CONFIGS, OF_OUTPUTS, seen
from conformance.differ.facts import CONVERTED, Fact, FactValue, plain
from conformance.interfaces import Provider
from conformance.suite.assertions import OptionalFeatureUnsupportedError
from conformance.targets.remote.connections import TargetLostError
from conformance.targets.remote.engine import Function

CODECS: Final = ("AudioDecoder", "AudioEncoder", "VideoDecoder", "VideoEncoder")
#: The outcome of a promise that is not settled in time.
UNSETTLED: Final = "is not settled"
#: Seconds after which a promise counts as one that is never settled.
PATIENCE: Final = 10.0
#: Copies are no larger than this, in bytes. Of larger results than _SHOWN, facts have a digest.
_LARGEST_COPY: Final = 1 << 20
_SHOWN: Final = 1 << 14
#: The buffer of a copy has this value before.
_BEFORE: Final = 0xAA
#: The members that a step has: names, and arguments.
_MEMBERS: Final[Mapping[str, Sequence[str]]] = {
    "new": ("as", "interface", "arguments"),
    "look": ("on",),
    "call": ("on", "method", "arguments"),
    "static": ("interface", "method", "arguments"),
    "copy": ("on", "arguments"),
    "wait": ("on", "attribute"),
}


def is_program(case: Case) -> bool:
    """Whether each step has its members. Others are passed over."""
    return all(
        part.name in _MEMBERS
        and isinstance(part.value, dict)
        and all(part.value.get(member) not in (None, "") for member in _MEMBERS[part.name])
        for part in case.parts
    )


async def execute(program: Case, provider: Provider, told: Callable[[Fact], None] | None = None) -> list[Fact]:
    """Run a program. Returns its facts, each of which ``told`` is called with as soon as it is found."""
    execution = _Execution(provider, told or (lambda fact: None))
    try:
        for part in program.parts:
            await execution.step(part)
    finally:
        execution.close()
    return execution.facts


class _Execution:
    def __init__(self, provider: Provider, told: Callable[[Fact], None]) -> None:
        self.facts: list[Fact] = []
        self._told = told
        self._provider = provider
        self._objects: dict[str, object] = {}
        self._outputs: dict[str, list[tuple[object, object]]] = {}
        self._decoded: set[str] = set()
        self._errors: dict[str, list[str]] = {}
        self._occurrences: Counter[str] = Counter()
        self._step = ""
        self._number = 0

    def close(self) -> None:
        """Close what can be closed: decoders stall while many frames are open."""
        opened = [output for outputs in self._outputs.values() for output, _ in outputs]
        for made in (*self._objects.values(), *opened):
            _close(made)

    async def step(self, part: Part) -> None:
        """Run a step, and tell its facts."""
        self._number += 1
        self._step = f"{part.name} {json.dumps(part.value)}"
        self._occurrences.clear()
        value = part.value if isinstance(part.value, dict) else {}
        try:
            arguments = [self._argument(item) for item in cast("list[Value]", value.get("arguments", []))]
            match part.name:
                case "new":
                    self._new(str(value["as"]), str(value["interface"]), arguments)
                case "look":
                    self._look(str(value["on"]))
                case "call":
                    await self._call(
                        str(value["on"]), str(value["method"]), arguments, cast("str", value.get("as", ""))
                    )
                case "static":
                    await self._static(str(value["interface"]), str(value["method"]), arguments)
                case "copy":
                    await self._copy(str(value["on"]), arguments, value.get("size"))
                case "wait":
                    await self._wait(str(value["on"]), str(value["attribute"]))
        except (BadStepError, KeyError, OptionalFeatureUnsupportedError):
            return

    # Arguments

    def _argument(self, value: Value) -> object:
        match value:
            case {"$object": str(name)}:
                return self._object(name)
            case {"$bytes": [int(length), int(seed)]}:
                return bytes_of(length, seed)
            case {"$fill": [*runs]}:
                return filled(cast("list[Value]", runs))
            case {"$media": [str(name), "config"], **more} if set(more) <= {"$with"}:
                with_members = self._argument(cast("Value", more.get("$with", {})))
                return {**config_of(name), **cast("dict[str, object]", with_members)}
            case {"$media": [str(name), int(number)]}:
                return chunk_of(name, number)
            case {"$image": str(name)}:
                return image_of(name)
            case dict():
                if any(name.startswith("$") for name in value):
                    raise BadStepError(str(value))
                return {name: self._argument(item) for name, item in value.items()}
            case list():
                return [self._argument(item) for item in value]
        return value

    def _object(self, name: str) -> object:
        if name not in self._objects:
            raise BadStepError(name)
        return self._objects[name]

    # Steps

    def _new(self, name: str, interface: str, arguments: list[object]) -> None:
        if interface in CODECS:
            outputs = self._outputs[name] = []
            errors = self._errors[name] = []
            init: dict[str, object] = {
                "output": lambda output, metadata=None: outputs.append((output, metadata)),
                "error": lambda error: errors.append(_name_of(error)),
            }
            arguments = [init]
        made = self._attempt(
            f"{name} = new {interface}", f"new {interface}", lambda: self._interface(interface)(*arguments)
        )
        if made is not None:
            self._objects[name] = made

    def _interface(self, name: str) -> Function:
        return cast("Function", self._provider(name))

    def _look(self, name: str) -> None:
        subject = self._object(name)
        interface = type(subject).__name__
        for attribute in ATTRIBUTES.get(interface, ()):
            if attribute == "format" and name in self._decoded:
                # The user agent chooses the format of a decoded image.
                continue
            self._tell_attribute(name, subject, interface, attribute)

    def _tell_attribute(self, name: str, subject: object, interface: str, attribute: str) -> None:
        try:
            found = subject
            for part in attribute.split("."):
                found = getattr(found, part)
            value = seen(found)
        except AttributeError:
            value = "missing"
        except (DOMException, TypeError) as error:
            value = f"throws {_name_of(error)}"
        kind = "state" if attribute == "state" else "value"
        self._tell(f"{name}.{attribute}", f"{interface}.{attribute}", kind, value)

    async def _call(self, name: str, method: str, arguments: list[object], result: str) -> None:
        receiver = self._object(name)
        interface = type(receiver).__name__
        returned = await self._attempt_and_wait(
            f"{name}.{method}()", f"{interface}.{method}", lambda: _method(receiver, method)(*arguments)
        )
        made = _image_of(returned)
        if result and made is not None:
            self._objects[result] = made
            if method == "decode":
                self._decoded.add(result)
        if method == "flush":
            self._tell_outputs(name, interface)

    async def _static(self, interface: str, method: str, arguments: list[object]) -> None:
        operation = f"{interface}.{method}"
        returned = await self._attempt_and_wait(
            f"{operation}()", operation, lambda: _method(self._interface(interface), method)(*arguments)
        )
        if isinstance(returned, bool):
            self._tell(f"{operation}() result", operation, "result", returned)
        if isinstance(returned, Mapping) and "config" in returned:
            config = returned["config"]
            members = cast("Mapping[str, object]", config) if isinstance(config, Mapping) else {}
            for member in sorted(members):
                self._tell(f"{operation}() config.{member}", operation, f"config.{member}", seen(members[member]))

    async def _copy(self, name: str, arguments: list[object], size: Value) -> None:
        receiver = self._object(name)
        interface = type(receiver).__name__
        told: object = None
        if interface in ("AudioData", "VideoFrame"):
            told = self._attempt(
                f"{name}.allocationSize()",
                f"{interface}.allocationSize",
                lambda: _method(receiver, "allocationSize")(*arguments),
                shows_result=True,
            )
        else:
            told = getattr(receiver, "byteLength", None)
        length = size if isinstance(size, int) else told if isinstance(told, int) else 64
        if not 0 <= length <= _LARGEST_COPY:
            return
        buffer = bytearray([_BEFORE]) * length
        layouts = await self._attempt_and_wait(
            f"{name}.copyTo()",
            f"{interface}.copyTo",
            lambda: _method(receiver, "copyTo")(buffer, *arguments),
        )
        if self.facts[-1].value not in ("returns", "resolves"):
            is_untouched = all(byte == _BEFORE for byte in buffer)
            self._tell(f"{name}.copyTo() writes nothing", f"{interface}.copyTo", "untouched", is_untouched)
            return
        self._tell(f"{name}.copyTo() layout", f"{interface}.copyTo", "layout", plain(layouts))
        options = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
        format = str(options.get("format", ""))
        kind = "bytes"
        if interface == "VideoFrame" and format:
            kind = f"{CONVERTED}pixels"
            if format.endswith("X"):
                _hide_padding(buffer, layouts)
        elif interface == "AudioData" and format and format != getattr(receiver, "format", None):
            kind = f"{CONVERTED}{format.removesuffix('-planar')}"
        shown = buffer.hex() if length <= _SHOWN else hashlib.sha256(buffer).hexdigest()
        self._tell(f"{name}.copyTo() bytes", f"{interface}.copyTo", kind, shown)

    async def _wait(self, name: str, attribute: str) -> None:
        receiver = self._object(name)
        interface = type(receiver).__name__
        found = receiver
        try:
            for part in attribute.split("."):
                found = getattr(found, part)
        except AttributeError:
            self._tell(f"{name}.{attribute}", f"{interface}.{attribute}", "outcome", "missing")
            return
        await self._attempt_and_wait(f"{name}.{attribute}", f"{interface}.{attribute}", lambda: found)

    # Facts

    def _tell_outputs(self, name: str, interface: str) -> None:
        """Outputs are compared when they have been flushed."""
        outputs, self._outputs[name][:] = self._outputs[name][:], []
        self._tell(f"{name} number of outputs", f"{interface} outputs", "number", len(outputs))
        timestamps = [plain(getattr(output, "timestamp", None)) for output, _ in outputs]
        self._tell(f"{name} outputs", f"{interface} outputs", "timestamps", timestamps)
        for output, metadata in outputs:
            kind = type(output).__name__
            # Outputs are found again by their timestamps, and not by their positions.
            at = f"{name} output at {plain(getattr(output, 'timestamp', None))}"
            for attribute in OF_OUTPUTS.get(kind, ()):
                self._tell_attribute(at, output, f"{interface} output", attribute)
            self._tell_metadata(at, f"{interface} output", metadata)
        self._tell(f"{name} errors", f"{interface} error", "names", cast("list[FactValue]", self._errors[name][:]))
        self._tell(f"{name} state", f"{interface}.state", "state", seen(getattr(self._objects[name], "state", None)))
        for output, _ in outputs:
            _close(output)

    def _tell_metadata(self, at: str, operation: str, metadata: object) -> None:
        config: object = metadata.get("decoderConfig") if isinstance(metadata, Mapping) else None
        members = cast("Mapping[str, object]", config) if isinstance(config, Mapping) else None
        self._tell(f"{at} has a decoderConfig", operation, "decoderConfig", members is not None)
        for member in OF_DECODER_CONFIGS if members is not None else ():
            value = seen(members.get(member)) if members is not None else None
            self._tell(f"{at} decoderConfig.{member}", operation, f"decoderConfig.{member}", value)

    def _attempt(
        self, description: str, operation: str, make: Callable[[], object], *, shows_result: bool = False
    ) -> object:
        """Make a call, and tell how it ends. Returns what it returns, or None."""
        try:
            returned = make()
        except (OptionalFeatureUnsupportedError, TargetLostError):
            raise
        except Exception as error:
            self._tell(description, operation, "outcome", f"throws {_name_of(error)}")
            return None
        self._tell(description, operation, "outcome", "returns")
        if shows_result:
            self._tell(f"{description} result", operation, "result", plain(returned))
        return returned

    async def _attempt_and_wait(self, description: str, operation: str, make: Callable[[], object]) -> object:
        """Make a call, wait for the promise if it returns one, and tell how it ends."""
        try:
            returned = make()
            if not isawaitable(returned):
                self._tell(description, operation, "outcome", "returns")
                return returned
        except (OptionalFeatureUnsupportedError, TargetLostError):
            raise
        except Exception as error:
            self._tell(description, operation, "outcome", f"throws {_name_of(error)}")
            return None
        outcome = "resolves"
        value: object = None
        try:
            value = await asyncio.wait_for(_waiting(returned), PATIENCE)
        except TimeoutError:
            outcome = UNSETTLED
        except TargetLostError:
            raise
        except Exception as error:
            outcome = f"rejects {_name_of(error)}"
        self._tell(description, operation, "outcome", outcome)
        return value

    def _tell(self, description: str, operation: str, kind: str, value: FactValue) -> None:
        self._occurrences[description] += 1
        count = self._occurrences[description]
        # Steps have numbers, which are the same for everybody, whatever came of the steps before.
        unique = f"step {self._number}: {description}" + (f" #{count}" if count > 1 else "")
        fact = Fact(unique, operation, kind, value, self._step)
        self.facts.append(fact)
        self._told(fact)


#: Interfaces whose objects have no close().
_WITHOUT_CLOSE: Final = frozenset({"EncodedAudioChunk", "EncodedVideoChunk", "VideoColorSpace", "ImageTrack"})


def _close(made: object) -> None:
    if type(made).__name__ in _WITHOUT_CLOSE:
        return
    close: object = getattr(made, "close", None)
    if callable(close):
        # A codec may be closed already.
        with contextlib.suppress(DOMException):
            close()


async def _waiting(promise: Awaitable[object]) -> object:
    return await asyncio.shield(promise)


def _method(receiver: object, name: str) -> Function:
    return cast("Function", getattr(receiver, name))


def _name_of(error: object) -> str:
    """The name of an exception, as JavaScript has it."""
    if isinstance(error, DOMException):
        return error.name
    accident = "accidental " if isinstance(error, BaseException) and is_accident(error) else ""
    return f"{accident}{type(error).__name__}"


def _hide_padding(buffer: bytearray, layouts: object) -> None:
    """Overwrite the padding of pixels: every fourth byte of a row. Nobody says what it holds."""
    plane = plain(layouts)
    match plane:
        case [{"offset": int(offset), "stride": int(stride)}] if stride > 0:
            for position in range(offset, len(buffer)):
                if (position - offset) % stride % 4 == 3:
                    buffer[position] = 0


def _image_of(returned: object) -> object:
    """The image of a result of decode(), which should be a dictionary, but may be an object; or ``returned`` itself."""
    if isinstance(returned, Mapping):
        return returned.get("image", returned)
    return getattr(returned, "image", returned)
