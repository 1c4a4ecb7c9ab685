"""The command litmus, and programs as plain Python and JavaScript."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.litmus import command
from conformance.litmus.listings import javascript, python
from conformance.litmus.log import Log
from conformance.litmus.programs import Program, program_of
from conformance.litmus.subjects import INTERFACES, Interface
from conformance.litmus.vocabularies import VOCABULARIES


def test_the_model_on_asyncio_passes(tmp_path: Path) -> None:
    path = tmp_path / "litmus.json"
    assert main(["litmus", "--interface", "AudioDecoder", "--runs", "12", "--json", str(path)]) == 0
    results = json.loads(path.read_text())
    assert results["product"] == "codecmodel"
    assert results["version"].startswith("FFmpeg ")
    [result] = results["interfaces"]
    assert (result["runs"], result["allowed"] + result["undecided"], result["findings"]) == (12, 12, [])


def test_targets_and_programs_that_are_unknown_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["litmus", "--target", "opera"]) == 2
    assert "'opera' is neither asyncio nor a browser" in capsys.readouterr().out
    assert main(["litmus", "--program", "configure jump"]) == 2
    assert "'jump' is none of" in capsys.readouterr().out
    assert main(["litmus", "--program", "configure liar", "--interface", "AudioDecoder"]) == 2
    assert "no interface has all calls of the program" in capsys.readouterr().out
    assert main(["litmus", "--target", "chromium:/no/such/browser"]) == 2
    assert "there is no chromium" in capsys.readouterr().out


def test_a_run_is_watched_for_longer_until_it_has_come_to_rest() -> None:
    begun: Log = (("task",), ("do", "bad", 1), ("did", "bad", 1, None, "configured", 0), ("end",))
    tried: list[float] = []

    def run_all(interface: Interface, programs: Sequence[Program], patience: float) -> list[Log]:
        tried.append(patience)
        if patience < 40:
            return [(*begun, ("rest", "configured", 0))]
        return [(*begun, ("error", "NotSupportedError", "closed", 0), ("return",), ("rest", "closed", 0))]

    [judgement] = command.judge_all("VideoDecoder", run_all, [program_of("bad")])
    assert judgement.verdict.allowed
    assert tried == [1, 10, 40]


def test_a_finding_is_shrunk_and_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An implementation whose close() leaves the state as it was."""

    def run_all(interface: Interface, programs: list[Program], **settings: float) -> list[Log]:
        logs: list[Log] = []
        for program in programs:
            entries: list[tuple[str | int | None, ...]] = []
            number = 0
            for script in program.scripts:
                entries.append(("task",))
                for call in script.calls:
                    number += 1
                    entries += [("do", call, number), ("did", call, number, None, "unconfigured", 0)]
                entries.append(("end",))
            logs.append((*entries, ("rest", "unconfigured", 0)))
        return logs

    monkeypatch.setattr(command, "run_on_asyncio", run_all)
    text = "look look; [ms4] look close"
    assert main(["litmus", "--interface", "VideoDecoder", "--runs", "3", "--program", text]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "  3 runs: not explained. The smallest program that shows it:" in lines
    assert "      close" in lines
    assert "      ! did close 1 - unconfigured 0" in lines
    assert "          the model has: did close 1 - closed 0" in lines
    assert "// close" in lines


def test_what_is_on_file_is_new_if_nothing_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A browser that fires dequeue for a reset of an empty queue."""
    log: Log = (
        ("task",),
        ("do", "reset", 1),
        ("did", "reset", 1, None, "unconfigured", 0),
        ("end",),
        ("dequeue", "unconfigured", 0),
        ("return",),
        ("rest", "unconfigured", 0),
    )
    monkeypatch.setattr(
        command, "runner", lambda target: (lambda interface, programs, patience: [log] * len(programs), target, "1")
    )
    arguments = ["litmus", "--target", "chromium", "--interface", "VideoDecoder", "--program", "reset", "--runs", "2"]
    assert main(arguments) == 0
    assert "  2 runs: dequeue without a request (reset-videodecoder#5)" in capsys.readouterr().out
    assert main([*arguments, "--nothing-on-file"]) == 1
    assert "  2 runs: dequeue without a request (reset-videodecoder#5, NEW)" in capsys.readouterr().out


def program_for(interface: Interface) -> Program:
    first, second = VOCABULARIES[interface].beginning
    if first == "configure":
        return program_of(f"configure {second} micro flush; [ms4] bad look; on output 1: reset; on settled 1: close")
    return program_of(f"{first} micro {second}; [ms4] deselect look {second}; on ready 1: reset; on settled 1: close")


@pytest.mark.parametrize("interface", INTERFACES)
def test_the_python_listing_runs(interface: Interface) -> None:
    listing = python(interface, program_for(interface))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=False, env=environment)
    assert (run.returncode, run.stderr) == (0, "")
    assert f"1 {VOCABULARIES[interface].beginning[0]} " in run.stdout
    assert "settled" in run.stdout


@pytest.mark.parametrize("interface", INTERFACES)
def test_the_javascript_listing_is_javascript(interface: Interface, node: Path, tmp_path: Path) -> None:
    script = tmp_path / "listing.mjs"
    script.write_text(javascript(interface, program_for(interface)), encoding="utf-8")
    run = subprocess.run([node, "--check", script], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
