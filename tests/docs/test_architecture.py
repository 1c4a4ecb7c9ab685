"""docs/architecture.md says what is."""

import re

from tests.docs.architecture import ROOT, layers, picture

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
