"""``python -m codecmodel timeline``: a picture of a trace."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from codecmodel.command_line import main as command_line
from codecmodel.command_line.trace_file import Arrow, Slice, Span, lanes, read_trace


def _slice(name: str, category: str, thread: int, begin: float, duration: float) -> dict[str, object]:
    return {"ph": "X", "name": name, "cat": category, "tid": thread, "pid": 1, "ts": begin, "dur": duration}


#: A task with a callback inside, the work it leads to, a slot, a counter: 0 to 10 ms.
EVENTS: list[dict[str, object]] = [
    {"ph": "M", "name": "thread_name", "tid": 7, "pid": 1, "ts": 0, "args": {"name": "Main & only"}},
    {"ph": "i", "name": "decode queued", "cat": "message", "tid": 7, "pid": 1, "ts": 0, "s": "t"},
    {"ph": "b", "name": "Codec 1: codec saturated", "cat": "slot", "tid": 7, "pid": 1, "ts": 500, "id": 1},
    _slice("output", "task", 7, 1000, 4000),
    {"ph": "s", "name": "leads to", "cat": "flow", "tid": 7, "pid": 1, "ts": 1500, "id": 2},
    {
        "ph": "C",
        "name": "Codec 1: decodeQueueSize",
        "cat": "counter",
        "tid": 7,
        "pid": 1,
        "ts": 2000,
        "args": {"value": 3},
    },
    _slice("output callback", "callback", 7, 2000, 1000),
    _slice("decode work", "work", 8, 6000, 4000),
    {"ph": "f", "name": "leads to", "cat": "flow", "tid": 8, "pid": 1, "ts": 6000, "id": 2, "bp": "e"},
    {"ph": "e", "name": "Codec 1: codec saturated", "cat": "slot", "tid": 7, "pid": 1, "ts": 9500, "id": 1},
]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.json"
    path.write_text(json.dumps({"traceEvents": EVENTS}), encoding="utf-8")
    return path


def _texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]


def _bar(svg: str, name: str) -> tuple[float, float]:
    """Left edge and width of the bar with this name, in the drawing's units."""
    found = re.search(rf'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*><title>{name},', svg)
    assert found is not None
    return float(found[1]), float(found[2])


def test_what_is_read(trace: Path) -> None:
    read = read_trace(trace)
    assert read.thread_names == {7: "Main & only"}
    assert read.slices == {
        7: [Slice("task", "output", 1, 5, 0), Slice("callback", "output callback", 2, 3, 1)],
        8: [Slice("work", "decode work", 6, 10, 0)],
    }
    assert read.spans == {"Codec 1: codec saturated": [Span("slot", "Codec 1: codec saturated", 0.5, 9.5)]}
    assert read.counters == {"Codec 1: decodeQueueSize": [(2, 3)]}
    assert read.arrows == [Arrow(7, 1.5, 8, 6)]
    assert read.end == 10


def test_everything_is_drawn_to_scale(trace: Path, tmp_path: Path) -> None:
    picture = tmp_path / "picture.svg"
    assert command_line.main(["timeline", str(trace), str(picture)]) == 0
    svg = picture.read_text(encoding="utf-8")
    texts = _texts(svg)
    for text in ("event loop", "Main & only, 7", "work queue’s thread", "codec saturated", "decodeQueueSize", "3"):
        assert text in texts
    assert [text for text in texts if text.endswith(" ms")] == [f"{number} ms" for number in range(11)]
    left, width = _bar(svg, "output")
    _, inner = _bar(svg, "output callback")
    work, work_width = _bar(svg, "decode work")
    assert width == pytest.approx(work_width, abs=0.2) == pytest.approx(4 * inner, abs=0.2)
    assert work - left == pytest.approx(5 * inner, abs=0.2)


def test_a_stretch_is_drawn(trace: Path, tmp_path: Path) -> None:
    picture = tmp_path / "picture.svg"
    assert command_line.main(["timeline", str(trace), str(picture), "--begin", "5.5", "--end", "8"]) == 0
    svg = picture.read_text(encoding="utf-8")
    assert "decode work" in _texts(svg)
    assert "event loop" not in _texts(svg)
    # Activities that last longer are cut off.
    assert _bar(svg, "codec saturated") == (200.0, 1066.0)


def test_what_a_trace_lacks(trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "picture.svg"
    for arguments, problem in (
        (
            [str(trace), str(picture), "--begin", "20"],
            f"{trace}: there is nothing from 20 to 10 ms; the trace has 10 ms",
        ),
        ([str(tmp_path / "none"), str(picture)], f"{tmp_path / 'none'}: No such file or directory"),
        ([str(trace), str(tmp_path / "no" / "a.svg")], f"{tmp_path / 'no' / 'a.svg'}: No such file or directory"),
    ):
        assert command_line.main(["timeline", *arguments]) == 1
        assert capsys.readouterr().err == f"error: {problem}\n"
    assert not picture.exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"traceEvents": [{"ph": "X"}]}', '{"traceEvents": [1]}'])
def test_what_is_no_trace(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "trace.json"
    path.write_text(text, encoding="utf-8")
    assert command_line.main(["timeline", str(path), str(tmp_path / "picture.svg")]) == 1
    assert "not a trace that codecmodel has written" in capsys.readouterr().err


def test_spans_that_overlap_are_side_by_side() -> None:
    first, second, third = (Span("slot", "", begin, end) for begin, end in ((0, 2), (1, 3), (2, 4)))
    assert lanes([first, second, third]) == [[first, third], [second]]


def test_a_picture_that_exists_is_not_replaced(trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "picture.svg"
    picture.write_text("precious")
    assert command_line.main(["timeline", str(trace), str(picture)]) == 1
    assert capsys.readouterr().err == f"error: {picture}: file exists; --overwrite replaces it\n"
    assert picture.read_text() == "precious"
    assert command_line.main(["timeline", str(trace), str(picture), "--overwrite"]) == 0
    assert picture.read_text().startswith("<svg ")
