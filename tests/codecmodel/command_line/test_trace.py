"""``python -m codecmodel decode --trace``."""

import json
from collections import Counter
from pathlib import Path

import pytest

from codecmodel.command_line import main as command_line
from codecmodel.command_line import media_commands
from tests.codecmodel.files.media import audio, write, x264


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    """Six pictures, and some sound."""
    return write(tmp_path / "movie.mp4", x264(), audio("aac", format="fltp"))


def test_both_tracks_are_in_the_trace(movie: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    command = ["decode", str(movie), "--out", str(tmp_path / "out"), "--quiet", "--trace", str(trace)]
    assert command_line.main(command) == 0
    events = json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]
    decoded = Counter(event["args"]["codec"] for event in events if event["name"] == "decode work")
    assert decoded == {"VideoDecoder 1": 6, "AudioDecoder 1": 7}
    outputs = Counter(event["args"]["codec"] for event in events if event["name"] == "output callback")
    assert outputs == decoded


def test_a_trace_that_cannot_be_written(movie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "nowhere" / "trace.json"
    out = tmp_path / "out"
    assert command_line.main(["decode", str(movie), "--out", str(out), "--quiet", "--trace", str(trace)]) == 1
    assert capsys.readouterr().err == f"error: {trace}: No such file or directory\n"
    # The command notices this before it decodes anything.
    assert not out.exists()


def test_a_trace_of_what_fails(tmp_path: Path) -> None:
    """The trace of a file that can't be decoded to its end shows how far the decoder got."""
    trace = tmp_path / "trace.json"
    assert command_line.main(["decode", "nothing.mp4", "--out", str(tmp_path / "out"), "--trace", str(trace)]) == 1
    events = json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]
    assert [event["name"] for event in events] == ["process_name"]


def test_an_interrupted_program_leaves_no_trace(movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(media_commands, "decode_file", interrupted)
    trace = tmp_path / "trace.json"
    assert command_line.main(["decode", str(movie), "--out", str(tmp_path), "--quiet", "--trace", str(trace)]) == 130
    assert not trace.exists()
