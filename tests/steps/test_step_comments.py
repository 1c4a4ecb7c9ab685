"""Every step comment counts: without any one of them, or with any two of an algorithm swapped, the check fails."""

from itertools import combinations
from pathlib import Path

import pytest

from conformance.runner import collect
from conformance.steps.checker import check
from conformance.steps.index_file import load_index
from conformance.steps.model import Index
from conformance.steps.source import Module, read_module, read_modules

SOURCE = Path(__file__).parents[2] / "codecmodel"
INDEX = load_index()
MODULES = read_modules(SOURCE)
DEFINITIONS = check(INDEX, MODULES).definitions
WITH_STEPS = [module for module in MODULES if module.functions]


def anchors(module: Module) -> set[str]:
    return {anchor for function in module.functions for anchor in function.anchors}


class Mutations:
    """Checks copies of a module against the entries that it implements, with the other modules that share them."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._others = [other for other in WITH_STEPS if other is not module and anchors(other) & anchors(module)]
        concerned = anchors(module).union(*map(anchors, self._others))
        self._index = Index(INDEX.editions, {name: INDEX.entries[name] for name in concerned})
        self.source = module.path.read_text(encoding="utf-8").splitlines()
        #: The lines of the step comments of each algorithm.
        self.algorithms = [
            sorted({comment.line for body in function.bodies for comment in body}) for function in module.functions
        ]
        self._problems = self.problems(self.source)

    def problems(self, lines: list[str]) -> set[str]:
        """Problems without the numbers of their lines, which a mutation may move."""
        copy = read_module(self._module.path, "\n".join(lines) + "\n")
        copy.spec_comments = []
        found = check(self._index, [copy, *self._others], ()).problems
        return {problem.message for problem in found}

    def is_noticed(self, lines: list[str]) -> bool:
        return bool(self.problems(lines) - self._problems)


@pytest.fixture(params=WITH_STEPS, ids=lambda module: module.path.relative_to(SOURCE).as_posix())
def mutations(request: pytest.FixtureRequest) -> Mutations:
    module = request.param
    assert isinstance(module, Module)
    return Mutations(module)


def test_the_implementation_agrees_with_the_index() -> None:
    assert [str(problem) for problem in check(INDEX, MODULES).problems] == []


def test_removing_a_step_is_noticed(mutations: Mutations) -> None:
    missed = [
        line
        for lines in mutations.algorithms
        for line in lines
        if not mutations.is_noticed([*mutations.source[: line - 1], *mutations.source[line:]])
    ]
    assert missed == []


def test_swapping_two_steps_is_noticed(mutations: Mutations) -> None:
    missed: list[tuple[int, int]] = []
    for steps in mutations.algorithms:
        for first, second in combinations(steps, 2):
            lines = list(mutations.source)
            lines[first - 1], lines[second - 1] = lines[second - 1].lstrip(), lines[first - 1].lstrip()
            for line in (first, second):
                original = mutations.source[line - 1]
                lines[line - 1] = original[: len(original) - len(original.lstrip())] + lines[line - 1]
            if not mutations.is_noticed(lines):
                missed.append((first, second))
    assert missed == []


def test_removing_what_a_definition_is_tied_by_is_noticed() -> None:
    """Comments that name slots and other prose."""
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
    shown = {reference for group in collect() for scenario in group.scenarios for reference in scenario.shows}
    assert [reference for reference in sorted(shown) if not INDEX.has(reference)] == []
