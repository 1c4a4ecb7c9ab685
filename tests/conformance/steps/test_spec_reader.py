"""The entries and items of the index, read from a spec."""

from pathlib import Path

import pytest

from conformance.steps.index_file import counts, load_index, save_index
from conformance.steps.model import Index, hash_of
from conformance.steps.spec_reader import document_name, read_spec
from tests.conformance.steps.synthetic_spec import SPEC, index_of


def test_a_method_has_its_own_steps_and_those_of_its_control_message() -> None:
    entry = index_of().entries["dom-teapot-pour"]
    assert entry.parts == ["", "message"]
    assert entry.steps() == ["1", "2", "3"]
    assert entry.steps("message") == ["1", "1.1", "1.2", "2"]
    assert (entry.section, entry.chapter, entry.type) == ("2.2", "2", "method")
    assert (entry.owner, entry.name) == ("Teapot", "pour")


def test_the_text_of_a_step_is_without_the_steps_and_notes_in_it() -> None:
    entry = index_of().entries["dom-teapot-pour"]
    hashes = {item.place: item.hash for item in entry.items if item.kind == "normative"}
    assert hashes["#1"] == hash_of("If not [[full]], throw.")
    assert hashes[":message#1"] == hash_of("While there is tea:")
    assert hashes[":message#1.1"] == hash_of("Pour a drop.")
    notes = [(item.place, item.hash) for item in entry.items if item.kind == "note"]
    assert notes == [
        ("", hash_of("NOTE: It may be hot.")),
        (":message#1.1", hash_of("NOTE: Drops are small.")),
    ]


def test_prose_belongs_to_the_term_it_defines_or_to_its_section() -> None:
    index = index_of()
    assert [item.hash for item in index.entries["kettle"].items] == [hash_of("A kettle holds water.")]
    assert [item.hash for item in index.entries["terms"].items] == [hash_of("Nothing else does.")]
    assert [item.hash for item in index.entries["dom-teapot-full-slot"].items] == [
        hash_of("[[full]]"),
        hash_of("Whether there is tea in it."),
    ]


def test_every_kind_is_counted() -> None:
    assert counts(index_of()) == {
        "entries": 6,
        "algorithms": 1,
        "lists of steps": 2,
        "steps": 7,
        "definitions": 3,
        "pieces of normative prose": 8,
        "blocks of IDL": 1,
        "notes": 4,
        "requirements": 0,
    }


def test_a_section_that_calls_itself_non_normative_has_notes_only() -> None:
    assert [item.kind for item in index_of().entries["history"].items] == ["note", "note"]


def test_references_lead_to_steps_terms_and_names_in_idl() -> None:
    index = index_of()
    for reference in ("dom-teapot-pour", "dom-teapot-pour#3", "dom-teapot-pour:message#1.2", "teapot-interface"):
        assert index.has(reference), reference
    for reference in ("dom-teapot-boil", "dom-teapot-pour#4", "dom-teapot-pour:work", "dom-teapot-pour#1.2"):
        assert not index.has(reference), reference


def test_start_and_value_of_a_list_number_its_steps() -> None:
    source = "<h2 data-level=1>1.</h2><p><dfn id=a>A</dfn>:<ol start=3><li>c<li value=7>g<li>h</ol>"
    assert index_of(source).entries["a"].steps() == ["3", "7", "8"]


def test_the_cases_of_a_step_have_lists_of_their_own() -> None:
    source = (
        "<h2 data-level=1>1.</h2><p><dfn id=a>A</dfn>:<ol><li>Switch:<ul><li>Tea<li>Mate<ol><li>Brew.</ol>"
        "<li>Coffee<ol><li>Grind.<li>Brew.</ol></ul><li>Serve.</ol>"
    )
    entry = index_of(source).entries["a"]
    assert {part: entry.steps(part) for part in entry.parts} == {
        "": ["1", "2"],
        "tea-mate": ["1"],
        "coffee": ["1", "2"],
    }


def test_two_lists_of_steps_that_nothing_tells_apart_are_an_error() -> None:
    source = "<h2 data-level=1>1.</h2><p><dfn id=a>A</dfn>:<ol><li>b</ol><p>Then:<ol><li>c</ol>"
    with pytest.raises(ValueError, match=r"a: a second list of steps, introduced by 'Then:'"):
        index_of(source)


def test_a_registration_is_a_document_of_its_own() -> None:
    name = document_name("folder/tea_codec_registration.html")
    index = Index()
    read_spec("<body><h2 data-level=1 id=strings>1. Strings</h2><p>It is tea.", name, index)
    assert list(index.entries) == ["webcodecs-tea-codec-registration/strings"]


def test_a_saved_index_is_read_back(tmp_path: Path) -> None:
    index = index_of()
    save_index(index, tmp_path / "index.json")
    read = load_index(tmp_path / "index.json")
    assert read == index
    assert read.editions == {"webcodecs": "edition-1"}


def test_no_sentence_is_stored(tmp_path: Path) -> None:
    save_index(index_of(SPEC), tmp_path / "index.json")
    text = (tmp_path / "index.json").read_text(encoding="utf-8")
    for words in ("holds water", "Pours tea", "Whether there is", "drop", "Long ago"):
        assert words not in text
