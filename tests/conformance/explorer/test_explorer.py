"""The explorer: what it finds, what it counts, and that its reduction leaves nothing out."""

import json
import re
from collections.abc import Iterator

import pytest

from conformance.cli import main
from conformance.explorer.heap import Fingerprints
from conformance.explorer.mutations import MUTATIONS
from conformance.explorer.programs import Pattern, count_programs
from conformance.explorer.search import Exploration, Limits, explore, run
from conformance.explorer.simulation import BadMoveError, Simulation
from conformance.scripted.observed_decoder import Kind

KINDS: list[Kind] = ["audio", "video"]


def every_run(kind: Kind, limits: Limits) -> Iterator[Simulation]:
    """Every run that comes to rest, one by one: no two are taken for the same."""
    pending: list[list[str]] = [[]]
    while pending:
        moves = pending.pop()
        simulation = run(kind, limits, moves)
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
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limits", PROGRAMS, ids=lambda limits: " ".join(limits.pattern.words) + f" {limits.calls}")
def test_as_many_schedules_are_counted_as_there_are(kind: Kind, limits: Limits) -> None:
    exploration = explore(kind, limits)
    assert exploration.schedules is not None
    assert exploration.schedules[-1] == sum(1 for _ in every_run(kind, limits))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("limits", "count"), [(Limits(2), 59), (Limits(3, 1, Pattern("configure decode output:*")), 75)]
)
def test_with_and_without_the_reduction_the_same_is_seen(kind: Kind, limits: Limits, count: int) -> None:
    unreduced = {without_numbers(simulation.log) for simulation in every_run(kind, limits)}
    assert logs_in_the_graph(kind, limits) == unreduced
    assert len(unreduced) == count


def without_numbers(log: list[str]) -> tuple[str, ...]:
    """Runs that lead to the same heap may have made the calls that matter at different times."""
    return tuple(re.sub(r" \d+(?!\])", "", entry) for entry in log)


def logs_in_the_graph(kind: Kind, limits: Limits) -> set[tuple[str, ...]]:
    """What is seen on the paths of the reduced graph: of each heap, one run to it, continued by each move."""
    fingerprints = Fingerprints()
    logs: dict[tuple[bytes, int, int], set[tuple[str, ...]]] = {}
    representatives: dict[tuple[bytes, int, int], list[str]] = {}
    simulation = run(kind, limits, [])
    start = (simulation.fingerprint(fingerprints), simulation.calls_left, simulation.calls_in_callbacks_left)
    logs[start] = {()}
    representatives[start] = []
    at_rest: set[tuple[str, ...]] = {()}
    pending = [start]
    while pending:
        heap = pending.pop()
        moves = representatives[heap]
        for step in run(kind, limits, moves).moves():
            variants = [step]
            while variants:
                move = variants.pop()
                before = run(kind, limits, moves)
                numbered = len(before.log)
                simulation = run(kind, limits, [*moves, move])
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


@pytest.mark.parametrize(("kind", "states"), [("audio", 1114), ("video", 1228)])
def test_all_programs_of_three_calls(kind: Kind, states: int) -> None:
    exploration = explore(kind, Limits(3))
    assert exploration.is_complete
    assert not exploration.failures
    assert exploration.schedules == [1, 8, 300, 29_399]
    assert exploration.states == states


def test_all_programs_of_four_calls() -> None:
    exploration = explore("video", Limits(4))
    assert not exploration.failures
    assert exploration.schedules == [1, 8, 300, 29_399, 4_950_635]


def test_programs_are_counted() -> None:
    assert count_programs(1, 2) == 1
    # After configure: each call.
    assert count_programs(2, 2) == 6
    assert count_programs(3, 2) == 32


def test_a_violation_comes_with_the_shortest_schedule() -> None:
    [mutation] = [mutation for mutation in MUTATIONS if mutation.name == "queue size kept by reset"]
    with mutation.applied():
        exploration = explore("audio", Limits(4))
    assert not exploration.is_complete
    [failure] = exploration.failures
    assert failure.moves == ["configure", "decode", "reset"]
    assert failure.violation.invariant == "queue size"


def test_a_search_that_is_stopped_says_so() -> None:
    exploration: Exploration = explore("audio", Limits(6, seconds=0.0))
    assert not exploration.is_complete
    assert exploration.schedules is None


def test_a_move_that_is_not_there() -> None:
    simulation = run("audio", Limits(), ["configure"])
    with pytest.raises(BadMoveError, match="'task' is not among"):
        simulation.make("task")
    with pytest.raises(BadMoveError, match="'two' is not among"):
        simulation.make("work > two")


def test_a_pattern_that_matches_no_call() -> None:
    with pytest.raises(ValueError, match="'decoed' is no call"):
        Pattern("configure decoed")


def test_the_command_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--calls", "2", "--json"]) == 0
    audio, video = json.loads(capsys.readouterr().out)
    assert (audio["decoder"], video["decoder"]) == ("audio", "video")
    assert audio["schedules"] == [1, 8, 300]
    assert audio["number_of_programs"] == 6
    assert audio["complete"] is True
    assert audio["violations"] == []


def test_the_command_shows_a_violation_and_how_to_replay_it(capsys: pytest.CaptureFixture[str]) -> None:
    broken = ["explore", "--decoder", "video", "--mutation", "promise not removed by reset"]
    assert main([*broken, "--calls", "3"]) == 1
    output = capsys.readouterr().out
    assert "Violated, by the video decoder: promises: 1 flushes are listed as pending, 0 are unsettled" in output
    assert "--mutation 'promise not removed by reset' --replay 'configure; flush; reset'" in output

    assert main([*broken, "--replay", "configure; flush; reset"]) == 1
    assert "!!! promises: 1 flushes are listed as pending, 0 are unsettled" in capsys.readouterr().out

    assert main(["explore", "--decoder", "video", "--replay", "configure; flush; reset; end"]) == 0
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
