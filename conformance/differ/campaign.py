"""Runs programs on all parties, compares, and makes the program of each new difference small."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from conformance.campaigns.case import Case
from conformance.campaigns.minimiser import minimised
from conformance.differ.comparison import Difference, Signature, compare
from conformance.differ.explanations import Explanation, explained
from conformance.differ.interpreter import UNSETTLED, is_program
from conformance.differ.last_step import last_step
from conformance.differ.parties import Runner
from conformance.differ.worker import model_interface

#: Programs that are on their way at once.
_BATCH: Final = 32
#: Executions that the minimiser may use for a difference.
_MINIMISING: Final = 100
#: A promise that is never settled takes the whole patience each time.
_MINIMISING_A_HANG: Final = 4


@dataclass
class Finding:
    """A new difference: the smallest program that shows it. ``step`` is the last one that the model executed for it.

    ``count`` is the number of programs that show it. A difference that did not show again is not repeatable.
    """

    difference: Difference
    count: int
    is_repeatable: bool = True
    step: str | None = None


@dataclass
class Summary:
    """The result of a campaign."""

    programs: int = 0
    facts: int = 0
    differing: int = 0
    findings: dict[Signature, Finding] = field(default_factory=dict)
    explained: Counter[Explanation] = field(default_factory=Counter)

    @property
    def new(self) -> list[Finding]:
        """The differences that are not explained, and that show again."""
        return [finding for finding in self.findings.values() if finding.is_repeatable]


def run_campaign(parties: Runner, programs: Iterable[Case], explanations: Sequence[Explanation]) -> Summary:
    """Run the programs, and sort their differences: explained, new, not repeatable."""
    summary = Summary()
    for batch in _batches(programs):
        for program, facts in zip(batch, parties.run(batch), strict=True):
            comparison = compare(program, facts)
            summary.programs += 1
            summary.facts += comparison.facts
            summary.differing += len(comparison.differences)
            for difference in comparison.differences:
                reasons = explained(difference, parties.targets, explanations)
                if reasons is not None:
                    summary.explained.update(reasons)
                elif difference.signature in summary.findings:
                    summary.findings[difference.signature].count += 1
                else:
                    summary.findings[difference.signature] = Finding(difference, 1)
    for signature, finding in summary.findings.items():
        _shrink(parties, signature, finding, explanations)
        if finding.is_repeatable:
            shown = finding.difference
            finding.step = last_step(shown.program, shown.fact.description, model_interface)
    return summary


def _batches(programs: Iterable[Case]) -> Iterator[list[Case]]:
    left = iter(programs)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _shrink(parties: Runner, signature: Signature, finding: Finding, explanations: Sequence[Explanation]) -> None:
    """Make the program of a finding as small as it can be, such that it still shows the finding."""

    def shows_it(program: Case) -> bool:
        if not is_program(program):
            return False
        [facts] = parties.run([program])
        for difference in compare(program, facts).differences:
            if difference.signature == signature and explained(difference, parties.targets, explanations) is None:
                finding.difference = difference
                return True
        return False

    program = finding.difference.program
    finding.is_repeatable = shows_it(program)
    if finding.is_repeatable:
        is_hang = UNSETTLED in finding.difference.values.values()
        minimised(program, shows_it, executions=_MINIMISING_A_HANG if is_hang else _MINIMISING)
