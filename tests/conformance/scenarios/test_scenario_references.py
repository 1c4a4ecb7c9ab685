"""Which algorithms the scenarios show. That their references exist in the spec is shown with the step index."""

from typing import Final

from codecmodel.algorithm import ALGORITHMS
from conformance import scenarios
from conformance.suite.runner import collect

#: It has no steps: the first observable thing about a message is that it is processed.
_NO_STEPS: Final = frozenset({"enqueues-a-control-message"})


def test_every_algorithm_is_shown() -> None:
    references = (
        reference for group in collect(scenarios) for scenario in group.scenarios for reference in scenario.shows
    )
    shown = {reference.partition("#")[0].partition(":")[0] for reference in references}
    assert ALGORITHMS.keys() - shown - _NO_STEPS == set()
