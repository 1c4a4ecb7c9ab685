"""Every scenario of the conformance suite, under every variant, as one test."""

import pytest

from conformance import scenarios
from conformance.media import live_objects
from conformance.suite.execution import run_scenario
from conformance.suite.results import Status
from conformance.suite.runner import collect
from conformance.suite.scenario import Scenario

_GROUPS = collect(scenarios)
#: Seconds; nothing is measured with it: a scenario that would hang fails instead.
_TIMEOUT = 120


def test_every_module_of_scenarios_can_be_imported() -> None:
    assert [group.error for group in _GROUPS if group.error is not None] == []


@pytest.mark.parametrize("scenario", [pytest.param(s, id=s.id) for group in _GROUPS for s in group.scenarios])
def test_scenario(scenario: Scenario) -> None:
    result = run_scenario(scenario, timeout=_TIMEOUT, live_objects=live_objects)
    if result.status is Status.PRECONDITION_FAILED:
        pytest.skip(result.message or "precondition failed")
    shown = f"{scenario.name}\nshows {', '.join(scenario.shows)}"
    if result.failed:
        pytest.fail(f"{result.status.name}: {result.message}\n{shown}\n{result.stack or ''}", pytrace=False)
    if result.cleanup_failure is not None:
        pytest.fail(f"{result.cleanup_failure}\n{shown}", pytrace=False)
