"""The command ``differ``: random programs on the model and on other implementations; on which facts do they differ?"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from conformance.campaigns.case import Case, case_of, fields_of
from conformance.differ.campaign import Finding, Summary, run_campaign
from conformance.differ.comparison import compare, line_of
from conformance.differ.explanations import EXPLANATIONS_FILE, ExplanationsError, load
from conformance.differ.families import FAMILIES, drawn
from conformance.differ.listing import javascript
from conformance.differ.parties import Parties, Party, party_of
from conformance.differ.worker import MODEL
from conformance.suite.report.output_paths import output_file
from conformance.targets.browsers import BrowserNotFoundError
from conformance.targets.node import NodeNotFoundError
from conformance.targets.node_module import ModuleNotFoundInNodeError

HELP: Final = "run random programs on the model and on other implementations, and compare what they find"
_DEFAULT_SEEDS: Final = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--target",
        action="append",
        default=[],
        metavar="TARGET",
        help="compare with this one: chromium or firefox (a path may follow a colon), or node:MODULE. May be repeated;"
        " without it the model is compared with itself",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        default=_DEFAULT_SEEDS,
        metavar="N",
        help=f"programs of each family (default: {_DEFAULT_SEEDS})",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the first seed (default: 1)")
    parser.add_argument("--family", choices=list(FAMILIES), action="append", help="only this one; may be repeated")
    parser.add_argument("--program", metavar="JSON", help="run this program alone, and show all facts")
    explained = parser.add_mutually_exclusive_group()
    explained.add_argument(
        "--explained",
        metavar="FILE",
        type=Path,
        default=EXPLANATIONS_FILE,
        help="differences that are explained already (default: those that come with the suite)",
    )
    explained.add_argument("--nothing-on-file", action="store_true", help="no difference is explained already")
    parser.add_argument("--json", metavar="FILE", type=output_file, help="write the result as JSON")
    parser.add_argument("--list", action="store_true", help="list the families")


class Options(argparse.Namespace):
    """The options of the command line, see add_arguments()."""

    target: list[str]
    seeds: int
    seed: int
    family: list[str] | None
    program: str | None
    explained: Path
    nothing_on_file: bool
    json: Path | None
    list: bool


def main(options: Options) -> int:
    """Run and compare. The exit status is 1 if there is a difference that is not explained, and 2 if nothing ran."""
    console = Console(highlight=False, soft_wrap=True)
    if options.list:
        for name, family in FAMILIES.items():
            console.print(f"{name}: {family.meaning}")
        return 0
    try:
        targets = [party_of(target) for target in options.target] or [Party("again", MODEL, "")]
        explanations = [] if options.nothing_on_file else load(options.explained)
        given = None if options.program is None else _program_of(options.program)
    except (
        BrowserNotFoundError,
        ExplanationsError,
        ModuleNotFoundInNodeError,
        NodeNotFoundError,
        ValueError,
    ) as error:
        console.print(escape(str(error)))
        return 2
    with Parties(targets) as parties:
        if given is not None:
            return _show(console, parties, given)
        families = options.family or list(FAMILIES)
        summary = run_campaign(parties, _programs(families, options.seed, options.seeds), explanations)
    if options.json is not None:
        options.json.write_text(json.dumps(_as_json(targets, summary), indent=2) + "\n", encoding="utf-8")
    _print(console, targets, summary)
    return int(bool(summary.new))


def _program_of(text: str) -> Case:
    try:
        program = case_of(json.loads(text))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"--program is no program as this command prints them: {error!r}") from None
    if program.kind not in FAMILIES:
        raise ValueError(f"{program.kind!r} is none of {', '.join(FAMILIES)}")
    return program


def _programs(families: Sequence[str], first: int, seeds: int) -> Iterator[Case]:
    for seed in range(first, first + seeds):
        for family in families:
            yield drawn(family, seed)


def _show(console: Console, parties: Parties, program: Case) -> int:
    """Show all facts of one program."""
    [facts] = parties.run([program])
    comparison = compare(program, facts)
    differing = {difference.fact.description: difference for difference in comparison.differences}
    for name in dict.fromkeys(fact.description for found in facts.values() for fact in found):
        if name in differing:
            console.print(escape(f"! {name}: {differing[name].vote()}"))
            continue
        values = {
            party: str(fact.value) for party, found in facts.items() for fact in found if fact.description == name
        }
        text = next(iter(values.values())) if len({*values.values()}) == 1 else str(values)
        console.print(escape(f"  {name}: {text}"))
    console.print(escape(f"\n{javascript(program)}"))
    return int(bool(differing))


def _print(console: Console, targets: Sequence[Party], summary: Summary) -> None:
    names = " and ".join(party.description for party in targets)
    known = sum(summary.explained.values())
    console.print(
        escape(
            f"The model and {names}: {summary.programs:,} programs, {summary.facts:,} facts,"
            f" {summary.differing:,} differences, {known:,} of them explained"
        )
    )
    for explanation, count in summary.explained.most_common():
        spec = "" if explanation.spec is None else f" ({explanation.spec})"
        console.print(escape(f"  {count:,} × {explanation.target}: {explanation.reason}{spec}"))
    for finding in summary.findings.values():
        _print_finding(console, finding)
    if not summary.new:
        console.print("No difference is new.")


def _print_finding(console: Console, finding: Finding) -> None:
    difference = finding.difference
    mark = "NEW" if finding.is_repeatable else "not repeatable"
    console.print(escape(f"\n{mark}, {finding.count:,} programs: {difference.signature}"))
    console.print(escape(f"  {difference.fact.description}: {difference.vote()}"))
    if not finding.is_repeatable:
        return
    console.print(escape(f"  the last step that the model executed: {finding.step or 'none'}"))
    console.print(escape(f"  --program '{line_of(difference.program)}'"))
    console.print(escape(f"\n{javascript(difference.program)}"))


def _as_json(targets: Sequence[Party], summary: Summary) -> dict[str, object]:
    return {
        "parties": {MODEL: "", **{party.name: party.version for party in targets}},
        "programs": summary.programs,
        "facts": summary.facts,
        "differences": summary.differing,
        "explained": [
            {
                "target": explanation.target,
                "reason": explanation.reason,
                "spec": explanation.spec,
                "count": count,
            }
            for explanation, count in summary.explained.items()
        ],
        "findings": [
            {
                "signature": str(finding.difference.signature),
                "description": finding.difference.fact.description,
                "values": dict(finding.difference.values),
                "agreeing": finding.difference.groups,
                "count": finding.count,
                "repeatable": finding.is_repeatable,
                "step": finding.step,
                "program": fields_of(finding.difference.program),
            }
            for finding in summary.findings.values()
        ],
    }
