"""The references of scenarios are checked without importing the scenarios."""

from pathlib import Path

from conformance.steps.references import check_references
from tests.conformance.steps.synthetic_spec import index_of

_SCENARIO = """
@promise_test("pouring", shows=["dom-teapot-pour#2", "dom-teapot-pour:message#1.1", *_steps("1.2"), REFERENCE])
async def pouring(t): ...
"""


def test_references_of_scenarios(tmp_path: Path) -> None:
    (tmp_path / "chapter_2.py").write_text(_SCENARIO, encoding="utf-8")
    assert check_references(index_of(), tmp_path) == []
    (tmp_path / "chapter_2.py").write_text(_SCENARIO.replace("#1.1", "#1.7"), encoding="utf-8")
    assert [str(problem) for problem in check_references(index_of(), tmp_path)] == [
        f"{tmp_path}/chapter_2.py:2: the spec has no dom-teapot-pour:message#1.7, which the scenario says it shows"
    ]
