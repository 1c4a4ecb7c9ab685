"""Chapter 6: VideoEncoder on real codecs. Configurations and options show in the frames that are decoded in the end."""

from typing import cast

from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from codecmodel.configurations.encoder_configurations import VideoEncoderEncodeOptions
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from conformance.fixtures.encoder_session import VideoEncoderSession, close_all
from conformance.interfaces import EncodedVideoChunk, VideoDecoder, VideoEncoder, VideoFrame
from conformance.media.content import picture_of
from conformance.media.signals import number_of, psnr
from conformance.media.sources import (
    ENCODED_VIDEO,
    FRAME_DURATION,
    HEIGHT,
    VIDEO_WITH_QUANTIZERS,
    WIDTH,
    Source,
    VideoSource,
)
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_greater_than,
    assert_greater_than_equal,
    assert_less_than,
    assert_true,
    promise_test,
)

_VPX = [variant for variant in ENCODED_VIDEO if variant.name in ("vp8", "vp9")]


async def _session(t: Test, source: Source, **changes: object) -> VideoEncoderSession:
    """A session that is configured with ``changes``, which may be unsupported."""
    assert isinstance(source, VideoSource)
    session = VideoEncoderSession(t, source)
    await session.require_support()
    if changes:
        await session.require_support(**changes)
    session.configure(**changes)
    return session


async def _numbers(frames: list[VideoFrame]) -> list[int]:
    """The numbers that the decoded pictures carry."""
    return [number_of((await picture_of(frame))[0]) for frame in frames]


@promise_test(
    "frames that must be key frames are, and decode without those before them",
    shows=["dom-videoencoderencodeoptions-keyframe", "output-encodedvideochunks#1.1.2"],
    variants=ENCODED_VIDEO,
)
async def key_frames(t: Test, source: Source) -> None:
    session = await _session(t, source)
    for number in range(12):
        session.encode_with({"keyFrame": number in (0, 5, 10)}, number)
    await session.flush()
    keys = [chunk.timestamp // FRAME_DURATION for chunk in session.chunks if chunk.type == "key"]
    assert_true({0, 5, 10} <= set(keys), f"key frames are {keys}")
    start = next(i for i, chunk in enumerate(session.chunks) if chunk.timestamp == 5 * FRAME_DURATION)
    frames: list[VideoFrame] = []
    decoder = VideoDecoder({"output": frames.append, "error": t.unreached_func("error")})
    t.add_cleanup(lambda: close_all(frames))
    decoder.configure(cast("VideoDecoderConfig", session.decoder_configs[0]))
    for chunk in session.chunks[start:]:
        decoder.decode(cast("EncodedVideoChunk", chunk))
    await decoder.flush()
    decoder.close()
    assert_array_equals(await _numbers(frames), list(range(5, 12)))


@promise_test(
    "the decoderConfig and the chunks decode to the frames that were encoded",
    shows=["output-encodedvideochunks#1.5.8", "dom-encodedvideochunkmetadata-decoderconfig"],
    variants=ENCODED_VIDEO,
)
async def round_trip(t: Test, source: Source) -> None:
    session = await _session(t, source)
    for number in range(10):
        session.encode(number)
    await session.flush()
    frames = await session.decode()
    assert_array_equals([frame.timestamp for frame in frames], [number * FRAME_DURATION for number in range(10)])
    assert_array_equals([frame.duration for frame in frames], [FRAME_DURATION] * 10)
    for number, frame in enumerate(frames):
        for actual, expected in zip(await picture_of(frame), session.source.picture(number), strict=True):
            assert_greater_than_equal(psnr(actual, expected), 30, f"PSNR of frame {number}, in dB:")


@promise_test(
    "in realtime every frame comes out before the next is encoded, in order",
    shows=["dom-latencymode-realtime", "dom-videoencoderconfig-latencymode"],
    variants=ENCODED_VIDEO,
)
async def realtime(t: Test, source: Source) -> None:
    session = await _session(t, source, latencyMode="realtime", framerate=25)
    for number in range(8):
        session.encode(number)
        await t.step_wait(lambda: len(session.chunks) > number, f"the chunk of frame {number}", 20_000)  # noqa: B023
    assert_array_equals(session.timestamps, [number * FRAME_DURATION for number in range(8)])


@promise_test(
    "for quality chunks come in presentation order, the first one with the fifth frame at the latest",
    shows=["dom-latencymode-quality", "dom-videoencoder-encode:message#4.4"],
    variants=ENCODED_VIDEO,
)
async def presentation_order(t: Test, source: Source) -> None:
    session = await _session(t, source, latencyMode="quality", framerate=25)
    for number in range(20):
        session.encode(number % 8, timestamp=number * FRAME_DURATION)
        await t.step_wait(lambda: len(session.chunks) >= number - 3, f"chunk {number - 4}", 20_000)  # noqa: B023
    await session.flush()
    assert_array_equals(session.timestamps, [number * FRAME_DURATION for number in range(20)])


@promise_test(
    "for quality no frame is dropped, however little the bitrate",
    shows=["dom-latencymode-quality", "dom-videoencoderbitratemode-constant", "dom-videoencoderconfig-bitrate"],
    variants=ENCODED_VIDEO,
)
async def quality(t: Test, source: Source) -> None:
    session = await _session(t, source, latencyMode="quality", bitrateMode="constant", bitrate=20_000, framerate=25)
    for number in range(30):
        session.encode(number % 8, timestamp=number * FRAME_DURATION)
    await session.flush()
    assert_array_equals(sorted(session.timestamps), [number * FRAME_DURATION for number in range(30)])


@promise_test(
    "more bits per second make more bytes",
    shows=["dom-videoencoderconfig-bitrate", "dom-videoencoderbitratemode-variable"],
    variants=ENCODED_VIDEO,
)
async def bitrate(t: Test, source: Source) -> None:
    sizes: list[int] = []
    for rate in (20_000, 900_000):
        session = await _session(t, source, bitrate=rate, framerate=25)
        for number in range(25):
            session.encode(number * 37 % 256, timestamp=number * FRAME_DURATION)
        await session.flush()
        sizes.append(sum(chunk.byteLength for chunk in session.chunks))
    assert_greater_than(sizes[1], 1.5 * sizes[0], f"bytes: {sizes}")


@promise_test(
    "a frame of another size is scaled to the configuration's, the visible rectangle of it",
    shows=["dom-videoencoderconfig-width", "dom-videoencoderconfig-height", "dom-videoencoder-encode:message#4.1"],
    variants=ENCODED_VIDEO,
)
async def other_sizes(t: Test, source: Source) -> None:
    assert isinstance(source, VideoSource)
    session = await _session(t, source, width=WIDTH * 2, height=HEIGHT * 2)
    for number in (3, 4):
        session.encode(number)
    # The lower four bits of the number are in the right half.
    whole = session.source.frame(0b0101_0110)
    half = VideoFrame(whole, {"timestamp": 200_000, "visibleRect": {"x": 64, "y": 0, "width": 64, "height": 96}})
    whole.close()
    session.encoder.encode(half)
    half.close()
    await session.flush()
    frames = await session.decode()
    sizes = [frame.visibleRect and (frame.visibleRect.width, frame.visibleRect.height) for frame in frames]
    assert_array_equals(sizes, [(WIDTH * 2, HEIGHT * 2)] * 3)
    numbers = await _numbers(frames)
    assert_array_equals(numbers[:2], [3, 4])
    # Each of the four bits is two pixels wide.
    assert_equals(numbers[2], 0b00_11_11_00)


@promise_test(
    "displayWidth and displayHeight are what frames are displayed at in the end",
    shows=[
        "dom-videoencoderconfig-displaywidth",
        "dom-videoencoderconfig-displayheight",
        "output-encodedvideochunks#1.5.4",
    ],
    variants=ENCODED_VIDEO,
)
async def display_size(t: Test, source: Source) -> None:
    session = await _session(t, source, displayWidth=2 * WIDTH, displayHeight=HEIGHT)
    session.encode(0)
    await session.flush()
    [frame] = await session.decode()
    assert_equals((frame.displayWidth, frame.displayHeight), (2 * WIDTH, HEIGHT))
    assert frame.visibleRect is not None
    assert_equals((frame.visibleRect.width, frame.visibleRect.height), (WIDTH, HEIGHT))


@promise_test(
    "rotation and flip of frames come back with decoded ones",
    shows=["output-encodedvideochunks#1.5.6", "output-encodedvideochunks#1.5.7"],
    variants=ENCODED_VIDEO,
)
async def orientation_comes_back(t: Test, source: Source) -> None:
    session = await _session(t, source)
    frame = session.source.frame(0, rotation=90, flip=True)
    session.encoder.encode(frame)
    frame.close()
    await session.flush()
    [decoded] = await session.decode()
    assert_equals((decoded.rotation, decoded.flip), (90.0, True))
    assert_equals((decoded.displayWidth, decoded.displayHeight), (HEIGHT, WIDTH))


@promise_test(
    "the colour space of frames comes back with decoded ones; another one begins with a key frame",
    shows=["output-encodedvideochunks#1.5.8", "output-encodedvideochunks#1.6"],
    variants=ENCODED_VIDEO,
)
async def color_space_comes_back(t: Test, source: Source) -> None:
    session = await _session(t, source)
    spaces: list[VideoColorSpaceInit] = [
        {"primaries": "bt709", "transfer": "bt709", "matrix": "bt709", "fullRange": False},
        {"primaries": "smpte170m", "transfer": "smpte170m", "matrix": "smpte170m", "fullRange": False},
    ]
    for number, space in enumerate(spaces):
        frame = session.source.frame(number, color_space=space)
        session.encoder.encode(frame)
        frame.close()
    await session.flush()
    assert_equals([config["colorSpace"] for config in session.decoder_configs], spaces)
    assert_array_equals(session.types, ["key", "key"])
    frames = await session.decode()
    assert_equals([frame.colorSpace.toJSON() for frame in frames], spaces)


@promise_test(
    "no content hint is a reason to refuse",
    shows=["dom-videoencoderconfig-contenthint"],
    variants=ENCODED_VIDEO,
)
async def content_hint(t: Test, source: Source) -> None:
    for hint in ("", "motion", "detail", "text", "bogus"):
        assert isinstance(source, VideoSource)
        session = VideoEncoderSession(t, source)
        await session.require_support()
        support = await VideoEncoder.isConfigSupported(session.config(contentHint=hint))
        assert_equals(support["supported"], True, hint)
        session.configure(contentHint=hint)
        session.encode(1)
        await session.flush()
        assert_array_equals(await _numbers(await session.decode()), [1])


@promise_test(
    "without its upper temporal layers the stream is whole, at a fraction of the frame rate",
    shows=["dom-videoencoderconfig-scalabilitymode", "output-encodedvideochunks#1.7.2", "temporal-layer"],
    variants=_VPX,
)
async def temporal_layers_can_be_dropped(t: Test, source: Source) -> None:
    for mode, pattern in (("L1T2", (0, 1, 0, 1)), ("L1T3", (0, 2, 1, 2))):
        session = await _session(t, source, scalabilityMode=mode, bitrateMode="constant", framerate=25)
        for number in range(16):
            session.encode(number)
        await session.flush()
        layers = [cast("dict[str, int]", metadata["svc"])["temporalLayerId"] for metadata in session.metadata]
        assert_array_equals(layers, pattern * 4)
        for highest in range(max(pattern)):
            kept = [number for number, layer in enumerate(layers) if layer <= highest]
            lower = VideoEncoderSession(t, session.source)
            lower.chunks = [session.chunks[number] for number in kept]
            lower.metadata = [session.metadata[number] for number in kept]
            assert_array_equals(await _numbers(await lower.decode()), kept)


@promise_test(
    "alpha that is kept comes back: the side data is a stream of its own, whose luma is the alpha plane",
    shows=[
        *("dom-videoencoderconfig-alpha", "dom-alphaoption-keep", "dom-alphaoption-discard"),
        "output-encodedvideochunks#1.8.1",
    ],
    variants=_VPX,
)
async def alpha_comes_back(t: Test, source: Source) -> None:
    session = await _session(t, source, alpha="keep")
    for number in range(4):
        frame = session.source.frame(number, alpha=session.source.picture(number + 100)[0])
        session.encoder.encode(frame)
        frame.close()
    session.configure(alpha="discard")
    frame = session.source.frame(4, alpha=session.source.picture(104)[0])
    session.encoder.encode(frame)
    frame.close()
    await session.flush()
    assert_array_equals(["alphaSideData" in metadata for metadata in session.metadata], [True] * 4 + [False])
    assert_array_equals(await _numbers(await session.decode()), [0, 1, 2, 3, 4])
    alpha = VideoEncoderSession(t, session.source)
    alpha.metadata = session.metadata[:4]
    alpha.chunks = [
        EncodedVideoChunk(
            {
                "type": cast("EncodedVideoChunk", chunk).type,
                "timestamp": chunk.timestamp,
                "data": cast("bytes", metadata["alphaSideData"]),
            }
        )
        for chunk, metadata in zip(session.chunks, alpha.metadata, strict=False)
    ]
    assert_array_equals(await _numbers(await alpha.decode()), [100, 101, 102, 103])


@promise_test(
    "a coarser quantizer makes a smaller frame, each for itself; one out of range is an error",
    shows=["dom-videoencoderbitratemode-quantizer", "dom-videoencoder-encode:message#4.2"],
    variants=VIDEO_WITH_QUANTIZERS,
)
async def quantizers(t: Test, source: Source) -> None:
    assert isinstance(source, VideoSource)
    codec = source.config["codec"]
    member, highest = {"avc1": ("avc", 51), "hvc1": ("hevc", 51), "vp09": ("vp9", 255), "av01": ("av1", 255)}[codec[:4]]
    session = await _session(t, source, bitrateMode="quantizer")
    for number, quantizer in enumerate((highest // 5, highest, highest // 5)):
        options = {"keyFrame": True, member: {"quantizer": quantizer}}
        session.encode_with(cast("VideoEncoderEncodeOptions", options), number)
    await session.flush()
    sizes = [chunk.byteLength for chunk in sorted(session.chunks, key=lambda chunk: chunk.timestamp)]
    assert_less_than(sizes[1] * 1.5, min(sizes[0], sizes[2]), f"bytes: {sizes}")
    session.expect_errors = True
    session.encode_with(cast("VideoEncoderEncodeOptions", {member: {"quantizer": highest + 1}}), 3)
    await t.step_wait(lambda: session.encoder.state == "closed", "the error", 20_000)
    assert_equals([error.name for error in session.errors], ["EncodingError"])
