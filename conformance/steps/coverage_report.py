"""Reports of the steps that were executed, for the console and as JSON."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from conformance.steps.checker import Report
from conformance.steps.measure import MeasuredStep, by_step, name_of
from conformance.steps.model import MAIN_DOCUMENT, Index
from conformance.steps.unreachable import KINDS, UNREACHABLE, kind_of
from conformance.suite.scenario import CHAPTERS


def console_lines(
    measured: Sequence[MeasuredStep], index: Index, unreachable: Mapping[str, str] = UNREACHABLE
) -> Iterator[str]:
    """A line for each chapter, and one for each step that was never or only partly executed."""
    chapters: dict[str, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    remarks: list[str] = []
    reasons: list[str] = []
    for (reference, _, _), places in by_step(measured).items():
        kind = kind_of(places, unreachable)
        entry = index.entries[reference]
        chapter = entry.chapter if entry.document == MAIN_DOCUMENT else "registrations"
        chapters[chapter][kind] += 1
        total[kind] += 1
        if kind == "unreachable":
            name = name_of(places[0])
            reasons.append(f"unreachable: {name}: {unreachable[name]}")
        elif kind in ("never", "partly"):
            first = next(place for place in places if place.execution and place.execution.status == kind)
            missing = first.execution.missing if first.execution else ()
            lines = ", ".join(str(line) for line in missing)
            remarks.append(f"{kind}: {name_of(first)}  {first.path}:{first.line} ({first.function}), lines {lines}")
    for chapter in sorted(chapters, key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0)):
        title = CHAPTERS.get(int(chapter), "Definitions") if chapter.isdigit() else ""
        yield f"{f'{chapter} {title}'.strip()}: {_counted(chapters[chapter])}"
    yield from remarks
    yield from reasons
    yield f"All: {_counted(total)}"


def _counted(numbers: Counter[str]) -> str:
    return ", ".join(f"{numbers[kind]} {words}" for kind, words in KINDS.items())


def write_json(path: Path, measured: Sequence[MeasuredStep], report: Report, root: Path) -> None:
    """Write every step with its places, its status and its scenarios (positions in the list of scenarios), and all
    totals.
    """
    executions = [place.execution for place in measured if place.execution is not None]
    scenarios = sorted({scenario for execution in executions for scenario in execution.scenarios})
    positions = {scenario: position for position, scenario in enumerate(scenarios)}
    steps = [
        {
            "step": name_of(places[0]),
            "status": kind_of(places, UNREACHABLE),
            "places": [
                {
                    "file": _relative(place.path, root),
                    "line": place.line,
                    "function": place.function,
                    "reason": place.reason,
                    "missing_lines": list(place.execution.missing) if place.execution else [],
                    "scenarios": [positions[name] for name in place.execution.scenarios] if place.execution else [],
                }
                for place in places
            ],
        }
        for places in by_step(measured).values()
    ]
    content: dict[str, object] = {
        "summary": dict(Counter(str(step["status"]) for step in steps)),
        "out_of_scope": {exclusion.reason: len(left_out) for exclusion, left_out in report.out_of_scope.items()},
        "scenarios": scenarios,
        "steps": steps,
    }
    path.write_text(_compact(content), encoding="utf-8")


def _compact(content: dict[str, object]) -> str:
    """JSON with a line for each member, and a line for each element of a list."""
    members: list[str] = []
    for name, value in content.items():
        if isinstance(value, list):
            text = "[\n" + ",\n".join(f"  {json.dumps(element)}" for element in value) + "\n ]"
        else:
            text = json.dumps(value)
        members.append(f" {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
