"""The page that puts the results of several implementations side by side."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from conformance import cli
from conformance.comparison.command import page_of, sections_of, totals_of
from conformance.comparison.results import ResultsError, read

pytest.importorskip("jinja2", reason="Jinja, which fills in the pages, is not installed")

_MODULE = "/chapter_3_audio_decoder?any_codec"
_NAME = "a new decoder is unconfigured and has nothing queued"
_ID = "chapter_3_audio_decoder.new_decoder?any_codec"


def _report(product: str, version: str, statuses: Mapping[tuple[str, str], str], **info: str) -> object:
    """A report in the form of wptreport.json. ``statuses`` is by test and name of the subtest."""
    tests: dict[str, list[object]] = {}
    for (test, name), status in statuses.items():
        message = None if status == "PASS" else f"{name}: <it> fails"
        tests.setdefault(test, []).append({"name": name, "status": status, "message": message})
    results = [{"test": test, "status": "OK", "message": None, "subtests": told} for test, told in tests.items()]
    return {"run_info": {"product": product, "browser_version": version, **info}, "results": results}


def _litmus(product: str, findings: Sequence[Mapping[str, object]]) -> object:
    told = {
        "interface": "VideoDecoder",
        "runs": 10,
        "allowed": 10 - len(findings),
        "undecided": 0,
        "findings": findings,
    }
    return {"product": product, "version": "1", "interfaces": [told]}


def _deviation(*names: str) -> Mapping[str, object]:
    step = "reset-videodecoder#5"
    told = {"deviations": list(names), "steps": [step], "runs": 1, "program": "configure reset"}
    return {**told, "observed": ["dequeue"], "allowed": []}


def _differ() -> object:
    explained = {"target": "other", "count": 3}
    finding = {"signature": "chunk, EncodedVideoChunk.type", "description": "step 1: a.type", "step": None}
    return {
        "parties": {"model": "", "other": "2", "third": "3"},
        "explained": [
            {**explained, "reason": "it is rounded", "spec": "valid-audiodatainit#1"},
            {**explained, "reason": "it may", "spec": None},
        ],
        "findings": [
            {
                **finding,
                "values": {"model": "key", "other": "delta", "third": "key"},
                "agreeing": [["model", "third"], ["other"]],
                "count": 1,
                "repeatable": True,
                "program": {"kind": "chunk"},
            }
        ],
    }


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two implementations: one passes everything, one fails a scenario and half of the web-platform-tests."""
    suite = {(_MODULE, _NAME): "PASS", (_MODULE, "a name of an older edition"): "PASS"}
    wpt = {("/webcodecs/a.any.worker.html?h264", "works"): "PASS", ("/webcodecs/b.html", "too"): "PASS"}
    contents = {
        "suite": _report("codecmodel", "FFmpeg 1", suite),
        "wpt": _report("codecmodel", "FFmpeg 1", wpt, revision="abc"),
        "litmus": _litmus("codecmodel", []),
        "other-suite": _report("other", "2", {**suite, (_MODULE, _NAME): "FAIL"}),
        "other-wpt": _report("other", "2", dict.fromkeys(wpt, "TIMEOUT"), revision="abc"),
        "other-litmus": _litmus("other", [_deviation("dequeue without a request")]),
    }
    paths = []
    for name, content in contents.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(content))
        paths.append(path)
    return paths


def test_each_implementation_is_named_with_all_its_versions(files: list[Path]) -> None:
    assert read(files).implementations == {
        "codecmodel": {"version": "FFmpeg 1; 1", "web-platform-tests": "abc"},
        "other": {"version": "2; 1", "web-platform-tests": "abc"},
    }


def test_a_failure_has_its_plain_javascript(files: list[Path]) -> None:
    report = json.loads(files[3].read_text())
    subtest = report["results"][0]["subtests"][0]
    subtest.update(javascript="log(1 < 2);", confirmation="confirmed")
    files[3].write_text(json.dumps(report))
    page = page_of(read(files))
    assert "<summary>plain JavaScript</summary><p>confirmed</p><pre>log(1 &lt; 2);</pre>" in page
    subtest.update(javascript=None, confirmation="an object is older")
    files[3].write_text(json.dumps(report))
    assert "<small>no plain JavaScript: an object is older</small>" in page_of(read(files))


def test_totals_are_by_kind_and_implementation(files: list[Path]) -> None:
    totals = totals_of(read(files))
    assert {kind: dict(counts) for kind, counts in totals.items()} == {
        "Scenarios": {"codecmodel": {"good": 2}, "other": {"good": 1, "bad": 1}},
        "Web-platform-tests": {"codecmodel": {"good": 2}, "other": {"bad": 2}},
        "Litmus tests": {"codecmodel": {"good": 2}, "other": {"bad": 2}},
    }


def test_cases_that_disagree_come_first_in_each_section(files: list[Path]) -> None:
    scenarios = [section for section in sections_of(read(files)) if section.kind == "Scenarios"]
    assert [section.heading for section in scenarios] == ["3 AudioDecoder", "Other editions of the suite"]
    for section in sections_of(read(files)):
        order = [case.disagrees(["codecmodel", "other"]) for case in section.cases]
        assert order == sorted(order, reverse=True)


def test_a_scenario_has_its_steps_and_its_command(files: list[Path]) -> None:
    case = read(files).cases["Scenarios", _ID]
    assert "audiodecoder" in " ".join(case.steps).lower()
    assert case.program == "python -m conformance --filter 'chapter_3_audio_decoder.new_decoder'"
    assert case.outcomes["other"].message == f"{_NAME}: <it> fails"


def test_a_test_of_the_suite_leads_to_its_file(files: list[Path]) -> None:
    cases = read(files).cases
    address = "https://github.com/web-platform-tests/wpt/blob/abc/webcodecs"
    key = "webcodecs/a.any.worker.html?h264: works"
    assert cases["Web-platform-tests", key].url == f"{address}/a.any.js"
    assert cases["Web-platform-tests", "webcodecs/b.html: too"].url == f"{address}/b.html"


def test_a_precondition_that_is_not_met_is_no_disagreement(tmp_path: Path) -> None:
    for product, status in (("one", "PASS"), ("two", "PRECONDITION_FAILED")):
        (tmp_path / product).write_text(json.dumps(_report(product, "1", {(_MODULE, _NAME): status})))
    comparison = read([tmp_path / "one", tmp_path / "two"])
    (case,) = comparison.cases.values()
    assert not case.disagrees(["one", "two"])
    assert not case.fails()


def test_a_deviation_that_others_lack_is_a_disagreement(files: list[Path]) -> None:
    case = read(files).cases["Litmus tests", "VideoDecoder: dequeue without a request"]
    assert {name: outcome.status for name, outcome in case.outcomes.items()} == {
        "codecmodel": "not seen",
        "other": "1 runs",
    }
    assert case.disagrees(["codecmodel", "other"])


def test_random_programs_are_judged_by_the_majority_and_by_explanations(tmp_path: Path) -> None:
    path = tmp_path / "differ.json"
    path.write_text(json.dumps(_differ()))
    comparison = read([path])
    assert comparison.implementations == {"codecmodel": {}, "other": {"version": "2"}, "third": {"version": "3"}}
    tones = {
        case.name: {name: outcome.tone for name, outcome in case.outcomes.items()} for case in comparison.cases.values()
    }
    assert tones == {
        "step 1: a.type": {"codecmodel": "good", "other": "bad", "third": "good"},
        "it is rounded": {"codecmodel": "good", "other": "bad"},
        "it may": {"codecmodel": "quiet", "other": "quiet"},
    }
    programs = [case.program for case in comparison.cases.values() if case.section == "Not explained"]
    assert programs == ["""python -m conformance differ --program '{"kind": "chunk"}'"""]


def test_the_page_links_steps_to_the_published_specification_and_escapes_messages(files: list[Path]) -> None:
    page = page_of(read(files))
    assert 'href="https://w3c.github.io/webcodecs/#reset-videodecoder"' in page
    assert "&lt;it&gt; fails" in page
    assert not re.search(r'(src|href)="(?!https://)', page), "the page needs no other file"


def test_a_case_that_only_one_implementation_has_run_is_shown(files: list[Path]) -> None:
    page = page_of(read([files[0], *files[4:]]))
    assert '<span class="quiet">not run</span>' in page


def test_the_command_writes_the_page(files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert cli.main(["report", *map(str, files), "-o", str(page)]) == 0
    assert capsys.readouterr().out == "2 implementations, 6 cases, 5 disagree\n"
    assert page.read_text(encoding="utf-8") == page_of(read(files))


@pytest.mark.parametrize("content", ["", "[]", '{"results": []}'])
def test_a_file_that_holds_no_results_is_named(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "none.json"
    path.write_text(content)
    with pytest.raises(ResultsError, match="none"):
        read([path])
    assert cli.main(["report", str(path), "-o", str(tmp_path / "page.html")]) == 2
    assert "none.json" in capsys.readouterr().out
    assert not (tmp_path / "page.html").exists()
