"""Chapter 4: VideoDecoder."""

import asyncio

from conformance.fixtures.decoder_session import Output, VideoSession
from conformance.media import ANY_VIDEO, LOSSLESS_VIDEO, REORDERED_VIDEO, VIDEO, VideoMaterial, picture_of
from conformance.media.signals import number_of, psnr
from conformance.media.video import BT601_LIMITED, BT709_LIMITED, DURATION, HEIGHT, WIDTH, h264, vp9
from conformance.shared_scenarios.decoders import adopt_decoder_scenarios
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_false,
    assert_greater_than_equal,
    assert_in_array,
    assert_not_equals,
    assert_throws_dom,
    assert_true,
    promise_test,
)
from conformance.suite.scenario import Variant

adopt_decoder_scenarios(__name__, "videodecoder", every_codec=VIDEO, broken_chunks=VIDEO, any_codec=ANY_VIDEO)


async def _decoded(t: Test, media: VideoMaterial, **members: object) -> VideoSession:
    """A session that has decoded everything, with these members in the configuration."""
    session = VideoSession(t, media)
    session.configure({**media.config, **members})
    session.decode_all()
    await session.flush()
    return session


@promise_test(
    "the pixels are those that were encoded, frame by frame",
    shows=["output-videoframes#1.7", "create-a-videoframe#1.2", "dom-videodecoder-decode:message#4.1"],
    variants=[*VIDEO, *REORDERED_VIDEO, *LOSSLESS_VIDEO],
)
async def pixels(t: Test, media: VideoMaterial) -> None:
    session = await _decoded(t, media)
    assert_equals(len(session.frames), len(media.pictures))
    for number, (frame, expected) in enumerate(zip(session.frames, media.pictures, strict=True)):
        picture = await picture_of(frame)
        assert_equals(number_of(picture[0]), number, "the number in the picture")
        for name, plane, expected_plane in zip("YUV", picture, expected, strict=True):
            if media.minimum_psnr is None:
                assert_array_equals(plane, expected_plane, f"plane {name} of frame {number}")
            else:
                ratio = psnr(plane, expected_plane)
                assert_greater_than_equal(ratio, media.minimum_psnr, f"PSNR of plane {name} of frame {number}:")


@promise_test(
    "frames come in presentation order, though chunks are in decoding order",
    shows=["dom-videodecoder-decode", "dom-videodecoder-decode:message#4.4", "output-videoframes#1.1"],
    variants=REORDERED_VIDEO,
)
async def presentation_order(t: Test, media: VideoMaterial) -> None:
    decoding_order = [chunk.timestamp for chunk in media.chunks]
    assert_not_equals(decoding_order, sorted(decoding_order), "the material is reordered")
    session = await _decoded(t, media)
    assert_array_equals(session.timestamps, sorted(decoding_order))


@promise_test(
    "presentation order holds across a flush, and a flush in the middle of a group loses nothing",
    shows=["dom-videodecoder-flush:message#1.1", "dom-videodecoder-decode:message#4.4"],
    variants=[*VIDEO, *REORDERED_VIDEO],
)
async def flush_between_groups(t: Test, media: VideoMaterial) -> None:
    session = VideoSession(t, media)
    session.configure()
    for number in range(media.next_key):
        session.decode(number)
    await session.flush()
    assert_array_equals(session.timestamps, media.timestamps(media.next_key))
    for number in range(media.next_key, len(media.chunks)):
        session.decode(number)
    await session.flush()
    assert_array_equals(session.timestamps, media.timestamps())


@promise_test(
    "decoding can begin at any key chunk",
    shows=["key-chunk", "dom-videodecoder-decode#2.3"],
    variants=[*VIDEO, *REORDERED_VIDEO],
)
async def random_access(t: Test, media: VideoMaterial) -> None:
    session = VideoSession(t, media)
    session.configure()
    for number in range(media.next_key, len(media.chunks)):
        session.decode(number)
    await session.flush()
    assert_array_equals(session.timestamps, media.timestamps()[media.next_key :])
    first = await picture_of(session.frames[0])
    assert_equals(number_of(first[0]), media.next_key)


@promise_test(
    "a frame has the duration of its chunk, or none if that has none",
    shows=["output-videoframes#1.1", "create-a-videoframe#1.11"],
    variants=VIDEO,
)
async def durations(t: Test, media: VideoMaterial) -> None:
    session = VideoSession(t, media)
    session.configure()
    session.decode(0)
    session.decode(media.chunk(1, timestamp=DURATION))
    await session.flush()
    assert_array_equals([frame.duration for frame in session.frames], [DURATION, None])


@promise_test(
    "sizes are those of the picture; the codec's padding is outside the visible rectangle",
    shows=["create-a-videoframe#1.6", "create-a-videoframe#1.7", "create-a-videoframe#1.8", "create-a-videoframe#1.10"],
    variants=[
        *VIDEO,
        Variant("h264_avc_cropped", lambda: h264(annexb=False, width=120, height=90)),
        Variant("h264_annexb_cropped", lambda: h264(annexb=True, width=120, height=90)),
    ],
)
async def sizes(t: Test, media: VideoMaterial) -> None:
    height, width = media.pictures[0][0].shape
    session = await _decoded(t, media)
    for frame in session.frames:
        rect = frame.visibleRect
        assert rect is not None
        assert_equals((rect.x, rect.y, rect.width, rect.height), (0, 0, width, height))
        assert_equals((frame.displayWidth, frame.displayHeight), (width, height))
        assert_greater_than_equal(frame.codedWidth, width)
        assert_greater_than_equal(frame.codedHeight, height)
        assert_in_array(frame.codedWidth - width, range(16), "padding is less than a macroblock:")
        assert_equals(frame.format, "I420")


@promise_test(
    "coded sizes may be left out of the configuration",
    shows=["valid-videodecoderconfig#2", "dom-videodecoderconfig-codedwidth"],
    variants=VIDEO,
)
async def no_coded_size(t: Test, media: VideoMaterial) -> None:
    session = VideoSession(t, media)
    config: dict[str, object] = dict(media.config)
    del config["codedWidth"], config["codedHeight"]
    session.configure(config)
    session.decode_all()
    await session.flush()
    assert_array_equals(session.timestamps, media.timestamps())
    assert_equals((session.frames[0].displayWidth, session.frames[0].displayHeight), (WIDTH, HEIGHT))


@promise_test(
    "a display aspect ratio in the configuration increases one dimension of the display size",
    shows=["output-videoframes#1.3", "create-a-videoframe#1.9", "dom-videodecoderconfig-displayaspectwidth"],
    variants=[ANY_VIDEO],
)
async def display_aspect(t: Test, media: VideoMaterial) -> None:
    for aspect, expected in {
        (4, 3): (128, 96),
        (16, 9): (171, 96),
        (1, 1): (128, 128),
        (2, 1): (192, 96),
        (128, 96): (128, 96),
        (1, 2): (128, 256),
    }.items():
        session = await _decoded(t, media, displayAspectWidth=aspect[0], displayAspectHeight=aspect[1])
        frame = session.frames[0]
        assert_equals((frame.displayWidth, frame.displayHeight), expected, f"{aspect[0]}:{aspect[1]}")


@promise_test(
    "a pixel aspect ratio in the bitstream widens the display size; the configuration's display aspect overrides it",
    shows=["output-videoframes#1.3", "create-a-videoframe#1.8", "create-a-videoframe#1.9"],
    variants=[Variant("h264_annexb", lambda: h264(annexb=True, sample_aspect_ratio=(3, 2)))],
)
async def sample_aspect(t: Test, media: VideoMaterial) -> None:
    frame = (await _decoded(t, media)).frames[0]
    assert_equals((frame.displayWidth, frame.displayHeight), (192, 96))
    rect = frame.visibleRect
    assert rect is not None
    assert_equals((rect.width, rect.height), (WIDTH, HEIGHT))
    frame = (await _decoded(t, media, displayAspectWidth=3, displayAspectHeight=1)).frames[0]
    assert_equals((frame.displayWidth, frame.displayHeight), (288, 96))


@promise_test(
    "rotation and flip are the configuration's",
    shows=["output-videoframes#1.6", "dom-videodecoderconfig-rotation", "dom-videodecoderconfig-flip"],
    variants=VIDEO,
)
async def orientation(t: Test, media: VideoMaterial) -> None:
    frame = (await _decoded(t, media)).frames[0]
    assert_equals((frame.rotation, frame.flip), (0, False), "by default")
    for rotation, flip in [(90, True), (180, False), (270, True), (0, True)]:
        session = await _decoded(t, media, rotation=rotation, flip=flip)
        for frame in session.frames:
            assert_equals((frame.rotation, frame.flip), (rotation, flip))


@promise_test(
    "frames have the properties of the configuration that decoded them, even if they come out late",
    shows=[
        "dom-videodecoder-active-decoder-config-slot",
        "dom-videodecoder-configure:message#2.4",
        "output-videoframes#1.6",
    ],
    variants=[*VIDEO, *REORDERED_VIDEO],
)
async def active_configuration(t: Test, media: VideoMaterial) -> None:
    session = VideoSession(t, media)
    for rotation in (90, 180):
        session.configure({**media.config, "rotation": rotation})
        session.decode_all()
    await session.flush()
    rotations = [frame.rotation for frame in session.frames]
    assert_array_equals(rotations, [90] * len(media.chunks) + [180] * len(media.chunks))


def _color_space_of(session: VideoSession) -> tuple[object, object, object, object]:
    space = session.frames[0].colorSpace
    return space.primaries, space.transfer, space.matrix, space.fullRange


@promise_test(
    "the colour space of the bitstream is detected",
    shows=["output-videoframes#1.4", "create-a-videoframe#1.12"],
    variants=[Variant("h264_annexb", lambda: h264(annexb=True, colors=(9, 16, 9, 2)))],
)
async def detected_color_space(t: Test, media: VideoMaterial) -> None:
    session = await _decoded(t, media)
    assert_equals(_color_space_of(session), ("bt2020", "pq", "bt2020-ncl", True))


@promise_test(
    "the colour space that a VP9 frame names is detected whole",
    shows=["output-videoframes#1.4"],
    variants=[
        Variant("vp9", lambda: vp9(colors=BT709_LIMITED)),
        Variant("vp9_bt601", lambda: vp9(colors=BT601_LIMITED)),
    ],
)
async def color_space_of_vp9(t: Test, media: VideoMaterial) -> None:
    session = await _decoded(t, media)
    name = "bt709" if media is vp9(colors=BT709_LIMITED) else "smpte170m"
    assert_equals(_color_space_of(session), (name, name, name, False))


@promise_test(
    "the colour space is that of REC709 where neither bitstream nor configuration has one",
    shows=["output-videoframes#1.4", "videoframe-pick-color-space#3"],
    variants=[Variant("h264_annexb", lambda: h264(annexb=True))],
)
async def no_color_space(t: Test, media: VideoMaterial) -> None:
    session = await _decoded(t, media)
    assert_equals(_color_space_of(session), ("bt709", "bt709", "bt709", False))


@promise_test(
    "the colour space of the configuration overrides that of the bitstream",
    shows=["output-videoframes#1.5", "dom-videodecoderconfig-colorspace", "videoframe-pick-color-space#1"],
    variants=[
        Variant("h264_annexb", lambda: h264(annexb=True, colors=BT709_LIMITED)),
        ANY_VIDEO,
    ],
)
async def configured_color_space(t: Test, media: VideoMaterial) -> None:
    detected = _color_space_of(await _decoded(t, media))
    color_space = {"primaries": "bt2020", "transfer": "hlg", "matrix": "bt2020-ncl", "fullRange": True}
    session = await _decoded(t, media, colorSpace=color_space)
    assert_equals(_color_space_of(session), ("bt2020", "hlg", "bt2020-ncl", True))
    session = await _decoded(t, media, colorSpace={"fullRange": False, "transfer": "smpte170m"})
    primaries, transfer, matrix, full_range = _color_space_of(session)
    assert_equals((transfer, full_range), ("smpte170m", False))
    assert_in_array(primaries, [None, detected[0]], "null, or as detected:")
    assert_in_array(matrix, [None, detected[2]], "null, or as detected:")


@promise_test(
    "a frame comes out before the next chunk is sent, if the codec does not reorder",
    shows=["dom-videodecoder-decode:message#4.5"],
    variants=VIDEO,
)
async def prompt_frames(t: Test, media: VideoMaterial) -> None:
    session = VideoSession(t, media)
    session.configure()
    for number in range(len(media.chunks)):
        session.decode(number)
        await t.step_wait(lambda: len(session.outputs) > number, f"frame {number}", 20_000)  # noqa: B023
    assert_array_equals(session.timestamps, media.timestamps())


@promise_test(
    "all frames of chunks that are sent at once come out without a flush, if the codec does not reorder",
    shows=["dom-videodecoder-decode:message#4.5"],
    variants=VIDEO,
)
async def all_frames_without_a_flush(t: Test, media: VideoMaterial) -> None:
    session = VideoSession(t, media)
    session.configure()
    session.decode_all()
    await t.step_wait(lambda: len(session.outputs) == len(media.chunks), "all frames", 20_000)
    assert_array_equals(session.timestamps, media.timestamps())


@promise_test(
    "all frames before a damaged chunk come out before the error",
    shows=["dom-videodecoder-decode:message#4.2", "dom-videodecoder-decode:message#4.5"],
    variants=[*VIDEO, *REORDERED_VIDEO],
)
async def frames_before_an_error(t: Test, media: VideoMaterial) -> None:
    damaged = media.next_key - 1
    session = VideoSession(t, media)
    session.expect_errors = True
    session.configure()
    for number in range(damaged):
        session.decode(number)
    session.decode(media.corrupt_chunk(damaged))
    await t.step_wait(lambda: bool(session.errors), "the error", 20_000)
    assert_array_equals(session.timestamps, sorted(chunk.timestamp for chunk in media.chunks[:damaged]))
    assert_equals(session.log[-1], "error EncodingError")


@promise_test(
    "with optimizeForLatency a frame comes out without a flush",
    shows=["dom-videodecoderconfig-optimizeforlatency", "dom-videodecoder-decode:message#4.5"],
    variants=VIDEO,
)
async def optimize_for_latency(t: Test, media: VideoMaterial) -> None:
    session = VideoSession(t, media)
    got_output = asyncio.Event()

    def first_output(output: Output) -> None:
        got_output.set()

    session.on_output = first_output
    session.configure({**media.config, "optimizeForLatency": True})
    session.decode(0)
    await got_output.wait()
    assert_array_equals(session.timestamps, [0])
    session.decode(1)
    await session.flush()
    assert_array_equals(session.timestamps, [0, DURATION])


@promise_test(
    "a chunk that says it is a key chunk, but is none, is not accepted where one is required",
    shows=["dom-videodecoder-decode#2.2"],
    variants=VIDEO,
)
async def false_key_chunk(t: Test, media: VideoMaterial) -> None:
    session = VideoSession(t, media)
    session.configure()
    assert_throws_dom("DataError", lambda: session.decode(media.chunk(1, type="key")))
    assert_equals(session.decodeQueueSize, 0)
    session.decode(0)
    # No key chunk is required here, so the data are not inspected.
    session.decode(media.chunk(1, type="key"))
    await session.flush()
    assert_array_equals(session.timestamps, media.timestamps(2))


@promise_test(
    "a key chunk that says it is a delta chunk is taken for one",
    shows=["dom-videodecoder-decode#2.1"],
    variants=VIDEO,
)
async def hidden_key_chunk(t: Test, media: VideoMaterial) -> None:
    session = VideoSession(t, media)
    session.configure()
    assert_throws_dom("DataError", lambda: session.decode(media.chunk(0, type="delta")))
    session.decode(0)
    session.decode(media.chunk(0, type="delta"))
    await session.flush()
    assert_equals(len(session.frames), 2)


@promise_test(
    "every output is a frame of its own",
    shows=["create-a-videoframe#1.1", "create-a-videoframe#1.3", "create-a-videoframe#1.4"],
    variants=VIDEO,
)
async def frames_are_independent(t: Test, media: VideoMaterial) -> None:
    session = await _decoded(t, media)
    frames = session.frames
    assert_equals(len({id(frame) for frame in frames}), len(media.chunks))
    first, second = frames[0], frames[1]
    expected = await picture_of(second)
    first.close()
    assert_equals(first.format, None)
    assert_true(second.format is not None)
    assert_array_equals((await picture_of(second))[0], expected[0])
    assert_false(first is second)
