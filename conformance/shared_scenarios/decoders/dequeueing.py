"""decodeQueueSize, and the dequeue event that follows its decrease."""

import asyncio
from typing import cast

from codecmodel.web.events import Event, EventHandler
from conformance.fixtures.decoder_session import open_session
from conformance.media.material import Material
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import (
    EventWatcher,
    Test,
    assert_array_equals,
    assert_equals,
    assert_greater_than,
    assert_true,
)

SCENARIOS = SharedScenarios[Material]("audiodecoder", "videodecoder")


@SCENARIOS.promise_test(
    "decodeQueueSize counts up with decode(), down as the codec takes chunks, and is 0 after a flush",
    shows=["dom-{}-decode#3", "dom-{}-decode:message#3", "dom-{}-decodequeuesize"],
    needs="every codec",
)
async def queue_size(t: Test, media: Material) -> None:
    session = open_session(t, media)
    sizes: list[int] = []
    session.on_dequeue = lambda: sizes.append(session.decodeQueueSize)
    session.configure()
    assert_equals(session.decodeQueueSize, 0)
    for number in range(len(media.chunks)):
        session.decode(number)
    assert_equals(session.decodeQueueSize, len(media.chunks))
    await session.flush()
    assert_equals(session.decodeQueueSize, 0)
    assert_greater_than(len(sizes), 0)
    assert_array_equals(sizes, sorted(set(sizes), reverse=True), "each event follows a decrease:")
    assert_equals(sizes[-1], 0, "the last event finds the queue empty:")


@SCENARIOS.promise_test(
    "requests taken in one task share a dequeue event",
    shows=["{}-schedule-dequeue-event#1", "{}-schedule-dequeue-event#2", "{}-schedule-dequeue-event#3.1"],
    needs="every codec",
)
async def one_event(t: Test, media: Material) -> None:
    session = open_session(t, media)
    sizes: list[int] = []
    session.on_dequeue = lambda: sizes.append(session.decodeQueueSize)
    session.configure()
    for number in range(3):
        session.decode(number)
    await session.flush()
    # A codec may be saturated by each request; then each is taken in a task of its own. So there is an event for each
    # size at which the queue has rested, and no second one for the same size.
    assert_greater_than(len(sizes), 0)
    assert_array_equals(sizes, sorted(set(sizes), reverse=True))


@SCENARIOS.promise_test(
    "dequeue events do not stop after the first",
    shows=["{}-schedule-dequeue-event#3.2"],
    needs="every codec",
)
async def more_events(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    for round in range(1, 4):
        session.decode(0)
        await session.flush()
        assert_equals(session.log.count("dequeue"), round)


@SCENARIOS.promise_test(
    "a dequeue event is trusted and has the decoder as its target; listeners and ondequeue get it in their order",
    shows=["eventdef-{}-dequeue", "dom-{}-ondequeue", "{}-schedule-dequeue-event#3.1"],
    needs="any codec",
)
async def event_object(t: Test, media: Material) -> None:
    session = open_session(t, media)
    decoder = session.decoder
    got: list[str] = []
    events: list[Event] = []

    def listener(event: Event) -> None:
        got.append("listener")
        events.append(event)

    decoder.ondequeue = lambda event: got.append("ondequeue")
    decoder.addEventListener("dequeue", listener)
    session.configure()
    session.decode(0)
    await session.flush()
    assert_array_equals(got, ["ondequeue", "listener"])
    (event,) = events
    assert_equals(event.type, "dequeue")
    assert_true(event.target is decoder)
    assert_true(event.isTrusted)
    assert_equals((event.bubbles, event.cancelable), (False, False))


@SCENARIOS.promise_test(
    "ondequeue holds a function, or None",
    shows=["dom-{}-ondequeue"],
    needs="any codec",
)
async def ondequeue(t: Test, media: Material) -> None:
    session = open_session(t, media)
    decoder = session.decoder
    calls: list[str] = []

    def first(event: Event) -> None:
        calls.append("first")

    def second(event: Event) -> None:
        calls.append("second")

    decoder.ondequeue = first
    assert_equals(decoder.ondequeue, first)
    decoder.ondequeue = second
    assert_equals(decoder.ondequeue, second)
    session.configure()
    session.decode(0)
    await session.flush()
    assert_array_equals(calls, ["second"])
    decoder.ondequeue = cast("EventHandler", "not a function")
    assert_equals(decoder.ondequeue, None)
    session.decode(0)
    await session.flush()
    assert_array_equals(calls, ["second"])


@SCENARIOS.promise_test(
    "an exception of a dequeue listener is reported, and decoding goes on",
    shows=["{}-schedule-dequeue-event#3.1"],
    needs="any codec",
)
async def listener_throws(t: Test, media: Material) -> None:
    uncaught = t.collect_uncaught_exceptions()
    session = open_session(t, media)
    thrown = ValueError("thrown by a dequeue listener")

    def throw() -> None:
        raise thrown

    session.on_dequeue = throw
    session.configure()
    session.decode(0)
    await session.flush()
    assert_array_equals(uncaught, [thrown])
    session.assert_outputs_of(media.timestamps(1))


@SCENARIOS.promise_test(
    "reset() and close() empty the queue at once; the dequeue event follows",
    shows=["reset-{}#5", "reset-{}#5.1", "reset-{}#5.2"],
    needs="every codec",
)
async def reset_fires_dequeue(t: Test, media: Material) -> None:
    for end in ("reset", "close"):
        session = open_session(t, media)
        watcher = EventWatcher(t, session.decoder, ["dequeue"])
        session.configure()
        session.decode(0)
        session.decode(1)
        assert_equals(session.decodeQueueSize, 2)
        dequeued = watcher.wait_for(["dequeue"])
        getattr(session, end)()
        assert_equals(session.decodeQueueSize, 0)
        assert_array_equals(session.log, [], "the event is not fired within the call:")
        await dequeued
        assert_array_equals(session.log, ["dequeue"])


@SCENARIOS.promise_test(
    "reset() of an empty queue fires no dequeue event",
    shows=["reset-{}#5"],
    needs="every codec",
)
async def reset_of_an_empty_queue(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    await session.flush()
    session.reset()
    session.configure()
    await session.flush()
    assert_array_equals(session.log, ["flush resolved"] * 2)


@SCENARIOS.promise_test(
    "a listener can keep the queue filled to a level",
    shows=["eventdef-{}-dequeue", "dom-{}-decode:message#3"],
    needs="every codec",
)
async def back_pressure(t: Test, media: Material) -> None:
    session = open_session(t, media)
    level, count = 2, 100
    times = media.times(count)
    decoded = 0
    all_decoded = asyncio.Event()

    def fill() -> None:
        nonlocal decoded
        while decoded < count and session.decodeQueueSize < level:
            session.decode(media.chunk(0, timestamp=times[decoded]))
            decoded += 1
        if decoded == count:
            all_decoded.set()

    session.on_dequeue = fill
    session.configure()
    fill()
    await all_decoded.wait()
    await session.flush()
    session.assert_outputs_of(media.outputs_of(times))
