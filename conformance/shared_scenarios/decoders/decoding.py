"""decode(): the exceptions that it throws, and the outputs with their order."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from conformance.fixtures.decoder_session import Chunk, Output, open_session
from conformance.interfaces import EncodedAudioChunk, EncodedVideoChunk
from conformance.media.material import AudioMaterial, Material
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_greater_than,
    assert_throws_dom,
    assert_throws_js,
)

SCENARIOS = SharedScenarios[Material]("audiodecoder", "videodecoder")

_CALLBACK = ("output-audiodata#1.2", "output-videoframes#1.8")


@SCENARIOS.promise_test(
    "decode() throws InvalidStateError unless the decoder is configured",
    shows=["dom-{}-decode#1"],
    needs="any codec",
)
async def decode_unconfigured(t: Test, media: Material) -> None:
    session = open_session(t, media)
    assert_throws_dom("InvalidStateError", lambda: session.decode(0), "unconfigured")
    session.configure()
    session.reset()
    assert_throws_dom("InvalidStateError", lambda: session.decode(0), "reset")
    session.close()
    assert_throws_dom("InvalidStateError", lambda: session.decode(0), "closed")
    assert_equals(session.decodeQueueSize, 0)


@SCENARIOS.promise_test(
    "decode() takes chunks of its own kind only",
    shows=["dom-{}-decode"],
    needs="any codec",
)
async def decode_something_else(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    other = EncodedVideoChunk if isinstance(media, AudioMaterial) else EncodedAudioChunk
    init = {"type": "key", "timestamp": 0, "data": b"\x00"}
    for argument in [None, b"data", init, cast("type[EncodedAudioChunk]", other)(init)]:  # type: ignore[arg-type]  # whose init it is doesn't show in the type
        assert_throws_js(TypeError, partial(session.decode, cast("Chunk", argument)), repr(argument))
    assert_equals(session.decodeQueueSize, 0)


@SCENARIOS.promise_test(
    "the first chunk after configure() and after flush() must be a key chunk",
    shows=["dom-{}-decode#2", "dom-{}-decode#2.1", "dom-{}-decode#2.3", "dom-{}-configure#4", "dom-{}-flush#2"],
    needs="every codec",
)
async def key_chunk_required(t: Test, media: Material) -> None:
    session = open_session(t, media)
    delta = media.chunk(0, type="delta")
    session.configure()
    assert_throws_dom("DataError", lambda: session.decode(delta), "after configure()")
    assert_equals(session.decodeQueueSize, 0)
    assert_equals(session.state, "configured")
    session.decode(0)
    session.decode(1)
    flush = session.flush()
    assert_throws_dom("DataError", lambda: session.decode(delta), "after flush(), even before it is done")
    await flush
    assert_throws_dom("DataError", lambda: session.decode(delta), "after flush()")
    session.decode(0)
    await session.flush()
    session.assert_outputs_of(media.outputs_of([media.chunks[number].timestamp for number in (0, 1, 0)]))


@SCENARIOS.promise_test(
    "a failed decode() leaves the requirement of a key chunk as it was",
    shows=["dom-{}-decode#2.1", "dom-{}-decode#2.3"],
    needs="any codec",
)
async def key_chunk_still_required(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    for _ in range(2):
        assert_throws_dom("DataError", lambda: session.decode(media.chunk(0, type="delta")))
    session.decode(0)
    await session.flush()
    session.assert_outputs_of(media.timestamps(1))


@SCENARIOS.promise_test(
    "every chunk is decoded, and outputs are in presentation order with the timestamps of their chunks",
    shows=[
        "dom-{}-decode:message#4.1",
        "dom-{}-decode:message#4.4",
        "dom-{}-decode:message#4.5",
        _CALLBACK,
        ("output-audiodata#1.1.6", "output-videoframes#1.1"),
    ],
    needs="every codec",
)
async def decode_all(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.decode_all()
    await session.flush()
    assert_array_equals(session.timestamps, media.timestamps())
    assert_equals(session.decodeQueueSize, 0)
    assert_equals(session.state, "configured")


@SCENARIOS.promise_test(
    "outputs come in tasks of their own, never within a call",
    shows=["dom-{}-decode:message#4.5", "codec-task-source"],
    needs="every codec",
)
async def outputs_are_asynchronous(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    await session.flush()
    session.decode(0)
    session.decode(1)
    flush = session.flush()
    assert_array_equals(session.log, ["flush resolved"])
    await flush
    session.assert_outputs_of(media.timestamps(2))


@SCENARIOS.promise_test(
    "chunks that follow configure() at once wait for it",
    shows=["message-queue-blocked", "dom-{}-configure:message#1", "dom-{}-decode#3", "dom-{}-decode#4"],
    needs="every codec",
)
async def decode_while_configuring(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    sizes = []
    for number in range(4):
        session.decode(number)
        sizes.append(session.decodeQueueSize)
    assert_array_equals(sizes, [1, 2, 3, 4])
    await session.flush()
    assert_equals(session.decodeQueueSize, 0)
    session.assert_outputs_of(media.timestamps(4))


@SCENARIOS.promise_test(
    "timestamps may be negative, and as large as they can be",
    shows=[
        ("output-audiodata#1.1.5", "output-videoframes#1.1"),
        ("dom-encodedaudiochunk-timestamp", "dom-encodedvideochunk-timestamp"),
    ],
    needs="every codec",
)
async def extreme_timestamps(t: Test, media: Material) -> None:
    for timestamp in (-42, 42, 2**53 - 1, 1 - 2**53):
        session = open_session(t, media)
        session.configure()
        session.decode(media.chunk(0, timestamp=timestamp))
        session.decode(media.chunk(1, timestamp=min(timestamp + media.chunks[0].duration, 2**53 - 1)))
        await session.flush()
        assert_equals(session.timestamps[0], timestamp)


@SCENARIOS.promise_test(
    "chunks may have equal timestamps",
    shows=[("output-audiodata#1.1.5", "output-videoframes#1.1")],
    needs="every codec",
)
async def equal_timestamps(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    for _ in range(3):
        session.decode(media.chunk(0, timestamp=7))
    await session.flush()
    assert_array_equals(session.timestamps, [7] * media.output_count(3))


@SCENARIOS.promise_test(
    "more chunks than a codec takes at once: all are decoded, in order, and the queue only gets shorter",
    shows=[
        "dom-{}-decode:message#1",
        "dom-{}-decode:message#2",
        "dom-{}-decode:message#3",
        "dom-{}-decode:message#4.3",
        "dom-{}-decode:message#4.3.2",
        "dom-{}-codec-saturated-slot",
    ],
    needs="every codec",
)
async def saturation(t: Test, media: Material) -> None:
    session = open_session(t, media)
    count = 300
    sizes: list[int] = []
    session.on_output = lambda output: sizes.append(session.decodeQueueSize)
    session.configure()
    for time in media.times(count):
        session.decode(media.chunk(0, timestamp=time))
    assert_equals(session.decodeQueueSize, count)
    await session.flush()
    session.assert_outputs_of(media.outputs_of(media.times(count)))
    assert_array_equals(sizes, sorted(sizes, reverse=True))
    assert_greater_than(sizes[0], 0, "a codec accepts a bounded number of requests at once:")
    assert_equals(session.decodeQueueSize, 0)


@SCENARIOS.promise_test(
    "decode() may be called by the output callback",
    shows=[_CALLBACK, "dom-{}-decode#4", "dom-{}-decode#5"],
    needs="every codec",
)
async def decode_in_output_callback(t: Test, media: Material) -> None:
    session = open_session(t, media)
    sizes: list[int] = []
    later = media.chunks[1].timestamp + media.chunks[1].duration

    def decode_once_more(output: Output) -> None:
        session.on_output = None
        session.decode(media.chunk(0, timestamp=later))
        session.decode(media.chunk(1, timestamp=later + media.chunks[0].duration))
        sizes.append(len(session.outputs))

    session.on_output = decode_once_more
    session.configure()
    session.decode(0)
    session.decode(1)
    await session.flush()
    assert_array_equals(sizes, [1], "no output comes within decode()")
    await session.flush()
    session.assert_outputs_of([*media.timestamps(2), later], more=True)


@SCENARIOS.promise_test(
    "an exception of the output callback is reported, and decoding goes on",
    shows=[_CALLBACK],
    needs="every codec",
)
async def output_callback_throws(t: Test, media: Material) -> None:
    uncaught = t.collect_uncaught_exceptions()
    session = open_session(t, media)
    thrown = [ValueError(str(number)) for number in range(media.output_count(4))]
    session.on_output = _thrower(thrown)
    session.configure()
    for number in range(4):
        session.decode(number)
    await session.flush()
    session.assert_outputs_of(media.timestamps(4))
    assert_array_equals(uncaught, thrown)
    assert_equals(session.state, "configured")


def _thrower(exceptions: Sequence[Exception]) -> Callable[[Output], None]:
    remaining = list(exceptions)

    def throw(output: Output) -> None:
        raise remaining.pop(0)

    return throw
