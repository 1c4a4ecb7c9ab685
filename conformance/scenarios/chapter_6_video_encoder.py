"""Chapter 6: VideoEncoder."""

from typing import cast

from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from conformance.media.sources import ANY_ENCODED_VIDEO, ENCODED_VIDEO, REAL_TIME_VIDEO
from conformance.scripted.observed_encoder import FRAME_DURATION, ObservedVideoEncoder
from conformance.scripted.scripted_codec import Chunks
from conformance.scripted.settings import SETTINGS, Setting
from conformance.scripted.stage import Stage
from conformance.shared_scenarios.encoders import adopt_encoder_scenarios
from conformance.suite.harness import Test, assert_array_equals, assert_equals, assert_false, promise_test

adopt_encoder_scenarios(
    __name__,
    "videoencoder",
    every_codec=[*ENCODED_VIDEO, *REAL_TIME_VIDEO],
    each_codec_once=ENCODED_VIDEO,
    any_codec=ANY_ENCODED_VIDEO,
)

VIDEO_SETTINGS = [setting for setting in SETTINGS if setting.name.startswith("video")]


def _encoder(stage: Stage) -> ObservedVideoEncoder:
    encoder = stage.new_encoder()
    assert isinstance(encoder, ObservedVideoEncoder)
    return encoder


def _configs(encoder: ObservedVideoEncoder) -> list[VideoDecoderConfig | None]:
    return [cast("VideoDecoderConfig | None", metadata.get("decoderConfig")) for metadata in encoder.metadata]


@promise_test(
    "decoderConfig has codec, size and display aspect of the configuration, and the codec's own members",
    shows=[
        "output-encodedvideochunks#1.5.1",
        "output-encodedvideochunks#1.5.2",
        "output-encodedvideochunks#1.5.3",
        "output-encodedvideochunks#1.5.4",
        "output-encodedvideochunks#1.5.5",
        "output-encodedvideochunks#1.5.6",
        "output-encodedvideochunks#1.5.7",
        "output-encodedvideochunks#1.5.8",
        "dom-videoencoderconfig-displaywidth",
        "dom-videoencoderconfig-displayheight",
    ],
    variants=VIDEO_SETTINGS,
)
async def decoder_config(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = _encoder(stage)
        with stage.script():
            encoder.config = {"codec": "vp8", "width": 0, "height": 48}
            encoder.configure(64)
            encoder.encode(10)
            encoder.config = {"codec": "vp8", "width": 0, "height": 48, "displayWidth": 16, "displayHeight": 9}
            encoder.configure(65)
            encoder.encode(
                20,
                Chunks(
                    description=b"d",
                    color_space={"primaries": "bt709", "transfer": "bt709", "matrix": "bt709", "fullRange": False},
                ),
            )
        stage.run(setting.policy)
        assert_array_equals(
            _configs(encoder),
            [
                {
                    "codec": "vp8",
                    "codedWidth": 64,
                    "codedHeight": 48,
                    "displayAspectWidth": 64,
                    "displayAspectHeight": 48,
                    "rotation": 0.0,
                    "flip": False,
                },
                {
                    "codec": "vp8",
                    "codedWidth": 65,
                    "codedHeight": 48,
                    "displayAspectWidth": 16,
                    "displayAspectHeight": 9,
                    "rotation": 0.0,
                    "flip": False,
                    "colorSpace": {"primaries": "bt709", "transfer": "bt709", "matrix": "bt709", "fullRange": False},
                    "description": b"d",
                },
            ],
        )


@promise_test(
    "decoderConfig comes again when the colour space changes",
    shows=["output-encodedvideochunks#1.5.8", "output-encodedvideochunks#1.6", "equal-dictionaries"],
    variants=VIDEO_SETTINGS,
)
async def color_space_changes(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = _encoder(stage)
        with stage.script():
            encoder.configure()
            encoder.encode(10, Chunks(color_space={"matrix": "bt709"}))
            encoder.encode(20, Chunks(color_space={"matrix": "bt709"}))
            encoder.encode(30, Chunks(color_space={"matrix": "smpte170m"}))
        stage.run(setting.policy)
        assert_array_equals([config is not None for config in _configs(encoder)], [True, False, True])


@promise_test(
    "the orientation of the first frame is that of decoderConfig; frames of another are refused until configure()",
    shows=[
        "dom-videoencoder-configure#4",
        "dom-videoencoder-encode#3",
        "dom-videoencoder-encode#4",
        "output-encodedvideochunks#1.5.6",
        "output-encodedvideochunks#1.5.7",
        "dom-videoencoder-active-orientation-slot",
    ],
    variants=VIDEO_SETTINGS,
)
async def orientation(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = _encoder(stage)
        with stage.script():
            encoder.configure()
            encoder.rotation, encoder.flip = 90.0, True
            encoder.encode(10)
            for encoder.rotation, encoder.flip in ((90.0, False), (270.0, True), (0.0, False)):
                encoder.encode(20)
            encoder.rotation, encoder.flip = 90.0, True
            encoder.encode(30, Chunks(delay=9))
            encoder.configure()
            encoder.rotation, encoder.flip = 0.0, False
            encoder.encode(40)
        stage.run(setting.policy)
        assert_array_equals(
            stage.log[:8],
            [
                "configure(1) [configured 0]",
                "encode(10) [configured 1]",
                *["encode(20) throws DataError [configured 1]"] * 3,
                "encode(30) [configured 2]",
                "configure(1) [configured 2]",
                "encode(40) [configured 3]",
            ],
        )
        assert_array_equals([chunk.timestamp for chunk in encoder.chunks], [10, 30, 40])
        orientations = [config and (config["rotation"], config["flip"]) for config in _configs(encoder)]
        assert_array_equals(orientations, [(90.0, True), None, (0.0, False)])


@promise_test(
    "flush() and reset() leave the orientation as it is; a frame that throws doesn't set it",
    shows=["dom-videoencoder-encode#3", "dom-videoencoder-encode#4", "dom-videoencoder-configure#4"],
    variants=VIDEO_SETTINGS,
)
async def orientation_lasts(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = _encoder(stage)
        with stage.script():
            encoder.rotation = 90.0
            encoder.encode(10)
            encoder.configure()
            encoder.rotation = 180.0
            encoder.encode(20)
            encoder.flush()
        stage.run(setting.policy)
        with stage.script():
            encoder.rotation = 0.0
            encoder.encode(30)
            encoder.reset()
            encoder.configure()
            encoder.encode(40)
        stage.run(setting.policy)
        throws = [entry for entry in stage.log if "throws" in entry]
        assert_array_equals(
            throws,
            ["encode(10) throws InvalidStateError [unconfigured 0]", "encode(30) throws DataError [configured 0]"],
        )
        assert_array_equals([chunk.timestamp for chunk in encoder.chunks], [20, 40])


@promise_test(
    "with several temporal layers each chunk says which it is of; with one, none does",
    shows=[
        "output-encodedvideochunks#1.7",
        "output-encodedvideochunks#1.7.1",
        "output-encodedvideochunks#1.7.2",
        "output-encodedvideochunks#1.7.3",
        "output-encodedvideochunks#1.7.4",
        "dom-encodedvideochunkmetadata-svc",
        "dom-svcoutputmetadata-temporallayerid",
        "temporal-layer",
    ],
    variants=VIDEO_SETTINGS,
)
async def temporal_layers(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = _encoder(stage)
        with stage.script():
            encoder.config["scalabilityMode"] = "L1T3"
            encoder.configure()
            for timestamp, layer in ((10, 0), (20, 2), (30, 1), (40, 2)):
                encoder.encode(timestamp, Chunks(temporal_layer=layer))
            encoder.config["scalabilityMode"] = "L1T1"
            encoder.configure()
            encoder.encode(50)
        stage.run(setting.policy)
        assert_array_equals(
            [metadata.get("svc") for metadata in encoder.metadata],
            [{"temporalLayerId": layer} for layer in (0, 2, 1, 2)] + [None],
        )


@promise_test(
    "where alpha is kept its encoded data comes beside the chunk, of frames that have any",
    shows=[
        "output-encodedvideochunks#1.8",
        "output-encodedvideochunks#1.8.1",
        "output-encodedvideochunks#1.8.2",
        "dom-encodedvideochunkmetadata-alphasidedata",
        "dom-videoencoderconfig-alpha",
    ],
    variants=VIDEO_SETTINGS,
)
async def alpha(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = _encoder(stage)
        with stage.script():
            encoder.config["alpha"] = "keep"
            encoder.configure()
            encoder.encode(10, Chunks(alpha=b"alpha"))
            encoder.encode(20)
            encoder.config["alpha"] = "discard"
            encoder.configure()
            encoder.encode(30)
        stage.run(setting.policy)
        assert_array_equals([metadata.get("alphaSideData") for metadata in encoder.metadata], [b"alpha", None, None])
        assert_false("alphaSideData" in encoder.metadata[1])


@promise_test(
    "the codec gets the frame's own values, and the options it was given with",
    shows=[
        "dom-videoencoder-encode:message#4.1",
        "dom-videoencoderencodeoptions-keyframe",
        "webcodecs-vp9-codec-registration/dom-videoencoderencodeoptionsforvp9-quantizer",
        "webcodecs-av1-codec-registration/dom-videoencoderencodeoptionsforav1-quantizer",
        "webcodecs-avc-codec-registration/dom-videoencoderencodeoptionsforavc-quantizer",
        "webcodecs-hevc-codec-registration/dom-videoencoderencodeoptionsforhevc-quantizer",
    ],
    variants=VIDEO_SETTINGS,
)
async def options(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = _encoder(stage)
        with stage.script():
            encoder.configure()
            encoder.encode(10)
            encoder.encode(20)
            encoder.options = {"keyFrame": True}
            encoder.encode(30)
            encoder.options = {
                "vp9": {"quantizer": 255},
                "av1": {"quantizer": None},
                "avc": {"quantizer": 51},
                "hevc": {},
            }
            encoder.encode(40)
        stage.run(setting.policy)
        assert_array_equals([chunk.type for chunk in encoder.chunks], ["key", "delta", "key", "delta"])
        inputs = stage.platform.video_encoders[0].inputs
        assert_array_equals([input.timestamp for input in inputs], [10, 20, 30, 40])
        for input in inputs:
            assert_equals(input.format, "I420")
            assert_equals(input.visible_rect, (0, 0, 2, 2))
            assert_equals(input.duration, FRAME_DURATION)
            assert_equals(
                input.color_space, {"primaries": "bt709", "transfer": "bt709", "matrix": "bt709", "fullRange": False}
            )
        assert_array_equals(
            [input.options for input in inputs],
            [
                {"keyFrame": False},
                {"keyFrame": False},
                {"keyFrame": True},
                {
                    "keyFrame": False,
                    "vp9": {"quantizer": 255},
                    "av1": {"quantizer": None},
                    "avc": {"quantizer": 51},
                    "hevc": {},
                },
            ],
        )
