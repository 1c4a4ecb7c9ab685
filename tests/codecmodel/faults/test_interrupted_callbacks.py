"""A callback that is interrupted, or that ends the program, does no harm to its codec if the loop is run again."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator

import pytest

from codecmodel import AudioData, AudioDecoder, DOMException, EncodedAudioChunk
from codecmodel.platform.codec_implementation import CodecError, CodecRequests
from codecmodel.platform.current import use_platform
from codecmodel.types import AudioDecoderConfig
from conformance.scripted.scripted_codec import Fails, Outputs, ScriptedPlatform
from tests.codecmodel.lifetime.leftovers import assert_nothing_is_left


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert_nothing_is_left()


class Program:
    """A decoder whose callbacks raise an exception, each the first time that it is called."""

    def __init__(self, exception: type[BaseException], raising: str) -> None:
        self.exception = exception
        self.raising = raising
        self.seen: list[object] = []
        self.loop = asyncio.new_event_loop()
        self.platform = ScriptedPlatform(lambda: True, capacity=2)

    def calls(self, callback: str, seen: object) -> None:
        self.seen.append(seen)
        if callback == self.raising:
            self.raising = ""
            raise self.exception

    def output(self, data: AudioData) -> None:
        timestamp = data.timestamp
        data.close()
        self.calls("output", timestamp)

    def run(self, main: Callable[[], Coroutine[object, object, None]]) -> None:
        """Run a coroutine function to its end; the exception comes out once."""
        task = self.loop.create_task(main())
        with pytest.raises(self.exception):
            self.loop.run_until_complete(task)
        self.loop.run_until_complete(task)
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def decoder(self) -> AudioDecoder:
        with use_platform(self.platform):
            decoder = AudioDecoder({"output": self.output, "error": lambda error: self.calls("error", error.name)})
        decoder.ondequeue = lambda event: self.calls("dequeue", "dequeue")
        return decoder


def chunk(timestamp: int) -> EncodedAudioChunk:
    return EncodedAudioChunk({"type": "key", "timestamp": timestamp, "data": b"opus"})


CONFIG: AudioDecoderConfig = {"codec": "opus", "sampleRate": 1, "numberOfChannels": 1}

endings = pytest.mark.parametrize("exception", [KeyboardInterrupt, SystemExit])


@endings
def test_an_output_callback(exception: type[BaseException]) -> None:
    """The outputs that come with the same flush are delivered all the same, and the flush is resolved."""
    program = Program(exception, "output")
    for timestamp in (10, 20, 30):
        program.platform.decode_answers[timestamp] = Outputs(delay=9)

    async def main() -> None:
        decoder = program.decoder()
        decoder.configure(CONFIG)
        for timestamp in (10, 20, 30):
            decoder.decode(chunk(timestamp))
        await asyncio.wait_for(decoder.flush(), 20)
        decoder.close()

    program.run(main)
    assert [seen for seen in program.seen if seen != "dequeue"] == [10, 20, 30]
    assert program.platform.resources.live == 0


@endings
def test_an_error_callback(exception: type[BaseException]) -> None:
    program = Program(exception, "error")
    program.platform.decode_answers[10] = Fails()

    async def main() -> None:
        decoder = program.decoder()
        decoder.configure(CONFIG)
        decoder.decode(chunk(10))
        await asyncio.wait([decoder.flush()], timeout=20)
        assert decoder.state == "closed"

    program.run(main)
    assert program.seen.count("EncodingError") == 1


@endings
def test_a_dequeue_listener(exception: type[BaseException]) -> None:
    """Further events are fired."""
    program = Program(exception, "dequeue")

    async def main() -> None:
        decoder = program.decoder()
        decoder.configure(CONFIG)
        for timestamp in (10, 20, 30, 40, 50, 60):
            decoder.decode(chunk(timestamp))
            while decoder.decodeQueueSize:
                await asyncio.sleep(0.001)
        await asyncio.wait_for(decoder.flush(), 20)
        decoder.close()

    program.run(main)
    # Several decreases of the queue may share an event.
    assert program.seen.count("dequeue") >= 2
    assert [seen for seen in program.seen if seen != "dequeue"] == [10, 20, 30, 40, 50, 60]


@endings
@pytest.mark.parametrize("steps", ["_activate", "_output"])
def test_steps_of_a_task(exception: type[BaseException], steps: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps may be half done, so the codec is closed."""
    program = Program(exception, "")

    def interrupted(*arguments: object) -> None:
        raise exception

    monkeypatch.setattr(AudioDecoder, steps, interrupted)

    async def main() -> None:
        decoder = program.decoder()
        decoder.configure(CONFIG)
        decoder.decode(chunk(10))
        flush = decoder.flush()
        await asyncio.wait([flush], timeout=20)
        assert decoder.state == "closed"
        reason = flush.exception()
        assert isinstance(reason, DOMException)
        assert reason.name == "EncodingError"

    program.run(main)
    assert program.seen.count("EncodingError") == 1


@endings
def test_steps_of_a_message(exception: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is not run twice, and the call raises the exception."""
    program = Program(exception, "")

    async def main() -> None:
        decoder = program.decoder()
        decoder.configure(CONFIG)
        await asyncio.wait_for(decoder.flush(), 20)
        monkeypatch.setattr(CodecRequests, "would_saturate", interrupted)
        with pytest.raises(exception):
            decoder.decode(chunk(10))
        assert (decoder.state, decoder.decodeQueueSize) == ("closed", 0)

    def interrupted(*arguments: object) -> bool:
        raise exception

    program.loop.run_until_complete(main())
    program.loop.close()
    assert program.seen.count("EncodingError") == 1


def test_a_coded_error_is_no_interrupt() -> None:
    """Any other exception that a callback raises is reported, and ends nothing."""
    program = Program(CodecError, "output")
    reported: list[object] = []
    program.loop.set_exception_handler(lambda loop, context: reported.append(context["exception"]))

    async def main() -> None:
        decoder = program.decoder()
        decoder.configure(CONFIG)
        decoder.decode(chunk(10))
        await asyncio.wait_for(decoder.flush(), 20)
        assert decoder.state == "configured"
        decoder.close()

    program.loop.run_until_complete(main())
    program.loop.close()
    assert [type(exception) for exception in reported] == [CodecError]
