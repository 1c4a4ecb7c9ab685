"""HTML's event loop and parallel queues without clock and threads. Nothing runs until a caller says so.

Each task, and each item of a parallel queue, is one indivisible step of a schedule. A microtask checkpoint follows each
task, and each callback that leaves no script running.
"""

from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from typing import Final, NamedTuple, TypeVar, overload

from codecmodel.codecs.processing_model import NamedSteps
from codecmodel.web.event_loop import Promise, TaskSource
from codecmodel.web.steps import LastingSteps, Steps, StepsAbandoned
from conformance.scripted.microtasks import MicrotaskQueue

T = TypeVar("T")


class Task(NamedTuple):
    """A task in the queue. ``place`` names its source, uniquely; ``number`` counts the tasks of that source."""

    source: TaskSource
    place: str
    number: int
    label: str
    steps: Steps


class WorkItem(NamedTuple):
    """Steps in a parallel queue; ``number`` counts those of that queue."""

    number: int
    label: str
    steps: Steps


class DeterministicParallelQueue:
    """A parallel queue whose steps run when ``run_front()`` is called."""

    def __init__(self, event_loop: "DeterministicEventLoop", name: str) -> None:
        self.name: Final = name
        self._event_loop = event_loop
        self._items: deque[WorkItem] = deque()
        self._enqueued = 0

    @property
    def items(self) -> Sequence[WorkItem]:
        """The items that are still to be run, in order."""
        return tuple(self._items)

    def enqueue(self, steps: Steps) -> None:
        self._enqueued += 1
        self._items.append(WorkItem(self._enqueued, _label_of(steps), steps))

    def run_front(self) -> None:
        """Run the first steps in the queue. An exception that they raise is a fault of the model, and is let
        through.
        """
        item = self._items.popleft()
        with self._event_loop._on_a_parallel_queue():
            try:
                # Code on a thread of its own would not see the context variables of the event loop.
                Context().run(item.steps)
            except StepsAbandoned:
                self._items.clear()


class DeterministicEventLoop:
    """An event loop (HTML § 8.1.7) whose tasks run when ``run_task()`` is called.

    ``on_report`` is told of each exception that callbacks and scripts raise, when it is reported.
    """

    def __init__(self, on_report: Callable[[BaseException], None] | None = None) -> None:
        self._on_report = on_report
        #: The exceptions that callbacks and scripts raised, in order.
        self.reported: list[BaseException] = []
        #: Every parallel queue started on this loop.
        self.parallel_queues: list[DeterministicParallelQueue] = []
        self._tasks: list[Task] = []
        self._queued: Counter[TaskSource] = Counter()
        self._places: dict[TaskSource, str] = {}
        self._running_scripts = 0
        self._parallel = False
        #: Seconds of this loop's clock, which stands still unless it is set.
        self.time = 0.0
        self._microtasks = MicrotaskQueue(  # type: ignore[abstract]  # what it lacks raises NotImplementedError
            self.report_exception, lambda: not self._parallel
        )

    # EventLoop

    def queue_task(self, source: TaskSource, steps: Steps) -> None:
        self._queued[source] += 1
        self._tasks.append(Task(source, self._place(source), self._queued[source], _label_of(steps), steps))

    def require_open(self) -> None:
        """Accept: this event loop is never closed, and no program forks with it."""

    def new_promise(self) -> Promise[T]:
        assert not self._parallel, "a parallel queue makes no promises"
        return self._microtasks.create_future()

    def prepare_to_run_script(self) -> None:
        assert not self._parallel, "a parallel queue runs no scripts"
        self._running_scripts += 1

    def clean_up_after_running_script(self) -> None:
        self._running_scripts -= 1
        if not self._running_scripts:
            self._microtasks.perform_a_checkpoint()

    def report_exception(self, exception: BaseException) -> None:
        self.reported.append(exception)
        if self._on_report is not None:
            self._on_report(exception)

    def now(self) -> float:
        return self.time

    def start_parallel_queue(self, *, brief: bool = False, light: bool = False) -> DeterministicParallelQueue:
        queue = DeterministicParallelQueue(self, f"work queue {len(self.parallel_queues) + 1}")
        self.parallel_queues.append(queue)
        return queue

    # Scripts

    @contextmanager
    def script(self) -> Iterator[None]:
        """The block is a script. When it ends and no script is left on the stack, a microtask checkpoint follows."""
        self.prepare_to_run_script()
        try:
            with self._microtasks.running():
                yield
        finally:
            self.clean_up_after_running_script()

    @overload
    def run_script(self, script: Callable[[], Coroutine[object, object, T]]) -> Promise[T]: ...
    @overload
    def run_script(self, script: Callable[[], None]) -> None: ...
    def run_script(self, script: Callable[[], Coroutine[object, object, T] | None]) -> Promise[T] | None:
        """Run a function as a script. An exception is reported.

        A coroutine function gives a promise for its result. Its first stretch runs in the checkpoint that ends the
        script, where no callback of its making can intervene.
        """
        promise: Promise[T] | None = None
        with self.script():
            try:
                coroutine = script()
                if coroutine is not None:
                    promise = self._microtasks.create_task(coroutine)
            except Exception as exception:
                self.report_exception(exception)
        return promise

    def queue_microtask(self, steps: Steps) -> None:
        """HTML: queue a microtask."""
        self._microtasks.call_soon(steps)

    # For schedulers

    @property
    def unhandled_rejections(self) -> Sequence[BaseException]:
        """The reasons of rejected promises that were collected before any code asked about them."""
        return self._microtasks.unhandled_rejections

    @property
    def on_parallel_queue(self) -> bool:
        """Whether the running code belongs to a parallel queue."""
        return self._parallel

    @property
    def tasks(self) -> Sequence[Task]:
        """All tasks, oldest first."""
        return tuple(self._tasks)

    def runnable_tasks(self) -> Sequence[Task]:
        """The oldest task of each source. Any of these may be next, as HTML leaves the choice to the user agent."""
        front: dict[TaskSource, Task] = {}
        for task in self._tasks:
            front.setdefault(task.source, task)
        return tuple(front.values())

    def run_task(self, task: Task) -> None:
        """Run a runnable task, then perform a microtask checkpoint. An exception of its steps is a fault of the
        model.
        """
        assert task in self.runnable_tasks(), "tasks of one source keep their order"
        assert not self._running_scripts, "a task runs to completion"
        self._tasks.remove(task)
        with self._microtasks.running():
            task.steps()
        self._microtasks.perform_a_checkpoint()

    @contextmanager
    def _on_a_parallel_queue(self) -> Iterator[None]:
        assert not self._parallel, "the steps of a parallel queue run one at a time"
        self._parallel = True
        try:
            yield
        finally:
            self._parallel = False

    def _place(self, source: TaskSource) -> str:
        place = self._places.get(source)
        if place is None:
            namesakes = sum(other.name == source.name for other in self._places)
            place = self._places[source] = f"{source.name} {namesakes + 1}" if namesakes else source.name
        return place


def _label_of(steps: Steps) -> str:
    """The name that the steps carry, or else the name of the function: ``Recorder.task / lambda``."""
    if isinstance(steps, NamedSteps):
        return steps.name
    if isinstance(steps, LastingSteps):
        return _label_of(steps.func)
    name = str(getattr(steps, "__qualname__", type(steps).__qualname__))
    return " / ".join(part.strip("<>").removeprefix("_") for part in name.split(".<locals>."))
