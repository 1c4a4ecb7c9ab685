"""The explorer: its findings, its counts, and that its reduction leaves nothing out."""

import json
import re
from collections.abc import Iterator

import pytest

from conformance.cli import main
from conformance.explorer.heap import Fingerprints
from conformance.explorer.mutations import MUTATIONS
from conformance.explorer.program_run import BadMoveError, ProgramRun
from conformance.explorer.programs import Pattern, count_programs
from conformance.explorer.search import Exploration, Limits, explore, run
from conformance.explorer.subjects import SUBJECTS, Subject

DECODERS: list[Subject] = ["AudioDecoder", "VideoDecoder"]


def every_run(subject: Subject, limits: Limits) -> Iterator[ProgramRun]:
    """Every run that comes to rest, one by one. No two of them are merged."""
    pending: list[list[str]] = [[]]
    while pending:
        moves = pending.pop()
        simulation = run(subject, limits, moves)
        if moves:
            answered = moves[-1].count(" > ")
            for position, options in enumerate(simulation.asked[answered:]):
                for option in options[1:]:
                    pending.append([*moves[:-1], " > ".join([moves[-1], *["-"] * position, option])])
        if simulation.is_at_rest:
            yield simulation
        pending.extend([*moves, move] for move in simulation.moves())


PROGRAMS = [
    Limits(1),
    Limits(2),
    Limits(3, 1, Pattern("configure decode output:*")),
    Limits(3, 0, Pattern("configure decode flush")),
    Limits(3, 0, Pattern("configure reset configure")),
    Limits(3, 0, Pattern("configure decode reclaim")),
]


@pytest.mark.parametrize("subject", DECODERS)
@pytest.mark.parametrize("limits", PROGRAMS, ids=lambda limits: " ".join(limits.pattern.words) + f" {limits.calls}")
def test_as_many_schedules_are_counted_as_there_are(subject: Subject, limits: Limits) -> None:
    exploration = explore(subject, limits)
    assert exploration.schedules is not None
    assert exploration.schedules[-1] == sum(1 for _ in every_run(subject, limits))


@pytest.mark.parametrize("subject", DECODERS)
@pytest.mark.parametrize(
    ("limits", "count"), [(Limits(2), 81), (Limits(3, 1, Pattern("configure decode output:*")), 75)]
)
def test_with_and_without_the_reduction_the_same_is_seen(subject: Subject, limits: Limits, count: int) -> None:
    unreduced = {without_numbers(simulation.log) for simulation in every_run(subject, limits)}
    assert logs_in_the_graph(subject, limits) == unreduced
    assert len(unreduced) == count


def without_numbers(log: list[str]) -> tuple[str, ...]:
    """Runs that lead to the same heap may have made the calls that matter at different times."""
    return tuple(re.sub(r" \d+(?!\])", "", entry) for entry in log)


def logs_in_the_graph(subject: Subject, limits: Limits) -> set[tuple[str, ...]]:
    """The logs on the paths of the reduced graph. One run to each heap is continued, by each move."""
    fingerprints = Fingerprints()
    logs: dict[tuple[bytes, int, int], set[tuple[str, ...]]] = {}
    representatives: dict[tuple[bytes, int, int], list[str]] = {}
    simulation = run(subject, limits, [])
    start = (simulation.fingerprint(fingerprints), simulation.calls_left, simulation.calls_in_callbacks_left)
    logs[start] = {()}
    representatives[start] = []
    at_rest: set[tuple[str, ...]] = {()}
    pending = [start]
    while pending:
        heap = pending.pop()
        moves = representatives[heap]
        for step in run(subject, limits, moves).moves():
            variants = [step]
            while variants:
                move = variants.pop()
                before = run(subject, limits, moves)
                numbered = len(before.log)
                simulation = run(subject, limits, [*moves, move])
                answered = move.count(" > ")
                for position, options in enumerate(simulation.asked[answered:]):
                    variants += [" > ".join([move, *["-"] * position, option]) for option in options[1:]]
                seen = without_numbers(simulation.log[numbered:])
                target = (
                    simulation.fingerprint(fingerprints),
                    simulation.calls_left,
                    simulation.calls_in_callbacks_left,
                )
                new = {(*log, *seen) for log in logs[heap]} - logs.get(target, set())
                representatives.setdefault(target, [*moves, move])
                if new:
                    logs.setdefault(target, set()).update(new)
                    if simulation.is_at_rest:
                        at_rest |= new
                    pending.append(target)
    return at_rest


@pytest.mark.parametrize(("subject", "states"), [("AudioDecoder", 1370), ("VideoDecoder", 1513)])
def test_all_programs_of_three_calls(subject: Subject, states: int) -> None:
    exploration = explore(subject, Limits(3))
    assert exploration.is_complete
    assert not exploration.failures
    assert exploration.schedules == [1, 9, 380, 34_081]
    assert exploration.states == states


def test_all_programs_of_four_calls() -> None:
    exploration = explore("VideoDecoder", Limits(4))
    assert not exploration.failures
    assert exploration.schedules == [1, 9, 380, 34_081, 5_409_569]


OTHER_PROGRAMS: list[tuple[Subject, int, str]] = [
    ("AudioEncoder", 2, "configure again"),
    ("VideoEncoder", 2, "configure key"),
    ("ImageDecoder", 1, "..."),
    ("ImageDecoder of a stream", 2, "feed decode"),
    ("ImageDecoder of a stream", 2, "reduced fail"),
]


@pytest.mark.parametrize(("subject", "calls", "pattern"), OTHER_PROGRAMS)
def test_as_many_schedules_of_others_are_counted_as_there_are(subject: Subject, calls: int, pattern: str) -> None:
    limits = Limits(calls, 0, Pattern(pattern, SUBJECTS[subject].calls))
    exploration = explore(subject, limits)
    assert not exploration.failures
    assert exploration.schedules is not None
    assert exploration.schedules[-1] == sum(1 for _ in every_run(subject, limits))


@pytest.mark.parametrize(
    ("subject", "schedules"),
    [
        ("AudioEncoder", [1, 12, 855, 106_503]),
        ("VideoEncoder", [1, 13, 993, 190_611]),
        ("ImageDecoder", [1, 102, 10_799, 1_074_352]),
        ("ImageDecoder of a stream", [1, 75, 7_547, 670_244]),
    ],
)
def test_all_programs_of_three_calls_of_others(subject: Subject, schedules: list[int]) -> None:
    exploration = explore(subject, Limits(3))
    assert exploration.is_complete
    assert not exploration.failures
    assert exploration.schedules == schedules


def test_programs_are_counted() -> None:
    # configure or reclaim
    assert count_programs(1, 2) == 2
    # After configure: each call. After reclaim: the same two.
    assert count_programs(2, 2) == 10
    assert count_programs(3, 2) == 54


def test_a_violation_comes_with_the_shortest_schedule() -> None:
    [mutation] = [mutation for mutation in MUTATIONS if mutation.name == "queue size kept by reset"]
    with mutation.applied():
        exploration = explore("AudioDecoder", Limits(4))
    assert not exploration.is_complete
    [failure] = exploration.failures
    assert failure.moves == ["configure", "decode", "reset"]
    assert failure.violation.invariant == "queue size"


def test_a_search_that_is_stopped_says_so() -> None:
    exploration: Exploration = explore("AudioDecoder", Limits(6, seconds=0.0))
    assert not exploration.is_complete
    assert exploration.schedules is None


def test_a_move_that_is_not_there() -> None:
    simulation = run("AudioDecoder", Limits(), ["configure"])
    with pytest.raises(BadMoveError, match="'task' is not among"):
        simulation.make("task")
    with pytest.raises(BadMoveError, match="'two' is not among"):
        simulation.make("work > two")


def test_a_pattern_that_matches_no_call() -> None:
    with pytest.raises(ValueError, match="'decoed' is no call"):
        Pattern("configure decoed")
    # A user agent reclaims codecs, and a program does not, neither in a script nor in a callback.
    with pytest.raises(ValueError, match="'output:reclaim' is no call"):
        Pattern("configure decode output:reclaim")
    assert "reclaim" not in run("VideoDecoder", Limits(), ["configure", "flush", "close"]).moves()


def test_progress_saves_a_codec_from_being_reclaimed() -> None:
    saved = run("VideoDecoder", Limits(), ["configure", "reclaim", "work", "task"])
    assert saved.log == ["configure 1 [configured 0]", "reclaim [configured 0]"]
    reclaimed = run("VideoDecoder", Limits(), ["configure", "flush", "reclaim", "task"])
    assert reclaimed.log[2:] == [
        "reclaim [configured 0]",
        "error QuotaExceededError [closed 0]",
        "flush 2 rejected QuotaExceededError [closed 0]",
    ]
    assert not saved.violations
    assert not reclaimed.violations


def test_the_command_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--calls", "2", "--json"]) == 0
    audio, *others = json.loads(capsys.readouterr().out)
    assert [audio["interface"], *(other["interface"] for other in others)] == list(SUBJECTS)
    assert not any(other["violations"] for other in others)
    assert audio["schedules"] == [1, 9, 380]
    assert audio["number_of_programs"] == 10
    assert audio["complete"] is True
    assert audio["violations"] == []


def test_requests_behind_a_malformed_frame_are_served_until_the_decoder_is_closed() -> None:
    trace = (
        "work; task; feed; task; work; task; feed > broken; task; work; task; task; feed; task; work; decode; work; "
        "next; work; task; task; task; task"
    )
    assert main(["explore", "--interface", "ImageDecoder of a stream", "--replay", trace]) == 0


def test_the_command_shows_a_violation_and_how_to_replay_it(capsys: pytest.CaptureFixture[str]) -> None:
    broken = ["explore", "--interface", "VideoDecoder", "--mutation", "promise not removed by reset"]
    assert main([*broken, "--calls", "3"]) == 1
    output = capsys.readouterr().out
    assert "Violated, by VideoDecoder: promises: 1 flushes are listed as pending, 0 are unsettled" in output
    assert "--mutation 'promise not removed by reset' --replay 'configure; flush; reset'" in output

    assert main([*broken, "--replay", "configure; flush; reset"]) == 1
    assert "!!! promises: 1 flushes are listed as pending, 0 are unsettled" in capsys.readouterr().out

    assert main(["explore", "--interface", "VideoDecoder", "--replay", "configure; flush; reset; end"]) == 0
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == [
        "1 configure",
        "configure 1 [configured 0]",
        "2 flush",
        "flush 2 [configured 0]",
        "3 reset",
        "reset [unconfigured 0]",
        "4 end",
        "flush 2 rejected AbortError [unconfigured 0]",
    ]


def test_the_command_refuses_a_schedule_that_cannot_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--replay", "configure; task"]) == 2
    assert "That schedule can't be: 'task' is not among" in capsys.readouterr().out
