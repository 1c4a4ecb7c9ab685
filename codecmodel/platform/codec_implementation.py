"""[[codec implementation]] as protocols. Plain values and owned buffers cross here, and one error type."""

from collections.abc import Sequence
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
    """The codec could not do what was asked: the bitstream is broken, or the library failed."""


ResourceT_co = TypeVar("ResourceT_co", covariant=True, bound=MediaResource)


class DecodedOutput(NamedTuple, Generic[ResourceT_co]):
    """A decoded frame, or run of samples, with timestamp and duration (µs) of the chunk it came from."""

    resource: ResourceT_co
    timestamp: int
    duration: int | None


# Spec: saturated
class CodecRequests:
    """How much decoding or encoding work a [[codec implementation]] has accepted and not yet done.

    ``accepted`` is written by the event loop's thread alone, ``finished`` by the work queue's alone, so neither
    needs a lock. Saturation has hysteresis: it begins at ``capacity`` and ends when half of it is done, which the
    spec allows ("sufficient progress").
    """

    __slots__ = ("accepted", "capacity", "finished")

    def __init__(self, capacity: int) -> None:
        assert capacity > 1, "the spec's maximum is greater than 1"
        self.capacity = capacity
        self.accepted = 0
        self.finished = 0

    def would_saturate(self) -> bool:
        """Whether one more request makes the implementation saturated."""
        return self.accepted - self.finished + 1 >= self.capacity

    def is_saturated(self) -> bool:
        """Whether the implementation, once saturated, still is."""
        return self.accepted - self.finished > self.capacity // 2


class CodecImplementation(Protocol[ConfigT_contra, OutputT_co]):
    """What decoders and encoders have in common.

    Every method runs on the codec's work queue, one at a time. Whoever receives an output owns its resource, if it has
    one. Where CodecError may be raised MemoryError may be, too.
    """

    @property
    def requests(self) -> CodecRequests:
        """Counted by the caller; made with the implementation, with the capacity that it wants."""

    def configure(self, config: ConfigT_contra) -> Sequence[OutputT_co]:
        """Decode or encode by ``config``, which is supported, from now on; the next chunk is a key chunk.

        Returns what was pending under the configuration before, as flush() would. Raises CodecError if the codec
        cannot be opened.
        """

    # Spec: internal-pending-output
    def flush(self) -> Sequence[OutputT_co]:
        """Emit all internal pending outputs. Raises CodecError.

        A decoder is ready for a key chunk after that. An encoder emits also what doesn't fill a frame of the codec, and
        may be asked to encode on; if the library's encoder has to be opened anew for that, it begins with a key chunk.
        """

    def cease(self) -> None:
        """Drop everything inside that belongs to the configuration so far. Never raises."""

    # Spec: system-resources
    def release(self) -> None:
        """Release all system resources. Called once, last. Never raises."""


class DecoderImplementation(CodecImplementation[ConfigT_contra, OutputT_co], Protocol[ConfigT_contra, OutputT_co]):
    """A platform decoder: the [[codec implementation]] of AudioDecoder and VideoDecoder."""

    def decode(self, data: bytes, timestamp: int, duration: int | None) -> Sequence[OutputT_co]:
        """Decode one chunk; returns what came out, in presentation order. Raises CodecError."""


AudioDecoderImplementation: TypeAlias = "DecoderImplementation[AudioDecoderConfig, DecodedOutput[AudioResource]]"
VideoDecoderImplementation: TypeAlias = "DecoderImplementation[VideoDecoderConfig, DecodedOutput[VideoResource]]"


class AudioInput(NamedTuple):
    """Samples to encode, and their timestamp (µs). Rate, channels and format are the resource's.

    The resource belongs to the caller, who may release it when encode() has returned; views of its planes stay valid.
    """

    resource: AudioResource
    timestamp: int


class VideoInput(NamedTuple):
    """A frame to encode: what its slots say where that may differ from the resource, and the options for it.

    ``format`` is the resource's, or the opaque equivalent of that (then the alpha plane is not part of the frame), or
    None where the spec has no name for it. ``visible_rect`` is left, top, width, height within the resource's coded
    size: the part to be encoded. ``color_space`` is the frame's; members that nobody knows are null. ``timestamp`` and
    ``duration`` in microseconds. ``options`` are converted: ``keyFrame`` is there.

    The resource belongs to the caller, who may release it when encode() has returned; views of its planes stay valid.
    """

    resource: VideoResource
    format: "VideoPixelFormat | None"
    visible_rect: tuple[int, int, int, int]
    color_space: "VideoColorSpaceInit"
    timestamp: int
    duration: int | None
    options: "VideoEncoderEncodeOptions"


class EncodedAudioOutput(NamedTuple):
    """Encoded audio. ``timestamp`` and ``duration`` (µs) are those of the samples that are in ``data``.

    ``description`` is the one of the AudioDecoderConfig that decodes ``data``, in the format that the codec's
    registration says and the configuration's extension asks for; None if decoding needs none. As long as it doesn't
    change it should be the same object. ``padding`` is None if the encoder added no sound to this chunk.
    """

    data: bytes
    is_key: bool
    timestamp: int
    duration: int | None
    description: bytes | None = None
    padding: "EncoderPadding | None" = None


class EncodedVideoOutput(NamedTuple):
    """An encoded frame. ``timestamp`` and ``duration`` are exactly those of the VideoInput it was made of.

    ``description`` and ``color_space`` are those of the VideoDecoderConfig that decodes ``data``: the description as
    the codec's registration says and the configuration's extension asks for (None: decoding needs none), the colour
    space as the pixels that were encoded have it, after conversion if there was any. As long as they don't change they
    should be the same objects. Whatever else a VideoDecoderConfig has comes from the encoder's configuration.

    ``temporal_layer`` counts from 0; it is not None if the configuration's scalability mode has several.
    ``alpha`` is the frame's encoded alpha plane, as a chunk of the same codec whose luma it is, if the configuration
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

    def encode(self, input: InputT_contra) -> Sequence[OutputT_co]:
        """Encode one frame, or run of samples, of any size and format; returns what came out, in decoding order.

        Raises CodecError: samples of another rate or number of channels than the configuration's, a quantizer out of
        the codec's range, whatever the library refuses. The codec is closed thereupon.
        """


AudioEncoderImplementation: TypeAlias = "EncoderImplementation[AudioEncoderConfig, AudioInput, EncodedAudioOutput]"
VideoEncoderImplementation: TypeAlias = "EncoderImplementation[VideoEncoderConfig, VideoInput, EncodedVideoOutput]"
