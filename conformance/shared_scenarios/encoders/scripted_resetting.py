"""reset() and close() of encoders at any moment, on a scripted codec."""

from conformance.scripted.scripted_codec import Chunks
from conformance.scripted.settings import Setting
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import Test, assert_array_equals, assert_equals

SCENARIOS = SharedScenarios[Setting]("audioencoder", "videoencoder")


@SCENARIOS.promise_test(
    "reset() drops queued and running requests, rejects flushes, and releases the media to be encoded",
    shows=["dom-{}-reset", "reset-{}#2", "reset-{}#5", "reset-{}#6", "reset-{}#8.1", "reset-{}#8.2"],
    needs="every setting",
)
async def reset(t: Test, setting: Setting) -> None:
    with setting.stage(capacity=2) as stage:
        encoder = stage.new_configured_encoder()
        with stage.script():
            for timestamp in (10, 20, 30, 40):
                encoder.encode(timestamp)
            encoder.flush()
            encoder.reset()
        assert_equals(stage.platform.resources.live, 2, "of the requests that the codec has accepted")
        stage.run(setting.policy)
        assert_equals(stage.platform.resources.live, 0)
        stage.assert_log(
            [
                "encode(10) [configured 0]",
                "encode(20) [configured 0]",
                "encode(30) [configured 1]",
                "encode(40) [configured 2]",
                "flush() 1 [configured 2]",
                "reset() [unconfigured 0]",
                "flush 1 rejected AbortError [unconfigured 0]",
                "dequeue [unconfigured 0]",
            ]
        )
        assert_array_equals(stage.calls(), [["configure 1", "cease"]])


@SCENARIOS.promise_test(
    "reset() after the work is done, before its tasks have run: nothing is output",
    shows=["reset-{}#5", ("output-encodedaudiochunks#1", "output-encodedvideochunks#1")],
    needs="every setting",
)
async def reset_after_the_work(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        with stage.script():
            encoder.encode(10)
        stage.run_all_work()
        with stage.script():
            encoder.reset()
        stage.run(setting.policy)
        stage.assert_log(["encode(10) [configured 0]", "reset() [unconfigured 0]", "dequeue [unconfigured 0]"])


@SCENARIOS.promise_test(
    "reset() in the output callback: no further output, not even of the same request",
    shows=["reset-{}#5", ("output-encodedaudiochunks#1.7", "output-encodedvideochunks#1.9")],
    needs="every setting",
)
async def reset_in_the_output_callback(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        encoder.on_output[10] = encoder.reset
        with stage.script():
            encoder.encode(10, Chunks(count=3))
            encoder.encode(20)
            encoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "encode(10) [configured 0]",
                "encode(20) [configured 0]",
                "flush() 1 [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "reset() [unconfigured 0]",
                "flush 1 rejected AbortError [unconfigured 0]",
            ]
        )


@SCENARIOS.promise_test(
    "after reset() the encoder must be configured again, and describes its outputs anew",
    shows=[
        "reset-{}#2",
        "reset-{}#3",
        "reset-{}#4",
        "dom-{}-encode#2",
        "dom-{}-flush#1",
        ("output-encodedaudiochunks#1.6", "output-encodedvideochunks#1.6"),
    ],
    needs="every setting",
)
async def configure_after_reset(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        with stage.script():
            encoder.encode(10)
            encoder.encode(20)
        stage.run(setting.policy)
        with stage.script():
            encoder.reset()
            encoder.encode(30)
            encoder.flush()
        assert_array_equals(
            stage.log[-4:],
            [
                "reset() [unconfigured 0]",
                "encode(30) throws InvalidStateError [unconfigured 0]",
                "flush() 1 [unconfigured 0]",
                "flush 1 rejected InvalidStateError [unconfigured 0]",
            ],
        )
        with stage.script():
            encoder.configure(1)
            encoder.encode(40)
        stage.run(setting.policy)
        assert_array_equals([chunk.timestamp for chunk in encoder.chunks], [10, 20, 40])
        assert_array_equals(["decoderConfig" in metadata for metadata in encoder.metadata], [True, False, True])


@SCENARIOS.promise_test(
    "close() is final and silent: it drops everything, releases the codec, and no method works any more",
    shows=[
        "dom-{}-close",
        "close-{}#1",
        "close-{}#2",
        "close-{}#3",
        "close-{}#4",
        "reset-{}#1",
        "dom-{}-configure#2",
        "dom-{}-encode#2",
        "dom-{}-flush#1",
    ],
    needs="every setting",
)
async def close(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        with stage.script():
            encoder.encode(10)
            encoder.flush()
            encoder.close()
            encoder.close()
            encoder.reset()
            encoder.configure()
            encoder.encode(20)
            encoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "encode(10) [configured 0]",
                "flush() 1 [configured 0]",
                "close() [closed 0]",
                "close() throws InvalidStateError [closed 0]",
                "reset() throws InvalidStateError [closed 0]",
                "configure(1) throws InvalidStateError [closed 0]",
                "encode(20) throws InvalidStateError [closed 0]",
                "flush() 2 [closed 0]",
                "flush 1 rejected AbortError [closed 0]",
                "flush 2 rejected InvalidStateError [closed 0]",
                "dequeue [closed 0]",
            ]
        )
        assert_array_equals(stage.calls(), [["configure 1", "cease", "release"]])
