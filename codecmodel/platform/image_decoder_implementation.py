"""The protocol of image decoders, to which the steps of chapter 10 of the spec talk.

The platform gets the file as it arrives, takes it apart and decodes it. As in the other protocols of platforms, plain
values and owned buffers are passed, and the only error is CodecError.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

from codecmodel.raw_media.resource_protocols import VideoResource

# HTML: ColorSpaceConversion
ColorSpaceConversion: TypeAlias = Literal["none", "default"]


class ImageConfig(NamedTuple):
    """The configuration of an image decoder.

    ``type`` is a supported type: the MIME type's essence in lower case, without parameters ("image/png").
    ``color_space_conversion`` is that of ImageBitmapOptions (HTML). With "default" outputs have the colour space that
    the file describes, also by an embedded profile that the platform understands. With "none" profiles and
    colour tags are ignored, and outputs have the colour space of a file that describes none.
    ``desired_size`` is a width and height in pixels, before orientation. Outputs may have it, or their own size.
    """

    type: str
    color_space_conversion: ColorSpaceConversion = "default"
    desired_size: tuple[int, int] | None = None


class ImageTrackDescription(NamedTuple):
    """An image track, as described by the data that has arrived.

    ``animated`` says whether the track has several frames, even if only the first has arrived. A GIF is
    animated if it has a second image or a repetition count, a PNG if acTL declares several frames, a WebP by its
    header, and an AVIF if the track is a sequence.
    ``frame_count`` is the number of frames found so far (the last may still be arriving), or the number that
    the file declares. It is 0 if it isn't known yet. It never becomes smaller, and no track disappears or changes its
    place.
    ``repetition_count`` says how often the animation is to be repeated after it has been played once: math.inf for
    ever, and 0 if it is not to be repeated or the file doesn't say.
    """

    animated: bool
    frame_count: int
    repetition_count: float = 0


# Spec: primary-image-track
class ImageTracks(NamedTuple):
    """All tracks of a file, in its order, and the index of the primary one, if the file says which it is.

    A still image and a sequence in the same AVIF file are two tracks. Most formats have one track, and no primary.
    """

    tracks: Sequence[ImageTrackDescription]
    primary: int | None = None


# Spec: progressive-image, progressive-image-frame-generation
class EncodedImageFrame(NamedTuple):
    """How much of a frame has arrived.

    "complete": enough to decode it completely, including all frames on which it builds.
    "incomplete": not enough yet; or, when all data has arrived, the frame doesn't exist.
    "malformed": it can't be decoded, no matter how much data follows. Either the data is broken, in this frame or
    before it, or all data has arrived and ends within the frame. Frames before the broken place stay "complete".

    ``generation`` of a progressive image is that of the output that decode() would give now. It increases with detail.
    It is None if there is no output yet.
    """

    availability: Literal["complete", "incomplete", "malformed"]
    generation: int | None = None


class DecodedImage(NamedTuple):
    """A decoded frame. It is always the whole picture, composed with the frames before it where the format says so.

    The receiver owns ``resource``, which has the pixels as they are stored. To show them, turn them by ``rotation``
    (degrees clockwise: 0, 90, 180 or 270) and then mirror them horizontally if ``flip``. Both come from Exif (JPEG,
    PNG, WebP), whose orientations 1 to 8 are (0, False), (0, True), (180, False), (180, True), (90, True), (90, False),
    (270, True) and (270, False), or from ``irot`` and ``imir`` (AVIF, where Exif is ignored).

    ``duration`` (µs) is the frame's, or None, as for every still image. ``timestamp`` (µs) is the one in the file, as a
    sequence of AVIF has it, or None (still images, GIF, PNG, WebP). Then ``derived_timestamp`` (µs) is the sum of the
    durations before the frame, if they are known without decoding.
    ``is_constant_rate``: the file says that all frames of the animation have the same duration.

    If it is ``complete``, it has full detail. Otherwise ``generation`` is its generation.
    """

    resource: VideoResource
    timestamp: int | None = None
    duration: int | None = None
    derived_timestamp: int | None = None
    is_constant_rate: bool = False
    rotation: float = 0
    flip: bool = False
    complete: bool = True
    generation: int | None = None


class ImageDecoderImplementation(Protocol):
    """A platform image decoder: the [[codec implementation]] of ImageDecoder.

    Every method runs on the codec's work queue, one at a time. configure() is called once, first. append() may then be
    called any number of times, and finish() once after the last of them. The other methods may be called at any time
    between and after these, and release() is called once, last.
    """

    def configure(self, config: ImageConfig) -> None:
        """Decode files as ``config`` says. Never raises."""

    def append(self, data: bytes | memoryview) -> None:
        """Take more bytes of the file. They don't change, and may be kept without a copy. Never raises.

        A file that is there as a whole comes in one call. If the data is broken, tracks() and frame() say so.
        """

    def finish(self) -> None:
        """All data has arrived. Never raises."""

    def tracks(self) -> ImageTracks | None:
        """The tracks, or None if the data doesn't say yet how many there are.

        If the data is no image of the type, or has none, there are no tracks, and more data doesn't change that. Once
        tracks were returned they always are, with everything that has become known since. Called after each append(),
        so it has to be cheap. Never raises.
        """

    def is_progressive(self) -> bool:
        """Whether the image is progressive, and decode() outputs it with reduced detail."""

    def frame(self, track: int, frame_index: int) -> EncodedImageFrame:
        """How much of a frame has arrived. Both indices count from 0, and the track is one of tracks(). Never raises.

        It has to be cheap.
        """

    def decode(self, track: int, frame_index: int, is_aborted: Callable[[], bool]) -> DecodedImage:
        """Decode a frame that is "complete", or has a generation. Frames are decoded in any order, and repeatedly.

        Raises CodecError if the data is broken or the library fails. Between frames that have to be decoded first, it
        asks ``is_aborted``. If the request was aborted it raises CodecError, which is ignored.
        """

    def release(self) -> None:
        """Release all system resources. Never raises."""
