"""close() at any moment, on a scripted codec."""

from conformance.scripted.scripted_codec import Outputs, Unsupported
from conformance.scripted.settings import SETTINGS, Setting, of_decoders
from conformance.scripted.stage import BUSY_DECODER_LOG
from conformance.suite.harness import Test, assert_array_equals, assert_equals, promise_test


@promise_test(
    "close() before the work is done: nothing is output, the flush is rejected, the codec is released",
    shows=[*of_decoders("close-{}#1", "close-{}#2", "close-{}#3", "close-{}#4"), "system-resources"],
    variants=SETTINGS,
)
async def close_before_the_work(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_busy_decoder()
        with stage.script():
            decoder.close()
        stage.run(setting.policy)
        stage.assert_log(
            [
                *BUSY_DECODER_LOG,
                "close() [closed 0]",
                "flush 1 rejected AbortError [closed 0]",
                "dequeue [closed 0]",
            ]
        )
        assert_array_equals(stage.calls()[0][-2:], ["cease", "release"])


@promise_test(
    "close() after the work is done, before its tasks have run: nothing is output, the flush is rejected",
    shows=of_decoders("close-{}#1", "close-{}#3", "reset-{}#3"),
    variants=SETTINGS,
)
async def close_after_the_work(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_busy_decoder()
        stage.run_all_work()
        with stage.script():
            decoder.close()
        stage.run(setting.policy)
        stage.assert_log(
            [
                *BUSY_DECODER_LOG,
                "close() [closed 0]",
                "flush 1 rejected AbortError [closed 0]",
                "dequeue [closed 0]",
            ]
        )
        assert_array_equals(stage.calls(), [["configure 1", "decode 10", "decode 20", "flush", "cease", "release"]])


@promise_test(
    "close() in the output callback: no further output",
    shows=of_decoders("close-{}#1", "output-audiodata#1", "output-videoframes#1"),
    variants=SETTINGS,
)
async def close_in_the_output_callback(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        decoder.on_output[10] = decoder.close
        with stage.script():
            decoder.decode(10, Outputs(count=2))
            decoder.decode(20)
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "decode(20) [configured 0]",
                "flush() 1 [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "close() [closed 0]",
                "flush 1 rejected AbortError [closed 0]",
            ]
        )


@promise_test(
    "close() in the output callback during a flush: the rest of it is not output, its promise is rejected, once",
    shows=of_decoders("close-{}#1", "dom-{}-flush:message#1.3.1"),
    variants=SETTINGS,
)
async def close_in_the_output_callback_during_a_flush(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        decoder.on_output[10] = decoder.close
        with stage.script():
            decoder.decode(10, Outputs(delay=9))
            decoder.decode(20, Outputs(delay=9))
            decoder.flush()
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "decode(20) [configured 0]",
                "flush() 1 [configured 0]",
                "flush() 2 [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "close() [closed 0]",
                "flush 1 rejected AbortError [closed 0]",
                "flush 2 rejected AbortError [closed 0]",
            ]
        )
        assert_equals(stage.platform.resources.released, 2)


@promise_test(
    "close() while configure() is pending: the codec is released once it is there; an unsupported one is no error",
    shows=of_decoders("close-{}#3", "close-{}#4", "dom-{}-configure:message#2.2", "reset-{}#3"),
    variants=SETTINGS,
)
async def close_while_configuring(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        for answer in (None, Unsupported()):
            decoder = stage.new_decoder()
            with stage.script():
                decoder.configure(1, answer)
                decoder.close()
            stage.run(setting.policy)
        stage.assert_log(["configure(1) [configured 0]", "close() [closed 0]"] * 2)
        assert_array_equals(stage.calls(), [["configure 1", "cease", "release"]])


@promise_test(
    "close() is final: every method then throws InvalidStateError, and flush() rejects with it",
    shows=of_decoders("dom-{}-configure#2", "dom-{}-decode#1", "dom-{}-flush#1", "reset-{}#1", "close-{}#1"),
    variants=SETTINGS,
)
async def closed(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.close()
            decoder.configure(2)
            decoder.decode(10)
            decoder.flush()
            decoder.reset()
            decoder.close()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "close() [closed 0]",
                "configure(2) throws InvalidStateError [closed 0]",
                "decode(10) throws InvalidStateError [closed 0]",
                "flush() 1 [closed 0]",
                "reset() throws InvalidStateError [closed 0]",
                "close() throws InvalidStateError [closed 0]",
                "flush 1 rejected InvalidStateError [closed 0]",
            ]
        )
        assert_array_equals(stage.calls(), [["configure 1", "cease", "release"]])
