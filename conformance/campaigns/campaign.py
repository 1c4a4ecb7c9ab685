"""A campaign: inputs are drawn, executed in a child process and judged; the first case of each finding is kept."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from conformance.campaigns.case import Case
from conformance.campaigns.executor import Executor
from conformance.campaigns.kinds import Kind, drawn
from conformance.campaigns.minimiser import minimised
from conformance.campaigns.outcome import Outcome, Verdict

#: Executions that the minimiser may use for a finding. A hang takes the whole patience each time.
_MINIMISING: Final = 400
_MINIMISING_A_HANG: Final = 12


@dataclass(frozen=True)
class Share:
    """The part of a campaign that one process does: of ``shares``, the one with the number ``index``.

    It ends after ``seconds``, or after ``inputs`` of each kind.
    """

    seed: int
    kinds: Sequence[str]
    seconds: float | None = None
    inputs: int | None = None
    index: int = 0
    shares: int = 1


@dataclass(frozen=True)
class Finding:
    """An input that has a finding: its kind and number in the campaign, minimised if the finding is repeatable."""

    case: Case
    outcome: Outcome
    seed: int
    number: int
    is_repeatable: bool


@dataclass
class Summary:
    """The executions of each kind, the findings, and how often each finding was met."""

    executions: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    meetings: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, other: "Summary") -> None:
        """Take in the summary of another share."""
        self.executions += other.executions
        self.meetings += other.meetings
        known = {_identity(finding.case.kind, finding.outcome) for finding in self.findings}
        self.findings += [f for f in other.findings if _identity(f.case.kind, f.outcome) not in known]


def run_share(share: Share, kinds: Mapping[str, Kind], executor: Executor) -> Summary:
    """Execute the inputs of a share, one of each kind in turns."""
    summary = Summary()
    for name, number in _numbers(share):
        case = drawn(kinds, name, share.seed, number)
        outcome = executor.execute(case)
        summary.executions[name] += 1
        if not outcome.is_finding:
            continue
        identity = _identity(name, outcome)
        summary.meetings[identity] += 1
        if summary.meetings[identity] == 1:
            summary.findings.append(_finding(case, outcome, share.seed, number, executor))
    return summary


def _numbers(share: Share) -> Iterator[tuple[str, int]]:
    end = None if share.seconds is None else monotonic() + share.seconds
    number = share.index
    while share.inputs is None or number < share.inputs * share.shares:
        for name in share.kinds:
            if end is not None and monotonic() >= end:
                return
            yield name, number
        number += share.shares


def _identity(kind: str, outcome: Outcome) -> tuple[str, str, str]:
    return (kind, outcome.verdict, outcome.summary)


def _finding(case: Case, outcome: Outcome, seed: int, number: int, executor: Executor) -> Finding:
    """Minimise the case. Each execution that counts is in a new process if processes die of the finding."""
    executor.renew()
    if not executor.execute(case).is_same_finding(outcome):
        # The finding needed the executions before it, or chance.
        return Finding(case, outcome, seed, number, is_repeatable=False)
    latest = outcome

    def shows_it(candidate: Case) -> bool:
        nonlocal latest
        seen = executor.execute(candidate)
        if seen.is_same_finding(outcome):
            latest = seen
            return True
        return False

    executions = _MINIMISING_A_HANG if outcome.verdict is Verdict.HANG else _MINIMISING
    smallest = minimised(case, shows_it, executions=executions)
    return Finding(smallest, latest, seed, number, is_repeatable=True)
