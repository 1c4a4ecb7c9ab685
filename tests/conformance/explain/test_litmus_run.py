"""The model beside the log of a run: every entry that agrees is a line, and the first difference is marked."""

from pathlib import Path
from random import Random
from typing import cast

import pytest

from conformance import cli
from conformance.explain.litmus_run import explain_log
from conformance.explain.recording import Recording
from conformance.litmus import deviations
from conformance.litmus.log import Entry, Log
from conformance.litmus.programs import program_of
from conformance.litmus.runs import run_at_random
from conformance.litmus.subjects import INTERFACES, Interface, family_of
from tests.conformance.explain.recorded import operations, slots, steps

PROGRAM = program_of("configure look micro look; [quiet] flush reset; on settled 1: close")

PROGRAM_OF_IMAGES = program_of("decode look micro look; [quiet] next reset; on settled 1: close")


def lines(recording: Recording) -> list[int]:
    """The lines of the program at which the run is, in order."""
    return [int(step.number) for step in steps(recording) if step.what == "program"]


def printed(recording: Recording) -> list[str]:
    return [text for _, change in operations(recording) if change[0] == "o" for text in str(change[1]).splitlines()]


@pytest.mark.parametrize("interface", INTERFACES)
def test_an_allowed_run_is_walked_to_its_end(interface: Interface) -> None:
    program = PROGRAM_OF_IMAGES if family_of(interface) == "image" else PROGRAM
    for seed in range(3):
        log = run_at_random(interface, program, Random(seed))
        recording = explain_log(interface, program, log, "ourselves")
        assert printed(recording) == ["The model allows this run."]
        visited = lines(recording)
        assert visited == sorted(visited)
        # The ends of scripts and callbacks, and the queuing of microtasks, are no steps of the model.
        silent = {number for number, entry in enumerate(log, 1) if entry[0] in ("end", "return", "queue microtask")}
        assert set(visited) == set(range(1, len(log) + 1)) - silent
        if family_of(interface) == "image":
            assert slots(recording)["ImageDecoder 0 [[closed]]"] is True
        else:
            assert slots(recording)[f"{interface} 0 [[state]]"] == log[-1][1]


@pytest.mark.parametrize(
    ("is_known", "explanation"),
    [
        (True, "explained by: a reset resolves flushes (reset-videodecoder#6.1)"),
        (False, "No deviation that is known explains it."),
    ],
)
def test_the_first_difference_is_marked_with_what_the_model_has(
    is_known: bool, explanation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_known:
        monkeypatch.setattr(deviations, "deviations_of", lambda _: ())
    log = run_at_random("VideoDecoder", PROGRAM, Random(1))
    position = next(number for number, entry in enumerate(log) if entry[0] == "settled")
    wrong: Entry = ("settled", log[position][1], "resolved", *log[position][3:])
    changed: Log = (*log[:position], wrong, *log[position + 1 :])
    recording = explain_log("VideoDecoder", PROGRAM, changed, "another")
    shown = cast("str", recording.document["program"]).splitlines()
    assert [text for text in shown if text.startswith("≠")] == ["≠ settled 4 resolved unconfigured 0"]
    assert shown[position] == "≠ settled 4 resolved unconfigured 0"
    assert shown[position + 1] == "  the model has: settled 4 AbortError unconfigured 0"
    assert lines(recording)[-1] == position + 1
    # The model has run up to there, and settled the promise in its own way.
    assert ["p", "rejected with AbortError"] in [
        [change[0], change[2]] for _, change in operations(recording) if change[0] == "p"
    ]
    assert printed(recording) == [
        "≠ settled 4 resolved unconfigured 0",
        "the model has: settled 4 AbortError unconfigured 0",
        explanation,
    ]


def test_the_command_runs_a_program_of_litmus_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("jinja2", reason="Jinja, which fills in the pages, is not installed")
    page = tmp_path / "page.html"
    assert cli.main(["explain", "--litmus", "configure reset", "-o", str(page)]) == 0
    assert "The model allows this run." in page.read_text(encoding="utf-8")
    for wrong in (
        ["--litmus", "sing"],
        ["--litmus", "reset", "--target", "netscape"],
        ["--litmus", "configure", "--interface", "ImageDecoder"],
    ):
        assert cli.main(["explain", *wrong, "-o", str(page)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert "sing" in errors[0]
    assert "netscape" in errors[1]
    assert errors[2] == "'configure' is no call of programs on ImageDecoder"
