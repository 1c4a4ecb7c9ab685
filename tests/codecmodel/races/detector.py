"""A detector of data races in the model's shared state: vector clocks and happens-before.

Two accesses to the same attribute, or to the contents of the same container, race if they are on different threads, at
least one of them writes, and neither happens before the other. These edges order accesses, and no others:

- from ``enqueue()`` of steps on a parallel queue to these steps;
- from steps of a parallel queue to the next steps of that queue;
- from ``queue_task()`` to the task.

CPython's lock is no edge: the model must be right on an interpreter that has none.
"""

import sys
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast

from codecmodel.web.event_loop import AsyncioEventLoop, TaskSource
from codecmodel.web.parallel_queue import ThreadParallelQueue
from codecmodel.web.steps import Steps


class Access(NamedTuple):
    """An access: the thread, the thread's own clock at that moment, and the line of code."""

    thread: int
    clock: int
    where: str


class Race(NamedTuple):
    """Two accesses without an order. ``slot`` is ``Class._attribute``, with ``[...]`` for the contents."""

    slot: str
    first: str
    second: str


@dataclass
class _Variable:
    last_write: Access | None = None
    reads: dict[int, Access] = field(default_factory=dict)


class _Clock(threading.local):
    """The vector clock of a thread: the latest time of each thread that it knows of."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.times: Counter[int] = Counter({self.thread: 1})

    def sent(self) -> dict[int, int]:
        """The clock, to be received elsewhere."""
        times = dict(self.times)
        self.times[self.thread] += 1
        return times

    def receive(self, times: dict[int, int]) -> None:
        for thread, time in times.items():
            if self.times[thread] < time:
                self.times[thread] = time


class Detector:
    """Watches classes, and collects races. Made once in a process, as it changes the classes it watches."""

    def __init__(self) -> None:
        self.accesses: Final[Counter[str]] = Counter()
        self.races: Final[Counter[Race]] = Counter()
        self._clock = _Clock()
        self._lock = threading.RLock()
        self._variables: dict[tuple[int, str], _Variable] = defaultdict(_Variable)
        # An object whose address is a key must not make way for another one.
        self._kept: list[object] = []
        self._follow_edges()

    def watch(self, watched: type) -> None:
        """Watch the attributes of instances of a class, and the contents of the containers in them."""
        detector = self
        get = cast("Callable[[object, str], object]", watched.__getattribute__)
        set_ = cast("Callable[[object, str, object], None]", watched.__setattr__)

        def getattribute(self: object, name: str) -> object:
            value = get(self, name)
            if _is_slot(name) and not callable(value):
                detector._access(self, _slot_of(watched, name), is_write=False)
            return value

        def setattribute(self: object, name: str, value: object) -> None:
            if _is_slot(name):
                slot = _slot_of(watched, name)
                detector._access(self, slot, is_write=True)
                value = detector._watched_container(value, f"{slot}[...]")
            set_(self, name, value)

        replace(watched, "__getattribute__", getattribute)
        replace(watched, "__setattr__", setattribute)

    def _watched_container(self, value: object, slot: str) -> object:
        watched: _WatchedList | _WatchedDeque | _WatchedDict
        if type(value) is list:
            watched = _WatchedList(value)
        elif type(value) is deque:
            watched = _WatchedDeque(value)
        elif type(value) is dict:
            watched = _WatchedDict(value)
        else:
            return value
        watched.detector, watched.slot = self, slot
        return watched

    def _access(self, subject: object, slot: str, *, is_write: bool) -> None:
        clock = self._clock
        with self._lock:
            self.accesses[slot] += 1
            key = (id(subject), slot)
            if key not in self._variables:
                self._kept.append(subject)
            variable = self._variables[key]
            here = Access(clock.thread, clock.times[clock.thread], _caller())
            if variable.last_write is not None:
                self._compare(slot, variable.last_write, here, "write", "write" if is_write else "read")
            if is_write:
                for read in variable.reads.values():
                    self._compare(slot, read, here, "read", "write")
                variable.last_write, variable.reads = here, {}
            else:
                variable.reads[clock.thread] = here

    def _compare(self, slot: str, before: Access, here: Access, kind: str, kind_here: str) -> None:
        if before.thread != here.thread and self._clock.times[before.thread] < before.clock:
            self.races[Race(slot, f"{kind} {before.where}", f"{kind_here} {here.where}")] += 1

    def _follow_edges(self) -> None:
        clock = self._clock
        enqueue, queue_task = ThreadParallelQueue.enqueue, AsyncioEventLoop.queue_task
        ends: dict[int, dict[int, int]] = {}

        def followed_enqueue(queue: ThreadParallelQueue, steps: Steps) -> None:
            sent = clock.sent()

            def followed() -> None:
                clock.receive(sent)
                clock.receive(ends.get(id(queue), {}))
                try:
                    steps()
                finally:
                    ends[id(queue)] = clock.sent()

            self._kept.append(queue)
            enqueue(queue, followed)

        def followed_queue_task(event_loop: AsyncioEventLoop, source: TaskSource, steps: Steps) -> None:
            sent = clock.sent()

            def followed() -> None:
                clock.receive(sent)
                steps()

            queue_task(event_loop, source, followed)

        replace(ThreadParallelQueue, "enqueue", followed_enqueue)
        replace(AsyncioEventLoop, "queue_task", followed_queue_task)


def replace(owner: type, name: str, value: object) -> None:
    """Replace a method of a class, for the rest of this process."""
    type.__setattr__(owner, name, value)


class _Watched:
    """A container that tells a detector of each use."""

    detector: Detector | None = None
    slot = ""


class _WatchedList(_Watched, list[object]):
    pass


class _WatchedDeque(_Watched, deque[object]):
    pass


class _WatchedDict(_Watched, dict[object, object]):
    pass


_READS: Final = ["__len__", "__iter__", "__getitem__", "__contains__", "copy", "get", "items", "keys", "values"]
_WRITES: Final = (
    *[
        "__setitem__",
        "__delitem__",
        "__iadd__",
        "append",
        "appendleft",
        "extend",
        "insert",
        "pop",
        "popleft",
        "popitem",
    ],
    *["remove", "clear", "setdefault", "update"],
)


def _tell(container: type, names: Iterable[str], *, is_write: bool) -> None:
    for name in names:
        if hasattr(container, name):
            replace(container, name, _telling(getattr(container, name), is_write))


def _telling(method: Callable[..., object], is_write: bool) -> Callable[..., object]:
    def told(self: _Watched, *arguments: object) -> object:
        if self.detector is not None:
            self.detector._access(self, self.slot, is_write=is_write)
        return method(self, *arguments)

    return told


for _container in (_WatchedList, _WatchedDeque, _WatchedDict):
    _tell(_container, _READS, is_write=False)
    _tell(_container, _WRITES, is_write=True)


def _is_slot(name: str) -> bool:
    return not name.startswith("__")


def _slot_of(watched: type, name: str) -> str:
    return f"{watched.__name__}.{name}"


def _caller() -> str:
    """The line that uses the watched object: the first one outside of this module."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename == __file__ and frame.f_back is not None:
        frame = frame.f_back
    return f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"
