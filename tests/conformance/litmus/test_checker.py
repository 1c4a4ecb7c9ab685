"""The checker: runs of the model are allowed, and logs that no run of the model has are not."""

from random import Random

import pytest

from conformance.litmus.checker import check
from conformance.litmus.log import Log, log_of
from conformance.litmus.programs import draw
from conformance.litmus.runs import run_at_random, run_on_asyncio
from conformance.litmus.subjects import EXCLUDED, INTERFACES, Interface

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
        program = draw(random, random.choice((2, 3, 4)), excluded=EXCLUDED[interface])
        verdict = check(interface, run_at_random(interface, program, random))
        assert verdict.allowed, (str(program), verdict.lines())


@pytest.mark.parametrize("interface", INTERFACES)
def test_runs_on_asyncio_with_ffmpeg_are_allowed(interface: Interface) -> None:
    random = Random(2)
    programs = [draw(random, random.choice((2, 3, 4)), excluded=EXCLUDED[interface]) for _ in range(30)]
    for program, log in zip(programs, run_on_asyncio(interface, programs, quiet=0.1), strict=True):
        verdict = check(interface, log)
        # A busy machine may not have been watched long enough. Only the rest depends on that.
        assert verdict.allowed or verdict.is_about_rest, (str(program), verdict.lines())


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


def test_a_search_that_is_too_long_is_given_up() -> None:
    log: Log = log_of([*DECODED, *DEQUEUE, *OUTPUT, *REST])
    assert check("VideoDecoder", log, most_states=2).allowed is None


def test_each_seed_gives_the_same_run_again() -> None:
    logs = [run_at_random("VideoDecoder", draw(Random(5), 4), Random(6)) for _ in range(2)]
    assert logs[0] == logs[1]
