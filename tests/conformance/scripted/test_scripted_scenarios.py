"""The scenarios that show the processing model on a scripted codec."""

import pytest

from conformance import scenarios
from conformance.suite.execution import run_scenario
from conformance.suite.results import Status
from conformance.suite.runner import collect
from conformance.suite.scenario import Scenario

SCENARIOS = [
    scenario
    for group in collect(scenarios)
    if group.test.startswith("/chapter_2_scripted_")
    for scenario in group.scenarios
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_scenario(scenario: Scenario) -> None:
    result = run_scenario(scenario)
    assert result.status is Status.PASS, result.stack


def test_every_part_is_there() -> None:
    parts = {"messages", "dequeue", "outputs", "reset", "close", "errors"}
    assert {scenario.module.removeprefix("chapter_2_scripted_") for scenario in SCENARIOS} == parts
