"""Dequeue events, on a scripted codec."""

from conformance.scripted.settings import SETTINGS, Setting, of_decoders
from conformance.suite.harness import Test, promise_test


@promise_test(
    "several decreases before the event fires are one event",
    shows=of_decoders("{}-schedule-dequeue-event#1", "{}-schedule-dequeue-event#2", "{}-schedule-dequeue-event#3.1"),
    variants=SETTINGS,
)
async def coalescing(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            for timestamp in (10, 20, 30):
                decoder.decode(timestamp)
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "decode(20) [configured 0]",
                "decode(30) [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "output 20 [configured 0]",
                "output 30 [configured 0]",
            ]
        )


@promise_test(
    "a decrease after the event has fired is another event",
    shows=of_decoders("{}-schedule-dequeue-event#3.2"),
    variants=SETTINGS,
)
async def one_event_after_another(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        for timestamp in (10, 20):
            with stage.script():
                decoder.decode(timestamp)
            stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "decode(20) [configured 0]",
                "dequeue [configured 0]",
                "output 20 [configured 0]",
            ]
        )


@promise_test(
    "the queue may have grown again when the event fires, which is in a task after the decrease",
    shows=of_decoders("{}-schedule-dequeue-event#3", "dom-{}-decode:message#3"),
    variants=SETTINGS,
)
async def the_queue_at_the_time_of_the_event(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.decode(10)
            # The calls that follow wait behind this one.
            decoder.configure(2)
            decoder.decode(20)
            decoder.decode(30)
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "configure(2) [configured 0]",
                "decode(20) [configured 1]",
                "decode(30) [configured 2]",
                "dequeue [configured 2]",
                "output 10 [configured 2]",
                "dequeue [configured 0]",
                "output 20 [configured 0]",
                "output 30 [configured 0]",
            ]
        )


@promise_test(
    "reset() and close() with a queue that is not empty schedule the event, which finds the queue empty",
    shows=of_decoders("reset-{}#5.1", "reset-{}#5.2", "close-{}#1"),
    variants=SETTINGS,
)
async def reset_empties_the_queue(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        for end in (decoder.reset, decoder.close):
            with stage.script():
                decoder.configure(2)
                decoder.decode(10)
                decoder.decode(20)
                end()
            stage.run(setting.policy)
        stage.assert_log(
            [
                "configure(2) [configured 0]",
                "decode(10) [configured 1]",
                "decode(20) [configured 2]",
                "reset() [unconfigured 0]",
                "dequeue [unconfigured 0]",
                "configure(2) [configured 0]",
                "decode(10) [configured 1]",
                "decode(20) [configured 2]",
                "close() [closed 0]",
                "dequeue [closed 0]",
            ]
        )


@promise_test(
    "reset() and close() with an empty queue schedule no event",
    shows=of_decoders("reset-{}#5"),
    variants=SETTINGS,
)
async def reset_of_an_empty_queue(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        for end in (decoder.reset, decoder.close):
            with stage.script():
                end()
            stage.run(setting.policy)
        stage.assert_log(["reset() [unconfigured 0]", "close() [closed 0]"])


@promise_test(
    "a listener that calls decode(): that decrease has no event of its own, the next has",
    shows=of_decoders("{}-schedule-dequeue-event#1", "{}-schedule-dequeue-event#3.1", "{}-schedule-dequeue-event#3.2"),
    variants=SETTINGS,
)
async def decode_in_a_listener(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()

        def decode_once() -> None:
            decoder.on_dequeue = None
            decoder.decode(20)

        decoder.on_dequeue = decode_once
        with stage.script():
            decoder.decode(10)
        stage.run(setting.policy)
        with stage.script():
            decoder.decode(30)
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "dequeue [configured 0]",
                # [[dequeue event scheduled]] is still true while the event is being fired.
                "decode(20) [configured 0]",
                "output 10 [configured 0]",
                "output 20 [configured 0]",
                "decode(30) [configured 0]",
                "dequeue [configured 0]",
                "output 30 [configured 0]",
            ]
        )


@promise_test(
    "a listener that calls reset(): the queue is emptied, without another event",
    shows=of_decoders("{}-schedule-dequeue-event#1", "reset-{}#5.2"),
    variants=SETTINGS,
)
async def reset_in_a_listener(t: Test, setting: Setting) -> None:
    with setting.stage(capacity=2) as stage:
        decoder = stage.new_configured_decoder()
        decoder.on_dequeue = decoder.reset
        with stage.script():
            for timestamp in (10, 20, 30):
                decoder.decode(timestamp)
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "decode(20) [configured 0]",
                "decode(30) [configured 1]",
                "dequeue [configured 1]",
                "reset() [unconfigured 0]",
            ]
        )


@promise_test(
    "a listener that throws: it is reported, ondequeue is called all the same, and later events fire",
    shows=of_decoders("{}-schedule-dequeue-event#3.1", "{}-schedule-dequeue-event#3.2", "dom-{}-ondequeue"),
    variants=SETTINGS,
)
async def a_listener_that_throws(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()

        def throw() -> None:
            raise ValueError("thrown by the listener")

        decoder.on_dequeue = throw
        decoder.decoder.ondequeue = lambda event: decoder.record("ondequeue")
        for timestamp in (10, 20):
            with stage.script():
                decoder.decode(timestamp)
            stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "dequeue [configured 0]",
                "reported ValueError",
                "ondequeue [configured 0]",
                "output 10 [configured 0]",
                "decode(20) [configured 0]",
                "dequeue [configured 0]",
                "reported ValueError",
                "ondequeue [configured 0]",
                "output 20 [configured 0]",
            ]
        )
