"""A busy loop in ``conformance bench``: codecs on an event loop that never rests, beside the same work on an idle one.

Strangers are coroutines that are always ready and work for some microseconds in each of their turns. The peer is the
same work without strangers; a ratio of 0.5 is twice the idle time. Two wall times are compared: the time in all, and
the time beyond the strangers' fair share. That share is the sum of:

- for each stranger, as much time as the codec's own work takes on the event loop's thread when the loop is idle. So all
  who want the thread get equal parts of it;
- for each time that the program waits for a result, two turns of each stranger: one until the loop hears of the result,
  one until the program's task runs. A call of asyncio's own run_in_executor() takes as many.

Where other programs keep the strangers waiting, their turns take longer than they should, and their share is longer by
the same factor. It is no more than the time that the strangers took. Time that they took beyond it counts against the
codecs, and so does time in which no one worked. Threads of FFmpeg and the strangers share the processors; nothing is
taken off for that.

A work that is not finished after a quarter of ``--seconds`` is given up. It counts as if it were finished then, and is
marked: its ratio would be lower.
"""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, thread_time
from typing import Final, NamedTuple, TypeAlias

from codecmodel import ImageDecoder, VideoEncoder, VideoFrame
from codecmodel.types import VideoEncoderConfig
from conformance.bench.comparison import Comparison, Comparisons, Costs, Quantity, Settings, compared, interleaved
from conformance.bench.decoding import AudioMedia, VideoMedia
from conformance.bench.encoding import frames_of
from conformance.bench.media import make_benchmark_audio, make_benchmark_video, scene, seconds_of_audio
from conformance.media.encoding import encode_images, first_encoder

CASES: Final[Mapping[str, str]] = {
    "busy": "A loop with strangers that are always ready",
    "busy-all": "A loop with strangers that are always ready, all combinations",
}
#: The cases that run only when they are asked for.
ON_REQUEST: Final = ("busy-all",)


class Strangers(NamedTuple):
    """A number of strangers, and the microseconds of a turn of each."""

    number: int
    microseconds: int

    def __str__(self) -> str:
        return f"{self.number} × {self.microseconds} µs"


_COMBINATIONS: Final[Mapping[str, Sequence[Strangers]]] = {
    "busy": (Strangers(1, 100), Strangers(10, 1000)),
    "busy-all": tuple(Strangers(number, turn) for number in (1, 10) for turn in (20, 100, 1000)),
}
#: Does a work, and returns how often it waited for a result.
_Work: TypeAlias = Callable[[], Coroutine[None, None, int]]
_NewLoop: TypeAlias = Callable[[], asyncio.AbstractEventLoop]
#: The configuration of the encoder.
_CONFIG: Final[VideoEncoderConfig] = {
    "codec": "vp8",
    "width": 640,
    "height": 360,
    "bitrate": 1_000_000,
    "framerate": 30.0,
    "latencyMode": "realtime",
}
#: The turns of each stranger that any result waits for.
_TURNS_A_RESULT: Final = 2
#: The part of ``--seconds`` after which a work is given up, and the mark that it gets then.
_PATIENCE: Final = 1 / 4
_GIVEN_UP: Final = " (not finished)"
#: The part of the packets of other cases that are decoded here.
_PACKETS: Final = 1 / 4
#: Frames that are decoded, encoded and copied, and pictures that are decoded, for each second of media.
_DECODED, _ENCODED, _COPIED, _PICTURES = 15.0, 5.0, 2.5, 2.5


def fair_share(strangers: Strangers, own: float, results: int, taken: float, turns: int) -> float:
    """The seconds that the strangers may take of the event loop's thread. They took ``taken`` in ``turns`` turns.

    The work takes ``own`` seconds of it, and the program waits for ``results`` results.
    """
    length = strangers.microseconds / 1_000_000
    share = strangers.number * (own + results * _TURNS_A_RESULT * length)
    return min(taken, share * taken / (turns * length)) if turns else 0.0


def _loops() -> dict[str, _NewLoop]:
    """The event loops that are installed."""
    loops: dict[str, _NewLoop] = {"asyncio": asyncio.new_event_loop}
    if find_spec("uvloop") is not None:
        import uvloop

        loops["uvloop"] = uvloop.new_event_loop
    return loops


def _decodes(media: AudioMedia | VideoMedia) -> _Work:
    async def work() -> int:
        await media.decode()
        return 1

    return work


def _encodes(frames: Sequence[VideoFrame]) -> _Work:
    async def work() -> int:
        with VideoEncoder({"output": lambda chunk, metadata: None, "error": print}) as encoder:
            encoder.configure(_CONFIG)
            for frame in frames:
                encoder.encode(frame)
            await encoder.flush()
        return 1

    return work


def _decodes_images(number: int) -> _Work:
    gray = scene(240, 320)
    file = encode_images(first_encoder("png"), "rgb24", [gray[..., None].repeat(3, axis=-1)])

    async def work() -> int:
        with ImageDecoder({"data": file, "type": "image/png"}) as decoder:
            for _ in range(number):
                result = await decoder.decode()
                result["image"].close()
        return number

    return work


def _copies(frames: Sequence[VideoFrame]) -> _Work:
    buffer = bytearray(frames[0].allocationSize())

    async def work() -> int:
        for frame in frames:
            await frame.copyTo(buffer)
        return len(frames)

    return work


def _works(settings: Settings, directory: Path) -> Iterator[tuple[str, _Work]]:
    def count(each_second: float) -> int:
        return max(2, round(settings.seconds * each_second))

    seconds = seconds_of_audio("opus", round(settings.packets * _PACKETS))
    yield "decoding Opus", _decodes(AudioMedia(make_benchmark_audio("opus", seconds, directory)))
    video = directory / "vp8.mkv"
    make_benchmark_video("vp8", count(_DECODED) / 30, video)
    yield "decoding VP8", _decodes(VideoMedia(video))
    yield "encoding VP8", _encodes(frames_of(_CONFIG)[: count(_ENCODED)])
    yield "copyTo()", _copies(frames_of({**_CONFIG, "width": 1920, "height": 1080})[: count(_COPIED)])
    yield "decoding PNG", _decodes_images(count(_PICTURES))


class _Contest:
    """A work on one kind of loop, idle and with strangers."""

    def __init__(self, work: _Work, new_loop: _NewLoop, patience: float) -> None:
        self._work = work
        self._new_loop = new_loop
        self._patience = patience
        #: The strangers with which the work was not finished.
        self.unfinished: set[Strangers] = set()
        #: Seconds that the work took of the event loop's thread in the last idle turn.
        self._own = 0.0

    def idle(self) -> Costs:
        """A turn without strangers."""

        async def main() -> Costs:
            own, start = thread_time(), perf_counter()
            await self._work()
            wall = perf_counter() - start
            self._own = thread_time() - own
            return {Quantity.WALL: wall, Quantity.WALL_IN_ALL: wall}

        return self._run(main)

    def with_strangers(self, strangers: Strangers) -> Costs:
        """A turn with strangers. An idle turn has come before it."""
        length = strangers.microseconds / 1_000_000
        is_over = False
        taken, turns = 0.0, 0

        async def stranger() -> None:
            nonlocal taken, turns
            while not is_over:
                start = now = perf_counter()
                while now < start + length:
                    now = perf_counter()
                taken += now - start
                turns += 1
                await asyncio.sleep(0)

        async def main() -> Costs:
            nonlocal is_over, taken, turns
            tasks = [asyncio.ensure_future(stranger()) for _ in range(strangers.number)]
            # All have begun when the work begins.
            await asyncio.sleep(0)
            taken, turns, start = 0.0, 0, perf_counter()
            results = 0
            try:
                async with asyncio.timeout(self._patience):
                    results = await self._work()
            except TimeoutError:
                self.unfinished.add(strangers)
            wall = perf_counter() - start
            fair = fair_share(strangers, self._own, results, taken, turns)
            is_over = True
            await asyncio.gather(*tasks)
            return {Quantity.WALL: wall - fair, Quantity.WALL_IN_ALL: wall}

        return self._run(main)

    def _run(self, main: Callable[[], Coroutine[None, None, Costs]]) -> Costs:
        with asyncio.Runner(loop_factory=self._new_loop) as runner:
            return runner.run(main())


def measure(case: str, settings: Settings) -> Comparisons:
    """The comparisons of each work and each loop with the idle loop."""
    found: dict[str, Comparison] = {}
    with tempfile.TemporaryDirectory() as directory:
        for name, work in _works(settings, Path(directory)):
            for loop_name, new_loop in _loops().items():
                contest = _Contest(work, new_loop, settings.seconds * _PATIENCE)
                turns = {"idle": contest.idle} | {
                    str(strangers): lambda contest=contest, strangers=strangers: contest.with_strangers(strangers)
                    for strangers in _COMBINATIONS[case]
                }
                costs = interleaved(turns, settings.rounds)
                for strangers in _COMBINATIONS[case]:
                    mark = _GIVEN_UP if strangers in contest.unfinished else ""
                    found[f"{name}, {loop_name}, {strangers}, idle{mark}"] = compared(
                        costs[str(strangers)], costs["idle"]
                    )
    return found
