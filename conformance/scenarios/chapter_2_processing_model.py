"""Chapter 2: the codec processing model, with real codecs."""

import asyncio
from collections.abc import Sequence
from typing import Final

from conformance.fixtures.decoder_session import Output, Session, open_session
from conformance.media import ANY_AUDIO, ANY_VIDEO, Material
from conformance.suite.harness import (
    Test,
    Variant,
    assert_array_equals,
    assert_equals,
    assert_false,
    assert_less_than,
    assert_true,
    promise_test,
)

BOTH: Sequence[Variant[Material]] = [Variant("audio", ANY_AUDIO.make), Variant("video", ANY_VIDEO.make)]

#: Chunks that take a codec most of a second, or longer. No scenario waits for them.
_MORE_THAN_ENOUGH: Final = 5000
#: Each is a request to another implementation.
_SECONDS_FOR_SO_MANY: Final = 120.0


@promise_test(
    "messages are processed in the order of the calls, in any mixture",
    shows=["control-messages", "process-the-control-message-queue#1.1", "process-the-control-message-queue#1.4"],
    variants=BOTH,
)
async def message_order(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    times = media.times(6)
    for first in (0, 2, 4):
        session.decode(media.chunk(0, timestamp=times[first]))
        session.decode(media.chunk(1, timestamp=times[first + 1]))
        last = session.flush()
        session.configure()
    await last
    happened = [entry.split()[0] for entry in session.log if entry != "dequeue"]
    assert_array_equals(happened, ["output", "output", "flush"] * 3)
    session.assert_outputs_of(times)


@promise_test(
    "a message that blocks the queue holds back those after it, not the caller",
    shows=["message-queue-blocked", "process-the-control-message-queue#1"],
    variants=BOTH,
)
async def blocking(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.decode(0)
    session.decode(1)
    assert_equals(session.decodeQueueSize, 2, "held back")
    await session.flush()
    # Nothing blocks now: messages are processed within the call.
    session.decode(0)
    assert_equals(session.decodeQueueSize, 0, "taken at once")
    await session.flush()


@promise_test(
    "decoding is in parallel to the event loop",
    shows=["codec-work-parallel-queue", "codec-work-queue", "codec-implementation"],
    variants=BOTH,
    timeout=_SECONDS_FOR_SO_MANY,
)
async def parallel(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    chunk = media.chunk(0)
    for _ in range(_MORE_THAN_ENOUGH):
        session.decode(chunk)
    flush = session.flush()
    # A loop that went on asking would keep the interpreter from the codec.
    for _ in range(10):
        await asyncio.sleep(0)
        assert_false(flush.done(), "the codec is done within a few turns of the event loop:")
    session.reset()
    await asyncio.gather(flush, return_exceptions=True)


@promise_test(
    "each codec has queues of its own: one that is busy does not delay another",
    shows=["control-message-queue-slot", "codec-work-queue", "codec-task-source"],
    variants=BOTH,
    timeout=_SECONDS_FOR_SO_MANY,
)
async def independent_codecs(t: Test, media: Material) -> None:
    busy = open_session(t, media)
    busy.configure()
    chunk = media.chunk(0)
    for _ in range(_MORE_THAN_ENOUGH):
        busy.decode(chunk)
    flush = busy.flush()
    idle = open_session(t, media)
    idle.configure()
    idle.decode(0)
    await idle.flush()
    assert_less_than(len(busy.outputs), _MORE_THAN_ENOUGH, "outputs of the busy codec when the other is done:")
    busy.reset()
    await asyncio.gather(flush, return_exceptions=True)


@promise_test(
    "many codecs at once: each gets its own outputs, in its own order",
    shows=["codec-work-parallel-queue", "codec-task-source"],
    variants=BOTH,
)
async def many_codecs(t: Test, media: Material) -> None:
    sessions = [open_session(t, media) for _ in range(20)]
    flushes = []
    for offset, session in enumerate(sessions):
        session.configure()
        for time in media.times(10):
            session.decode(media.chunk(0, timestamp=1000 * offset + time))
        flushes.append(session.flush())
    await asyncio.gather(*flushes)
    for offset, session in enumerate(sessions):
        session.assert_outputs_of([1000 * offset + time for time in media.times(10)])


@promise_test(
    "a task runs to completion before the next, and promise reactions it caused run in between",
    shows=["codec-task-source", "codec-work-parallel-queue"],
    variants=BOTH,
)
async def run_to_completion(t: Test, media: Material) -> None:
    session = open_session(t, media)
    loop = asyncio.get_running_loop()
    order: list[str] = []

    def output(data: Output) -> None:
        order.append("output begins")
        promise: asyncio.Future[None] = loop.create_future()
        promise.add_done_callback(lambda promise: order.append("reaction"))
        promise.set_result(None)
        # These calls have no effect yet.
        if len(session.outputs) == 1:
            _provoke(session, media)
        order.append("output ends")

    session.on_output = output
    session.on_dequeue = lambda: order.append("dequeue")
    session.configure()
    session.decode(0)
    await session.flush()
    session.decode(0)
    await session.flush()
    order = [entry for entry in order if entry != "dequeue"]
    assert_array_equals(order[:3], ["output begins", "output ends", "reaction"])
    assert_equals(order.count("output begins"), 4)
    for index, entry in enumerate(order):
        if entry == "output begins":
            assert_equals(order[index + 1], "output ends")


def _provoke(session: Session, media: Material) -> None:
    session.decode(media.chunk(0, timestamp=1))
    session.decode(media.chunk(0, timestamp=2))
    session.flush()


@promise_test(
    "a codec goes on with its requests while the caller awaits something else",
    shows=["processing-model-background"],
    variants=BOTH,
)
async def tasks_are_scheduled_while_others_are_pending(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    await asyncio.sleep(0)
    session.decode(0)
    await asyncio.sleep(0.005)
    session.decode(1)
    flush = session.flush()
    await t.step_wait(flush.done, "the flush is resolved")
    assert_true(flush.exception() is None)
    session.assert_outputs_of(media.timestamps(2))
