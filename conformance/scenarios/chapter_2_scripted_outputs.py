"""Outputs, flushes and reconfiguration, on a scripted codec."""

from conformance.scripted.scripted_codec import Outputs
from conformance.scripted.settings import SETTINGS, Setting, of_decoders
from conformance.suite.harness import Test, assert_array_equals, promise_test


@promise_test(
    "outputs come in presentation order, late ones with later requests or the flush, and all before it resolves",
    shows=of_decoders(
        "internal-pending-output",
        "dom-{}-decode:message#4.4",
        "dom-{}-decode:message#4.5",
        "dom-{}-flush:message#1.1",
        "dom-{}-flush:message#1.3.1",
        "dom-{}-flush:message#1.3.3",
    ),
    variants=SETTINGS,
)
async def late_outputs(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.decode(10)
            decoder.decode(40, Outputs(delay=2), "delta")
            decoder.decode(20, type="delta")
            decoder.decode(30, type="delta")
            decoder.decode(60, Outputs(delay=9), "delta")
            decoder.decode(50, Outputs(delay=9), "delta")
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "decode(40) [configured 0]",
                "decode(20) [configured 0]",
                "decode(30) [configured 0]",
                "decode(60) [configured 0]",
                "decode(50) [configured 0]",
                "flush() 1 [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "output 20 [configured 0]",
                "output 30 [configured 0]",
                "output 40 [configured 0]",
                "output 50 [configured 0]",
                "output 60 [configured 0]",
                "flush 1 resolved [configured 0]",
            ]
        )


@promise_test(
    "the outputs of one request are delivered in one task, with a microtask checkpoint after each callback",
    shows=of_decoders("output-audiodata#1.2", "output-videoframes#1.8"),
    variants=SETTINGS,
)
async def several_outputs_of_one_request(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.decode(10, Outputs(count=3))
        decoder.on_output[10] = lambda: stage.event_loop.queue_microtask(lambda: decoder.record("microtask"))
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "microtask [configured 0]",
                "output 10 [configured 0]",
                "output 10 [configured 0]",
            ]
        )
        kinds = [choice.kind for choice in stage.scheduler.trace][-3:]
        assert_array_equals(
            kinds, setting.either(tasks_first=["task", "work", "task"], work_first=["work", "task", "task"])
        )


@promise_test(
    "an output callback that throws: it is reported, and the other outputs and the flush go on",
    shows=of_decoders("output-audiodata#1.2", "output-videoframes#1.8", "dom-{}-flush:message#1.3.3"),
    variants=SETTINGS,
)
async def an_output_callback_that_throws(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()

        def throw() -> None:
            raise ValueError("thrown by the output callback")

        decoder.on_output = {10: throw, 20: throw}
        with stage.script():
            decoder.decode(10, Outputs(count=2))
            decoder.decode(20, Outputs(delay=9))
            decoder.decode(30, Outputs(delay=9))
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "decode(20) [configured 0]",
                "decode(30) [configured 0]",
                "flush() 1 [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "reported ValueError",
                "output 10 [configured 0]",
                "output 20 [configured 0]",
                "reported ValueError",
                "output 30 [configured 0]",
                "flush 1 resolved [configured 0]",
            ]
        )


@promise_test(
    "decode() in the output callback goes behind what is queued, and its output behind what is pending",
    shows=of_decoders("dom-{}-decode#4", "dom-{}-decode#5", "output-videoframes#1.8"),
    variants=SETTINGS,
)
async def decode_in_the_output_callback(t: Test, setting: Setting) -> None:
    with setting.stage(capacity=2) as stage:
        decoder = stage.new_configured_decoder()
        decoder.on_output[10] = lambda: decoder.decode(40)
        with stage.script():
            for timestamp in (10, 20, 30):
                decoder.decode(timestamp)
        stage.run(setting.policy)
        slow = [
            "dequeue [configured 1]",
            # The codec has taken 30 already, which saturates it.
            "output 10 [configured 0]",
            "decode(40) [configured 1]",
            "dequeue [configured 1]",
            "output 20 [configured 0]",
            "dequeue [configured 0]",
            "output 30 [configured 0]",
            "output 40 [configured 0]",
        ]
        fast = [
            "dequeue [configured 1]",
            # The codec has taken and done 30 already.
            "output 10 [configured 0]",
            "decode(40) [configured 0]",
            "output 20 [configured 0]",
            "dequeue [configured 0]",
            "output 30 [configured 0]",
            "output 40 [configured 0]",
        ]
        calls = ["decode(10) [configured 0]", "decode(20) [configured 0]", "decode(30) [configured 1]"]
        stage.assert_log([*calls, *setting.either(tasks_first=slow, work_first=fast)])
        assert_array_equals(stage.calls(), [["configure 1", "decode 10", "decode 20", "decode 30", "decode 40"]])


@promise_test(
    "configure(), decode() and flush() in the output callback wait for the flush's other outputs",
    shows=of_decoders("dom-{}-configure#6", "dom-{}-flush#6", "dom-{}-flush:message#1.3.1"),
    variants=SETTINGS,
)
async def reconfigure_in_the_output_callback(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()

        def reconfigure() -> None:
            decoder.configure(2)
            decoder.decode(30)
            decoder.flush()

        decoder.on_output[10] = reconfigure
        with stage.script():
            decoder.decode(10, Outputs(delay=9))
            decoder.decode(20, Outputs(delay=9))
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "decode(20) [configured 0]",
                "flush() 1 [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "configure(2) [configured 0]",
                "decode(30) [configured 1]",
                "flush() 2 [configured 1]",
                "output 20 [configured 1]",
                "flush 1 resolved [configured 1]",
                "dequeue [configured 0]",
                "output 30 [configured 0]",
                "flush 2 resolved [configured 0]",
            ]
        )


@promise_test(
    "reconfiguring: pending outputs of the old configuration come before those of the new",
    shows=of_decoders("dom-{}-configure:message#2.4", "dom-{}-configure:message#2.5", "internal-pending-output"),
    variants=SETTINGS,
)
async def reconfigure(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.decode(20, Outputs(delay=9))
            decoder.decode(10, Outputs(delay=9))
            decoder.configure(2)
            decoder.decode(5)
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(20) [configured 0]",
                "decode(10) [configured 0]",
                "configure(2) [configured 0]",
                "decode(5) [configured 1]",
                "flush() 1 [configured 1]",
                "dequeue [configured 1]",
                "output 10 [configured 1]",
                "output 20 [configured 1]",
                "dequeue [configured 0]",
                "output 5 [configured 0]",
                "flush 1 resolved [configured 0]",
            ]
        )
        assert_array_equals(
            stage.calls(), [["configure 1", "decode 20", "decode 10", "drain", "configure 2", "decode 5", "flush"]]
        )


@promise_test(
    "flushing a decoder that has nothing to output resolves, every time, in order",
    shows=of_decoders("dom-{}-flush:message#1.3.1", "dom-{}-flush:message#1.3.2", "dom-{}-flush:message#1.3.3"),
    variants=SETTINGS,
)
async def flush_twice(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.flush()
            decoder.flush()
            decoder.decode(10, Outputs(delay=9))
            decoder.flush()
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "flush() 1 [configured 0]",
                "flush() 2 [configured 0]",
                "decode(10) [configured 0]",
                "flush() 3 [configured 0]",
                "flush() 4 [configured 0]",
                # decode() has scheduled its event before any flush was done.
                "dequeue [configured 0]",
                "flush 1 resolved [configured 0]",
                "flush 2 resolved [configured 0]",
                "output 10 [configured 0]",
                "flush 3 resolved [configured 0]",
                "flush 4 resolved [configured 0]",
            ]
        )


@promise_test(
    "configure() and flush() require a key chunk of the next decode(), pending or not",
    shows=of_decoders(
        *("dom-{}-configure#4", "dom-{}-flush#2", "dom-{}-decode#2.1", "dom-{}-decode#2.3"),
        "dom-{}-key-chunk-required-slot",
    ),
    variants=SETTINGS,
)
async def key_chunk_required(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.decode(10, type="delta")
            decoder.decode(20, type="key")
            decoder.decode(30, type="delta")
            decoder.flush()
            decoder.decode(40, type="delta")
            decoder.decode(50, type="key")
            decoder.configure(2)
            decoder.decode(60, type="delta")
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) throws DataError [configured 0]",
                "decode(20) [configured 0]",
                "decode(30) [configured 0]",
                "flush() 1 [configured 0]",
                "decode(40) throws DataError [configured 0]",
                "decode(50) [configured 0]",
                "configure(2) [configured 0]",
                "decode(60) throws DataError [configured 0]",
                "dequeue [configured 0]",
                "output 20 [configured 0]",
                "output 30 [configured 0]",
                "flush 1 resolved [configured 0]",
                "output 50 [configured 0]",
            ]
        )


@promise_test(
    "a coroutine that awaits flush() goes on in the task that resolved it",
    shows=of_decoders("dom-{}-flush#7", "dom-{}-flush:message#1.3.3"),
    variants=SETTINGS,
)
async def await_flush(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()

        async def script() -> str:
            decoder.configure()
            for timestamp in (10, 20):
                decoder.decode(timestamp)
                await decoder.flush()
            return "done"

        result = stage.event_loop.run_script(script)
        stage.run(setting.policy)
        stage.assert_log(
            [
                "configure(1) [configured 0]",
                "decode(10) [configured 1]",
                "flush() 1 [configured 1]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "flush 1 resolved [configured 0]",
                "decode(20) [configured 0]",
                "flush() 2 [configured 0]",
                "dequeue [configured 0]",
                "output 20 [configured 0]",
                "flush 2 resolved [configured 0]",
            ]
        )
        assert result.result() == "done"
