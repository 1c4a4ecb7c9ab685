"""Pages: self-contained, exact, the same each time; two runs side by side; the words of the spec if asked for."""

import json
import re
from pathlib import Path
from typing import cast

import pytest

from conformance import cli
from conformance.explain.alignment import align
from conformance.explain.examples import EXAMPLES, record_example
from conformance.explain.perfetto import trace_events
from conformance.explain.picture import picture_of
from conformance.explain.replay import explain_schedule
from conformance.steps.index_file import load_index
from tests.conformance.explain.recorded import steps

pytest.importorskip("jinja2", reason="Jinja, which fills in the pages, is not installed")

from conformance.explain.page import page_of, page_of_two

DOCUMENTS = Path(__file__).parents[3] / "docs" / "explained"
SCHEDULE = "configure; work; task; task; decode; work; task; task"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_explained_examples_are_those_of_the_program(name: str) -> None:
    """If this fails, run ``python -m conformance explain --examples docs/explained``."""
    recording = record_example(name)
    assert (DOCUMENTS / f"{name}.html").read_text(encoding="utf-8") == page_of(recording)
    assert (DOCUMENTS / f"{name}.svg").read_text(encoding="utf-8") == picture_of(recording)


def test_every_algorithm_of_chapters_2_to_6_is_shown_by_an_example() -> None:
    shown: set[tuple[str, str]] = set()
    for name in EXAMPLES:
        functions = cast("list[dict[str, str]]", record_example(name).document["functions"])
        shown |= {(function["anchor"], function["part"]) for function in functions}
    algorithms = {
        (entry.reference, part)
        for entry in load_index().entries.values()
        if entry.document == "webcodecs" and entry.chapter in "23456"
        for part in entry.parts
    }
    assert len(algorithms) > 40
    assert algorithms - shown == set()


def test_a_page_needs_no_other_file() -> None:
    page = page_of(explain_schedule("VideoDecoder", SCHEDULE))
    assert re.findall(r"<(?:link|img|iframe)\b|\bsrc=|@import|url\(|fetch\(", page) == []
    # The only addresses are those of the links to the published spec.
    addresses = set(re.findall(r"https?://[^\s\"'/]+", page))
    assert addresses == {"https://w3c.github.io"}


def test_a_page_has_the_whole_recording() -> None:
    recording = explain_schedule("VideoDecoder", SCHEDULE)
    (script,) = re.findall(r'<script type="application/json" class="recording">(.*?)</script>', page_of(recording))
    assert json.loads(script) == json.loads(recording.json())


def test_what_a_program_has_in_its_text_ends_no_script(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text('"""A <b>title</b>."""\nprint("</script><script>alert(1)</script>")\n')
    page = tmp_path / "page.html"
    assert cli.main(["explain", str(program), "-o", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "<title>A &lt;b&gt;title&lt;/b&gt;</title>" in text


def test_the_words_of_the_spec_come_from_the_users_copy(tmp_path: Path) -> None:
    spec = tmp_path / "index.html"
    spec.write_text(
        '<body><h2 data-level="4">4. Decoder</h2><p><dfn id="dom-videodecoder-flush" data-dfn-type="method" '
        'data-dfn-for="VideoDecoder">flush()</dfn> steps:<ol><li>Sing a song.</ol>'
    )
    page = tmp_path / "page.html"
    arguments = ["explain", "--replay", "flush", "-o", str(page)]
    assert cli.main([*arguments, "--spec", str(spec)]) == 0
    assert "Sing a song." in page.read_text(encoding="utf-8")
    assert cli.main(arguments) == 0
    assert "Sing a song." not in page.read_text(encoding="utf-8")


def test_two_runs_are_aligned_and_the_first_difference_is_known() -> None:
    first = explain_schedule("VideoDecoder", SCHEDULE)
    second = explain_schedule("VideoDecoder", SCHEDULE.replace("decode; work", "decode; work > error"))
    rows = align(first, second)
    difference = next(number for number, row in enumerate(rows) if not row[2])
    assert rows[:difference] == [[number, number, 1] for number in range(difference)]
    steps_of_both = [steps(recording) for recording in (first, second)]
    assert [of_one[difference].number for of_one in steps_of_both] == ["4.3", "4.2"]
    # Every event of either is shown, in order.
    for side, of_one in enumerate(steps_of_both):
        shown = [row[side] for row in rows]
        assert shown == sorted(shown)
        assert set(shown) == set(range(len(of_one)))
    assert page_of_two(first, second).count('class="recording"') == 2


def test_runs_that_are_the_same_have_no_difference() -> None:
    recording = explain_schedule("AudioDecoder", SCHEDULE)
    assert align(recording, recording) == [[number, number, 1] for number in range(len(steps(recording)))]


def test_a_trace_for_perfetto_has_every_step() -> None:
    recording = explain_schedule("VideoDecoder", SCHEDULE)
    events = trace_events(recording)
    slices = [event for event in events if event.get("cat") == "step"]
    assert len(slices) == sum(step.what not in ("task", "work") for step in steps(recording))
    begins = {event["id"] for event in events if event["ph"] == "s"}
    assert begins == {event["id"] for event in events if event["ph"] == "f"}
    assert begins
    open_until: dict[object, list[float]] = {}
    for event in events:
        if event["ph"] == "X":
            begin, duration = cast("float", event["ts"]), cast("float", event["dur"])
            around = open_until.setdefault(event["tid"], [])
            while around and around[-1] <= begin:
                around.pop()
            assert not around or begin + duration <= around[-1], f"{event['name']} lasts longer than what it is in"
            around.append(begin + duration)


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = str(tmp_path / "page.html")
    assert cli.main(["explain", "-o", page]) == 2
    assert cli.main(["explain", str(tmp_path / "missing.py"), "-o", page]) == 1
    assert cli.main(["explain", "--replay", "task", "-o", page]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert errors[0].startswith("explain needs a program, a recording, --replay or --litmus")
    assert errors[1].endswith("missing.py: No such file or directory")
    assert errors[2].startswith("That schedule can't be: 'task'")
    assert not Path(page).exists()
