"""The checker: runs of the model are allowed, and logs that no run of the model has are not."""

from random import Random

import pytest

from conformance.litmus.checker import check
from conformance.litmus.log import Log, log_of
from conformance.litmus.programs import draw, program_of
from conformance.litmus.runs import run_at_random, run_on_asyncio
from conformance.litmus.subjects import INTERFACES, Interface
from conformance.litmus.vocabularies import VOCABULARIES

CONFIGURED = [("task",), ("do", "configure", 1), ("did", "configure", 1, None, "configured", 0)]
DECODED = [*CONFIGURED, ("do", "decode", 2), ("did", "decode", 2, None, "configured", 1), ("end",)]
DEQUEUE = [("dequeue", "configured", 0), ("return",)]
OUTPUT = [("output", 2, "configured", 0), ("return",)]
FLUSHED = [("do", "flush", 3), ("did", "flush", 3, None, "configured", 1), ("end",)]
RESOLVED = [("settled", 3, "resolved", "configured", 0), ("return",)]
REST = [("rest", "configured", 0)]


@pytest.mark.parametrize("interface", INTERFACES)
def test_runs_of_the_model_are_allowed(interface: Interface) -> None:
    random = Random(1)
    for _ in range(40):
        program = draw(random, random.choice((2, 3, 4)), VOCABULARIES[interface])
        verdict = check(interface, run_at_random(interface, program, random))
        assert verdict.allowed, (str(program), verdict.lines())


@pytest.mark.parametrize("interface", INTERFACES)
def test_runs_on_asyncio_with_ffmpeg_are_allowed(interface: Interface) -> None:
    random = Random(2)
    programs = [draw(random, random.choice((2, 3, 4)), VOCABULARIES[interface]) for _ in range(30)]
    for program, log in zip(programs, run_on_asyncio(interface, programs, quiet=0.1), strict=True):
        verdict = check(interface, log)
        # A busy machine may not have been watched long enough. Only the rest depends on that.
        assert verdict.allowed or verdict.is_about_rest, (str(program), verdict.lines())


@pytest.mark.parametrize(
    ("interface", "text"),
    [
        ("ImageDecoder", "close; on completed 1: close"),
        ("ImageDecoder of a stream", "feed; finish; look; look; look; look; look"),
    ],
)
def test_scripts_on_asyncio_come_behind_the_reactions_to_what_has_happened(interface: Interface, text: str) -> None:
    for log in run_on_asyncio(interface, [program_of(text)] * 60, quiet=0.1):
        verdict = check(interface, log)
        assert verdict.allowed or verdict.is_about_rest, verdict.lines()


@pytest.mark.parametrize(
    "log",
    [
        [*DECODED, *DEQUEUE, *OUTPUT, *REST],
        # The task of the output and that of the event are queued by the work and by the event loop.
        [*CONFIGURED, ("end",), *REST],
    ],
)
def test_either_order_is_allowed_where_the_model_has_both(log: list[tuple[str | int | None, ...]]) -> None:
    assert check("VideoDecoder", log_of(log)).allowed


@pytest.mark.parametrize(
    ("log", "observed", "instead"),
    [
        # No output until the flush is done, or two of one chunk.
        (
            [*DECODED[:-1], *FLUSHED, *DEQUEUE, *RESOLVED, *REST],
            ("settled", 3, "resolved", "configured", 0),
            ("output", 2, "configured", 0),
        ),
        ([*DECODED, *DEQUEUE, *OUTPUT, *OUTPUT, *REST], ("output", 2, "configured", 0), ("rest", "configured", 0)),
        # No event.
        ([*DECODED, *OUTPUT, *REST], ("output", 2, "configured", 0), ("dequeue", "configured", 0)),
        # A state that the call does not lead to.
        (
            [("task",), ("do", "configure", 1), ("did", "configure", 1, None, "unconfigured", 0), ("end",)],
            ("did", "configure", 1, None, "unconfigured", 0),
            ("did", "configure", 1, None, "configured", 0),
        ),
        # An exception that the call does not throw.
        (
            [("task",), ("do", "flush", 1), ("did", "flush", 1, "InvalidStateError", "unconfigured", 0), ("end",)],
            ("did", "flush", 1, "InvalidStateError", "unconfigured", 0),
            ("did", "flush", 1, None, "unconfigured", 0),
        ),
        # A callback within a call.
        (
            [("task",), ("do", "bad", 1), ("error", "NotSupportedError", "closed", 0), ("return",)],
            ("error", "NotSupportedError", "closed", 0),
            ("did", "bad", 1, None, "configured", 0),
        ),
    ],
)
def test_the_verdict_names_where_the_model_parts_from_the_log(
    log: list[tuple[str | int | None, ...]],
    observed: tuple[str | int | None, ...],
    instead: tuple[str | int | None, ...],
) -> None:
    verdict = check("VideoDecoder", log_of(log))
    assert verdict.allowed is False
    assert verdict.observed == observed
    assert instead in verdict.instead


ENCODED = [*CONFIGURED, ("do", "encode", 2), ("did", "encode", 2, None, "configured", 1), ("end",), *DEQUEUE]
CHUNK = [("output", 2, "key", "described", "configured", 0), ("return",)]
AGAIN = [("task",), ("do", "encode", 3), ("did", "encode", 3, None, "configured", 0), ("end",), *DEQUEUE]


@pytest.mark.parametrize("type", ["key", "delta"])
def test_an_encoder_chooses_the_type_of_a_chunk(type: str) -> None:
    log = [*ENCODED, *CHUNK, *AGAIN, ("output", 3, type, None, "configured", 0), ("return",), *REST]
    assert check("VideoEncoder", log_of(log)).allowed


@pytest.mark.parametrize(
    ("interface", "entries", "observed", "instead"),
    [
        # The first chunk is a key chunk, and comes with its decoder's configuration; the second one comes without.
        (
            "VideoEncoder",
            [("output", 2, "delta", "described", "configured", 0)],
            ("output", 2, "delta", "described", "configured", 0),
            ("output", 2, "key", "described", "configured", 0),
        ),
        (
            "AudioEncoder",
            [("output", 2, "key", None, "configured", 0)],
            ("output", 2, "key", None, "configured", 0),
            ("output", 2, "key", "described", "configured", 0),
        ),
        (
            "VideoEncoder",
            [*CHUNK, *AGAIN, ("output", 3, "key", "described", "configured", 0)],
            ("output", 3, "key", "described", "configured", 0),
            ("output", 3, "key", None, "configured", 0),
        ),
        # An encoder of sound has nothing of its own to add before a flush.
        (
            "AudioEncoder",
            [*CHUNK, ("output", 0, "key", None, "configured", 0)],
            ("output", 0, "key", None, "configured", 0),
            ("rest", "configured", 0),
        ),
    ],
)
def test_chunks_and_their_metadata_are_judged(
    interface: Interface,
    entries: list[tuple[str | int | None, ...]],
    observed: tuple[str | int | None, ...],
    instead: tuple[str | int | None, ...],
) -> None:
    verdict = check(interface, log_of([*ENCODED, *entries]))
    assert verdict.allowed is False
    assert verdict.observed == observed
    assert instead in verdict.instead


def test_an_encoder_of_sound_may_add_a_chunk_at_a_flush() -> None:
    log = [*ENCODED, *CHUNK, ("task",), *FLUSHED[:1], ("did", "flush", 3, None, "configured", 0), ("end",)]
    log += [("output", 0, "key", None, "configured", 0), ("return",), *RESOLVED, *REST]
    assert check("AudioEncoder", log_of(log)).allowed
    assert check("VideoEncoder", log_of(log)).allowed is False


NOTHING = ("incomplete", 0, -1, None)
DECODING = [("task",), ("do", "decode", 1), ("did", "decode", 1, None, *NOTHING), ("end",)]
FEEDING = [("task",), ("do", "feed", 2), ("did", "feed", 2, None, *NOTHING), ("end",)]
READY = [("ready", "resolved", "incomplete", 1, 0, 1), ("return",)]


def test_a_request_waits_for_as_much_data_as_the_decoder_likes() -> None:
    fed = [*DECODING, *FEEDING]
    served = [("settled", 1, "frame 0", "incomplete", 1, 0, 1), ("return",)]
    for log in (
        [*fed, ("rest", *NOTHING)],
        [*fed, *READY, ("rest", "incomplete", 1, 0, 1)],
        [*fed, *READY, *served, ("rest", "incomplete", 1, 0, 1)],
    ):
        assert check("ImageDecoder of a stream", log_of(log)).allowed
    # Frames come after tracks, and after data.
    assert check("ImageDecoder of a stream", log_of([*fed, *served])).allowed is False
    assert check("ImageDecoder of a stream", log_of([*DECODING, *READY])).allowed is False


def test_the_end_of_a_stream_may_be_read_before_the_news_of_its_chunks() -> None:
    fed = [("task",), ("do", "feed", 1), ("did", "feed", 1, None, *NOTHING), ("end",), READY[0]]
    state = ("complete", 1, 0, 1)
    log = [*fed, ("do", "finish", 2), ("did", "finish", 2, None, *state), READY[1]]
    log += [("completed", "resolved", *state), ("return",), ("rest", *state)]
    assert check("ImageDecoder of a stream", log_of(log)).allowed


def test_a_track_has_no_frames_as_long_as_none_is_found() -> None:
    log = [("task",), ("do", "feed", 1), ("did", "feed", 1, None, *NOTHING), ("end",)]
    log += [("ready", "resolved", "incomplete", 1, 0, 0), ("return",), ("rest", "incomplete", 1, 0, 0)]
    for interface in ("ImageDecoder of a stream", "ImageDecoder of a progressive stream"):
        assert check(interface, log_of(log)).allowed


def test_a_chunk_may_depend_on_one_that_was_dropped() -> None:
    """Behind a chunk that is no key frame, and gives no output, a delta chunk may give none."""
    log = [*CONFIGURED, ("end",)]
    for number, call in ((2, "decode"), (3, "liar"), (4, "delta")):
        log += [("task",), ("do", call, number), ("did", call, number, None, "configured", 0), ("end",), *DEQUEUE]
    log += [("task",), ("do", "flush", 5), ("did", "flush", 5, None, "configured", 0), ("end",), *OUTPUT]
    log += [("settled", 5, "resolved", "configured", 0), ("return",), *REST]
    assert check("VideoDecoder", log_of(log)).allowed
    # A key chunk depends on none.
    again = [tuple("decode" if part == "delta" else part for part in entry) for entry in log]
    assert check("VideoDecoder", log_of(again)).allowed is False


def test_a_whole_file_leaves_no_request_waiting() -> None:
    complete = [("completed", "resolved", "complete", 0, -1, None), ("return",)]
    log = [*complete, ("task",), ("do", "beyond", 1), ("did", "beyond", 1, None, "complete", 0, -1, None)]
    log += [("end",), ("ready", "resolved", "complete", 1, 0, 4), ("return",)]
    verdict = check("ImageDecoder", log_of([*log, ("rest", "complete", 1, 0, 4)]))
    assert verdict.allowed is False
    assert set(verdict.instead) == {("settled", 1, "RangeError", "complete", 1, 0, 4)}


def test_a_progressive_image_has_no_more_detail_than_pieces() -> None:
    ready = [("ready", "resolved", "incomplete", 1, 0, 1), ("return",)]
    state = ("incomplete", 1, 0, 1)
    log = [("task",), ("do", "feed", 1), ("did", "feed", 1, None, *NOTHING), ("end",), *ready]
    for number in (2, 3):
        log += [("task",), ("do", "reduced", number), ("did", "reduced", number, None, *state), ("end",)]
    part = [("settled", 2, "still in part", *state), ("return",)]
    again = [("settled", 3, "still in part", *state), ("return",)]
    interface: Interface = "ImageDecoder of a progressive stream"
    assert check(interface, log_of([*log, *part, ("rest", *state)])).allowed
    assert check(interface, log_of([*log, *part, *again])).allowed is False
    # A user agent need not decode it progressively, but then a part is never enough.
    assert check(interface, log_of([*log, ("rest", *state)])).allowed
    whole = [entry if entry[:2] != ("do", "reduced") else ("do", "decode", *entry[2:]) for entry in log]
    whole = [entry if entry[:2] != ("did", "reduced") else ("did", "decode", *entry[2:]) for entry in whole]
    assert check(interface, log_of([*whole, *part])).allowed is False


def test_a_selection_holds_for_the_requests_behind_it() -> None:
    state, other = ("complete", 2, 0, "1 selected, 4"), ("complete", 2, 1, "1, 4 selected")
    log = [("completed", "resolved", "complete", 0, -1, None), ("return",), ("ready", "resolved", *state), ("return",)]
    log += [("task",), ("do", "decode", 1), ("did", "decode", 1, None, *state)]
    log += [("do", "second", 2), ("did", "second", 2, None, *other)]
    log += [("do", "decode", 3), ("did", "decode", 3, None, *other), ("end",)]
    log += [("settled", 1, "AbortError", *other), ("return",)]
    served = [[("settled", 3, outcome, *other), ("return",), ("rest", *other)] for outcome in ("frame 0", "still")]
    interface: Interface = "ImageDecoder of several tracks"
    assert check(interface, log_of([*log, *served[0]])).allowed
    assert check(interface, log_of([*log, *served[1]])).allowed is False


def test_a_search_that_is_too_long_is_given_up() -> None:
    log: Log = log_of([*DECODED, *DEQUEUE, *OUTPUT, *REST])
    assert check("VideoDecoder", log, most_states=2).allowed is None


def test_each_seed_gives_the_same_run_again() -> None:
    logs = [
        run_at_random("VideoDecoder", draw(Random(5), 4, VOCABULARIES["VideoDecoder"]), Random(6)) for _ in range(2)
    ]
    assert logs[0] == logs[1]
