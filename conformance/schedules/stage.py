"""All it takes to show the processing model: event loop, scheduler, scripted platform, observed decoders, one log."""

from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Final

from codecmodel.infra.event_loop import use_event_loop
from codecmodel.platform.interface import use_platform
from conformance.schedules.deterministic_loop import DeterministicEventLoop
from conformance.schedules.observed_decoder import (
    Kind,
    ObservedAudioDecoder,
    ObservedDecoder,
    ObservedVideoDecoder,
    name_of,
)
from conformance.schedules.scheduler import Policy, Scheduler, work_first
from conformance.schedules.scripted_codec import UNLIMITED, ScriptedPlatform


class Stage:
    """A context manager: within the block, codecs live on its event loop and its platform.

    When the block ends without an exception, every decoder is closed, everything left is run, and nothing may have
    leaked: each codec was released, and so was each resource it made.
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

    def script(self) -> AbstractContextManager[None]:
        """The block is a script; see DeterministicEventLoop.script()."""
        return self.event_loop.script()

    def run(self, policy: Policy) -> None:
        """Run until nothing is left to run."""
        self.scheduler.run_until_idle(policy)

    def calls(self) -> list[list[str]]:
        """What was asked of each codec implementation there was."""
        audio = [codec.calls for codec in self.platform.audio_decoders]
        return audio + [codec.calls for codec in self.platform.video_decoders]

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
        with self.script():
            for decoder in self._decoders:
                if decoder.decoder.state != "closed":
                    decoder.decoder.close()
        self.run(work_first)
        for calls in self.calls():
            assert calls[-1] == "release", f"the codec was not released: {calls}"
        resources = self.platform.resources
        assert not resources.live, f"{resources.live} of {resources.made} resources were not released"
