"""Every step comment counts: without any one of them, or with any two of an algorithm swapped, the check fails."""

import ast
from itertools import combinations
from pathlib import Path

import pytest

from conformance import scenarios
from conformance.steps.checker import check
from conformance.steps.index_file import load_index
from conformance.steps.model import Index
from conformance.steps.source import Function, Module, read_module, read_modules
from conformance.suite.runner import collect

SOURCE = Path(__file__).parents[3] / "codecmodel"
INDEX = load_index()
MODULES = read_modules(SOURCE)
DEFINITIONS = check(INDEX, MODULES).definitions
WITH_STEPS = [module for module in MODULES if module.functions]


class Mutation:
    """Checks changed copies of an algorithm. It knows the lines of the step comments.

    A copy consists of the function or class that the algorithm is in, in the same lines, and of nothing else of the
    module.
    """

    def __init__(self, module: Module, function: Function) -> None:
        source = module.path.read_text(encoding="utf-8")
        around = next(node for node in ast.parse(source).body if node.lineno <= function.line <= (node.end_lineno or 0))
        assert isinstance(around, ast.FunctionDef | ast.ClassDef)
        first = around.decorator_list[0].lineno if around.decorator_list else around.lineno
        steps = sorted({comment.line for body in function.bodies for comment in body})
        last = max(around.end_lineno or 0, *steps)
        lines = source.splitlines()
        self.lines = [line if first <= number <= last else "" for number, line in enumerate(lines, 1)]
        self.steps = steps
        self._path = module.path
        self._others = [
            other
            for other in WITH_STEPS
            if other is not module and any(set(shared.anchors) & set(function.anchors) for shared in other.functions)
        ]
        self._index = Index(INDEX.editions, {anchor: INDEX.entries[anchor] for anchor in function.anchors})
        self._problems = self._found(self.lines)

    def _found(self, lines: list[str]) -> set[str]:
        """Problems without the numbers of their lines, which a change may move."""
        copy = read_module(self._path, "\n".join(lines) + "\n")
        return {problem.message for problem in check(self._index, [copy, *self._others], ()).problems}

    def is_noticed_without(self, step: int) -> bool:
        return bool(self._found([*self.lines[: step - 1], *self.lines[step:]]) - self._problems)

    def is_noticed_with_swapped(self, first: int, second: int) -> bool:
        lines = list(self.lines)
        for line, other in ((first, second), (second, first)):
            indentation = len(self.lines[line - 1]) - len(self.lines[line - 1].lstrip())
            lines[line - 1] = " " * indentation + self.lines[other - 1].lstrip()
        return bool(self._found(lines) - self._problems)


ALGORITHMS = [(module, function) for module in WITH_STEPS for function in module.functions if function.bodies]


@pytest.fixture(params=ALGORITHMS, ids=lambda algorithm: f"{algorithm[0].path.stem}-{algorithm[1].name}")
def mutation(request: pytest.FixtureRequest) -> Mutation:
    module, function = request.param
    return Mutation(module, function)


def test_the_implementation_agrees_with_the_index() -> None:
    assert [str(problem) for problem in check(INDEX, MODULES).problems] == []


def test_removing_a_step_is_noticed(mutation: Mutation) -> None:
    assert [step for step in mutation.steps if not mutation.is_noticed_without(step)] == []


def test_swapping_two_steps_is_noticed(mutation: Mutation) -> None:
    pairs = list(combinations(mutation.steps, 2))
    assert [pair for pair in pairs if not mutation.is_noticed_with_swapped(*pair)] == []


def test_removing_what_a_definition_is_tied_by_is_noticed() -> None:
    """The comments are those that name slots and other prose."""
    missed: list[str] = []
    for module in MODULES:
        lines = module.path.read_text(encoding="utf-8").splitlines()
        comments = {line for found in module.classes for line in found.slots.values()}
        comments |= {comment.line for comment in module.spec_comments}
        defined = {
            reference: INDEX.entries[reference]
            for reference, places in DEFINITIONS.items()
            if any(place.path == module.path and place.line in comments for place in places)
        }
        others = [other for other in MODULES if other is not module]
        for line in comments:
            copy = read_module(module.path, "\n".join([*lines[: line - 1], *lines[line:]]) + "\n")
            found = check(Index(INDEX.editions, defined), [copy, *others], ()).problems
            is_noticed = any("has no code" in problem.message for problem in found)
            if not is_noticed and "[[Detached]]" not in lines[line - 1]:
                missed.append(f"{module.path.name}:{line}: {lines[line - 1].strip()}")
    assert missed == []


def test_scenarios_show_what_is_in_the_spec() -> None:
    shown = {reference for group in collect(scenarios) for scenario in group.scenarios for reference in scenario.shows}
    assert [reference for reference in sorted(shown) if not INDEX.has(reference)] == []
