"""Reads Python source without importing it: @algorithm functions, their step comments, and the declarations of
classes.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_NUMBER: Final = r"\d+(?:\.\d+)*\."
_STEPS: Final = re.compile(
    r"#\s*(?:(?P<reference>[a-z0-9/]+-[a-z0-9/:-]+): )?"
    rf"(?P<numbers>{_NUMBER}(?:(?:, and|,| and| to) {_NUMBER})*)(?P<rest>\s.*|$)"
)
_PLACED: Final = re.compile(rf"\s*(?P<where>before|after) (?P<step>{_NUMBER}): (?P<reason>.+)")
_NOT_APPLICABLE: Final = re.compile(r"\s*n/a\b:?(?P<reason>.*)")
#: Matches a comment that begins with numbers like a step comment, and lacks a point or a word between two numbers.
_NEAR_MISS: Final = re.compile(
    r"#\s*\d+(?:\.\d+)*\.?(?:(?:\s*,)?\s*(?:,|and|to|[-–])\s*\d+(?:\.\d+)*\.?)*(?:\s*$|:|\s+(?=[A-Z]|n/a))"
)
_SLOT: Final = re.compile(r"#: (?P<names>\[\[.+?\]\])")
_SPEC: Final = re.compile(r"# Spec: (?P<references>[a-z0-9/*-]+(?:, [a-z0-9/*-]+)*)(?P<rest>.*)")


@dataclass(frozen=True)
class StepComment:
    """A comment that names steps, as pairs of first and last step, in the order in which it names them.

    ``reference`` is the algorithm that the steps are of, if the comment says so. ``reason`` says why there is no code,
    for steps that have none, and is None for all others. ``before`` or ``after`` is the step that the comment names as
    the reason for being out of order. ``words`` are the rest of its first line.
    """

    line: int
    column: int
    ranges: tuple[tuple[str, str], ...]
    reference: str
    reason: str | None
    before: str = ""
    after: str = ""
    words: str = ""


@dataclass
class Function:
    """A function that performs an algorithm. ``bodies`` are the comments of the function and of each function inside
    it.
    """

    path: Path
    name: str
    line: int
    anchors: tuple[str, ...]
    part: str
    variant: str
    bodies: list[list[StepComment]] = field(default_factory=list)


@dataclass
class Class:
    """A class: its bases' names, the line of each member, attribute and slot that it declares."""

    path: Path
    name: str
    bases: tuple[str, ...]
    members: dict[str, int] = field(default_factory=dict)
    slots: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SpecComment:
    """``# Spec: anchor``. The code below implements the anchor, or ``reason`` says why there is none. ``*`` stands
    for any characters.
    """

    line: int
    reference: str
    reason: str | None


@dataclass
class Module:
    """The declarations of a module about the spec, and the column of each line that begins code."""

    path: Path
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    #: Names of Literal types → their strings → line.
    literals: dict[str, dict[str, int]] = field(default_factory=dict)
    spec_comments: list[SpecComment] = field(default_factory=list)
    #: Step comments that are in no algorithm.
    strays: list[StepComment] = field(default_factory=list)
    #: Lines of comments in an algorithm that look like step comments and are not in their form.
    near_misses: list[int] = field(default_factory=list)
    lines: dict[int, int] = field(default_factory=dict)
    #: Lines that are no statement and belong to the one below: ``else:`` and ``finally:``.
    clause_lines: set[int] = field(default_factory=set)
    comment_lines: set[int] = field(default_factory=set)
    #: First and last line of every function.
    spans: list[tuple[int, int]] = field(default_factory=list)


def read_modules(root: Path) -> list[Module]:
    """All modules in a folder."""
    return [read_module(path, path.read_text(encoding="utf-8")) for path in sorted(root.rglob("*.py"))]


def read_module(path: Path, source: str) -> Module:
    """Read ``source``. Messages name it ``path``."""
    tree = ast.parse(source)
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    module = Module(path, lines=_code_lines(tokens))
    functions = _functions(tree)
    module.clause_lines = {
        line for line, text in enumerate(source.splitlines(), 1) if text.strip() in ("else:", "finally:")
    }
    module.spans = [(node.lineno, end) for node, end in functions]
    algorithms = {node: _algorithm(path, node) for node, _ in functions}
    module.functions = [function for function in algorithms.values() if function is not None]
    bodies: dict[FunctionNode, list[StepComment]] = {}
    slots: list[tuple[int, str]] = []
    for line, column, text in _comments(tokens):
        module.comment_lines.add(line)
        if slot := _SLOT.match(text):
            slots.append((line, slot["names"]))
        elif spec := _SPEC.fullmatch(text):
            reason = _NOT_APPLICABLE.fullmatch(spec["rest"].removeprefix(":"))
            module.spec_comments += [
                SpecComment(line, reference, reason["reason"].strip() if reason else None)
                for reference in spec["references"].split(", ")
            ]
        elif (comment := _step_comment(line, column, text)) is not None:
            around = _functions_around(functions, module.lines, line, column)
            owner = next((algorithms[node] for node in around if algorithms[node] is not None), None)
            if owner is None:
                module.strays.append(comment)
            else:
                if around[0] not in bodies:
                    owner.bodies.append(bodies.setdefault(around[0], []))
                bodies[around[0]].append(comment)
        elif _NEAR_MISS.match(text) and line - 1 not in module.comment_lines:
            around = _functions_around(functions, module.lines, line, column)
            if any(algorithms[node] is not None for node in around):
                module.near_misses.append(line)
    _read_declarations(tree, module, slots)
    return module


def _comments(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[tuple[int, int, str]]:
    """Comments that have a line for themselves: line, column, text."""
    for token in tokens:
        if token.type == tokenize.COMMENT and not token.line[: token.start[1]].strip():
            yield (*token.start, token.string)


def _code_lines(tokens: Sequence[tokenize.TokenInfo]) -> dict[int, int]:
    """Lines of code and the column that each begins in; of a string over several lines the first only."""
    no_code = (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    lines: dict[int, int] = {}
    for token in tokens:
        if token.type not in no_code:
            lines.setdefault(*token.start)
    return lines


def _step_comment(line: int, column: int, text: str) -> StepComment | None:
    match = _STEPS.fullmatch(text)
    if match is None:
        return None
    words = re.findall(rf"{_NUMBER}|to", match["numbers"])
    ranges: list[tuple[str, str]] = []
    for position, word in enumerate(words):
        if word == "to":
            continue
        number = word.rstrip(".")
        if position and words[position - 1] == "to":
            ranges[-1] = ranges[-1][0], number
        else:
            ranges.append((number, number))
    none = _NOT_APPLICABLE.fullmatch(match["rest"])
    placed = _PLACED.fullmatch(match["rest"])
    places = {placed["where"]: placed["step"].rstrip(".")} if placed else {}
    return StepComment(
        line,
        column,
        tuple(ranges),
        match["reference"] or "",
        none["reason"].strip() if none else None,
        places.get("before", ""),
        places.get("after", ""),
        (placed["reason"] if placed else match["rest"]).strip(),
    )


def _functions(tree: ast.Module) -> list[tuple[FunctionNode, int]]:
    """All functions with the line they end in, the innermost of several around a line last."""
    return [
        (node, node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _functions_around(
    functions: list[tuple[FunctionNode, int]], lines: dict[int, int], line: int, column: int
) -> list[FunctionNode]:
    """The functions that contain a comment, the innermost first. A comment may be the last thing in a function."""

    def has_code_between(end: int) -> bool:
        return any(number in lines for number in range(end + 1, line))

    around = [
        node
        for node, end in functions
        if node.lineno < line and column > node.col_offset and (line <= end or not has_code_between(end))
    ]
    return sorted(around, key=lambda node: -node.col_offset)


def _algorithm(path: Path, node: FunctionNode) -> Function | None:
    anchors: list[str] = []
    keywords: dict[str, str] = {}
    for decorator in node.decorator_list:
        if (
            isinstance(decorator, ast.Call)
            and isinstance(decorator.func, ast.Name)
            and decorator.func.id == "algorithm"
        ):
            anchors += [str(ast.literal_eval(argument)) for argument in decorator.args]
            keywords.update({str(keyword.arg): str(ast.literal_eval(keyword.value)) for keyword in decorator.keywords})
    if not anchors:
        return None
    return Function(path, node.name, node.lineno, tuple(anchors), keywords.get("part", ""), keywords.get("variant", ""))


def _read_declarations(tree: ast.Module, module: Module, slots: list[tuple[int, str]]) -> None:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found = Class(module.path, node.name, tuple(_name(base) for base in node.bases))
            for inner in node.body:
                if isinstance(inner, FunctionNode):
                    found.members.setdefault(inner.name, inner.lineno)
                elif isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
                    found.members[inner.target.id] = inner.lineno
            found.slots = {name: line for line, name in slots if node.lineno < line <= (node.end_lineno or 0)}
            module.classes.append(found)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            module.literals[node.target.id] = {
                inner.value: inner.lineno
                for inner in ast.walk(node.value)
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
            }


def _name(base: ast.expr) -> str:
    if isinstance(base, ast.Subscript):
        return _name(base.value)
    if isinstance(base, ast.Attribute):
        return base.attr
    return base.id if isinstance(base, ast.Name) else ""
