"""``steps where``: from an anchor to the lines of its steps."""

import pytest

from conformance import cli
from conformance.steps.checker import check
from conformance.steps.where import UnknownReferenceError, where
from tests.conformance.steps.synthetic_spec import index_of, module_of

INDEX = index_of()
REPORT = check(INDEX, [module_of()], ())


def test_an_algorithm_is_told_step_by_step_in_the_order_of_the_spec() -> None:
    assert list(where("dom-teapot-pour", INDEX, REPORT)) == [
        "dom-teapot-pour (section 2.2, method)  https://w3c.github.io/webcodecs/#dom-teapot-pour",
        "  #1                 teapot.py:14 (pour)  An empty one.",
        "  #2                 teapot.py:17 (pour)",
        "  #3                 teapot.py:19 (pour)  n/a: Python returns.",
        "  :message#1         teapot.py:27 (_message)",
        "  :message#1.1       teapot.py:24 (_message)",
        "  :message#1.2       teapot.py:24 (_message)",
        "  :message#2         teapot.py:30 (_message)",
    ]


@pytest.mark.parametrize(
    ("reference", "steps"),
    [
        ("dom-teapot-pour#2", ["#2"]),
        ("dom-teapot-pour:message", [":message#1", ":message#1.1", ":message#1.2", ":message#2"]),
        ("dom-teapot-pour:message#1", [":message#1", ":message#1.1", ":message#1.2"]),
    ],
)
def test_a_part_or_a_step_can_be_asked_for(reference: str, steps: list[str]) -> None:
    assert [line.split()[0] for line in list(where(reference, INDEX, REPORT))[1:]] == steps


def test_a_definition_is_told_by_its_place() -> None:
    assert list(where("dom-teapot-full-slot", INDEX, REPORT))[1:] == ["  teapot.py:7 (Base.[[full]])"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            "dom-teapot-por",
            "The spec has no anchor 'dom-teapot-por'. Did you mean dom-teapot-pour, dom-teapot-full-slot, teapot?",
        ),
        ("zzz", "The spec has no anchor 'zzz'."),
    ],
)
def test_an_anchor_that_the_spec_has_not(reference: str, message: str) -> None:
    with pytest.raises(UnknownReferenceError, match=f"^{message.replace('?', '[?]')}$"):
        where(reference, INDEX, REPORT)


def test_a_step_that_the_spec_has_not() -> None:
    with pytest.raises(UnknownReferenceError, match=r"^The spec has no step 'dom-teapot-pour#7'\. Did you mean "):
        where("dom-teapot-pour#7", INDEX, REPORT)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["steps", "where", "close-videodecoder#3"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "close-videodecoder (section 4.6, dfn)  https://w3c.github.io/webcodecs/#close-videodecoder"
    assert out[1].startswith("  #3")
    assert cli.main(["steps", "where", "close-vidiodecoder"]) == 1
    assert "Did you mean close-videodecoder" in capsys.readouterr().err
