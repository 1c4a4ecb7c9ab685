"""The protocols that the spec's steps talk to. Plain values and owned buffers cross here, and one error type."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from codecmodel.configurations import AudioDecoderConfig, VideoDecoderConfig
    from codecmodel.raw_media.audio_sample_format import AudioSampleFormat
    from codecmodel.raw_media.color_space import VideoColorSpaceInit
    from codecmodel.raw_media.pixel_format import VideoPixelFormat

ConfigT_contra = TypeVar("ConfigT_contra", contravariant=True)
OutputT = TypeVar("OutputT")
OutputT_co = TypeVar("OutputT_co", covariant=True)


class CodecError(Exception):
    """The codec could not do what was asked: the bitstream is broken, or the library failed."""


class Plane(NamedTuple):
    """One plane of a media resource: ``data`` one-dimensional bytes, ``stride`` bytes from row to row.

    For audio a plane is the samples of one channel, or of all channels interleaved, and the stride is its size.
    """

    data: memoryview
    stride: int


# Spec: media-resource
class MediaResource(Protocol):
    """Storage of pixels or samples (spec § 9.1.2, *media resource*). Views of it stay valid after ``release``."""

    def planes(self) -> Sequence[Plane]:
        """The planes, read-only, without a copy."""

    def release(self) -> None:
        """The last reference is gone. Called once."""


class VideoResource(MediaResource, Protocol):
    """Pixels. All sizes in pixels."""

    @property
    def format(self) -> "VideoPixelFormat | None":
        """The format if it is one that the spec knows; then planes() are that format's, in its order."""

    @property
    def coded_size(self) -> tuple[int, int]:
        """Width and height of what is stored."""

    @property
    def visible_rect(self) -> tuple[int, int, int, int]:
        """Left, top, width, height."""

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height after the pixel aspect ratio."""

    @property
    def color_space(self) -> "VideoColorSpaceInit | None":
        """What the bitstream says about colour; members it does not say are null. None if it says nothing."""


class AudioResource(MediaResource, Protocol):
    """Samples."""

    @property
    def format(self) -> "AudioSampleFormat | None":
        """The format if it is one that the spec knows."""

    @property
    def sample_rate(self) -> float:
        """Frames per second."""

    @property
    def number_of_frames(self) -> int: ...

    @property
    def number_of_channels(self) -> int: ...


ResourceT_co = TypeVar("ResourceT_co", covariant=True, bound=MediaResource)


class DecodedOutput(NamedTuple, Generic[ResourceT_co]):
    """A decoded frame, or run of samples, with timestamp and duration (µs) of the chunk it came from."""

    resource: ResourceT_co
    timestamp: int
    duration: int | None


# Spec: saturated
class DecoderRequests:
    """How much decoding work a [[codec implementation]] has accepted and not yet done.

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


class DecoderImplementation(Protocol[ConfigT_contra, OutputT_co]):
    """A platform decoder: the [[codec implementation]] of AudioDecoder and VideoDecoder.

    Every method runs on the codec's work queue, one at a time. Whoever receives an output owns its resource.
    """

    @property
    def requests(self) -> DecoderRequests: ...

    def configure(self, config: ConfigT_contra) -> Sequence[OutputT_co]:
        """Decode by ``config`` from now on. Returns what was pending under the configuration before.

        Raises CodecError if the codec cannot be opened.
        """

    def decode(self, data: bytes, timestamp: int, duration: int | None) -> Sequence[OutputT_co]:
        """Decode one chunk; returns what came out, in presentation order. Raises CodecError."""

    # Spec: internal-pending-output
    def flush(self) -> Sequence[OutputT_co]:
        """Emit all internal pending outputs and be ready for a key chunk. Raises CodecError."""

    def cease(self) -> None:
        """Drop everything inside that belongs to the configuration so far. Never raises."""

    # Spec: system-resources
    def release(self) -> None:
        """Release all system resources. Called once, last. Never raises."""


AudioDecoderImplementation = DecoderImplementation["AudioDecoderConfig", DecodedOutput[AudioResource]]
VideoDecoderImplementation = DecoderImplementation["VideoDecoderConfig", DecodedOutput[VideoResource]]


class Platform(Protocol):
    """What a user agent provides. Its methods may be called from any thread."""

    def supports_audio_decoder(self, config: "AudioDecoderConfig") -> bool: ...

    def supports_video_decoder(self, config: "VideoDecoderConfig") -> bool: ...

    def new_audio_decoder(self) -> AudioDecoderImplementation: ...

    def new_video_decoder(self) -> VideoDecoderImplementation: ...


_chosen: ContextVar[Platform | None] = ContextVar("codecmodel platform", default=None)


def current_platform() -> Platform:
    """The platform chosen with ``use_platform``, else FFmpeg."""
    chosen = _chosen.get()
    if chosen is not None:
        return chosen
    from codecmodel.platform.ffmpeg import ffmpeg_platform

    return ffmpeg_platform()


@contextmanager
def use_platform(platform: Platform) -> Iterator[None]:
    """Codecs made within the block work on ``platform``."""
    token = _chosen.set(platform)
    try:
        yield
    finally:
        _chosen.reset(token)
