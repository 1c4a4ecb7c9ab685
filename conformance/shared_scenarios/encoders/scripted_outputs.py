"""Chunks and their metadata, on a scripted codec."""

from typing import cast

from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from conformance.scripted.observed_encoder import ObservedEncoder
from conformance.scripted.scripted_codec import Chunks
from conformance.scripted.settings import Setting
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import Test, assert_array_equals, assert_equals

SCENARIOS = SharedScenarios[Setting]("audioencoder", "videoencoder")


def described(encoder: ObservedEncoder) -> list[object]:
    """The descriptions so far, in order. None stands for a decoderConfig without one."""
    configs = [metadata["decoderConfig"] for metadata in encoder.metadata if "decoderConfig" in metadata]
    return [cast("VideoDecoderConfig", config).get("description") for config in configs]


@SCENARIOS.promise_test(
    "a chunk has the data and the type that the codec gives, and timestamp and duration of the encoded media",
    shows=[
        ("output-encodedaudiochunks#1.1.1", "output-encodedvideochunks#1.1.1"),
        ("output-encodedaudiochunks#1.1.2", "output-encodedvideochunks#1.1.2"),
        ("output-encodedaudiochunks#1.1.3", "output-encodedvideochunks#1.1.3"),
        ("output-encodedaudiochunks#1.1.4", "output-encodedvideochunks#1.1.4"),
        ("output-encodedaudiochunks#1.2", "output-encodedvideochunks#1.2"),
        "dom-{}-encode:message#4.1",
    ],
    needs="every setting",
)
async def chunks(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        with stage.script():
            encoder.encode(-10, Chunks(is_key=True))
            encoder.encode(300, Chunks(is_key=False))
        stage.run(setting.policy)
        assert_array_equals([chunk.type for chunk in encoder.chunks], ["key", "delta"])
        assert_array_equals([chunk.timestamp for chunk in encoder.chunks], [-10, 300])
        # The duration of four samples at 48 kHz, which is that of every frame.
        duration = 83 if setting.kind == "audio" else 7
        assert_array_equals([chunk.duration for chunk in encoder.chunks], [duration, duration])
        assert_array_equals([chunk.byteLength for chunk in encoder.chunks], [1, 1])


@SCENARIOS.promise_test(
    "media may be closed at once: the encoder has a clone, which it releases when that is encoded",
    shows=[("dom-audioencoder-encode#3", "dom-videoencoder-encode#5"), "dom-{}-encode:message#4.1"],
    needs="every setting",
)
async def clone(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        with stage.script():
            encoder.encode(10)
            encoder.encode(20, Chunks(delay=9))
        assert_equals(stage.platform.resources.live, 2)
        stage.run(setting.policy)
        assert_equals(stage.platform.resources.live, 0)
        assert_equals(stage.platform.resources.made, 2)


@SCENARIOS.promise_test(
    "decoderConfig comes with the first chunk, and then where it has changed",
    shows=[
        ("output-encodedaudiochunks#1.3", "output-encodedvideochunks#1.3"),
        ("output-encodedaudiochunks#1.5.4", "output-encodedvideochunks#1.5.8"),
        ("output-encodedaudiochunks#1.6", "output-encodedvideochunks#1.6"),
        ("output-encodedaudiochunks#1.6.1", "output-encodedvideochunks#1.6.1"),
        ("output-encodedaudiochunks#1.6.2", "output-encodedvideochunks#1.6.2"),
        "equal-dictionaries",
        ("encoded-audio-chunk-metadata", "encoded-video-chunk-metadata"),
    ],
    needs="every setting",
)
async def decoder_config_only_when_changed(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        descriptions = [None, None, b"one", b"one", b"two", b"one", None]
        with stage.script():
            for number, description in enumerate(descriptions):
                encoder.encode(number, Chunks(description=description))
        stage.run(setting.policy)
        assert_array_equals(
            ["decoderConfig" in metadata for metadata in encoder.metadata],
            [True, False, True, False, True, True, True],
        )
        assert_array_equals(described(encoder), [None, b"one", b"two", b"one", None])


@SCENARIOS.promise_test(
    "a decoderConfig is the callback's to change",
    shows=[("output-encodedaudiochunks#1.6.1", "output-encodedvideochunks#1.6.1")],
    needs="every setting",
)
async def decoder_config_is_a_copy(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()

        def spoil() -> None:
            config = cast("dict[str, object]", encoder.metadata[0]["decoderConfig"])
            config["codec"] = "bogus"
            config.pop("description")

        encoder.on_output[10] = spoil
        with stage.script():
            encoder.encode(10, Chunks(description=b"d"))
            encoder.encode(20, Chunks(description=b"d"))
        stage.run(setting.policy)
        assert_array_equals(["decoderConfig" in metadata for metadata in encoder.metadata], [True, False])


@SCENARIOS.promise_test(
    "a configuration is active once configuring has succeeded: the one before describes pending outputs",
    shows=[
        "dom-{}-configure:message#2.4",
        "dom-{}-configure:message#2.5",
        ("output-encodedaudiochunks#1.4", "output-encodedvideochunks#1.4"),
        ("output-encodedaudiochunks#1.5.2", "output-encodedvideochunks#1.5.2"),
    ],
    needs="every setting",
)
async def active_configuration(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        with stage.script():
            encoder.encode(10)
            encoder.encode(20, Chunks(delay=9, description=b"pending"))
            encoder.configure(2)
            encoder.encode(30)
            encoder.configure(2)
            encoder.encode(40)
        stage.run(setting.policy)
        member = "sampleRate" if setting.kind == "audio" else "codedWidth"
        configs = [cast("dict[str, object] | None", metadata.get("decoderConfig")) for metadata in encoder.metadata]
        numbers = [None if config is None else config[member] for config in configs]
        # The last configuration is the same, and so is the decoderConfig of its chunk.
        assert_array_equals(numbers, [1, 1, 2, None])
        assert_array_equals(described(encoder), [None, b"pending", None])


@SCENARIOS.promise_test(
    "an exception of the output callback is reported, and encoding goes on",
    shows=[("output-encodedaudiochunks#1.7", "output-encodedvideochunks#1.9")],
    needs="every setting",
)
async def output_callback_raises(t: Test, setting: Setting) -> None:
    def fail() -> None:
        raise LookupError

    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        encoder.on_output[10] = fail
        with stage.script():
            encoder.encode(10, Chunks(count=2))
            encoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "encode(10) [configured 0]",
                "flush() 1 [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "reported LookupError",
                "output 10 [configured 0]",
                "flush 1 resolved [configured 0]",
            ]
        )
