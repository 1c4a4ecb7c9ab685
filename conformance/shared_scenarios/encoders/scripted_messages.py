"""Messages, saturation, errors and flushes of encoders, on a scripted codec."""

from conformance.scripted.scripted_codec import Chunks, Fails, Supported, Unsupported
from conformance.scripted.settings import Setting
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import Test, assert_array_equals, assert_equals

SCENARIOS = SharedScenarios[Setting]("audioencoder", "videoencoder")


@SCENARIOS.promise_test(
    "messages wait until the encoder is configured, and are processed in their order",
    shows=[
        ("dom-audioencoder-configure#4", "dom-videoencoder-configure#5"),
        ("dom-audioencoder-configure#5", "dom-videoencoder-configure#6"),
        "dom-{}-configure:message#1",
        "dom-{}-configure:message#2.4",
        "dom-{}-configure:message#2.5.1",
        "dom-{}-configure:message#2.5.2",
        ("dom-audioencoder-encode#4", "dom-videoencoder-encode#6"),
        ("dom-audioencoder-encode#5", "dom-videoencoder-encode#7"),
        ("dom-audioencoder-encode#6", "dom-videoencoder-encode#8"),
        "dom-{}-encode:message#3",
        "dom-{}-encode:message#4.4",
        "dom-{}-encode:message#4.5",
        "dom-{}-flush#4",
        "dom-{}-flush:message#1.3",
        ("output-encodedaudiochunks#1", "output-encodedvideochunks#1"),
    ],
    needs="every setting",
)
async def messages(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_encoder()
        with stage.script():
            encoder.configure()
            encoder.encode(10)
            encoder.encode(20)
            encoder.flush()
        calls = [
            "configure(1) [configured 0]",
            "encode(10) [configured 1]",
            "encode(20) [configured 2]",
            "flush() 1 [configured 2]",
        ]
        assert_array_equals(stage.log, calls, "nothing happens synchronously")
        stage.run(setting.policy)
        stage.assert_log(
            [
                *calls,
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "output 20 [configured 0]",
                "flush 1 resolved [configured 0]",
            ]
        )
        assert_array_equals(stage.calls(), [["configure 1", "encode 10", "encode 20", "flush"]])


@SCENARIOS.promise_test(
    "a saturated codec takes no more: requests stay in the queue, and go on as it makes progress",
    shows=[
        "dom-{}-encode:message#1",
        "dom-{}-encode:message#2",
        "dom-{}-encode:message#4.3",
        "dom-{}-encode:message#4.3.1",
        "dom-{}-encode:message#4.3.2",
        "dom-{}-encodequeuesize",
    ],
    needs="every setting",
)
async def saturation(t: Test, setting: Setting) -> None:
    with setting.stage(capacity=2) as stage:
        encoder = stage.new_configured_encoder()
        with stage.script():
            for timestamp in (10, 20, 30, 40, 50):
                encoder.encode(timestamp)
            encoder.flush()
        stage.run(setting.policy)
        assert_array_equals(
            stage.log[:6],
            [
                "encode(10) [configured 0]",
                "encode(20) [configured 0]",
                "encode(30) [configured 1]",
                "encode(40) [configured 2]",
                "encode(50) [configured 3]",
                "flush() 1 [configured 3]",
            ],
        )
        outputs = [entry.partition(" [")[0] for entry in stage.log if entry.startswith("output")]
        assert_array_equals(outputs, [f"output {timestamp}" for timestamp in (10, 20, 30, 40, 50)])
        assert_equals(stage.log[-1], "flush 1 resolved [configured 0]")
        assert_equals(stage.most_requests(), [2])


@SCENARIOS.promise_test(
    "a configuration that is not supported closes the encoder, whose flush and requests go with it",
    shows=[
        "dom-{}-configure:message#2.1",
        "dom-{}-configure:message#2.2",
        "close-{}#2",
        "close-{}#4",
        "reset-{}#7.1",
        "reset-{}#7.2",
        "reset-{}#8.1",
    ],
    needs="every setting",
)
async def unsupported_configuration(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_encoder()
        with stage.script():
            encoder.configure(2, Unsupported())
            encoder.encode(10)
            encoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "configure(2) [configured 0]",
                "encode(10) [configured 1]",
                "flush() 1 [configured 1]",
                "error NotSupportedError [closed 0]",
                "flush 1 rejected NotSupportedError [closed 0]",
                "dequeue [closed 0]",
            ]
        )
        assert_array_equals(stage.calls(), [], "no codec was needed")


@SCENARIOS.promise_test(
    "an encoder that cannot be opened closes the codec with NotSupportedError",
    shows=["dom-{}-configure:message#2.3", "dom-{}-configure:message#2.4"],
    needs="every setting",
)
async def codec_that_cannot_be_opened(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_encoder()
        with stage.script():
            encoder.configure(3, Fails())
        stage.run(setting.policy)
        stage.assert_log(["configure(3) [configured 0]", "error NotSupportedError [closed 0]"])
        assert_array_equals(stage.calls(), [["configure 3", "cease", "release"]])


@SCENARIOS.promise_test(
    "a reset does not save an encoder from an unsupported configuration",
    shows=["dom-{}-configure:message#2.2", "reset-{}#5"],
    needs="every setting",
)
async def unsupported_then_reset(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_encoder()
        with stage.script():
            encoder.configure(2, Unsupported())
            encoder.reset()
            encoder.configure(1)
            encoder.encode(10)
        stage.run(setting.policy)
        assert_array_equals(stage.log[-2:], ["error NotSupportedError [closed 0]", "dequeue [closed 0]"])


@SCENARIOS.promise_test(
    "an error in encoding closes the encoder with EncodingError; the earlier chunks are output",
    shows=["dom-{}-encode:message#4.1", "dom-{}-encode:message#4.2", "close-{}#1", "close-{}#3", "close-{}#4"],
    needs="every setting",
)
async def error_in_encoding(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        with stage.script():
            encoder.encode(10)
            encoder.encode(20, Fails())
            encoder.encode(30)
            encoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "encode(10) [configured 0]",
                "encode(20) [configured 0]",
                "encode(30) [configured 0]",
                "flush() 1 [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "error EncodingError [closed 0]",
                "flush 1 rejected EncodingError [closed 0]",
            ]
        )


@SCENARIOS.promise_test(
    "a flush emits the chunks that the encoder held back, then resolves; encoding goes on after it",
    shows=[
        "dom-{}-flush#2",
        "dom-{}-flush#3",
        "dom-{}-flush#5",
        "dom-{}-flush#6",
        "dom-{}-flush:message#1.1",
        "dom-{}-flush:message#1.2",
        "dom-{}-flush:message#1.3.1",
        "dom-{}-flush:message#1.3.2",
        "dom-{}-flush:message#1.3.3",
    ],
    needs="every setting",
)
async def flush(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        with stage.script():
            encoder.encode(10, Chunks(delay=9))
            encoder.encode(20, Chunks(delay=9))
            encoder.flush()
            encoder.encode(30)
        stage.run(setting.policy)
        stage.assert_log(
            [
                "encode(10) [configured 0]",
                "encode(20) [configured 0]",
                "flush() 1 [configured 0]",
                "encode(30) [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "output 20 [configured 0]",
                "flush 1 resolved [configured 0]",
                "output 30 [configured 0]",
            ]
        )


@SCENARIOS.promise_test(
    "an error during a flush closes the encoder with EncodingError, and rejects the promise with it",
    shows=["dom-{}-flush:message#1.1", "close-{}#4", "reset-{}#8.1"],
    needs="every setting",
)
async def error_during_flush(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_encoder()
        with stage.script():
            encoder.configure(1, Supported(flushes=[Fails()]))
            encoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "configure(1) [configured 0]",
                "flush() 1 [configured 0]",
                "error EncodingError [closed 0]",
                "flush 1 rejected EncodingError [closed 0]",
            ]
        )


@SCENARIOS.promise_test(
    "many requests dequeued together are one dequeue event",
    shows=[
        "{}-schedule-dequeue-event#1",
        "{}-schedule-dequeue-event#2",
        "{}-schedule-dequeue-event#3.1",
        "{}-schedule-dequeue-event#3.2",
        "eventdef-{}-dequeue",
        "dom-{}-ondequeue",
    ],
    needs="every setting",
)
async def dequeue_event(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        handled: list[str] = []
        encoder.codec.ondequeue = lambda event: handled.append(event.type)
        for timestamps in ((10, 20, 30), (40,)):
            with stage.script():
                for timestamp in timestamps:
                    encoder.encode(timestamp, Chunks(count=0))
            stage.run(setting.policy)
        assert_array_equals(
            [entry for entry in stage.log if entry.startswith("dequeue")], ["dequeue [configured 0]"] * 2
        )
        assert_array_equals(handled, ["dequeue", "dequeue"])
