"""reset() at any moment, on a scripted codec."""

from conformance.scripted.observed_decoder import ObservedDecoder
from conformance.scripted.scripted_codec import Outputs
from conformance.scripted.settings import SETTINGS, Setting, of_decoders
from conformance.scripted.stage import BUSY_DECODER_LOG, Stage
from conformance.suite.harness import Test, assert_array_equals, assert_equals, promise_test


@promise_test(
    "reset() before the work is done: nothing is output, the flush is rejected",
    shows=of_decoders("reset-{}#2", "reset-{}#3", "reset-{}#6.1", "reset-{}#6.2"),
    variants=SETTINGS,
)
async def reset_before_the_work(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_busy_decoder()
        with stage.script():
            decoder.reset()
            decoder.record("end of script")
        stage.run(setting.policy)
        stage.assert_log(
            [
                *BUSY_DECODER_LOG,
                "reset() [unconfigured 0]",
                "end of script [unconfigured 0]",
                "flush 1 rejected AbortError [unconfigured 0]",
                "dequeue [unconfigured 0]",
            ]
        )
        assert_equals(stage.calls()[0][-1], "cease")


@promise_test(
    "reset() after the work is done, before its tasks have run: nothing is output, the flush is rejected",
    shows=of_decoders("reset-{}#3", "reset-{}#6.1", "dom-{}-flush:message#1.3"),
    variants=SETTINGS,
)
async def reset_after_the_work(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_busy_decoder()
        stage.run_all_work()
        with stage.script():
            decoder.reset()
        stage.run(setting.policy)
        stage.assert_log(
            [
                *BUSY_DECODER_LOG,
                "reset() [unconfigured 0]",
                "flush 1 rejected AbortError [unconfigured 0]",
                "dequeue [unconfigured 0]",
            ]
        )
        assert_array_equals(stage.calls(), [["configure 1", "decode 10", "decode 20", "flush", "cease"]])
        assert_equals(stage.platform.resources.made, 2)
        assert_equals(stage.platform.resources.released, 2)


@promise_test(
    "reset() in the output callback: no further output, not even of the same request",
    shows=of_decoders("reset-{}#3", "output-audiodata#1", "output-videoframes#1"),
    variants=SETTINGS,
)
async def reset_in_the_output_callback(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        decoder.on_output[10] = decoder.reset
        with stage.script():
            decoder.decode(10, Outputs(count=3))
            decoder.decode(20)
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "decode(20) [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "reset() [unconfigured 0]",
            ]
        )
        # A fast codec had decoded 20 by then.
        made = setting.either(tasks_first=3, work_first=4)
        assert_equals(stage.platform.resources.made, made)
        assert_equals(stage.platform.resources.released, made)


@promise_test(
    "reset() in the output callback during a flush: the rest of it is not output, its promise is rejected, once",
    shows=of_decoders("reset-{}#3", "reset-{}#6.1", "dom-{}-flush:message#1.3.1", "dom-{}-flush:message#1.3.3"),
    variants=SETTINGS,
)
async def reset_in_the_output_callback_during_a_flush(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        decoder.on_output[20] = decoder.reset
        with stage.script():
            for timestamp in (10, 20, 30):
                decoder.decode(timestamp, Outputs(delay=9))
            decoder.flush()
        stage.run(setting.policy)
        with stage.script():
            decoder.configure(2)
            decoder.decode(40)
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
                "output 20 [configured 0]",
                "reset() [unconfigured 0]",
                "flush 1 rejected AbortError [unconfigured 0]",
                "configure(2) [configured 0]",
                "decode(40) [configured 1]",
                "flush() 2 [configured 1]",
                "dequeue [configured 0]",
                "output 40 [configured 0]",
                "flush 2 resolved [configured 0]",
            ]
        )
        assert_equals(stage.platform.resources.released, 4)


@promise_test(
    "reset() and configure() in the output callback during a flush: the rest of the old flush is not output either",
    shows=of_decoders("reset-{}#3", "reset-{}#6.1", "dom-{}-flush:message#1.3.1", "dom-{}-configure#3"),
    variants=SETTINGS,
)
async def reset_and_configure_in_the_output_callback_during_a_flush(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()

        def start_again() -> None:
            decoder.reset()
            decoder.configure(2)
            decoder.decode(40)
            decoder.flush()

        decoder.on_output[10] = start_again
        with stage.script():
            for timestamp in (10, 20, 30):
                decoder.decode(timestamp, Outputs(delay=9))
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
                "reset() [unconfigured 0]",
                "configure(2) [configured 0]",
                "decode(40) [configured 1]",
                "flush() 2 [configured 1]",
                "flush 1 rejected AbortError [configured 1]",
                "dequeue [configured 0]",
                "output 40 [configured 0]",
                "flush 2 resolved [configured 0]",
            ]
        )


def _start_again(stage: Stage, decoder: ObservedDecoder) -> list[str]:
    """Reset, configure, decode and flush in one script. Returns the expected entries, in the script and after it."""
    with stage.script():
        decoder.reset()
        decoder.configure(2)
        decoder.decode(30)
        decoder.flush()
    return [
        "reset() [unconfigured 0]",
        "configure(2) [configured 0]",
        "decode(30) [configured 1]",
        "flush() 2 [configured 1]",
        "flush 1 rejected AbortError [configured 1]",
        "dequeue [configured 1]",
        "dequeue [configured 0]",
        "output 30 [configured 0]",
        "flush 2 resolved [configured 0]",
    ]


@promise_test(
    "reset(), configure() and decode() while old work is queued: only the new is output",
    shows=of_decoders("reset-{}#3", "dom-{}-configure#3", "dom-{}-configure:message#2.4"),
    variants=SETTINGS,
)
async def start_again_before_the_work(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_busy_decoder()
        expected = _start_again(stage, decoder)
        stage.run(setting.policy)
        stage.assert_log([*BUSY_DECODER_LOG, *expected])
        assert_array_equals(stage.calls()[0][-4:], ["cease", "configure 2", "decode 30", "flush"])


@promise_test(
    "reset(), configure() and decode() while the tasks of old work are queued: only the new is output",
    shows=of_decoders("reset-{}#3", "dom-{}-configure#3", "dom-{}-configure:message#2.4"),
    variants=SETTINGS,
)
async def start_again_after_the_work(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_busy_decoder()
        stage.run_all_work()
        expected = _start_again(stage, decoder)
        stage.run(setting.policy)
        stage.assert_log([*BUSY_DECODER_LOG, *expected])


@promise_test(
    "reset() while configure() is pending: the queue is unblocked when that is done, and the next configure() is run",
    shows=of_decoders("reset-{}#4", "dom-{}-configure:message#2.5.1", "process-the-control-message-queue#1"),
    variants=SETTINGS,
)
async def reset_while_configuring(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure(1)
            decoder.decode(10)
            decoder.reset()
            decoder.configure(2)
            decoder.decode(20)
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "configure(1) [configured 0]",
                "decode(10) [configured 1]",
                "reset() [unconfigured 0]",
                "configure(2) [configured 0]",
                "decode(20) [configured 1]",
                "flush() 1 [configured 1]",
                "dequeue [configured 1]",
                "dequeue [configured 0]",
                "output 20 [configured 0]",
                "flush 1 resolved [configured 0]",
            ]
        )
        assert_array_equals(stage.calls(), [["configure 1", "cease", "configure 2", "decode 20", "flush"]])


@promise_test(
    "an unconfigured decoder can be reset, but neither decodes nor flushes",
    shows=of_decoders("reset-{}#1", "dom-{}-decode#1", "dom-{}-flush#1"),
    variants=SETTINGS,
)
async def unconfigured(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.reset()
            decoder.reset()
            decoder.decode(10)
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "reset() [unconfigured 0]",
                "reset() [unconfigured 0]",
                "decode(10) throws InvalidStateError [unconfigured 0]",
                "flush() 1 [unconfigured 0]",
                "flush 1 rejected InvalidStateError [unconfigured 0]",
            ]
        )
        assert_array_equals(stage.calls(), [])
