"""Chunks that cannot be decoded."""

import asyncio

from conformance.fixtures.decoder_session import Session, open_session
from conformance.media.material import Material
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_throws_dom,
    promise_rejects_dom,
)

SCENARIOS = SharedScenarios[Material]("audiodecoder", "videodecoder")

_DECODING_ERROR = "dom-{}-decode:message#4.2"


def _assert_failed_once(session: Session) -> None:
    """Check that the decoder is closed, that its error callback was called once, and that the flush was rejected
    after that.
    """
    assert_equals(session.state, "closed")
    assert_equals(session.decodeQueueSize, 0)
    assert_array_equals([error.name for error in session.errors], ["EncodingError"])
    settlements = [entry for entry in session.log if entry.startswith(("error", "flush"))]
    assert_array_equals(settlements, ["error EncodingError", "flush rejected EncodingError"])


@SCENARIOS.promise_test(
    "a corrupt chunk closes the decoder with EncodingError; a pending flush is rejected with it",
    shows=[_DECODING_ERROR, "close-{}#1", "close-{}#2", "close-{}#4", "reset-{}#6.1"],
    needs="broken chunks",
)
async def corrupt_chunk(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.expect_errors = True
    session.configure()
    session.decode(0)
    session.decode(media.corrupt_chunk(1))
    await promise_rejects_dom(t, "EncodingError", session.flush())
    _assert_failed_once(session)
    if session.outputs:
        # No more than the good chunk.
        session.assert_outputs_of(media.timestamps(1))


@SCENARIOS.promise_test(
    "an empty chunk is an error, too",
    shows=[_DECODING_ERROR],
    needs="broken chunks",
)
async def empty_chunk(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.expect_errors = True
    session.configure()
    session.decode(0)
    session.decode(media.empty_chunk(1))
    await promise_rejects_dom(t, "EncodingError", session.flush())
    _assert_failed_once(session)


@SCENARIOS.promise_test(
    "after an error nothing more comes out, and nothing more is accepted",
    shows=[_DECODING_ERROR, "reset-{}#3", "reset-{}#4", "dom-{}-decode#1", "dom-{}-flush#1"],
    needs="broken chunks",
)
async def nothing_after_an_error(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.expect_errors = True
    session.configure()
    session.decode(media.corrupt_chunk(1) if media.chunks[1].type == "key" else media.chunk(0))
    session.decode(media.corrupt_chunk(1))
    for number in range(8):
        session.decode(number)
    flush = session.flush()
    await promise_rejects_dom(t, "EncodingError", flush)
    outputs = len(session.outputs)
    assert_throws_dom("InvalidStateError", lambda: session.decode(0))
    await promise_rejects_dom(t, "InvalidStateError", session.flush())
    # This gives the work that was under way time to end.
    other = open_session(t, media)
    other.configure()
    other.decode_all()
    await other.flush()
    assert_equals(len(session.outputs), outputs)
    assert_equals(len(session.errors), 1)


@SCENARIOS.promise_test(
    "the error callback sees a closed decoder, whose methods throw",
    shows=["close-{}#2", "close-{}#4", "reset-{}#1"],
    needs="broken chunks",
)
async def error_callback(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.expect_errors = True
    seen: list[tuple[str, int]] = []

    def look(error: object) -> None:
        seen.append((session.state, session.decodeQueueSize))
        assert_throws_dom("InvalidStateError", session.close)
        assert_throws_dom("InvalidStateError", session.reset)
        assert_throws_dom("InvalidStateError", session.configure)
        assert_throws_dom("InvalidStateError", lambda: session.decode(0))

    session.on_error = look
    session.configure()
    session.decode(0)
    session.decode(media.corrupt_chunk(1))
    await promise_rejects_dom(t, "EncodingError", session.flush())
    assert_array_equals(seen, [("closed", 0)])


@SCENARIOS.promise_test(
    "an exception of the error callback is reported; the flush is rejected all the same",
    shows=["close-{}#4", "reset-{}#6.1"],
    needs="broken chunks",
)
async def error_callback_throws(t: Test, media: Material) -> None:
    uncaught = t.collect_uncaught_exceptions()
    session = open_session(t, media)
    session.expect_errors = True
    thrown = ValueError("thrown by the error callback")

    def throw(error: object) -> None:
        raise thrown

    session.on_error = throw
    session.configure()
    session.decode(0)
    session.decode(media.corrupt_chunk(1))
    await promise_rejects_dom(t, "EncodingError", session.flush())
    assert_array_equals(uncaught, [thrown])
    assert_equals(session.state, "closed")


@SCENARIOS.promise_test(
    "close() before a corrupt chunk was noticed: AbortError, and the error callback stays silent",
    shows=["dom-{}-close", "close-{}#1", "close-{}#4", "reset-{}#3"],
    needs="broken chunks",
)
async def close_while_decoding_a_corrupt_chunk(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.decode(0)
    session.decode(media.corrupt_chunk(1))
    flush = session.flush()
    session.close()
    await promise_rejects_dom(t, "AbortError", flush)
    # This gives the decoder time to notice the corrupt chunk.
    other = open_session(t, media)
    other.configure()
    other.decode_all()
    await other.flush()
    assert_array_equals(session.errors, [])
    assert_array_equals(session.outputs, [])


@SCENARIOS.promise_test(
    "reset() before a corrupt chunk was noticed: the decoder can be configured and used again",
    shows=["dom-{}-reset", "reset-{}#3"],
    needs="broken chunks",
)
async def reset_while_decoding_a_corrupt_chunk(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.decode(0)
    session.decode(media.corrupt_chunk(1))
    flush = session.flush()
    session.reset()
    await promise_rejects_dom(t, "AbortError", flush)
    session.configure()
    session.decode(0)
    session.decode(1)
    await session.flush()
    assert_array_equals(session.errors, [])
    session.assert_outputs_of(media.timestamps(2))


@SCENARIOS.promise_test(
    "an error after reset() in an output callback belongs to the new configuration",
    shows=[_DECODING_ERROR, "reset-{}#6.1"],
    needs="broken chunks",
)
async def corrupt_chunk_after_reset_in_output_callback(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.expect_errors = True
    second: list[asyncio.Future[None]] = []

    def start_over(output: object) -> None:
        session.on_output = None
        session.reset()
        session.configure()
        session.decode(0)
        session.decode(media.corrupt_chunk(1))
        second.append(session.flush())

    session.on_output = start_over
    session.configure()
    session.decode(0)
    session.decode(1)
    await promise_rejects_dom(t, "AbortError", session.flush())
    await promise_rejects_dom(t, "EncodingError", second[0])
    assert_array_equals([error.name for error in session.errors], ["EncodingError"])
