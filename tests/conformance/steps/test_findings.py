"""The findings in other implementations: one file, which the documentation and the pages of steps agree with."""

import json
import re
from pathlib import Path

import pytest

from conformance import scenarios
from conformance.campaigns.case import case_of
from conformance.differ.families import FAMILIES
from conformance.differ.interpreter import is_program
from conformance.litmus.deviations import DEVIATIONS
from conformance.litmus.programs import program_of
from conformance.steps.findings import findings, findings_by_step
from conformance.steps.index_file import load_index
from conformance.suite.runner import collect

DOCUMENT = Path(__file__).parents[3] / "docs" / "implementations.md"


def test_the_table_of_the_documentation_is_that_of_the_file() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    (table,) = re.findall(r"^\| finding \| the spec \| PATTERN \|\n\|---.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table.splitlines() == [
        f"| {finding.words} | {finding.spec} | `{finding.pattern}` |" for finding in findings() if finding.pattern
    ]


def test_findings_of_random_programs_are_in_the_documentation() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = [
        f"| {finding.words} | {finding.spec} | `{finding.random_program}` |\n"
        for finding in findings()
        if finding.random_program
    ]
    assert len(rows) > 20
    assert [row for row in rows if row not in text] == []


def test_steps_are_those_of_the_specification() -> None:
    index = load_index()
    for finding in findings():
        assert finding.steps
        assert [step for step in finding.steps if not index.has(step)] == []
        # The words name the same step, if they name one.
        for reference in re.findall(r"`([a-z-]+#[\d.]+)`", finding.spec):
            assert reference in finding.steps


def test_each_finding_can_be_repeated() -> None:
    known = [
        text
        for group in collect(scenarios)
        for scenario in group.scenarios
        for text in (scenario.id, scenario.name, *scenario.shows)
    ]
    names = {deviation.name for deviation in DEVIATIONS}
    for finding in findings():
        assert sum(map(bool, (finding.pattern, finding.program, finding.random_program))) == 1
        if finding.pattern:
            assert any(re.search(finding.pattern, text) for text in known), finding.pattern
        elif finding.program:
            program_of(finding.program)
            assert finding.deviation in names
        else:
            program = case_of(json.loads(finding.random_program))
            assert program.kind in FAMILIES
            assert is_program(program)


def test_findings_are_shown_at_their_step(tmp_path: Path) -> None:
    pytest.importorskip("jinja2", reason="Jinja, which fills in the pages, is not installed")
    from conformance.steps.coverage_html import write_html
    from conformance.steps.html_tree import parse_html
    from tests.conformance.reports import FILE, measured_steps

    write_html(tmp_path, measured_steps(), FILE.parents[2])
    page = parse_html((tmp_path / "algorithm.dom-videodecoder-decode.html").read_text(encoding="utf-8"))
    (row,) = [element for element in page.descendants() if element.id == "message:4.3"]
    (finding,) = findings_by_step()["dom-videodecoder-decode:message#4.3"]
    shown = [element.text() for element in row.descendants() if "finding" in element.classes]
    assert shown == [f"{finding.implementation}: {finding.words} {finding.command}"]
    index = parse_html((tmp_path / "index.html").read_text(encoding="utf-8"))
    addresses = [element.attributes.get("href") for element in index.descendants()]
    assert "algorithm.dom-videodecoder-decode.html#message:4.3" in addresses
    assert sum("finding" in element.classes or element.tag == "code" for element in index.descendants()) == len(
        findings()
    )
