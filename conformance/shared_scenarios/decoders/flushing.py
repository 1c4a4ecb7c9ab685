"""flush(): the moment at which it is settled, and its effect on later calls."""

import asyncio
from functools import partial

from conformance.fixtures.decoder_session import open_session
from conformance.interfaces import is_another_implementation
from conformance.media.material import Material
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_false,
    assert_not_equals,
    assert_true,
    promise_rejects_dom,
)

SCENARIOS = SharedScenarios[Material]("audiodecoder", "videodecoder")


@SCENARIOS.promise_test(
    "flush() is rejected with InvalidStateError unless the decoder is configured; it never throws",
    shows=["dom-{}-flush#1"],
    needs="any codec",
)
async def flush_unconfigured(t: Test, media: Material) -> None:
    session = open_session(t, media)
    await promise_rejects_dom(t, "InvalidStateError", session.flush(), "unconfigured")
    session.configure()
    session.reset()
    await promise_rejects_dom(t, "InvalidStateError", session.flush(), "reset")
    session.close()
    await promise_rejects_dom(t, "InvalidStateError", session.flush(), "closed")


@SCENARIOS.promise_test(
    "flush() with nothing to decode is resolved, with nothing",
    shows=["dom-{}-flush#7", "dom-{}-flush:message#1.3.3"],
    needs="every codec",
)
async def flush_nothing(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    promise = session.flush()
    assert_false(promise.done())
    await promise
    assert_equals(promise.result(), None)
    await session.flush()
    assert_array_equals(session.outputs, [])


@SCENARIOS.promise_test(
    "flush() is resolved after everything queued before it is output",
    shows=[
        "dom-{}-flush:message#1.1",
        "dom-{}-flush:message#1.2",
        "dom-{}-flush:message#1.3.1",
        "dom-{}-flush:message#1.3.3",
    ],
    needs="every codec",
)
async def flush_follows_outputs(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.decode_all()
    await session.flush()
    happened = [entry for entry in session.log if entry != "dequeue"]
    assert_array_equals([entry.split()[0] for entry in happened], ["output"] * len(media.timestamps()) + ["flush"])
    session.assert_outputs_of(media.timestamps())


@SCENARIOS.promise_test(
    "decoding goes on after flush(), from a key chunk",
    shows=["dom-{}-flush:message#1.1", "dom-{}-flush#2"],
    needs="every codec",
)
async def decode_after_flush(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    for round in range(1, 4):
        session.decode(0)
        await session.flush()
        assert_equals(len(session.outputs), media.output_count(round))
    assert_equals(session.state, "configured")


@SCENARIOS.promise_test(
    "several flushes are resolved in their order, each after the chunks that were queued before it",
    shows=["dom-{}-flush#4", "dom-{}-flush#5", "dom-{}-flush:message#1.3.2"],
    needs="every codec",
)
async def flushes_in_order(t: Test, media: Material) -> None:
    session = open_session(t, media)
    settled: list[tuple[int, int]] = []
    promises = []

    def note(number: int, promise: asyncio.Future[None]) -> None:
        settled.append((number, len(session.outputs)))

    session.configure()
    for number in range(3):
        session.decode(0)
        session.decode(1)
        promise = session.flush()
        promise.add_done_callback(partial(note, number))
        promises.append(promise)
    await asyncio.gather(*promises)
    assert_array_equals(settled, [(number, media.output_count(2 * (number + 1))) for number in range(3)])
    assert_equals(len({id(promise) for promise in promises}), 3, "each call has a promise of its own")


@SCENARIOS.promise_test(
    "flush() may be called by the output callback",
    shows=["dom-{}-flush#6", "dom-{}-flush:message#1.3.3"],
    needs="every codec",
)
async def flush_in_output_callback(t: Test, media: Material) -> None:
    session = open_session(t, media)
    promises: list[asyncio.Future[None]] = []
    session.on_output = lambda output: promises.append(session.flush())
    session.configure()
    session.decode(0)
    session.decode(1)
    await session.flush()
    assert_equals(len(promises), media.output_count(2))
    await asyncio.gather(*promises)
    session.assert_outputs_of(media.timestamps(2))


@SCENARIOS.promise_test(
    "reset() and close() reject pending flushes at once, with AbortError",
    shows=["dom-{}-reset", "dom-{}-close", "reset-{}#6", "reset-{}#6.1", "reset-{}#6.2"],
    needs="every codec",
)
async def pending_flushes_are_rejected(t: Test, media: Material) -> None:
    for end in ("reset", "close"):
        session = open_session(t, media)
        session.configure()
        session.decode(0)
        promises = [session.flush(), session.flush()]
        getattr(session, end)()
        if not is_another_implementation():
            assert_true(all(promise.done() for promise in promises), f"{end}() settles them before it returns")
        for promise in promises:
            await promise_rejects_dom(t, "AbortError", promise, end)
        # Their reactions come before the next task, that of the dequeue event.
        await t.step_wait(partial(session.log.__contains__, "dequeue"), "the queue was emptied")
        assert_array_equals(session.log[:2], ["flush rejected AbortError"] * 2)


@SCENARIOS.promise_test(
    "every pending flush is rejected with the same exception",
    shows=["reset-{}#6.1"],
    needs="any codec",
)
async def flushes_share_the_exception(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    promises = [session.flush(), session.flush()]
    session.reset()
    first, second = await asyncio.gather(*promises, return_exceptions=True)
    assert_not_equals(first, None)
    assert_true(first is second)


@SCENARIOS.promise_test(
    "a cancelled flush does not disturb the decoder",
    shows=["dom-{}-flush:message#1.3.3"],
    needs="any codec",
)
async def cancelled_flush(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.decode(0)
    session.flush().cancel()
    session.decode(0)
    await session.flush()
    assert_equals(len(session.outputs), media.output_count(2))
    session.flush().cancel()
    session.reset()
    assert_equals(session.state, "unconfigured")
