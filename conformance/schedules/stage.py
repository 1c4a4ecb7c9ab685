"""All it takes to show the processing model: event loop, scheduler, scripted platform, observed decoders, one log."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from difflib import ndiff
from types import TracebackType
from typing import Final

from codecmodel.infra.event_loop import use_event_loop
from codecmodel.platform.interface import use_platform
from conformance.assertions import ExpectationError
from conformance.schedules.deterministic_loop import DeterministicEventLoop
from conformance.schedules.observed_decoder import (
    Kind,
    ObservedAudioDecoder,
    ObservedDecoder,
    ObservedVideoDecoder,
    name_of,
)
from conformance.schedules.scheduler import Choice, Policy, Scheduler, work_first
from conformance.schedules.scripted_codec import UNLIMITED, Outputs, ScriptedPlatform

#: The log of a new busy decoder.
BUSY_DECODER_LOG: Final = ["decode(10) [configured 0]", "decode(20) [configured 0]", "flush() 1 [configured 0]"]


class Stage:
    """A context manager: within the block, codecs live on its event loop and its platform.

    When the block ends without an exception, everything left is run and no decoder may have unfinished business. Then
    every decoder is closed, and nothing may have leaked: each codec was released, and so was each resource it made.
    """

    def __init__(self, kind: Kind, *, capacity: int = UNLIMITED) -> None:
        self.kind: Final = kind
        self.log: Final[list[str]] = []
        self.event_loop: Final = DeterministicEventLoop(self._reported)
        self.scheduler: Final = Scheduler(self.event_loop)
        self.platform: Final = ScriptedPlatform(lambda: self.event_loop.on_parallel_queue, capacity)
        self._decoders: list[ObservedDecoder] = []
        self._uses = ExitStack()

    def new_decoder(self, prefix: str = "") -> ObservedDecoder:
        """A decoder of the stage's kind, whose log entries begin with ``prefix``."""
        observed = {"audio": ObservedAudioDecoder, "video": ObservedVideoDecoder}[self.kind]
        decoder = observed(self.event_loop, self.platform, self.log, prefix)
        self._decoders.append(decoder)
        return decoder

    def new_configured_decoder(self, prefix: str = "") -> ObservedDecoder:
        """A decoder whose first configuration, number 1, is in place; the log begins after that."""
        decoder = self.new_decoder(prefix)
        with self.script():
            decoder.configure(1)
        self.run(work_first)
        self.log.clear()
        return decoder

    def new_busy_decoder(self) -> ObservedDecoder:
        """A configured decoder that has two requests and a flush in its work queue; 20 is output by the flush."""
        decoder = self.new_configured_decoder()
        with self.script():
            decoder.decode(10)
            decoder.decode(20, Outputs(delay=9))
            decoder.flush()
        return decoder

    def script(self) -> AbstractContextManager[None]:
        """The block is a script; see DeterministicEventLoop.script()."""
        return self.event_loop.script()

    def run(self, policy: Policy) -> None:
        """Run until nothing is left to run."""
        self.scheduler.run_until_idle(policy)

    def run_all_work(self) -> None:
        """Run what is in the parallel queues, and no task."""
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
        """What was asked of each codec implementation there was."""
        audio = [codec.calls for codec in self.platform.audio_decoders]
        return audio + [codec.calls for codec in self.platform.video_decoders]

    def most_requests(self) -> list[int]:
        """How many decode requests each codec implementation had at once, at most."""
        audio = [codec.most_requests for codec in self.platform.audio_decoders]
        return audio + [codec.most_requests for codec in self.platform.video_decoders]

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
            for decoder in self._decoders:
                if decoder.decoder.state != "closed":
                    decoder.decoder.close()
        self._run_to_the_end()
        for calls in self.calls():
            if calls[-1:] != ["release"]:
                raise ExpectationError(f"the codec was not released: {calls}")
        resources = self.platform.resources
        if resources.live:
            raise ExpectationError(f"{resources.live} of {resources.made} resources were not released")

    def _run_to_the_end(self) -> None:
        self.run(work_first)
        for decoder in self._decoders:
            unfinished = decoder.unfinished_business()
            if unfinished:
                raise ExpectationError(f"nothing is left to run, but {', '.join(unfinished)}")
