"""Runs of programs on the model itself: on the deterministic event loop at random, and on asyncio with FFmpeg."""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Final

from codecmodel import AudioData, VideoFrame
from codecmodel.web.event_loop import TaskSource, current_event_loop
from conformance.litmus.decoder_subject import Chunk, DecoderSubject
from conformance.litmus.encoder_subject import (
    HEIGHT,
    SAMPLE_RATE,
    WIDTHS,
    ContiguousTimeline,
    EncoderSubject,
)
from conformance.litmus.free_codec import BASE, LATE_NEWS, Freedoms
from conformance.litmus.image_subject import (
    FRAME_DURATION,
    FRAMES,
    GIF,
    IMAGE_TYPES,
    JPEG,
    PIECES,
    ImageFile,
    ImageSubject,
    is_stream,
)
from conformance.litmus.log import Entry, Log
from conformance.litmus.programs import Program, Script
from conformance.litmus.subjects import (
    DecoderInterface,
    ImageInterface,
    Interface,
    Numbering,
    Reports,
    Subject,
    is_image_interface,
)
from conformance.litmus.vocabularies import MICRO, PLACES, Place
from conformance.litmus.world import ModelPlayer
from conformance.media import audio, images, video
from conformance.media.progressive_jpeg import progressive_jpeg

#: No program takes so many moves.
_MOST_MOVES: Final = 500
#: Seconds after which a script no longer waits for an event.
_EVENT_SECONDS: Final = 0.02
_POLL_SECONDS: Final = 0.004
_PAUSE_SECONDS: Final = 0.0005
#: Microseconds between the timestamps of two calls. An Opus packet lasts so long.
STEP: Final = 20_000
_NUMBERING: Final = Numbering(step=STEP)
_scripts: Final = TaskSource("scripts of programs")


class Playing(ABC):
    """Makes the calls of a program on ``subject``, and keeps the log."""

    subject: Subject

    def play(self, program: Program) -> None:
        """Begin with a program."""
        self.program = program
        self.log: list[Entry] = []
        self.calls: dict[int, str] = {}
        self._counts: Counter[Place] = Counter()

    @abstractmethod
    def queue_microtask(self, steps: Callable[[], None]) -> None:
        """Have ``steps`` run in the next microtask checkpoint."""

    def happened(self, place: Place | None) -> None:  # noqa: B027 - most players need not know
        """A callback has begun, or a script (None)."""

    def run_script(self, script: Script) -> None:
        """Run a script of the program. The caller makes it a task."""
        self.happened(None)
        self.log.append(("task",))
        self._run_code(script.calls, "end")

    def callback(self, *entry: str | int | None) -> None:
        """Run the program's code in a callback, or in a reaction to a promise. ``entry`` lacks what a look gives."""
        self.log.append((*entry, *self.subject.look))
        place = next(place for place in PLACES if place == entry[0])
        self.happened(place)
        index = self._counts[place]
        self._counts[place] += 1
        self._run_code(self.program.calls_in(place, index), "return")

    def _run_code(self, calls: Sequence[str], end: str) -> None:
        for place, name in enumerate(calls):
            if name == MICRO:
                self.log.append(("queue microtask",))
                self.queue_microtask(partial(self._microtask, calls[place + 1 :]))
                break
            number = len(self.calls) + 1
            self.calls[number] = name
            self.log.append(("do", name, number))
            try:
                thrown = self.subject.call(name, number)
            except AssertionError as fault:
                # A broken model's.
                thrown = repr(fault)
            self.log.append(("did", name, number, thrown, *self.subject.look))
        self.log.append((end,))

    def _microtask(self, calls: Sequence[str]) -> None:
        self.log.append(("micro",))
        self._run_code(calls, "return")


class _RandomRun(Playing, ModelPlayer):
    """On the deterministic event loop: schedule and answers are drawn."""

    def __init__(self, interface: Interface, program: Program, random: Random, freedoms: Freedoms) -> None:
        self.play(program)
        self._random = random
        super().__init__(interface, freedoms)

    def decide(self, options: Sequence[str]) -> str:
        return self._random.choice(options)

    def kind_of(self, number: int) -> str:
        return self.calls[number - BASE]

    def reported(self, exception: BaseException) -> None:
        self.log.append(("reported", repr(exception)))

    def queue_microtask(self, steps: Callable[[], None]) -> None:
        self.event_loop.queue_microtask(steps)

    def run(self) -> Log:
        random, event_loop = self._random, self.event_loop
        laziness = random.choice((0.1, 0.5, 0.9))
        scripts = list(self.program.scripts)
        self.begin()
        for _ in range(_MOST_MOVES):
            steps = (["script"] if scripts else []) + (["task"] if event_loop.tasks else [])
            if self.work_queue.items and (not steps or random.random() > laziness):
                steps.append("work")
            if not steps:
                break
            step = random.choice(steps)
            try:
                if step == "script":
                    with event_loop.script():
                        self.run_script(scripts.pop(0))
                elif step == "task":
                    event_loop.run_task(random.choice(event_loop.runnable_tasks()))
                else:
                    self.work_queue.run_front()
            except AssertionError as fault:
                # A broken model's.
                self.log.append(("reported", repr(fault)))
        self.log.append(("rest", *self.subject.look))
        return tuple(self.log)


def run_at_random(interface: Interface, program: Program, random: Random, freedoms: Freedoms | None = None) -> Log:
    """The log of a program on the model, on a schedule and with answers that are drawn.

    The capacity of the codec is drawn, too, unless it is one of those that send late news.
    """
    freedoms = freedoms or Freedoms()
    if LATE_NEWS not in freedoms.deviations:
        freedoms = replace(freedoms, capacity=random.choice((2, 3, 4)))
    return _RandomRun(interface, program, random, freedoms).run()


class _AsyncioRun(Playing):
    """On asyncio, with FFmpeg's codecs. Runs on the running loop."""

    def __init__(self, interface: Interface, program: Program, patience: float, quiet: float) -> None:
        self.play(program)
        self._patience = patience
        self._quiet = quiet
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self.subject = new_subject(interface, self.callback)

    def queue_microtask(self, steps: Callable[[], None]) -> None:
        self._loop.call_soon(steps)

    def happened(self, place: Place | None) -> None:
        self._last = self._loop.time()
        for wanted, waiter in self._waiting:
            if wanted == place and not waiter.done():
                waiter.set_result(None)

    async def run(self) -> Log:
        event_loop = current_event_loop()
        for script in self.program.scripts:
            await self._wait(script.after)
            done = self._loop.create_future()

            def run_script(script: Script = script, done: "asyncio.Future[None]" = done) -> None:
                self.run_script(script)
                done.set_result(None)

            # A task, before which all reactions to what has happened run.
            event_loop.queue_task(_scripts, run_script)
            await done
            await asyncio.sleep(0)
        await self._wait_for_quiet()
        log = (*self.log, ("rest", *self.subject.look))
        self.subject.end()
        return log

    async def _wait(self, after: str) -> None:
        if after == "task":
            await asyncio.sleep(0)
        elif after.startswith("ms"):
            await asyncio.sleep(int(after.removeprefix("ms")) / 1000)
        elif after == "quiet":
            await self._wait_for_quiet()
        elif after != "now":
            waiter: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append((after, waiter))
            await asyncio.wait([waiter], timeout=_EVENT_SECONDS)
            # Not within the reactions of the event.
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _wait_for_quiet(self) -> None:
        """Wait until nothing is due, and nothing has come for a while."""
        deadline = self._loop.time() + self._patience
        while self._loop.time() < deadline:
            await asyncio.sleep(_POLL_SECONDS)
            if not self.subject.is_due and self._loop.time() - self._last > self._quiet:
                return


def run_on_asyncio(
    interface: Interface, programs: Sequence[Program], *, lanes: int = 8, patience: float = 1.0, quiet: float = 0.02
) -> list[Log]:
    """The logs of programs on asyncio with FFmpeg's codecs, ``lanes`` at a time.

    A run is watched until nothing has come for ``quiet`` seconds, or for ``patience`` seconds if something is due.
    """

    async def run_all() -> list[Log]:
        # Faults of a broken model are reported here. The logs show the consequences.
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        lane = asyncio.Semaphore(lanes)

        async def run_one(program: Program) -> Log:
            async with lane:
                return await _AsyncioRun(interface, program, patience, quiet).run()

        return await asyncio.gather(*map(run_one, programs))

    return asyncio.run(run_all())


def new_subject(interface: Interface, reports: Reports) -> Subject:
    """A real object of an interface, on the running event loop."""
    if interface == "VideoDecoder" or interface == "AudioDecoder":
        return DecoderSubject(interface, chunks_of(interface), _NUMBERING, reports)
    if is_image_interface(interface):
        return ImageSubject(image_file(interface), _FedIterator if is_stream(interface) else None, reports)
    new_input = _new_frame if interface == "VideoEncoder" else _new_data
    return EncoderSubject(interface, new_input, _NUMBERING, ContiguousTimeline(_NUMBERING), reports)


class _FedIterator:
    """An asynchronous iterator of the chunks that it is given."""

    def __init__(self) -> None:
        self._given: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()

    def give(self, chunk: bytes | Exception | None) -> None:
        self._given.put_nowait(chunk)

    def __aiter__(self) -> "_FedIterator":
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._given.get()
        if chunk is None:
            raise StopAsyncIteration
        if isinstance(chunk, Exception):
            raise chunk
        return chunk


def image_file(interface: ImageInterface) -> ImageFile:
    """The file that programs decode. Raises PreconditionFailed if it cannot be made: AVIF needs an encoder of AV1."""
    type = IMAGE_TYPES[interface]
    if type == JPEG:
        return ImageFile(type, *progressive_jpeg())
    material = images.gif() if type == GIF else images.avif_sequence()
    assert (len(material.pictures), set(material.durations)) == (FRAMES, {FRAME_DURATION})
    length = len(material.file)
    return ImageFile(type, material.file, [length * piece // PIECES for piece in range(1, PIECES + 1)])


def _new_frame(timestamp: int, channels: int) -> VideoFrame:
    width = WIDTHS["configure"]
    data = bytes(width * HEIGHT * 3 // 2)
    return VideoFrame(data, {"format": "I420", "codedWidth": width, "codedHeight": HEIGHT, "timestamp": timestamp})


def _new_data(timestamp: int, channels: int) -> AudioData:
    frames = SAMPLE_RATE * STEP // 1_000_000
    return AudioData(
        {
            "format": "f32",
            "sampleRate": SAMPLE_RATE,
            "numberOfFrames": frames,
            "numberOfChannels": channels,
            "timestamp": timestamp,
            "data": bytes(4 * frames * channels),
        }
    )


def chunks_of(interface: DecoderInterface) -> dict[str, Chunk]:
    """The chunks for real decoders: a key frame of VP8 and one that depends on it, or packets of Opus."""
    if interface == "AudioDecoder":
        opus = audio.opus()
        good = opus.chunks[0].data
        assert opus.corrupt is not None
        return {"decode": ("key", good), "delta": ("delta", good), "broken": ("delta", opus.corrupt(good))}
    vp8 = video.vp8()
    key, delta = vp8.chunks[0], vp8.chunks[1]
    assert (key.type, delta.type) == ("key", "delta")
    return {
        "decode": ("key", key.data),
        "delta": ("delta", delta.data),
        "liar": ("key", delta.data),
        "broken": ("delta", vp8.corrupt(delta.data)),
    }
