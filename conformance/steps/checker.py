"""Compares the index with the source. Every step must have its comment in its place, and every definition its code."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conformance.steps.definitions import Definitions
from conformance.steps.model import Entry, Index
from conformance.steps.scope import SCOPE, Exclusion, exclusion_of
from conformance.steps.source import Function, Module, StepComment

#: The slot of transferable objects. HTML defines it.
_SLOTS_OF_HTML: Final = frozenset({"[[Detached]]"})


@dataclass(frozen=True)
class Problem:
    """A difference between the source and the index. ``algorithm`` names the list of steps that it is about, if any."""

    path: Path
    line: int
    message: str
    algorithm: str = ""

    def __str__(self) -> str:
        about = f"{self.algorithm}: " if self.algorithm else ""
        return f"{self.path}:{self.line}: {about}{self.message}"


@dataclass(frozen=True)
class Place:
    """The place where a step or a definition is implemented. ``reason`` says why there is no code, if there is none.

    ``words`` is the first line of the step's comment.
    """

    function: str
    path: Path
    line: int
    reason: str | None = None
    words: str = ""


@dataclass
class Report:
    """The findings: problems, the places of each step (entry, part, step) and definition, and exclusions with their
    reasons.
    """

    problems: list[Problem] = field(default_factory=list)
    steps: dict[tuple[str, str, str], list[Place]] = field(default_factory=lambda: defaultdict(list))
    definitions: dict[str, list[Place]] = field(default_factory=dict)
    out_of_scope: dict[Exclusion, list[tuple[str, str, str]]] = field(default_factory=lambda: defaultdict(list))
    definitions_out_of_scope: dict[Exclusion, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def implemented(self) -> int:
        """Steps that have code."""
        return sum(any(place.reason is None for place in places) for places in self.steps.values())

    @property
    def not_applicable(self) -> int:
        """Steps that have a reason for having none."""
        return len(self.steps) - self.implemented


def check(index: Index, modules: Sequence[Module], scope: tuple[Exclusion, ...] = SCOPE) -> Report:
    """Compare ``index`` with ``modules``."""
    report = Report()
    functions: dict[tuple[str, str], list[Function]] = defaultdict(list)
    for module in modules:
        for comment in module.strays:
            report.problems.append(Problem(module.path, comment.line, "a step outside of an @algorithm function"))
        for line in module.near_misses:
            message = "not in the form of a step comment, which is '# 8.1. and 8.2. A few words.'"
            report.problems.append(Problem(module.path, line, message))
        for function in module.functions:
            _check_form(report, function, module)
            for anchor in function.anchors:
                _check_anchor(report, index, function, anchor)
                for part in _parts(function, anchor):
                    functions[anchor, part].append(function)
    used: set[Exclusion] = set()
    definitions = Definitions(modules, index)
    for entry in index.entries.values():
        for part in entry.parts:
            exclusion = exclusion_of(entry, part, scope)
            found = functions[entry.reference, part]
            if found or exclusion is None:
                _check_steps(report, entry, part, found)
            else:
                used.add(exclusion)
                report.out_of_scope[exclusion] += [(entry.reference, part, step) for step in entry.steps(part)]
        if entry.is_definition:
            exclusion = exclusion_of(entry, scope=scope)
            places = _places_of_definition(entry, definitions, functions[entry.reference, ""])
            if places:
                report.definitions[entry.reference] = places
            elif exclusion is not None:
                used.add(exclusion)
                report.definitions_out_of_scope[exclusion].append(entry.reference)
            else:
                message = (
                    f"{entry.reference} (section {entry.section}, {entry.type}) has no code, nor a reason for that"
                )
                report.problems.append(Problem(Path("codecmodel"), 0, message))
    report.problems += _problems_of_declarations(index, modules)
    report.problems += [
        Problem(path, comment.line, f"there is no {comment.reference} in the spec")
        for path, comment in definitions.unknown
    ]
    report.problems += [
        Problem(Path("scope"), 0, f"nothing is left out any more because {exclusion.reason}")
        for exclusion in scope
        if exclusion not in used
    ]
    report.problems = _grouped(report.problems)
    return report


def _grouped(problems: Sequence[Problem]) -> list[Problem]:
    """The problems by file and line. A problem of several algorithms in a function is listed once, with their names."""
    names: dict[tuple[Path, int, str], list[str]] = {}
    for problem in problems:
        names.setdefault((problem.path, problem.line, problem.message), []).append(problem.algorithm)
    grouped = [
        Problem(path, line, message, ", ".join(dict.fromkeys(filter(None, algorithms))))
        for (path, line, message), algorithms in names.items()
    ]
    return sorted(grouped, key=lambda problem: (str(problem.path), problem.line))


def _check_anchor(report: Report, index: Index, function: Function, anchor: str) -> None:
    entry = index.entries.get(anchor)
    if entry is None:
        report.problems.append(Problem(function.path, function.line, f"there is no {anchor} in the spec"))
    elif entry.is_algorithm and function.part not in entry.parts:
        parts = ", ".join(repr(part) for part in entry.parts)
        report.problems.append(
            Problem(function.path, function.line, f"{anchor} has no part {function.part!r}; it has {parts}")
        )
    elif not entry.is_algorithm and any(function.bodies):
        report.problems.append(Problem(function.path, function.line, f"{anchor} has no steps"))


def _problems_of_declarations(index: Index, modules: Sequence[Module]) -> Iterator[Problem]:
    """Slots that the spec does not have, and comments about code that is missing."""
    slots = {entry.name for entry in index.entries.values()} | _SLOTS_OF_HTML
    for module in modules:
        for found in module.classes:
            for slot, line in found.slots.items():
                if slot not in slots:
                    yield Problem(module.path, line, f"there is no slot {slot} in the spec")
        for comment in module.spec_comments:
            last = comment.line
            while last + 1 in module.comment_lines:
                last += 1
            if comment.reason is None and last + 1 not in module.lines:
                yield Problem(module.path, comment.line, f"no code below {comment.reference}, and no reason (n/a: …)")
            elif comment.reason == "":
                yield Problem(module.path, comment.line, "n/a needs a reason")


def _check_form(report: Report, function: Function, module: Module) -> None:
    """Check that each step is directly above its code, or says why it has none."""
    comments = [comment for body in function.bodies for comment in body]
    references = {comment.line: _rank(comment.reference, function) for comment in comments}
    for line, rank in references.items():
        if rank < references.get(line - 1, 0):
            report.problems.append(Problem(module.path, line, "steps of several algorithms not in the order of these"))
    for comment in comments:
        if comment.reason == "":
            report.problems.append(Problem(module.path, comment.line, "n/a needs a reason"))
        if comment.reason is not None:
            continue
        last = comment.line
        while last + 1 in module.comment_lines:
            last += 1
        if module.lines.get(last + 1) != comment.column:
            report.problems.append(Problem(module.path, comment.line, "no code below the step, and no reason (n/a: …)"))


def _rank(reference: str, function: Function) -> int:
    """The order of comments on one line of code: first the function's own steps, then those of the algorithms it
    names.
    """
    anchor = reference.partition(":")[0]
    return 1 + function.anchors.index(anchor) if anchor in function.anchors else 0


def _check_steps(report: Report, entry: Entry, part: str, functions: Sequence[Function]) -> None:
    """Compare a list of steps with the comments of the functions that perform it."""
    name = f"{entry.reference}:{part}" if part else entry.reference
    if not functions:
        message = f"{name} (section {entry.section}) has no function, nor a reason for that"
        report.problems.append(Problem(Path("codecmodel"), 0, message))
        return
    variants: dict[str, list[Function]] = defaultdict(list)
    for function in functions:
        variants[function.variant].append(function)
    for alternative in variants.values():
        _check_list(report, entry, part, name, alternative)


def _check_list(report: Report, entry: Entry, part: str, name: str, functions: Sequence[Function]) -> None:
    steps = entry.steps(part)
    order = {step: position for position, step in enumerate(steps)}
    seen: dict[str, StepComment] = {}
    for function in functions:

        def problem(line: int, message: str, function: Function = function) -> None:
            report.problems.append(Problem(function.path, line, message, name))

        for body in function.bodies:
            placed: list[tuple[StepComment, list[str]]] = []
            for comment in body:
                is_meant = comment.reference == name if comment.reference else function.part == part
                if not is_meant:
                    if comment.reference and comment.reference.partition(":")[0] not in function.anchors:
                        problem(comment.line, f"the function does not declare {comment.reference}")
                    continue
                named: list[str] = []
                for first, last in comment.ranges:
                    if first not in order or last not in order:
                        problem(comment.line, f"there is no step {first if first not in order else last}")
                    elif order[first] > order[last]:
                        problem(comment.line, f"step {last} comes before step {first}")
                    else:
                        named += steps[order[first] : order[last] + 1]
                for step in named:
                    if step in seen:
                        problem(comment.line, f"step {step} is here and in line {seen[step].line}")
                    seen[step] = comment
                    place = Place(function.name, function.path, comment.line, comment.reason, comment.words)
                    report.steps[entry.reference, part, step].append(place)
                if named:
                    placed.append((comment, named))
            for line, message in _out_of_place(placed, order):
                problem(line, message)
    missing = [step for step in steps if step not in seen]
    if missing:
        message = f"{'steps' if len(missing) > 1 else 'step'} {', '.join(missing)} missing"
        report.problems.append(Problem(functions[0].path, functions[0].line, message, name))


def _parts(function: Function, anchor: str) -> list[str]:
    """The lists of steps of ``anchor`` that the function has steps of: its own list, and those that its comments
    name.
    """
    references = [comment.reference for body in function.bodies for comment in body]
    named = [reference.partition(":")[2] for reference in references if reference.partition(":")[0] == anchor]
    return list(dict.fromkeys([function.part, *named]))


def _out_of_place(placed: Sequence[tuple[StepComment, list[str]]], order: dict[str, int]) -> list[tuple[int, str]]:
    """The steps of a function that are out of place, as (line, message)."""
    found: list[tuple[int, str]] = []
    regular = [(comment, named) for comment, named in placed if not comment.before and not comment.after]
    last = ""
    for comment, named in regular:
        positions = [order[step] for step in named]
        if positions != sorted(positions):
            found.append((comment.line, f"steps {', '.join(named)} are not in their order"))
        elif last and positions[0] <= order[last]:
            hint = f"if that is meant, say why: # {named[0]}. after {last}.: …"
            found.append((comment.line, f"step {named[0]} is out of place, as it comes after step {last}; {hint}"))
        last = max(last, *named, key=lambda step: order.get(step, -1))
    for position, (comment, named) in enumerate(placed):
        if comment.before:
            following = [other[1][0] for other in placed[position + 1 :] if not other[0].before]
            if following[:1] != [comment.before]:
                found.append((comment.line, f"step {named[0]} is not before step {comment.before}"))
            elif order[named[0]] < order[comment.before]:
                found.append((comment.line, f"step {named[0]} need not say that it is before step {comment.before}"))
        if comment.after:
            preceding = [other[1][-1] for other in placed[:position] if not other[0].after]
            if preceding[-1:] != [comment.after]:
                found.append((comment.line, f"step {named[0]} is not after step {comment.after}"))
            elif order[named[0]] > order[comment.after]:
                found.append((comment.line, f"step {named[0]} need not say that it is after step {comment.after}"))
    # A function inside an algorithm is one block of steps: those that are not part of another step in it are siblings.
    steps_here = {step for _, named in placed for step in named}
    parents = {
        _parent(step): comment.line for comment, named in regular for step in named if _parent(step) not in steps_here
    }
    if len(parents) > 1:
        blocks = " and of ".join(repr(parent) for parent in sorted(parents))
        found.append((max(parents.values()), f"steps of {blocks} in one function, without the step that they are of"))
    return found


def _parent(step: str) -> str:
    return step.rpartition(".")[0]


def _places_of_definition(entry: Entry, definitions: Definitions, functions: Sequence[Function]) -> list[Place]:
    places = [Place(function.name, function.path, function.line) for function in functions]
    lines = {(place.path, place.line) for place in places}
    found = definitions.of(entry)
    return places + [Place(name, path, line, reason) for name, path, line, reason in found if (path, line) not in lines]
