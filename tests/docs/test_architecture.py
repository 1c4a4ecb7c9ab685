"""docs/architecture.md agrees with the code."""

import re

from tests.docs.architecture import ROOT, layers, picture
from tests.docs.import_graph import circles, import_graph

_TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_picture_is_drawn_from_the_contracts() -> None:
    """If this fails, put the output of ``python -m tests.docs.architecture`` into the document."""
    assert re.findall(r"```mermaid\n(.*?)\n```", _TEXT, re.DOTALL) == [picture()]


def test_every_floor_is_explained() -> None:
    floors = {name for contract in ("model", "suite") for row in layers(contract) for name in row} - {"__main__"}
    assert {floor for floor in floors if f"`{floor}" not in _TEXT} == set()


def test_the_contracts_have_all_floors() -> None:
    for package, contract in (("codecmodel", "model"), ("conformance", "suite")):
        there = {
            path.stem for path in (ROOT / package).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
        } - {"__init__"}
        assert {name for row in layers(contract) for name in row} == there


def test_no_module_imports_itself_at_run_time() -> None:
    assert circles(import_graph(type_checking=False)) == set()


def test_types_alone_make_the_circles_that_the_document_names() -> None:
    found = circles(import_graph(type_checking=True))
    assert {tuple(sorted(circle)) for circle in found} == {
        (
            "codecmodel.image_decoding.closing",
            "codecmodel.image_decoding.image_decoder_slots",
            "codecmodel.image_decoding.image_track",
        ),
        ("conformance.wpt.host.browser.canvas", "conformance.wpt.host.browser.context_2d"),
    }


def test_circles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a", "d2"}, "d2": set[str]()}
    assert circles(graph) == {frozenset({"b", "c"})}
