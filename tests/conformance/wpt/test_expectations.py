"""Expected results, and the results that count as unexpected."""

import json
from pathlib import Path

import pytest

from conformance.wpt.expectations import EXPECTATIONS_FILE, ExpectationsError, Unexpected, load
from conformance.wpt.results import FileResult, Subtest

RULES = """
[[expected]]
reason = "no such codec"
tests = ["/webcodecs/a.any.worker.html?h26[45]_*"]
subtests = ["decode *", "encode [*]"]

[[expected]]
reason = "does not end"
tests = ["/webcodecs/b.any.worker.html"]
status = "TIMEOUT"
"""


def _unexpected(text: str, directory: Path, *results: FileResult, name: str = "expected.toml") -> list[Unexpected]:
    (directory / name).write_text(text, encoding="utf-8")
    expectations = load(directory / name)
    return [item for result in results for item in expectations.unexpected_in(result)]


def test_worse_and_better_are_unexpected(tmp_path: Path) -> None:
    id = "/webcodecs/a.any.worker.html?h26[45]_annexb"
    subtests = (
        Subtest("decode all", "FAIL"),
        Subtest("decode none", "PASS"),
        Subtest("encode *", "FAIL"),
        Subtest("encode 1", "FAIL", "why"),
        Subtest("other", "PASS"),
    )
    assert _unexpected(RULES, tmp_path, FileResult(id, "OK", None, subtests)) == [
        Unexpected(id, "decode none", "PASS", "FAIL"),
        Unexpected(id, "encode 1", "FAIL", "PASS", "why"),
    ]


def test_the_question_mark_of_a_variant_is_one(tmp_path: Path) -> None:
    id = "/webcodecs/a.any.worker.htmlXh264_annexb"
    assert len(_unexpected(RULES, tmp_path, FileResult(id, "OK", None, (Subtest("decode", "FAIL"),)))) == 1


def test_the_harness_itself(tmp_path: Path) -> None:
    id = "/webcodecs/b.any.worker.html"
    results = [FileResult(id, "TIMEOUT", "slow"), FileResult(id, "OK", None), FileResult("/x", "CRASH", "gone")]
    assert _unexpected(RULES, tmp_path, *results) == [
        Unexpected(id, None, "OK", "TIMEOUT"),
        Unexpected("/x", None, "CRASH", "OK", "gone"),
    ]


def test_rules_that_decide_nothing_of_what_was_run(tmp_path: Path) -> None:
    (tmp_path / "e.toml").write_text(RULES, encoding="utf-8")
    expectations = load(tmp_path / "e.toml")
    results = [FileResult("/webcodecs/a.any.worker.html?h26[45]_x", "OK", None, (Subtest("other", "PASS"),))]
    assert [rule.reason for rule in expectations.unused(results)] == ["no such codec"]


def test_tables_for_want_of_an_encoder(tmp_path: Path) -> None:
    (tmp_path / "e.toml").write_text(
        '[[expected]]\nreason = "none"\nunless_encoded = { codec = "vp8", bitrateMode = "constant" }\n'
        'tests = ["/t"]\nsubtests = ["*"]\n',
        encoding="utf-8",
    )
    config = {"codec": "vp8", "bitrateMode": "constant"}
    assert load(tmp_path / "e.toml", lambda asked: asked == config).expected("/t", "a") == "PASS"
    assert load(tmp_path / "e.toml", lambda asked: asked != config).expected("/t", "a") == "FAIL"


def test_an_earlier_report_is_a_baseline(tmp_path: Path) -> None:
    report = {
        "results": [{"test": "/t", "status": "OK", "subtests": [{"name": "a", "status": "FAIL", "message": None}]}]
    }
    result = FileResult("/t", "OK", None, (Subtest("a", "PASS"), Subtest("b", "FAIL")))
    assert _unexpected(json.dumps(report), tmp_path, result, name="report.json") == [
        Unexpected("/t", "a", "PASS", "FAIL"),
        Unexpected("/t", "b", "FAIL", "PASS"),
    ]


@pytest.mark.parametrize("text", ["[[expected]]\ntests = []\n", "not toml", "[[expected]]\nreason = 1\n"])
def test_files_that_do_not_say_what_they_should(tmp_path: Path, text: str) -> None:
    (tmp_path / "e.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ExpectationsError, match=r"e\.toml"):
        load(tmp_path / "e.toml")


def test_the_expectations_kept_with_the_code_give_reasons() -> None:
    assert all(rule.reason for rule in load(EXPECTATIONS_FILE).rules)
