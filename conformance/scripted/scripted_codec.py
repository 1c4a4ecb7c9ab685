"""A platform whose codecs follow a script: it says which outputs they give, how late, with which errors, and when
they are saturated.

The answer to a request is found by the timestamp of the input. The answer to a configuration is found by the number in
it that identifies it (a width of video, ``sampleRate`` of audio). So answers stay the same on every schedule.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from codecmodel.platform.codec_implementation import (
    AudioDecoderImplementation,
    AudioEncoderImplementation,
    AudioInput,
    CodecError,
    CodecRequests,
    DecodedOutput,
    EncodedAudioOutput,
    EncodedVideoOutput,
    VideoDecoderImplementation,
    VideoEncoderImplementation,
    VideoInput,
)
from codecmodel.platform.image_decoder_implementation import ImageDecoderImplementation
from codecmodel.raw_media.resource_protocols import AudioResource, MediaResource, VideoResource
from conformance.scripted.scripted_image import IMAGE_TYPE, Image, ScriptedImageDecoder
from conformance.scripted.scripted_media import ResourceLedger, ScriptedAudioResource, ScriptedVideoResource

if TYPE_CHECKING:
    from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
    from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
    from codecmodel.raw_media.color_space import VideoColorSpaceInit

#: A limit that is never reached.
UNLIMITED: Final = 1_000_000

ConfigT = TypeVar("ConfigT")
OutputT = TypeVar("OutputT")
ResourceT = TypeVar("ResourceT", bound=MediaResource)


@dataclass(frozen=True)
class Outputs:
    """A chunk gives ``count`` outputs, after ``delay`` further requests or at a flush."""

    count: int = 1
    delay: int = 0


@dataclass(frozen=True)
class Chunks:
    """A frame, or data, gives ``count`` chunks, after ``delay`` further requests or at a flush.

    The other members are those of EncodedAudioOutput or EncodedVideoOutput. If ``is_key`` is None, a chunk of video is
    a key chunk if it begins a configuration or was requested as one; every chunk of audio is a key chunk.
    """

    count: int = 1
    delay: int = 0
    is_key: bool | None = None
    description: bytes | None = None
    color_space: "VideoColorSpaceInit | None" = None
    temporal_layer: int | None = None
    alpha: bytes | None = None


@dataclass(frozen=True)
class Fails:
    """The request fails."""

    message: str = "as scripted"


@dataclass(frozen=True)
class Supported:
    """A configuration works. ``flushes`` are the outcomes of its first flushes, None for success."""

    flushes: Sequence[Fails | None] = ()
    drain: Fails | None = None

    def answer_to_drain(self) -> Fails | None:
        """The result of draining; the codec asks once."""
        return self.drain


@dataclass(frozen=True)
class Unsupported:
    """A configuration is not supported."""


DecodeAnswer: TypeAlias = Outputs | Fails
EncodeAnswer: TypeAlias = Chunks | Fails
ConfigureAnswer: TypeAlias = Supported | Unsupported | Fails


class _Pending(NamedTuple, Generic[OutputT]):
    due: int
    output: OutputT


class _ScriptedCodec(Generic[ConfigT, OutputT]):
    """The common part of a scripted decoder and a scripted encoder.

    ``calls`` are the requests that it got, in order. ``most_requests`` is the largest number of requests that it had at
    once.
    """

    def __init__(self, platform: "ScriptedPlatform", key_of: Callable[[ConfigT], int]) -> None:
        self.calls: list[str] = []
        self.most_requests = 0
        self._platform = platform
        self._key_of = key_of
        self._requests = CodecRequests(platform.capacity)
        self._configuration: Supported | None = None
        self._requests_made = 0
        self._flushes = 0
        self._pending: list[_Pending[OutputT]] = []
        self._released = False

    @property
    def requests(self) -> CodecRequests:
        return self._requests

    def configure(self, config: ConfigT) -> None:
        key = self._key_of(config)
        self._called(f"configure {key}")
        answer = self._platform.configure_answers.get(key, Supported())
        assert not isinstance(answer, Unsupported), "only supported configurations get this far"
        self._release(self._take(self._pending))
        self._configuration = None
        if isinstance(answer, Fails):
            raise CodecError(answer.message)
        self._configuration = answer
        self._requests_made = self._flushes = 0

    def flush(self) -> Sequence[OutputT]:
        self._called("flush")
        assert self._configuration is not None, "a codec is flushed when it is configured"
        self._flushes += 1
        answers = self._configuration.flushes
        answer = answers[self._flushes - 1] if self._flushes <= len(answers) else None
        if isinstance(answer, Fails):
            raise CodecError(answer.message)
        return self._take(self._pending)

    def drain(self) -> Sequence[OutputT]:
        self._called("drain")
        assert self._configuration is not None, "a codec is drained when it is configured"
        answer = self._configuration.answer_to_drain()
        self._configuration = None
        if answer is not None:
            self._release(self._take(self._pending))
            raise CodecError(answer.message)
        return self._take(self._pending)

    def prepare(self, input: object) -> None:
        """Nothing: scripted codecs are open when they are configured."""
        self._called("prepare")

    def outputs_before_failure(self) -> Sequence[OutputT]:
        """None: a script lists the outputs before a failure."""
        return ()

    def cease(self) -> None:
        self._called("cease")
        self._configuration = None
        self._release(self._take(self._pending))

    def release(self) -> None:
        self._called("release")
        self._released = True
        self._release(self._take(self._pending))

    def _process(self, request: str) -> None:
        """A request to decode or encode begins."""
        self._called(request)
        self.most_requests = max(self.most_requests, self._requests.accepted - self._requests.finished)
        assert self._configuration is not None, "a codec works when it is configured"
        self._requests_made += 1

    def _hold(self, output: OutputT, delay: int) -> None:
        """Keep ``output`` pending until ``delay`` more requests have been made."""
        self._pending.append(_Pending(self._requests_made + delay, output))

    def _take_what_is_due(self) -> Sequence[OutputT]:
        return self._take([pending for pending in self._pending if pending.due <= self._requests_made])

    def _called(self, call: str) -> None:
        assert self._platform.on_work_queue(), "only the codec work queue touches the codec implementation"
        assert not self._released, f"{call}, after release"
        self.calls.append(call)

    def _take(self, taken: Sequence[_Pending[OutputT]]) -> Sequence[OutputT]:
        """Take the outputs, in order. They are no longer pending."""
        outputs = [pending.output for pending in taken]
        self._pending = [pending for pending in self._pending if pending not in taken]
        return self._in_order(outputs)

    def _in_order(self, outputs: list[OutputT]) -> Sequence[OutputT]:
        """The outputs in the order in which a codec gives outputs that come together."""
        return outputs

    def _release(self, outputs: Sequence[OutputT]) -> None:
        """Release outputs that are not delivered."""


class ScriptedDecoder(_ScriptedCodec[ConfigT, DecodedOutput[ResourceT]], Generic[ConfigT, ResourceT]):
    """A [[codec implementation]] that decodes."""

    def __init__(
        self,
        platform: "ScriptedPlatform",
        key_of: Callable[[ConfigT], int],
        new_resource: Callable[[ResourceLedger, int], ResourceT],
    ) -> None:
        super().__init__(platform, key_of)
        self._new_resource = new_resource

    def decode(self, data: bytes, timestamp: int, duration: int | None) -> Sequence[DecodedOutput[ResourceT]]:
        self._process(f"decode {timestamp}")
        answer = self._platform.decode_answers.get(timestamp, Outputs())
        if isinstance(answer, Fails):
            raise CodecError(answer.message)
        for _ in range(answer.count):
            resource = self._new_resource(self._platform.resources, timestamp)
            self._hold(DecodedOutput(resource, timestamp, duration), answer.delay)
        return self._take_what_is_due()

    def _in_order(self, outputs: list[DecodedOutput[ResourceT]]) -> Sequence[DecodedOutput[ResourceT]]:
        return sorted(outputs, key=lambda output: output.timestamp)

    def _release(self, outputs: Sequence[DecodedOutput[ResourceT]]) -> None:
        for output in outputs:
            output.resource.release()


class ScriptedAudioEncoder(_ScriptedCodec["AudioEncoderConfig", EncodedAudioOutput]):
    """A [[codec implementation]] that encodes. Chunks are the first byte of the samples."""

    def __init__(self, platform: "ScriptedPlatform") -> None:
        super().__init__(platform, _key_of_audio)

    def encode(self, input: AudioInput) -> Sequence[EncodedAudioOutput]:
        self._process(f"encode {input.timestamp}")
        answer = self._platform.encode_answers.get(input.timestamp, Chunks())
        if isinstance(answer, Fails):
            raise CodecError(answer.message)
        data = bytes(input.resource.planes()[0].data[:1])
        duration = int(input.resource.number_of_frames * 1_000_000 // input.resource.sample_rate)
        for _ in range(answer.count):
            is_key = answer.is_key is not False
            self._hold(EncodedAudioOutput(data, is_key, input.timestamp, duration, answer.description), answer.delay)
        return self._take_what_is_due()


class ScriptedVideoEncoder(_ScriptedCodec["VideoEncoderConfig", EncodedVideoOutput]):
    """A [[codec implementation]] that encodes. Chunks are the first byte of the pixels. ``inputs`` are all inputs."""

    def __init__(self, platform: "ScriptedPlatform") -> None:
        super().__init__(platform, _key_of_video)
        self.inputs: list[VideoInput] = []

    def encode(self, input: VideoInput) -> Sequence[EncodedVideoOutput]:
        self._process(f"encode {input.timestamp}")
        self.inputs.append(input)
        answer = self._platform.encode_answers.get(input.timestamp, Chunks())
        if isinstance(answer, Fails):
            raise CodecError(answer.message)
        is_key = answer.is_key
        if is_key is None:
            is_key = self._requests_made == 1 or input.options.get("keyFrame", False)
        output = EncodedVideoOutput(
            bytes(input.resource.planes()[0].data[:1]),
            is_key,
            input.timestamp,
            input.duration,
            answer.description,
            answer.color_space,
            answer.temporal_layer,
            answer.alpha,
        )
        for _ in range(answer.count):
            self._hold(output, answer.delay)
        return self._take_what_is_due()


def _key_of_audio(config: "AudioDecoderConfig | AudioEncoderConfig") -> int:
    return _bit_rate_of(config) or config["sampleRate"]


def _key_of_video(config: "VideoDecoderConfig | VideoEncoderConfig") -> int:
    width = config.get("codedWidth", config.get("width", 0))
    assert isinstance(width, int)
    return _bit_rate_of(config) or width


def _bit_rate_of(config: Mapping[str, object]) -> int | None:
    """The bit rate tells configurations of encoders apart whose chunks are decoded in the same way."""
    bit_rate = config.get("bitrate")
    assert bit_rate is None or isinstance(bit_rate, int)
    return bit_rate


class ObservableCodec(Protocol):
    """The part of a scripted codec of any kind that tests look at."""

    calls: list[str]
    most_requests: int


class ScriptedPlatform:
    """A user agent with scripted codecs. Tests fill ``…_answers`` as needed.

    ``capacity`` is the number of requests that saturates a codec. ``on_work_queue`` says whether the running code
    belongs to a parallel queue; codecs assert that.
    """

    def __init__(self, on_work_queue: Callable[[], bool], capacity: int = UNLIMITED) -> None:
        self.on_work_queue = on_work_queue
        self.capacity = capacity
        #: Answers by timestamp. Without one, a request gives one output at once.
        self.decode_answers: dict[int, DecodeAnswer] = {}
        self.encode_answers: dict[int, EncodeAnswer] = {}
        #: Answers by codedWidth, width or sampleRate. Without one, a configuration is supported.
        self.configure_answers: dict[int, ConfigureAnswer] = {}
        #: Answers by track and frame index.
        self.image_answers: dict[tuple[int, int], Image] = {}
        self.resources: Final = ResourceLedger()
        self.audio_decoders: list[ScriptedDecoder[AudioDecoderConfig, AudioResource]] = []
        self.video_decoders: list[ScriptedDecoder[VideoDecoderConfig, VideoResource]] = []
        self.audio_encoders: list[ScriptedAudioEncoder] = []
        self.video_encoders: list[ScriptedVideoEncoder] = []
        self.image_decoders: list[ScriptedImageDecoder] = []

    def codecs(self) -> list[ObservableCodec]:
        """All codec implementations that were made: audio decoders, video decoders, audio encoders, video encoders."""
        return [*self.audio_decoders, *self.video_decoders, *self.audio_encoders, *self.video_encoders]

    def supports_audio_decoder(self, config: "AudioDecoderConfig") -> bool:
        return self._supports(_key_of_audio(config))

    def supports_video_decoder(self, config: "VideoDecoderConfig") -> bool:
        return self._supports(_key_of_video(config))

    def supports_audio_encoder(self, config: "AudioEncoderConfig") -> bool:
        return self._supports(_key_of_audio(config))

    def supports_video_encoder(self, config: "VideoEncoderConfig") -> bool:
        return self._supports(_key_of_video(config))

    def new_audio_decoder(self) -> AudioDecoderImplementation:
        decoder = ScriptedDecoder["AudioDecoderConfig", AudioResource](self, _key_of_audio, ScriptedAudioResource)
        self.audio_decoders.append(decoder)
        return decoder

    def new_video_decoder(self) -> VideoDecoderImplementation:
        decoder = ScriptedDecoder["VideoDecoderConfig", VideoResource](self, _key_of_video, ScriptedVideoResource)
        self.video_decoders.append(decoder)
        return decoder

    def new_audio_encoder(self) -> AudioEncoderImplementation:
        encoder = ScriptedAudioEncoder(self)
        self.audio_encoders.append(encoder)
        return encoder

    def new_video_encoder(self) -> VideoEncoderImplementation:
        encoder = ScriptedVideoEncoder(self)
        self.video_encoders.append(encoder)
        return encoder

    def supports_image_type(self, type: str) -> bool:
        return type == IMAGE_TYPE

    def new_image_decoder(self) -> ImageDecoderImplementation:
        decoder = ScriptedImageDecoder(self)
        self.image_decoders.append(decoder)
        return decoder

    def _supports(self, key: int) -> bool:
        return not isinstance(self.configure_answers.get(key), Unsupported)
