"""Encoders on real codecs: in every state, their outputs correspond to their inputs."""

import asyncio

from conformance.fixtures.encoder_session import (
    VideoEncoderSession,
    assert_covers,
    duration_of,
    new_session,
    open_encoder,
)
from conformance.media.sources import DATA_DURATION, FRAME_DURATION, Source, VideoSource
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_in_array,
    assert_true,
    promise_rejects_dom,
)

SCENARIOS = SharedScenarios[Source]("audioencoder", "videoencoder")


@SCENARIOS.promise_test(
    "everything that is encoded comes out, with its timestamps and durations, and begins with a key chunk",
    shows=[
        "dom-{}-encode:message#4.1",
        "dom-{}-encode:message#4.5",
        "dom-{}-flush:message#1.1",
        ("output-encodedaudiochunks#1.1.3", "output-encodedvideochunks#1.1.3"),
        ("output-encodedaudiochunks#1.1.4", "output-encodedvideochunks#1.1.4"),
    ],
    needs="every codec",
)
async def everything_comes_out(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.configure()
    for number in range(12):
        session.encode(number)
    await session.flush()
    assert_equals(session.log[-1], "flush resolved")
    assert_equals(session.encoder.encodeQueueSize, 0)
    assert_covers(session, source, 12)
    assert_equals(session.types[0], "key")
    assert_true("decoderConfig" in session.metadata[0], "the first chunk comes with a decoderConfig")
    assert_equals(len(session.decoder_configs), 1)


@SCENARIOS.promise_test(
    "timestamps may be negative, and begin anywhere",
    shows=[("output-encodedaudiochunks#1.1.3", "output-encodedvideochunks#1.1.3")],
    needs="any codec",
)
async def timestamps(t: Test, source: Source) -> None:
    for start in (-10_000, 7_000_000_000):
        session = await new_session(t, source)
        session.configure()
        for number in range(3):
            session.encode(number, timestamp=start + number * duration_of(source))
        await session.flush()
        assert_covers(session, source, 3, start)


@SCENARIOS.promise_test(
    "encoding goes on after a flush",
    shows=["dom-{}-flush:message#1.1", "dom-{}-encode:message#4.1"],
    needs="every codec",
)
async def encode_after_flush(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.configure()
    for number in range(4):
        session.encode(number)
    await session.flush()
    first = len(session.chunks)
    for number in range(4, 8):
        session.encode(number)
    await session.flush()
    await session.flush()
    later = session.chunks[first:]
    assert_true(bool(later), "there are chunks after the flush")
    assert_equals(min(chunk.timestamp for chunk in later), 4 * duration_of(source))
    if isinstance(source, VideoSource):
        assert_covers(session, source, 8)
    await session.decode()


@SCENARIOS.promise_test(
    "a new configuration takes effect in its turn; earlier requests are not lost",
    shows=["dom-{}-configure:message#2.4", "dom-{}-configure:message#2.5"],
    needs="every codec",
)
async def reconfigure(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.configure()
    session.encode(0)
    session.encode(1)
    session.configure()
    session.encode(2)
    session.encode(3)
    await session.flush()
    if isinstance(source, VideoSource):
        assert_covers(session, source, 4)
        [again] = [chunk for chunk in session.chunks if chunk.timestamp == 2 * FRAME_DURATION]
        assert_equals(again.type, "key")
    else:
        assert_in_array(2 * DATA_DURATION, session.timestamps)
    await session.decode()


@SCENARIOS.promise_test(
    "reset() drops what is under way; after it only the new configuration's chunks come",
    shows=["reset-{}#5", "reset-{}#6", "reset-{}#7.1"],
    needs="every codec",
)
async def reset(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.configure()
    for number in range(30):
        session.encode(number)
    dropped = session.flush()
    session.encoder.reset()
    assert_equals(session.encoder.encodeQueueSize, 0)
    await promise_rejects_dom(t, "AbortError", dropped)
    assert_array_equals(session.chunks, [])
    session.configure()
    for number in range(4):
        session.encode(number, timestamp=1 + number * duration_of(source))
    await session.flush()
    assert_covers(session, source, 4, 1)


@SCENARIOS.promise_test(
    "reset() in the output callback: that chunk was the last",
    shows=["reset-{}#5", ("output-encodedaudiochunks#1.7", "output-encodedvideochunks#1.9")],
    needs="every codec",
)
async def reset_in_output_callback(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.on_output = lambda chunk: session.encoder.reset()
    session.configure()
    for number in range(6):
        session.encode(number)
    await promise_rejects_dom(t, "AbortError", session.flush())
    assert_equals(len(session.chunks), 1)
    assert_equals(session.encoder.state, "unconfigured")


@SCENARIOS.promise_test(
    "a hundred requests at once: the queue empties, and each dequeue event finds it shorter",
    shows=["dom-{}-encodequeuesize", "{}-schedule-dequeue-event#3.1", "dom-{}-encode:message#4.3"],
    needs="any codec",
)
async def queue_size(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    sizes: list[int] = []
    session.encoder.ondequeue = lambda event: sizes.append(session.encoder.encodeQueueSize)
    session.configure()
    for number in range(100):
        session.encode(number % 20, timestamp=number * duration_of(source))
    assert_equals(session.encoder.encodeQueueSize, 100, "nothing is taken before the encoder is configured")
    await session.flush()
    assert_equals(session.encoder.encodeQueueSize, 0)
    # The event of the last request may come after the flush.
    await asyncio.sleep(0)
    assert_array_equals(sizes, sorted(sizes, reverse=True))
    assert_equals(sizes[-1], 0)


@SCENARIOS.promise_test(
    "a configuration that is not supported, after one that was, lets the flushed outputs out",
    shows=["dom-{}-configure:message#2.2", "close-{}#2"],
    needs="any codec",
)
async def reconfigure_unsupported(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.expect_errors = True
    session.configure()
    session.encode(0)
    first = session.flush()
    session.configure(codec="bogus")
    second = session.flush()
    await first
    await promise_rejects_dom(t, "NotSupportedError", second)
    assert_equals(session.encoder.state, "closed")
    assert_true(bool(session.chunks), "the first is out")
    assert_equals([error.name for error in session.errors], ["NotSupportedError"])


@SCENARIOS.promise_test(
    "isConfigSupported() says so of what can be encoded",
    shows=["dom-{}-isconfigsupported#4.2.1.2", "check-configuration-support#3", "check-configuration-support#4"],
    needs="every codec",
)
async def supported(t: Test, source: Source) -> None:
    session = open_encoder(t, source)
    await session.require_support()
    session.configure()
    await session.flush()
    assert_equals(session.encoder.state, "configured")
    assert_array_equals(session.chunks, [])
    assert_equals(isinstance(session, VideoEncoderSession), isinstance(source, VideoSource))
