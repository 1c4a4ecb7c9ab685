"""The protocol that the steps of image decoding (chapter 10 of the spec) talk to.

An image file is given as it arrives, and is unpacked and decoded by the platform. As everywhere, plain values and owned
buffers cross here, and one error type, CodecError.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

from codecmodel.raw_media.resource_protocols import VideoResource

# HTML: ColorSpaceConversion
ColorSpaceConversion: TypeAlias = Literal["none", "default"]


class ImageConfig(NamedTuple):
    """What an image decoder is configured with.

    ``type`` is a supported one: the MIME type's essence in lower case, without parameters ("image/png").
    ``color_space_conversion`` is ImageBitmapOptions' (HTML): with "default" the outputs' colour space is what the file
    says, embedded profiles included as far as the platform can; with "none" embedded profiles and colour tags are
    ignored, and outputs have the colour space that the format has without any.
    ``desired_size`` (width, height in pixels, before orientation) is a wish: an output may have it, or its own size.
    """

    type: str
    color_space_conversion: ColorSpaceConversion = "default"
    desired_size: tuple[int, int] | None = None


class ImageTrackDescription(NamedTuple):
    """What the data so far tells of an image track.

    ``animated``: the track is of several frames, even if only the first has arrived (a GIF is animated if a second
    image or a repetition count was found; a PNG if it has an acTL chunk; an AVIF if it is a sequence's track).
    ``frame_count``: frames found so far, of which the last may still be arriving, or the count that the file declares;
    0 if not known yet. It never gets smaller, and a track never disappears or changes its place.
    ``repetition_count``: how often the animation is to be *repeated*, after it has been played once: math.inf for
    ever, 0 for not at all, or if the file doesn't say.
    """

    animated: bool
    frame_count: int
    repetition_count: float = 0


# Spec: primary-image-track
class ImageTracks(NamedTuple):
    """All tracks of a file, in its order, and which of them the file says is the primary one, if it does.

    A still image and a sequence in the same AVIF file are two tracks. Most formats have one track, and no primary.
    """

    tracks: Sequence[ImageTrackDescription]
    primary: int | None = None


# Spec: progressive-image, progressive-image-frame-generation
class EncodedImageFrame(NamedTuple):
    """What the data so far has of a frame.

    "complete": enough bytes to decode it completely; whatever frames it builds on are complete, too.
    "incomplete": not enough bytes yet; or, once all data has arrived, there is no such frame (a frame index too large).
    "malformed": it can't be decoded, whatever arrives: the data is broken at or before it; or all data has arrived, and
    the frame has begun and is cut short. Frames before the broken place stay "complete".

    ``generation`` of a progressive image: that of the output which decode() would give now, counted up as detail
    increases; None if there is no output yet.
    """

    availability: Literal["complete", "incomplete", "malformed"]
    generation: int | None = None


class DecodedImage(NamedTuple):
    """A decoded frame: always the whole picture, composed with the frames before it where the format says so.

    The receiver owns ``resource``. It is as stored, not turned: ``rotation`` (degrees clockwise: 0, 90, 180, 270) and
    then ``flip`` (mirrored horizontally) are what the file's orientation metadata says is to be done to show it: Exif's
    orientation (JPEG, PNG's eXIf, WebP), ``irot`` and ``imir`` (AVIF); in AVIF these, and not Exif, count. Exif 1 to 8
    are (0, False), (0, True), (180, False), (180, True), (90, True), (90, False), (270, True), (270, False).

    ``duration`` (µs) is the frame's, None if it has none (every still image). ``timestamp`` (µs) is what the file says,
    as the sample table of an AVIF sequence does; None if it has no timestamps (still images, GIF, PNG, WebP).
    ``derived_timestamp`` (µs) is then the sum of the durations before, if they are known without decoding.
    ``is_constant_rate``: the file says that all frames of the animation have the same duration.

    ``complete``: this is the final output, of full detail; else ``generation`` is its generation.
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

    Every method runs on the codec's work queue, one at a time. Calls come in this order: configure() once; then
    append() any number of times, finish() at most once after that, between them and afterwards the others as often as
    wanted; release() once, last, at any time.
    """

    def configure(self, config: ImageConfig) -> None:
        """Decode files as ``config`` says. Opens nothing yet that depends on data. Never raises."""

    def append(self, data: bytes | memoryview) -> None:
        """More bytes of the file; they don't change, and may be kept without a copy. Never raises.

        A file that is there as a whole comes in one call, followed by finish(). Broken data shows in tracks() and
        frame().
        """

    def finish(self) -> None:
        """All data has arrived. Never raises."""

    def tracks(self) -> ImageTracks | None:
        """The tracks, or None as long as the data doesn't suffice to tell how many there are.

        No tracks at all if the data is no image of the type, or has none: then nothing can follow that changes it. Once
        it has given tracks it goes on to, with what has become known since. Cheap: called after each append().
        Never raises.
        """

    def is_progressive(self) -> bool:
        """Whether the image is a progressive one, and decode() gives outputs of it with reduced detail."""

    def frame(self, track: int, frame_index: int) -> EncodedImageFrame:
        """What there is of a frame; both indices count from 0, ``track`` is one of tracks(). Cheap. Never raises."""

    def decode(self, track: int, frame_index: int, is_aborted: Callable[[], bool]) -> DecodedImage:
        """Decode a frame that is "complete", or has a generation. Any order of frames, each as often as wanted.

        Raises CodecError if the data is broken or the library fails. Where frames before it have to be decoded first,
        ``is_aborted`` is asked between them: if nobody wants the output any more, CodecError is raised at once, which
        nobody sees.
        """

    def release(self) -> None:
        """Release all system resources. Never raises."""
