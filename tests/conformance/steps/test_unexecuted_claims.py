"""Claims of scenarios that do not execute the step that they show."""

from conformance.steps.claims import CheckedClaims, Claim
from conformance.steps.unexecuted_claims import unexcused, unused_excuses

_CHECKED = CheckedClaims(
    kept=[Claim("tea.pour?hot", "pour#1"), Claim("tea.brew", "brew#1")],
    broken=[Claim("tea.pour?cold", "pour#1"), Claim("tea.pour?cold", "pour#2")],
)


def test_a_claim_that_is_not_executed_and_not_listed() -> None:
    assert unexcused(_CHECKED, {("tea.*", "pour#1"): "cold tea is not poured"}) == [Claim("tea.pour?cold", "pour#2")]
    assert unexcused(_CHECKED, {}) == list(_CHECKED.broken)


def test_an_excuse_that_excuses_nothing() -> None:
    excuses = {("tea.brew", "brew#1"): "it is", ("tea.pour", "pour#1"): "used", ("coffee.*", "*"): "not run"}
    assert list(unused_excuses(_CHECKED, excuses)) == [("tea.brew", "brew#1")]
