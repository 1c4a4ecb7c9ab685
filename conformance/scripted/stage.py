"""Everything that it takes to show the processing model: event loop, scheduler, scripted platform, observed codecs,
one log.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from difflib import ndiff
from types import TracebackType
from typing import Final

from codecmodel.codecs.live_codecs import GlobalObject, global_object_of
from codecmodel.platform.current import use_platform
from codecmodel.web.event_loop import use_event_loop
from conformance.interfaces import require_this_implementation
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.observed_codec import Kind, ObservedCodec, name_of
from conformance.scripted.observed_decoder import ObservedAudioDecoder, ObservedDecoder, ObservedVideoDecoder
from conformance.scripted.observed_encoder import ObservedAudioEncoder, ObservedEncoder, ObservedVideoEncoder
from conformance.scripted.scheduler import Choice, Policy, Scheduler, work_first
from conformance.scripted.scripted_codec import UNLIMITED, Outputs, ScriptedPlatform
from conformance.suite.assertions import ExpectationError

#: The log of a new busy decoder.
BUSY_DECODER_LOG: Final = ["decode(10) [configured 0]", "decode(20) [configured 0]", "flush() 1 [configured 0]"]


class Stage:
    """A context manager. Within the block, codecs live on its event loop and its platform.

    When the block ends without an exception, everything that is left is run, and no codec may have unfinished business.
    Then every codec is closed, and nothing may have leaked: each codec was released, and so was each resource.
    """

    def __init__(self, kind: Kind, *, capacity: int = UNLIMITED) -> None:
        require_this_implementation("scripted codecs")
        self.kind: Final = kind
        self.log: Final[list[str]] = []
        self.event_loop: Final = DeterministicEventLoop(self._reported)
        self.scheduler: Final = Scheduler(self.event_loop)
        self.platform: Final = ScriptedPlatform(lambda: self.event_loop.on_parallel_queue, capacity)
        self._codecs: list[ObservedCodec] = []
        self._uses = ExitStack()

    def new_decoder(self, prefix: str = "") -> ObservedDecoder:
        """A decoder of the stage's kind, whose log entries begin with ``prefix``."""
        observed = {"audio": ObservedAudioDecoder, "video": ObservedVideoDecoder}[self.kind]
        decoder = observed(self.event_loop, self.platform, self.log, prefix)
        self._codecs.append(decoder)
        return decoder

    def new_configured_decoder(self, prefix: str = "") -> ObservedDecoder:
        """A decoder whose first configuration, number 1, is in place. The log begins after that."""
        decoder = self.new_decoder(prefix)
        with self.script():
            decoder.configure(1)
        self.run(work_first)
        self.log.clear()
        return decoder

    def new_encoder(self, kind: Kind | None = None) -> ObservedEncoder:
        """An encoder of the stage's kind, or of another."""
        observed = {"audio": ObservedAudioEncoder, "video": ObservedVideoEncoder}[kind or self.kind]
        encoder = observed(self.event_loop, self.platform, self.log, "")
        self._codecs.append(encoder)
        return encoder

    def new_configured_encoder(self, kind: Kind | None = None) -> ObservedEncoder:
        """An encoder whose first configuration, number 1, is in place. The log begins after that."""
        encoder = self.new_encoder(kind)
        with self.script():
            encoder.configure(1)
        self.run(work_first)
        self.log.clear()
        return encoder

    def new_busy_decoder(self) -> ObservedDecoder:
        """A configured decoder with two requests and a flush in its work queue. The flush outputs 20."""
        decoder = self.new_configured_decoder()
        with self.script():
            decoder.decode(10)
            decoder.decode(20, Outputs(delay=9))
            decoder.flush()
        return decoder

    @property
    def global_object(self) -> GlobalObject:
        """The global object of the codecs; its host is the scenario."""
        return global_object_of(self.event_loop)

    def script(self) -> AbstractContextManager[None]:
        """The block is a script; see DeterministicEventLoop.script()."""
        return self.event_loop.script()

    def run(self, policy: Policy) -> None:
        """Run until nothing is left to run."""
        self.scheduler.run_until_idle(policy)

    def run_tasks(self) -> None:
        """Run all tasks, and no item of a parallel queue."""
        while tasks := self.event_loop.runnable_tasks():
            self.scheduler.run(Choice("task", tasks[0].place, tasks[0].number))

    def run_all_work(self) -> None:
        """Run all items of the parallel queues, and no task."""
        for queue in self.event_loop.parallel_queues:
            while queue.items:
                item = queue.items[0]
                self.scheduler.run(Choice("work", queue.name, item.number))

    def assert_log(self, expected: Sequence[str]) -> None:
        """The log has exactly these entries. If not, the message shows the difference and the schedule."""
        if self.log != list(expected):
            difference = "\n".join(ndiff(list(expected), self.log))
            schedule = "\n".join(str(choice) for choice in self.scheduler.trace)
            raise ExpectationError(f"not as expected (-), but (+):\n{difference}\nwith the schedule:\n{schedule}")

    def calls(self) -> list[list[str]]:
        """The requests to each codec implementation."""
        return [codec.calls for codec in self.platform.codecs()]

    def most_requests(self) -> list[int]:
        """The largest number of requests that each codec implementation had at once."""
        return [codec.most_requests for codec in self.platform.codecs()]

    def _reported(self, exception: BaseException) -> None:
        self.log.append(f"reported {name_of(exception)}")

    def __enter__(self) -> "Stage":
        self._uses.enter_context(use_event_loop(self.event_loop))
        self._uses.enter_context(use_platform(self.platform))
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._uses:
            if type is None:
                self._end()

    def _end(self) -> None:
        self._run_to_the_end()
        with self.script():
            for observed in self._codecs:
                if observed.codec.state != "closed":
                    observed.codec.close()
        self._run_to_the_end()
        for calls in self.calls():
            if calls[-1:] != ["release"]:
                raise ExpectationError(f"the codec was not released: {calls}")
        resources = self.platform.resources
        if resources.live:
            raise ExpectationError(f"{resources.live} of {resources.made} resources were not released")

    def _run_to_the_end(self) -> None:
        self.run(work_first)
        for observed in self._codecs:
            unfinished = observed.unfinished_business()
            if unfinished:
                raise ExpectationError(f"nothing is left to run, but {', '.join(unfinished)}")
