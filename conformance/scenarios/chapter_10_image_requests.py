"""Chapter 10: requests to an ImageDecoder, and the stream that they wait for, on files of the platform's codecs."""

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import cast

from codecmodel.image_decoding.image_decode_options import ImageDecodeOptions, ImageDecodeResult
from codecmodel.image_decoding.image_decoder_init import ImageDecoderInit
from codecmodel.web.errors import RangeError
from conformance.interfaces import DOMException, FilledStream, ImageDecoder
from conformance.media.images import ANIMATIONS, HEIGHT, STILL_IMAGES, WIDTH, ImageMaterial, avif_sequence, gif, png
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_false,
    assert_implements_optional,
    assert_throws_dom,
    assert_throws_js,
    assert_true,
    promise_rejects_dom,
    promise_rejects_js,
    promise_test,
)


class _Session:
    """A decoder under observation. ``log`` has settled promises: ``decode 1 frame 40000``, ``ready resolved``."""

    def __init__(self, t: Test, type: str, data: object, **members: object) -> None:
        self.log: list[str] = []
        self._decodes = 0
        self.decoder = ImageDecoder(cast("ImageDecoderInit", {"type": type, "data": data, **members}))
        t.add_cleanup(self.decoder.close)
        self.ready = self.decoder.tracks.ready
        self.completed = self.decoder.completed
        self.ready.add_done_callback(partial(self._settled, "ready"))
        self.completed.add_done_callback(partial(self._settled, "completed"))

    def decode(self, options: ImageDecodeOptions | None = None) -> asyncio.Future[ImageDecodeResult]:
        """Call decode(). The image is closed."""
        self._decodes += 1
        name = f"decode {self._decodes}"
        promise = self.decoder.decode(options) if options is not None else self.decoder.decode()
        promise.add_done_callback(partial(self._settled, name))
        return promise

    def _settled(self, name: str, promise: "asyncio.Future[ImageDecodeResult] | asyncio.Future[None]") -> None:
        if promise.cancelled():
            return
        reason = promise.exception()
        if reason is not None:
            what = reason.name if isinstance(reason, DOMException) else type(reason).__name__
            self.log.append(f"{name} rejected {what}")
            return
        result = promise.result()
        if result is None:
            self.log.append(f"{name} resolved")
            return
        self.log.append(f"{name} frame {result['image'].timestamp}{'' if result['complete'] else ' incomplete'}")
        result["image"].close()


async def _session(t: Test, media: ImageMaterial, data: object = None, **members: object) -> _Session:
    supported = await ImageDecoder.isTypeSupported(media.type)
    assert_implements_optional(supported, f"{media.type} is not supported")
    return _Session(t, media.type, media.file if data is None else data, **members)


async def _let_work_end(t: Test, media: ImageMaterial) -> None:
    """Wait until the work of other decoders has ended: a new decoder does as much work."""
    session = await _session(t, media)
    for index in range(len(media.pictures)):
        await session.decode({"frameIndex": index})


async def _settle(*promises: Awaitable[object]) -> None:
    await asyncio.gather(*promises, return_exceptions=True)


@promise_test(
    "a buffer is complete at once; there are no tracks before they are established, and then one is selected",
    shows=[
        "dom-imagedecoder-imagedecoder#18.4",
        "dom-imagedecoder-imagedecoder#18.5",
        "dom-imagedecoder-type",
        "dom-imagedecoder-complete",
        "dom-imagedecoder-completed",
        "dom-imagetracklist-ready",
        "dom-imagetracklist-length",
        "dom-imagetracklist-selectedindex",
        "dom-imagetracklist-selectedtrack#1",
        "dom-imagetracklist-selectedtrack#2",
        "imagedecoder-establish-tracks#11.1",
    ],
)
async def a_buffer(t: Test) -> None:
    session = await _session(t, png())
    decoder, tracks = session.decoder, session.decoder.tracks
    assert_equals((decoder.type, decoder.complete), ("image/png", True))
    assert_equals((tracks.length, tracks.selectedIndex, tracks.selectedTrack), (0, -1, None))
    await session.completed
    await session.ready
    assert_array_equals(session.log, ["completed resolved", "ready resolved"])
    assert_equals((tracks.length, tracks.selectedIndex), (1, 0))
    assert_true(tracks.selectedTrack is tracks[0])
    assert_true(decoder.tracks is tracks)


@promise_test(
    "bytes are the decoder's once it is made: its owner may write to the buffer",
    shows=["dom-imagedecoder-imagedecoder#18.3.1"],
)
async def data_is_copied(t: Test) -> None:
    data = bytearray(png().file)
    session = await _session(t, png(), data)
    data[:] = bytes(len(data))
    await session.decode()
    assert_equals(session.log[-1], "decode 1 frame 0")


@promise_test(
    "buffers in transfer are detached; a detached one, or one that is there twice, is refused",
    shows=[
        "dom-imagedecoder-imagedecoder#2",
        "dom-imagedecoder-imagedecoder#3.1",
        "dom-imagedecoder-imagedecoder#18.2.1",
        "dom-imagedecoder-imagedecoder#19.1",
    ],
)
async def transferred_buffer(t: Test) -> None:
    released = memoryview(b"x")
    released.release()
    view = memoryview(png().file)
    for transferred in ([view, view], [released]):
        init = {"type": "image/png", "data": view, "transfer": transferred}
        assert_throws_dom("DataCloneError", partial(ImageDecoder, cast("ImageDecoderInit", init)))
    session = await _session(t, png(), view, transfer=[view])
    assert_throws_js(ValueError, lambda: view.nbytes)
    await session.decode()
    assert_equals(session.log[-1], "decode 1 frame 0")


@promise_test(
    "an ImageDecoderInit that is not valid is refused with TypeError",
    shows=[
        "dom-imagedecoder-imagedecoder#1",
        "valid-imagedecoderinit#1",
        "valid-imagedecoderinit#3.1",
        "valid-imagedecoderinit#3.2",
        "valid-imagedecoderinit#4",
        "valid-imagedecoderinit#5",
    ],
)
async def refused_init(t: Test) -> None:
    released = memoryview(b"x")
    released.release()
    for members in (
        {"data": b""},
        {"data": released},
        {"data": 1},
        {"data": None},
        {"type": None},
        {"desiredWidth": 1},
        {"desiredHeight": 1},
        {"colorSpaceConversion": "maybe"},
    ):
        init = {"type": "image/png", "data": png().file, **members}
        assert_throws_js(TypeError, partial(ImageDecoder, cast("ImageDecoderInit", init)), str(members))


@promise_test(
    "a type that is no type of images is refused with TypeError",
    shows=["dom-imagedecoder-imagedecoder#1", "valid-imagedecoderinit#1", "valid-image-mime-type"],
)
async def refused_type(t: Test) -> None:
    for type in ("image", "image/", "image/a b", "video/mp4", ""):
        init = {"type": type, "data": png().file}
        assert_throws_js(TypeError, partial(ImageDecoder, cast("ImageDecoderInit", init)), type)
        await promise_rejects_js(t, TypeError, ImageDecoder.isTypeSupported(type), type)


@promise_test(
    "a type that is not supported closes the decoder",
    shows=[
        "dom-imagedecoder-imagedecoder:message#1",
        "dom-imagedecoder-imagedecoder:message#2",
        "dom-imagedecoder-istypesupported#3.2",
        "imagedecoder-check-type-support#2",
        "imagedecoder-close-imagedecoder#4",
        "dom-imagedecoder-decode#1",
    ],
)
async def type_without_a_codec(t: Test) -> None:
    assert_equals(await ImageDecoder.isTypeSupported("image/x-nothing"), False)
    session = _Session(t, "image/x-nothing", png().file)
    await promise_rejects_dom(t, "NotSupportedError", session.ready)
    await promise_rejects_dom(t, "InvalidStateError", session.decode())
    await t.step_wait(session.completed.done, "`completed` is settled")


@promise_test(
    "frames are decoded in the order they are asked for, even before there are tracks",
    shows=[
        "dom-imagedecoder-decode#3",
        "dom-imagedecoder-decode#5",
        "dom-imagedecoder-decode#6",
        "dom-imagedecoder-decode#7",
        "dom-imagedecoder-decode:message#1.3",
        "imagedecoder-resolve-decode#1.3",
        "imagedecoder-resolve-decode#1.4",
        "dom-imagedecodeoptions-frameindex",
    ],
    variants=ANIMATIONS,
)
async def order_of_requests(t: Test, media: ImageMaterial) -> None:
    session = await _session(t, media)
    await _settle(*[session.decode({"frameIndex": index}) for index in (3, 0, 2)], session.decode())
    times = [media.timestamps[index] for index in (3, 0, 2, 0)]
    decodes = [f"decode {number} frame {time}" for number, time in enumerate(times, 1)]
    assert_array_equals(session.log, ["completed resolved", "ready resolved", *decodes])


@promise_test(
    "each request gives a frame of its own, which outlives the decoder",
    shows=["imagedecoder-decode-complete-frame#11", "imagedecoder-close-imagedecoder#3"],
)
async def images_are_independent(t: Test) -> None:
    supported = await ImageDecoder.isTypeSupported("image/png")
    assert_implements_optional(supported, "image/png is not supported")
    decoder = ImageDecoder({"type": "image/png", "data": png().file})
    first, second = [(await decoder.decode())["image"] for _ in range(2)]
    assert_false(first is second)
    first.close()
    decoder.close()
    assert_equals((second.codedWidth, second.codedHeight), (WIDTH, HEIGHT))
    pixels = bytearray(4 * WIDTH * HEIGHT)
    await second.copyTo(pixels, {"format": "RGBA"})
    assert_array_equals(list(pixels[:3]), list(png().pictures[0][0, 0]))
    second.close()


@promise_test(
    "a frame index that is none is refused, and changes nothing",
    shows=["dom-imagedecoder-decode", "dom-imagedecodeoptions-frameindex"],
)
async def no_frame_index(t: Test) -> None:
    session = await _session(t, png())
    for index in (-1, 2**32):
        await promise_rejects_js(t, TypeError, session.decode({"frameIndex": index}))
    await session.decode()
    assert_equals(session.log[-1], "decode 3 frame 0")


@promise_test(
    "a stream is read to its end; the decoder is complete then, and not before",
    shows=[
        "dom-imagedecoder-imagedecoder#17.1",
        "dom-imagedecoder-imagedecoder#17.2",
        "imagedecoder-fetch-stream-data-loop#1",
        "imagedecoder-fetch-stream-data-loop:chunk-steps#4",
        "imagedecoder-fetch-stream-data-loop:close-steps#1",
        "imagedecoder-fetch-stream-data-loop:close-steps#2",
        "dom-imagedecoder-complete",
        "dom-imagedecoder-completed",
    ],
    variants=ANIMATIONS,
)
async def stream_that_ends(t: Test, media: ImageMaterial) -> None:
    stream = FilledStream()
    session = await _session(t, media, stream.readable)
    for part in media.parts():
        stream.enqueue(part)
    await session.decode({"frameIndex": 2})
    assert_array_equals(session.log, ["ready resolved", f"decode 1 frame {media.timestamps[2]}"])
    assert_false(session.decoder.complete)
    stream.close()
    await session.completed
    assert_equals(session.log[-1], "completed resolved")
    assert_true(session.decoder.complete)
    assert_false(stream.is_canceled)


@promise_test(
    "a frame that is still arriving is waited for, and so is everything after it",
    shows=[
        "imagedecoder-decode-complete-frame#4",
        "imagedecoder-decode-complete-frame#4.1",
        "imagedecoder-fetch-stream-data-loop:chunk-steps#4",
    ],
    variants=ANIMATIONS,
)
async def frame_that_arrives(t: Test, media: ImageMaterial) -> None:
    first, second, third, fourth = media.parts()
    stream = FilledStream()
    session = await _session(t, media, stream.readable)
    later = [session.decode({"frameIndex": index}) for index in (1, 0)]
    stream.enqueue(first + second[: len(second) // 2])
    await session.ready
    await _let_work_end(t, media)
    assert_array_equals(session.log, ["ready resolved"])
    stream.enqueue(second[len(second) // 2 :])
    stream.enqueue(third + fourth)
    await _settle(*later)
    times = media.timestamps
    assert_array_equals(session.log[1:], [f"decode 1 frame {times[1]}", f"decode 2 frame {times[0]}"])


@promise_test(
    "an image that is still arriving is waited for, where only complete frames are asked for",
    shows=[
        "imagedecoder-decode-complete-frame#4.1",
        "dom-imagedecodeoptions-completeframesonly",
        "dom-imagedecoderesult-complete",
    ],
    variants=STILL_IMAGES,
)
async def image_that_arrives(t: Test, media: ImageMaterial) -> None:
    *most, last = media.chunks(5)
    stream = FilledStream()
    session = await _session(t, media, stream.readable)
    decode = session.decode()
    for chunk in most:
        stream.enqueue(chunk)
    await _let_work_end(t, media)
    assert_array_equals([entry for entry in session.log if entry != "ready resolved"], [])
    stream.enqueue(last)
    stream.close()
    await _settle(decode, session.completed)
    assert_array_equals(sorted(session.log), ["completed resolved", "decode 1 frame 0", "ready resolved"])


@promise_test(
    "where incomplete frames will do, none comes after a complete one, and all that are complete say so",
    shows=[
        "dom-imagedecoder-decode:message#1.2",
        "dom-imagedecodeoptions-completeframesonly",
        "dom-imagedecoderesult-complete",
        "progressive-image-frame-generation",
    ],
    variants=STILL_IMAGES,
)
async def progressive_image(t: Test, media: ImageMaterial) -> None:
    chunks = media.chunks(5)
    stream = FilledStream()
    session = await _session(t, media, stream.readable)
    for chunk in chunks[:-1]:
        stream.enqueue(chunk)
        # Implementations and formats without progressive frames answer none of these before the image is complete.
        last = session.decode({"completeFramesOnly": False})
        await _let_work_end(t, media)
    stream.enqueue(chunks[-1])
    stream.close()
    last = session.decode({"completeFramesOnly": False})
    await _settle(last, session.completed)
    decodes = [entry for entry in session.log if entry.startswith("decode")]
    are_complete = [not entry.endswith("incomplete") for entry in decodes]
    assert_array_equals(are_complete, sorted(are_complete), str(decodes))
    assert_equals(decodes[-1], "decode 5 frame 0")


@promise_test(
    "frames that arrive are counted",
    shows=[
        "imagedecoder-update-tracks#4.2",
        "imagedecoder-update-tracks#4.4.1",
        "imagedecoder-update-tracks#6.1.1",
        "imagedecoder-update-tracks#6.1.2",
        "dom-imagetrack-framecount",
    ],
    variants=ANIMATIONS,
)
async def frames_are_counted(t: Test, media: ImageMaterial) -> None:
    stream = FilledStream()
    session = await _session(t, media, stream.readable)
    counts: list[int] = []
    for index, part in enumerate(media.parts()):
        stream.enqueue(part)
        await session.decode({"frameIndex": index})
        counts.append(session.decoder.tracks[0].frameCount)
    stream.close()
    await session.completed
    assert_array_equals([count >= index for index, count in enumerate(counts, 1)], [True] * 4, str(counts))
    assert_array_equals(counts, sorted(counts))
    assert_equals(session.decoder.tracks[0].frameCount, 4)


@promise_test(
    "a frame that doesn't exist is refused when all data has arrived, and not before; others are decoded",
    shows=[
        "imagedecoder-decode-complete-frame#4.3",
        "imagedecoder-decode-complete-frame#6",
        "imagedecoder-reject-infeasible-decode#1",
        "imagedecoder-reject-infeasible-decode#2",
        "imagedecoder-reject-infeasible-decode#3.3",
        "imagedecoder-reject-infeasible-decode#3.4",
    ],
    variants=ANIMATIONS,
)
async def frame_that_never_comes(t: Test, media: ImageMaterial) -> None:
    stream = FilledStream()
    session = await _session(t, media, stream.readable)
    stream.enqueue(media.file)
    promises = [session.decode({"frameIndex": len(media.pictures)}), session.decode()]
    await session.ready
    await _let_work_end(t, media)
    assert_array_equals(session.log, ["ready resolved"])
    stream.close()
    await promise_rejects_js(t, RangeError, promises[0])
    await _settle(promises[1])
    assert_array_equals(session.log[-2:], ["decode 1 rejected RangeError", "decode 2 frame 0"])


@promise_test(
    "a stream that ends before there are tracks closes the decoder",
    shows=[
        "imagedecoder-establish-tracks#2.1",
        "imagedecoder-fetch-stream-data-loop:close-steps#1",
        "imagedecoder-close-imagedecoder#5",
    ],
)
async def stream_that_ends_early(t: Test) -> None:
    stream = FilledStream()
    session = await _session(t, png(), stream.readable)
    decode = session.decode()
    stream.enqueue(png().file[:4])
    stream.close()
    await promise_rejects_dom(t, "InvalidStateError", decode)
    await promise_rejects_dom(t, "InvalidStateError", session.ready)
    await session.completed


@promise_test(
    "a stream of something that is not bytes closes the decoder",
    shows=["imagedecoder-fetch-stream-data-loop:chunk-steps#2"],
)
async def stream_of_numbers(t: Test) -> None:
    stream = FilledStream()
    session = await _session(t, gif(), stream.readable)
    stream.enqueue(7)
    await promise_rejects_dom(t, "DataError", session.ready)
    await promise_rejects_dom(t, "DataError", session.completed)
    await promise_rejects_dom(t, "InvalidStateError", session.decode())


@promise_test(
    "a stream that fails rejects what is pending with NotReadableError",
    shows=["imagedecoder-fetch-stream-data-loop:error-steps#1", "imagedecoder-close-imagedecoder#4.2"],
)
async def stream_that_fails(t: Test) -> None:
    media = gif()
    stream = FilledStream()
    session = await _session(t, media, stream.readable)
    stream.enqueue(media.parts()[0])
    await session.ready
    decode = session.decode({"frameIndex": 1})
    stream.fail()
    await promise_rejects_dom(t, "NotReadableError", decode)
    await promise_rejects_dom(t, "NotReadableError", session.completed)
    assert_equals(session.decoder.tracks.length, 0)


@promise_test(
    "reset() rejects pending requests; data and tracks stay, and the next request is served",
    shows=["dom-imagedecoder-reset", "imagedecoder-reset-imagedecoder#2.1", "imagedecoder-reset-imagedecoder#2.2"],
    variants=ANIMATIONS,
)
async def pending_requests_are_reset(t: Test, media: ImageMaterial) -> None:
    first, *others = media.parts()
    stream = FilledStream()
    session = await _session(t, media, stream.readable)
    stream.enqueue(first)
    await session.ready
    promises = [session.decode({"frameIndex": index}) for index in (2, 0)]
    session.decoder.reset()
    for promise in promises:
        await promise_rejects_dom(t, "AbortError", promise)
    assert_equals(session.decoder.tracks.length, 1)
    for part in others:
        stream.enqueue(part)
    await session.decode({"frameIndex": 1})
    assert_equals(session.log[-1], f"decode 3 frame {media.timestamps[1]}")


@promise_test(
    "reset() before there are tracks: the tracks come all the same",
    shows=["imagedecoder-reset-imagedecoder#1", "dom-imagedecoder-imagedecoder#18.7"],
)
async def reset_before_tracks(t: Test) -> None:
    session = await _session(t, gif())
    first = session.decode()
    session.decoder.reset()
    await session.decode()
    await promise_rejects_dom(t, "AbortError", first)
    assert_array_equals(
        [entry for entry in session.log if entry != "completed resolved"],
        ["decode 1 rejected AbortError", "ready resolved", "decode 2 frame 0"],
    )


@promise_test(
    "close() is final: tracks are gone, pending requests are rejected, the stream is cancelled",
    shows=[
        "dom-imagedecoder-close",
        "imagedecoder-close-imagedecoder#1",
        "imagedecoder-close-imagedecoder#2",
        "imagedecoder-close-imagedecoder#4.1",
        "imagedecoder-close-imagedecoder#4.2",
        "dom-imagedecoder-decode#1",
        "dom-imagetrack-selected#1",
    ],
)
async def close_is_final(t: Test) -> None:
    media = gif()
    stream = FilledStream()
    session = await _session(t, media, stream.readable)
    stream.enqueue(media.parts()[0])
    await session.ready
    track = session.decoder.tracks[0]
    promise = session.decode({"frameIndex": 1})
    session.decoder.close()
    await promise_rejects_dom(t, "AbortError", promise)
    await promise_rejects_dom(t, "AbortError", session.completed)
    await asyncio.sleep(0)
    assert_array_equals(
        session.log, ["ready resolved", "decode 1 rejected AbortError", "completed rejected AbortError"]
    )
    tracks = session.decoder.tracks
    assert_equals((tracks.length, tracks.selectedIndex, tracks.selectedTrack), (0, -1, None))
    track.selected = False
    assert_true(track.selected, "nothing is selected or deselected any more")
    await promise_rejects_dom(t, "InvalidStateError", session.decode())
    session.decoder.reset()
    session.decoder.close()
    await t.step_wait(lambda: stream.is_canceled, "the stream is cancelled")


@promise_test(
    "close() before there are tracks rejects `ready`, and every request",
    shows=["imagedecoder-close-imagedecoder#5"],
)
async def close_before_tracks(t: Test) -> None:
    session = await _session(t, gif())
    decode = session.decode()
    session.decoder.close()
    await promise_rejects_dom(t, "AbortError", decode)
    await promise_rejects_dom(t, "AbortError", session.ready)
    await session.completed


@promise_test(
    "without a selected track nothing is decoded, and pending requests are aborted; it may be selected again",
    shows=[
        "dom-imagetrack-selected#4",
        "dom-imagetrack-selected#8",
        "dom-imagetrack-selected#9",
        "dom-imagetrack-selected#10",
        "dom-imagetracklist-selectedtrack#1",
        "dom-imagedecoder-decode#2",
        "dom-imagetrack-selected:message#1.1",
    ],
    variants=ANIMATIONS,
)
async def deselected_track(t: Test, media: ImageMaterial) -> None:
    session = await _session(t, media)
    await session.ready
    tracks = session.decoder.tracks
    track = tracks[0]
    pending = session.decode({"frameIndex": 1})
    track.selected = False
    assert_equals((track.selected, tracks.selectedIndex, tracks.selectedTrack), (False, -1, None))
    await promise_rejects_dom(t, "AbortError", pending)
    await promise_rejects_dom(t, "InvalidStateError", session.decode())
    track.selected = True
    assert_equals((tracks.selectedIndex, tracks.selectedTrack), (0, track))
    await session.decode({"frameIndex": 1})
    assert_equals(session.log[-1], f"decode 3 frame {media.timestamps[1]}")


@promise_test("selecting the selected track changes nothing", shows=["dom-imagetrack-selected#3"])
async def track_selected_already(t: Test) -> None:
    session = await _session(t, gif())
    await session.ready
    pending = session.decode({"frameIndex": 1})
    session.decoder.tracks[0].selected = True
    await pending
    assert_equals(session.log[-1], f"decode 1 frame {gif().timestamps[1]}")


@promise_test(
    "a file with a still image and an animation has two tracks",
    shows=[
        "imagedecoder-establish-tracks#5.1.3",
        "imagedecoder-establish-tracks#5.1.4",
        "imagedecoder-establish-tracks#11.1",
        "dom-imagetrack-animated",
        "dom-imagetracklist-length",
    ],
)
async def two_tracks(t: Test) -> None:
    session = await _session(t, avif_sequence())
    await session.ready
    tracks = session.decoder.tracks
    assert_array_equals([(track.animated, track.frameCount) for track in tracks], [(False, 1), (True, 4)])
    selected = [index for index in range(2) if tracks[index].selected]
    assert_array_equals(selected, [tracks.selectedIndex])


@promise_test(
    "the track that is selected at first is the still one or the animated one, as init prefers",
    shows=[
        "imagedecoder-get-default-selected-track-index#1.3",
        "imagedecoder-get-default-selected-track-index#1.4",
        "imagedecoder-get-default-selected-track-index#2",
        "dom-imagedecoder-imagedecoder#11",
        "dom-imagedecoderinit-preferanimation",
    ],
)
async def preferred_track(t: Test) -> None:
    media = avif_sequence()
    for prefers_animation in (False, True):
        session = await _session(t, media, preferAnimation=prefers_animation)
        await session.ready
        assert_equals(session.decoder.tracks.selectedIndex, int(prefers_animation))
        assert_true(session.decoder.tracks.selectedTrack is session.decoder.tracks[int(prefers_animation)])
        decode = session.decode({"frameIndex": 1})
        await _settle(decode)
        answer = f"frame {media.timestamps[1]}" if prefers_animation else "rejected RangeError"
        assert_equals(session.log[-1], f"decode 1 {answer}")


@promise_test(
    "selecting another track: its frames are decoded, and pending requests are aborted",
    shows=[
        "dom-imagetrack-selected#4",
        "dom-imagetrack-selected#7.1",
        "dom-imagetrack-selected#7.2",
        "dom-imagetrack-selected#8",
        "dom-imagetrack-selected#9",
        "dom-imagetrack-selected#10",
        "dom-imagetrack-selected#11",
        "dom-imagetrack-selected#12",
        "dom-imagetrack-selected:message#1.1",
        "dom-imagetracklist-selectedindex",
        "dom-imagetracklist-selectedtrack#2",
    ],
)
async def another_track(t: Test) -> None:
    media = avif_sequence()
    session = await _session(t, media, preferAnimation=False)
    await session.ready
    tracks = session.decoder.tracks
    still, animated = tracks
    pending = session.decode()
    animated.selected = True
    assert_equals((still.selected, animated.selected, tracks.selectedIndex), (False, True, 1))
    assert_true(tracks.selectedTrack is animated)
    await promise_rejects_dom(t, "AbortError", pending)
    await session.decode({"frameIndex": 3})
    assert_equals(session.log[-1], f"decode 2 frame {media.timestamps[3]}")
    still.selected = True
    await promise_rejects_js(t, RangeError, session.decode({"frameIndex": 3}))
    await session.decode()
    assert_equals(session.log[-1], "decode 4 frame 0")
