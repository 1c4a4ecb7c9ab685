"""The registrations of video codecs, for encoders: the content of chunks, and the effect of each option on it."""

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple, cast

import numpy as np

from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from codecmodel.configurations.encoder_configurations import VideoEncoderEncodeOptions
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.registry.avc import codec_string_from_annex_b as avc_string_of
from codecmodel.registry.avc import codec_string_from_avcc
from codecmodel.registry.hevc import codec_string_from_annex_b as hevc_string_of
from codecmodel.registry.hevc import codec_string_from_hvcc
from conformance.fixtures.encoder_session import VideoEncoderSession
from conformance.interfaces import EncodedVideoChunk, VideoDecoder, VideoEncoder, VideoFrame
from conformance.media import picture_of
from conformance.media.encoding import first_encoder
from conformance.media.signals import number_of, picture, psnr
from conformance.media.sources import FRAME_DURATION, HEIGHT, WIDTH, VideoSource
from conformance.suite.harness import (
    Test,
    Variant,
    assert_approx_equals,
    assert_array_equals,
    assert_equals,
    assert_greater_than,
    assert_in_array,
    assert_less_than,
    assert_true,
    promise_test,
)

_AVC: Final = "webcodecs-avc-codec-registration"
_HEVC: Final = "webcodecs-hevc-codec-registration"
_VP9: Final = "webcodecs-vp9-codec-registration"
_AV1: Final = "webcodecs-av1-codec-registration"
_REGISTRATIONS: Final = ("avc", "hevc", "vp8", "vp9", "av1")
_COUNT: Final = 8


class Codec(NamedTuple):
    """A codec: the configuration to encode with, and the name of its members in dictionaries."""

    source: VideoSource
    member: str


def _codec(member: str, codec: str, *encoders: str) -> Codec:
    first_encoder(*encoders)
    return Codec(VideoSource({"codec": codec, "width": WIDTH, "height": HEIGHT, "bitrate": 800_000}), member)


def _variant(name: str, codec: str, *encoders: str) -> Variant[Codec]:
    return Variant(name, partial(_codec, name, codec, *encoders))


_AVC_CODEC: Final = _variant("avc", "avc1.64001e", "libx264")
_HEVC_CODEC: Final = _variant("hevc", "hvc1.1.6.L60.90", "libx265")
_VP8_CODEC: Final = _variant("vp8", "vp8", "libvpx")
_VP9_CODEC: Final = _variant("vp9", "vp09.00.10.08", "libvpx-vp9")
_AV1_CODEC: Final = _variant("av1", "av01.0.00M.08", "libaom-av1", "libsvtav1")
#: The encoder of the codec that has a quantizer for each frame.
_AV1_WITH_QUANTIZER: Final = _variant("av1", "av01.0.00M.08", "libaom-av1")
_ALL: Final = [_AVC_CODEC, _HEVC_CODEC, _VP8_CODEC, _VP9_CODEC, _AV1_CODEC]
_NAL_CODECS: Final = [_AVC_CODEC, _HEVC_CODEC]
_VPX: Final = [_VP8_CODEC, _VP9_CODEC]


async def _session(t: Test, with_codec: Codec, /, **changes: object) -> VideoEncoderSession:
    """An encoder with a changed configuration, which must be supported."""
    session = VideoEncoderSession(t, with_codec.source)
    await session.require_support(**changes)
    session.configure(**changes)
    return session


async def _encode(t: Test, with_codec: Codec, count: int = _COUNT, /, **changes: object) -> VideoEncoderSession:
    session = await _session(t, with_codec, **changes)
    for number in range(count):
        session.encode(number)
    await session.flush()
    return session


def _payloads(session: VideoEncoderSession) -> list[bytes]:
    payloads = []
    for chunk in session.chunks:
        data = bytearray(chunk.byteLength)
        chunk.copyTo(data)
        payloads.append(bytes(data))
    return payloads


def _size(session: VideoEncoderSession) -> int:
    return sum(chunk.byteLength for chunk in session.chunks)


def _options(**members: object) -> VideoEncoderEncodeOptions:
    return cast("VideoEncoderEncodeOptions", members)


def _close(frames: Sequence[VideoFrame]) -> None:
    for frame in frames:
        frame.close()


async def _decode(t: Test, session: VideoEncoderSession, chunks: Sequence[EncodedVideoChunk]) -> list[VideoFrame]:
    """The frames of some of the chunks, decoded by the first configuration. They are closed when the scenario ends."""
    frames: list[VideoFrame] = []
    decoder = VideoDecoder({"output": frames.append, "error": t.unreached_func("decoding")})
    t.add_cleanup(partial(_close, frames))
    decoder.configure(cast("VideoDecoderConfig", session.decoder_configs[0]))
    for chunk in chunks:
        decoder.decode(chunk)
    await decoder.flush()
    decoder.close()
    return frames


@promise_test(
    "the decoder that decoderConfig describes decodes the chunks to the same frames, in order and in time",
    shows=[
        *(f"webcodecs-{name}-codec-registration/encodedvideochunk-data" for name in _REGISTRATIONS),
        *(f"webcodecs-{name}-codec-registration/encodedvideochunk-type" for name in _REGISTRATIONS),
        "output-encodedvideochunks#1.5.8",
        "dom-latencymode-quality",
        "dom-videoencoderconfig-latencymode",
    ],
    variants=_ALL,
)
async def round_trip(t: Test, codec: Codec) -> None:
    session = await _session(t, codec, latencyMode="quality")
    for number in range(_COUNT):
        session.encode_with({"keyFrame": number == 5}, number)
    await session.flush()
    keys = [chunk.timestamp for chunk in session.chunks if chunk.type == "key"]
    assert_in_array(5 * FRAME_DURATION, keys)
    frames = await session.decode()
    assert_array_equals([frame.timestamp for frame in frames], [number * FRAME_DURATION for number in range(_COUNT)])
    assert_array_equals([frame.duration for frame in frames], [FRAME_DURATION] * _COUNT)
    for number, frame in enumerate(frames):
        planes = await picture_of(frame)
        assert_equals(number_of(planes[0]), number)
        for plane, expected in zip(planes, picture(number, WIDTH, HEIGHT), strict=True):
            assert_greater_than(psnr(plane, expected), 30)


def _has(session: VideoEncoderSession, count: int) -> bool:
    return len(session.chunks) == count


@promise_test(
    "realtime: a chunk for each frame, before the next is there, and none is reordered",
    shows=["dom-latencymode-realtime", "dom-videoencoderconfig-latencymode"],
    variants=_ALL,
)
async def realtime(t: Test, codec: Codec) -> None:
    session = await _session(t, codec, latencyMode="realtime")
    for number in range(_COUNT):
        session.encode(number)
        await t.step_wait(partial(_has, session, number + 1), f"chunk {number}", 20_000)
    await session.flush()
    assert_array_equals(session.timestamps, [number * FRAME_DURATION for number in range(_COUNT)])


# AVC and HEVC


@promise_test(
    "the bitstream has the profile and the level of the codec string, and the description says so",
    shows=[
        f"{_AVC}/dom-avcbitstreamformat-avc",
        f"{_AVC}/dom-avcencoderconfig-format",
        f"{_AVC}/videodecoderconfig-description",
        f"{_HEVC}/dom-hevcbitstreamformat-hevc",
        f"{_HEVC}/dom-hevcencoderconfig-format",
        f"{_HEVC}/videodecoderconfig-description",
        "dom-videoencoderconfig-codec",
    ],
    variants=_NAL_CODECS,
)
async def descriptions(t: Test, codec: Codec) -> None:
    strings = {
        "avc": ("avc1.42001e", "avc1.4d001f", "avc1.640028", "avc1.64000b"),
        "hevc": ("hvc1.1.6.L60.90", "hvc1.1.6.L93.90"),
    }[codec.member]
    format_of = codec_string_from_avcc if codec.member == "avc" else codec_string_from_hvcc
    for string in strings:
        session = await _encode(t, codec, 2, codec=string, bitrate=100_000)
        description = session.decoder_configs[0]["description"]
        assert isinstance(description, bytes)
        found = format_of(description)
        # Constraints may be stricter than those of the configuration.
        if codec.member == "avc":
            assert_equals((found[5:7], found[9:]), (string[5:7], string[9:]))
        else:
            assert_equals(found.split(".")[1:4], string.split(".")[1:4])
        for payload in _payloads(session):
            position = 0
            while position < len(payload):
                position += 4 + int.from_bytes(payload[position : position + 4], "big")
            assert_equals(position, len(payload), "lengths before NAL units")


@promise_test(
    "annexb: no description; each key chunk has the parameter sets, and decoding can begin there",
    shows=[
        f"{_AVC}/dom-avcbitstreamformat-annexb",
        f"{_AVC}/dom-videoencoderconfig-avc",
        f"{_HEVC}/dom-hevcbitstreamformat-annexb",
        f"{_HEVC}/dom-videoencoderconfig-hevc",
    ],
    variants=_NAL_CODECS,
)
async def annex_b(t: Test, codec: Codec) -> None:
    session = await _session(t, codec, **{codec.member: {"format": "annexb"}, "latencyMode": "realtime"})
    for number in range(6):
        session.encode_with({"keyFrame": number == 3}, number)
    await session.flush()
    assert_true("description" not in session.decoder_configs[0])
    string_of = avc_string_of if codec.member == "avc" else hevc_string_of
    for chunk, payload in zip(session.chunks, _payloads(session), strict=True):
        assert_equals(string_of(payload) is not None, chunk.type == "key")
    frames = await _decode(t, session, cast("list[EncodedVideoChunk]", session.chunks[3:]))
    numbers = [number_of((await picture_of(frame))[0]) for frame in frames]
    assert_array_equals(numbers, [3, 4, 5])


# Quantizers


@promise_test(
    "quantizer: each frame is as fine or coarse as it asks to be; one that doesn't ask is like the one before",
    shows=[
        "dom-videoencoderbitratemode-quantizer",
        f"{_AVC}/dom-videoencoderencodeoptions-avc",
        f"{_AVC}/dom-videoencoderencodeoptionsforavc-quantizer",
        f"{_HEVC}/dom-videoencoderencodeoptions-hevc",
        f"{_HEVC}/dom-videoencoderencodeoptionsforhevc-quantizer",
        f"{_VP9}/dom-videoencoderencodeoptions-vp9",
        f"{_VP9}/dom-videoencoderencodeoptionsforvp9-quantizer",
        f"{_AV1}/dom-videoencoderencodeoptions-av1",
        f"{_AV1}/dom-videoencoderencodeoptionsforav1-quantizer",
    ],
    variants=[_AVC_CODEC, _HEVC_CODEC, _VP9_CODEC, _AV1_WITH_QUANTIZER],
)
async def quantizers(t: Test, codec: Codec) -> None:
    session = await _session(t, codec, bitrateMode="quantizer")
    step = 1 if codec.member in ("avc", "hevc") else 5
    wishes = [10 * step, 20 * step, 40 * step, 20 * step, None, 10 * step, 40 * step]
    for wish in wishes:
        # The same key frame is encoded again and again.
        options = _options(keyFrame=True, **{codec.member: {"quantizer": wish}})
        session.encode_with(options, 7, timestamp=len(session.log))
    await session.flush()
    # The first chunk may contain messages as well.
    sizes = [chunk.byteLength for chunk in session.chunks]
    assert_equals(len(sizes), len(wishes))
    assert_equals(sizes[6], sizes[2])
    assert_equals(sizes[1], sizes[3])
    assert_equals(sizes[4], sizes[3])
    assert_greater_than(sizes[5], 1.2 * sizes[3])
    assert_greater_than(sizes[3], 1.2 * sizes[2])
    expected = picture(7, WIDTH, HEIGHT)[0]
    qualities = [psnr((await picture_of(frame))[0], expected) for frame in await session.decode()]
    assert_greater_than(qualities[0], qualities[1])
    assert_greater_than(qualities[1], qualities[2])


# All codecs


@promise_test(
    "the bit rate, with the frame rate, makes the size of frames",
    shows=[
        "dom-videoencoderconfig-bitrate",
        "dom-videoencoderconfig-framerate",
        "dom-videoencoderconfig-bitratemode",
        "dom-videoencoderbitratemode-constant",
    ],
    variants=[_AVC_CODEC, _HEVC_CODEC, _VP8_CODEC, _VP9_CODEC],
)
async def bit_rate(t: Test, codec: Codec) -> None:
    async def size(bitrate: int, framerate: float) -> int:
        changes = {"bitrate": bitrate, "framerate": framerate, "bitrateMode": "constant", "latencyMode": "realtime"}
        session = await _session(t, codec, **changes)
        for number in range(30):
            # Nothing resembles the chunks before. Timestamps count along with the frame rate (§ 7.8).
            frame = _noise(number, round(1_000_000 / framerate))
            session.encoder.encode(frame)
            frame.close()
        await session.flush()
        assert_equals(len(session.chunks), 30)
        return _size(session)

    low, high, fast = await size(300_000, 25), await size(900_000, 25), await size(900_000, 75)
    assert_greater_than(high, 1.5 * low)
    assert_greater_than(high, 1.5 * fast)


def _noise(number: int, duration: int) -> VideoFrame:
    random = np.random.default_rng(number)
    data = random.integers(64, 192, WIDTH * HEIGHT * 3 // 2).astype(np.uint8).tobytes()
    return VideoFrame(
        data,
        {
            "format": "I420",
            "codedWidth": WIDTH,
            "codedHeight": HEIGHT,
            "timestamp": number * duration,
            "duration": duration,
        },
    )


@promise_test(
    "temporal layers: without the upper ones the rest is decoded to the same pictures",
    shows=["dom-videoencoderconfig-scalabilitymode", "output-encodedvideochunks#1.7"],
    variants=[
        Variant(f"{variant.name}-{mode}", partial(lambda make, mode: (make(), mode), variant.make, mode))
        for variant in _VPX
        for mode in ("L1T1", "L1T2", "L1T3")
    ],
)
async def temporal_layers(t: Test, setting: tuple[Codec, str]) -> None:
    codec, mode = setting
    count = int(mode[-1])
    session = await _encode(t, codec, 16, scalabilityMode=mode, latencyMode="realtime", bitrateMode="constant")
    layers = [
        cast("dict[str, int]", metadata.get("svc", {})).get("temporalLayerId", 0) for metadata in session.metadata
    ]
    pattern = {1: [0], 2: [0, 1], 3: [0, 2, 1, 2]}[count]
    assert_array_equals(layers, (pattern * 16)[:16])
    chunks = cast("list[EncodedVideoChunk]", session.chunks)
    whole = {frame.timestamp: await picture_of(frame) for frame in await _decode(t, session, chunks)}
    for top in range(count):
        kept = [chunk for chunk, layer in zip(chunks, layers, strict=True) if layer <= top]
        frames = await _decode(t, session, kept)
        assert_array_equals([frame.timestamp for frame in frames], [chunk.timestamp for chunk in kept])
        for frame in frames:
            for plane, expected in zip(await picture_of(frame), whole[frame.timestamp], strict=True):
                assert_true(bool((plane == expected).all()), "bit for bit")


@promise_test(
    "alpha: kept as side data, which is of the same codec; or discarded",
    shows=["dom-videoencoderconfig-alpha", "alpha-option", "dom-alphaoption-keep", "dom-alphaoption-discard"],
    variants=_VPX,
)
async def alpha(t: Test, codec: Codec) -> None:
    alpha_plane = np.broadcast_to(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, WIDTH))
    for option in ("keep", "discard"):
        session = await _session(t, codec, alpha=option, latencyMode="realtime")
        for number in range(4):
            planes = (*picture(number, WIDTH, HEIGHT), alpha_plane)
            frame = VideoFrame(
                b"".join(plane.tobytes() for plane in planes),
                {"format": "I420A", "codedWidth": WIDTH, "codedHeight": HEIGHT, "timestamp": number},
            )
            session.encoder.encode(frame, {"keyFrame": number == 2})
            frame.close()
        await session.flush()
        assert_array_equals(["alphaSideData" in metadata for metadata in session.metadata], [option == "keep"] * 4)
        for number, frame in enumerate(await session.decode()):
            assert_greater_than(psnr((await picture_of(frame))[0], picture(number, WIDTH, HEIGHT)[0]), 30)
        if option == "discard":
            return
        chunks = [
            EncodedVideoChunk({"type": chunk.type, "timestamp": chunk.timestamp, "data": cast("bytes", side_data)})
            for chunk, metadata in zip(session.chunks, session.metadata, strict=True)
            for side_data in [metadata["alphaSideData"]]
        ]
        for part in (chunks, chunks[2:]):
            frames = await _decode(t, session, part)
            assert_equals(len(frames), len(part))
            for frame in frames:
                assert_greater_than(psnr((await picture_of(frame))[0], alpha_plane), 30)


@promise_test(
    "frames of another size are scaled to the configuration's, those of another format converted",
    shows=["dom-videoencoderconfig-width", "dom-videoencoderconfig-height"],
    variants=_ALL,
)
async def scaling(t: Test, codec: Codec) -> None:
    session = await _session(t, codec, bitrateMode="variable", latencyMode="realtime", bitrate=1_400_000)
    luma, u, v = picture(19, 2 * WIDTH, 2 * HEIGHT)
    interleaved = np.stack([u, v], axis=-1)
    wide = luma.astype("<u2") << 2, u.astype("<u2") << 2, v.astype("<u2") << 2
    sources: dict[VideoPixelFormat, list[bytes]] = {
        "I420": [plane.tobytes() for plane in (luma, u, v)],
        "NV12": [plane.tobytes() for plane in (luma, interleaved)],
        "I420P10": [plane.tobytes() for plane in wide],
    }
    for number, (pixel_format, data) in enumerate(sources.items()):
        frame = VideoFrame(
            b"".join(data),
            {
                "format": pixel_format,
                "codedWidth": 2 * WIDTH,
                "codedHeight": 2 * HEIGHT,
                "timestamp": number,
            },
        )
        session.encoder.encode(frame)
        frame.close()
    await session.flush()
    config = session.decoder_configs[0]
    assert_equals((config["codedWidth"], config["codedHeight"]), (WIDTH, HEIGHT))
    expected = luma.reshape(HEIGHT, 2, WIDTH, 2).mean(axis=(1, 3)).astype(np.uint8)
    frames = await session.decode()
    assert_equals(len(frames), 3)
    for frame in frames:
        planes = await picture_of(frame)
        assert_equals(number_of(planes[0]), 19)
        assert_greater_than(psnr(planes[0], expected), 24)
        assert_approx_equals(float(planes[1].mean()), float(u.mean()), 2)
        assert_approx_equals(float(planes[2].mean()), float(v.mean()), 2)


@promise_test(
    "RGB becomes YUV, and decoderConfig says which",
    shows=["output-encodedvideochunks#1.5.8"],
    variants=_ALL,
)
async def rgb(t: Test, codec: Codec) -> None:
    session = await _session(t, codec)
    red, green, blue = 200, 100, 40
    frame = VideoFrame(
        bytes([red, green, blue, 255]) * (WIDTH * HEIGHT),
        {"format": "RGBX", "codedWidth": WIDTH, "codedHeight": HEIGHT, "timestamp": 0},
    )
    session.encoder.encode(frame)
    frame.close()
    await session.flush()
    space = cast("dict[str, object]", session.decoder_configs[0]["colorSpace"])
    assert_equals((space["matrix"], space["fullRange"], space["primaries"]), ("bt709", False, "bt709"))
    (decoded,) = await session.decode()
    gray = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    expected = (
        16 + 219 / 255 * gray,
        128 + 224 / 255 * (blue - gray) / 1.8556,
        128 + 224 / 255 * (red - gray) / 1.5748,
    )
    for plane, level in zip(await picture_of(decoded), expected, strict=True):
        assert_approx_equals(float(plane.mean()), level, 2)


@promise_test(
    "a content hint is no reason to refuse; software is there, hardware is not",
    shows=[
        *("dom-videoencoderconfig-contenthint", "dom-videoencoderconfig-hardwareacceleration", "hardware-acceleration"),
        *("dom-hardwareacceleration-prefer-software", "dom-hardwareacceleration-prefer-hardware"),
    ],
    variants=_ALL,
)
async def hints(t: Test, codec: Codec) -> None:
    for hint in ("", "motion", "detail", "text", "no such hint"):
        session = await _encode(t, codec, 2, contentHint=hint, hardwareAcceleration="prefer-software")
        assert_equals(len(await session.decode()), 2)
    session = VideoEncoderSession(t, codec.source)
    supported = await VideoEncoder.isConfigSupported(session.config(hardwareAcceleration="prefer-hardware"))
    assert_equals(supported["supported"], False)
    assert_less_than(len(session.chunks), 1)
