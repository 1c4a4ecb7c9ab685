"""The form of wptreport.json, and the output on the console."""

import io
import json
from pathlib import Path

from rich.console import Console

from conformance.suite.report import console, wptreport
from conformance.suite.results import GroupResult, HarnessStatus, Result, Status
from conformance.suite.scenario import Scenario

RESULTS = [
    GroupResult(
        "/chapter_4_video_decoder?vp9",
        "4 VideoDecoder",
        HarnessStatus.OK,
        None,
        [
            Result("chapter_4.one?vp9", "One", ("anchor#1",), Status.PASS, duration=0.25),
            Result("chapter_4.two?vp9", "Two [x]", ("anchor#2", "other"), Status.FAIL, "expected \ud800", "the stack"),
            Result("chapter_4.three?vp9", "Three", ("anchor#3",), Status.TIMEOUT, "Test timed out"),
        ],
        1.5,
    ),
    GroupResult(
        "/chapter_4_video_decoder?av1",
        "4 VideoDecoder",
        HarnessStatus.PRECONDITION_FAILED,
        "no encoder",
        [Result("chapter_4.one?av1", "One", ("anchor#1",), Status.PRECONDITION_FAILED, "no encoder")],
        0.0,
    ),
    GroupResult(
        "/registry?flac",
        "Codec registry",
        HarnessStatus.ERROR,
        "RuntimeError: broken",
        [Result("registry.one?flac", "One", ("anchor",), Status.NOTRUN, "RuntimeError: broken")],
        0.0,
    ),
]


def test_wptreport_has_exactly_the_form_that_its_readers_know(tmp_path: Path) -> None:
    path = tmp_path / "wptreport.json"
    wptreport.write(path, wptreport.wptreport(RESULTS, "FFmpeg 5.1", 1000.0, 1002.5004))
    report = json.loads(path.read_text(encoding="utf-8"))
    assert list(report) == ["run_info", "time_start", "time_end", "results"]
    assert (report["time_start"], report["time_end"]) == (1000000, 1002500)
    assert report["run_info"]["product"] == "codecmodel"
    assert report["run_info"]["browser_version"] == "FFmpeg 5.1"
    assert report["results"] == [
        {
            "test": "/chapter_4_video_decoder?vp9",
            "status": "OK",
            "message": None,
            "subtests": [
                {"name": "One", "status": "PASS", "message": None},
                {"name": "Two [x]", "status": "FAIL", "message": "expected U+d800"},
                {"name": "Three", "status": "TIMEOUT", "message": "Test timed out"},
            ],
            "duration": 1500,
        },
        {
            "test": "/chapter_4_video_decoder?av1",
            "status": "PRECONDITION_FAILED",
            "message": "no encoder",
            "subtests": [{"name": "One", "status": "PRECONDITION_FAILED", "message": "no encoder"}],
            "duration": 0,
        },
        {
            "test": "/registry?flac",
            "status": "ERROR",
            "message": "RuntimeError: broken",
            "subtests": [{"name": "One", "status": "NOTRUN", "message": "RuntimeError: broken"}],
            "duration": 0,
        },
    ]


def printed(width: int = 100) -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, width=width, color_system=None), stream


def test_the_table_counts_by_chapter_and_status() -> None:
    out, stream = printed(120)
    console.print_table(out, RESULTS)
    rows = [
        [cell.strip() for cell in line.strip("│┃").split("│" if "│" in line else "┃")]
        for line in stream.getvalue().splitlines()
        if "│" in line or "┃" in line
    ]
    assert rows == [
        ["Chapter", "PASS", "FAIL", "TIMEOUT", "NOTRUN", "PRECOND.", "ERROR"],
        ["4 VideoDecoder", "1", "1", "1", "0", "1", "0"],
        ["Codec registry", "0", "0", "0", "1", "0", "1"],
        ["Total", "1", "1", "1", "1", "1", "1"],
    ]


def test_failures_are_listed_with_what_they_show() -> None:
    out, stream = printed()
    console.print_failures(out, RESULTS)
    assert stream.getvalue() == (
        "\nFAIL chapter_4.two?vp9\n  Two [x]\n  shows anchor#2, other\n  expected \ud800\n"
        "\nTIMEOUT chapter_4.three?vp9\n  Three\n  shows anchor#3\n  Test timed out\n"
        "\nERROR /registry?flac\n  RuntimeError: broken\n"
        "\nPRECONDITION_FAILED 1 scenario: no encoder\n  chapter_4.one?av1\n"
    )


def test_tracebacks_on_demand() -> None:
    out, stream = printed()
    console.print_details(out, RESULTS)
    assert stream.getvalue() == "\nchapter_4.two?vp9\nthe stack\n"


def test_progress_prints_failures_as_they_happen() -> None:
    async def body(t: object) -> None: ...

    scenario = Scenario("chapter_4", "two", "Two", ("anchor",), "vp9", None, lambda: body)
    out, stream = printed()
    with console.ConsoleProgress(out, 2) as progress:
        progress.scenario_started(scenario)
        progress.scenario_finished(scenario, RESULTS[0].subtests[0])
        progress.scenario_finished(scenario, RESULTS[0].subtests[1])
        progress.group_finished(RESULTS[2])
    lines = [line.rstrip() for line in stream.getvalue().splitlines() if line.strip()]
    assert lines[:2] == ["FAIL chapter_4.two?vp9", "ERROR /registry?flac"]
