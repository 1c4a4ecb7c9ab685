"""reset() and close(): the things that they drop, and those that remain."""

import asyncio

from conformance.fixtures.decoder_session import Session, open_session
from conformance.media.content import content_of
from conformance.media.material import Material
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import Test, assert_array_equals, assert_equals, assert_throws_dom, promise_rejects_dom

SCENARIOS = SharedScenarios[Material]("audiodecoder", "videodecoder")


async def _let_work_end(t: Test, media: Material) -> None:
    """Wait until the work of other decoders has ended: a new decoder does as much work."""
    session = open_session(t, media)
    session.configure()
    session.decode_all()
    await session.flush()


@SCENARIOS.promise_test(
    "reset() of an unconfigured decoder leaves it so",
    shows=["dom-{}-reset", "reset-{}#2"],
    needs="any codec",
)
async def reset_unconfigured(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.reset()
    session.reset()
    assert_equals(session.state, "unconfigured")
    session.configure()
    session.decode(0)
    await session.flush()
    session.assert_outputs_of(media.timestamps(1))


@SCENARIOS.promise_test(
    "after reset() the decoder is unconfigured at once, and must be configured again",
    shows=["reset-{}#2", "dom-{}-decode#1", "dom-{}-flush#1"],
    needs="every codec",
)
async def reset_configured(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.reset()
    assert_equals(session.state, "unconfigured")
    assert_throws_dom("InvalidStateError", lambda: session.decode(0))
    await promise_rejects_dom(t, "InvalidStateError", session.flush())
    session.configure()
    assert_equals(session.state, "configured")
    session.decode_all()
    await session.flush()
    session.assert_outputs_of(media.timestamps())


@SCENARIOS.promise_test(
    "reset() drops everything queued and everything under way",
    shows=["reset-{}#3", "reset-{}#4", "reset-{}#5"],
    needs="every codec",
)
async def reset_drops(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    await session.flush()
    session.decode_all()
    session.decode_all()
    session.reset()
    assert_equals(session.decodeQueueSize, 0)
    session.log.clear()
    await _let_work_end(t, media)
    assert_array_equals([entry for entry in session.log if entry != "dequeue"], [])
    assert_array_equals(session.outputs, [])


@SCENARIOS.promise_test(
    "after reset() in the output callback only the new configuration's outputs come",
    shows=["reset-{}#3", "reset-{}#4", ("output-audiodata#1", "output-videoframes#1")],
    needs="every codec",
)
async def reset_in_output_callback(t: Test, media: Material) -> None:
    session = open_session(t, media)
    sizes: list[int] = []
    was_reset = asyncio.Event()
    #: Later than all that are decoded before.
    second = 1_000_000_000

    def reset(output: object) -> None:
        session.on_output = None
        session.reset()
        sizes.append(session.decodeQueueSize)
        was_reset.set()

    session.on_output = reset
    session.configure()
    for time in media.times(80):
        session.decode(media.chunk(0, timestamp=time))
    await was_reset.wait()
    assert_array_equals(sizes, [0])
    session.configure()
    again = [second + time for time in media.times(4)]
    for time in again:
        session.decode(media.chunk(0, timestamp=time))
    await session.flush()
    session.assert_outputs_of([0, *media.outputs_of(again)])
    assert_equals(session.decodeQueueSize, 0)


@SCENARIOS.promise_test(
    "reset() in the output callback during a flush: the flush is rejected, and nothing more comes",
    shows=["reset-{}#3", "reset-{}#6.1", "dom-{}-flush:message#1.3.1"],
    needs="every codec",
)
async def reset_during_flush(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.on_output = lambda output: session.reset()
    session.configure()
    session.decode(0)
    session.decode(1)
    session.decode(2)
    await promise_rejects_dom(t, "AbortError", session.flush())
    await _let_work_end(t, media)
    session.assert_outputs_of(media.timestamps(3)[:1])
    assert_equals(session.state, "unconfigured")


@SCENARIOS.promise_test(
    "a flush begun after reset() in the output callback has its own fate",
    shows=["reset-{}#6.1", "dom-{}-flush:message#1.3.2", "dom-{}-flush:message#1.3.3"],
    needs="every codec",
)
async def new_flush_after_reset_in_output_callback(t: Test, media: Material) -> None:
    session = open_session(t, media)
    second: list[asyncio.Future[None]] = []

    def start_over(output: object) -> None:
        session.on_output = None
        session.reset()
        session.configure()
        session.decode(0)
        session.decode(1)
        second.append(session.flush())

    session.on_output = start_over
    session.configure()
    session.decode(0)
    session.decode(1)
    await promise_rejects_dom(t, "AbortError", session.flush())
    await second[0]
    session.assert_outputs_of(media.timestamps(2)[:1] + media.timestamps(2))


@SCENARIOS.promise_test(
    "reset() does not call the error callback",
    shows=["dom-{}-reset", "close-{}#4"],
    needs="any codec",
)
async def reset_is_no_error(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.decode_all()
    session.reset()
    await _let_work_end(t, media)
    assert_array_equals(session.errors, [])


def _assert_closed(session: Session) -> None:
    assert_equals(session.state, "closed")
    assert_throws_dom("InvalidStateError", session.configure, "configure()")
    assert_throws_dom("InvalidStateError", lambda: session.decode(0), "decode()")
    assert_throws_dom("InvalidStateError", session.reset, "reset()")
    assert_throws_dom("InvalidStateError", session.close, "close()")
    assert_equals(session.state, "closed")


@SCENARIOS.promise_test(
    "close() is final: every method throws InvalidStateError, and flush() is rejected with it",
    shows=[
        "dom-{}-close",
        "close-{}#1",
        "close-{}#2",
        "reset-{}#1",
        "dom-{}-configure#2",
        "dom-{}-decode#1",
        "dom-{}-flush#1",
    ],
    needs="every codec",
)
async def close_configured(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.decode(0)
    await session.flush()
    session.close()
    _assert_closed(session)
    await promise_rejects_dom(t, "InvalidStateError", session.flush())


@SCENARIOS.promise_test(
    "an unconfigured decoder can be closed",
    shows=["close-{}#2", "close-{}#3"],
    needs="any codec",
)
async def close_unconfigured(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.close()
    _assert_closed(session)
    await promise_rejects_dom(t, "InvalidStateError", session.flush())


@SCENARIOS.promise_test(
    "close() drops everything queued and everything under way, and calls no callback",
    shows=["close-{}#1", "close-{}#4", "reset-{}#3", "reset-{}#4", "reset-{}#5.1"],
    needs="every codec",
)
async def close_drops(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.decode_all()
    session.close()
    assert_equals(session.decodeQueueSize, 0)
    session.log.clear()
    await _let_work_end(t, media)
    assert_array_equals([entry for entry in session.log if entry != "dequeue"], [])


@SCENARIOS.promise_test(
    "close() in the output callback: nothing more comes",
    shows=["close-{}#2", "reset-{}#3", ("output-audiodata#1", "output-videoframes#1")],
    needs="every codec",
)
async def close_in_output_callback(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.on_output = lambda output: session.close()
    session.configure()
    session.decode(0)
    session.decode(1)
    session.decode(2)
    await promise_rejects_dom(t, "AbortError", session.flush())
    await _let_work_end(t, media)
    session.assert_outputs_of(media.timestamps(3)[:1])
    assert_equals(session.state, "closed")


@SCENARIOS.promise_test(
    "outputs outlive the decoder",
    shows=["close-{}#3", ("dom-audiodata-resource-reference-slot", "dom-videoframe-resource-reference-slot")],
    needs="every codec",
)
async def outputs_outlive_the_decoder(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.decode(0)
    session.decode(1)
    await session.flush()
    before = [await content_of(output) for output in session.outputs]
    session.close()
    await _let_work_end(t, media)
    assert_array_equals([await content_of(output) for output in session.outputs], before)


@SCENARIOS.promise_test(
    "a decoder may be dropped without close(), at any time",
    shows=["system-resources"],
    needs="every codec",
)
async def dropped(t: Test, media: Material) -> None:
    # The harness checks that nothing stays alive in the end.
    for calls in range(5):
        session = open_session(t, media)
        if calls >= 1:
            session.configure()
        if calls >= 2:
            session.decode_all()
        if calls >= 3:
            await session.flush()
        if calls >= 4:
            session.decode_all()
        session.forget_decoder()
