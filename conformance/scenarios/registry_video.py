"""The registrations of video codecs."""

from collections.abc import Mapping
from functools import partial
from typing import Final, NamedTuple, cast

from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from conformance.fixtures.decoder_session import VideoSession
from conformance.interfaces import DOMException, EncodedVideoChunk, VideoDecoder
from conformance.media import VIDEO, VideoMaterial, nal_units, picture_of
from conformance.media.signals import number_of
from conformance.media.video import av1, h264, h265, vp8, vp9
from conformance.suite.harness import (
    Test,
    Variant,
    assert_array_equals,
    assert_equals,
    promise_rejects_dom,
    promise_test,
)

_AVC: Final = "webcodecs-avc-codec-registration"
_HEVC: Final = "webcodecs-hevc-codec-registration"
_VP8: Final = "webcodecs-vp8-codec-registration"
_VP9: Final = "webcodecs-vp9-codec-registration"
_AV1: Final = "webcodecs-av1-codec-registration"


_OF_NAL_UNITS: Final = {
    "h264_avc": partial(h264, annexb=False),
    "h264_annexb": partial(h264, annexb=True),
    "h265_hevc": partial(h265, annexb=False),
    "h265_annexb": partial(h265, annexb=True),
}


class Strings(NamedTuple):
    """Codec strings of a registration, and similar strings that are none."""

    valid: tuple[str, ...]
    invalid: tuple[str, ...]


_STRINGS: Final = {
    "avc": Strings(
        ("avc1.42001E", "avc3.42001E", "avc1.42001e", "avc1.4d401f", "avc1.640028", "avc1.64000b", "avc1.F4001F"),
        (
            "avc1",
            "avc1.",
            "avc1.42",
            "avc1.42001",
            "avc1.42001EF",
            "avc1.GG001E",
            "avc1.42.00.1E",
            "avc2.42001E",
            "h264",
        ),
    ),
    "hevc": Strings(
        ("hev1.1.6.L60.90", "hvc1.1.6.L93.B0", "hev1.2.4.L120.90", "hvc1.1.6.H120.B0", "hev1.1.6.L93"),
        ("hev1", "hev1.1", "hev1.1.6", "hev1.1.6.93", "hev1.1.6.M93.B0", "hev1.D1.6.L93", "hevc", "h265"),
    ),
    "vp8": Strings(("vp8",), ("VP8", "vp8.0", "vp08", "vp08.00.10.08")),
    "vp9": Strings(
        ("vp09.00.10.08", "vp09.00.10.08.01", "vp09.00.41.08.01.01.01.01.00", "vp09.00.10.08.00.02.02.02.00"),
        (
            "vp9",
            "vp9.0",
            "vp09",
            "vp09.00",
            "vp09.00.10",
            "vp09.0.10.08",
            "vp09.00.10.8",
            "vp09.04.10.08",
            "vp09.00.99.08",
        ),
    ),
    "av1": Strings(
        ("av01.0.04M.08", "av01.0.00M.08", "av01.0.08H.08", "av01.0.04M.10.0", "av01.0.04M.10.0.110.09.16.09.0"),
        (
            "av1",
            "av01",
            "av01.0",
            "av01.0.04M",
            "av01.0.4M.08",
            "av01.0.04.08",
            "av01.0.04M.8",
            "av01.3.04M.08",
            "av01.0.04X.08",
        ),
    ),
}
_REGISTRATIONS: Final = {codec: f"webcodecs-{codec}-codec-registration" for codec in _STRINGS}


def _strings(codec: str) -> Strings:
    return _STRINGS[codec]


async def _is_supported(config: Mapping[str, object]) -> bool:
    support = await VideoDecoder.isConfigSupported(cast("VideoDecoderConfig", config))
    return support["supported"]


@promise_test(
    "the registration's codec strings are supported, and nothing that merely looks like them",
    shows=[
        "valid-codec-string#1",
        "valid-codec-string#3",
        *(f"{registration}/fully-qualified-codec-strings" for registration in _REGISTRATIONS.values()),
    ],
    variants=[Variant(codec, partial(_strings, codec)) for codec in _STRINGS],
)
async def codec_strings(t: Test, strings: Strings) -> None:
    answers = {codec: await _is_supported({"codec": codec}) for codec in strings.valid + strings.invalid}
    assert_equals([codec for codec in strings.valid if not answers[codec]], [], "valid, not supported:")
    assert_equals([codec for codec in strings.invalid if answers[codec]], [], "invalid, supported:")


@promise_test(
    "a description that the registration has no use for changes nothing",
    shows=[
        f"{_VP8}/videodecoderconfig-description",
        f"{_VP9}/videodecoderconfig-description",
        f"{_AV1}/videodecoderconfig-description",
    ],
    variants=[Variant("vp8", vp8), Variant("vp9", vp9), Variant("av1", av1)],
)
async def unused_description(t: Test, media: VideoMaterial) -> None:
    session = VideoSession(t, media)
    session.configure({**media.config, "description": b"\xff\x00\xff\x00"})
    session.decode_all()
    await session.flush()
    assert_array_equals(session.timestamps, media.timestamps())


@promise_test(
    "avc1 and avc3, hev1 and hvc1 are the same codec",
    shows=[f"{_AVC}/fully-qualified-codec-strings", f"{_HEVC}/fully-qualified-codec-strings"],
    variants=[variant for variant in VIDEO if variant.name.startswith("h26")],
)
async def prefixes(t: Test, media: VideoMaterial) -> None:
    suffix = media.config["codec"][4:]
    for prefix in ("avc1", "avc3") if media.config["codec"].startswith("avc") else ("hev1", "hvc1"):
        session = VideoSession(t, media)
        session.configure({**media.config, "codec": prefix + suffix})
        session.decode(0)
        session.decode(1)
        await session.flush()
        assert_array_equals(session.timestamps, media.timestamps(2), prefix)


@promise_test(
    "a broken description: not configured, NotSupportedError",
    shows=[
        "dom-videodecoder-configure:message#2.2",
        f"{_AVC}/videodecoderconfig-description",
        f"{_HEVC}/videodecoderconfig-description",
    ],
    variants=[Variant("h264_avc", partial(h264, annexb=False)), Variant("h265_hevc", partial(h265, annexb=False))],
)
async def broken_description(t: Test, media: VideoMaterial) -> None:
    good = bytes(cast("bytes", media.config["description"]))
    for bad in (good[:10], b"\x02" + good[1:], b"\x00" * len(good)):
        session = VideoSession(t, media)
        session.expect_errors = True
        session.configure({**media.config, "description": bad})
        await promise_rejects_dom(t, "NotSupportedError", session.flush())
        assert_array_equals([error.name for error in session.errors], ["NotSupportedError"])
        assert_equals(session.state, "closed")


@promise_test(
    "chunks in the other bitstream format than the configuration's are broken",
    shows=[
        f"{_AVC}/encodedvideochunk-data",
        f"{_AVC}/videodecoderconfig-description",
        f"{_HEVC}/encodedvideochunk-data",
        f"{_HEVC}/videodecoderconfig-description",
    ],
    variants=[variant for variant in VIDEO if variant.name.startswith("h26")],
)
async def other_bitstream_format(t: Test, media: VideoMaterial) -> None:
    config: dict[str, object] = dict(media.config)
    if "description" in config:
        del config["description"]
    else:
        other = h264(annexb=False) if media.config["codec"].startswith("avc") else h265(annexb=False)
        config["description"] = other.config["description"]
    session = VideoSession(t, media)
    session.expect_errors = True
    session.configure(config)
    try:
        session.decode(0)
    except DOMException as exception:
        assert_equals(exception.name, "DataError", "it does not look like a key chunk")
        return
    await promise_rejects_dom(t, "EncodingError", session.flush())


@promise_test(
    "a chunk of NAL units without a picture is broken",
    shows=[f"{_AVC}/encodedvideochunk-data", f"{_HEVC}/encodedvideochunk-data", "dom-videodecoder-decode:message#4.2"],
    variants=[Variant(name, material) for name, material in _OF_NAL_UNITS.items()],
)
async def no_picture(t: Test, media: VideoMaterial) -> None:
    is_avc = media.config["codec"].startswith("avc")
    units = [b"\x06\x80" if is_avc else b"\x4e\x01\x80", b"\xff\xff\xff"]
    join = nal_units.length_prefixed if "description" in media.config else nal_units.join
    session = VideoSession(t, media)
    session.expect_errors = True
    session.configure()
    session.decode(0)
    session.decode(EncodedVideoChunk({"type": "delta", "timestamp": 1, "data": join(units)}))
    await promise_rejects_dom(t, "EncodingError", session.flush())
    assert_equals(session.state, "closed")


@promise_test(
    "a key chunk in Annex B format without its parameter sets is none",
    shows=[f"{_AVC}/encodedvideochunk-type", f"{_HEVC}/encodedvideochunk-type", "dom-videodecoder-decode#2.2"],
    variants=[Variant("h264_annexb", partial(h264, annexb=True)), Variant("h265_annexb", partial(h265, annexb=True))],
)
async def missing_parameter_sets(t: Test, media: VideoMaterial) -> None:
    is_avc = media.config["codec"].startswith("avc")
    units = [
        unit
        for unit in nal_units.split(media.chunks[0].data)
        if not (nal_units.is_avc_parameter_set(unit) if is_avc else nal_units.is_hevc_parameter_set(unit))
    ]
    chunk = EncodedVideoChunk({"type": "key", "timestamp": 0, "data": nal_units.join(units)})
    session = VideoSession(t, media)
    session.expect_errors = True
    session.configure()
    try:
        session.decode(chunk)
    except DOMException as exception:
        assert_equals(exception.name, "DataError")
        return
    await promise_rejects_dom(t, "EncodingError", session.flush())


@promise_test(
    "an H.265 stream can be begun at a clean random access picture; pictures that lead it are not output",
    shows=[f"{_HEVC}/encodedvideochunk-type"],
    variants=[Variant("h265_open_gop", partial(h265, annexb=True, max_b_frames=2, open_gop=True))],
)
async def clean_random_access(t: Test, media: VideoMaterial) -> None:
    start = media.next_key
    session = VideoSession(t, media)
    session.configure()
    for number in range(start, len(media.chunks)):
        session.decode(number)
    await session.flush()
    first = media.chunks[start].timestamp
    assert_equals(session.timestamps[0], first)
    assert_array_equals(session.timestamps, [time for time in media.timestamps() if time >= first])
    picture = await picture_of(session.frames[0])
    assert_equals(number_of(picture[0]), first // media.chunks[start].duration)


@promise_test(
    "hints do not change the output",
    shows=["dom-videodecoderconfig-hardwareacceleration", "dom-videodecoderconfig-optimizeforlatency"],
    variants=VIDEO,
)
async def hints(t: Test, media: VideoMaterial) -> None:
    for hint in (
        {"hardwareAcceleration": "prefer-software"},
        {"optimizeForLatency": True},
        {"optimizeForLatency": False},
    ):
        session = VideoSession(t, media)
        session.configure({**media.config, **hint})
        session.decode_all()
        await session.flush()
        assert_array_equals(session.timestamps, media.timestamps(), str(hint))


@promise_test(
    "a key chunk of another size in the middle of a stream: its pictures have that size",
    shows=["output-videoframes#1.7", "create-a-videoframe#1.6"],
    variants=[Variant("h264_annexb", partial(h264, annexb=True))],
)
async def size_change(t: Test, media: VideoMaterial) -> None:
    larger = h264(annexb=True, width=192, height=112)
    session = VideoSession(t, media)
    session.configure({"codec": larger.config["codec"]})
    session.decode(0)
    session.decode(larger.chunk(0, timestamp=1_000_000))
    session.decode(media.chunk(0, timestamp=2_000_000))
    await session.flush()
    sizes = [(frame.displayWidth, frame.displayHeight) for frame in session.frames]
    assert_array_equals(sizes, [(128, 96), (192, 112), (128, 96)])
