"""An image decoder that answers as it likes, within what the data that has arrived allows; and its stream.

As long as data is to come, the decoder finds tracks, frames and the ends of frames as late as it likes, but never loses
one again. When all data is there, it has found everything. If the data ends too early, a frame is there or is broken.
Each piece of a progressive image may give more detail, if the decoder decodes it progressively. If there are several
tracks, any of them or none may be the primary one.
"""

from collections.abc import Callable
from typing import Final, Literal

from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.image_decoder_implementation import (
    DecodedImage,
    EncodedImageFrame,
    ImageConfig,
    ImageTrackDescription,
    ImageTracks,
)
from codecmodel.web.streams import ReadRequest
from conformance.explorer.image_run import FedStream, take
from conformance.litmus.free_codec import Decides, Freedoms
from conformance.litmus.image_subject import (
    AVIF,
    FRAME_DURATION,
    FRAMES,
    GIF,
    IMAGE_TYPES,
    JPEG,
    PIECES,
    ImageFile,
)
from conformance.litmus.subjects import ImageInterface
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.scripted_media import ResourceLedger, ScriptedVideoResource

#: Of a still image and an animation in one file, there is only the animation.
ONE_TRACK: Final = "a file has one track"


def file_of_the_model(interface: ImageInterface) -> ImageFile:
    """A piece of the file is a byte."""
    return ImageFile(IMAGE_TYPES[interface], b"." * PIECES, range(1, PIECES + 1))


class FreeStream(FedStream):
    """A stream whose chunks are read at once, in a microtask or in a task, as a user agent's streams may do it.

    As it is read in parallel, its end may be read before the tasks that tell of the chunks before it. An error may
    discard the chunks that were not read yet, as that of a ReadableStream does.
    """

    def __init__(self, event_loop: DeterministicEventLoop, decides: Decides) -> None:
        super().__init__(event_loop)
        self._decides = decides
        #: The request that the chunk before was read for, if the decoder has that chunk.
        self._served: ReadRequest | None = None
        self._is_canceled = False

    def read_a_chunk(self, request: ReadRequest) -> None:
        self._served = None
        super().read_a_chunk(request)

    def cancel(self) -> None:
        self._served = None
        self._is_canceled = True
        super().cancel()

    def give(self, chunk: bytes | Exception | None) -> None:
        if isinstance(chunk, Exception) and self._given and self._decides.decide(("kept", "discarded")) == "discarded":
            self._given.clear()
        is_next = not self._given and not isinstance(chunk, bytes)
        if is_next and self._served is not None and self._decides.decide(("later", "now")) == "now":
            # The steps for the end are those of any request.
            self._request, self._served = self._served, None
        super().give(chunk)

    def deliver(self, request: ReadRequest, chunk: bytes | Exception | None) -> None:
        def steps() -> None:
            take(request, chunk)
            if not self._is_canceled:
                self._served = request

        moment = self._decides.decide(("task", "microtask", "now"))
        if moment == "task":
            self.queue_a_task(steps)
        elif moment == "microtask":
            self._event_loop.queue_microtask(steps)
        else:
            steps()


class FreeImageDecoder:
    """A [[codec implementation]] of ImageDecoder."""

    def __init__(self, decides: Decides, freedoms: Freedoms, resources: ResourceLedger) -> None:
        self._decides = decides
        self._freedoms = freedoms
        self._resources = resources
        #: The numbers of frames of the tracks.
        self._frames: tuple[int, ...] = (FRAMES,)
        self._is_a_progressive_file = False
        self._pieces = 0
        self._is_finished = False
        #: The number of frames that were found in the animation, or None if no track was found yet.
        self._found: int | None = None
        #: The index of the primary track, None if there is none, or "" if that is not decided yet.
        self._primary: str | int | None = ""
        #: The frames that were found to be complete, and those found to be broken: indices of tracks and frames.
        self._complete: frozenset[tuple[int, int]] = frozenset()
        self._broken: frozenset[tuple[int, int]] = frozenset()
        #: Whether it outputs reduced detail, if that is decided; and the detail that there is.
        self._is_progressive: bool | None = None
        self._generation = 0

    def configure(self, config: ImageConfig) -> None:
        self._frames = {GIF: (FRAMES,), AVIF: (1, FRAMES), JPEG: (1,)}[config.type]
        self._is_a_progressive_file = config.type == JPEG
        if len(self._frames) > 1 and ONE_TRACK in self._freedoms.deviations:
            self._frames = self._frames[int(self._decides.decide(("0", "1"))) :]

    def append(self, data: bytes | memoryview) -> None:
        self._pieces += len(data)

    def finish(self) -> None:
        self._is_finished = True

    def tracks(self) -> ImageTracks | None:
        most = self._frames[-1]
        if self._has_everything:
            self._found = most
        elif self._pieces and (self._found is not None or self._decides.decide(("yes", "no")) == "yes"):
            found = self._found or 0
            self._found = int(self._decides.decide([str(count) for count in range(found, most + 1)]))
        if self._found is None:
            return None
        tracks = [ImageTrackDescription(frames > 1, min(self._found, frames)) for frames in self._frames]
        if self._primary == "":
            answer = self._decides.decide(("none", *map(str, range(len(tracks))))) if len(tracks) > 1 else "none"
            self._primary = None if answer == "none" else int(answer)
        assert not isinstance(self._primary, str)
        return ImageTracks(tracks, self._primary)

    def is_progressive(self) -> bool:
        if self._is_progressive is None:
            self._is_progressive = self._is_a_progressive_file and self._decides.decide(("no", "yes")) == "yes"
        return self._is_progressive

    def frame(self, track: int, frame_index: int) -> EncodedImageFrame:
        availability = self._availability(track, frame_index)
        if not self._is_progressive or frame_index:
            return EncodedImageFrame(availability)
        options = [str(generation) for generation in range(self._generation, self._pieces + 1)]
        self._generation = int(self._decides.decide(options))
        return EncodedImageFrame(availability, self._generation or None)

    def decode(self, track: int, frame_index: int, is_aborted: Callable[[], bool]) -> DecodedImage:
        if is_aborted():
            raise CodecError("aborted")
        resource = ScriptedVideoResource(self._resources, frame_index)
        if self._frames[track] > 1:
            return DecodedImage(resource, duration=FRAME_DURATION, derived_timestamp=FRAME_DURATION * frame_index)
        is_complete = self._has_everything or (track, frame_index) in self._complete
        return DecodedImage(resource, complete=is_complete, generation=self._generation or None)

    def release(self) -> None:
        """Nothing: it has no resources."""

    @property
    def _has_everything(self) -> bool:
        return self._is_finished and self._pieces == PIECES

    def _availability(self, track: int, frame_index: int) -> Literal["complete", "incomplete", "malformed"]:
        if frame_index >= self._frames[track]:
            return "incomplete"
        if (track, frame_index) in self._complete or self._has_everything:
            return "complete"
        if (track, frame_index) in self._broken:
            return "malformed"
        if not self._is_finished:
            options: tuple[Literal["complete", "incomplete", "malformed"], ...] = ("incomplete", "complete")
        elif "output" in self._freedoms.broken:
            options = ("malformed", "incomplete", "complete")
        else:
            options = ("malformed",)
        answer = options[int(self._decides.decide([str(place) for place in range(len(options))]))]
        if answer == "complete":
            self._complete |= {(track, frame_index)}
        elif answer == "malformed":
            self._broken |= {(track, frame_index)}
        return answer
