"""An image decoder that answers as it likes, within what the data that has arrived allows; and its stream.

As long as data is to come, the decoder finds tracks, frames and the ends of frames as late as it likes, but never loses
one again. When all data is there, it has found everything. If the data ends too early, a frame is there or is broken.
"""

from collections.abc import Callable
from typing import Literal

from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.image_decoder_implementation import (
    DecodedImage,
    EncodedImageFrame,
    ImageConfig,
    ImageTrackDescription,
    ImageTracks,
)
from codecmodel.web.steps import Steps
from conformance.explorer.image_run import FedStream
from conformance.litmus.free_codec import Decides, Freedoms
from conformance.litmus.image_subject import FRAME_DURATION, FRAMES, PIECES
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.scripted_media import ResourceLedger, ScriptedVideoResource

#: For the model, a piece of the file is a byte.
FILE_OF_THE_MODEL = b"." * PIECES


class FreeStream(FedStream):
    """A stream whose chunks are read at once, in a microtask or in a task, as a user agent's streams may do it."""

    def __init__(self, event_loop: DeterministicEventLoop, decides: Decides) -> None:
        super().__init__(event_loop)
        self._decides = decides

    def deliver(self, steps: Steps) -> None:
        moment = self._decides.decide(("task", "microtask", "now"))
        if moment == "task":
            super().deliver(steps)
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
        self._pieces = 0
        self._is_finished = False
        #: The number of frames that were found, or None if no track was found yet.
        self._found: int | None = None
        #: The frames that were found to be complete, and those found to be broken.
        self._complete: frozenset[int] = frozenset()
        self._broken: frozenset[int] = frozenset()

    def configure(self, config: ImageConfig) -> None:
        """Nothing: every file is the same."""

    def append(self, data: bytes | memoryview) -> None:
        self._pieces += len(data)

    def finish(self) -> None:
        self._is_finished = True

    def tracks(self) -> ImageTracks | None:
        if self._has_everything:
            self._found = FRAMES
        elif self._pieces and (self._found is not None or self._decides.decide(("yes", "no")) == "yes"):
            found = self._found or 0
            self._found = int(self._decides.decide([str(count) for count in range(found, FRAMES + 1)]))
        return None if self._found is None else ImageTracks([ImageTrackDescription(True, self._found)])

    def is_progressive(self) -> bool:
        return False

    def frame(self, track: int, frame_index: int) -> EncodedImageFrame:
        return EncodedImageFrame(self._availability(frame_index))

    def decode(self, track: int, frame_index: int, is_aborted: Callable[[], bool]) -> DecodedImage:
        if is_aborted():
            raise CodecError("aborted")
        resource = ScriptedVideoResource(self._resources, frame_index)
        return DecodedImage(resource, duration=FRAME_DURATION, derived_timestamp=FRAME_DURATION * frame_index)

    def release(self) -> None:
        """Nothing: it has no resources."""

    @property
    def _has_everything(self) -> bool:
        return self._is_finished and self._pieces == PIECES

    def _availability(self, frame_index: int) -> Literal["complete", "incomplete", "malformed"]:
        if frame_index >= FRAMES:
            return "incomplete"
        if frame_index in self._complete or self._has_everything:
            return "complete"
        if frame_index in self._broken:
            return "malformed"
        if not self._is_finished:
            options: tuple[Literal["complete", "incomplete", "malformed"], ...] = ("incomplete", "complete")
        elif "output" in self._freedoms.broken:
            options = ("malformed", "incomplete", "complete")
        else:
            options = ("malformed",)
        answer = options[int(self._decides.decide([str(place) for place in range(len(options))]))]
        if answer == "complete":
            self._complete |= {frame_index}
        elif answer == "malformed":
            self._broken |= {frame_index}
        return answer
