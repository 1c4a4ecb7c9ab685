"""The bench runs to its end and reports. No test asserts a measured value."""

import json
from pathlib import Path

import pytest

from conformance import cli


@pytest.mark.parametrize("case", ["opus", "encode-opus", "planes", "audio-aac", "codecs", "start-up"])
def test_a_case_of_each_kind(case: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    arguments = ["bench", "--case", case, "--rounds", "1", "--seconds", "0.2", "--json", str(report)]
    assert cli.main(arguments) == 0
    assert list(json.loads(report.read_text(encoding="utf-8"))) == [case]
