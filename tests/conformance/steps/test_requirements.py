"""Every requirement of the spec is shown by a scenario, or has a note; ties by name alone do not count."""

from dataclasses import replace
from pathlib import Path

import pytest

from conformance import scenarios
from conformance.steps.index_file import load_index
from conformance.steps.model import Index
from conformance.steps.requirements import REQUIREMENTS, Noted, Shown, check_requirements
from conformance.steps.spec_reader import read_spec
from conformance.suite.runner import collect
from tests.conformance.steps.synthetic_spec import SPEC, index_of

_SCENARIOS = [scenario for group in collect(scenarios) for scenario in group.scenarios]
_SHOWS: dict[str, set[str]] = {}
for _scenario in _SCENARIOS:
    shown = {reference.partition("#")[0].partition(":")[0] for reference in _scenario.shows}
    _SHOWS.setdefault(f"{_scenario.module}.{_scenario.function}", set()).update(shown)

_INDEX = load_index()
_MUST = '<p>It <em class="rfc2119">MUST</em> be hot, and <em class="rfc2119">MAY</em> be sweet.'
_WITH_REQUIREMENTS = SPEC.replace("<li><p>Stop.", f"<li>{_MUST}").replace(
    "<p>Nothing else does.", '<p>It <em class="rfc2119">SHOULD NOT</em> leak.'
)


@pytest.mark.parametrize("reference", [name for name, tie in REQUIREMENTS.items() if isinstance(tie, Shown)])
def test_a_scenario_that_shows_a_requirement_shows_its_anchor(reference: str) -> None:
    tie = REQUIREMENTS[reference]
    assert isinstance(tie, Shown)
    anchor = reference.partition("!")[0]
    assert [name for name in tie.scenarios if anchor not in _SHOWS.get(name, ())] == []


def test_the_keywords_of_the_edition_of_record_are_all_there() -> None:
    keywords = [keyword for entry in _INDEX.entries.values() for keyword in entry.requirements.values()]
    counted = {keyword: keywords.count(keyword) for keyword in dict.fromkeys(keywords)}
    assert counted == {"MAY": 26, "MUST": 37, "SHOULD": 22, "MUST NOT": 3}


def test_keywords_are_read_from_steps_and_prose_and_not_from_notes() -> None:
    index = Index()
    read_spec(_WITH_REQUIREMENTS.replace("Drops are small.", 'They <em class="rfc2119">MUST</em>.'), "webcodecs", index)
    assert index.entries["dom-teapot-pour"].requirements == {"dom-teapot-pour!1": "MUST", "dom-teapot-pour!2": "MAY"}
    assert index.entries["terms"].requirements == {"terms!1": "SHOULD NOT"}
    assert index.has("terms!1")
    assert not index.has("terms!2")
    assert index_of().entries["terms"].requirements == {}


def test_what_is_not_tied_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "chapter_2.py").write_text("async def hot(t): ...\nasync def dry(t): ...\n", encoding="utf-8")
    index = index_of(_WITH_REQUIREMENTS)
    ties: dict[str, Shown | Noted] = {
        "dom-teapot-pour!1": Shown(("chapter_2.hot",)),
        "dom-teapot-pour!2": Noted("taste is not specified"),
        "terms!1": Shown(("chapter_2.dry",)),
    }
    assert [problem.message for problem in check_requirements(index, tmp_path, ties)] == []
    assert [problem.message for problem in check_requirements(index, tmp_path, {"terms!1": ties["terms!1"]})] == [
        "dom-teapot-pour!1 (MUST, section 2.2) is tied to no scenario, and no note says why",
        "dom-teapot-pour!2 (MAY, section 2.2) is tied to no scenario, and no note says why",
    ]
    wrong = ties | {"terms!1": Shown(("chapter_2.wet",)), "terms!2": Noted("there is no second one")}
    assert [problem.message for problem in check_requirements(index, tmp_path, wrong)] == [
        "terms!1 is tied to chapter_2.wet, and there is no such scenario",
        "the spec has no requirement terms!2",
    ]


def test_an_item_tells_its_keywords() -> None:
    [entry] = [entry for entry in _INDEX.entries.values() if entry.reference == "reclaim-a-codec"]
    assert [item.keywords for item in entry.items] == [("MUST",)]
    assert replace(entry.items[0], keywords=()).keywords == ()
