"""Writes a transcript as JavaScript that makes the same calls at the same moments, and logs what it observes."""

import base64
import json
import re
import textwrap
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from conformance.targets.plain.parts import PARTS
from conformance.targets.plain.transcript import Operation, Stretch, Transcript, identifiers, kinds_in
from conformance.targets.remote.connections import Json, Message

_PRELUDE: Final = (Path(__file__).parent / "prelude.js").read_text(encoding="utf-8")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][\w$]*")
#: Operations of the remote layer, which look at prototypes.
_OF_THE_LAYER: Final = frozenset({"describe", "members"})
#: Objects that are closed when Python has forgotten them.
_CLOSED: Final = frozenset({"VideoFrame", "AudioData"})
#: Bytes in base64 that are written where they are used.
_LONGEST_INLINE: Final = 200
_LONGEST_COMMENT: Final = 100
_TICK_MILLISECONDS: Final = 4
#: How long the end of a scenario that timed out is waited for.
_AFTERWARDS_MILLISECONDS: Final = 3000
_MODULUS: Final = 2**32

#: A name and a value, as the program logs them.
Fact = tuple[str, Json]


class NotPlainError(Exception):
    """A scenario cannot be written as a program. The message says why."""


@dataclass(frozen=True)
class Listing:
    """A program, and the facts that were observed when Python made its calls.

    No others may follow if ``is_whole``. If ``is_last`` the implementation did not survive the last call.
    """

    text: str
    facts: Sequence[Fact]
    is_whole: bool = False
    is_last: bool = False


def listing_of(transcript: Transcript, heading: Sequence[str], *, timed_out: bool = False) -> Listing:
    """The program of a scenario. ``heading`` has the lines of its comment. Raises NotPlainError."""
    return _Writer(transcript).write(heading, timed_out=timed_out)


@dataclass
class _Writer:
    transcript: Transcript
    facts: list[Fact] = field(default_factory=list)
    #: Variables by the ids of objects, promises and functions; kinds of objects; references of Python's to them.
    names: dict[int, str] = field(default_factory=dict)
    functions: dict[int, str] = field(default_factory=dict)
    promises: dict[int, str] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)
    calls: Counter[int] = field(default_factory=Counter)
    buffers: dict[int, list[str]] = field(default_factory=dict)
    errors: dict[int, int] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    numbers: Counter[str] = field(default_factory=Counter)
    closed: set[int] = field(default_factory=set)
    data: dict[bytes, str] = field(default_factory=dict)
    hoisted: list[str] = field(default_factory=list)
    depth: int = 0
    is_last: bool = False

    def write(self, heading: Sequence[str], *, timed_out: bool) -> Listing:
        self._look_at_kinds(self.transcript.stretches)
        self.used = set(self._used_identifiers(self.transcript.stretches))
        body = list(self._stretches())
        if self.is_last:
            body.append("// Nothing comes back.")
        elif timed_out:
            body.append(f"await delay({_AFTERWARDS_MILLISECONDS}); // Nothing comes any more.")
            pending = [name for identifier, name in self.promises.items() if identifier not in self.settled]
            if pending:
                body.append(f"// {' and '.join(pending)} {'is' if len(pending) == 1 else 'are'} not settled.")
        else:
            body += self._last_awaits()
        if self.hoisted:
            body.insert(0, f"let {', '.join(self.hoisted)};")
        texts = [f"const {name} = await inflated({_deflated(data)});" for data, name in self.data.items()]
        program = "\n".join([*texts, *body]) + "\n"
        words = set(_IDENTIFIER.findall(program))
        parts: list[str] = []
        for name, part in reversed(list(PARTS.items())):
            if name in words:
                parts.insert(0, part)
                words |= set(_IDENTIFIER.findall(part))
        comment = "".join(f"// {line}".rstrip() + "\n" for text in heading for line in text.splitlines())
        return Listing("".join([comment, "\n", _PRELUDE, *parts, "\n", program]), self.facts, timed_out, self.is_last)

    def _last_awaits(self) -> Iterator[str]:
        """Waits at the end of the program, for the events that come after the last operation."""
        stretches = self.transcript.stretches
        last = max((number for number, each in enumerate(stretches) if _plain(each.operations)), default=-1)
        numbers: dict[str, int] = {}
        for stretch in stretches[last + 1 :]:
            identifier = cast("int", stretch.event.get("id", 0))
            if stretch.event["event"] == "called" and identifier in self.functions:
                numbers[self.functions[identifier]] = self.calls[identifier]
            elif stretch.event["event"] == "settled" and identifier in self.promises:
                yield f"await settled({self.promises[identifier]});"
        for name, number in numbers.items():
            yield f"await called({name}, {number});"

    # Stretches

    def _look_at_kinds(self, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            self.kinds.update(kinds_in(stretch.event))
            for operation in stretch.operations:
                self.kinds.update(kinds_in(operation.reply))
                self._look_at_kinds(operation.nested)

    def _used_identifiers(self, stretches: Sequence[Stretch]) -> Iterator[int]:
        for stretch in stretches:
            for operation in stretch.operations:
                if operation.command["op"] not in _OF_THE_LAYER:
                    yield from identifiers(operation.command.get("of"))
                    yield from identifiers(operation.command.get("args", []))
                    yield from identifiers(operation.command.get("value"))
                for identifier, _ in cast("list[list[int]]", operation.command["freed"]):
                    if self.kinds.get(identifier) in _CLOSED:
                        yield identifier
                yield from self._used_identifiers(operation.nested)

    def _stretches(self) -> Iterator[str]:
        stretches = self.transcript.stretches
        milliseconds = 0
        is_begun = False
        for position, stretch in enumerate(stretches):
            is_polled = is_begun and _is_polled(stretch, stretches[position + 1 :])
            if stretch.event["event"] == "tick" and is_begun:
                milliseconds += _TICK_MILLISECONDS
            if is_polled:
                for operation in stretch.operations:
                    self._count(operation.reply)
                if stretch.event["event"] == "tick":
                    continue
            lines = list(self._stretch(stretch, milliseconds, is_polled=is_polled))
            if lines:
                milliseconds = 0
                is_begun = True
                yield from lines

    def _stretch(self, stretch: Stretch, milliseconds: int, *, is_polled: bool) -> Iterator[str]:
        event = stretch.event
        if event["event"] == "called":
            yield from self._called(stretch, "await ")
            return
        if event["event"] == "settled":
            yield from self._settled(event, is_awaited=bool(_plain(stretch.operations)))
        body = [] if is_polled else list(self._operations(stretch.operations))
        if body and milliseconds and event["event"] == "tick":
            yield f"await delay({milliseconds});"
        yield from body

    def _called(self, stretch: Stretch, awaited: str) -> Iterator[str]:
        identifier = cast("int", stretch.event["id"])
        name = self.functions.get(identifier)
        if name is None:
            # A callback of another scenario.
            return
        self.calls[identifier] += 1
        number = self.calls[identifier]
        values = cast("list[Json]", stretch.event["args"])
        self._count(values)
        self.facts.append((name, [self._told(value) for value in values]))
        is_used = any(self._is_used(value) for value in values)
        # A callback within an operation cannot be awaited, as the operation does not return before.
        if _plain(stretch.operations) or (is_used and not awaited):
            parameters = [f"value{position + 1}" for position in range(len(values))]
            self.depth += 1
            body = [binding for pair in zip(parameters, values, strict=True) for binding in self._bindings(*pair)]
            body += self._operations(stretch.operations)
            self.depth -= 1
            yield f"{awaited}called({name}, {number}, ({', '.join(parameters)}) => {{"
            yield from textwrap.indent("\n".join(body), "  ").split("\n")
            yield "});"
        elif is_used:
            fresh = f"values{self._number('values')}"
            yield f"const {fresh} = await called({name}, {number});"
            for position, value in enumerate(values):
                yield from self._bindings(f"{fresh}[{position}]", value)

    def _settled(self, event: Message, *, is_awaited: bool) -> Iterator[str]:
        identifier = cast("int", event["id"])
        name = self.promises.get(identifier)
        self._count(event.get("value"))
        if name is None:
            return
        self.settled.add(identifier)
        if "error" in event:
            self.facts.append((f"{name} is rejected with", self._told(event["error"])))
        else:
            self.facts.append((f"{name} is resolved with", self._told(event["value"])))
        for buffer, content in zip(self.buffers.get(identifier, []), cast("list[Json]", event["lent"]), strict=False):
            if buffer:
                self.facts.append((buffer, _content(content)))
        value = event.get("value")
        if value is not None and self._is_used(value):
            result = f"result{self._number('result')}"
            yield f"const {result} = await settled({name});"
            yield from self._bindings(result, value)
        elif is_awaited:
            yield f"await settled({name}); // {_comment(self.facts[-1 - len(self.buffers.get(identifier, []))][1])}"

    # Operations

    def _operations(self, operations: Sequence[Operation]) -> Iterator[str]:
        for operation in operations:
            command = operation.command
            for identifier, count in cast("list[list[int]]", command["freed"]):
                yield from self._freed(identifier, count)
            if command["op"] not in _OF_THE_LAYER:
                yield from self._operation(operation)

    def _freed(self, identifier: int, count: int) -> Iterator[str]:
        self.counts[identifier] -= count
        if self.counts[identifier] > 0 or self.kinds.get(identifier) not in _CLOSED:
            return
        if identifier in self.names and identifier not in self.closed:
            yield f"{self.names[identifier]}.close();"

    def _operation(self, operation: Operation) -> Iterator[str]:
        command, reply = operation.command, operation.reply
        texts = list(self._buffers(command))
        yield from self._definitions(command)
        expression, short = self._expression(command, texts), self._short(command)
        for position, text in enumerate(texts):
            if text.startswith("const "):
                yield text
                texts[position] = text.split(" ")[1]
        for nested in operation.nested:
            yield from self._called(nested, "")
        if not reply:
            self.is_last = True
            yield f"{expression};"
            return
        self._count(reply.get("value"))
        if "error" in reply:
            self.facts.append((f"{short} throws", self._told(reply["error"])))
            comment = f"{cast('Message', reply['error'])['name']}: {cast('Message', reply['error'])['message']}"
            yield f"thrown({json.dumps(short)}, () => {expression}); // {comment}".replace("\n", " ")
        else:
            yield from self._outcome(command, cast("Message", reply["value"]), expression, short, texts)
        is_promise = cast("Message", reply.get("value") or {"t": ""})["t"] == "p"
        for text, content, buffer in zip(
            texts, cast("list[Json]", reply["lent"]), cast("list[Message]", command["buffers"]), strict=True
        ):
            if buffer["returned"] and not is_promise and _IDENTIFIER.fullmatch(text):
                self.facts.append((text, _content(content)))
                yield f"log({json.dumps(text)}, {text});"

    def _outcome(
        self, command: Message, value: Message, expression: str, short: str, texts: Sequence[str]
    ) -> Iterator[str]:
        kind = value["t"]
        if kind == "p":
            identifier = cast("int", value["id"])
            if identifier in self.promises:
                return
            # Constructors give no promises: the operation is a call or an attribute.
            stem = str(command["name"])
            name = self.promises[identifier] = f"{stem}{self._number(stem)}"
            returned = [
                text if buffer["returned"] else ""
                for text, buffer in zip(texts, cast("list[Message]", command["buffers"]), strict=True)
            ]
            self.buffers[identifier] = returned
            watched = "".join(f", [{json.dumps(text)}, {text}]" for text in returned if text)
            yield self._assignment(name, f"watch({json.dumps(name)}, {expression}{watched})")
        elif kind == "o":
            identifier = cast("int", value["id"])
            if identifier in self.names:
                same = f"{short} === {self.names[identifier]}"
                self.facts.append((same, True))
                yield f"log({json.dumps(same)}, {expression} === {self.names[identifier]}); // true"
            else:
                yield self._assignment(self._name_object(identifier), expression)
        elif command["op"] == "set" or (command["op"] == "call" and kind == "u"):
            if command["name"] == "close":
                self.closed.update(identifiers(command["of"]))
            yield f"{expression};"
        elif self._is_used(value):
            self.facts.append((short, self._told(value)))
            result = f"result{self._number('result')}"
            yield f"const {result} = log({json.dumps(short)}, {expression});"
            yield from self._bindings(result, value)
        else:
            self.facts.append((short, self._told(value)))
            yield f"log({json.dumps(short)}, {expression}); // {_comment(self.facts[-1][1])}"

    def _assignment(self, name: str, expression: str) -> str:
        if self.depth:
            self.hoisted.append(name)
            return f"{name} = {expression};"
        return f"const {name} = {expression};"

    def _bindings(self, expression: str, value: Json) -> Iterator[str]:
        """Variables for the objects in a value that the program uses."""
        if isinstance(value, dict) and value.get("t") == "o":
            identifier = cast("int", value["id"])
            if identifier in self.used and identifier not in self.names:
                yield self._assignment(self._name_object(identifier), expression)
        elif isinstance(value, dict) and value.get("t") == "d":
            for name, item in cast("Message", value["d"]).items():
                yield from self._bindings(f"{expression}{_member(name)}", item)
        elif isinstance(value, dict) and value.get("t") == "a":
            for position, item in enumerate(cast("list[Json]", value["a"])):
                yield from self._bindings(f"{expression}[{position}]", item)

    def _is_used(self, value: Json) -> bool:
        """Whether a value has objects that need variables."""
        return any(identifier in self.used and identifier not in self.names for identifier in identifiers(value))

    def _definitions(self, command: Message) -> Iterator[str]:
        """Callbacks that an operation needs and that are not defined yet, and objects older than the scenario."""
        for key, identifier in _functions(command.get("args", [])):
            yield from self._define_callback(identifier, key or str(_first_word(command)))
        for key, identifier in _functions(command.get("value")):
            yield from self._define_callback(identifier, key or str(command["name"]).removeprefix("on"))
        needed = [command.get("of"), command.get("args", []), command.get("value")]
        for identifier in [identifier for value in needed for identifier in identifiers(value)]:
            if identifier in self.names:
                continue
            origin = self.transcript.origins.get(identifier)
            if origin is None:
                raise NotPlainError("an object is older than the scenario")
            self.kinds.update(kinds_in(origin.reply))
            yield from self._operation(origin)

    def _define_callback(self, identifier: int, stem: str) -> Iterator[str]:
        if identifier in self.functions:
            return
        stem = stem if _IDENTIFIER.fullmatch(stem) else "callback"
        name = self.functions[identifier] = f"{stem}{self._number(stem)}"
        yield self._assignment(name, f"callback({json.dumps(name)})")

    def _buffers(self, command: Message) -> Iterator[str]:
        """An expression for each buffer of an operation, or the declaration of a variable."""
        uses = Counter(_buffer_uses(command.get("args", [])))
        for position, buffer in enumerate(cast("list[Message]", command["buffers"])):
            data = base64.b64decode(str(buffer["b"]))
            text = self._bytes(data)
            if buffer["detached"]:
                text = f"detached({text})"
            if buffer["returned"] or uses[position] > 1:
                text = f"const buffer{self._number('buffer')} = {text};"
            yield text

    def _bytes(self, data: bytes) -> str:
        if len(set(data)) <= 1:
            return f"new Uint8Array({len(data)})" + (f".fill({data[0]})" if data.strip(b"\0") else "")
        encoded = base64.b64encode(data).decode("ascii")
        if len(encoded) <= _LONGEST_INLINE:
            return f'bytes("{encoded}")'
        name = self.data.get(data)
        if name is None:
            name = self.data[data] = f"data{self._number('data')}"
        return f"{name}.slice()"

    def _expression(self, command: Message, texts: Sequence[str]) -> str:
        name = command["name"]
        match command["op"]:
            case "new":
                return f"new {name}({self._arguments(command, texts)})"
            case "call":
                return f"{self._value(command['of'], texts)}.{name}({self._arguments(command, texts)})"
            case "set":
                return f"{self._value(command['of'], texts)}.{name} = {self._value(command['value'], texts)}"
        return f"{self._value(command['of'], texts)}{_member(name)}"

    def _short(self, command: Message) -> str:
        name = str(command["name"])
        match command["op"]:
            case "new":
                return f"new {name}"
            case "call":
                return f"{self._value(command['of'], [])}.{name}()"
        return f"{self._value(command['of'], [])}{_member(command['name'])}"

    def _arguments(self, command: Message, texts: Sequence[str]) -> str:
        return ", ".join(self._value(argument, texts) for argument in cast("list[Json]", command["args"]))

    def _value(self, encoded: Json, texts: Sequence[str]) -> str:
        value = cast("Message", encoded)
        match value["t"]:
            case "u":
                return "undefined"
            case "n":
                return str(value["n"])
            case "a":
                return f"[{', '.join(self._value(item, texts) for item in cast('list[Json]', value['a']))}]"
            case "d":
                members = (
                    f"{name if _IDENTIFIER.fullmatch(name) else json.dumps(name)}: {self._value(item, texts)}"
                    for name, item in cast("Message", value["d"]).items()
                )
                text = ", ".join(members)
                return f"{{ {text} }}" if text else "{}"
            case "o":
                return self.names[cast("int", value["id"])]
            case "i":
                return str(value["name"])
            case "f":
                return self.functions[cast("int", value["id"])]
            case "s":
                parts = ", ".join(self._value(part, texts) for part in cast("list[Json]", value["a"]))
                return f"streamed([{parts}])"
            case "b":
                text = texts[cast("int", value["i"])]
                text = text.split(" ")[1] if text.startswith("const ") else text
                return f"{text}.buffer" if value["whole"] else text
        return json.dumps(value["v"])

    # Values

    def _told(self, encoded: Json) -> Json:
        """A value as the program's ``shown`` gives it."""
        value = cast("Message", encoded)
        match value["t"]:
            case "u":
                return "undefined"
            case "n":
                return value["n"]
            case "a":
                return [self._told(item) for item in cast("list[Json]", value["a"])]
            case "d":
                return {name: self._told(item) for name, item in cast("Message", value["d"]).items()}
            case "e":
                number = self.errors.setdefault(cast("int", value["id"]), len(self.errors) + 1)
                return f"{value['name']} {number}"
            case "o":
                return value["k"]
            case "f":
                return self.functions.get(cast("int", value["id"]), "function")
            case "p":
                return "Promise"
            case "b":
                return _content(value["b"])
        return value["v"]

    def _count(self, value: Json) -> None:
        self.counts.update(identifiers(value))

    def _name_object(self, identifier: int) -> str:
        # A VideoFrame is a frame, and an EncodedAudioChunk a chunk.
        short = re.sub("^(Encoded)?(Video|Audio|Image)(?=[A-Z])", "", self.kinds[identifier])
        stem = short[0].lower() + short[1:]
        name = self.names[identifier] = f"{stem}{self._number(stem)}"
        return name

    def _number(self, stem: str) -> int:
        self.numbers[stem] += 1
        return self.numbers[stem]


def _plain(operations: Sequence[Operation]) -> list[Operation]:
    return [operation for operation in operations if operation.command["op"] not in _OF_THE_LAYER]


def _is_polled(stretch: Stretch, later: Sequence[Stretch]) -> bool:
    """Whether a stretch only looks at attributes, and a later one begins by looking at the same again."""
    looks = [_look(operation) for operation in _plain(stretch.operations)]
    following = next((each for each in later if _plain(each.operations)), None)
    if not looks or None in looks or following is None or following.event["event"] != "tick":
        return False
    return looks == [_look(operation) for operation in _plain(following.operations)][: len(looks)]


def _look(operation: Operation) -> str | None:
    command = operation.command
    return json.dumps([command["of"], command["name"]]) if command["op"] == "get" else None


def _functions(value: Json, key: str = "") -> Iterator[tuple[str, int]]:
    """The functions in an encoded value, with the names of the members that have them."""
    if isinstance(value, list):
        for item in value:
            yield from _functions(item, key)
    elif isinstance(value, dict):
        if value.get("t") == "f":
            yield key, cast("int", value["id"])
        elif value.get("t") == "a":
            yield from _functions(value["a"], key)
        elif value.get("t") == "d":
            for name, item in cast("Message", value["d"]).items():
                yield from _functions(item, name)


def _first_word(command: Message) -> Json:
    """The first argument, if it is a string: the type of an event."""
    arguments = cast("list[Message]", command.get("args") or [{"v": ""}])
    return arguments[0].get("v", "")


def _buffer_uses(value: Json) -> Iterator[int]:
    if isinstance(value, list):
        for item in value:
            yield from _buffer_uses(item)
    elif isinstance(value, dict):
        if value.get("t") == "b":
            yield cast("int", value["i"])
        else:
            for item in value.values():
                yield from _buffer_uses(item)


def _member(name: Json) -> str:
    """How a member is got: of an object, or of a list."""
    if isinstance(name, str) and _IDENTIFIER.fullmatch(name):
        return f".{name}"
    return f"[{json.dumps(name)}]"


def _content(encoded: Json) -> str:
    """Bytes as ``shown`` tells them. Those of a detached buffer are none."""
    data = base64.b64decode(str(encoded or ""))
    total = 0
    for byte in data:
        total = (total * 31 + byte) % _MODULUS
    first = " ".join(map(str, data[:8]))
    return f"{len(data)} bytes: {first}{' …' if len(data) > 8 else ''}, sum {total}"


def _deflated(data: bytes) -> str:
    return f'"{base64.b64encode(zlib.compress(data, 9)).decode("ascii")}"'


def _comment(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_COMMENT else f"{text[: _LONGEST_COMMENT - 1]}…"
