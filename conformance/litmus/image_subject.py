"""The ImageDecoder that programs use: it decodes a file, which is there as a whole or arrives in pieces."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol, TypeAlias, cast

from codecmodel import DOMException, ImageDecoder
from codecmodel.image_decoding.image_decode_options import ImageDecodeOptions, ImageDecodeResult
from codecmodel.image_decoding.image_decoder_init import ImageDecoderInit
from codecmodel.web.event_loop import Promise
from conformance.litmus.log import Entry
from conformance.litmus.subjects import ImageInterface, Reports, Subject
from conformance.scripted.observed_codec import name_of

#: An animation; a still image and an animation, the tracks of one file; and a still image with levels of detail.
GIF: Final = "image/gif"
AVIF: Final = "image/avif"
JPEG: Final = "image/jpeg"
IMAGE_TYPES: Final[Mapping[ImageInterface, str]] = {
    "ImageDecoder": GIF,
    "ImageDecoder of a stream": GIF,
    "ImageDecoder of several tracks": AVIF,
    "ImageDecoder of a progressive stream": JPEG,
}
#: Frames of an animation, and their duration (µs).
FRAMES: Final = 4
FRAME_DURATION: Final = 40_000
#: A file of a stream arrives in so many pieces.
PIECES: Final = 3
#: The frame that a call asks for. There are fewer than the last one says. ``reduced`` takes one that is not complete.
FRAME_INDICES: Final = {"decode": 0, "next": 1, "beyond": FRAMES, "reduced": 0}
REDUCED: Final = "reduced"
#: The track whose attribute a call sets, and the value.
SELECTIONS: Final = {"select": (0, True), "deselect": (0, False), "second": (1, True), "leave": (1, False)}


def is_stream(interface: ImageInterface) -> bool:
    """Whether the file arrives in a stream."""
    return interface.endswith("stream")


@dataclass(frozen=True)
class ImageFile:
    """A file that programs decode. ``ends`` are those of the pieces in which it arrives."""

    type: str
    data: bytes
    ends: Sequence[int]

    @property
    def pieces(self) -> list[bytes]:
        """The pieces."""
        return [self.data[first:last] for first, last in pairwise((0, *self.ends))]


class Fed(Protocol):
    """A stream that the program gives its chunks."""

    def give(self, chunk: bytes | Exception | None) -> None:
        """Give it a chunk, its end (None), or an error."""


#: Makes a stream that ImageDecoder accepts.
NewStream: TypeAlias = Callable[[], Fed]


class ImageSubject(Subject):
    """An ImageDecoder of a file. With ``new_stream`` it arrives in a stream, otherwise it is there as a whole."""

    def __init__(self, file: ImageFile, new_stream: NewStream | None, reports: Reports) -> None:
        super().__init__(reports)
        self._pieces = file.pieces
        self._given = 0
        self._stream = None if new_stream is None else new_stream()
        self._is_open = self._stream is not None
        data = file.data if self._stream is None else self._stream
        self._decoder = ImageDecoder(cast("ImageDecoderInit", {"type": file.type, "data": data}))
        self._decoder.tracks.ready.add_done_callback(lambda promise: self._happened("ready", promise))
        self._decoder.completed.add_done_callback(lambda promise: self._happened("completed", promise))

    @property
    def target(self) -> ImageDecoder:
        return self._decoder

    @property
    def look(self) -> Entry:
        tracks = self._decoder.tracks
        counts: str | int | None = tracks[0].frameCount if len(tracks) else None
        if len(tracks) > 1:
            counts = ", ".join(f"{track.frameCount}{' selected' if track.selected else ''}" for track in tracks)
        return "complete" if self._decoder.complete else "incomplete", len(tracks), tracks.selectedIndex, counts

    @property
    def is_due(self) -> bool:
        # A request may wait for data that never comes.
        return self._unsettled > 0 and not self._is_open

    def call(self, name: str, number: int) -> str | None:
        decoder = self._decoder
        try:
            if name in FRAME_INDICES:
                options: ImageDecodeOptions = {"frameIndex": FRAME_INDICES[name]}
                if name == REDUCED:
                    options["completeFramesOnly"] = False
                promise = decoder.decode(options)
                self._unsettled += 1
                promise.add_done_callback(lambda settled: self._decoded(number, settled))
            elif name in ("feed", "finish", "fail"):
                self._give(name)
            elif name in SELECTIONS:
                index, is_selected = SELECTIONS[name]
                if index >= len(decoder.tracks):
                    # There is no track whose attribute could be set.
                    return "TypeError"
                decoder.tracks[index].selected = is_selected
            elif name == "reset":
                decoder.reset()
            elif name == "close":
                decoder.close()
            else:
                assert name == "look", name
        except (DOMException, TypeError) as exception:
            return name_of(exception)
        return None

    def end(self) -> None:
        self._decoder.close()

    def _give(self, name: str) -> None:
        if self._stream is None or not self._is_open:
            return
        if name == "feed":
            if self._given < len(self._pieces):
                self._given += 1
                self._stream.give(self._pieces[self._given - 1])
            return
        self._is_open = False
        self._stream.give(None if name == "finish" else OSError("as the program wants"))

    def _decoded(self, number: int, promise: Promise[ImageDecodeResult]) -> None:
        self._unsettled -= 1
        reason = promise.exception()
        if reason is not None:
            self._reports("settled", number, name_of(reason))
            return
        result = promise.result()
        image = result["image"]
        # A still image has no duration.
        outcome = "still" if image.duration is None else f"frame {image.timestamp // FRAME_DURATION}"
        image.close()
        self._reports("settled", number, outcome if result["complete"] else f"{outcome} in part")

    def _happened(self, place: str, promise: Promise[None]) -> None:
        reason = promise.exception()
        self._reports(place, "resolved" if reason is None else name_of(reason))
