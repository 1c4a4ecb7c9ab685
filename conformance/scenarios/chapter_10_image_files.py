"""Chapter 10: image files as they are found, decoded by the platform's codecs."""

from functools import partial

import numpy as np

from codecmodel.image_decoding.image_decoder_init import ImageBufferSource
from codecmodel.web.errors import RangeError
from conformance.interfaces import ByteStream, ImageDecoder, VideoFrame
from conformance.media.images import (
    ANIMATIONS,
    HEIGHT,
    IMAGES,
    REPETITIONS,
    STILL_IMAGES,
    WIDTH,
    ImageMaterial,
    RgbPicture,
    jpeg_with_orientation,
)
from conformance.suite.harness import (
    Test,
    Variant,
    assert_array_equals,
    assert_equals,
    assert_implements_optional,
    assert_less_than_equal,
    assert_true,
    promise_rejects_dom,
    promise_rejects_js,
    promise_test,
)


async def _new_decoder(t: Test, media: ImageMaterial, data: ImageBufferSource) -> ImageDecoder:
    supported = await ImageDecoder.isTypeSupported(media.type)
    assert_implements_optional(supported, f"{media.type} is not supported")
    decoder = ImageDecoder({"type": media.type, "data": data})
    t.add_cleanup(decoder.close)
    return decoder


async def _assert_picture(frame: VideoFrame, expected: RgbPicture, media: ImageMaterial) -> None:
    pixels = np.zeros((frame.codedHeight, frame.codedWidth, 4), np.uint8)
    await frame.copyTo(pixels, {"format": "RGBA"})
    assert_equals(pixels.shape[:2], expected.shape[:2])
    error = int(np.abs(pixels[..., :3].astype(int) - expected).max())
    assert_less_than_equal(error, media.tolerance, f"the error at {frame.timestamp}")


@promise_test(
    "every frame has the pixels, the timestamp and the duration that were encoded, in any order",
    shows=[
        "imagedecoder-decode-complete-frame#7",
        "imagedecoder-decode-complete-frame#11.1",
        "imagedecoder-decode-complete-frame#11.2",
        "imagedecoder-decode-complete-frame#11.3",
        "imagedecoder-decode-complete-frame#11.5",
        "dom-imagedecoderesult-image",
        "dom-imagedecoderesult-complete",
    ],
    variants=IMAGES,
)
async def frames(t: Test, media: ImageMaterial) -> None:
    decoder = await _new_decoder(t, media, media.file)
    indices = range(len(media.pictures))
    for index in (*indices, *reversed(indices)):
        result = await decoder.decode({"frameIndex": index})
        assert_true(result["complete"])
        times = result["image"].timestamp, result["image"].duration
        assert_equals(times, (media.timestamps[index], media.durations[index]))
        await _assert_picture(result["image"], media.pictures[index], media)
        result["image"].close()
    await promise_rejects_js(t, RangeError, decoder.decode({"frameIndex": len(media.pictures)}))


@promise_test(
    "the one track is described",
    shows=["imagedecoder-establish-tracks#5.1.3", "imagedecoder-establish-tracks#5.1.4", "dom-imagetracklist-ready"],
    variants=IMAGES,
)
async def track(t: Test, media: ImageMaterial) -> None:
    decoder = await _new_decoder(t, media, media.file)
    await decoder.tracks.ready
    [only] = decoder.tracks
    assert_equals((only.animated, only.frameCount), (media.animated, len(media.pictures)))
    assert_equals(only.repetitionCount, media.repetition_count)
    assert_true(only.selected)


@promise_test(
    "the number of repetitions is one less than that of the times an animation is shown",
    shows=["imagedecoder-establish-tracks#5.1.5", "dom-imagetrack-repetitioncount"],
    variants=REPETITIONS,
)
async def repetitions(t: Test, media: ImageMaterial) -> None:
    decoder = await _new_decoder(t, media, media.file)
    await decoder.tracks.ready
    [only] = decoder.tracks
    assert_equals((only.animated, only.repetitionCount), (True, media.repetition_count))


@promise_test(
    "a file that arrives in parts is the same file",
    shows=["imagedecoder-fetch-stream-data-loop:chunk-steps#4", "imagedecoder-update-tracks#6.1.2"],
    variants=IMAGES,
)
async def stream(t: Test, media: ImageMaterial) -> None:
    decoder = await _new_decoder(t, media, ByteStream(media.chunks(7)))
    for index, expected in enumerate(media.pictures):
        result = await decoder.decode({"frameIndex": index})
        await _assert_picture(result["image"], expected, media)
        result["image"].close()
    await decoder.completed
    assert_equals(decoder.tracks[0].frameCount, len(media.pictures))


@promise_test(
    "a file that breaks off: the frames that are whole are decoded, the next one closes the decoder",
    shows=["imagedecoder-decode-complete-frame#5", "imagedecoder-fatally-reject-bad-data#1.2"],
    variants=ANIMATIONS,
)
async def truncated(t: Test, media: ImageMaterial) -> None:
    decoder = await _new_decoder(t, media, media.file[:-20])
    result = await decoder.decode()
    await _assert_picture(result["image"], media.pictures[0], media)
    result["image"].close()
    cut = decoder.tracks[0].frameCount - 1
    await promise_rejects_dom(t, "EncodingError", decoder.decode({"frameIndex": cut}))
    assert_equals(decoder.tracks.length, 0, "closed")


@promise_test(
    "a file of another kind is no image",
    shows=["imagedecoder-establish-tracks#3", "imagedecoder-close-imagedecoder#4"],
    variants=STILL_IMAGES,
)
async def something_else(t: Test, media: ImageMaterial) -> None:
    decoder = await _new_decoder(t, media, b"something else altogether" * 9)
    await promise_rejects_dom(t, "EncodingError", decoder.decode())
    await promise_rejects_dom(t, "EncodingError", decoder.tracks.ready)


@promise_test(
    "orientation in Exif metadata becomes rotation and flip",
    shows=["imagedecoder-decode-complete-frame#11.4", "create-a-videoframe#1.13"],
    variants=[Variant(str(tag), partial(jpeg_with_orientation, tag)) for tag in range(1, 9)],
)
async def orientation(t: Test, media: ImageMaterial) -> None:
    tag = media.file.index(b"Exif\0\0") + 6 + 19
    turned = {5: (90, True), 6: (90, False), 7: (270, True), 8: (270, False)}
    expected = {1: (0, False), 2: (0, True), 3: (180, False), 4: (180, True), **turned}[media.file[tag]]
    decoder = await _new_decoder(t, media, media.file)
    image = (await decoder.decode())["image"]
    assert_equals((image.rotation, image.flip), expected)
    assert_array_equals([image.codedWidth, image.codedHeight], [WIDTH, HEIGHT], "the pixels are as stored")
    size = (HEIGHT, WIDTH) if media.file[tag] in turned else (WIDTH, HEIGHT)
    assert_equals((image.displayWidth, image.displayHeight), size)
    image.close()
