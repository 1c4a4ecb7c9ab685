"""Random programs on real codecs with real threads, watched for the same invariants as the explorer's runs.

``--hypothesis-profile=long`` tries far more of them.
"""

import asyncio
import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ffbind
from codecmodel import AudioData, AudioDecoder, DOMException, VideoDecoder, VideoFrame
from codecmodel.web.event_loop import Promise
from codecmodel.web.parallel_queue import ThreadParallelQueue
from conformance import media
from conformance.explorer.invariants import UNKNOWN_DELAY, RequestWatch, Violation
from conformance.media.audio import opus, pcm_integer
from conformance.media.material import AudioMaterial, Material, VideoMaterial
from conformance.media.video import vp8
from conformance.scripted.observed_decoder import name_of

#: Seconds that a program may take. It needs milliseconds.
PATIENCE = 60.0
#: Seconds between two looks at a codec at work: a loop that never rests may keep the interpreter from the codec.
PAUSE = 0.0005


@dataclass(frozen=True)
class Step:
    """The behaviour of a script, or a callback: calls, after which the loop turns so many times."""

    calls: Sequence[str]
    turns: int = 0


CALLS = ("configure", "decode", "decode", "decode", "decode", "decode corrupt", "flush", "flush", "reset", "close")
calls = st.sampled_from(CALLS)
steps = st.builds(Step, st.lists(calls, min_size=1, max_size=6), st.integers(0, 5))
#: The behaviour of the next callbacks, each once.
in_callbacks = st.lists(st.lists(calls, max_size=2), max_size=4)


class Machine:
    """A decoder of real media under watch."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.violations: list[Violation] = []
        self.log: list[str] = []
        self.in_output: list[Sequence[str]] = []
        self.in_dequeue: list[Sequence[str]] = []
        self.in_error: list[Sequence[str]] = []
        self._made = 0
        self._next_chunk = 0
        self._key_required = True
        self.flushes: list[Promise[None]] = []
        if isinstance(material, VideoMaterial):
            self.decoder: AudioDecoder | VideoDecoder = VideoDecoder({"output": self._output, "error": self._error})
        else:
            self.decoder = AudioDecoder({"output": self._output, "error": self._error})
        self.watch = RequestWatch(self.decoder, self.violations.append)
        self.decoder.addEventListener("dequeue", self._dequeued)

    def call(self, name: str) -> None:
        self._made += 1
        number = self._made
        self.log.append(f"{number} {name}")
        if name == "configure":
            self._configure(number)
        elif name.startswith("decode"):
            self._decode(number, is_corrupt=name != "decode")
        elif name == "flush":
            self._flush(number)
        elif name == "reset":
            thrown = self._thrown(self.decoder.reset)
            self.watch.was_reset(thrown)
        else:
            thrown = self._thrown(self.decoder.close)
            self.watch.was_closed(thrown)

    def _configure(self, number: int) -> None:
        decoder, material = self.decoder, self.material
        if isinstance(decoder, VideoDecoder):
            assert isinstance(material, VideoMaterial)
            video, video_config = decoder, material.config
            thrown = self._thrown(lambda: video.configure(video_config))
        else:
            assert isinstance(material, AudioMaterial)
            audio, audio_config = decoder, material.config
            thrown = self._thrown(lambda: audio.configure(audio_config))
        if thrown is None:
            self._next_chunk = 0
            self._key_required = True
        self.watch.configured(thrown, number)
        self.watch.takes_configuration(number, None)

    def _decode(self, number: int, *, is_corrupt: bool) -> None:
        decoder, material = self.decoder, self.material
        if self._key_required:
            self._next_chunk = 0
        # After a broken chunk all is over, and a key chunk must be whole.
        is_corrupt = is_corrupt and material.corrupt is not None and not self._key_required
        index = self._next_chunk % len(material.chunks)
        if isinstance(decoder, VideoDecoder):
            assert isinstance(material, VideoMaterial)
            video, video_chunk = decoder, material.chunk(index, timestamp=number)
            if is_corrupt:
                video_chunk = material.corrupt_chunk(index)
            thrown = self._thrown(lambda: video.decode(video_chunk))
        else:
            assert isinstance(material, AudioMaterial)
            audio, audio_chunk = decoder, material.chunk(index, timestamp=number)
            if is_corrupt:
                audio_chunk = material.corrupt_chunk(index)
            thrown = self._thrown(lambda: audio.decode(audio_chunk))
        if thrown is None:
            self._next_chunk = index + 1
            self._key_required = False
        self.watch.requested(thrown, number)
        if is_corrupt:
            self.watch.takes_chunk(number, error="EncodingError")
        else:
            self.watch.takes_chunk(number, delay=UNKNOWN_DELAY)

    def _flush(self, number: int) -> None:
        promise = self.decoder.flush()
        if self.decoder.state == "configured":
            self._key_required = True
        promise.add_done_callback(lambda settled: self._settled(number, settled))
        self.flushes.append(promise)
        self.watch.flushed(number, promise)
        self.watch.takes_flush(None)

    def _thrown(self, call: Callable[[], None]) -> str | None:
        try:
            call()
        except DOMException as exception:
            return exception.name
        return None

    def _react(self, reactions: list[Sequence[str]]) -> None:
        for name in reactions.pop(0) if reactions else ():
            self.call(name)

    def _output(self, output: AudioData | VideoFrame) -> None:
        number = output.timestamp
        output.close()
        self.log.append(f"output {number}")
        self.watch.output(number)
        self._react(self.in_output)

    def _error(self, error: DOMException) -> None:
        self.log.append(f"error {error.name}")
        self.watch.error(error.name)
        self._react(self.in_error)

    def _dequeued(self, event: object) -> None:
        self.log.append("dequeue")
        self.watch.event_begins()
        self._react(self.in_dequeue)
        self.watch.event_ends()

    def _settled(self, number: int, promise: Promise[None]) -> None:
        reason = promise.exception()
        name = None if reason is None else name_of(reason)
        self.log.append(f"flush {number} {name}")
        self.watch.settled(number, name)


async def run(machine: Machine, program: Sequence[Step]) -> None:
    """Run a program, wait until all promises are settled, flush the remaining chunks, close."""
    for step in program:
        for name in step.calls:
            machine.call(name)
        for _ in range(step.turns):
            await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        # A callback may flush once more while the last flush is awaited.
        while any(not promise.done() for promise in machine.flushes):
            await asyncio.gather(*machine.flushes, return_exceptions=True)
        if machine.decoder.state == "configured":
            machine.call("flush")
            await asyncio.gather(*machine.flushes, return_exceptions=True)
        while machine.decoder._message_queue_blocked and machine.decoder.state != "closed":
            await asyncio.sleep(PAUSE)
        while machine.decoder._dequeue_event_scheduled:
            await asyncio.sleep(PAUSE)
        if machine.decoder.state != "closed":
            machine.call("close")
        work_queue = machine.decoder._codec_work_queue
        assert isinstance(work_queue, ThreadParallelQueue)
        while work_queue._is_asked or work_queue._serving.locked() or machine.decoder._dequeue_event_scheduled:
            await asyncio.sleep(PAUSE)
        # Reactions to flushes of the last callbacks.
        await asyncio.gather(*machine.flushes, return_exceptions=True)
    machine.watch.at_rest()


MATERIALS: dict[str, Callable[[], Material]] = {"vp8": vp8, "pcm": lambda: pcm_integer("pcm-s16", 16), "opus": opus}


def made(name: str) -> Material:
    try:
        return MATERIALS[name]()
    except media.LibraryError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", MATERIALS)
@settings(
    deadline=None,
    derandomize=settings.get_current_profile_name() != "long",
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(steps, min_size=1, max_size=6), in_callbacks, in_callbacks, in_callbacks)
def test_the_invariants_hold(
    name: str,
    program: list[Step],
    in_output: list[list[str]],
    in_dequeue: list[list[str]],
    in_error: list[list[str]],
) -> None:
    material = made(name)
    reported: list[str] = []

    async def main() -> Machine:
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: reported.append(str(context.get("exception") or context["message"]))
        )
        machine = Machine(material)
        machine.in_output, machine.in_dequeue, machine.in_error = list(in_output), list(in_dequeue), list(in_error)
        await run(machine, [Step(["configure"]), *program])
        return machine

    machine = asyncio.run(main())
    assert machine.violations == [], machine.log
    assert reported == []


@pytest.mark.parametrize("name", MATERIALS)
def test_nothing_is_left_of_a_program(name: str) -> None:
    material = made(name)

    async def main() -> None:
        machine = Machine(material)
        machine.in_output = [["reset", "configure"], ["decode", "flush"]]
        await run(machine, [Step(["configure", "decode", "decode", "flush"], 3), Step(["decode", "flush", "close"])])

    gc.collect()
    before = ffbind.live_objects()
    asyncio.run(main())
    gc.collect()
    assert ffbind.live_objects() == before
