"""The table of the README, made of the figures of several runs."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance import cli
from conformance.bench import summary
from tests.conformance.bench.test_bench import WORKS


def figures(seconds: float, cases: Mapping[str, Mapping[str, float]]) -> str:
    """A file of figures in which CPU and wall time have the same ratio."""
    return json.dumps(
        {
            "settings": {"seconds": seconds},
            "cases": {
                case: {
                    "works": {
                        work: {quantity: {"ratio": {"median": ratio}} for quantity in ("CPU", "wall")}
                        for work, ratio in works.items()
                    }
                }
                for case, works in cases.items()
            },
        }
    )


def table(tmp_path: Path, capsys: pytest.CaptureFixture[str], *runs: str) -> list[str]:
    paths = [tmp_path / f"{number}.json" for number in range(len(runs))]
    for path, run in zip(paths, runs, strict=True):
        path.write_text(run, encoding="utf-8")
    assert cli.main(["bench", "--summary", *map(str, paths)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["| work | of the speed of | CPU | wall |", "|---|---|---:|---:|"]
    return lines[2:]


def test_figures_are_the_medians_of_the_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [figures(3, {"h264": {"a frame, PyAV": ratio}}) for ratio in (0.9, 0.5, 0.93)]
    assert table(tmp_path, capsys, *runs) == ["| decode H.264, HEVC 1920×1080 | PyAV | 0.90, – | 0.90, – |"]


def test_the_longest_media_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = figures(
        3, {"transcode": {"to VP9, ffmpeg": 0.6, "to H.264, ffmpeg": 0.5}, "start-up": {"probe, ffprobe": 0.2}}
    )
    long = figures(60, {"transcode": {"to VP9, ffmpeg": 0.9, "to H.264, ffmpeg": 0.8}})
    assert table(tmp_path, capsys, short, long, short) == [
        "| transcode H.264 640×360 to VP9, to H.264, a process | ffmpeg | 0.90, 0.80 | 0.90, 0.80 |",
        "| `probe` | ffprobe | 0.20 | 0.20 |",
    ]


def test_the_names_of_works_are_those_of_the_bench() -> None:
    named = {
        case: {work for of_peer in works.values() for work in of_peer}
        for of in WORKS.values()
        for case, works in of.items()
    }
    in_rows = [work for row in summary._ROWS for work in row.works]
    assert {case for case, _ in in_rows} - named.keys() == {"rgba", "approximate", "busy", "memory"}
    assert [work for work in in_rows if work[0] in named and work[1] not in named[work[0]]] == []


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_a_file_without_figures(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")
    assert cli.main(["bench", "--summary", str(path)]) == 1
    assert capsys.readouterr().out.count("\n") == 1
    assert cli.main(["bench", "--summary", str(tmp_path / "missing.json")]) == 1
