"""Records every executed step of every algorithm, on all threads, in order, with what it changed and why it ran.

The recorder is fed by a core (``cores``), which sees the lines that are executed, and by stand-ins (``stand_ins``),
through which codecs queue messages, work and tasks. Nothing of it is in the model, and nothing is left of it when the
recording ends.

An event is the execution of a step, or of a line of the program, or the beginning or end of a task or of work. It
belongs to a frame: one run of a function, a task, or work. A frame knows the event that called it, and the item whose
steps it runs. An item is a message, a task, work or a promise, and knows the event that queued or settled it. So every
event has a chain of causes: up the frames to one that has an item, to the event that caused the item, and so on.
"""

import threading
from asyncio import Future
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from threading import get_ident
from time import monotonic, perf_counter_ns
from types import CodeType, FrameType
from typing import Final, Literal, NamedTuple, TypeAlias
from weakref import ReferenceType, ref

from codecmodel.codecs.processing_model import ProcessingModel
from codecmodel.web.event_loop import Promise
from conformance.explain.slots import SLOTS, Slot, Value, read
from conformance.explain.step_map import TRANSPARENT, StepMap

FrameKind: TypeAlias = Literal["algorithm", "program", "task", "work", "outside"]
ItemKind: TypeAlias = Literal["message", "task", "work", "promise", "await", "steps"]
#: An effect of an event: a letter, and the object of the effect. docs/explain.md lists them.
Operation: TypeAlias = tuple[str | int | bool | None, ...]

EVENT_LOOP: Final = 0
IN_PARALLEL: Final = 1
#: The lane of the work queue of the first codec; the second one's comes after it.
FIRST_WORK_QUEUE: Final = 2
BEGIN: Final = 0
END: Final = 1
#: Changes that may only be shown at an event of their own, if their step has called others before.
_EXACT: Final = frozenset(("s", "w+", "t+", "m+", "m0", "o", "p", "p+", "c"))
#: Changes that another thread reacts to.
_ACROSS: Final = frozenset(("w+", "t+"))
#: Seconds to wait for work that the program has left behind.
_PATIENCE: Final = 2.0
#: More codecs than these are looked at only while their own steps run.
_FEW_CODECS: Final = 16
_MEDIA: Final = ("audio", "video")


class Event:
    """One event. ``place`` is a place of the step map, a line of the program, or BEGIN or END."""

    __slots__ = ("frame", "index", "operations", "place", "time")

    def __init__(self, index: int, frame: int, place: int, time: int) -> None:
        self.index = index
        self.frame = frame
        self.place = place
        self.time = time
        self.operations: list[Operation] = []


class Frame(NamedTuple):
    """A run of something. ``parent`` is the event that called it, or -1; ``item`` what it is the steps of, or -1."""

    number: int
    kind: FrameKind
    name: str
    parent: int
    item: int
    lane: int
    is_inner: bool
    codec: int
    code: CodeType | None
    #: The interface by which the anchor of a function with several is chosen.
    interface: str


@dataclass
class Item:
    """Something that was queued, or a promise. ``cause`` is the event that queued or settled it, or -1."""

    number: int
    kind: ItemKind
    name: str
    cause: int
    codec: int
    timestamps: tuple[int, ...]


@dataclass
class TracedCodec:
    """A codec of the recording. It is not kept alive."""

    number: int
    interface: str
    reference: "ReferenceType[object]"
    thread: int
    slots: Sequence[Slot]
    values: list[Value]
    is_working: bool = False


class _Open:
    """A frame that has begun and not ended, with what was the current event before."""

    __slots__ = ("code", "codec", "event", "frame", "interface", "place", "python_frame")

    def __init__(
        self, frame: int, event: Event | None, code: CodeType | None, python_frame: FrameType | None, codec: int
    ) -> None:
        self.frame = frame
        self.event = event
        self.code = code
        self.python_frame = python_frame
        self.codec = codec
        self.interface = ""
        self.place: int | None = None


class _Thread(threading.local):
    def __init__(self) -> None:
        self.stack: list[_Open] = []
        #: The event that is going on, and the one that began last.
        self.event: Event | None = None
        self.last: Event | None = None
        #: The item that the next frame is the steps of.
        self.item = -1
        self.lane: int | None = None


@dataclass
class Recorder:
    """The recording, as far as it has got. ``program`` are the code objects of the program that is explained.

    ``has_clock`` says whether times are recorded. ``is_parallel`` says whether the running code belongs to a parallel
    queue, where that can't be told by the thread.
    """

    steps: StepMap
    program: frozenset[CodeType] = frozenset()
    has_clock: bool = True
    is_parallel: Callable[[], bool] = lambda: False
    events: list[Event] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    codecs: list[TracedCodec] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._thread = _Thread()
        self._main = get_ident()
        self._event_numbers = count()
        self._frame_numbers = count()
        self._item_numbers = count()
        self._items_by_number: dict[int, Item] = {}
        self._promises: dict[int, tuple[Promise[object], int]] = {}
        self._awaited: list[tuple[Promise[object], int]] = []
        self._resumes: dict[int, int] = {}
        #: For each function: its latest event, and the codec and the interface of its latest run.
        self._latest: dict[CodeType, int] = {}
        self._made_by: dict[CodeType, tuple[int, str]] = {}
        self._is_frozen = False
        self._work_left = 0
        self._work_done = threading.Condition()

    # Events

    def begin(self, frame: int, place: int) -> Event:
        """An event begins, and the one before it on this thread ends."""
        self.look()
        return self._new_event(frame, place)

    def _new_event(self, frame: int, place: int) -> Event:
        thread = self._thread
        event = Event(next(self._event_numbers), frame, place, perf_counter_ns() if self.has_clock else 0)
        thread.event = thread.last = event
        if not self._is_frozen:
            self.events.append(event)
        return event

    def operation(self, *operation: str | int | bool | None) -> None:
        """The event that is going on does something."""
        thread = self._thread
        if self._is_frozen:
            return
        event = thread.event
        if event is None:
            event = self._new_event(self._new_frame("outside", "", None), BEGIN)
        elif thread.stack and operation[0] in _EXACT and self._is_past(event, thread, operation):
            # The step goes on after what it has called. Its event is over, so the change gets one of its own.
            event = self._new_event(event.frame, event.place)
            event.operations.append(("~",))
        event.operations.append(operation)

    def _is_past(self, event: Event, thread: _Thread, operation: Operation) -> bool:
        if event is not thread.last:
            return True
        return operation[0] in _ACROSS and self.events[-1] is not event

    def look(self) -> None:
        """Look what the step that ends here has changed."""
        thread = self._thread
        if thread.event is None or self._is_frozen:
            return
        lane, number = self.lane(), get_ident()
        codecs: Sequence[TracedCodec] = self.codecs
        if len(codecs) > _FEW_CODECS:
            on_stack = {frame.codec for frame in thread.stack if frame.codec >= 0}
            codecs = [codecs[codec] for codec in sorted(on_stack)]
        for codec in codecs:
            is_own_work = lane == FIRST_WORK_QUEUE + codec.number
            if is_own_work or (lane == EVENT_LOOP and codec.thread == number):
                self._look_at(codec, is_own_work)
        if self._awaited:
            self._look_at_awaited()

    def _look_at(self, codec: TracedCodec, is_own_work: bool) -> None:
        instance = codec.reference()
        if instance is None:
            return
        for number, slot in enumerate(codec.slots):
            if slot.is_of_work != is_own_work and (is_own_work or codec.is_working):
                continue
            value = read(instance, slot)
            if value != codec.values[number]:
                codec.values[number] = value
                self.operation("s", codec.number, number, value)

    def _look_at_awaited(self) -> None:
        for entry in self._awaited[:]:
            future, item = entry
            if future.done():
                self._awaited.remove(entry)
                self._settle(item, future)

    # Frames

    def lane(self) -> int:
        """The lane of the running code."""
        lane = self._thread.lane
        if lane is not None:
            return lane
        return IN_PARALLEL if get_ident() != self._main or self.is_parallel() else EVENT_LOOP

    def _new_frame(
        self, kind: FrameKind, name: str, code: CodeType | None, codec: int = -1, interface: str = ""
    ) -> int:
        thread = self._thread
        number = next(self._frame_numbers)
        parent = thread.event.index if thread.event is not None and thread.stack else -1
        item, thread.item = thread.item, -1
        lane = self.lane()
        is_inner = code is not None and code in self.steps.outer
        if item < 0 and parent < 0 and code is not None and code in self.steps.outer:
            # Steps that something outside of the codecs' queues runs later: their cause is what made them.
            cause = self._latest.get(self.steps.outer[code], -1)
            item = self.new_item("steps", name, codec, cause=cause)
        self.frames.append(Frame(number, kind, name, parent, item, lane, is_inner, codec, code, interface))
        return number

    def start(self, code: CodeType, frame: FrameType, item: int = -1) -> None:
        """A function begins, or goes on because ``item`` was settled."""
        if code.co_name in TRANSPARENT:
            return
        thread = self._thread
        if item >= 0:
            thread.item = item
        is_program = code in self.program
        codec, interface = (-1, "") if is_program else self._codec_of(code, frame)
        number = self._new_frame("program" if is_program else "algorithm", code.co_qualname, code, codec, interface)
        opened = _Open(number, thread.event, code, frame, codec)
        opened.interface = interface
        self._made_by[code] = codec, interface
        thread.stack.append(opened)
        if item >= 0:
            # The line that has awaited goes on.
            self.line(code, frame.f_lineno)

    def _codec_of(self, code: CodeType, frame: FrameType) -> tuple[int, str]:
        """The codec whose steps these are, or -1, and the interface that is meant by a function of several."""
        names = (*code.co_varnames[: code.co_argcount], *code.co_freevars)
        members = frame.f_locals
        values: list[object] = [members[name] for name in names if name in members]
        for value in values:
            if isinstance(value, ProcessingModel):
                codec = self._number_of(value)
                if codec >= 0:
                    return codec, self.codecs[codec].interface
                return -1, interface_of(type(value))
            owner: object = getattr(value, "_image_decoder", None)
            if isinstance(owner, ProcessingModel):
                return self._number_of(owner), "ImageDecoder"
        above = next((opened for opened in reversed(self._thread.stack) if opened.code is not None), None)
        for value in values:
            name = (value if isinstance(value, type) else type(value)).__name__
            if name.lower().startswith(_MEDIA) or "Encoded" in name:
                return (above.codec if above is not None else -1), name
        if above is not None:
            return above.codec, above.interface
        return self._made_by.get(self.steps.outer.get(code, code), (-1, ""))

    def _number_of(self, instance: object) -> int:
        for codec in reversed(self.codecs):
            if codec.reference() is instance:
                return codec.number
        return -1

    def line(self, code: CodeType, line: int) -> bool:
        """A line begins. Returns whether it is of no interest, now and ever."""
        is_program = code in self.program
        place = line if is_program else self.steps.lines[code].get(line, -1)
        if place < 0:
            return True
        stack = self._thread.stack
        if not stack:
            return False
        top = stack[-1]
        if code.co_name in TRANSPARENT:
            if not is_program:
                self._goes_on(top, place, line)
            return False
        if top.code is not code:
            return False
        if place == top.place and not is_program and line != self.steps.places[place].first:
            self._goes_on(top, place, line)
            return False
        top.place = place
        self._latest[code] = self.begin(top.frame, place).index
        return False

    def _goes_on(self, top: _Open, place: int, line: int) -> None:
        """A further line of the same step: if the step is a condition, it holds."""
        event = self._thread.event
        if (
            event is not None
            and place == top.place
            and event.frame == top.frame
            and event.place == place
            and line != self.steps.places[place].first
            and ("b",) not in event.operations
        ):
            self.operation("b")

    def leave(self, code: CodeType, value: object, how: Literal["return", "yield", "raise"]) -> None:
        """A function returns ``value``, awaits it, or ends by raising it."""
        thread = self._thread
        if not thread.stack or thread.stack[-1].code is not code or code.co_name in TRANSPARENT:
            return
        self.look()
        top = thread.stack.pop()
        if how == "raise":
            self.operation("x", name_of_exception(value))
        elif how == "return" and isinstance(value, str) and code not in self.program:
            self.operation("r", value)
        elif how == "yield" and isinstance(value, Future):
            self._awaits(value, top)
        # The caller's step goes on.
        thread.event = top.event if thread.stack else thread.event

    def _awaits(self, future: Promise[object], top: _Open) -> None:
        known = self._promises.get(id(future))
        if known is not None and known[0] is future:
            item = known[1]
        else:
            item = self.new_item("await", "await", -1, cause=-1)
            self._promises[id(future)] = (future, item)
            if future.done():
                self._settle(item, future)
            else:
                self._awaited.append((future, item))
        self.operation("a", item)
        if top.python_frame is not None:
            self._resumes[id(top.python_frame)] = item

    def resumed(self, frame: FrameType) -> int:
        """The item whose settlement lets a function that had awaited it go on, or -1."""
        return self._resumes.pop(id(frame), -1)

    def program_line(self, line: int, steps: Callable[[], None]) -> None:
        """``steps`` are line ``line`` of a program that is not Python."""
        thread = self._thread
        opened = _Open(self._new_frame("program", "program", None), thread.event, None, None, -1)
        thread.stack.append(opened)
        self.begin(opened.frame, line)
        try:
            steps()
        finally:
            self.look()
            thread.stack.pop()
            if thread.stack:
                thread.event = opened.event

    # Items

    def new_item(
        self, kind: ItemKind, name: str, codec: int, timestamps: tuple[int, ...] = (), cause: int | None = None
    ) -> int:
        """Something is queued. Returns its number. The cause is the event that is going on, unless one is given."""
        if cause is None:
            event = self._thread.event
            cause = -1 if event is None else event.index
        number = next(self._item_numbers)
        item = Item(number, kind, name, cause, codec, timestamps)
        self._items_by_number[number] = item
        self.items.append(item)
        return number

    def queued(self, operation: str, item: int) -> None:
        """``item`` is added to a queue."""
        self.operation(operation, item)
        event = self._thread.event
        if event is not None:
            self._items_by_number[item].cause = event.index

    def next_frame_is_of(self, item: int) -> None:
        """The function that is about to begin runs the steps of ``item``."""
        self._thread.item = item

    def promised(self, promise: Promise[object], name: str, codec: int) -> None:
        """A codec has made a promise."""
        item = self.new_item("promise", name, codec, cause=-1)
        self._promises[id(promise)] = (promise, item)
        self.operation("p+", item)

    def settled(self, promise: object) -> None:
        """A step has settled a promise, or has tried to."""
        known = self._promises.get(id(promise))
        if known is not None and known[0] is promise and known[0].done():
            _, item = self._promises.pop(id(promise))
            self._settle(item, known[0])

    def _settle(self, number: int, future: Promise[object]) -> None:
        item = self._items_by_number[number]
        if item.cause >= 0:
            return
        if future.cancelled():
            outcome = "cancelled"
        elif future._exception is not None:
            outcome = f"rejected with {name_of_exception(future._exception)}"
        else:
            outcome = "resolved"
        self.operation("p", number, outcome)
        event = self._thread.event
        if event is not None:
            item.cause = event.index

    # Tasks and work

    def run(self, kind: Literal["task", "work"], item: int, steps: Callable[[], None]) -> None:
        """Run the steps of a task or of work."""
        thread = self._thread
        saved = thread.stack, thread.event, thread.lane
        codec = self._items_by_number[item].codec
        thread.stack, thread.item = [], item
        thread.lane = EVENT_LOOP if kind == "task" else FIRST_WORK_QUEUE + codec
        if kind == "work":
            self.codecs[codec].is_working = True
        frame = self._new_frame(kind, self._items_by_number[item].name, None, codec)
        begun = self.begin(frame, BEGIN)
        self.operation(f"{kind[0]}-", item)
        thread.stack.append(_Open(frame, begun, None, None, codec))
        try:
            steps()
        finally:
            self.look()
            thread.stack = thread.stack[:1]
            self._new_event(frame, END)
            self.operation(f"{kind[0]}.", item)
            thread.stack, event, thread.lane = saved
            thread.event = event if thread.stack else thread.event
            if kind == "work":
                self.codecs[codec].is_working = False
                self._work(-1)

    def _work(self, change: int) -> None:
        with self._work_done:
            self._work_left += change
            self._work_done.notify_all()

    def work_is_queued(self) -> None:
        """Work has been enqueued that is waited for."""
        self._work(1)

    # Codecs

    def add_codec(self, codec: "ProcessingModel[object]") -> int:
        """A codec shows itself. Returns its number."""
        number = len(self.codecs)
        interface = interface_of(type(codec))
        slots = SLOTS[interface]
        traced = TracedCodec(number, interface, ref(codec), get_ident(), slots, [None] * len(slots))
        for opened in self._thread.stack:
            # The constructor's frames have begun before the codec could show itself.
            if opened.code in self.steps.lines and opened.codec < 0:
                opened.codec = number
                self._set_codec_of_frame(opened.frame, number, interface)
        self.codecs.append(traced)
        self.operation("c", number)
        return number

    def _set_codec_of_frame(self, frame: int, codec: int, interface: str) -> None:
        for position in range(len(self.frames) - 1, -1, -1):
            if self.frames[position].number == frame:
                self.frames[position] = self.frames[position]._replace(codec=codec, interface=interface)
                return

    # The end

    def wait_for_work(self) -> None:
        """Wait for work that is still going on, but not for ever: a closed event loop may have dropped it."""
        end = monotonic() + _PATIENCE
        with self._work_done:
            self._work_done.wait_for(lambda: not self._work_left, max(0.0, end - monotonic()))

    def freeze(self) -> None:
        """Record nothing any more."""
        self.look()
        self._is_frozen = True
        self._promises.clear()
        self._awaited.clear()


def interface_of(kind: type) -> str:
    """The interface that a class is, or inherits from."""
    return next((base.__name__ for base in kind.__mro__ if base.__name__ in SLOTS), kind.__name__)


def name_of_exception(value: object) -> str:
    """The name of a DOMException, or else of the exception's class."""
    name = getattr(value, "name", None)
    return name if isinstance(name, str) and name else type(value).__name__
