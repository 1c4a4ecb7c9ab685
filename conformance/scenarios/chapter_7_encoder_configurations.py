"""Chapter 7: configurations, of encoders."""

from collections.abc import Mapping
from typing import Final, cast

from codecmodel.configurations.encoder_configurations import (
    AudioEncoderConfig,
    AudioEncoderSupport,
    VideoEncoderConfig,
    VideoEncoderSupport,
)
from conformance.interfaces import AudioEncoder, VideoEncoder, is_another_implementation
from conformance.suite.harness import (
    Test,
    assert_equals,
    assert_false,
    assert_throws_js,
    promise_rejects_js,
    promise_test,
)

Config = Mapping[str, object]

_AUDIO: Final[Config] = {"codec": "opus", "sampleRate": 48_000, "numberOfChannels": 2}
_VIDEO: Final[Config] = {"codec": "vp8", "width": 640, "height": 480}


async def _audio_support(config: Config) -> AudioEncoderSupport:
    return await AudioEncoder.isConfigSupported(cast("AudioEncoderConfig", config))


async def _video_support(config: Config) -> VideoEncoderSupport:
    return await VideoEncoder.isConfigSupported(cast("VideoEncoderConfig", config))


def _without(config: Config, member: str) -> Config:
    return {name: value for name, value in config.items() if name != member}


async def _assert_invalid_audio(t: Test, changes: Config, base: Config = _AUDIO) -> None:
    """Check that isConfigSupported() is rejected with TypeError, and that configure() throws it and changes nothing."""
    config = {**base, **changes}
    await promise_rejects_js(t, TypeError, _audio_support(config), str(config))
    encoder = AudioEncoder({"output": t.unreached_func("output"), "error": t.unreached_func("error")})
    t.add_cleanup(encoder.close)
    assert_throws_js(TypeError, lambda: encoder.configure(cast("AudioEncoderConfig", config)), str(config))
    assert_equals(encoder.state, "unconfigured")


async def _assert_invalid_video(t: Test, changes: Config, base: Config = _VIDEO) -> None:
    config = {**base, **changes}
    await promise_rejects_js(t, TypeError, _video_support(config), str(config))
    encoder = VideoEncoder({"output": t.unreached_func("output"), "error": t.unreached_func("error")})
    t.add_cleanup(encoder.close)
    assert_throws_js(TypeError, lambda: encoder.configure(cast("VideoEncoderConfig", config)), str(config))
    assert_equals(encoder.state, "unconfigured")


@promise_test(
    "an AudioEncoderConfig must have a codec, a rate and channels, each of its type",
    shows=[
        "valid-audioencoderconfig#1",
        "valid-audioencoderconfig#3",
        "dom-audioencoder-isconfigsupported#1",
        "dom-audioencoder-configure#1",
        "dom-audioencoderconfig-codec",
        "dom-audioencoderconfig-samplerate",
        "dom-audioencoderconfig-numberofchannels",
        "dom-audioencoderconfig-bitrate",
        "dom-audioencoderconfig-bitratemode",
    ],
)
async def invalid_audio(t: Test) -> None:
    for member in _AUDIO:
        await _assert_invalid_audio(t, {}, _without(_AUDIO, member))
    # JavaScript makes strings of numbers.
    other_types: list[Mapping[str, object]] = [] if is_another_implementation() else [{"codec": 1}]
    for changes in (
        *other_types,
        {"codec": ""},
        {"codec": " \t\n\f\r "},
        {"sampleRate": 0},
        {"sampleRate": -1},
        {"sampleRate": 2**32},
        {"sampleRate": float("nan")},
        {"numberOfChannels": 0},
        {"numberOfChannels": 2**32},
        {"bitrate": -1},
        {"bitrate": 2**53},
        {"bitrateMode": "quantizer"},
    ):
        await _assert_invalid_audio(t, changes)


@promise_test(
    "Opus: frameDuration, complexity and packetlossperc have ranges, format, signal and application their values",
    shows=[
        "valid-audioencoderconfig#2",
        "webcodecs-opus-codec-registration/opus-encoder-config#1",
        "webcodecs-opus-codec-registration/opus-encoder-config#2",
        "webcodecs-opus-codec-registration/opus-encoder-config#3",
        "webcodecs-opus-codec-registration/dom-opusencoderconfig-frameduration",
    ],
)
async def invalid_opus(t: Test) -> None:
    for opus in (
        {"frameDuration": 0},
        {"frameDuration": 2499},
        {"frameDuration": 2501},
        {"frameDuration": 120_001},
        {"frameDuration": 122_500},
        {"frameDuration": -2500},
        {"complexity": 11},
        {"packetlossperc": 101},
        {"format": "webm"},
        {"signal": "speech"},
        {"application": "video"},
        "opus",
    ):
        await _assert_invalid_audio(t, {"opus": opus})
    # A valid extension does not make the other members valid.
    await _assert_invalid_audio(t, {"opus": {}, "sampleRate": 0})


@promise_test(
    "Opus: every multiple of 2.5 ms up to 120 ms is a valid frameDuration, and members have their defaults",
    shows=[
        "webcodecs-opus-codec-registration/opus-encoder-config#1",
        "webcodecs-opus-codec-registration/opus-encoder-config#4",
        "webcodecs-opus-codec-registration/dom-opusencoderconfig-complexity",
        "clone-configuration#3.2",
    ],
)
async def valid_opus(t: Test) -> None:
    for multiple in range(1, 49):
        support = await _audio_support({**_AUDIO, "opus": {"frameDuration": 2500 * multiple}})
        assert_equals(support["config"]["opus"]["frameDuration"], 2500 * multiple)
    support = await _audio_support({**_AUDIO, "opus": {"bogus": 1, "complexity": 0}})
    assert_equals(
        support["config"]["opus"],
        {
            "format": "opus",
            "signal": "auto",
            "application": "audio",
            "frameDuration": 20_000,
            "complexity": 0,
            "packetlossperc": 0,
            "useinbandfec": False,
            "usedtx": False,
        },
    )
    support = await _audio_support({**_AUDIO, "opus": {}})
    assert_equals(support["config"]["opus"]["complexity"], 9)
    support = await _audio_support(_AUDIO)
    assert_equals(support["config"], {**_AUDIO, "bitrateMode": "variable"}, "there is no extension if there was none")


@promise_test(
    "FLAC: blockSize is 0 or from 16 to 65535, compressLevel from 0 to 8",
    shows=[
        "valid-audioencoderconfig#2",
        "webcodecs-flac-codec-registration/flac-encoder-config#1",
        "webcodecs-flac-codec-registration/flac-encoder-config#2",
        "webcodecs-flac-codec-registration/flac-encoder-config#3",
        "webcodecs-flac-codec-registration/dom-flacencoderconfig-blocksize",
        "webcodecs-flac-codec-registration/dom-flacencoderconfig-compresslevel",
    ],
)
async def flac(t: Test) -> None:
    base = {**_AUDIO, "codec": "flac"}
    for changes in (
        {"blockSize": 15},
        {"blockSize": 1},
        {"blockSize": 65_536},
        {"blockSize": -1},
        {"compressLevel": 9},
        {"compressLevel": -1},
    ):
        await _assert_invalid_audio(t, {"flac": changes}, base)
    for extension, expected in (
        ({}, {"blockSize": 0, "compressLevel": 5}),
        ({"blockSize": 16}, {"blockSize": 16, "compressLevel": 5}),
        ({"blockSize": 65_535, "compressLevel": 8}, {"blockSize": 65_535, "compressLevel": 8}),
        ({"compressLevel": 0}, {"blockSize": 0, "compressLevel": 0}),
    ):
        support = await _audio_support({**base, "flac": extension})
        assert_equals(support["config"]["flac"], expected)


@promise_test(
    "AAC: format is aac or adts, by default aac",
    shows=[
        "webcodecs-aac-codec-registration/dom-aacencoderconfig-format",
        "webcodecs-aac-codec-registration/dom-aacbitstreamformat-aac",
        "webcodecs-aac-codec-registration/dom-aacbitstreamformat-adts",
    ],
)
async def aac(t: Test) -> None:
    base = {**_AUDIO, "codec": "mp4a.40.2"}
    await _assert_invalid_audio(t, {"aac": {"format": "latm"}}, base)
    for extension, expected in (({}, "aac"), ({"format": "adts"}, "adts")):
        support = await _audio_support({**base, "aac": extension})
        assert_equals(support["config"]["aac"], {"format": expected})


@promise_test(
    "a VideoEncoderConfig must have a codec and sizes that are not zero, and members of their types",
    shows=[
        "valid-videoencoderconfig#1",
        "valid-videoencoderconfig#2",
        "valid-videoencoderconfig#3",
        "dom-videoencoder-isconfigsupported#1",
        "dom-videoencoder-configure#1",
        "dom-videoencoderconfig-codec",
        "dom-videoencoderconfig-width",
        "dom-videoencoderconfig-height",
        "dom-videoencoderconfig-bitrate",
        "dom-videoencoderconfig-framerate",
        "dom-videoencoderconfig-bitratemode",
        "dom-videoencoderconfig-latencymode",
        "dom-videoencoderconfig-alpha",
    ],
)
async def invalid_video(t: Test) -> None:
    for member in _VIDEO:
        await _assert_invalid_video(t, {}, _without(_VIDEO, member))
    for changes in (
        {"codec": ""},
        {"codec": "\t"},
        {"width": 0},
        {"height": 0},
        {"displayWidth": 0},
        {"displayHeight": 0},
        {"width": -1},
        {"height": 2**32},
        {"displayWidth": -1},
        {"bitrate": -1},
        {"bitrate": 2**53},
        {"framerate": float("inf")},
        {"framerate": float("nan")},
        {"hardwareAcceleration": "require-hardware"},
        {"alpha": "premultiply"},
        {"bitrateMode": "cbr"},
        {"latencyMode": "fast"},
        {"avc": {"format": "mp4"}},
        {"hevc": {"format": "avc"}},
        {"avc": 1},
    ):
        await _assert_invalid_video(t, changes)


@promise_test(
    "a VideoEncoderConfig is cloned with its defaults and its extensions, and no others",
    shows=[
        "valid-videoencoderconfig#4",
        "clone-configuration#3.1",
        "clone-configuration#3.2",
        "dom-videoencoder-isconfigsupported#4.2.1.1",
        "dom-videoencodersupport-config",
        "webcodecs-avc-codec-registration/dom-avcencoderconfig-format",
        "webcodecs-hevc-codec-registration/dom-hevcencoderconfig-format",
    ],
)
async def video_defaults(t: Test) -> None:
    support = await _video_support({**_VIDEO, "bogus": 1, "displayWidth": 16, "avc": {}, "hevc": {"bogus": 1}})
    assert_equals(
        support["config"],
        {
            **_VIDEO,
            "displayWidth": 16,
            "hardwareAcceleration": "no-preference",
            "alpha": "discard",
            "bitrateMode": "variable",
            "latencyMode": "quality",
            "avc": {"format": "avc"},
            "hevc": {"format": "hevc"},
        },
    )
    every_member = {
        **_VIDEO,
        "displayWidth": 800,
        "displayHeight": 600,
        "bitrate": 1_000_000,
        "framerate": 29.97,
        "hardwareAcceleration": "prefer-software",
        "alpha": "keep",
        "scalabilityMode": "L1T2",
        "bitrateMode": "constant",
        "latencyMode": "realtime",
        "contentHint": "motion",
        "avc": {"format": "annexb"},
        "hevc": {"format": "annexb"},
    }
    support = await _video_support(every_member)
    assert_equals(support["config"], every_member)


@promise_test(
    "isConfigSupported() answers later, and does not look at the configuration again",
    shows=[
        "dom-audioencoder-isconfigsupported#2",
        "dom-audioencoder-isconfigsupported#3",
        "dom-audioencoder-isconfigsupported#4",
        "dom-audioencoder-isconfigsupported#4.2.1.1",
        "dom-audioencoder-isconfigsupported#5",
        "dom-videoencoder-isconfigsupported#2",
        "dom-videoencoder-isconfigsupported#3",
        "dom-videoencoder-isconfigsupported#4",
        "dom-videoencoder-isconfigsupported#5",
    ],
)
async def question_is_copied(t: Test) -> None:
    opus: dict[str, object] = {"frameDuration": 5000}
    audio_config: dict[str, object] = {**_AUDIO, "opus": opus}
    audio_promise = AudioEncoder.isConfigSupported(cast("AudioEncoderConfig", audio_config))
    video_config = dict(_VIDEO)
    video_promise = VideoEncoder.isConfigSupported(cast("VideoEncoderConfig", video_config))
    assert_false(audio_promise.done())
    assert_false(video_promise.done())
    opus["frameDuration"] = 60_000
    audio_config["codec"] = video_config["codec"] = "bogus"
    audio_support, video_support = await audio_promise, await video_promise
    assert_equals(audio_support["config"]["codec"], "opus")
    assert_equals(audio_support["config"]["opus"]["frameDuration"], 5000)
    assert_equals(video_support["config"]["codec"], "vp8")


@promise_test(
    "an unknown codec, one of the other kind, and one that no codec can be as large as are not supported",
    shows=[
        "check-configuration-support#1",
        "check-configuration-support#5",
        "dom-audioencoder-isconfigsupported#4.1",
        "dom-audioencoder-isconfigsupported#4.2.1.2",
        "dom-audioencoder-isconfigsupported#4.2.2",
        "dom-videoencoder-isconfigsupported#4.1",
        "dom-videoencoder-isconfigsupported#4.2.1.2",
        "dom-videoencoder-isconfigsupported#4.3",
        "dom-audioencodersupport-supported",
        "dom-videoencodersupport-supported",
    ],
)
async def not_supported(t: Test) -> None:
    for codec in ("bogus", "vp8", "opus.123", "mp4a.FF.9", " opus ", "OPUS"):
        assert_equals((await _audio_support({**_AUDIO, "codec": codec}))["supported"], False, codec)
    for codec in ("bogus", "opus", "vp08.00.10.08", "vP8", "avc1.FF000b", "hvc1.C99.6FFFFFF.L93", "vp09.99.99.08"):
        assert_equals((await _video_support({**_VIDEO, "codec": codec}))["supported"], False, codec)
    for changes in ({"width": 1_000_000}, {"height": 1_000_000}, {"scalabilityMode": "ABC"}):
        assert_equals((await _video_support({**_VIDEO, **changes}))["supported"], False, str(changes))
    for changes in ({"sampleRate": 1}, {"sampleRate": 10_000_000}, {"numberOfChannels": 1024}):
        assert_equals((await _audio_support({**_AUDIO, **changes}))["supported"], False, str(changes))
