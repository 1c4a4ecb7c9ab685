"""The command ``report``: the results of several implementations on one page."""

import argparse
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from conformance.comparison.results import KINDS, Case, Comparison, ResultsError, read
from conformance.pages import JinjaMissingError, render
from conformance.steps.model import address_of
from conformance.suite.report.output_paths import output_file

HELP: Final = "put the results of several implementations side by side, on one page"
#: Messages are shown to this length; the reports have them whole.
_LONGEST_MESSAGE: Final = 2000


@dataclass
class Section:
    """The cases of a chapter, a folder or an interface: those on which implementations disagree come first."""

    kind: str
    heading: str
    cases: list[Case] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "results",
        metavar="RESULTS.json",
        nargs="+",
        type=Path,
        help="what --json of the suite, of wpt, of litmus and of differ has written, in any order",
    )
    parser.add_argument(
        "-o", "--output", metavar="PAGE.html", type=output_file, required=True, help="the page to write"
    )


def main(options: argparse.Namespace) -> int:
    """Write the page. The exit status is 0, or 2 if there are no results or no Jinja."""
    console = Console(highlight=False, soft_wrap=True)
    output: Path = options.output
    paths: Sequence[Path] = options.results
    try:
        comparison = read(paths)
        text = page_of(comparison)
    except (ResultsError, JinjaMissingError) as error:
        console.print(escape(str(error)))
        return 2
    output.write_text(text, encoding="utf-8")
    names = list(comparison.implementations)
    disagreements = sum(case.disagrees(names) for case in comparison.cases.values())
    console.print(escape(f"{len(names)} implementations, {len(comparison.cases):,} cases, {disagreements:,} disagree"))
    return 0


def page_of(comparison: Comparison) -> str:
    """The page. Raises JinjaMissingError."""
    names = list(comparison.implementations)
    return render(
        "comparison.html",
        {
            "implementations": comparison.implementations,
            "totals": totals_of(comparison),
            "sections": sections_of(comparison),
            "names": names,
            "address_of": address_of,
            "longest": _LONGEST_MESSAGE,
        },
    )


def sections_of(comparison: Comparison) -> list[Section]:
    """All cases by section, in the order of KINDS and of their first occurrence."""
    names = list(comparison.implementations)
    sections: dict[tuple[str, str], Section] = {}
    for case in comparison.cases.values():
        sections.setdefault((case.kind, case.section), Section(case.kind, case.section)).cases.append(case)
    for section in sections.values():
        section.cases.sort(key=lambda case: (not case.disagrees(names), not case.fails()))
    return sorted(sections.values(), key=lambda section: KINDS.index(section.kind))


def totals_of(comparison: Comparison) -> Mapping[str, Mapping[str, Counter[str]]]:
    """How many cases had which tone, by kind and implementation: "good", "quiet" or "bad"."""
    totals: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for case in comparison.cases.values():
        for name, outcome in case.outcomes.items():
            totals[case.kind][name][outcome.tone] += 1
    return {kind: totals[kind] for kind in KINDS if kind in totals}
