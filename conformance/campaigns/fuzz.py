"""``python -m conformance fuzz``: drawn inputs, each executed in a child process and judged by its outcome."""

import argparse
from pathlib import Path
from random import SystemRandom
from time import monotonic
from typing import Final

from rich.console import Console
from rich.table import Table

from codecmodel.cluster import ClusterError
from conformance.campaigns.campaign import Share, Summary, run_share
from conformance.campaigns.cluster import run_on_cluster
from conformance.campaigns.executor import PATIENCE, Executor
from conformance.campaigns.kept import keep, kept_case, replay_of
from conformance.campaigns.kinds import KINDS
from conformance.campaigns.outcome import Outcome

HELP: Final = "execute damaged and odd inputs, and keep those that crash, hang, leak or raise a wrong exception"
#: The implementations that inputs are executed on.
TARGETS: Final = ("codecmodel",)
_DEFAULT_SECONDS: Final = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--target", choices=TARGETS, default=TARGETS[0], help="the implementation: there is codecmodel, this one"
    )
    parser.add_argument(
        "--kind",
        choices=list(KINDS),
        action="append",
        metavar="KIND",
        help="a kind of inputs, repeatable (default: all): "
        + "; ".join(f"{name} ({kind.meaning})" for name, kind in KINDS.items()),
    )
    parser.add_argument("--time", type=float, metavar="S", help=f"seconds (default: {_DEFAULT_SECONDS:g})")
    parser.add_argument("--inputs", type=int, metavar="N", help="stop after N inputs of each kind, in place of --time")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="the same seed draws the same inputs (default: a new one)"
    )
    parser.add_argument(
        "--patience", type=float, default=PATIENCE, metavar="S", help=f"seconds to a hang (default: {PATIENCE:g})"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("findings"), metavar="DIR", help="where cases are kept (default: findings)"
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="spread the campaign over a dask.distributed cluster")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="execute a kept case again, and show its outcome")


def main(options: argparse.Namespace) -> int:
    """Run a campaign, or a replay. The exit status is 1 if there is a finding, 2 if nothing could be run."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    if options.replay is not None:
        return _replay(console, options.replay, options.patience)
    seed = SystemRandom().randrange(2**32) if options.seed is None else int(options.seed)
    seconds = options.time
    if seconds is None and options.inputs is None:
        seconds = _DEFAULT_SECONDS
    share = Share(seed, options.kind or list(KINDS), seconds, options.inputs)
    console.print(f"Seed: {seed}")
    start = monotonic()
    try:
        if options.scheduler is not None:
            summary = run_on_cluster(options.scheduler, share)
        else:
            with Executor(patience=options.patience) as executor:
                summary = run_share(share, KINDS, executor)
    except ClusterError as error:
        console.print(str(error))
        return 2
    _print(console, summary, monotonic() - start, options.out)
    return int(bool(summary.findings))


def _print(console: Console, summary: Summary, seconds: float, directory: Path) -> None:
    table = Table("kind", "executions", "findings")
    for name, executions in summary.executions.items():
        findings = sum(finding.case.kind == name for finding in summary.findings)
        table.add_row(name, f"{executions:,}", str(findings))
    console.print(table)
    console.print(f"{summary.executions.total():,} executions in {seconds:.0f} s")
    for finding in summary.findings:
        outcome = finding.outcome
        met = summary.meetings[(finding.case.kind, outcome.verdict, outcome.summary)]
        path = keep(finding, directory)
        chance = "" if finding.is_repeatable else ", not repeatable by itself"
        console.print(f"{finding.case.kind}: {outcome.verdict}, {outcome.summary} (met {met} times{chance})")
        console.print(f"  Replay: {replay_of(path)}")


def _replay(console: Console, path: Path, patience: float) -> int:
    try:
        case = kept_case(path)
        if case.kind not in KINDS:
            raise ValueError(f"there is no kind of inputs {case.kind!r}")
    except (OSError, ValueError) as error:
        console.print(str(error))
        return 2
    with Executor(patience=patience) as executor:
        return show(console, executor.execute(case))


def show(console: Console, outcome: Outcome) -> int:
    """Print the outcome. The exit status is 1 if it is a finding."""
    console.print(f"{outcome.verdict}: {outcome.summary}" if outcome.is_finding else str(outcome.verdict))
    if outcome.details:
        console.print(outcome.details)
    return int(outcome.is_finding)
