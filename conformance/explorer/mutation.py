"""Broken processing models, for the explorer to catch: each replaces a few characters of one function.

A mutation says which lines it changes as they stand in the source, so that one that no longer applies is noticed.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import CodeType, FunctionType
from typing import cast

from conformance.explorer.programs import Pattern
from conformance.explorer.search import Limits
from conformance.explorer.subjects import SUBJECTS, Subject


class StaleMutationError(Exception):
    """The source no longer has the text that a mutation changes."""


@dataclass(frozen=True)
class Mutation:
    """Has ``new`` instead of ``old`` in ``function``.

    One of the invariants ``breaks`` must catch the mutation in the programs of ``pattern`` (all up to three calls).
    """

    name: str
    function: FunctionType
    old: str
    new: str
    breaks: frozenset[str]
    pattern: str = ""
    subject: Subject = "VideoDecoder"

    @property
    def limits(self) -> Limits:
        """The scope of the search that catches it."""
        if not self.pattern:
            return Limits(3)
        pattern = Pattern(self.pattern, SUBJECTS[self.subject].calls)
        return Limits(len(self.pattern.split()), self.pattern.count(":"), pattern)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within the block the function is the broken one. Raises StaleMutationError."""
        with replaced(self.function, [(self.old, self.new)]):
            yield


@contextmanager
def replaced(function: FunctionType, replacements: Sequence[tuple[str, str]]) -> Iterator[None]:
    """Within the block a function has other text in its source. Raises StaleMutationError."""
    original = function.__code__
    function.__code__ = _code_with(function, tuple(replacements))
    try:
        yield
    finally:
        function.__code__ = original


@cache
def _code_with(function: FunctionType, replacements: tuple[tuple[str, str], ...]) -> CodeType:
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in replacements:
        if source.count(old) != 1:
            raise StaleMutationError(f"{old!r} is {source.count(old)} times in {function.__qualname__}")
        source = source.replace(old, new)
    tree = ast.parse(source)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list.clear()
    scope: dict[str, object] = {}
    exec(compile(tree, inspect.getfile(function), "exec"), function.__globals__, scope)
    return cast("FunctionType", scope[function.__name__]).__code__


def mutation(
    name: str,
    function: object,
    old: str,
    new: str,
    *breaks: str,
    pattern: str = "",
    subject: Subject = "VideoDecoder",
) -> Mutation:
    """A mutation of ``function``, which is a function for Python, but not for every type checker."""
    return Mutation(name, cast("FunctionType", function), old, new, frozenset(breaks), pattern, subject)
