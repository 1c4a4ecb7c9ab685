"""Protocols for a [[codec implementation]]. Plain values, owned buffers and one type of error pass through them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from codecmodel.raw_media.resource_protocols import AudioResource, MediaResource, VideoResource

if TYPE_CHECKING:
    from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
    from codecmodel.configurations.encoder_configurations import (
        AudioEncoderConfig,
        VideoEncoderConfig,
        VideoEncoderEncodeOptions,
    )
    from codecmodel.encoded_chunks import EncoderPadding
    from codecmodel.raw_media.color_space import VideoColorSpaceInit
    from codecmodel.raw_media.pixel_format import VideoPixelFormat

ConfigT_contra = TypeVar("ConfigT_contra", contravariant=True)
InputT_contra = TypeVar("InputT_contra", contravariant=True)
OutputT = TypeVar("OutputT")
OutputT_co = TypeVar("OutputT_co", covariant=True)


class CodecError(Exception):
    """A codec could not do its work: the bitstream is broken, or the library failed."""


class OutOfResourcesError(CodecError):
    """A codec cannot be opened for want of memory or threads. It may succeed when other codecs have released theirs."""


ResourceT_co = TypeVar("ResourceT_co", covariant=True, bound=MediaResource)


class DecodedOutput(NamedTuple, Generic[ResourceT_co]):
    """A decoded frame, or run of samples, with the timestamp and duration (µs) of the chunk it was decoded from."""

    resource: ResourceT_co
    timestamp: int
    duration: int | None


def _nothing_follows() -> bool:
    """An implementation is told nothing else unless it runs on a queue of threads."""
    return False


# Spec: saturated
class CodecRequests:
    """The requests to decode or encode that a [[codec implementation]] has accepted and finished.

    Only the event loop's thread writes ``accepted``, and only the work queue writes ``finished``, so neither needs a
    lock. Saturation has hysteresis, as the spec allows ("sufficient progress"): it begins when ``capacity`` requests
    are unfinished, and ends when half as many are.
    """

    __slots__ = ("accepted", "are_at_hand", "capacity", "finished", "is_followed")

    def __init__(self, capacity: int) -> None:
        assert capacity > 1, "the spec's maximum is greater than 1"
        self.capacity = capacity
        self.accepted = 0
        self.finished = 0
        #: Whether other work waits behind the request that is being done, such as a flush. Then a codec need not hurry
        #: to output. Called on the work queue.
        self.is_followed: Callable[[], bool] = _nothing_follows
        #: Whether requests come as fast as they are accepted, so that nobody waits for an output before the next one or
        #: a flush. It does not change once the implementation is configured.
        self.are_at_hand = False

    def would_saturate(self) -> bool:
        """Whether one more request makes the implementation saturated."""
        return self.accepted - self.finished + 1 >= self.capacity

    def is_saturated(self) -> bool:
        """Whether the implementation, once saturated, still is."""
        return self.accepted - self.finished > self.capacity // 2


class CodecImplementation(Protocol[ConfigT_contra, OutputT_co]):
    """The methods that decoders and encoders have in common.

    Every method runs on the codec's work queue, one at a time. The caller owns the resources of the outputs that it
    receives. A method that may raise CodecError may also raise MemoryError.
    """

    @property
    def requests(self) -> CodecRequests:
        """The counts of requests, which the caller maintains. The implementation sets the capacity."""

    def configure(self, config: ConfigT_contra) -> None:
        """Decode or encode by ``config``, which is supported, from now on. The next chunk is a key chunk.

        Outputs that are pending under a previous configuration are dropped. Raises CodecError if the codec cannot be
        opened.
        """

    # Spec: internal-pending-output
    def flush(self) -> Sequence[OutputT_co]:
        """Emit all internal pending outputs. Raises CodecError.

        After that, a decoder is ready for a key chunk. An encoder also emits samples that do not fill a frame of the
        codec. Encoding may go on; if the library's encoder has to be opened anew for that, the next chunk is a key
        chunk.
        """

    def drain(self) -> Sequence[OutputT_co]:
        """Emit all internal pending outputs, because the present configuration ends. Raises CodecError.

        After that only configure(), cease() and release() are called. If it fails, outputs_before_failure() is, too.
        """

    def outputs_before_failure(self) -> Sequence[OutputT_co]:
        """The outputs of the requests before the one that failed, without those that were output before.

        Called once after a method has raised an exception, and before the codec is closed. Never raises.
        """

    def cease(self) -> None:
        """Drop everything that belongs to the present configuration. Never raises."""

    # Spec: system-resources
    def release(self) -> None:
        """Release all system resources. Called once, last. Never raises."""


class DecoderImplementation(CodecImplementation[ConfigT_contra, OutputT_co], Protocol[ConfigT_contra, OutputT_co]):
    """A platform decoder: the [[codec implementation]] of AudioDecoder and VideoDecoder."""

    def prepare(self, data: bytes) -> None:
        """Open the codec for a chunk that decode() will be called with next, if it is not open.

        A caller that can make room calls it before the first chunk after configure() or flush(). Raises CodecError,
        after which decode() may still be called: OutOfResourcesError for want of memory or threads.
        """

    def decode(self, data: bytes, timestamp: int, duration: int | None) -> Sequence[OutputT_co]:
        """Decode one chunk, and return the outputs that are ready, in presentation order. Raises CodecError."""


AudioDecoderImplementation: TypeAlias = "DecoderImplementation[AudioDecoderConfig, DecodedOutput[AudioResource]]"
VideoDecoderImplementation: TypeAlias = "DecoderImplementation[VideoDecoderConfig, DecodedOutput[VideoResource]]"


class AudioInput(NamedTuple):
    """Samples to encode, and their timestamp (µs). The resource has their rate, channels and format.

    The caller owns the resource and may release it when encode() has returned. Views of its planes stay valid.
    """

    resource: AudioResource
    timestamp: int


class VideoInput(NamedTuple):
    """A frame to encode: the slots of the VideoFrame that may differ from its resource, and the options for encode().

    ``format`` is the resource's; or its opaque equivalent, if the alpha plane is not part of the frame; or None, if the
    spec has no name for it. ``visible_rect`` (left, top, width, height, within the resource's coded size) is the part
    to encode. Unknown members of ``color_space`` are null. ``timestamp`` and ``duration`` are in microseconds.
    ``options`` are converted by Web IDL, so that ``keyFrame`` is present.

    The caller owns the resource and may release it when encode() has returned. Views of its planes stay valid.
    """

    resource: VideoResource
    format: "VideoPixelFormat | None"
    visible_rect: tuple[int, int, int, int]
    color_space: "VideoColorSpaceInit"
    timestamp: int
    duration: int | None
    options: "VideoEncoderEncodeOptions"


class EncodedAudioOutput(NamedTuple):
    """Encoded audio. ``timestamp`` and ``duration`` (µs) are those of the samples in ``data``.

    ``description`` belongs to the AudioDecoderConfig that decodes ``data``. It has the format that the codec's
    registration defines and the configuration's extension selects; it is None if decoding needs no description. An
    unchanged description should be the same object as before. ``padding`` is None if the encoder added no sound to this
    chunk.
    """

    data: bytes
    is_key: bool
    timestamp: int
    duration: int | None
    description: bytes | None = None
    padding: "EncoderPadding | None" = None


class EncodedVideoOutput(NamedTuple):
    """An encoded frame. ``timestamp`` and ``duration`` are exactly those of its VideoInput.

    ``description`` and ``color_space`` belong to the VideoDecoderConfig that decodes ``data``. The description has the
    format that the codec's registration defines and the configuration's extension selects; it is None if decoding
    needs no description. The colour space is that of the encoded pixels, after any conversion. Unchanged values should
    be the same objects as before. The other members of the VideoDecoderConfig come from the encoder's configuration.

    ``temporal_layer`` counts from 0; it is None unless the configuration's scalability mode has several layers.
    ``alpha`` is a chunk of the same codec whose luma is the frame's alpha plane; it is None unless the configuration
    keeps alpha and the frame has it.
    """

    data: bytes
    is_key: bool
    timestamp: int
    duration: int | None
    description: bytes | None = None
    color_space: "VideoColorSpaceInit | None" = None
    temporal_layer: int | None = None
    alpha: bytes | None = None


class EncoderImplementation(
    CodecImplementation[ConfigT_contra, OutputT_co], Protocol[ConfigT_contra, InputT_contra, OutputT_co]
):
    """A platform encoder: the [[codec implementation]] of AudioEncoder and VideoEncoder."""

    def prepare(self, input: InputT_contra) -> None:
        """Open the codec for an input that encode() will be called with next, if it is not open.

        A caller that can make room calls it before the first input after configure() or flush(). Raises CodecError,
        after which encode() may still be called: OutOfResourcesError for want of memory or threads.
        """

    def encode(self, input: InputT_contra) -> Sequence[OutputT_co]:
        """Encode one frame, or run of samples, of any size and format, and return the outputs that are ready.

        They are in decoding order. Raises CodecError if samples have another rate or number of channels than the
        configuration, if a quantizer is beyond the codec's range, and if the library refuses. The caller then closes
        the codec.
        """


AudioEncoderImplementation: TypeAlias = "EncoderImplementation[AudioEncoderConfig, AudioInput, EncodedAudioOutput]"
VideoEncoderImplementation: TypeAlias = "EncoderImplementation[VideoEncoderConfig, VideoInput, EncodedVideoOutput]"
