"""Unsupported configurations and broken data, on a scripted codec."""

from conformance.scripted.observed_decoder import ObservedDecoder
from conformance.scripted.scripted_codec import Fails, Outputs, Supported, Unsupported
from conformance.scripted.settings import SETTINGS, Setting, of_decoders
from conformance.scripted.stage import Stage
from conformance.suite.harness import Test, assert_array_equals, assert_equals, promise_test


@promise_test(
    "an error in decoding, with flushes pending: earlier outputs are delivered, and the error once",
    shows=of_decoders("dom-{}-decode:message#4.2", "close-{}#1", "close-{}#2", "close-{}#4", "reset-{}#6.1"),
    variants=SETTINGS,
)
async def error_in_decoding(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.decode(10)
            decoder.decode(20, Fails())
            decoder.decode(30)
            decoder.flush()
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "decode(20) [configured 0]",
                "decode(30) [configured 0]",
                "flush() 1 [configured 0]",
                "flush() 2 [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                # The promises are rejected already. Their reactions run when the error callback has returned.
                "error EncodingError [closed 0]",
                "flush 1 rejected EncodingError [closed 0]",
                "flush 2 rejected EncodingError [closed 0]",
            ]
        )
        assert_array_equals(stage.calls()[0][-2:], ["cease", "release"])


@promise_test(
    "an error in decoding, with messages waiting: they are dropped, and the queue is empty when the error is delivered",
    shows=of_decoders("dom-{}-decode:message#4.2", "reset-{}#4", "reset-{}#5.1", "reset-{}#5.2"),
    variants=SETTINGS,
)
async def error_with_messages_waiting(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.decode(10, Fails())
            decoder.configure(2)
            decoder.decode(20)
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "configure(2) [configured 0]",
                "decode(20) [configured 1]",
                "flush() 1 [configured 1]",
                "dequeue [configured 1]",
                "error EncodingError [closed 0]",
                "flush 1 rejected EncodingError [closed 0]",
                "dequeue [closed 0]",
            ]
        )


@promise_test(
    "two errors in a row: one is delivered",
    shows=of_decoders("dom-{}-decode:message#4.2", "close-{}#4"),
    variants=SETTINGS,
)
async def two_errors(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.decode(10, Fails())
            decoder.decode(20, Fails())
            decoder.flush()
        stage.run_all_work()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "decode(20) [configured 0]",
                "flush() 1 [configured 0]",
                "dequeue [configured 0]",
                "error EncodingError [closed 0]",
                "flush 1 rejected EncodingError [closed 0]",
            ]
        )
        calls = ["configure 1", "decode 10", "decode 20", "flush", "cease", "release"]
        assert_array_equals(stage.calls(), [calls], "both requests failed")


@promise_test(
    "an error during flush is an error in decoding: nothing more is output, every flush is rejected with it",
    shows=of_decoders("dom-{}-flush:message#1.1", "close-{}#4", "reset-{}#6.1"),
    variants=SETTINGS,
)
async def error_during_flush(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure(1, Supported(flushes=[None, Fails()]))
            decoder.decode(10, Outputs(delay=9))
            decoder.flush()
            decoder.decode(20, Outputs(delay=9))
            decoder.flush()
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "configure(1) [configured 0]",
                "decode(10) [configured 1]",
                "flush() 1 [configured 1]",
                "decode(20) [configured 2]",
                "flush() 2 [configured 2]",
                "flush() 3 [configured 2]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "flush 1 resolved [configured 0]",
                "error EncodingError [closed 0]",
                "flush 2 rejected EncodingError [closed 0]",
                "flush 3 rejected EncodingError [closed 0]",
            ]
        )


@promise_test(
    "an unsupported configuration closes the decoder with NotSupportedError; no codec is made",
    shows=of_decoders("dom-{}-configure:message#2.1", "dom-{}-configure:message#2.2", "close-{}#4"),
    variants=SETTINGS,
)
async def unsupported(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure(1, Unsupported())
            decoder.decode(10)
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(_CLOSED_BY_CONFIGURE)
        assert_array_equals(stage.calls(), [])


@promise_test(
    "a codec that can't be opened closes the decoder with NotSupportedError",
    shows=of_decoders("dom-{}-configure:message#2.4", "close-{}#3", "close-{}#4"),
    variants=SETTINGS,
)
async def codec_that_cannot_be_opened(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure(1, Fails())
            decoder.decode(10)
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(_CLOSED_BY_CONFIGURE)
        assert_array_equals(stage.calls(), [["configure 1", "cease", "release"]])


_CLOSED_BY_CONFIGURE = [
    "configure(1) [configured 0]",
    "decode(10) [configured 1]",
    "flush() 1 [configured 1]",
    "error NotSupportedError [closed 0]",
    "flush 1 rejected NotSupportedError [closed 0]",
    "dequeue [closed 0]",
]


@promise_test(
    "reconfiguring with an unsupported configuration: the outputs of all chunks before it are delivered",
    shows=of_decoders("dom-{}-configure:message#2.2"),
    variants=SETTINGS,
)
async def reconfigure_with_an_unsupported_configuration(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.decode(10)
            decoder.decode(20, Outputs(delay=9))
            decoder.configure(2, Unsupported())
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "decode(20) [configured 0]",
                "configure(2) [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "output 20 [configured 0]",
                "error NotSupportedError [closed 0]",
            ]
        )
        assert_array_equals(
            stage.calls(), [["configure 1", "decode 10", "decode 20", "drain", "cease", "release"]], "it is drained"
        )
        assert_equals(stage.platform.resources.released, 2)


@promise_test(
    "reconfiguring when the old data is broken at its end: that is an error in decoding, not in the configuration",
    shows=of_decoders("dom-{}-configure:message#2.4", "close-{}#4", "reset-{}#6.1"),
    variants=SETTINGS,
)
async def reconfigure_with_broken_old_data(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        for answer in (Supported(), Unsupported(), Fails()):
            decoder = stage.new_decoder()
            with stage.script():
                decoder.configure(1, Supported(drain=Fails()))
                decoder.decode(10)
                decoder.decode(20, Outputs(delay=9))
                decoder.configure(2, answer)
                decoder.flush()
            stage.run(setting.policy)
            stage.assert_log(
                [
                    "configure(1) [configured 0]",
                    "decode(10) [configured 1]",
                    "decode(20) [configured 2]",
                    "configure(2) [configured 2]",
                    "flush() 1 [configured 2]",
                    "dequeue [configured 0]",
                    "output 10 [configured 0]",
                    "error EncodingError [closed 0]",
                    "flush 1 rejected EncodingError [closed 0]",
                ]
            )
            stage.log.clear()


@promise_test(
    "reset() before the news that the old data is broken at its end: it is not delivered, and the next one works",
    shows=of_decoders("dom-{}-configure:message#2.4", "dom-{}-configure:message#2.5.1", "reset-{}#3"),
    variants=SETTINGS,
)
async def reset_before_the_news_of_broken_old_data(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure(1, Supported(drain=Fails()))
        stage.run(setting.policy)
        with stage.script():
            decoder.configure(3)
        stage.run_all_work()
        stage.log.clear()
        expected = _configure_anew(stage, decoder)
        # No request was queued before the reset.
        expected.remove("dequeue [configured 1]")
        stage.run(setting.policy)
        stage.assert_log(expected)
        calls = ["configure 1", "drain", "configure 3", "cease", "configure 2", "decode 20", "flush"]
        assert_array_equals(stage.calls(), [calls])


def _configure_anew(stage: Stage, decoder: ObservedDecoder) -> list[str]:
    """Call reset() and make a supported configuration. Returns the expected entries, in the script and after it."""
    with stage.script():
        decoder.reset()
        decoder.configure(2)
        decoder.decode(20)
        decoder.flush()
    return [
        "reset() [unconfigured 0]",
        "configure(2) [configured 0]",
        "decode(20) [configured 1]",
        "flush() 1 [configured 1]",
        "dequeue [configured 1]",
        "dequeue [configured 0]",
        "output 20 [configured 0]",
        "flush 1 resolved [configured 0]",
    ]


def _closed_all_the_same(anew: list[str]) -> list[str]:
    """The log if the configuration before the reset is not supported; ``anew`` comes before the error."""
    return [
        "configure(1) [configured 0]",
        "decode(10) [configured 1]",
        *anew,
        "error NotSupportedError [closed 0]",
        "flush 1 rejected NotSupportedError [closed 0]",
        "dequeue [closed 0]",
    ]


@promise_test(
    "reset() before an unsupported configuration is looked at: the decoder is closed all the same",
    shows=of_decoders("dom-{}-configure:message#2.2", "reset-{}#3", "reset-{}#4"),
    variants=SETTINGS,
)
async def reset_before_an_unsupported_configuration_is_looked_at(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure(1, Unsupported())
            decoder.decode(10)
        anew = _configure_anew(stage, decoder)
        stage.run(setting.policy)
        # The four calls, and the dequeue event of reset().
        stage.assert_log(_closed_all_the_same(anew[:5]))
        assert_array_equals(stage.calls(), [])


@promise_test(
    "reset() before the news of an unsupported configuration: the decoder is closed all the same",
    shows=of_decoders("dom-{}-configure:message#2.2", "reset-{}#3", "reset-{}#4"),
    variants=SETTINGS,
)
async def reset_before_the_news_of_an_unsupported_configuration(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        for answer in (Unsupported(), Fails()):
            decoder = stage.new_decoder()
            with stage.script():
                decoder.configure(1, answer)
                decoder.decode(10)
            stage.run_all_work()
            anew = _configure_anew(stage, decoder)
            stage.run(setting.policy)
            # The four calls.
            stage.assert_log(_closed_all_the_same(anew[:4]))
            stage.log.clear()
        assert_array_equals(stage.calls(), [["configure 1", "cease", "cease", "release"]])


@promise_test(
    "close() before the news of an unsupported configuration: nothing more comes",
    shows=of_decoders("dom-{}-configure:message#2.2", "close-{}#2"),
    variants=SETTINGS,
)
async def close_before_the_news_of_an_unsupported_configuration(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure(1, Unsupported())
        stage.run_all_work()
        with stage.script():
            decoder.close()
        stage.run(setting.policy)
        stage.assert_log(["configure(1) [configured 0]", "close() [closed 0]"])


@promise_test(
    "reset() before the news of an error in decoding: it is not delivered, and the next configuration works",
    shows=of_decoders("dom-{}-decode:message#4.2", "dom-{}-decode:message#4.3", "reset-{}#3"),
    variants=SETTINGS,
)
async def reset_before_the_news_of_an_error(t: Test, setting: Setting) -> None:
    with setting.stage(capacity=2) as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.decode(10)
            # The request that saturates the codec fails.
            decoder.decode(15, Fails())
            decoder.decode(16)
        stage.run_all_work()
        expected = _configure_anew(stage, decoder)
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "decode(15) [configured 0]",
                "decode(16) [configured 1]",
                *expected,
            ]
        )
        assert_array_equals(
            stage.calls(), [["configure 1", "decode 10", "decode 15", "cease", "configure 2", "decode 20", "flush"]]
        )


@promise_test(
    "reset() before the news of an error during flush: it is not delivered, and the next configuration works",
    shows=of_decoders("dom-{}-flush:message#1.1", "reset-{}#3", "reset-{}#6.1"),
    variants=SETTINGS,
)
async def reset_before_the_news_of_an_error_during_flush(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure(1, Supported(flushes=[Fails()]))
        stage.run(setting.policy)
        with stage.script():
            decoder.flush()
        stage.run_all_work()
        with stage.script():
            decoder.reset()
            decoder.configure(2)
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "configure(1) [configured 0]",
                "flush() 1 [configured 0]",
                "reset() [unconfigured 0]",
                "configure(2) [configured 0]",
                "flush() 2 [configured 0]",
                "flush 1 rejected AbortError [configured 0]",
                "flush 2 resolved [configured 0]",
            ]
        )


@promise_test(
    "the error callback finds the decoder closed, and its exception is reported",
    shows=of_decoders("close-{}#2", "close-{}#4", "reset-{}#1", "dom-{}-configure#2"),
    variants=SETTINGS,
)
async def calls_in_the_error_callback(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()

        def call_and_throw() -> None:
            decoder.configure(2)
            decoder.reset()
            decoder.flush()
            raise ValueError("thrown by the error callback")

        decoder.on_error = call_and_throw
        with stage.script():
            decoder.decode(10, Fails())
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "flush() 1 [configured 0]",
                "dequeue [configured 0]",
                "error EncodingError [closed 0]",
                "configure(2) throws InvalidStateError [closed 0]",
                "reset() throws InvalidStateError [closed 0]",
                "flush() 2 [closed 0]",
                "reported ValueError",
                "flush 1 rejected EncodingError [closed 0]",
                "flush 2 rejected InvalidStateError [closed 0]",
            ]
        )
