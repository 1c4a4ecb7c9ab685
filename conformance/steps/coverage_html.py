"""Pages of the steps that scenarios execute: one for each algorithm, and one for each module, with links both ways."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from conformance.pages import render
from conformance.steps.findings import Finding, findings, findings_by_step
from conformance.steps.index_file import load_index
from conformance.steps.measure import MeasuredStep, by_step, name_of
from conformance.steps.model import Entry, Index, address_of
from conformance.steps.source import read_module
from conformance.steps.unreachable import KINDS, UNREACHABLE, kind_of

#: The classes of the design for the kinds of result.
_TONES: Final = {"executed": "good", "partly": "odd", "never": "bad", "unreachable": "odd", "n/a": "quiet"}


@dataclass(frozen=True)
class _Group:
    """The algorithms of a chapter, or of a registration."""

    heading: str
    algorithms: list["_Algorithm"]


@dataclass(frozen=True)
class _Algorithm:
    """Everything that is published under an anchor, with the measured steps."""

    reference: str
    title: str
    section: str
    page: str
    steps: Mapping[tuple[str, str, str], list[MeasuredStep]]

    @property
    def address(self) -> str:
        return address_of(self.reference)

    @property
    def numbers(self) -> Counter[str]:
        return Counter(kind_of(places) for places in self.steps.values())

    @property
    def share(self) -> int:
        """How much of the steps that have code is executed, in percent."""
        with_code = sum(number for kind, number in self.numbers.items() if kind != "n/a")
        return 100 * self.numbers["executed"] // with_code if with_code else 100

    @property
    def findings(self) -> list[Finding]:
        """The findings in other implementations that are about a step."""
        by_step = findings_by_step()
        return [finding for places in self.steps.values() for finding in by_step.get(name_of(places[0]), ())]

    @property
    def words(self) -> str:
        """The text that a search looks through."""
        told = [_words(place) for places in self.steps.values() for place in places]
        found = [f"{finding.implementation} {finding.words}" for finding in self.findings]
        return " ".join([self.reference, self.title, *told, *found]).lower()


def write_html(folder: Path, measured: Sequence[MeasuredStep], root: Path) -> None:
    """Write ``index.html``, a page for each algorithm and one for each module. Files are named relative to ``root``.

    Raises JinjaMissingError.
    """
    groups = _groups(measured, load_index())
    modules: dict[Path, list[MeasuredStep]] = defaultdict(list)
    for step in measured:
        modules[step.path].append(step)
    shared = {"kinds": KINDS, "tones": _TONES}
    totals = Counter(kind_of(places) for places in by_step(measured).values())
    pages = {
        "index.html": render(
            "coverage_index.html",
            {
                **shared,
                "groups": groups,
                "findings": [
                    (finding, [(step, _address(step, groups)) for step in finding.steps]) for finding in findings()
                ],
                "modules": [(_name(path, root), _module_page(path, root)) for path in sorted(modules)],
                "totals": {words: totals[kind] for kind, words in KINDS.items()},
                "tones_of_words": {words: _TONES[kind] for kind, words in KINDS.items()},
            },
        )
    }
    for group in groups:
        for algorithm in group.algorithms:
            rows = list(_steps(algorithm, root))
            pages[algorithm.page] = render("coverage_algorithm.html", {**shared, "algorithm": algorithm, "rows": rows})
    kinds = {id(place): kind_of(places) for places in by_step(measured).values() for place in places}
    for path, steps in modules.items():
        name = _name(path, root)
        lines = list(_lines(path, steps, kinds))
        pages[_module_page(path, root)] = render("coverage_module.html", {**shared, "name": name, "lines": lines})
    folder.mkdir(parents=True, exist_ok=True)
    for page, text in pages.items():
        (folder / page).write_text(text, encoding="utf-8")


def _groups(measured: Sequence[MeasuredStep], index: Index) -> list[_Group]:
    """All algorithms, in the order of the index."""
    steps: dict[str, dict[tuple[str, str, str], list[MeasuredStep]]] = defaultdict(dict)
    for key, places in by_step(measured).items():
        steps[key[0]][key] = places
    groups: dict[str, list[_Algorithm]] = defaultdict(list)
    for reference, found in steps.items():
        entry = index.find(reference)
        document = reference.rpartition("/")[0]
        heading = document.removeprefix("webcodecs-").replace("-", " ").capitalize()
        if not document:
            heading = f"Chapter {entry.chapter}" if entry is not None else "Other"
        section = entry.section if entry is not None else ""
        groups[heading].append(_Algorithm(reference, _title(reference, entry), section, _page(reference), found))
    return [_Group(heading, algorithms) for heading, algorithms in groups.items()]


def _title(reference: str, entry: Entry | None) -> str:
    if entry is None or not entry.name:
        return reference
    if entry.type == "constructor":
        return f"new {entry.owner}()"
    return f"{entry.owner}.{entry.name}()" if entry.type == "method" else entry.name


def _page(reference: str) -> str:
    return f"algorithm.{reference.replace('/', '.')}.html"


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _module_page(path: Path, root: Path) -> str:
    return f"{_name(path, root).removesuffix('.py').replace('/', '.')}.html"


def _address(reference: str, groups: Sequence[_Group]) -> str:
    """The place of a step on its page, or the published definition."""
    for group in groups:
        for algorithm in group.algorithms:
            for (_, part, step), places in algorithm.steps.items():
                if name_of(places[0]) == reference:
                    return f"{algorithm.page}#{_step_id(part, step)}"
    return address_of(reference)


def _step_id(part: str, step: str) -> str:
    return f"{part}:{step}" if part else step


@cache
def _comments(path: Path) -> dict[int, str]:
    """The words of the step comments of a module, by line."""
    module = read_module(path, path.read_text(encoding="utf-8"))
    return {
        comment.line: comment.words for function in module.functions for body in function.bodies for comment in body
    }


def _words(place: MeasuredStep) -> str:
    return (place.reason and f"no code: {place.reason}") or _comments(place.path).get(place.line, "")


def _steps(algorithm: _Algorithm, root: Path) -> Iterator[dict[str, object]]:
    """The rows of an algorithm's page."""
    for (_, part, step), places in algorithm.steps.items():
        scenarios = Counter(
            scenario.partition("?")[0]
            for place in places
            if place.execution is not None
            for scenario in place.execution.scenarios
        )
        yield {
            "id": _step_id(part, step),
            "part": part,
            "step": step,
            "depth": step.count("."),
            "kind": kind_of(places),
            "words": list(dict.fromkeys(filter(None, map(_words, places)))),
            "findings": findings_by_step().get(name_of(places[0]), ()),
            "note": UNREACHABLE.get(name_of(places[0]), ""),
            "scenarios": sorted(scenarios.items()),
            "places": [
                {
                    "page": f"{_module_page(place.path, root)}#L{place.line}",
                    "name": f"{_name(place.path, root)}:{place.line}",
                    "code": _code(place),
                }
                for place in places
            ],
        }


def _code(place: MeasuredStep) -> str:
    """The lines of a step, without their common indentation."""
    if place.execution is None:
        return ""
    source = place.path.read_text(encoding="utf-8").splitlines()
    lines = [source[line - 1] for line in place.execution.lines]
    indent = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    return "\n".join(line[indent:] for line in lines)


def _lines(path: Path, steps: Sequence[MeasuredStep], kinds: Mapping[int, str]) -> Iterator[dict[str, object]]:
    """The rows of a module's page: each line of the source, and the steps whose comment it is."""
    of_line: dict[int, list[MeasuredStep]] = defaultdict(list)
    ran: set[int] = set()
    missing: set[int] = set()
    for step in steps:
        of_line[step.line].append(step)
        if step.execution is not None:
            ran.update(step.execution.lines)
            missing.update(step.execution.missing)
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        here = of_line.get(number, [])
        yield {
            "number": number,
            "text": text,
            "state": "missing" if number in missing else "ran" if number in ran else "",
            "steps": [
                {
                    "name": name_of(step),
                    "page": f"{_page(step.reference)}#{_step_id(step.part, step.step)}",
                    "kind": kinds[id(step)],
                }
                for step in here
            ],
        }
