"""A recording as a JSON document: what a page, a picture and a comparison are made of. docs/explain.md describes it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias, cast

from conformance.explain.recorder import Event, Frame, FrameKind, ItemKind, Operation, Recorder
from conformance.explain.step_map import SOURCE, Place
from conformance.explain.titles import title_of
from conformance.steps.extents import extents
from conformance.steps.index_file import load_index
from conformance.steps.model import Index, address_of
from conformance.steps.source import Function, Module, StepComment

#: Document → what the user's copy of the spec says, by anchor, part and step.
Sentences: TypeAlias = Mapping[tuple[str, str, str], str]
FORMAT: Final = 1
KINDS: Final[Sequence[FrameKind]] = ("algorithm", "program", "task", "work", "outside")
ITEMS: Final[Sequence[ItemKind]] = ("message", "task", "work", "promise", "await", "steps")
_NUMBERS: Final = re.compile(r"^(\d+(\.\d+)*\.)((, and |,? and |, | to )\d+(\.\d+)*\.)*\s*")
_CONDITIONS: Final = ("if ", "elif ", "while ", "for ")
_MICROSECOND: Final = 1000


@dataclass
class Text:
    """A program as it is shown: its name and its lines."""

    name: str
    source: str
    title: str


@dataclass
class Recording:
    """The members of the JSON document."""

    document: dict[str, object] = field(default_factory=dict)

    def json(self) -> str:
        """The document, always the same text for the same content."""
        return json.dumps(self.document, ensure_ascii=False, separators=(",", ":"))

    def write(self, path: Path) -> None:
        """Write the document to a file. Raises OSError."""
        path.write_text(self.json() + "\n", encoding="utf-8")


class RecordingError(Exception):
    """A file is no recording."""


def read_recording(path: Path) -> Recording:
    """Read what ``Recording.write()`` has written. Raises RecordingError."""
    try:
        document: object = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise RecordingError(f"{path}: not a recording ({error})") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise RecordingError(f"{path}: not a recording of this version")
    return Recording(cast("dict[str, object]", document))


def recording_of(recorder: Recorder, text: Text, sentences: Sentences | None = None) -> Recording:
    """Everything that ``recorder`` has recorded. With ``sentences``, steps have the words of the spec."""
    return Recording(_Encoder(recorder, text, sentences or {}).document())


_Key: TypeAlias = tuple[str, str, str]


class _Encoder:
    def __init__(self, recorder: Recorder, text: Text, sentences: Sentences) -> None:
        self._recorder = recorder
        self._text = text
        self._sentences = sentences
        self._index: Index = load_index()
        self._functions: dict[_Key, int] = {}
        self._described: list[dict[str, object]] = []
        self._rows: list[dict[int | tuple[Path, int], int]] = []
        self._places: dict[tuple[int, str], int] = {}
        self._encoded_places: list[list[object]] = []
        self._names: dict[str, int] = {}
        self._by_anchor: dict[tuple[str, str, str], list[Function]] = {}
        self._modules: dict[Path, Module] = {place.module.path: place.module for place in recorder.steps.places}
        for module in self._modules.values():
            for function in module.functions:
                for anchor in function.anchors:
                    self._by_anchor.setdefault((anchor, function.part, function.variant), []).append(function)

    def document(self) -> dict[str, object]:
        recorder = self._recorder
        events = sorted(recorder.events, key=lambda event: event.index)
        frames = sorted(recorder.frames, key=lambda frame: frame.number)
        items = sorted(recorder.items, key=lambda item: item.number)
        positions = {event.index: position for position, event in enumerate(events)}
        places = [self._place(event, frames[event.frame]) for event in events]
        operations = _operations(events, frames, recorder)
        origin = events[0].time if events else 0
        times: list[int] = []
        last = 0
        for event in events:
            now = (event.time - origin) // _MICROSECOND
            times.append(now - last)
            last = now
        return {
            "format": FORMAT,
            "title": self._text.title,
            "file": self._text.name,
            "program": self._text.source,
            "edition": self._index.editions.get("webcodecs", ""),
            "clock": recorder.has_clock,
            "codecs": [[codec.interface, [slot.name for slot in codec.slots]] for codec in recorder.codecs],
            "functions": self._described,
            "places": self._encoded_places,
            "frames": [
                [
                    KINDS.index(frame.kind),
                    self._name(frame.name),
                    positions.get(frame.parent, -1),
                    frame.item,
                    frame.lane,
                    int(frame.is_inner),
                    frame.codec,
                ]
                for frame in frames
            ],
            "names": list(self._names),
            "items": [
                [
                    ITEMS.index(item.kind),
                    item.name,
                    positions.get(item.cause, -1),
                    item.codec,
                    *([list(item.timestamps)] if item.timestamps else []),
                ]
                for item in items
            ],
            "f": [event.frame for event in events],
            "p": places,
            "t": times if recorder.has_clock else [],
            "ops": operations,
        }

    def _name(self, name: str) -> int:
        return self._names.setdefault(name, len(self._names))

    def _place(self, event: Event, frame: Frame) -> int:
        if frame.kind != "algorithm":
            return event.place
        place = self._recorder.steps.places[event.place]
        anchor = anchor_for(place.function.anchors, frame.interface)
        key = (event.place, anchor)
        if key not in self._places:
            function = self._function(place, anchor)
            rows = self._rows[function]
            numbers = [rows[place.module.path, comment.line] for comment in place.comments if _is_of(comment, anchor)]
            self._places[key] = len(self._encoded_places)
            self._encoded_places.append([function, sorted(set(numbers))])
        return self._places[key]

    def _function(self, place: Place, anchor: str) -> int:
        """The number of an algorithm: a list of steps under an anchor, which several functions may perform."""
        function = place.function
        key = (anchor, function.part, function.variant)
        if key in self._functions:
            return self._functions[key]
        performers = self._by_anchor[key]
        rows = sorted(
            (row for performer in performers for row in self._rows_of(performer, anchor)), key=lambda row: row.order
        )
        number = self._functions[key] = len(self._described)
        self._rows.append({(row.path, row.line): position for position, row in enumerate(rows)})
        self._described.append(
            {
                "title": title_of(self._index, anchor, function.part, performers[0]),
                "anchor": anchor,
                "part": function.part,
                "address": address_of(anchor),
                "file": ", ".join(
                    dict.fromkeys(performer.path.relative_to(SOURCE.parent).as_posix() for performer in performers)
                ),
                "rows": [row.encoded() for row in rows],
            }
        )
        return number

    def _rows_of(self, function: Function, anchor: str) -> Iterator["_Row"]:
        module = self._modules[function.path]
        source = _source(function.path)
        covered = extents(module)
        comments = sorted((comment for body in function.bodies for comment in body), key=lambda comment: comment.line)
        starts = {comment.line for comment in comments}
        words = ""
        for comment in comments:
            if not _is_of(comment, anchor):
                words = _words(comment, source, module, starts)
                continue
            lines = covered.get(comment.line, [])
            above = words
            words = _words(comment, source, module, starts)
            if not words and comment.line - 1 in module.comment_lines:
                # The same step under another anchor has the words for both.
                words = above
            shares = any(other.line > comment.line and covered.get(other.line) == lines for other in comments if lines)
            numbers = ", ".join(first if first == last else f"{first}–{last}" for first, last in comment.ranges)
            yield _Row(
                function.path,
                comment.line,
                numbers,
                words,
                # Comments above the same code: it is shown once, with the last of them.
                "" if shares else _code(lines, source),
                comment.reason is not None,
                [
                    self._sentences[key]
                    for step, _ in comment.ranges
                    if (key := (anchor, function.part, step)) in self._sentences
                ],
            )


@dataclass(frozen=True)
class _Row:
    """A step as it is shown."""

    path: Path
    line: int
    numbers: str
    words: str
    code: str
    is_not_applicable: bool
    sentences: list[str]

    @property
    def order(self) -> tuple[list[int], str, int]:
        first = re.split(r"[,–]", self.numbers)[0]
        return [int(number) for number in first.split(".")], self.path.as_posix(), self.line

    def encoded(self) -> list[object]:
        row: list[object] = [self.numbers, self.words, self.code, int(self.is_not_applicable)]
        return [*row, " ".join(self.sentences)] if self.sentences else row


def _is_of(comment: StepComment, anchor: str) -> bool:
    return not comment.reference or comment.reference == anchor


def anchor_for(anchors: Sequence[str], interface: str) -> str:
    """The anchor that is meant, of a function with several: the one of the interface, or at least of its medium."""
    if len(anchors) == 1:
        return anchors[0]
    name = interface.lower()
    medium = "audio" if "audio" in name else "video"
    side = "encode" if "encoder" in name else "decode"
    for wanted in ((name,), (medium, side), (medium,)):
        for anchor in anchors:
            if name and all(word in anchor for word in wanted):
                return anchor
    return anchors[0]


_sources: dict[Path, list[str]] = {}


def _source(path: Path) -> list[str]:
    if path not in _sources:
        _sources[path] = path.read_text(encoding="utf-8").splitlines()
    return _sources[path]


def _words(comment: StepComment, source: Sequence[str], module: Module, starts: set[int]) -> str:
    """The words of a step comment, with those of its further lines."""
    text = source[comment.line - 1].strip().lstrip("# ")
    line = comment.line + 1
    while line in module.comment_lines and line not in starts:
        further = source[line - 1].strip().lstrip("# ")
        if further.startswith((":", "Not in the spec", "For speed", "Spec:")):
            break
        text += f" {further}"
        line += 1
    if comment.reference:
        text = text.partition(": ")[2]
    return _NUMBERS.sub("", text).removeprefix("n/a").lstrip(": ")


def _code(lines: Sequence[int], source: Sequence[str]) -> str:
    code = [source[line - 1] for line in lines]
    indent = min((len(text) - len(text.lstrip()) for text in code if text.strip()), default=0)
    return "\n".join(text[indent:] for text in code)


def _operations(events: Sequence[Event], frames: Sequence[Frame], recorder: Recorder) -> dict[str, list[list[object]]]:
    """The operations of the events that have any. Whether a condition held is said for every condition."""
    places = recorder.steps.places
    last_of_frame: dict[int, tuple[int, Event]] = {}
    encoded: dict[int, list[Operation]] = {}
    for position, event in enumerate(events):
        frame = frames[event.frame]
        encoded[position] = [operation for operation in event.operations if operation[0] != "b"]
        if frame.kind != "algorithm":
            continue
        place = places[event.place]
        if _is_condition(place) and ("~",) not in event.operations:
            encoded[position].append(("b", int(("b",) in event.operations)))
        before = last_of_frame.get(event.frame)
        if before is not None and _is_within(place, places[before[1].place]):
            # The condition is followed by a step inside of it, so it holds.
            operations = encoded[before[0]]
            operations[:] = [("b", 1) if operation == ("b", 0) else operation for operation in operations]
        last_of_frame[event.frame] = position, event
    for operations in encoded.values():
        _join_prints(operations)
    return {
        str(position): [list(operation) for operation in operations]
        for position, operations in encoded.items()
        if operations
    }


def _join_prints(operations: list[Operation]) -> None:
    """``print()`` writes its arguments one by one."""
    for position in range(len(operations) - 1, 0, -1):
        before, operation = operations[position - 1], operations[position]
        if before[0] == operation[0] == "o":
            operations[position - 1 : position + 1] = [("o", f"{before[1]}{operation[1]}")]


def _is_condition(place: Place) -> bool:
    text = _source(place.module.path)[place.first - 1].strip()
    return text.startswith(_CONDITIONS)


def _is_within(place: Place, outer: Place) -> bool:
    return any(
        inner.ranges[0][0].startswith(f"{around.ranges[-1][1]}.")
        for inner in place.comments
        for around in outer.comments
    )
