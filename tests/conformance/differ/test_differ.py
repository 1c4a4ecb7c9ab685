"""Random programs, differentially: drawing, facts, comparison, explanations, and a broken model that is found."""

import asyncio
import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

import codecmodel
from conformance.campaigns.case import Case, Part, Value, fields_of
from conformance.cli import main
from conformance.differ import command
from conformance.differ.campaign import run_campaign
from conformance.differ.comparison import compare, line_of
from conformance.differ.drawing import call, copy, look, new, this, wait
from conformance.differ.explanations import EXPLANATIONS_FILE, ExplanationsError, load
from conformance.differ.facts import Fact, is_same, plain
from conformance.differ.families import FAMILIES, drawn
from conformance.differ.interpreter import execute
from conformance.differ.last_step import last_step
from conformance.differ.listing import javascript
from conformance.differ.worker import MODEL, model_interface
from conformance.steps.index_file import load_index
from tests.conformance.differ.in_process import InProcess, broken

SEEDS = range(1, 6)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_draws_the_same_program(family: str) -> None:
    lines = [json.dumps(fields_of(drawn(family, seed))) for seed in (*SEEDS, *SEEDS)]
    assert lines[: len(SEEDS)] == lines[len(SEEDS) :]
    assert len(set(lines)) == len(SEEDS)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_model_agrees_with_itself(family: str) -> None:
    runner = InProcess({"again": model_interface})
    for seed in SEEDS[:3]:
        program = drawn(family, seed)
        [facts] = runner.run([program])
        comparison = compare(program, facts)
        assert comparison.differences == []
        assert comparison.facts == len(facts[MODEL]) > 0
        assert [fact for fact in facts[MODEL] if "accidental" in str(fact.value)] == []


def test_an_accident_is_told_from_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codecmodel.raw_media.video_frame.clone_video_frame", None)
    outcomes = [fact.value for fact in asyncio.run(execute(CLONE, model_interface)) if fact.kind == "outcome"]
    assert outcomes == ["returns", "throws accidental TypeError"]


class ImageDecoder:
    """An implementation without tracks, whose results are objects."""

    def __init__(self, init: object) -> None:
        pass

    async def decode(self) -> object:
        return SimpleNamespace(
            image=codecmodel.VideoFrame(bytes(4), {"format": "RGBA", "codedWidth": 1, "codedHeight": 1, "timestamp": 7})
        )


def test_what_an_implementation_lacks_is_a_fact_like_others() -> None:
    program = Case(
        "image",
        (
            new("i", "ImageDecoder", {"type": "image/png", "data": {"$image": "png"}}),
            wait("i", "tracks.ready"),
            call("i", "decode", result="f"),
            look("f"),
        ),
    )
    found = asyncio.run(execute(program, lambda name: ImageDecoder))
    values = {fact.description: fact.value for fact in found}
    assert values["step 2: i.tracks.ready"] == "missing"
    assert values["step 4: f.timestamp"] == 7


def test_a_broken_model_is_found_and_its_program_is_shrunk() -> None:
    summary = run_campaign(InProcess({"broken": broken}), [drawn("video-frame", seed) for seed in range(1, 30)], [])
    [finding] = summary.new
    difference = finding.difference
    assert (difference.fact.operation, difference.fact.kind) == ("VideoFrame.duration", "value")
    assert [part.name for part in difference.program.parts] == ["new", "call", "look"]
    assert difference.values[MODEL] is not None
    assert difference.values["broken"] is None
    assert difference.groups == [[MODEL], ["broken"]]
    assert difference.vote() == f"model: {difference.values[MODEL]}; broken: None"


FRAME: Part = new(
    "a",
    "VideoFrame",
    {"$bytes": [24, 1]},
    {"format": "I420", "codedWidth": 4, "codedHeight": 4, "timestamp": 0, "duration": 40_000},
)
CLONE = Case("video-frame", (FRAME, call("a", "clone", result="b"), look("b")))


def test_the_majority_is_named() -> None:
    [facts] = InProcess({"again": model_interface, "broken": broken}).run([CLONE])
    [difference] = compare(CLONE, facts).differences
    assert difference.vote() == "model, again (majority): 40000; broken (minority): None"


TABLE = """
[[explained]]
reason = "clones forget their duration"
spec = "dom-videoframe-clone#2"
target = "broken"
versions = ["1.*"]
operations = ["VideoFrame.*"]
facts = ["value"]
model = ["number"]
values = ["null"]
steps = ['"on": "b"']
programs = ['"duration": 40000']
"""


def test_what_is_on_file_is_not_new(tmp_path: Path) -> None:
    path = tmp_path / "explained.toml"
    path.write_text(TABLE)
    explanations = load(path)
    summary = run_campaign(InProcess({"broken": broken}), [CLONE], explanations)
    assert summary.new == []
    assert dict(summary.explained) == {explanations[0]: 1}


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ('versions = ["1.*"]', 'versions = ["2.*"]'),
        ('target = "broken"', 'target = "other"'),
        ('operations = ["VideoFrame.*"]', 'operations = ["AudioData.*"]'),
        ('facts = ["value"]', 'facts = ["outcome"]'),
        ('model = ["number"]', 'model = ["null"]'),
        ('values = ["null"]', 'values = ["number"]'),
        ('steps = [\'"on": "b"\']', 'steps = [\'"on": "c"\']'),
        ("programs = ['\"duration\": 40000']", "programs = ['\"duration\": 50000']"),
    ],
)
def test_an_explanation_explains_nothing_else(tmp_path: Path, line: str, other: str) -> None:
    path = tmp_path / "explained.toml"
    assert line in TABLE
    path.write_text(TABLE.replace(line, other))
    summary = run_campaign(InProcess({"broken": broken}), [CLONE], load(path))
    assert len(summary.new) == 1


def test_a_file_of_explanations_has_a_form(tmp_path: Path) -> None:
    path = tmp_path / "explained.toml"
    for text in ("[[explained]]\n", '[[explained]]\nreason = "r"\ntarget = "t"\nvalue = ["x"]\n', "no TOML"):
        path.write_text(text)
        with pytest.raises(ExplanationsError, match=r"explained\.toml"):
            load(path)


def test_the_explanations_of_the_suite_can_be_read() -> None:
    explanations = load(EXPLANATIONS_FILE)
    assert all(explanation.reason and explanation.versions for explanation in explanations)
    index = load_index()
    assert [each.spec for each in explanations if each.spec is not None and not index.has(each.spec)] == []


def facts(*values: tuple[str, str, object]) -> list[Fact]:
    return [Fact(description, "operation", kind, plain(value)) for description, kind, value in values]


def test_facts_are_aligned_by_description() -> None:
    program = Case("chunk", ())
    one = facts(("x", "value", 1), ("less", "value", 8), ("y", "value", 2), ("z", "value", 3))
    other = facts(("z", "value", 3), ("x", "value", 1), ("more", "value", 7), ("y", "value", 4))
    comparison = compare(program, {MODEL: one, "other": other})
    assert comparison.facts == 3
    assert [dict(difference.values) for difference in comparison.differences] == [{MODEL: 2, "other": 4}]


def test_what_follows_from_a_difference_of_state_does_not_count() -> None:
    one = facts(("a", "value", 1), ("b", "outcome", "returns"), ("c", "value", True))
    other = facts(("a", "value", 2), ("b", "outcome", "throws TypeError"), ("c", "value", None))
    stateless = compare(Case("chunk", ()), {MODEL: one, "other": other}).differences
    assert [difference.fact.description for difference in stateless] == ["a", "b", "c"]
    with_state = compare(Case("image", ()), {MODEL: one, "other": other}).differences
    assert [difference.fact.description for difference in with_state] == ["a", "b"]


def test_a_party_that_is_lost_says_nothing_else() -> None:
    lost = facts(("the implementation", "life", "is lost"))
    [difference] = compare(Case("chunk", ()), {MODEL: facts(("a", "value", 1)), "other": lost}).differences
    assert difference.vote() == "model: lives; other: is lost"


def test_converted_values_may_differ_by_a_stated_tolerance() -> None:
    assert is_same("converted pixels", "10ff", "12fe")
    assert not is_same("converted pixels", "10ff", "13ff")
    assert not is_same("bytes", "10ff", "11ff")
    assert is_same("converted s16", "0100", "0200")
    assert not is_same("converted s16", "0100", "0300")
    assert not is_same("converted f32", "0000803f", "throws TypeError")
    assert not is_same("value", True, 1)
    assert is_same("value", 1, 1.0)


def test_numbers_are_those_of_javascript() -> None:
    numbers = [plain(number) for number in (1.0, 0.5, float("nan"), 2**53 + 1)]
    assert json.dumps(numbers) == '[1, 0.5, "nan", 9007199254740992]'


def test_steps_without_their_objects_are_passed_over() -> None:
    parts = (look("b"), call("b", "clone"), new("c", "VideoFrame", this("b")), new("d", "VideoFrame", {"$bytes": [1]}))
    assert asyncio.run(execute(Case("video-frame", parts), model_interface)) == []


def test_the_last_step_that_the_model_executed_is_named() -> None:
    closed = Case(
        "video-encoder", (FRAME, call("a", "close"), new("c", "VideoEncoder"), call("c", "encode", this("a")))
    )
    step = last_step(closed, "step 4: c.encode()", model_interface)
    assert step is not None
    assert step.startswith("dom-videoencoder-encode#1 (codecmodel/codecs/video_encoder.py:")


def test_steps_of_the_program_before_are_not_named() -> None:
    """No step of the specification converts dictionaries."""
    program = Case("video-frame", (FRAME, new("b", "VideoFrame", this("a"), {"alpha": "none"})))
    assert last_step(program, "step 1: a = new VideoFrame", model_interface) is not None
    assert last_step(program, "step 2: b = new VideoFrame", model_interface) is None


def test_the_listings_are_javascript(node: Path, tmp_path: Path) -> None:
    script = tmp_path / "listings.mjs"
    listings = [f"{{\n{javascript(drawn(family, 1))}}}\n" for family in FAMILIES]
    script.write_text("".join(listings), encoding="utf-8")
    run = subprocess.run([node, "--check", script], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


_MODULE = """
export class EncodedVideoChunk {
  constructor({ type, timestamp, duration = null, data }) { Object.assign(this, { type, timestamp, duration, data }); }
  get byteLength() { return this.data.byteLength; }
  copyTo(destination) {
    if (destination.byteLength < this.byteLength) throw new RangeError('short');
    new Uint8Array(destination.buffer).set(this.data);
  }
}
"""


def test_the_command_compares_with_a_module_of_node(
    node: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "module.mjs").write_text(_MODULE)
    monkeypatch.chdir(tmp_path)
    init: Value = {"type": "key", "timestamp": 5, "data": {"$bytes": [3, 1]}}
    program = Case("chunk", (new("a", "EncodedVideoChunk", init), look("a"), copy("a", size=2)))
    target = ["--target", "node:./module.mjs"]
    assert main(["differ", *target, "--program", line_of(program)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "  step 2: a.timestamp: 5" in lines
    assert "! step 3: a.copyTo(): model: throws TypeError; node:./module.mjs: throws RangeError" in lines


def test_what_is_on_file_is_new_if_nothing_is(
    node: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "module.mjs").write_text(_MODULE)
    path = tmp_path / "explained.toml"
    path.write_text('[[explained]]\nreason = "it is short"\ntarget = "node:./module.mjs"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "EXPLANATIONS_FILE", path)
    arguments = ["differ", "--target", "node:./module.mjs", "--family", "chunk", "--seeds", "2"]
    assert main(arguments) == 0
    assert "× node:./module.mjs: it is short" in capsys.readouterr().out
    assert main([*arguments, "--nothing-on-file"]) == 1
    printed = capsys.readouterr().out
    assert ", 0 of them explained" in printed
    assert "NEW, " in printed


def test_the_command_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    assert main(["differ", "--family", "chunk", "--family", "color-space", "--seeds", "2", "--json", str(report)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("The model and again: 4 programs, ")
    assert lines[-1] == "No difference is new."
    result = json.loads(report.read_text())
    assert (result["programs"], result["differences"], result["findings"]) == (4, 0, [])
    assert result["facts"] > 0


def test_the_command_lists_families(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["differ", "--list"]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == list(FAMILIES)


def test_what_the_command_cannot_run_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--target", "opera"], ["--program", "look"], ["--program", '{"kind": "x", "parts": []}']):
        assert main(["differ", *arguments]) == 2
    assert capsys.readouterr().out.splitlines() == [
        "'opera' is neither chromium, nor firefox, nor node:MODULE",
        "--program is no program as this command prints them:"
        " JSONDecodeError('Expecting value: line 1 column 1 (char 0)')",
        f"'x' is none of {', '.join(FAMILIES)}",
    ]
