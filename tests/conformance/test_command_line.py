"""``python -m conformance``: its scenarios, its output, its files and its exit status."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import cli, media, run, scenarios
from conformance.suite.harness import SCENARIOS

_SAMPLE = """
import asyncio
from conformance.suite.harness import assert_equals, assert_precondition, promise_test

@promise_test("a pass", shows=["anchor#1"])
async def passes(t): ...

@promise_test("a failure", shows=["anchor#2.1"])
async def fails(t):
    assert_equals(1, 2, "the number")

@promise_test("a lack", shows=["anchor#3"])
async def lacks(t):
    assert_precondition(False, "no such encoder")

@promise_test("a wait", shows=["anchor#4"])
async def waits(t):
    await asyncio.sleep(60)
"""


@pytest.fixture(autouse=True)
def _sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The suite is one module with a scenario of each kind."""
    (tmp_path / "chapter_4_sample.py").write_text(_SAMPLE)
    monkeypatch.setattr(scenarios, "__path__", [str(tmp_path)])
    monkeypatch.setenv("COLUMNS", "120")
    yield
    SCENARIOS.forget_module("chapter_4_sample")
    sys.modules.pop("conformance.scenarios.chapter_4_sample", None)


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_all_that_is_run_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--filter", "passes"]) == 0
    lines = lines_of(capsys)
    assert lines[0].startswith("Python 3.")
    assert run.environment() in lines[0]
    assert "│ 4 VideoDecoder │    1 │    0 │       0 │      0 │        0 │     0 │" in lines


def test_a_failure_is_listed_with_the_step_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["suite", "--filter", "fails|passes"]) == 1
    lines = lines_of(capsys)
    at = lines.index("FAIL chapter_4_sample.fails", 2)
    assert lines[at + 1 : at + 4] == [
        "  a failure",
        "  shows anchor#2.1",
        "  assert_equals: the number expected 2 but got 1",
    ]
    assert "Traceback" not in "".join(lines)


def test_tracebacks(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--filter", "fails", "--tracebacks"]) == 1
    assert "Traceback (most recent call last):" in lines_of(capsys)


def test_a_failed_precondition_counts_only_if_it_is_to_be_strict(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--filter", "lack"]) == 0
    lines = lines_of(capsys)
    assert lines[-2:] == ["PRECONDITION_FAILED 1 scenario: no such encoder", "  chapter_4_sample.lacks"]
    assert cli.main(["--filter", "lack", "--strict"]) == 1


def test_a_timeout(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--filter", "waits", "--timeout", "0.05"]) == 1
    assert "TIMEOUT chapter_4_sample.waits" in lines_of(capsys)


def test_the_filter_knows_ids_and_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--list", "--filter", "a pass"]) == 0
    assert lines_of(capsys) == ["chapter_4_sample.passes  anchor#1"]
    assert cli.main(["--list", "--filter", "sample.(fails|waits)"]) == 0
    assert lines_of(capsys) == ["chapter_4_sample.fails  anchor#2.1", "chapter_4_sample.waits  anchor#4"]
    assert cli.main(["--list", "--filter", "anchor#2.1"]) == 0
    assert lines_of(capsys) == ["chapter_4_sample.fails  anchor#2.1"]
    assert cli.main(["--list", "--filter", "("]) == 1
    assert lines_of(capsys) == [r"no scenario matches '\\('"]


def test_nothing_to_run_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--filter", "nothing"]) == 1
    assert lines_of(capsys) == ["no scenario matches 'nothing'"]


def test_a_broken_module_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "chapter_5_broken.py").write_text("1 / 0\n")
    assert cli.main(["--filter", "passes"]) == 1
    lines = lines_of(capsys)
    assert "ERROR /chapter_5_broken" in lines
    assert "ZeroDivisionError: division by zero" in lines


def test_results_are_written_as_wptreport_json(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    assert cli.main(["--filter", "passes|fails|lacks", "--json", str(path)]) == 1
    report = json.loads(path.read_text())
    assert list(report) == ["run_info", "time_start", "time_end", "results"]
    assert report["run_info"]["browser_version"] == run.environment()
    assert 0 <= report["time_end"] - report["time_start"] < 60_000
    (test,) = report["results"]
    assert test.pop("duration") >= 0
    assert test == {
        "test": "/chapter_4_sample",
        "status": "OK",
        "message": None,
        "subtests": [
            {"name": "a pass", "status": "PASS", "message": None},
            {"name": "a failure", "status": "FAIL", "message": "assert_equals: the number expected 2 but got 1"},
            {"name": "a lack", "status": "PRECONDITION_FAILED", "message": "no such encoder"},
        ],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bogus"], "invalid choice: 'bogus'"),
        (["--bogus"], "unrecognized arguments: --bogus"),
        (["--timeout", "0"], "not a positive number of seconds: 0"),
        (["--timeout", "soon"], "invalid _positive value: 'soon'"),
    ],
)
def test_mistakes_on_the_command_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    for command in cli.COMMANDS:
        assert f"    {command} " in out


_LOADING = """
import sys
from conformance import cli
status = cli.main(["run", sys.argv[1]])
print(status, *sorted({*cli.COMMANDS.values(), "codecmodel", "ffbind", "numpy", "rich"} & set(sys.modules)))
"""


def _loaded_by_running(script: Path) -> str:
    """The exit status, and which of some modules are loaded after that."""
    command = [sys.executable, "-c", _LOADING, str(script)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.usefixtures("node")
def test_a_command_loads_no_other_command_and_run_neither_numpy_nor_ffmpeg(tmp_path: Path) -> None:
    script = tmp_path / "empty.js"
    script.write_text("")
    assert _loaded_by_running(script) == "0 codecmodel conformance.wpt.script.command\n"


def test_the_model_is_not_loaded_before_node_starts(tmp_path: Path) -> None:
    assert _loaded_by_running(tmp_path / "none.js") == "2 conformance.wpt.script.command\n"


def test_no_library_is_one_clear_message(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise media.LibraryError("no FFmpeg here")

    monkeypatch.setattr(run, "environment", missing)
    assert cli.main(["--filter", "passes"]) == 1
    assert lines_of(capsys) == ["no FFmpeg here"]


def test_it_is_a_program() -> None:
    command = [sys.executable, "-m", "conformance", "--list", "--filter", "decoder.flush_nothing[?]vp8"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    expected = "dom-videodecoder-flush#7, dom-videodecoder-flush:message#1.3.3"
    assert result.stdout == f"chapter_4_video_decoder.flush_nothing?vp8  {expected}\n"
