"""Chapter 10: ImageDecoder, made and closed, on a scripted codec."""

from functools import partial
from typing import cast

from codecmodel.image_decoding.image_decoder_init import ImageDecoderInit
from codecmodel.platform.image_decoder_implementation import ImageConfig
from conformance.interfaces import ImageDecoder, ImageTrack, ImageTrackList
from conformance.scripted.image_stage import STAGES, ImageStage
from conformance.scripted.scripted_image import IMAGE_TYPE
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_false,
    assert_throws_dom,
    assert_throws_js,
    assert_true,
    promise_rejects_js,
    promise_test,
)


@promise_test(
    "a buffer is complete at once; tracks follow",
    shows=[
        "dom-imagedecoder-imagedecoder#18.4",
        "dom-imagedecoder-imagedecoder#18.5",
        "dom-imagedecoder-imagedecoder#18.7",
        "dom-imagedecoder-imagedecoder:decode-track-metadata#1.1",
        "dom-imagedecoder-type",
        "dom-imagedecoder-complete",
        "dom-imagetracklist-ready",
    ],
    variants=STAGES,
)
async def buffer(t: Test, stage: ImageStage) -> None:
    with stage:
        type = f"{IMAGE_TYPE.upper()}; a=b"
        decoder = stage.new_decoder("s;0.", type=type)
        assert_equals(decoder.type, type, "the type is as given")
        assert_true(decoder.complete)
        assert_equals((decoder.tracks.length, decoder.tracks.selectedIndex), (0, -1))
        assert_equals(decoder.tracks.selectedTrack, None)
        stage.run()
        stage.take_log("completed resolved", "ready resolved")
        assert_equals((decoder.tracks.length, decoder.tracks.selectedIndex), (1, 0))
        assert_equals(decoder.tracks.selectedTrack, decoder.tracks[0])
        assert_array_equals(stage.calls(), ["configure", "append s;0.", "finish"])


@promise_test(
    "the codec implementation is configured as init says",
    shows=[
        "dom-imagedecoder-imagedecoder:message#3",
        "dom-imagedecoder-imagedecoder:message#5.1",
        "dom-imagedecoderinit-colorspaceconversion",
        "dom-imagedecoderinit-desiredwidth",
    ],
    variants=STAGES,
)
async def configuration(t: Test, stage: ImageStage) -> None:
    with stage:
        stage.new_decoder("s;0.")
        stage.run()
        assert_equals(stage.platform.image_decoders[-1].config, ImageConfig(IMAGE_TYPE, "default", None))
        stage.new_decoder("s;0.", colorSpaceConversion="none", desiredWidth=4, desiredHeight=2)
        stage.run()
        assert_equals(stage.platform.image_decoders[-1].config, ImageConfig(IMAGE_TYPE, "none", (4, 2)))


@promise_test(
    "an invalid ImageDecoderInit is refused with TypeError",
    shows=[
        "dom-imagedecoder-imagedecoder#1",
        "valid-imagedecoderinit#1",
        "valid-imagedecoderinit#2",
        "valid-imagedecoderinit#3.1",
        "valid-imagedecoderinit#3.2",
        "valid-imagedecoderinit#4",
        "valid-imagedecoderinit#5",
        "valid-image-mime-type",
    ],
)
async def invalid_init(t: Test) -> None:
    released = memoryview(b"s;0.")
    released.release()
    with ImageStage() as stage:
        for members in (
            {"type": "image"},
            {"type": "image/"},
            {"type": "image/a b"},
            {"type": "image/a; b"},
            {"type": "video/mp4"},
            {"data": b""},
            {"data": released},
            {"data": 1},
            {"data": None},
            {"desiredWidth": 1},
            {"desiredHeight": 1},
            {"colorSpaceConversion": "maybe"},
        ):
            init = {"type": IMAGE_TYPE, "data": b"s;0.", **members}
            assert_throws_js(TypeError, partial(ImageDecoder, cast("ImageDecoderInit", init)), str(members))
        for slot in ("locked", "disturbed"):
            setattr(stage.stream, slot, True)
            assert_throws_js(TypeError, lambda: ImageDecoder({"type": IMAGE_TYPE, "data": stage.stream}), slot)
            setattr(stage.stream, slot, False)
        assert_array_equals(stage.platform.image_decoders, [], "no codec was asked for")


@promise_test(
    "a type that is not supported closes the decoder",
    shows=[
        "dom-imagedecoder-imagedecoder:message#1",
        "dom-imagedecoder-imagedecoder:message#2",
        "imagedecoder-check-type-support#2",
        "imagedecoder-close-imagedecoder#4",
        "dom-imagedecoder-decode#1",
    ],
    variants=STAGES,
)
async def unsupported_type(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder("s;0.", type="image/other")
        stage.run(lambda: stage.decode(decoder))
        stage.take_log("ready rejected NotSupportedError", "completed resolved", "decode 1 rejected InvalidStateError")
        decoder = stage.new_decoder(stage.stream, type="image/other")
        stage.run(lambda: stage.stream.enqueue("s;0."))
        stage.take_log("ready rejected NotSupportedError", "completed rejected NotSupportedError")
        assert_true(stage.stream.is_canceled, "the rest is not read")
        assert_array_equals(stage.platform.image_decoders, [])


@promise_test(
    "isTypeSupported()",
    shows=[
        "dom-imagedecoder-istypesupported#1",
        "dom-imagedecoder-istypesupported#3.1",
        "dom-imagedecoder-istypesupported#3.2",
        "imagedecoder-check-type-support#1",
    ],
)
async def type_support(t: Test) -> None:
    for type in ("video/mp4", "image png", None):
        await promise_rejects_js(t, TypeError, ImageDecoder.isTypeSupported(cast("str", type)))
    with ImageStage() as stage:
        answers = [ImageDecoder.isTypeSupported(type) for type in (IMAGE_TYPE, f"{IMAGE_TYPE};a=b", "image/other")]
        stage.run()
        assert_array_equals([answer.result() for answer in answers], [True, True, False])


@promise_test(
    "buffers in transfer are detached; a detached one, or one that is there twice, is refused",
    shows=[
        "dom-imagedecoder-imagedecoder#2",
        "dom-imagedecoder-imagedecoder#3.1",
        "dom-imagedecoder-imagedecoder#18.2.1",
        "dom-imagedecoder-imagedecoder#18.3.1",
        "dom-imagedecoder-imagedecoder#19.1",
    ],
)
async def transfer(t: Test) -> None:
    with ImageStage() as stage:
        released = memoryview(b"x")
        released.release()
        view = memoryview(b"s;0.")
        array = bytearray(b"s;0.")
        for transferred in ([view, view], [released]):
            assert_throws_dom("DataCloneError", partial(stage.new_decoder, view, transfer=transferred))
        kept = bytearray(b"s;0.")
        stage.new_decoder(kept)
        kept[:] = b"xxxx"
        stage.new_decoder(view, transfer=[view])
        stage.new_decoder(array, transfer=[array])
        stage.run()
        assert_array_equals(
            [decoder.calls[1] for decoder in stage.platform.image_decoders], ["append s;0."] * 3, "copied or kept"
        )
        assert_equals(len(array), 0)
        assert_throws_js(ValueError, lambda: view.nbytes)
        array = bytearray(b"x")
        stage.new_decoder(stage.stream, transfer=[array])
        assert_equals(len(array), 0, "with a stream as well")


@promise_test(
    "close() is final: tracks are gone, pending requests are rejected, the codec is released",
    shows=[
        "dom-imagedecoder-close",
        "imagedecoder-close-imagedecoder#1",
        "imagedecoder-close-imagedecoder#2",
        "imagedecoder-close-imagedecoder#3",
        "imagedecoder-close-imagedecoder#4.1",
        "imagedecoder-close-imagedecoder#4.2",
        "imagedecoder-close-imagedecoder#5",
        "dom-imagedecoder-decode#1",
        "dom-imagetrack-selected#1",
    ],
    variants=STAGES,
)
async def close(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder(stage.stream)
        stage.run(lambda: stage.stream.enqueue("a;0.0"))
        stage.take_log("ready resolved")
        track = decoder.tracks[0]
        stage.run(lambda: stage.decode(decoder, {"frameIndex": 1}), lambda: decoder.close())
        stage.take_log("decode 1 rejected AbortError", "completed rejected AbortError")
        assert_equals((decoder.tracks.length, decoder.tracks.selectedIndex), (0, -1))
        assert_equals(decoder.type, IMAGE_TYPE)
        assert_true(stage.stream.is_canceled)
        track.selected = False
        assert_true(track.selected, "nothing is selected or deselected any more")
        stage.run(lambda: stage.decode(decoder), lambda: decoder.close(), lambda: decoder.reset())
        stage.take_log("decode 2 rejected InvalidStateError")
        assert_array_equals(stage.calls(), ["configure", "append a;0.0", "release"])


@promise_test(
    "close() at any moment: work that is under way has no effect, and nothing leaks",
    shows=[
        "imagedecoder-close-imagedecoder#3",
        "imagedecoder-establish-tracks#11",
        "imagedecoder-update-tracks#6",
        "imagedecoder-resolve-decode#1.1",
        "imagedecoder-reject-infeasible-decode#3.1",
        "imagedecoder-fatally-reject-bad-data#1.1",
        "imagedecoder-fetch-stream-data-loop:chunk-steps#1",
        "imagedecoder-fetch-stream-data-loop:chunk-steps#7",
        "imagedecoder-fetch-stream-data-loop:close-steps#1",
    ],
    variants=STAGES,
)
async def close_at_any_moment(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder("a;0.")
        stage.run_all_work()
        while not decoder._tracks_established:
            stage.run_one_task()
            stage.run_all_work()
        stage.run(decoder.close)
        stage.take_log("completed resolved", "ready rejected AbortError")
        assert_equals((decoder.tracks.length, decoder.tracks.selectedIndex), (0, -1))
        for frame_index in (0, 1, 2):
            decoder = stage.new_decoder("a;0.0!")
            stage.run()
            stage.take_log("completed resolved", "ready resolved")
            with stage.event_loop.script():
                stage.decode(decoder, {"frameIndex": frame_index})
            stage.run_all_work()
            stage.run(decoder.close)
            stage.take_log(f"decode {frame_index + 1} rejected AbortError")
        decoder = stage.new_decoder(stage.stream)
        stage.run(lambda: stage.stream.enqueue("a;0."))
        stage.take_log("ready resolved")
        stage.run(lambda: stage.stream.enqueue("0."), lambda: decoder.close())
        stage.take_log("completed rejected AbortError")


@promise_test(
    "close() between the arrival of data and the news of it",
    shows=["imagedecoder-update-tracks#6", "imagedecoder-fetch-stream-data-loop:chunk-steps#7"],
)
async def close_before_the_news(t: Test) -> None:
    with ImageStage() as stage:
        decoder = stage.new_decoder(stage.stream)
        stage.run(lambda: stage.stream.enqueue("a;0."))
        stage.take_log("ready resolved")
        with stage.event_loop.script():
            stage.stream.enqueue("0.")
        stage.run_one_task()
        stage.run_all_work()
        stage.run(decoder.close)
        stage.take_log("completed rejected AbortError")
        assert_array_equals(stage.calls()[-2:], ["append 0.", "release"])


@promise_test(
    "a stream that ends, or fails, after close(): nothing changes",
    shows=[
        "imagedecoder-fetch-stream-data-loop:close-steps#1",
        "imagedecoder-fetch-stream-data-loop:error-steps#1",
    ],
)
async def end_after_close(t: Test) -> None:
    for is_error in (False, True):
        with ImageStage() as stage:
            decoder = stage.new_decoder(stage.stream)
            stage.run()
            with stage.event_loop.script():
                if is_error:
                    stage.stream.error(ValueError("as scripted"))
                else:
                    stage.stream.close()
                decoder.close()
            stage.run()
            stage.take_log("ready rejected AbortError", "completed rejected AbortError")
            assert_false(decoder.complete)


@promise_test("tracks and their list are made by decoders only", shows=["imagetracklist-interface"])
async def no_constructors(t: Test) -> None:
    assert_throws_js(TypeError, ImageTrack)
    assert_throws_js(TypeError, ImageTrackList)
