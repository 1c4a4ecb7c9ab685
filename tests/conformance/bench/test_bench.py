"""The bench runs to its end and reports. No test asserts a measured value."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from conformance import cli


@pytest.mark.parametrize(
    "case", ["opus", "encode-opus", "planes", "audio-aac", "codecs", "seek", "pipeline", "recording", "start-up"]
)
def test_a_case_of_each_kind(case: str, tmp_path: Path) -> None:
    report, page = tmp_path / "report.json", tmp_path / "report.html"
    arguments = ["bench", "--case", case, "--rounds", "1", "--seconds", "0.2", "--json", str(report)]
    if find_spec("jinja2"):
        arguments += ["--html", str(page)]
    assert cli.main(arguments) == 0
    if find_spec("jinja2"):
        assert f'<section id="{case}">' in page.read_text(encoding="utf-8")
    assert list(json.loads(report.read_text(encoding="utf-8"))) == [case]
