"""reset() and close() of encoders on real codecs: the things that they drop, and those that remain."""

from functools import partial

from conformance.fixtures.encoder_session import EncoderSession, duration_of, new_session, open_encoder
from conformance.media.sources import Source
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import Test, assert_array_equals, assert_equals, assert_throws_dom, promise_rejects_dom

SCENARIOS = SharedScenarios[Source]("audioencoder", "videoencoder")


async def _let_work_end(t: Test, source: Source, count: int) -> None:
    """Wait until the work of other encoders has ended: a new encoder does as much work."""
    session = await new_session(t, source)
    session.configure()
    for number in range(count):
        session.encode(number)
    await session.flush()


@SCENARIOS.promise_test(
    "reset() of an unconfigured encoder leaves it so",
    shows=["dom-{}-reset", "reset-{}#2"],
    needs="any codec",
)
async def reset_unconfigured(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.encoder.reset()
    session.encoder.reset()
    assert_equals(session.encoder.state, "unconfigured")
    session.configure()
    session.encode(0)
    await session.flush()
    assert_equals(session.timestamps[0], 0)


@SCENARIOS.promise_test(
    "after reset() the encoder must be configured again, and describes its outputs anew",
    shows=[
        "reset-{}#2",
        "reset-{}#3",
        "reset-{}#4",
        "dom-{}-encode#2",
        "dom-{}-flush#1",
        ("output-encodedaudiochunks#1.6", "output-encodedvideochunks#1.6"),
    ],
    needs="each codec once",
)
async def configure_after_a_reset(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.configure()
    for number in range(3):
        session.encode(number)
    await session.flush()
    before = len(session.chunks)
    session.encoder.reset()
    assert_equals(session.encoder.state, "unconfigured")
    assert_throws_dom("InvalidStateError", partial(session.encode, 0))
    await promise_rejects_dom(t, "InvalidStateError", session.flush())
    session.configure()
    assert_equals(session.encoder.state, "configured")
    start = 3 * duration_of(source)
    for number in range(3):
        session.encode(number, timestamp=start + number * duration_of(source))
    await session.flush()
    assert_equals((session.timestamps[before], session.types[before]), (start, "key"))
    described = [number for number, metadata in enumerate(session.metadata) if "decoderConfig" in metadata]
    assert_array_equals(described, [0, before])
    await session.decode()


def _assert_closed(session: EncoderSession) -> None:
    assert_equals(session.encoder.state, "closed")
    assert_throws_dom("InvalidStateError", session.configure, "configure()")
    assert_throws_dom("InvalidStateError", partial(session.encode, 0), "encode()")
    assert_throws_dom("InvalidStateError", session.encoder.reset, "reset()")
    assert_throws_dom("InvalidStateError", session.encoder.close, "close()")
    assert_equals(session.encoder.state, "closed")


@SCENARIOS.promise_test(
    "close() is final, whatever the state was: every method throws InvalidStateError, and flush() is rejected with it",
    shows=["dom-{}-close", "close-{}#2", "reset-{}#1", "dom-{}-configure#2", "dom-{}-encode#2", "dom-{}-flush#1"],
    needs="any codec",
)
async def close_is_final(t: Test, source: Source) -> None:
    for is_configured in (False, True):
        session = await new_session(t, source)
        if is_configured:
            session.configure()
            session.encode(0)
            await session.flush()
        session.encoder.close()
        _assert_closed(session)
        await promise_rejects_dom(t, "InvalidStateError", session.flush())


@SCENARIOS.promise_test(
    "close() drops everything queued and everything under way, and calls no callback",
    shows=["close-{}#1", "close-{}#4", "reset-{}#5", "reset-{}#6", "reset-{}#7.1", "reset-{}#8.1"],
    needs="every codec",
)
async def close_drops(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.configure()
    for number in range(8):
        session.encode(number)
    flush = session.flush()
    session.encoder.close()
    assert_equals(session.encoder.encodeQueueSize, 0)
    await promise_rejects_dom(t, "AbortError", flush)
    await _let_work_end(t, source, 8)
    assert_array_equals(session.log, ["flush rejected AbortError"])


@SCENARIOS.promise_test(
    "close() in the output callback: that chunk was the last",
    shows=["close-{}#2", "reset-{}#5", ("output-encodedaudiochunks#1", "output-encodedvideochunks#1")],
    needs="every codec",
)
async def close_in_output_callback(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.on_output = lambda chunk: session.encoder.close()
    session.configure()
    for number in range(6):
        session.encode(number)
    await promise_rejects_dom(t, "AbortError", session.flush())
    await _let_work_end(t, source, 6)
    assert_array_equals(session.log, ["output 0", "flush rejected AbortError"])
    assert_equals(session.encoder.state, "closed")


@SCENARIOS.promise_test(
    "an encoder that an error has closed is closed like any other",
    shows=["close-{}#2", "close-{}#4"],
    needs="any codec",
)
async def closed_by_an_error(t: Test, source: Source) -> None:
    session = open_encoder(t, source)
    session.expect_errors = True
    session.configure(codec="bogus")
    await promise_rejects_dom(t, "NotSupportedError", session.flush())
    _assert_closed(session)
