"""A platform may raise any exception anywhere: the codec is closed, promises are settled, and the next codec works.

A program that makes every kind of call is run once for each call that the model makes into its platform, and for each
kind of exception. The call raises the exception.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import suppress
from typing import TypeAlias, TypeVar, cast

import pytest

from codecmodel import (
    AudioData,
    AudioDecoder,
    AudioEncoder,
    DOMException,
    ImageDecoder,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)
from codecmodel.image_decoding.image_decode_options import ImageDecodeOptions
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.current import use_platform
from codecmodel.raw_media.video_frame import create_a_video_frame
from codecmodel.types import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.web.event_loop import Promise
from codecmodel.web.parallel_queue import ParallelQueue
from conformance.media.audio import pcm_integer
from conformance.media.images import gif
from conformance.media.video import vp8
from conformance.scripted.scripted_media import ResourceLedger, ScriptedVideoResource
from tests.codecmodel.faults.faulty_platform import Fault, faulty_platform
from tests.codecmodel.lifetime.leftovers import assert_nothing_is_left

#: The least number of calls that each program makes into its platform. A program with fewer calls would show less.
FEWEST_CALLS = {"AudioDecoder": 40, "VideoDecoder": 40, "AudioEncoder": 23, "VideoEncoder": 23, "ImageDecoder": 60}

T = TypeVar("T")

EXCEPTIONS: list[type[BaseException]] = [
    *(CodecError, MemoryError, RuntimeError, ZeroDivisionError, AssertionError, OSError, StopIteration),
    *(RecursionError, asyncio.CancelledError, GeneratorExit),
]


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert_nothing_is_left()


class Run:
    """One run of a program: its fault, the errors that the codec reported, and the promises that the program got."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.errors: list[DOMException] = []
        self.promises: list[Promise[object]] = []
        self.outputs = 0
        self.is_closed = False

    def promise(self, promise: Promise[T]) -> None:
        self.promises.append(cast("Promise[object]", promise))

    async def settled(self, promise: Promise[T]) -> bool:
        """Wait until the promise is settled. Returns whether it was resolved."""
        self.promise(promise)
        await asyncio.wait([promise], timeout=20)
        return promise.done() and not promise.cancelled() and promise.exception() is None

    def output(self, output: object, metadata: object = None) -> None:
        self.outputs += 1
        phase, self.fault.phase = self.fault.phase, "in the callback"
        try:
            if isinstance(output, AudioData | VideoFrame):
                output.close()
        finally:
            self.fault.phase = phase


Program: TypeAlias = Callable[[Run], Coroutine[object, object, None]]
Codec: TypeAlias = AudioDecoder | VideoDecoder | AudioEncoder | VideoEncoder


async def use(
    run: Run, codec: Codec, ask: Callable[[], Promise[T]], configure: Callable[[], None], process: Callable[[int], None]
) -> None:
    """Configure twice, process, flush, reset, and start again; close at last. Ends early if the codec is closed."""
    fault = run.fault
    fault.phase = "asking"
    await run.settled(ask())
    fault.phase = "using"
    # Calls to a codec that the fault has closed throw.
    with suppress(DOMException):
        configure()
        process(0)
        process(1)
        configure()
        process(0)
        if await run.settled(codec.flush()):
            # The work of this request may be done before the reset, or not at all.
            fault.phase = "about to reset"
            process(0)
            codec.reset()
            fault.phase = "using"
            configure()
            process(0)
            await run.settled(codec.flush())
        fault.phase = "closing"
        codec.close()
    await finished(codec._codec_work_queue)
    run.is_closed = codec.state == "closed"


async def finished(queue: ParallelQueue) -> None:
    """Wait until the parallel queue has done all its work, and the tasks that this has queued have run."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def work() -> None:
        loop.call_soon_threadsafe(done.set)

    queue.enqueue(work)
    await asyncio.wait_for(done.wait(), 20)
    for _ in range(20):
        await asyncio.sleep(0)


async def decode_audio(run: Run) -> None:
    material = pcm_integer("pcm-s16", 16)
    config = material.config
    decoder = AudioDecoder({"output": run.output, "error": run.errors.append})
    await use(
        run,
        decoder,
        lambda: AudioDecoder.isConfigSupported(config),
        lambda: decoder.configure(config),
        lambda number: decoder.decode(material.chunk(number)),
    )


async def decode_video(run: Run) -> None:
    config = vp8().config
    decoder = VideoDecoder({"output": run.output, "error": run.errors.append})
    await use(
        run,
        decoder,
        lambda: VideoDecoder.isConfigSupported(config),
        lambda: decoder.configure(config),
        lambda number: decoder.decode(vp8().chunk(number)),
    )


async def encode_audio(run: Run) -> None:
    config: AudioEncoderConfig = {"codec": "pcm-s16", "sampleRate": 8000, "numberOfChannels": 1}
    encoder = AudioEncoder({"output": run.output, "error": run.errors.append})

    def process(number: int) -> None:
        data = AudioData(
            {
                "format": "s16",
                "sampleRate": 8000,
                "numberOfFrames": 4,
                "numberOfChannels": 1,
                "timestamp": number,
                "data": bytes(8),
            }
        )
        try:
            encoder.encode(data)
        finally:
            data.close()

    await use(run, encoder, lambda: AudioEncoder.isConfigSupported(config), lambda: encoder.configure(config), process)


async def encode_video(run: Run) -> None:
    config: VideoEncoderConfig = {"codec": "vp8", "width": 16, "height": 16, "latencyMode": "realtime"}
    encoder = VideoEncoder({"output": run.output, "error": run.errors.append})

    def process(number: int) -> None:
        frame = VideoFrame(bytes(384), {"format": "I420", "codedWidth": 16, "codedHeight": 16, "timestamp": number})
        try:
            encoder.encode(frame)
        finally:
            frame.close()

    await use(run, encoder, lambda: VideoEncoder.isConfigSupported(config), lambda: encoder.configure(config), process)


def close(run: Run, image: VideoFrame) -> None:
    """Close an image outside of any callback: this call itself raises the exception of its release."""
    run.fault.phase = "releasing"
    with suppress(BaseException):
        image.close()
    run.fault.phase = "using"


async def decode_image(run: Run) -> None:
    """A buffer, and a stream that arrives in pieces."""
    fault = run.fault
    fault.phase = "asking"
    await run.settled(ImageDecoder.isTypeSupported("image/gif"))
    fault.phase = "using"
    file = gif().file

    async def pieces() -> AsyncIterator[bytes]:
        for place in range(0, len(file), len(file) // 3 + 1):
            yield file[place : place + len(file) // 3 + 1]

    is_closed = True
    for data in (file, pieces()):
        fault.phase = "using"
        decoder = ImageDecoder({"type": "image/gif", "data": data})
        run.promise(decoder.completed)
        requests: list[ImageDecodeOptions] = [{}, {"frameIndex": 1}, {"completeFramesOnly": False}]
        for options in requests:
            promise = decoder.decode(options)
            if await run.settled(promise):
                close(run, promise.result()["image"])
        await run.settled(decoder.tracks.ready)
        decoder.reset()
        promise = decoder.decode()
        if await run.settled(promise):
            close(run, promise.result()["image"])
        fault.phase = "closing"
        decoder.close()
        await finished(decoder._codec_work_queue)
        is_closed = is_closed and decoder._closed
    run.is_closed = is_closed


PROGRAMS: dict[str, Program] = {
    "AudioDecoder": decode_audio,
    "VideoDecoder": decode_video,
    "AudioEncoder": encode_audio,
    "VideoEncoder": encode_video,
    "ImageDecoder": decode_image,
}


def run_program(program: Program, fault: Fault) -> tuple[Run, list[BaseException]]:
    """Run it with the fault, and once more without. Returns the first run, and the exceptions reported meanwhile."""
    reported: list[BaseException] = []

    async def main() -> Run:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context["exception"]))
        first, second = Run(fault), Run(Fault())
        with use_platform(faulty_platform(fault)):
            await program(first)
        reports = len(reported)
        with use_platform(faulty_platform(second.fault)):
            await program(second)
        assert (second.errors, len(reported)) == ([], reports), "the next codec works"
        assert second.is_closed
        assert all(promise.done() for promise in second.promises)
        return first

    return asyncio.run(main()), reported


def number_of_calls(name: str) -> int:
    fault = Fault()
    run, reported = run_program(PROGRAMS[name], fault)
    assert (run.errors, reported, run.is_closed) == ([], [], True)
    return len(fault.calls)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_without_a_fault(name: str) -> None:
    assert number_of_calls(name) >= FEWEST_CALLS[name]


@pytest.mark.parametrize("exception", EXCEPTIONS, ids=lambda exception: exception.__name__)
@pytest.mark.parametrize("name", PROGRAMS)
def test_any_exception_at_any_call(name: str, exception: type[BaseException]) -> None:
    calls = number_of_calls(name)
    print(calls, "injection points")
    for number in range(calls):
        fault = Fault(number, exception)
        run, reported = run_program(PROGRAMS[name], fault)
        if fault.hit is None:
            # If an output comes early, less is left to do, and the program makes fewer calls.
            continue
        where = fault.calls[number]
        assert run.is_closed, where
        assert all(promise.done() for promise in run.promises), where
        # Outputs are released in callbacks, whose exceptions are reported, and images in a call that raises them.
        is_in_callback = where.endswith("output.release") and fault.hit == "in the callback"
        is_foreseen = fault.hit == "releasing" or (exception is CodecError and not is_in_callback)
        assert [type(each) for each in reported] == ([] if is_foreseen else [exception]), where
        if name != "ImageDecoder":
            expected = [] if is_in_callback else expected_errors(fault, number)
            assert [error.name for error in run.errors] == expected, where


def expected_errors(fault: Fault, number: int) -> list[str]:
    where = fault.calls[number]
    # A reset makes the codec forget an error of its work, but not one of a control message, which comes before it.
    is_forgotten = fault.hit == "about to reset" and not where.endswith(".requests")
    if fault.hit in ("asking", "closing") or is_forgotten:
        return []
    is_configuring = where.startswith(("platform.supports_", "platform.new_")) or where.endswith(".configure")
    # The model first asks a video decoder for its requests when it has made it.
    is_configuring |= where == "video_decoder.requests" and where not in fault.calls[:number]
    return ["NotSupportedError" if is_configuring else "EncodingError"]


@pytest.mark.parametrize("exception", EXCEPTIONS, ids=lambda exception: exception.__name__)
@pytest.mark.parametrize("size", [2, 2048])
def test_any_exception_while_a_frame_is_copied(size: int, exception: type[BaseException]) -> None:
    """Small frames are copied at once, large ones on a thread."""

    class Resource(ScriptedVideoResource):
        coded_size = display_size = (size, size)
        visible_rect = (0, 0, size, size)

        def copy_planes(self, layouts: object, destination: object) -> None:
            raise exception("a fault of the platform")

    async def main() -> None:
        ledger = ResourceLedger()
        frame = create_a_video_frame(Resource(ledger, 0), 0)
        promise = frame.copyTo(bytearray(frame.allocationSize()))
        frame.close()
        await asyncio.wait([promise], timeout=20)
        reason = promise.exception()
        # A StopIteration cannot be raised out of an await.
        assert type(reason) is (RuntimeError if exception is StopIteration else exception)
        assert ledger.live == 0

    asyncio.run(main())
