"""A platform whose decoders do what a script says: which outputs, how late, which errors, how much at a time.

Answers to a request are found by the chunk's timestamp, those to a configuration by the number in it that identifies
it (``codedWidth`` of video, ``sampleRate`` of audio), so they stay the same on every schedule.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeAlias, TypeVar

from codecmodel.platform.interface import (
    AudioDecoderImplementation,
    AudioResource,
    CodecError,
    CodecRequests,
    DecodedOutput,
    MediaResource,
    VideoDecoderImplementation,
    VideoResource,
)
from conformance.schedules.scripted_media import ResourceLedger, ScriptedAudioResource, ScriptedVideoResource

if TYPE_CHECKING:
    from codecmodel.configurations import AudioDecoderConfig, VideoDecoderConfig

#: As good as no limit.
UNLIMITED: Final = 1_000_000

ConfigT = TypeVar("ConfigT")
ResourceT = TypeVar("ResourceT", bound=MediaResource)


@dataclass(frozen=True)
class Outputs:
    """A chunk gives ``count`` outputs, when ``delay`` more requests have been made, or at a flush."""

    count: int = 1
    delay: int = 0


@dataclass(frozen=True)
class Fails:
    """What was asked fails."""

    message: str = "as scripted"


@dataclass(frozen=True)
class Supported:
    """A configuration works; ``flushes`` is what comes of its first flushes, None for success."""

    flushes: Sequence[Fails | None] = ()


@dataclass(frozen=True)
class Unsupported:
    """A configuration is not supported."""


DecodeAnswer: TypeAlias = Outputs | Fails
ConfigureAnswer: TypeAlias = Supported | Unsupported | Fails


class _Pending(NamedTuple, Generic[ResourceT]):
    due: int
    output: DecodedOutput[ResourceT]


class ScriptedDecoder(Generic[ConfigT, ResourceT]):
    """A [[codec implementation]].

    ``calls`` is what was asked of it, in order; ``most_requests`` is how many decode requests it had at once, at most.
    """

    def __init__(
        self,
        platform: "ScriptedPlatform",
        key_of: Callable[[ConfigT], int],
        new_resource: Callable[[ResourceLedger, int], ResourceT],
    ) -> None:
        self.calls: list[str] = []
        self.most_requests = 0
        self._platform = platform
        self._key_of = key_of
        self._new_resource = new_resource
        self._requests = CodecRequests(platform.capacity)
        self._configuration: Supported | None = None
        self._decodes = 0
        self._flushes = 0
        self._pending: list[_Pending[ResourceT]] = []
        self._released = False

    @property
    def requests(self) -> CodecRequests:
        return self._requests

    def configure(self, config: ConfigT) -> Sequence[DecodedOutput[ResourceT]]:
        key = self._key_of(config)
        self._called(f"configure {key}")
        answer = self._platform.configure_answers.get(key, Supported())
        assert not isinstance(answer, Unsupported), "only supported configurations get this far"
        outputs = self._take(self._pending)
        self._configuration = None
        if isinstance(answer, Fails):
            for output in outputs:
                output.resource.release()
            raise CodecError(answer.message)
        self._configuration = answer
        self._decodes = self._flushes = 0
        return outputs

    def decode(self, data: bytes, timestamp: int, duration: int | None) -> Sequence[DecodedOutput[ResourceT]]:
        self._called(f"decode {timestamp}")
        self.most_requests = max(self.most_requests, self._requests.accepted - self._requests.finished)
        assert self._configuration is not None, "a codec decodes when it is configured"
        self._decodes += 1
        answer = self._platform.decode_answers.get(timestamp, Outputs())
        if isinstance(answer, Fails):
            raise CodecError(answer.message)
        for _ in range(answer.count):
            resource = self._new_resource(self._platform.resources, timestamp)
            due = self._decodes + answer.delay
            self._pending.append(_Pending(due, DecodedOutput(resource, timestamp, duration)))
        return self._take([pending for pending in self._pending if pending.due <= self._decodes])

    def flush(self) -> Sequence[DecodedOutput[ResourceT]]:
        self._called("flush")
        assert self._configuration is not None, "a codec is flushed when it is configured"
        self._flushes += 1
        answers = self._configuration.flushes
        answer = answers[self._flushes - 1] if self._flushes <= len(answers) else None
        if isinstance(answer, Fails):
            raise CodecError(answer.message)
        return self._take(self._pending)

    def cease(self) -> None:
        self._called("cease")
        self._configuration = None
        self._drop()

    def release(self) -> None:
        self._called("release")
        self._released = True
        self._drop()

    def _called(self, call: str) -> None:
        assert self._platform.on_work_queue(), "only the codec work queue touches the codec implementation"
        assert not self._released, f"{call}, after release"
        self.calls.append(call)

    def _take(self, taken: Sequence[_Pending[ResourceT]]) -> Sequence[DecodedOutput[ResourceT]]:
        """The outputs taken, in presentation order; they are no longer pending."""
        outputs = [pending.output for pending in taken]
        self._pending = [pending for pending in self._pending if pending not in taken]
        return sorted(outputs, key=lambda output: output.timestamp)

    def _drop(self) -> None:
        for output in self._take(self._pending):
            output.resource.release()


def _key_of_audio(config: "AudioDecoderConfig") -> int:
    return config["sampleRate"]


def _key_of_video(config: "VideoDecoderConfig") -> int:
    return config.get("codedWidth", 0)


class ScriptedPlatform:
    """A user agent with scripted decoders; fill ``decode_answers`` and ``configure_answers`` as needed.

    ``capacity`` is the number of requests that saturates a codec. ``on_work_queue`` says whether the running code is
    that of a parallel queue; the codec asserts it.
    """

    def __init__(self, on_work_queue: Callable[[], bool], capacity: int = UNLIMITED) -> None:
        self.on_work_queue = on_work_queue
        self.capacity = capacity
        #: By timestamp; without an answer, one output at once.
        self.decode_answers: dict[int, DecodeAnswer] = {}
        #: By codedWidth or sampleRate; without an answer, supported.
        self.configure_answers: dict[int, ConfigureAnswer] = {}
        self.resources: Final = ResourceLedger()
        self.audio_decoders: list[ScriptedDecoder[AudioDecoderConfig, AudioResource]] = []
        self.video_decoders: list[ScriptedDecoder[VideoDecoderConfig, VideoResource]] = []

    def supports_audio_decoder(self, config: "AudioDecoderConfig") -> bool:
        return not isinstance(self.configure_answers.get(_key_of_audio(config)), Unsupported)

    def supports_video_decoder(self, config: "VideoDecoderConfig") -> bool:
        return not isinstance(self.configure_answers.get(_key_of_video(config)), Unsupported)

    def new_audio_decoder(self) -> AudioDecoderImplementation:
        decoder = ScriptedDecoder["AudioDecoderConfig", AudioResource](self, _key_of_audio, ScriptedAudioResource)
        self.audio_decoders.append(decoder)
        return decoder

    def new_video_decoder(self) -> VideoDecoderImplementation:
        decoder = ScriptedDecoder["VideoDecoderConfig", VideoResource](self, _key_of_video, ScriptedVideoResource)
        self.video_decoders.append(decoder)
        return decoder
