"""Chapter 10: decode() and reset(), on a scripted codec."""

from functools import partial

from codecmodel.image_decoding.image_decode_options import ImageDecodeOptions
from conformance.scripted.image_stage import STAGES, ImageStage, name_of_reason
from conformance.scripted.scripted_image import Image
from conformance.suite.harness import Test, assert_array_equals, assert_equals, assert_true, promise_test

_PROGRESSIVE: ImageDecodeOptions = {"completeFramesOnly": False}


@promise_test(
    "frames are decoded in the order they are asked for, even before there are tracks",
    shows=[
        "dom-imagedecoder-decode#3",
        "dom-imagedecoder-decode#5",
        "dom-imagedecoder-decode#6",
        "dom-imagedecoder-decode#7",
        "dom-imagedecoder-decode:message#1.1",
        "dom-imagedecoder-decode:message#1.3",
        "imagedecoder-decode-complete-frame#3",
        "imagedecoder-decode-complete-frame#7",
        "imagedecoder-decode-complete-frame#12",
        "imagedecoder-resolve-decode#1.3",
        "imagedecoder-resolve-decode#1.4",
        "dom-imagedecoder-imagedecoder:message#4",
        "dom-imagedecoder-imagedecoder:message#5.3",
        "dom-imagedecodeoptions-frameindex",
    ],
    variants=STAGES,
)
async def in_order(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder("a;0.0.0.")
        stage.run(
            lambda: [stage.decode(decoder, {"frameIndex": index}) for index in (2, 0, 1)] + [stage.decode(decoder)]
        )
        stage.take_log(
            "completed resolved",
            "ready resolved",
            "decode 1 frame 2 complete",
            "decode 2 frame 0 complete",
            "decode 3 frame 1 complete",
            "decode 4 frame 0 complete",
        )


@promise_test(
    "a frame that is still arriving is waited for, and so is everything after it",
    shows=["imagedecoder-decode-complete-frame#4", "imagedecoder-decode-complete-frame#4.1"],
    variants=STAGES,
)
async def waiting(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder(stage.stream)
        stage.run(lambda: [stage.decode(decoder, {"frameIndex": index}) for index in (1, 0)])
        stage.run(lambda: stage.stream.enqueue("a;0.", "0"))
        stage.take_log("ready resolved")
        stage.run(lambda: stage.stream.enqueue("."))
        stage.take_log("decode 1 frame 1 complete", "decode 2 frame 0 complete")


@promise_test(
    "a frame that doesn't exist, when all data has arrived",
    shows=[
        "imagedecoder-decode-complete-frame#4.3",
        "imagedecoder-decode-complete-frame#6",
        "imagedecoder-reject-infeasible-decode#1",
        "imagedecoder-reject-infeasible-decode#2",
        "imagedecoder-reject-infeasible-decode#3.3",
        "imagedecoder-reject-infeasible-decode#3.4",
    ],
    variants=STAGES,
)
async def infeasible(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder(stage.stream)
        stage.run(
            lambda: stage.stream.enqueue("a;0."),
            lambda: stage.decode(decoder, {"frameIndex": 1}),
            lambda: stage.decode(decoder),
        )
        stage.take_log("ready resolved")
        stage.run(stage.stream.close)
        stage.take_log("completed resolved", "decode 1 rejected RangeError", "decode 2 frame 0 complete")


@promise_test(
    "broken data closes the decoder, once a frame of it is asked for; frames before it are decoded",
    shows=[
        "imagedecoder-decode-complete-frame#4.2",
        "imagedecoder-decode-complete-frame#5",
        "imagedecoder-fatally-reject-bad-data#1.2",
    ],
    variants=STAGES,
)
async def broken(t: Test, stage: ImageStage) -> None:
    with stage:
        for data in ("a;0.0!", "a;0.0"):
            decoder = stage.new_decoder(data)
            stage.decode(decoder)
            stage.run()
            assert_equals(stage.log[-1][-16:], "frame 0 complete")
            stage.log.clear()
            promises = [stage.decode(decoder, {"frameIndex": index}) for index in (1, 2)]
            stage.run()
            assert_array_equals([name_of_reason(promise) for promise in promises], ["EncodingError"] * 2)
            stage.log.clear()
            assert_equals(stage.calls()[-1], "release")


@promise_test(
    "a frame that can't be decoded closes the decoder",
    shows=[
        "imagedecoder-decode-complete-frame#8",
        "imagedecoder-decode-progressive-frame#10",
        "imagedecoder-fatally-reject-bad-data#1.2",
    ],
    variants=STAGES,
)
async def failing(t: Test, stage: ImageStage) -> None:
    with stage:
        stage.platform.image_answers[0, 0] = Image(fails=True)
        for number, options in enumerate((None, _PROGRESSIVE)):
            decoder = stage.new_decoder("Ps;0.")
            stage.decode(decoder, options)
            stage.run()
            stage.take_log("completed resolved", "ready resolved", f"decode {number + 1} rejected EncodingError")


@promise_test(
    "duration, timestamp and orientation are the file's",
    shows=[
        "imagedecoder-decode-complete-frame#11.1",
        "imagedecoder-decode-complete-frame#11.2",
        "imagedecoder-decode-complete-frame#11.3",
        "imagedecoder-decode-complete-frame#11.3.1",
        "imagedecoder-decode-complete-frame#11.3.2",
        "imagedecoder-decode-complete-frame#11.3.3",
        "imagedecoder-decode-complete-frame#11.3.4",
        "imagedecoder-decode-complete-frame#11.4",
        "imagedecoder-decode-complete-frame#11.5",
        "imagedecoder-decode-progressive-frame#15",
        "imagedecoder-decode-progressive-frame#16.1",
        "imagedecoder-decode-progressive-frame#16.2",
        "imagedecoder-decode-progressive-frame#16.3",
        "imagedecoder-decode-progressive-frame#16.4",
        "imagedecoder-decode-progressive-frame#17",
        "imagedecoder-decode-progressive-frame#18",
    ],
    variants=STAGES,
)
async def description(t: Test, stage: ImageStage) -> None:
    answers = {
        (0, 0): (Image(), 0, None),
        (1, 0): (Image(timestamp=7, duration=5), 7, 5),
        (1, 1): (Image(duration=5, derived_timestamp=6, is_constant_rate=True), 5, 5),
        (1, 2): (Image(duration=5, derived_timestamp=6), 6, 5),
        (1, 3): (Image(derived_timestamp=6, is_constant_rate=True), 6, None),
        (1, 4): (Image(duration=5), 0, 5),
        (1, 5): (Image(timestamp=1, rotation=90, flip=True), 1, None),
    }
    with stage:
        stage.platform.image_answers.update({key: answer for key, (answer, _, _) in answers.items()})
        for header in ("sa", "Psa"):
            decoder = stage.new_decoder(f"{header};0.{'1.' * 6}")
            stage.run()
            for (track, frame_index), (answer, timestamp, duration) in answers.items():
                decoder.tracks[track].selected = True
                promise = decoder.decode({"frameIndex": frame_index, "completeFramesOnly": header == "sa"})
                stage.run()
                result = promise.result()
                with_what = f"{header} {track} {frame_index}"
                assert_true(result["complete"])
                assert_equals((result["image"].timestamp, result["image"].duration), (timestamp, duration), with_what)
                assert_equals((result["image"].rotation, result["image"].flip), (answer.rotation, answer.flip))
                result["image"].close()


@promise_test(
    "a progressive image is given with more detail each time, until it is complete",
    shows=[
        "dom-imagedecoder-decode:message#1.2",
        "imagedecoder-decode-progressive-frame#3",
        "imagedecoder-decode-progressive-frame#5",
        "imagedecoder-decode-progressive-frame#6.1",
        "imagedecoder-decode-progressive-frame#9",
        "imagedecoder-decode-progressive-frame#13.1",
        "imagedecoder-decode-progressive-frame#13.2",
        "imagedecoder-decode-progressive-frame#14.1",
        "imagedecoder-decode-progressive-frame#14.2",
        "imagedecoder-decode-progressive-frame#14.3",
        "imagedecoder-decode-progressive-frame#20",
        "dom-imagedecodeoptions-completeframesonly",
        "dom-imagedecoderesult-complete",
        "progressive-image",
        "progressive-image-frame-generation",
    ],
    variants=STAGES,
)
async def progressive(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder(stage.stream)
        stage.run(lambda: [stage.decode(decoder, _PROGRESSIVE) for _ in range(4)])
        stage.run(lambda: stage.stream.enqueue("Ps;0"))
        stage.take_log("ready resolved")
        stage.run(lambda: stage.stream.enqueue("+"))
        stage.take_log("decode 1 frame 0 incomplete")
        stage.run(lambda: stage.stream.enqueue("++"))
        stage.take_log("decode 2 frame 0 incomplete")
        stage.run(lambda: stage.stream.enqueue("."))
        stage.take_log("decode 3 frame 0 complete", "decode 4 frame 0 complete")


@promise_test(
    "a complete frame, or the selection of a track, makes the decoder forget how far an image was decoded",
    shows=["imagedecoder-decode-complete-frame#9", "dom-imagetrack-selected:message#1.2"],
    variants=STAGES,
)
async def generations(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder(stage.stream)
        stage.run(lambda: stage.stream.enqueue("Pss;0+"), lambda: stage.decode(decoder, _PROGRESSIVE))
        stage.take_log("ready resolved", "decode 1 frame 0 incomplete")

        def script() -> None:
            stage.decode(decoder, _PROGRESSIVE)
            decoder.tracks[1].selected = True
            decoder.tracks[0].selected = True
            stage.decode(decoder, _PROGRESSIVE)
            stage.decode(decoder)

        stage.run(script)
        stage.take_log("decode 2 rejected AbortError", "decode 3 frame 0 incomplete")
        assert_equals(decoder._progressive_frame_generations, {0: 1})
        stage.run(lambda: stage.stream.enqueue("."))
        stage.take_log("decode 4 frame 0 complete")
        assert_equals(decoder._progressive_frame_generations, {})


@promise_test(
    "a progressive image that breaks off, is broken, or has no such frame",
    shows=[
        "imagedecoder-decode-progressive-frame#6.2",
        "imagedecoder-decode-progressive-frame#6.3",
        "imagedecoder-decode-progressive-frame#7",
        "imagedecoder-decode-progressive-frame#8",
    ],
    variants=STAGES,
)
async def broken_progressive(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder(stage.stream)
        stage.run(lambda: stage.stream.enqueue("Ps;0."), lambda: stage.stream.close())
        stage.run(lambda: stage.decode(decoder, {"frameIndex": 1, **_PROGRESSIVE}))
        stage.take_log("ready resolved", "completed resolved", "decode 1 rejected RangeError")
        for data in ("Ps;0+!", "Ps;0+"):
            decoder = stage.new_decoder(data)
            stage.run()
            promise = decoder.decode(_PROGRESSIVE)
            stage.run()
            assert_equals(name_of_reason(promise), "EncodingError")


@promise_test(
    "reset() rejects pending requests; data and tracks stay, and the next request is served",
    shows=["dom-imagedecoder-reset", "imagedecoder-reset-imagedecoder#2.1", "imagedecoder-reset-imagedecoder#2.2"],
    variants=STAGES,
)
async def reset(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder(stage.stream)
        stage.run(lambda: stage.stream.enqueue("a;0."))
        stage.run(lambda: [stage.decode(decoder, {"frameIndex": index}) for index in (1, 0)])
        stage.take_log("ready resolved")
        stage.run(lambda: decoder.reset(), lambda: stage.decode(decoder))
        stage.take_log("decode 1 rejected AbortError", "decode 2 rejected AbortError", "decode 3 frame 0 complete")
        stage.run(lambda: stage.stream.enqueue("0."), lambda: stage.decode(decoder, {"frameIndex": 1}))
        stage.take_log("decode 4 frame 1 complete")


@promise_test(
    "reset() before there are tracks: the tracks come all the same",
    shows=["imagedecoder-reset-imagedecoder#1", "dom-imagedecoder-imagedecoder#18.7"],
    variants=STAGES,
)
async def early_reset(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder("a;0.")
        stage.run(lambda: stage.decode(decoder), lambda: decoder.reset(), lambda: stage.decode(decoder))
        stage.take_log(
            "completed resolved", "decode 1 rejected AbortError", "ready resolved", "decode 2 frame 0 complete"
        )
        assert_array_equals(stage.calls(), ["configure", "append a;0.", "finish", "decode 0 0"])


@promise_test(
    "reset() at any moment: no frame of an aborted request is delivered",
    shows=[
        "imagedecoder-reset-imagedecoder#1",
        "imagedecoder-resolve-decode#1",
        "imagedecoder-reject-infeasible-decode#3",
    ],
    variants=STAGES,
)
async def late_reset(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder("Pa;0.")
        stage.run()
        stage.log.clear()
        with stage.event_loop.script():
            stage.decode(decoder)
            stage.decode(decoder, {"frameIndex": 1})
        stage.run_all_work()
        stage.run(decoder.reset)
        stage.take_log("decode 1 rejected AbortError", "decode 2 rejected AbortError")
        assert_equals(stage.platform.resources.live, 0)
        implementation = stage.platform.image_decoders[-1]
        for number, options in ((3, None), (4, _PROGRESSIVE)):
            # While the codec decodes, on its thread, the program calls reset().
            implementation.while_decoding = lambda: setattr(decoder._epoch, "ceased", True)
            stage.run(partial(stage.decode, decoder, options))
            implementation.while_decoding = None
            stage.run(decoder.reset)
            stage.take_log(f"decode {number} rejected AbortError")
        stage.run(lambda: stage.decode(decoder))
        stage.take_log("decode 5 frame 0 complete")


@promise_test(
    "a promise that its holder has cancelled: the image is released",
    shows=["imagedecoder-resolve-decode#1.4"],
    variants=STAGES,
)
async def cancelled(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder("s;0.")
        stage.run()
        promise = decoder.decode()
        promise.cancel()
        stage.run()
        assert_equals((stage.platform.resources.made, stage.platform.resources.live), (1, 0))
        assert_array_equals(decoder._pending_decode_promises, [])


@promise_test(
    "options that are none reject, and change nothing",
    shows=["dom-imagedecoder-decode", "dom-imagedecodeoptions-frameindex"],
)
async def bad_options(t: Test) -> None:
    with ImageStage() as stage:
        decoder = stage.new_decoder("s;0.")
        stage.run()
        stage.log.clear()
        stage.run(lambda: [stage.decode(decoder, {"frameIndex": index}) for index in (-1, 2**32)])
        stage.take_log("decode 1 rejected TypeError", "decode 2 rejected TypeError")
        assert_array_equals(decoder._pending_decode_promises, [])
