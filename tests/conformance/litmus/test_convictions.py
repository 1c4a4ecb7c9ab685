"""Broken models are convicted by what a program can observe; deviating ones are explained by their deviation."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from conformance.explorer.decoder_mutations import DECODER_MUTATIONS
from conformance.explorer.encoder_mutations import ENCODER_MUTATIONS
from conformance.explorer.image_mutations import IMAGE_MUTATIONS
from conformance.explorer.mutation import Mutation
from conformance.litmus import deviations
from conformance.litmus.checker import Verdict, check
from conformance.litmus.deviation import Deviation
from conformance.litmus.deviations import DEVIATIONS, applied, deviations_of, judge
from conformance.litmus.free_codec import COUNTS_ON, CRASHES, OTHER_NAMES, OTHER_SIZES, Freedoms
from conformance.litmus.free_encoder import COUNTS
from conformance.litmus.log import CRASH, Entry, Log
from conformance.litmus.programs import program_of
from conformance.litmus.runs import run_at_random
from conformance.litmus.subjects import INTERFACES, Interface, is_image_interface
from conformance.litmus.vocabularies import VOCABULARIES
from conformance.steps.index_file import load_index

#: A program for each broken model; some run of it shows the fault.
CONVICTS = {
    "blocked flag never cleared": "configure decode",
    "blocked flag cleared early": "configure decode",
    "queue not processed once it is unblocked": "configure decode",
    "unsupported configuration forgotten by a reset": "bad reset",
    "pending outputs lost by configure": "configure decode configure",
    "old stream not drained": "configure decode configure",
    "error in draining taken for an unsupported configuration": "configure decode; [quiet] broken configure",
    "queue not emptied by reset": "configure decode reset",
    "queue size kept by reset": "configure decode reset",
    "no dequeue event from reset": "configure decode reset",
    "outputs after reset delivered": "configure decode; [ms4] reset",
    "close not silent": "configure close",
    "state not closed": "bad",
    "promise resolved before the outputs of the flush": "configure decode flush",
    "epoch not checked in flush": "configure decode flush; on output 1: reset",
    "un-saturation lost": "configure decode decode decode",
    "saturated flag never cleared": "configure decode decode decode",
    "message that is not processed dropped": "configure decode decode decode",
    "queue size decreased twice": "configure decode",
    "error in decoding swallowed": "configure decode; [quiet] broken flush",
    "tasks queued out of order": "configure decode decode flush",
    "outputs delivered last first": "configure decode decode",
    "dequeue flag not cleared": "configure decode; [quiet] decode",
    "dequeue flag not set": "configure decode decode",
    "messages queued at the front": "configure decode decode flush",
}
#: The same for encoders.
CONVICTS_ENCODERS = {
    "key frames forgotten": "configure key key",
    "decoderConfig with every chunk": "configure encode encode",
    "decoderConfig not remembered": "configure encode configure encode",
    "decoderConfig remembered across a reset": "configure encode; on output 1: reset configure encode",
    "decoderConfig with the first chunk only": "configure encode other encode",
    "chunks delivered after a reset": "configure encode; [ms4] reset",
    "queue of an encoder not emptied by reset": "configure encode reset",
    "queue size of an encoder kept by reset": "configure encode reset",
    "no dequeue event from the reset of an encoder": "configure encode reset",
    "encoder's promise not rejected by reset": "configure encode flush reset",
}
#: The same for ImageDecoder. The calls of a program tell of which kind it is.
CONVICTS_IMAGES = {
    "tracks for a closed decoder": "close",
    "requests not rejected by reset": "decode reset",
    "epoch kept by reset": "decode reset",
    "epoch not checked before a request is resolved": "decode; on ready 1: reset",
    "epoch not checked before a request is rejected": "beyond; [task] reset",
    "frame that does not exist waited for": "beyond",
    "bad data ignored": "feed finish decode",
    "tracks left by close": "look; on ready 1: close",
    "ready not rejected by close": "close",
    "decoder not marked as closed": "close",
    "requests not aborted by a selection": "decode; on ready 1: deselect",
    "completed not rejected by close": "feed close",
    "waiting requests not tried again": "decode feed feed feed finish",
    "data lost": "feed feed feed finish decode",
    "one chunk read": "feed feed feed finish",
    "end of the stream not told to the work queue": "finish",
    "end of data believed before its end": "feed",
    "failure of the stream ignored": "fail",
    "frames not counted": "feed feed feed finish",
    "waiting requests dropped": "decode feed feed feed finish",
    "selection not told to the work queue": "look; second decode; select decode",
    "two tracks selected": "look; second; select",
    "detail not remembered": "feed reduced reduced",
    "reduced detail for every request": "feed decode reduced",
}
#: These cannot be observed from outside.
UNOBSERVABLE = {
    "every frame a key frame": "an encoder may make any frame a key frame",
    "clone of a frame not released": "resources are the user agent's",
    "clone of data not released": "resources are the user agent's",
    "encoder's promise not removed by reset": "a promise is settled once; to settle it again does nothing",
    "codec not told to cease": "configure() begins anew, so that nothing of the old configuration is left",
    "promise not removed by reset": "a promise is settled once; to settle it again does nothing",
    "promise not removed by flush": "a promise is settled once; to settle it again does nothing",
    "promise rejected with another exception": "the exceptions differ in nothing that a log has",
    "codec not released": "resources are the user agent's",
    "codec not released by close": "resources are the user agent's",
    "request pending after a reset": "a promise is settled once; to settle it again does nothing",
    "request pending after it was served": "a promise is settled once; to settle it again does nothing",
    "stream not canceled by close": "a log has nothing of the stream's",
    "saturation ignored": "a codec may be saturated whenever it likes, or never",
    "stale news of un-saturation believed": "a codec may be saturated whenever it likes, or never",
    "left-over outputs not released": "resources are the user agent's",
}
#: A program for each deviation, once more for encoders if that is another function of theirs; some run of a deviating
#: model is not one of the model.
DEVIATES: dict[Interface, dict[str, str]] = {
    "VideoDecoder": {
        "dequeue without a request": "configure reset",
        "dequeue can be scheduled again before it is fired": "configure decode; on dequeue 1: decode",
        "news of saturation come late": "configure decode decode",
        "flush blocks the queue": "configure flush decode",
        "reset rejects late": "configure decode flush reset",
        "dequeue has a task source of its own": "configure decode",
        "errors outlive a reset": "configure decode; [quiet] broken; [ms4] reset",
        "configurations wait for requests": "configure decode; [ms4] bad reset",
        "a reset unblocks the queue": "configure reset bad reset",
        "unsupported configurations are forgotten by a reset": "bad reset",
        "reconfiguring loses outputs": "configure decode configure",
        "the type of a chunk is believed": "configure liar",
        "an unsupported configuration throws": "bad",
        "an unsupported configuration closes the codec at once": "bad",
        "a reset resolves flushes": "configure decode flush reset",
        "a reset fires no dequeue": "configure decode reset",
        "key chunks are not required": "configure delta",
        "each request has its dequeue event": "configure decode decode",
        "outputs outlive a reset": "configure decode decode; [ms4] look; [ms4] reset",
        "errors leave the codec open": "configure decode; [quiet] broken; [ms4] look",
    },
    "VideoEncoder": {
        "an unsupported configuration throws": "bad",
        "an unsupported configuration closes the codec at once": "bad",
        "an unsupported configuration is an OperationError": "bad",
        "outputs outlive a reset": "configure encode encode; [ms4] look; [ms4] reset configure",
        "configurations wait for requests": "configure encode; [ms4] bad reset",
        "a reset unblocks the queue": "configure reset bad reset",
        "a reset resolves flushes": "configure encode flush reset",
        "a reset fires no dequeue": "configure encode reset",
        "dequeue without a request": "configure reset",
        "reset rejects late": "configure encode flush reset",
        "every configuration is described": "configure encode configure encode",
        "a configuration is described before it is active": "configure encode encode configure",
        "the state counts before the input": "closed",
        "configuring anew blocks nothing": "configure; [quiet] configure encode",
        "reconfiguring needs no key chunk": "configure encode configure encode",
        "chunks come in another order": "configure encode encode flush",
    },
    "AudioEncoder": {
        "the state counts before the input": "closed",
        "outputs outlive a reset": "configure encode encode; [ms4] look; [ms4] reset configure",
        "an encoder of sound keeps its channels": "configure other encode",
    },
    "ImageDecoder": {
        "requests are rejected last": "decode close",
        "a file is complete late": "look",
        "images come late and together": "decode next",
        "frames are missed with other news": "beyond; on ready 1: close",
        "a reset loses frames": "decode reset decode",
    },
    "ImageDecoder of several tracks": {"a file has one track": "look"},
    "ImageDecoder of a stream": {
        "requests fail with EncodingError": "decode finish",
        "a stream that fails has ended": "fail",
        "frames are counted late": "decode feed feed feed finish",
        "the end of a stream counts late": "finish",
        "the end of a stream is not seen without a selection": "finish",
        "too little data is bad data": "finish",
        "a stream that fails is cut short": "fail",
        "a closed decoder is complete": "close",
        "broken frames leave the decoder open": "feed finish decode",
        "frames are missed early": "beyond feed feed feed",
    },
}
TRIES = 60
UNSET = ("unconfigured", 0)
#: A codec that fails for sure if its input is broken.
STRICT = Freedoms(broken=("error", "later"))


def test_each_mutation_is_observable_or_has_a_reason() -> None:
    names = {mutation.name for mutation in (*DECODER_MUTATIONS, *ENCODER_MUTATIONS, *IMAGE_MUTATIONS)}
    assert names == CONVICTS.keys() | CONVICTS_ENCODERS.keys() | CONVICTS_IMAGES.keys() | UNOBSERVABLE.keys()


def test_each_deviation_deviates_in_some_run() -> None:
    tested = {name for programs in DEVIATES.values() for name in programs} | {
        CRASHES,
        COUNTS,
        COUNTS_ON,
        OTHER_NAMES,
        OTHER_SIZES,
    }
    assert tested == {each.name for each in DEVIATIONS}


@pytest.mark.parametrize("interface", INTERFACES)
def test_deviations_depart_from_steps_that_there_are(interface: Interface) -> None:
    items = list(load_index().items())
    steps = {(entry.reference, item.step) for entry, item in items}
    steps |= {(f"{entry.reference}:{item.part}", item.step) for entry, item in items}
    for deviation in deviations_of(interface):
        if deviation.name != CRASHES:
            anchor, _, number = deviation.step_of(interface).partition("#")
            assert (anchor, number) in steps


@pytest.mark.parametrize(
    ("mutation", "text"),
    [
        (mutation, programs[mutation.name])
        for mutations, programs in (
            (DECODER_MUTATIONS, CONVICTS),
            (ENCODER_MUTATIONS, CONVICTS_ENCODERS),
            (IMAGE_MUTATIONS, CONVICTS_IMAGES),
        )
        for mutation in mutations
        if mutation.name in programs
    ],
    ids=lambda each: each.name if isinstance(each, Mutation) else "",
)
def test_a_broken_model_is_convicted(mutation: Mutation, text: str) -> None:
    random = Random(1)
    program = program_of(text)
    interface: Interface = mutation.subject
    if is_image_interface(interface):
        images = filter(is_image_interface, INTERFACES)
        interface = next(each for each in images if VOCABULARIES[each].calls >= set(program.calls))
    for _ in range(TRIES):
        with mutation.applied():
            log = run_at_random(interface, program, random, STRICT)
        if check(interface, log, STRICT).allowed is False:
            return
    pytest.fail(f"no run of {program} shows it")


@pytest.mark.parametrize(
    ("interface", "name", "text"),
    [(interface, name, text) for interface, programs in DEVIATES.items() for name, text in programs.items()],
)
def test_a_deviating_model_is_explained_by_its_deviation(interface: Interface, name: str, text: str) -> None:
    random = Random(1)
    program = program_of(text)
    [deviation] = [each for each in DEVIATIONS if each.name == name]
    for _ in range(TRIES):
        with applied([deviation]):
            log = run_at_random(interface, program, random, Freedoms(deviations=frozenset({name})))
        judgement = judge(interface, log)
        if judgement.deviations:
            assert [each.name for each in judgement.deviations] == [name]
            return
        assert judgement.deviations is not None
    pytest.fail(f"no run of {program} deviates")


def test_a_crash_is_a_deviation_whatever_went_before() -> None:
    for before in (
        (),
        (("task",), ("do", "look", 1)),
        (("task",), ("do", "look", 1), ("did", "look", 1, None, *UNSET)),
    ):
        judgement = judge("VideoDecoder", (*before, CRASH))
        assert judgement.verdict.observed == CRASH
        assert [each.name for each in judgement.deviations or ()] == [CRASHES]
    # What went before it is judged all the same.
    assert (
        judge("VideoDecoder", (("task",), ("do", "look", 1), ("did", "look", 1, None, "closed", 0), CRASH)).deviations
        is None
    )


@pytest.mark.parametrize(
    ("name", "place", "other"), [(OTHER_NAMES, 3, "TypeError"), (OTHER_SIZES, 5, 2), (OTHER_SIZES, 5, 1)]
)
def test_names_and_sizes_need_not_be_compared(name: str, place: int, other: str | int) -> None:
    did: list[str | int | None] = ["did", "decode", 1, "InvalidStateError", *UNSET]
    did[place] = other
    judgement = judge("VideoDecoder", (("task",), ("do", "decode", 1), tuple(did), ("end",), ("rest", *UNSET)))
    assert [each.name for each in judgement.deviations or ()] == [name]


def test_sound_may_be_counted_on() -> None:
    log: Log = (("task",), ("do", "configure", 1), ("did", "configure", 1, None, "configured", 0))
    log += (("do", "decode", 2), ("did", "decode", 2, None, "configured", 1), ("end",), ("dequeue", "configured", 0))
    log += (("return",), ("output", 0, "configured", 0), ("return",), ("rest", "configured", 0))
    assert [each.name for each in judge("AudioDecoder", log).deviations or ()] == [COUNTS_ON]
    assert judge("VideoDecoder", log).deviations is None


@pytest.mark.parametrize(("told", "names"), [(0, [COUNTS]), (2, [COUNTS]), (3, []), (4, None)])
def test_chunks_of_sound_may_have_earlier_timestamps(told: int, names: list[str] | None) -> None:
    """If gaps are not counted, a chunk has the timestamp of no call or of an earlier one, but of no later one."""
    log: Log = (("task",), ("do", "configure", 1), ("did", "configure", 1, None, "configured", 0), ("end",))
    for number in (2, 3):
        log += (("task",), ("do", "encode", number), ("did", "encode", number, None, "configured", int(number == 2)))
        log += (("end",), ("dequeue", "configured", 0), ("return",))
        chunk = 2 if number == 2 else told
        log += (("output", chunk, "key", "described" if number == 2 else None, "configured", 0), ("return",))
    judgement = judge("AudioEncoder", (*log, ("rest", "configured", 0)))
    assert (None if judgement.deviations is None else [each.name for each in judgement.deviations]) == names


@pytest.mark.parametrize(("interface", "request_name"), [("VideoDecoder", "decode"), ("AudioEncoder", "encode")])
def test_a_reset_may_resolve_flushes_late(interface: Interface, request_name: str) -> None:
    """Two deviations of one step come together."""
    log: Log = (("task",), ("do", "configure", 1), ("did", "configure", 1, None, "configured", 0))
    log += (("do", request_name, 2), ("did", request_name, 2, None, "configured", 1))
    log += (("do", "flush", 3), ("did", "flush", 3, None, "configured", 1))
    log += (("do", "reset", 4), ("did", "reset", 4, None, *UNSET), ("end",), ("dequeue", *UNSET), ("return",))
    log += (("settled", 3, "resolved", *UNSET), ("return",), ("rest", *UNSET))
    assert [each.name for each in judge(interface, log).deviations or ()] == [
        "reset rejects late",
        "a reset resolves flushes",
    ]


def test_a_flush_may_block_the_queue_until_its_outputs_are_there() -> None:
    log: Log = (("task",), ("do", "configure", 1), ("did", "configure", 1, None, "configured", 0))
    log += (("do", "encode", 2), ("did", "encode", 2, None, "configured", 1))
    log += (("do", "flush", 3), ("did", "flush", 3, None, "configured", 1))
    log += (("do", "encode", 4), ("did", "encode", 4, None, "configured", 2), ("end",))
    log += (("dequeue", "configured", 1), ("return",), ("output", 2, "key", "described", "configured", 1), ("return",))
    log += (("output", 0, "key", None, "configured", 0), ("return",))
    log += (("settled", 3, "resolved", "configured", 0), ("return",), ("dequeue", "configured", 0), ("return",))
    log += (("output", 4, "key", None, "configured", 0), ("return",), ("rest", "configured", 0))
    assert [each.name for each in judge("AudioEncoder", log).deviations or ()] == ["flush blocks the queue"]


FOUND: Entry = ("complete", 1, 0, 4)
#: The tracks of a file, and that it is complete.
FOUND_AT_ONCE: Log = (("completed", "resolved", "complete", 0, -1, None), ("return",))
FOUND_AT_ONCE += (("ready", "resolved", *FOUND), ("return",))


def _request(call: str, number: int) -> Log:
    return (("task",), ("do", call, number), ("did", call, number, None, *FOUND), ("end",))


def _settled(number: int, outcome: str) -> Log:
    return (("settled", number, outcome, *FOUND), ("return",))


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        # A request behind one that waits for its image is rejected at once, and so is the next one.
        (
            [
                *(_request("decode", 1), _request("beyond", 2), _settled(2, "RangeError")),
                *(_request("beyond", 3), _settled(3, "RangeError"), _settled(1, "frame 0")),
            ],
            "images come late and together",
        ),
        # The second image comes in a task of its own, behind a script.
        (
            [
                *(_request("decode", 1), _request("next", 2), _request("beyond", 3), _settled(3, "RangeError")),
                *(_settled(1, "frame 0"), _request("look", 4), _settled(2, "frame 1")),
            ],
            "images come late and together",
        ),
        # The second reset has nothing to abort.
        (
            [
                *(_request("decode", 1)[:-1], _request("reset", 2)[1:], _settled(1, "AbortError")),
                *(_request("reset", 3), _request("decode", 4), _settled(4, "RangeError")),
            ],
            "a reset loses frames",
        ),
        # One task rejects two requests, so that a reset in between changes nothing.
        (
            [
                *(_request("beyond", 1)[:-1], _request("beyond", 2)[1:], _settled(1, "RangeError")[:1]),
                *(_request("reset", 3)[1:-1], (("return",),), _settled(2, "RangeError")),
            ],
            "frames are missed with other news",
        ),
    ],
)
def test_requests_for_frames_may_be_rejected_out_of_order(parts: list[Log], name: str) -> None:
    entries = [entry for part in (FOUND_AT_ONCE, *parts) for entry in part]
    judgement = judge("ImageDecoder", (*entries, ("rest", *FOUND)))
    assert [each.name for each in judgement.deviations or ()] == [name]


def test_a_request_may_be_rejected_while_one_before_it_waits_for_data() -> None:
    nothing, state = ("incomplete", 0, -1, None), ("incomplete", 1, 0, 1)
    log: Log = (("task",), ("do", "feed", 1), ("did", "feed", 1, None, *nothing), ("end",))
    log += (("ready", "resolved", *state), ("return",))
    for number, call in ((2, "decode"), (3, "beyond")):
        log += (("task",), ("do", call, number), ("did", call, number, None, *state), ("end",))
    log += (("settled", 3, "RangeError", *state), ("return",), ("rest", *state))
    judgement = judge("ImageDecoder of a progressive stream", log)
    assert [each.name for each in judgement.deviations or ()] == ["frames are missed early"]


def test_an_error_may_discard_the_chunks_of_a_stream() -> None:
    nothing, ended = ("incomplete", 0, -1, None), ("complete", 0, -1, None)
    log: Log = (("task",),)
    for number, call in enumerate(("feed", "feed", "feed", "fail"), 1):
        log += (("do", call, number), ("did", call, number, None, *nothing))
    log += (("end",), ("completed", "NotReadableError", *ended), ("return",))
    log += (("ready", "EncodingError", *ended), ("return",), ("rest", *ended))
    names = [each.name for each in judge("ImageDecoder of a stream", log).deviations or ()]
    assert names == ["too little data is bad data", "a stream that fails is cut short"]


def test_a_search_that_is_given_up_is_made_without_the_silent_deviations(monkeypatch: pytest.MonkeyPatch) -> None:
    def check_with(tried: Sequence[Deviation], interface: Interface, log: Log, freedoms: Freedoms) -> Verdict:
        verdict = original(tried, interface, log, freedoms)
        return replace(verdict, allowed=None) if any(each.is_silent for each in tried) else verdict

    original = deviations._check_with
    monkeypatch.setattr(deviations, "_check_with", check_with)
    log: Log = (("task",), ("do", "reset", 1), ("did", "reset", 1, None, *UNSET), ("end",))
    log += (("dequeue", *UNSET), ("return",), ("rest", *UNSET))
    name = "dequeue without a request"
    assert [each.name for each in judge("VideoDecoder", log, on_file=[name]).deviations or ()] == [name]
    assert judge("VideoDecoder", log).verdict.allowed is None


def test_a_run_that_no_deviation_explains_is_a_finding() -> None:
    log = (("task",), ("do", "look", 1), ("did", "look", 1, None, "closed", 0), ("end",), ("rest", "closed", 0))
    judgement = judge("VideoDecoder", log)
    assert judgement.deviations is None
    assert judgement.verdict.observed == ("did", "look", 1, None, "closed", 0)
