"""A codec that answers as it likes, within what any [[codec implementation]] may do.

It is saturated whenever it likes, except that an idle codec is not. A good chunk gives one output. Outputs come in the
order of the chunks, and each is held for as long as the codec likes, up to a flush. A broken chunk fails, or makes a
later request fail, or is dropped, or is output.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, Protocol, TypeVar

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.platform.codec_implementation import (
    AudioDecoderImplementation,
    CodecError,
    CodecRequests,
    DecodedOutput,
    VideoDecoderImplementation,
)
from codecmodel.raw_media.resource_protocols import AudioResource, MediaResource, VideoResource
from codecmodel.web.event_loop import TaskSource
from conformance.explorer.heap import treat
from conformance.explorer.snapshot import Unchanging
from conformance.scripted.scripted_codec import ScriptedPlatform
from conformance.scripted.scripted_media import ResourceLedger, ScriptedAudioResource, ScriptedVideoResource

ConfigT = TypeVar("ConfigT")
ResourceT = TypeVar("ResourceT", bound=MediaResource)

#: The news that a codec is no longer saturated may come after the outputs of the request that brings it.
LATE_NEWS: Final = "news of saturation come late"
#: Outputs of the old configuration may be lost when the codec is configured again.
RECONFIGURING_LOSES: Final = "reconfiguring loses outputs"
#: Numbers of calls in timestamps and configurations begin here.
BASE: Final = 100


@dataclass(frozen=True)
class Freedoms(Unchanging):
    """The freedoms of a codec that not every codec has."""

    #: The codec may answer whether it is saturated as it likes. Otherwise it has so many requests at the most.
    capacity: int | None = None
    #: The possible results of a chunk that no decoder can accept.
    broken: tuple[str, ...] = ("error", "output", "drop", "later")
    #: Deviations from the specification that are the codec's.
    deviations: frozenset[str] = frozenset()

    def with_deviations(self, names: Iterable[str]) -> "Freedoms":
        """The same, and some deviations. Those that are not the codec's don't matter here."""
        return replace(self, deviations=frozenset(names))


class Decides(Protocol):
    """The surroundings of a codec, which make its decisions."""

    def decide(self, options: Sequence[str]) -> str:
        """One of the options."""

    def kind_of(self, number: int) -> str:
        """The name of the call with this number."""

    def send_late_news(self) -> None:
        """Have the codec learn that it is no longer saturated, after the work at hand."""


class FreeRequests(CodecRequests):
    """Is saturated as it likes."""

    __slots__ = ("_decides", "_has_late_news", "_on_work_queue")

    def __init__(self, decides: Decides, has_late_news: bool, on_work_queue: Callable[[], bool]) -> None:
        super().__init__(2)
        self._decides = decides
        self._has_late_news = has_late_news
        self._on_work_queue = on_work_queue

    def would_saturate(self) -> bool:
        return self._decides.decide(("no", "yes")) == "yes"

    def is_saturated(self) -> bool:
        if self._has_late_news and self._on_work_queue() and self._decides.decide(("no", "yes")) == "yes":
            self._decides.send_late_news()
            return True
        if self.accepted == self.finished:
            return False
        return self._decides.decide(("no", "yes")) == "yes"


class FreeDecoder(Generic[ConfigT, ResourceT]):
    """A decoder that answers as it likes."""

    def __init__(
        self,
        platform: "FreePlatform",
        requests: CodecRequests,
        new_resource: Callable[[ResourceLedger, int], ResourceT],
    ) -> None:
        self.requests = requests
        self._platform = platform
        self._new_resource = new_resource
        self._pending: list[DecodedOutput[ResourceT]] = []
        #: A broken chunk may yet make a request fail.
        self._is_poisoned = False

    def configure(self, config: ConfigT) -> None:
        self._is_poisoned = False
        self._drop()

    def prepare(self, data: bytes) -> None:
        """Nothing: this codec is open when it is configured."""

    def decode(self, data: bytes, timestamp: int, duration: int | None) -> Sequence[DecodedOutput[ResourceT]]:
        decide, freedoms = self._platform.decides.decide, self._platform.freedoms
        call = self._platform.decides.kind_of(timestamp)
        answer = "output"
        if call == "broken":
            answer = decide(freedoms.broken)
        elif call == "liar":
            answer = decide(("error", "output", "drop", "later"))
        if answer == "later":
            self._is_poisoned = True
        elif answer == "error" or (self._is_poisoned and decide(("no", "yes")) == "yes"):
            raise CodecError("as it likes")
        if answer == "output":
            resource = self._new_resource(self._platform.resources, timestamp)
            self._pending.append(DecodedOutput(resource, timestamp, duration))
        return self._some()

    def flush(self) -> Sequence[DecodedOutput[ResourceT]]:
        self._fail_late()
        return self._take(len(self._pending))

    def drain(self) -> Sequence[DecodedOutput[ResourceT]]:
        self._fail_late()
        if RECONFIGURING_LOSES in self._platform.freedoms.deviations and self._pending:
            return self._some()
        return self._take(len(self._pending))

    def outputs_before_failure(self) -> Sequence[DecodedOutput[ResourceT]]:
        return self._some()

    def cease(self) -> None:
        self._is_poisoned = False
        self._drop()

    def release(self) -> None:
        self._drop()

    def _fail_late(self) -> None:
        # A codec that can be sure to fail does so at the latest when all that it has been given is due.
        is_sure = "drop" not in self._platform.freedoms.broken
        if self._is_poisoned and (is_sure or self._platform.decides.decide(("yes", "no")) == "yes"):
            raise CodecError("as it likes")

    def _some(self) -> Sequence[DecodedOutput[ResourceT]]:
        """The first of the pending outputs, as many as the codec likes."""
        count = len(self._pending)
        if not count:
            return ()
        return self._take(int(self._platform.decides.decide([str(taken) for taken in range(count, -1, -1)])))

    def _take(self, count: int) -> Sequence[DecodedOutput[ResourceT]]:
        taken, self._pending = self._pending[:count], self._pending[count:]
        return taken

    def _drop(self) -> None:
        for output in self._take(len(self._pending)):
            output.resource.release()


class FreePlatform(ScriptedPlatform):
    """A user agent whose decoders answer as they like, by the decisions of ``decides``."""

    def __init__(self, on_work_queue: Callable[[], bool], decides: Decides, freedoms: Freedoms) -> None:
        super().__init__(on_work_queue)
        self.decides = decides
        self.freedoms = freedoms
        #: For the dequeue event of user agents that have a task source for it.
        self.dequeue_source: Final = TaskSource("dequeue")

    def supports_audio_decoder(self, config: AudioDecoderConfig) -> bool:
        return self._is_good(config["sampleRate"])

    def supports_video_decoder(self, config: VideoDecoderConfig) -> bool:
        return self._is_good(config["codedWidth"])

    def new_audio_decoder(self) -> AudioDecoderImplementation:
        decoder: FreeDecoder[AudioDecoderConfig, AudioResource]
        decoder = FreeDecoder(self, self._new_requests(), ScriptedAudioResource)
        return decoder

    def new_video_decoder(self) -> VideoDecoderImplementation:
        decoder: FreeDecoder[VideoDecoderConfig, VideoResource]
        decoder = FreeDecoder(self, self._new_requests(), ScriptedVideoResource)
        return decoder

    def _is_good(self, number: int) -> bool:
        return self.decides.kind_of(number) != "bad"

    def _new_requests(self) -> CodecRequests:
        freedoms = self.freedoms
        if freedoms.capacity is not None:
            return CodecRequests(freedoms.capacity)
        return FreeRequests(self.decides, LATE_NEWS in freedoms.deviations, self.on_work_queue)


treat(FreeRequests, lambda requests: (requests.accepted - requests.finished,))
