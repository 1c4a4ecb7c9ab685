"""The interface of encoders on a scripted codec: constructor, attributes, arguments."""

from functools import partial
from typing import cast

from codecmodel.codecs.audio_encoder import AudioEncoderInit
from conformance.interfaces import AudioData, AudioEncoder, VideoEncoder, VideoFrame
from conformance.scripted.observed_encoder import ObservedAudioEncoder, ObservedEncoder, ObservedVideoEncoder
from conformance.scripted.settings import Setting
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import Test, assert_array_equals, assert_equals, assert_throws_js

SCENARIOS = SharedScenarios[Setting]("audioencoder", "videoencoder")


@SCENARIOS.promise_test(
    "a new encoder is unconfigured, and has nothing queued and no event handler; attributes are read-only",
    shows=[
        "dom-{}-{}#11",
        "dom-{}-{}#12",
        "dom-{}-state",
        "dom-{}-encodequeuesize",
        "dom-{}-ondequeue",
    ],
    needs="every setting",
)
async def new_encoder(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_encoder().codec
        assert isinstance(encoder, AudioEncoder | VideoEncoder)
        assert_equals(encoder.state, "unconfigured")
        assert_equals(encoder.encodeQueueSize, 0)
        assert_equals(encoder.ondequeue, None)
        assert_throws_js(AttributeError, partial(setattr, encoder, "state", "closed"))
        assert_throws_js(AttributeError, partial(setattr, encoder, "encodeQueueSize", 1))


@SCENARIOS.promise_test(
    "the constructor requires both callbacks, and that they can be called",
    shows=["dom-{}-{}#7", "dom-{}-{}#8", "dictdef-{}init", "dom-{}init-output", "dom-{}init-error"],
    needs="every setting",
)
async def constructor_requires_callbacks(t: Test, setting: Setting) -> None:
    async def coroutine_function(chunk: object, metadata: object) -> None: ...

    inits: list[object] = [
        {},
        {"output": print},
        {"error": print},
        {"output": None, "error": print},
        {"output": print, "error": "print"},
        {"output": coroutine_function, "error": print},
        "init",
    ]
    with setting.stage():
        construct = cast("type[AudioEncoder]", AudioEncoder if setting.kind == "audio" else VideoEncoder)
        for init in inits:
            assert_throws_js(TypeError, partial(construct, cast("AudioEncoderInit", init)), str(init))


def _closed_media(encoder: ObservedEncoder) -> AudioData | VideoFrame:
    if isinstance(encoder, ObservedAudioEncoder):
        media: AudioData | VideoFrame = encoder.data(10)
    else:
        assert isinstance(encoder, ObservedVideoEncoder)
        media = encoder.frame(10)
    media.close()
    return media


@SCENARIOS.promise_test(
    "encode() of closed media throws TypeError, in every state of the encoder, and changes nothing",
    shows=["dom-{}-encode#1", "dom-{}-encode#2"],
    needs="every setting",
)
async def closed_media(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_encoder()
        encode = partial(cast("AudioEncoder", encoder.codec).encode, cast("AudioData", _closed_media(encoder)))
        with stage.script():
            assert_throws_js(TypeError, encode, "unconfigured")
            encoder.encode(20)
            encoder.configure()
            assert_throws_js(TypeError, encode, "configured")
            assert_equals(encoder.queue_size, 0)
        stage.run(setting.policy)
        with stage.script():
            encoder.close()
            assert_throws_js(TypeError, encode, "closed")
        assert_array_equals(
            stage.log,
            [
                "encode(20) throws InvalidStateError [unconfigured 0]",
                "configure(1) [configured 0]",
                "close() [closed 0]",
            ],
        )


@SCENARIOS.promise_test(
    "encode() takes AudioData or a VideoFrame, each encoder its own",
    shows=["dom-{}-encode"],
    needs="every setting",
)
async def wrong_media(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_configured_encoder()
        encode = cast("AudioEncoder", encoder.codec).encode
        wrong = stage.new_encoder()
        other = AudioData if setting.kind == "video" else VideoFrame
        for media in (None, b"bytes", other, wrong):
            assert_throws_js(TypeError, partial(encode, cast("AudioData", media)), str(media))
        assert_equals(encoder.queue_size, 0)


@SCENARIOS.promise_test(
    "configure() with an invalid configuration throws TypeError and changes nothing, not even of a closed encoder",
    shows=["dom-{}-configure#1", "dom-{}-configure#2", "dom-{}-configure#3"],
    needs="every setting",
)
async def invalid_configuration(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        encoder = stage.new_encoder()
        with stage.script():
            encoder.configure(0)
            encoder.configure(1)
            encoder.configure(0)
            encoder.close()
            encoder.configure(0)
            encoder.configure(1)
        stage.run(setting.policy)
        stage.assert_log(
            [
                "configure(0) throws TypeError [unconfigured 0]",
                "configure(1) [configured 0]",
                "configure(0) throws TypeError [configured 0]",
                "close() [closed 0]",
                "configure(0) throws TypeError [closed 0]",
                "configure(1) throws InvalidStateError [closed 0]",
            ]
        )
