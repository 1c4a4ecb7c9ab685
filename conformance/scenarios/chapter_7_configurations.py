"""Chapter 7: configurations, of decoders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from codecmodel.configurations.decoder_configurations import (
    AudioDecoderConfig,
    AudioDecoderSupport,
    VideoDecoderConfig,
    VideoDecoderSupport,
)
from conformance.interfaces import AudioDecoder, VideoDecoder, require_this_implementation
from conformance.suite.harness import (
    Test,
    Variant,
    assert_equals,
    assert_false,
    assert_not_equals,
    assert_throws_js,
    assert_true,
    promise_rejects_js,
    promise_test,
)

Config = Mapping[str, object]

_AUDIO: Final[Config] = {"codec": "opus", "sampleRate": 48_000, "numberOfChannels": 2}
_VIDEO: Final[Config] = {"codec": "vp8", "codedWidth": 320, "codedHeight": 240}


def _detached() -> memoryview:
    buffer = memoryview(bytearray(4))
    buffer.release()
    return buffer


async def _audio_support(config: Config) -> AudioDecoderSupport:
    return await AudioDecoder.isConfigSupported(cast("AudioDecoderConfig", config))


async def _video_support(config: Config) -> VideoDecoderSupport:
    return await VideoDecoder.isConfigSupported(cast("VideoDecoderConfig", config))


@dataclass(frozen=True)
class Case:
    """A configuration that is made by changing members of a good one. ``...`` leaves a member out."""

    comment: str
    changes: Mapping[str, object]
    #: Whether JavaScript would convert a member to the type that it should have.
    is_of_another_type: bool = False

    def of(self, base: Config) -> dict[str, object]:
        return {key: value for key, value in {**base, **self.changes}.items() if value is not ...}


def _variants(cases: Sequence[Case]) -> list[Variant[Case]]:
    return [Variant(case.comment.replace(" ", "_"), partial(_itself, case)) for case in cases]


def _itself(case: Case) -> Case:
    return case


#: Steps 1 and 2 of each check for validity, and the demands of Web IDL on the dictionaries.
_INVALID_EITHER: Final = [
    Case("missing codec", {"codec": ...}),
    Case("empty codec", {"codec": ""}),
    Case("blank codec", {"codec": " \t\n\f\r "}),
    Case("codec is no string", {"codec": 1}, is_of_another_type=True),
    Case("detached description", {"description": _detached()}),
    Case("description is no buffer", {"description": "bytes"}),
]
_INVALID_AUDIO: Final = [
    *_INVALID_EITHER,
    Case("missing sampleRate", {"sampleRate": ...}),
    Case("missing numberOfChannels", {"numberOfChannels": ...}),
    Case("negative sampleRate", {"sampleRate": -1}),
    Case("sampleRate above 32 bits", {"sampleRate": 2**32}),
    Case("sampleRate not finite", {"sampleRate": float("inf")}),
    Case("sampleRate not a number", {"sampleRate": float("nan")}),
    Case("negative numberOfChannels", {"numberOfChannels": -1}),
    Case("numberOfChannels above 32 bits", {"numberOfChannels": 2**32}),
]
_INVALID_VIDEO: Final = [
    *_INVALID_EITHER,
    Case("codedWidth alone", {"codedHeight": ...}),
    Case("codedHeight alone", {"codedWidth": ...}),
    Case("codedWidth 0", {"codedWidth": 0}),
    Case("codedHeight 0", {"codedHeight": 0}),
    Case("displayAspectWidth alone", {"displayAspectWidth": 16}),
    Case("displayAspectHeight alone", {"displayAspectHeight": 9}),
    Case("displayAspectWidth 0", {"displayAspectWidth": 0, "displayAspectHeight": 9}),
    Case("displayAspectHeight 0", {"displayAspectWidth": 16, "displayAspectHeight": 0}),
    Case("negative codedWidth", {"codedWidth": -1}),
    Case("codedWidth above 32 bits", {"codedWidth": 2**32}),
    Case("unknown hardwareAcceleration", {"hardwareAcceleration": "require-hardware"}),
    Case("unknown primaries", {"colorSpace": {"primaries": "bt601"}}),
    Case("colorSpace is no dictionary", {"colorSpace": "srgb"}),
    Case("rotation not finite", {"rotation": float("inf")}),
    Case("rotation is no number", {"rotation": "90"}, is_of_another_type=True),
]


@promise_test(
    "invalid AudioDecoderConfig: isConfigSupported() is rejected with TypeError, configure() throws it",
    shows=[
        "valid-audiodecoderconfig#1",
        "valid-audiodecoderconfig#2",
        "dictdef-audiodecoderconfig",
        "dom-audiodecoder-configure#1",
        "dom-audiodecoder-isconfigsupported#1",
    ],
    variants=_variants(_INVALID_AUDIO),
)
async def invalid_audio(t: Test, case: Case) -> None:
    if case.is_of_another_type:
        require_this_implementation("conversions of Python types")
    config = case.of(_AUDIO)
    await promise_rejects_js(t, TypeError, _audio_support(config))
    decoder = AudioDecoder({"output": t.unreached_func("output"), "error": t.unreached_func("error")})
    assert_throws_js(TypeError, lambda: decoder.configure(cast("AudioDecoderConfig", config)))
    assert_equals(decoder.state, "unconfigured")


@promise_test(
    "invalid VideoDecoderConfig: isConfigSupported() is rejected with TypeError, configure() throws it",
    shows=[
        "valid-videodecoderconfig#1",
        "valid-videodecoderconfig#2",
        "valid-videodecoderconfig#3",
        "valid-videodecoderconfig#4",
        "valid-videodecoderconfig#5",
        "valid-videodecoderconfig#6",
        "dictdef-videodecoderconfig",
        "dom-videodecoder-configure#1",
        "dom-videodecoder-isconfigsupported#1",
    ],
    variants=_variants(_INVALID_VIDEO),
)
async def invalid_video(t: Test, case: Case) -> None:
    if case.is_of_another_type:
        require_this_implementation("conversions of Python types")
    config = case.of(_VIDEO)
    await promise_rejects_js(t, TypeError, _video_support(config))
    decoder = VideoDecoder({"output": t.unreached_func("output"), "error": t.unreached_func("error")})
    assert_throws_js(TypeError, lambda: decoder.configure(cast("VideoDecoderConfig", config)))
    assert_equals(decoder.state, "unconfigured")


_VALID_VIDEO: Final = [
    Case("codec alone", {"codedWidth": ..., "codedHeight": ...}),
    Case("display aspect", {"displayAspectWidth": 16, "displayAspectHeight": 9}),
    Case("fractions are cut off", {"codedWidth": 320.9, "codedHeight": 240.5}),
    Case("colour space partly known", {"colorSpace": {"primaries": "bt709", "fullRange": None}}),
    Case("empty colour space", {"colorSpace": {}}),
    Case("software", {"hardwareAcceleration": "prefer-software"}),
    Case("latency", {"optimizeForLatency": True}),
    Case("orientation", {"rotation": 90, "flip": True}),
    Case("odd rotation", {"rotation": 44.5}),
]


@promise_test(
    "valid VideoDecoderConfig: it is answered, and configure() accepts it",
    shows=["valid-videodecoderconfig#7", "dom-videodecoder-configure#3"],
    variants=_variants(_VALID_VIDEO),
)
async def valid_video(t: Test, case: Case) -> None:
    config = case.of(_VIDEO)
    support = await _video_support(config)
    assert_equals(support["supported"], True)
    decoder = VideoDecoder({"output": t.unreached_func("output"), "error": t.unreached_func("error")})
    decoder.configure(cast("VideoDecoderConfig", config))
    assert_equals(decoder.state, "configured")
    await decoder.flush()
    decoder.close()


@promise_test(
    "the codec is compared as it is written: surrounding whitespace makes it unknown, not invalid",
    shows=["valid-audiodecoderconfig#1", "valid-audiodecoderconfig#3", "check-configuration-support#1"],
)
async def whitespace(t: Test) -> None:
    assert_equals((await _audio_support({**_AUDIO, "codec": " opus "}))["supported"], False)
    assert_equals((await _video_support({**_VIDEO, "codec": "vp8 "}))["supported"], False)


_UNSUPPORTED: Final = [
    Case("unknown", {"codec": "bogus"}),
    Case("MIME type", {"codec": 'video/webm; codecs="vp8"'}),
    Case("two codecs", {"codec": "vp8,opus"}),
    Case("ambiguous vp9", {"codec": "vp9"}),
    Case("possible future vp8", {"codec": "vp8.123"}),
    Case("possible future opus", {"codec": "opus.123"}),
    Case("possible future AAC", {"codec": "mp4a.FF.9"}),
    Case("possible future AVC", {"codec": "avc1.FF000b"}),
    Case("possible future HEVC", {"codec": "hvc1.C99.6FFFFFF.L93"}),
    Case("possible future VP9", {"codec": "vp09.99.99.08"}),
    Case("possible future AV1", {"codec": "av01.9.99M.08"}),
    Case("codec with spaces", {"codec": "  vp09.00.10.08  "}),
    Case("container", {"codec": "mp4"}),
    Case("image", {"codec": "image/png"}),
]


@promise_test(
    "codec strings that are not valid, or not known, are not supported by either decoder",
    shows=["check-configuration-support#1", "check-configuration-support#2", "valid-codec-string"],
    variants=_variants(_UNSUPPORTED),
)
async def unsupported_codec(t: Test, case: Case) -> None:
    for support in (await _audio_support(case.of(_AUDIO)), await _video_support(case.of(_VIDEO))):
        assert_equals(support["supported"], False)
        assert_equals(support["config"]["codec"], case.changes["codec"])


@promise_test(
    "an audio codec is not supported for video, nor the other way round",
    shows=["check-configuration-support#2"],
)
async def other_kind(t: Test) -> None:
    for codec in ("opus", "mp3", "mp4a.40.2", "flac", "vorbis", "alaw", "ulaw", "pcm-s16"):
        assert_equals((await _video_support({**_VIDEO, "codec": codec}))["supported"], False, codec)
    for codec in ("vp8", "vp09.00.10.08", "av01.0.04M.08", "avc1.42001E", "hev1.1.6.L60.90"):
        assert_equals((await _audio_support({**_AUDIO, "codec": codec}))["supported"], False, codec)


@promise_test(
    "a copy has the members that were given, those with defaults, and no others",
    shows=["clone-configuration#2", "clone-configuration#3.1", "clone-configuration#3.3"],
)
async def copied_members(t: Test) -> None:
    support = await _audio_support({**_AUDIO, "bitrate": 64_000})
    assert_equals(support["config"], _AUDIO)
    video = await _video_support({"codec": "vp8", "futureConfigFeature": "foo"})
    defaults = {"codec": "vp8", "hardwareAcceleration": "no-preference", "rotation": 0, "flip": False}
    assert_equals(video["config"], defaults)


@promise_test(
    "a nested dictionary is copied in depth, with its own members alone",
    shows=["clone-configuration#3.2"],
)
async def nested_dictionary(t: Test) -> None:
    color_space = {"primaries": "bt709", "futureFeature": 1}
    promise = _video_support({**_VIDEO, "colorSpace": color_space})
    support = await promise
    color_space["primaries"] = "bt2020"
    copy = cast("Mapping[str, object]", support["config"]["colorSpace"])
    assert_equals(copy["primaries"], "bt709")
    for member in ("transfer", "matrix", "fullRange"):
        assert_equals(copy.get(member), None, member)
    assert_false("futureFeature" in copy)
    assert_false(copy is color_space)


_BUFFERS: Final[Sequence[Variant[bytes | bytearray | memoryview]]] = [
    Variant("bytes", lambda: b"\x01\x02\x03\x04"),
    Variant("bytearray", lambda: bytearray(b"\x01\x02\x03\x04")),
    Variant("memoryview", lambda: memoryview(b"\x00\x01\x02\x03\x04\x05")[1:5]),
]


@promise_test(
    "a description may be any buffer, shared or a part of one; it is copied",
    shows=["clone-configuration#3.3", "dom-videodecoderconfig-description"],
    variants=_BUFFERS,
)
async def description(t: Test, buffer: bytes | bytearray | memoryview) -> None:
    support = await _video_support({**_VIDEO, "description": buffer})
    copy = support["config"]["description"]
    assert_equals(bytes(cast("bytes", copy)), b"\x01\x02\x03\x04")
    if not isinstance(buffer, bytes):
        assert_false(copy is buffer)


@promise_test(
    "an empty description is a description",
    shows=["clone-configuration#3.3", "dom-videodecoderconfig-description"],
)
async def empty_description(t: Test) -> None:
    support = await _video_support({**_VIDEO, "description": b""})
    assert_true("description" in support["config"])


@promise_test(
    "a codec string names one profile exactly: a profile that cannot be decoded is not supported",
    shows=["check-configuration-support#2"],
)
async def exact_profile(t: Test) -> None:
    answers = {}
    # MVC Stereo High and Scalable Baseline are extensions that no decoder here knows.
    for codec in ("avc1.42001E", "avc1.4d401e", "avc1.64001f", "avc1.80001f", "avc1.53001f"):
        answers[codec] = (await _video_support({"codec": codec}))["supported"]
    assert_equals(
        answers,
        {
            "avc1.42001E": True,
            "avc1.4d401e": True,
            "avc1.64001f": True,
            "avc1.80001f": False,
            "avc1.53001f": False,
        },
    )


@promise_test(
    "configurations of the same codec are equal or not by their members",
    shows=["clone-configuration#3"],
)
async def copies_are_independent(t: Test) -> None:
    first = (await _video_support(_VIDEO))["config"]
    second = (await _video_support(_VIDEO))["config"]
    assert_equals(first, second)
    first["codedWidth"] = 1
    assert_not_equals(first, second)
