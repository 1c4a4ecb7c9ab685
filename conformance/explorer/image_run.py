"""One run of a program on an ImageDecoder, whose file is there as a whole or arrives in a stream."""

from collections.abc import Sequence
from functools import partial
from typing import Final, Literal, TypeAlias, cast

from codecmodel import ImageDecoder
from codecmodel.image_decoding.image_decode_options import ImageDecodeResult
from codecmodel.image_decoding.image_decoder_init import ImageDecoderInit
from codecmodel.platform.current import use_platform
from codecmodel.web.event_loop import Promise, TaskSource, use_event_loop
from codecmodel.web.steps import Steps
from codecmodel.web.streams import ReadRequest
from conformance.explorer.image_watch import ImageWatch
from conformance.explorer.invariants import short
from conformance.explorer.program_run import ProgramRun
from conformance.explorer.programs import Pattern
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.observed_codec import name_of
from conformance.scripted.scripted_codec import ScriptedPlatform
from conformance.scripted.scripted_image import IMAGE_TYPE, Image

ImageKind: TypeAlias = Literal["image", "image stream"]

#: The file that is there as a whole: an animation of two frames, and a still image.
FILE: Final = "as;0.1.0."
#: The pieces of the file that arrives, each with the broken piece that may come instead.
PIECES: Final = (("Pa", ";"), ("s;0+", "s;0!"), (".1.0.", "!"))
#: decode(): the frame, and whether reduced detail will do. Frame 1 arrives later, and frame 2 never does.
DECODES: Final = {"decode": (0, False), "reduced": (0, True), "next": (1, False), "beyond": (2, False)}
IMAGE_CALLS: Final[dict[ImageKind, tuple[str, ...]]] = {
    "image": ("decode", "next", "beyond", "select", "deselect", "reset", "close"),
    "image stream": ("feed", "finish", "fail", *DECODES, "select", "deselect", "reset", "close"),
}
DECODE_ANSWERS: Final = {"image": Image(), "error": Image(fails=True)}
_networking: Final = TaskSource("networking")


class FedStream:
    """A ReadableStream, and its reader. Each piece that the program gives it is read in a task."""

    def __init__(self, event_loop: DeterministicEventLoop) -> None:
        self.locked = False
        self.disturbed = False
        self._event_loop = event_loop
        self._given: list[bytes | Exception | None] = []
        self._request: ReadRequest | None = None

    def get_a_reader(self) -> "FedStream":
        self.locked = True
        return self

    def read_a_chunk(self, request: ReadRequest) -> None:
        assert self._request is None, "there is one request at a time"
        self._request = request
        self._go_on()

    def cancel(self) -> None:
        self._request = None
        self._given.clear()

    @property
    def is_read(self) -> bool:
        """Whether a chunk is being waited for."""
        return self._request is not None

    def give(self, chunk: bytes | Exception | None) -> None:
        """Give it a chunk, its end (None), or an error."""
        self._given.append(chunk)
        self._go_on()

    def _go_on(self) -> None:
        if self._request is not None and self._given:
            request, self._request = self._request, None
            self.deliver(request, self._given.pop(0))

    def deliver(self, request: ReadRequest, chunk: bytes | Exception | None) -> None:
        """Run the steps of a read request for a chunk, soon."""
        self.queue_a_task(partial(take, request, chunk))

    def queue_a_task(self, steps: Steps) -> None:
        """Queue a task on the task source of streams."""
        self._event_loop.queue_task(_networking, steps)


def take(request: ReadRequest, chunk: bytes | Exception | None) -> None:
    """Run the steps of a read request for a chunk, the end (None), or an error."""
    if chunk is None:
        request.close_steps()
    elif isinstance(chunk, bytes):
        request.chunk_steps(chunk)
    else:
        request.error_steps(chunk)


class ImageRun(ProgramRun):
    """An ImageDecoder, and a program that decodes with it and, if the file arrives in a stream, feeds that."""

    def __init__(self, kind: ImageKind, calls: int, calls_in_callbacks: int, pattern: Pattern) -> None:
        super().__init__(IMAGE_CALLS[kind], calls, calls_in_callbacks, pattern)
        self._platform = ScriptedPlatform(lambda: self.event_loop.on_parallel_queue)
        self._platform.resources.is_rewound = True
        self._platform.image_answers = _ImageAnswers(self)
        self._stream = FedStream(self.event_loop) if kind == "image stream" else None
        self._pieces = 0
        self._is_fed = self._stream is not None
        data = FILE.encode() if self._stream is None else self._stream
        with use_event_loop(self.event_loop), use_platform(self._platform):
            self.decoder = ImageDecoder(cast("ImageDecoderInit", {"type": IMAGE_TYPE, "data": data}))
            self.watch = ImageWatch(
                self.decoder,
                self._platform,
                self.violations.append,
                fed=FILE if self._stream is None else "",
                is_complete=self._stream is None,
                is_read=self._is_read,
            )
            self.decoder.tracks.ready.add_done_callback(self._ready)
            self.decoder.completed.add_done_callback(self._completed)

    def _roots(self) -> Sequence[object]:
        return (
            self.decoder,
            self.watch,
            self._platform.image_decoders,
            self._platform.resources,
            self._stream,
            self._pieces,
            self._is_fed,
        )

    def _can_call(self, call: str) -> bool:
        tracks = self.decoder.tracks
        match call:
            case "feed":
                return self._is_fed and self._pieces < len(PIECES)
            case "finish" | "fail":
                return self._is_fed
            case "select":
                return len(tracks) > 1
            case "deselect":
                return tracks.selectedIndex != -1
        return True

    def _call_codec(self, call: str, number: int) -> None:
        decoder, watch = self.decoder, self.watch
        match call:
            case "feed":
                piece = PIECES[self._pieces][self.decide(["good", "broken"]) == "broken"]
                self._pieces += 1
                watch.fed(piece)
                self._give(piece)
            case "finish":
                watch.ended()
                self._give(None)
            case "fail":
                watch.failed()
                self._give(OSError("as scripted"))
            case "select":
                index = (decoder.tracks.selectedIndex + 1) % len(decoder.tracks)
                decoder.tracks[index].selected = True
                watch.selected(index)
            case "deselect":
                decoder.tracks[decoder.tracks.selectedIndex].selected = False
                watch.selected(-1)
            case "reset":
                decoder.reset()
                watch.was_reset()
            case "close":
                decoder.close()
                watch.was_closed()
            case _:
                frame, is_reduced = DECODES[call]
                promise = decoder.decode({"frameIndex": frame, "completeFramesOnly": not is_reduced})
                promise.add_done_callback(partial(self._settled, number))
                watch.decoded(number, frame, is_reduced, promise)
        self.log.append(f"{call} {short(number)}")

    def _give(self, chunk: str | Exception | None) -> None:
        assert self._stream is not None, "only a stream is fed"
        self._is_fed = isinstance(chunk, str)
        self._stream.give(chunk.encode() if isinstance(chunk, str) else chunk)

    def _is_read(self) -> bool:
        return self._stream is not None and self._stream.is_read

    def _check(self) -> None:
        watch = self.watch
        watch.after_work()
        if self.is_at_rest:
            watch.at_rest()
        else:
            watch.observe()

    # Events

    def _settled(self, number: int, promise: Promise[ImageDecodeResult]) -> None:
        reason = promise.exception()
        value = None
        if reason is None:
            image = promise.result()["image"]
            value = image.planes()[0].data[0]
            image.close()
        self.log.append(f"request {short(number)} " + (f"frame {value}" if reason is None else name_of(reason)))
        self.watch.settled(number, promise, value)

    def _ready(self, promise: Promise[None]) -> None:
        self._log_settled("ready", promise)
        self.watch.ready(promise)

    def _completed(self, promise: Promise[None]) -> None:
        self._log_settled("completed", promise)
        self.watch.completed(promise)

    def _log_settled(self, what: str, promise: Promise[None]) -> None:
        reason = promise.exception()
        self.log.append(f"{what} resolved" if reason is None else f"{what} rejected {name_of(reason)}")


class _ImageAnswers(dict[tuple[int, int], Image]):
    """Answers that are decided when the codec is asked."""

    def __init__(self, run: ImageRun) -> None:
        super().__init__()
        self._run = run

    def get(self, place: tuple[int, int], default: object = None) -> Image:
        name = self._run.decide(list(DECODE_ANSWERS))
        self._run.watch.decodes(*place, None if name == "image" else "EncodingError")
        return DECODE_ANSWERS[name]
