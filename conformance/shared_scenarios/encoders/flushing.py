"""flush() of encoders on real codecs: the moment at which it is settled, and its effect on later calls."""

import asyncio
from functools import partial

from codecmodel.web.events import Event
from conformance.fixtures.encoder_session import assert_covers, duration_of, new_session
from conformance.media.sources import Source, VideoSource
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

SCENARIOS = SharedScenarios[Source]("audioencoder", "videoencoder")


def _note(log: list[str], event: Event) -> None:
    log.append(event.type)


@SCENARIOS.promise_test(
    "flush() is rejected with InvalidStateError unless the encoder is configured; it never throws",
    shows=["dom-{}-flush#1"],
    needs="any codec",
)
async def flush_unconfigured(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    await promise_rejects_dom(t, "InvalidStateError", session.flush(), "unconfigured")
    session.configure()
    session.encoder.reset()
    await promise_rejects_dom(t, "InvalidStateError", session.flush(), "reset")
    session.encoder.close()
    await promise_rejects_dom(t, "InvalidStateError", session.flush(), "closed")


@SCENARIOS.promise_test(
    "several flushes are resolved in their order, each after the chunks of what was encoded before it",
    shows=["dom-{}-flush#2", "dom-{}-flush#3", "dom-{}-flush:message#1.3.1", "dom-{}-flush:message#1.3.2"],
    needs="every codec",
)
async def flushes_in_order(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    settled: list[tuple[int, bool]] = []
    promises = []

    def note(number: int, promise: asyncio.Future[None]) -> None:
        # Audio may be held back, and come with the timestamp of the chunk before it.
        latest = max(chunk.timestamp + (chunk.duration or 0) for chunk in session.chunks)
        early = isinstance(source, VideoSource) and len(session.chunks) != 2 * (number + 1)
        settled.append((number, not early and latest >= 2 * (number + 1) * duration_of(source) - len(session.chunks)))

    session.configure()
    for number in range(3):
        session.encode(2 * number)
        session.encode(2 * number + 1)
        promise = session.flush()
        promise.add_done_callback(partial(note, number))
        promises.append(promise)
    await asyncio.gather(*promises)
    assert_array_equals(settled, [(number, True) for number in range(3)])
    assert_equals(len({id(promise) for promise in promises}), 3, "each call has a promise of its own")


@SCENARIOS.promise_test(
    "flush() may be called by the output callback",
    shows=["dom-{}-flush#5", "dom-{}-flush:message#1.3.3"],
    needs="every codec",
)
async def flush_in_output_callback(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    promises: list[asyncio.Future[None]] = []

    def flush_once(chunk: object) -> None:
        session.on_output = None
        promises.append(session.flush())

    session.on_output = flush_once
    session.configure()
    for number in range(3):
        session.encode(number)
    await session.flush()
    assert_equals(len(promises), 1)
    await promises[0]
    if isinstance(source, VideoSource):
        assert_covers(session, source, 3)


@SCENARIOS.promise_test(
    "reset() and close() reject pending flushes with AbortError, before a task runs",
    shows=["dom-{}-reset", "dom-{}-close", "reset-{}#8", "reset-{}#8.1", "reset-{}#8.2"],
    needs="any codec",
)
async def pending_flushes_are_rejected(t: Test, source: Source) -> None:
    for end in ("reset", "close"):
        session = await new_session(t, source)
        session.encoder.ondequeue = partial(_note, session.log)
        session.configure()
        session.encode(0)
        promises = [session.flush(), session.flush()]
        getattr(session.encoder, end)()
        for promise in promises:
            await promise_rejects_dom(t, "AbortError", promise, end)
        # Their reactions come before the next task, that of the dequeue event.
        await t.step_wait(partial(session.log.__contains__, "dequeue"), "the queue was emptied")
        assert_array_equals(session.log, [*["flush rejected AbortError"] * 2, "dequeue"])


@SCENARIOS.promise_test(
    "every pending flush is rejected with the same exception",
    shows=["reset-{}#8.1"],
    needs="any codec",
)
async def flushes_share_the_exception(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.configure()
    promises = [session.flush(), session.flush()]
    session.encoder.reset()
    first, second = await asyncio.gather(*promises, return_exceptions=True)
    assert_not_equals(first, None)
    assert_true(first is second)


@SCENARIOS.promise_test(
    "flush() with nothing to encode is resolved, with nothing, and not at once",
    shows=["dom-{}-flush#6", "dom-{}-flush:message#1.3.3"],
    needs="any codec",
)
async def flush_nothing(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.configure()
    promise = session.flush()
    assert_false(promise.done())
    await promise
    assert_equals(promise.result(), None)
    await session.flush()
    assert_array_equals(session.chunks, [])
