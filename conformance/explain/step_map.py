"""Which code objects perform algorithms of the spec, and which of their lines perform which steps."""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Final

import codecmodel
from codecmodel.algorithm import ALGORITHMS
from conformance.steps.extents import extents
from conformance.steps.source import Function, Module, StepComment, read_module

#: The folder of the package that implements the spec.
SOURCE: Final = Path(codecmodel.__file__).parent
#: Code objects that run within a step of the function around them, and are no part of a call stack to a reader.
TRANSPARENT: Final = frozenset({"<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>"})


@dataclass(frozen=True)
class Place:
    """Lines that perform the same steps: those of ``comments``, in ``function``. ``first`` is the first line."""

    module: Module
    function: Function
    comments: tuple[StepComment, ...]
    first: int


@dataclass
class StepMap:
    """All places, and the tables that find them."""

    places: list[Place] = field(default_factory=list)
    #: Code object → line → number of the place. Lines without a place belong to no step.
    lines: dict[CodeType, dict[int, int]] = field(default_factory=dict)
    #: Code object of a function inside another → that of the other.
    outer: dict[CodeType, CodeType] = field(default_factory=dict)
    functions: dict[CodeType, Function] = field(default_factory=dict)


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """``code``, and the code of all functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_in(constant)


@cache
def step_map() -> StepMap:
    """The map of this process. Imports every module of codecmodel."""
    for module in pkgutil.walk_packages([str(SOURCE)], "codecmodel."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = StepMap()
    of_file: dict[str, dict[int, int]] = {}
    functions_of_file: dict[str, dict[str, Function]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        module_read = read_module(path, path.read_text(encoding="utf-8"))
        if module_read.functions:
            of_file[str(path)] = _add_places(found, module_read)
            functions_of_file[str(path)] = {
                f"{function.name}:{function.line}": function for function in module_read.functions
            }
    seen = {id(function): function for functions in ALGORITHMS.values() for function in functions}
    for function in seen.values():
        code = _code_of(function)
        table = of_file.get(code.co_filename)
        if table is None:
            # A function that is no part of the package, as tests make them.
            continue
        known = _function_of(code, functions_of_file[code.co_filename])
        for inner in codes_in(code):
            found.lines[inner] = table
            found.functions[inner] = known
            found.outer.update({nested: inner for nested in inner.co_consts if isinstance(nested, CodeType)})
    return found


def forget_results() -> None:
    """Empty the caches of algorithms, so that these run as in a new process."""
    for name, module in list(sys.modules.items()):
        if name.startswith("codecmodel.") and not name.startswith("codecmodel.platform."):
            for member in list(vars(module).values()):
                cache_clear: object = getattr(member, "cache_clear", None)
                if callable(cache_clear):
                    cache_clear()


def _function_of(code: CodeType, functions: dict[str, Function]) -> Function:
    """The function that the reader of the source has found: its decorators come before its first line."""
    namesakes = [function for function in functions.values() if function.name == code.co_name]
    return min(namesakes, key=lambda function: abs(function.line - code.co_firstlineno))


def _code_of(function: object) -> CodeType:
    inner: object = getattr(function, "__func__", function)
    if isinstance(inner, property):
        inner = inner.fget
    code = getattr(inner, "__code__", None)
    assert isinstance(code, CodeType), f"an algorithm that is no function: {function}"
    return code


def _add_places(found: StepMap, module: Module) -> dict[int, int]:
    """Add the places of a module. Returns the number of the place of each line."""
    owners = {
        comment.line: (function, comment)
        for function in module.functions
        for body in function.bodies
        for comment in body
    }
    of_line: dict[int, list[StepComment]] = {}
    for comment_line, lines in extents(module).items():
        for line in lines:
            of_line.setdefault(line, []).append(owners[comment_line][1])
    numbers: dict[tuple[StepComment, ...], int] = {}
    table: dict[int, int] = {}
    for line, comments in sorted(of_line.items()):
        key = tuple(comments)
        if key not in numbers:
            numbers[key] = len(found.places)
            found.places.append(Place(module, owners[comments[0].line][0], key, line))
        table[line] = numbers[key]
    _join_clauses(found, module, table)
    return table


def _join_clauses(found: StepMap, module: Module, table: dict[int, int]) -> None:
    """``else:`` has no bytecode, so its step is performed with the first step inside."""
    for line in sorted(table):
        others = [other for other in table if table[other] == table[line]]
        if line in module.clause_lines and all(other in module.clause_lines for other in others):
            inner = min((other for other in table if other > line), default=None)
            if inner is not None:
                place, clause = found.places[table[inner]], found.places[table[line]]
                found.places[table[inner]] = Place(
                    module, place.function, (*clause.comments, *place.comments), place.first
                )
