"""Chapter 10: the tracks of an image file, and their selection, on a scripted codec."""

import math
from functools import partial

from conformance.scripted.image_stage import STAGES, ImageStage, name_of_reason
from conformance.suite.harness import Test, assert_array_equals, assert_equals, assert_false, assert_true, promise_test


@promise_test(
    "tracks are as the file describes them",
    shows=[
        "imagedecoder-establish-tracks#5.1.1",
        "imagedecoder-establish-tracks#5.1.3",
        "imagedecoder-establish-tracks#5.1.4",
        "imagedecoder-establish-tracks#5.1.5",
        "imagedecoder-establish-tracks#5.1.6",
        "imagedecoder-establish-tracks#11.1",
        "dom-imagetrack-animated",
        "dom-imagetrack-framecount",
        "dom-imagetrack-repetitioncount",
        "dom-imagetracklist-length",
    ],
    variants=STAGES,
)
async def tracks(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder("sAa;0.1.1.1.")
        stage.run()
        assert_equals(len(decoder.tracks), 3)
        assert_array_equals([track.animated for track in decoder.tracks], [False, True, True])
        assert_array_equals([track.frameCount for track in decoder.tracks], [1, 3, 0])
        assert_array_equals([track.repetitionCount for track in decoder.tracks], [0, math.inf, 0])
        assert_array_equals([track.selected for track in decoder.tracks], [True, False, False])


@promise_test(
    "which track is selected at first",
    shows=[
        "imagedecoder-get-default-selected-track-index#1.3",
        "imagedecoder-get-default-selected-track-index#1.4",
        "imagedecoder-get-default-selected-track-index#2",
        "imagedecoder-get-default-selected-track-index#3",
        "imagedecoder-establish-tracks#8",
        "imagedecoder-establish-tracks#11.2",
        "dom-imagedecoder-imagedecoder#11",
        "dom-imagedecoderinit-preferanimation",
        "primary-image-track",
    ],
    variants=STAGES,
)
async def default_track(t: Test, stage: ImageStage) -> None:
    with stage:
        for header, without, not_animated, animated in (
            ("saa", 0, 0, 1),
            ("aas", 0, 2, 0),
            ("ss", 0, 0, 0),
            ("aa*s", 1, 2, 1),
            ("sas*", 2, 2, 1),
            ("ss*", 1, 1, 0),
        ):
            for members, expected in (
                ({}, without),
                ({"preferAnimation": False}, not_animated),
                ({"preferAnimation": True}, animated),
            ):
                decoder = stage.new_decoder(f"{header};", **members)
                stage.run()
                assert_equals(decoder.tracks.selectedIndex, expected, f"{header} {members}")
                assert_true(decoder.tracks[expected].selected)
                assert_equals(decoder.tracks.selectedTrack, decoder.tracks[expected])


@promise_test(
    "data without an image closes the decoder",
    shows=[
        "imagedecoder-establish-tracks#2.1",
        "imagedecoder-establish-tracks#3",
        "imagedecoder-close-imagedecoder#4",
    ],
    variants=STAGES,
)
async def no_tracks(t: Test, stage: ImageStage) -> None:
    with stage:
        for data, name in (("as", "InvalidStateError"), (";", "EncodingError")):
            decoder = stage.new_decoder(data)
            with stage.event_loop.script():
                promise = decoder.decode()
            stage.run()
            stage.take_log("completed resolved", f"ready rejected {name}")
            assert_equals(name_of_reason(promise), name)


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
    variants=STAGES,
)
async def selection(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder(stage.stream)
        stage.run(lambda: stage.stream.enqueue("as;0.1."))
        stage.take_log("ready resolved")

        def script() -> None:
            stage.decode(decoder)
            stage.decode(decoder, {"frameIndex": 1})
            decoder.tracks[1].selected = True
            stage.decode(decoder)

        stage.run(script)
        stage.take_log("decode 1 rejected AbortError", "decode 2 rejected AbortError", "decode 3 frame 0 complete")
        assert_array_equals([track.selected for track in decoder.tracks], [False, True])
        assert_equals(decoder.tracks.selectedIndex, 1)
        assert_equals(decoder.tracks.selectedTrack, decoder.tracks[1])
        assert_equals(stage.calls()[-1], "decode 1 0")


@promise_test(
    "selecting the selected track changes nothing",
    shows=["dom-imagetrack-selected#3"],
    variants=STAGES,
)
async def selected_already(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder("as;0.")
        stage.run()
        stage.log.clear()

        def script() -> None:
            stage.decode(decoder)
            decoder.tracks[0].selected = True
            decoder.tracks[1].selected = False

        stage.run(script)
        stage.take_log("decode 1 frame 0 complete")


@promise_test(
    "without a selected track nothing is decoded; one may be selected again",
    shows=[
        "dom-imagetrack-selected#8",
        "dom-imagetracklist-selectedtrack#1",
        "dom-imagedecoder-decode#2",
        "dom-imagetrack-selected:message#1.1",
    ],
    variants=STAGES,
)
async def no_selection(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder("a;0.")
        stage.run()
        stage.log.clear()
        track = decoder.tracks[0]

        def script() -> None:
            track.selected = False
            stage.decode(decoder)

        stage.run(script)
        stage.take_log("decode 1 rejected InvalidStateError")
        assert_equals((decoder.tracks.selectedIndex, decoder.tracks.selectedTrack), (-1, None))
        assert_false(track.selected)
        track.selected = True
        stage.run(lambda: stage.decode(decoder))
        stage.take_log("decode 2 frame 0 complete")


@promise_test(
    "frames that arrive are counted",
    shows=[
        "imagedecoder-update-tracks#4.2",
        "imagedecoder-update-tracks#4.4",
        "imagedecoder-update-tracks#4.4.1",
        "imagedecoder-update-tracks#5",
        "imagedecoder-update-tracks#6.1.1",
        "imagedecoder-update-tracks#6.1.2",
    ],
    variants=STAGES,
)
async def frame_counts(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder(stage.stream)
        counts = []
        for chunk in ("aa;0.", "0", ".", "1.1.", "0."):
            stage.run(partial(stage.stream.enqueue, chunk))
            counts.append([track.frameCount for track in decoder.tracks])
        assert_array_equals(counts, [[1, 0], [2, 0], [2, 0], [2, 2], [3, 2]])
