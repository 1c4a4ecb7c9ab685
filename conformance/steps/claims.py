"""Whether scenarios execute the steps that they say they show."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from conformance.steps.measure import MeasuredStep, by_step, name_of
from conformance.suite.scenario import Scenario


class Claim(NamedTuple):
    """A scenario, by its id, and a step that it says it shows."""

    scenario: str
    step: str


class CheckedClaims(NamedTuple):
    """The claims of some scenarios: those that the claimant executes, and those that it does not execute."""

    kept: Sequence[Claim]
    broken: Sequence[Claim]


def check_claims(scenarios: Iterable[Scenario], measured: Sequence[MeasuredStep]) -> CheckedClaims:
    """Check every claim of a step that has code. Claims of whole algorithms and of definitions are not checked."""
    executed: dict[str, set[str]] = {}
    for places in by_step(measured).values():
        executions = [place.execution for place in places if place.execution is not None]
        if executions:
            executed[name_of(places[0])] = {name for execution in executions for name in execution.scenarios}
    kept: list[Claim] = []
    broken: list[Claim] = []
    for scenario in scenarios:
        for reference in scenario.shows:
            if reference in executed:
                claims = kept if scenario.id in executed[reference] else broken
                claims.append(Claim(scenario.id, reference))
    return CheckedClaims(kept, broken)


def lines_for_scenarios(scenarios: Iterable[Scenario], measured: Sequence[MeasuredStep]) -> Iterator[str]:
    """For each scenario: the steps it claims and does not execute, those it claims, and the others it executes."""
    steps_of: dict[str, list[str]] = defaultdict(list)
    for places in by_step(measured).values():
        names = {name for place in places if place.execution is not None for name in place.execution.scenarios}
        for name in names:
            steps_of[name].append(name_of(places[0]))
    for scenario in scenarios:
        checked = check_claims([scenario], measured)
        kept = [claim.step for claim in checked.kept]
        yield scenario.id
        for claim in checked.broken:
            yield f"  claimed, not executed: {claim.step}"
        for step in kept:
            yield f"  claimed and executed: {step}"
        others = [step for step in steps_of[scenario.id] if step not in kept]
        yield f"  also executed: {len(others)} steps{_by_algorithm(others)}"


def _by_algorithm(steps: Sequence[str]) -> str:
    """The steps, each algorithm named once: `` of a (1, 2.1), b (3)``."""
    numbers: dict[str, list[str]] = defaultdict(list)
    for step in steps:
        algorithm, _, number = step.partition("#")
        numbers[algorithm].append(number)
    told = ", ".join(f"{name} ({', '.join(found)})" for name, found in numbers.items())
    return f" of {told}" if told else ""
