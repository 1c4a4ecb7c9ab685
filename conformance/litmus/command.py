"""The command ``litmus``: random programs on an implementation; is each run one that the model allows?"""

import argparse
import json
import shlex
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final, TypeAlias

from rich.console import Console
from rich.markup import escape

from conformance.litmus.browser_runs import TargetFailedError, run_in_browser
from conformance.litmus.checker import Verdict, check
from conformance.litmus.deviation import Deviation
from conformance.litmus.deviations import Judgement, deviations_of, explain, judge
from conformance.litmus.listings import javascript, python
from conformance.litmus.log import Log
from conformance.litmus.node_runs import run_in_node
from conformance.litmus.on_file import on_file
from conformance.litmus.programs import Program, draw, program_of, smaller
from conformance.litmus.runs import run_on_asyncio
from conformance.litmus.subjects import INTERFACES, Interface
from conformance.litmus.vocabularies import VOCABULARIES
from conformance.suite.report.output_paths import output_file
from conformance.targets.browsers import BrowserNotFoundError, find_browser, is_browser
from conformance.targets.node import NodeNotFoundError, find_node
from conformance.targets.node_module import version_of

HELP: Final = "run random programs on an implementation, and judge each run by all that the model allows"
#: The model itself, on asyncio with FFmpeg.
OURSELVES: Final = "asyncio"
_DEFAULT_SECONDS: Final = 60.0
_BATCH: Final = 100
#: How often a smaller program is tried, as its runs differ.
_TRIES: Final = 4
#: Rounds of making a program smaller.
_MOST_ROUNDS: Final = 20
#: A run that may only have been watched for too short a time is watched so many times as long, and again if need be.
_MORE_PATIENCE: Final = (10.0, 40.0)

#: Runs programs; the number is for how long, compared with the usual time, nothing must come before a run is over.
RunAll: TypeAlias = Callable[[Interface, Sequence[Program], float], list[Log]]


@dataclass
class Finding:
    """The smallest program whose run was not allowed in one way: ``deviations`` as in Judgement."""

    deviations: Sequence[Deviation] | None
    program: Program
    judgement: Judgement
    count: int = 1


@dataclass
class Report:
    """The results for one interface. ``known`` are the deviations on file."""

    interface: Interface
    target: str
    known: Collection[str]
    runs: int = 0
    allowed: int = 0
    undecided: int = 0
    findings: dict[tuple[str, ...], Finding] = field(default_factory=dict)
    occurrences: Counter[str] = field(default_factory=Counter)

    def add(self, program: Program, judgement: Judgement) -> None:
        """Count a run."""
        self.runs += 1
        if judgement.verdict.allowed is None:
            self.undecided += 1
        elif judgement.deviations is not None and not judgement.deviations:
            self.allowed += 1
        else:
            names = _names(judgement.deviations)
            self.occurrences.update(names)
            finding = self.findings.get(names)
            if finding is None:
                self.findings[names] = Finding(judgement.deviations, program, judgement)
            else:
                finding.count += 1
                if program.size < finding.program.size:
                    finding.program, finding.judgement = program, judgement

    @property
    def unexplained(self) -> list[Finding]:
        """Runs that the model forbids, with all deviations that are known."""
        return [finding for finding in self.findings.values() if finding.deviations is None]

    def new(self) -> list[str]:
        """Deviations that are not on file for this implementation, and not due to silence of the specification."""
        return [
            deviation.name
            for deviation in deviations_of(self.interface)
            if self.occurrences[deviation.name] and deviation.name not in self.known and not deviation.is_silent
        ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--target",
        default=OURSELVES,
        metavar="NAME",
        help=f"{OURSELVES} (the model with FFmpeg, the default), chromium or firefox (a path may follow a colon), or"
        " node:MODULE for the exports of a module of npm",
    )
    parser.add_argument("--interface", choices=INTERFACES, help="only this one (default: all of them)")
    parser.add_argument(
        "--time", type=float, default=_DEFAULT_SECONDS, metavar="S", help="seconds for each interface (default: 60)"
    )
    parser.add_argument("--runs", type=int, metavar="N", help="stop after so many runs, in place of --time")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="draws the programs (default: 1)")
    parser.add_argument(
        "--program", metavar="TEXT", help="run this program alone, for instance 'configure decode; [quiet] reset'"
    )
    parser.add_argument(
        "--nothing-on-file", action="store_true", help="report deviations that are on file for the target as well"
    )
    parser.add_argument("--json", metavar="FILE", type=output_file, help="write the results as JSON")


def main(options: argparse.Namespace) -> int:
    """Run and judge. The exit status is 1 if a run is not explained, or shows a deviation that is not on file."""
    console = Console(highlight=False, soft_wrap=True)
    target = str(options.target)
    try:
        run_all, product, version = runner(target)
        given = None if options.program is None else program_of(str(options.program))
    except (BrowserNotFoundError, NodeNotFoundError, ValueError) as error:
        console.print(escape(str(error)))
        return 2
    interfaces: Sequence[Interface] = INTERFACES if options.interface is None else [options.interface]
    if given is not None:
        interfaces = [interface for interface in interfaces if VOCABULARIES[interface].calls >= set(given.calls)]
        if not interfaces:
            console.print("no interface has all calls of the program")
            return 2
    known = frozenset[str]() if options.nothing_on_file else on_file(target)
    reports: list[Report] = []
    for interface in interfaces:
        report = Report(interface, target, known)
        reports.append(report)
        programs = _programs(interface, int(options.seed)) if given is None else iter([given] * 1_000_000)
        try:
            _fill(report, run_all, programs, float(options.time), options.runs)
            for finding in report.unexplained:
                _shrink(interface, run_all, finding, known)
        except TargetFailedError as error:
            console.print(escape(f"{product}: {error}"))
            return 1
    for report in reports:
        _print(console, f"{product}, {version}", report)
    json_file: Path | None = options.json
    if json_file is not None:
        told = {"product": product, "version": version, "interfaces": [_as_json(report) for report in reports]}
        json_file.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return int(any(report.unexplained or report.new() for report in reports))


def runner(target: str) -> tuple[RunAll, str, str]:
    """The function that runs programs on a target, and the target's name and version.

    Raises BrowserNotFoundError, NodeNotFoundError, and ValueError for a target that is not known.
    """
    if target == OURSELVES:
        from codecmodel.platform import ffmpeg

        return (
            lambda interface, programs, patience: run_on_asyncio(
                interface, programs, patience=patience, quiet=0.02 * patience
            ),
            "codecmodel",
            ffmpeg.description(),
        )
    if target.startswith("node:"):
        node, module = find_node(), target.removeprefix("node:")
        return (
            lambda interface, programs, patience: run_in_node(
                node, module, interface, programs, patience=patience, quiet=0.025 * patience
            ),
            module,
            version_of(node, module),
        )
    if not is_browser(target):
        raise ValueError(
            f"{target!r} is neither {OURSELVES} nor a browser (chromium, firefox, or chromium:PATH) nor node:MODULE"
        )
    browser = find_browser(target)
    return (
        lambda interface, programs, patience: run_in_browser(
            browser, interface, programs, patience=patience, quiet=0.025 * patience
        ),
        browser.kind,
        browser.version,
    )


def _programs(interface: Interface, seed: int) -> Iterator[Program]:
    """Programs that aim at rare conjunctions, and then random ones."""
    vocabulary = VOCABULARIES[interface]
    yield from map(program_of, vocabulary.aimed)
    random = Random(seed)
    while True:
        yield draw(random, random.choice((3, 4, 5, 6)), vocabulary)


def _fill(report: Report, run_all: RunAll, programs: Iterator[Program], seconds: float, runs: int | None) -> None:
    deadline = monotonic() + seconds
    while report.runs < runs if runs is not None else monotonic() < deadline:
        size = _BATCH if runs is None else min(_BATCH, runs - report.runs)
        batch = [next(programs) for _ in range(size)]
        judgements = judge_all(report.interface, run_all, batch, report.known)
        for program, judgement in zip(batch, judgements, strict=True):
            report.add(program, judgement)


def judge_all(
    interface: Interface, run_all: RunAll, programs: Sequence[Program], known: Collection[str] = ()
) -> list[Judgement]:
    """Run programs and judge the runs. A run is not found guilty of a rest that only came too early.

    ``known`` are the deviations on file.
    """
    verdicts = [check(interface, log) for log in run_all(interface, programs, 1.0)]
    early = [index for index, verdict in enumerate(verdicts) if _rests_early(verdict)]
    left = early
    for patience in _MORE_PATIENCE:
        for index, log in _watched_longer(interface, run_all, programs, left, patience):
            verdicts[index] = check(interface, log)
        left = [index for index in left if _rests_early(verdicts[index])]
    judgements = [explain(interface, verdict, on_file=known) for verdict in verdicts]
    # The rest may also come to light behind a deviation.
    doubtful = [index for index, judgement in enumerate(judgements) if index not in early and _is_doubtful(judgement)]
    for index, log in _watched_longer(interface, run_all, programs, doubtful, _MORE_PATIENCE[0]):
        judgements[index] = judge(interface, log, on_file=known)
    return judgements


def _watched_longer(
    interface: Interface, run_all: RunAll, programs: Sequence[Program], indices: Sequence[int], patience: float
) -> Iterator[tuple[int, Log]]:
    """New logs of some of the programs."""
    if indices:
        logs = run_all(interface, [programs[index] for index in indices], patience)
        yield from zip(indices, logs, strict=True)


def _rests_early(verdict: Verdict) -> bool:
    return verdict.allowed is False and verdict.is_about_rest


def _is_doubtful(judgement: Judgement) -> bool:
    """Whether the run may only have been watched for too short a time."""
    return judgement.deviations != () and judgement.verdict.is_about_rest


def _shrink(interface: Interface, run_all: RunAll, finding: Finding, known: Collection[str]) -> None:
    """Make the program of a finding as small as it can be, such that some run still shows the finding."""
    names = _names(finding.deviations)
    for _ in range(_MOST_ROUNDS):
        candidates = {str(program): program for program in smaller(finding.program)}.values()
        smallest_first = sorted(candidates, key=lambda program: (program.size, len(str(program))))
        tried = [program for program in smallest_first for _ in range(_TRIES)]
        # Running many is cheap, and judging them is not.
        for program, log in zip(tried, run_all(interface, tried, 1.0), strict=True):
            judgement = judge(interface, log, on_file=known)
            if _is_doubtful(judgement):
                continue
            if judgement.verdict.allowed is not None and _names(judgement.deviations) == names:
                finding.program, finding.judgement = program, judgement
                break
        else:
            return


def _names(deviations: Sequence[Deviation] | None) -> tuple[str, ...]:
    return ("unexplained",) if deviations is None else tuple(deviation.name for deviation in deviations)


def _print(console: Console, description: str, report: Report) -> None:
    console.print(
        f"{report.interface} on {escape(description)}: {report.runs:,} runs, {report.allowed:,} allowed, "
        f"{report.undecided:,} undecided"
    )
    examples: Mapping[str, Program] = {
        name: finding.program
        for names, finding in sorted(report.findings.items(), key=lambda item: -len(item[0]))
        for name in names
    }
    new = report.new()
    for deviation in deviations_of(report.interface):
        count = report.occurrences[deviation.name]
        if count:
            step = deviation.step_of(report.interface) or "against every step"
            word = "the specification is silent" if deviation.is_silent else step
            mark = ", NEW" if deviation.name in new else ""
            console.print(escape(f"  {count:,} runs: {deviation.name} ({word}{mark})"))
            console.print(escape(f"      {deviation.meaning}; for instance: {examples[deviation.name]}"))
    for finding in report.unexplained:
        console.print(f"  {finding.count:,} runs: not explained. The smallest program that shows it:")
        console.print(escape(f"      {finding.program}"))
        for line in finding.judgement.verdict.lines():
            console.print(escape(f"      {line}"))
        console.print("The model beside such a run, step by step:\n")
        console.print(
            escape(
                f"python -m conformance explain --litmus {shlex.quote(str(finding.program))}"
                f" --interface {shlex.quote(report.interface)} --target {shlex.quote(report.target)} -o PAGE.html\n"
            )
        )
        console.print("In JavaScript:\n")
        console.print(escape(javascript(report.interface, finding.program)))
        console.print("In Python:\n")
        console.print(escape(python(report.interface, finding.program)))


def _as_json(report: Report) -> dict[str, object]:
    return {
        "interface": report.interface,
        "runs": report.runs,
        "allowed": report.allowed,
        "undecided": report.undecided,
        "new": report.new(),
        "findings": [
            {
                "deviations": None if finding.deviations is None else list(names),
                "steps": [deviation.step_of(report.interface) for deviation in finding.deviations or ()],
                "runs": finding.count,
                "program": str(finding.program),
                "observed": finding.judgement.verdict.observed,
                "allowed": sorted(finding.judgement.verdict.instead, key=str),
            }
            for names, finding in report.findings.items()
        ],
    }
