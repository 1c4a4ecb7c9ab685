"""Makes a case smaller for as long as its finding stays the same."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from conformance.campaigns.case import Case, Part, Value

SequenceT = TypeVar("SequenceT", bytes, str, tuple[Part, ...])


def minimised(case: Case, shows_it: Callable[[Case], bool], *, executions: int) -> Case:
    """The smallest case found with so many executions. ``shows_it`` says whether a case has the same finding."""
    left = executions
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for candidate in smaller_cases(case):
            if left == 0:
                return case
            left -= 1
            if shows_it(candidate):
                case, is_smaller = candidate, True
                break
    return case


def smaller_cases(case: Case) -> Iterator[Case]:
    """The case with fewer parts, then with smaller parts; the greatest cuts come first."""
    for parts in _cuts(case.parts):
        yield Case(case.kind, parts)
    for index, part in enumerate(case.parts):
        for value in smaller_values(part.value):
            yield Case(case.kind, (*case.parts[:index], Part(part.name, value), *case.parts[index + 1 :]))


def smaller_values(value: Value) -> Iterator[Value]:
    """The value with something left out."""
    match value:
        case bytes():
            yield from _cuts(value)
        case str():
            yield from _cuts(value)
        case list():
            for index, item in enumerate(value):
                yield [*value[:index], *value[index + 1 :]]
                for smaller in smaller_values(item):
                    yield [*value[:index], smaller, *value[index + 1 :]]
        case dict():
            for key in value:
                yield {name: item for name, item in value.items() if name != key}
            for key, item in value.items():
                for smaller in smaller_values(item):
                    yield value | {key: smaller}


def _cuts(whole: SequenceT) -> Iterator[SequenceT]:
    """The sequence without one of its halves, without one of its quarters, and so on."""
    for start, end in _ranges(whole):
        yield whole[:start] + whole[end:]


def _ranges(whole: Sequence[object]) -> Iterator[tuple[int, int]]:
    size = -(-len(whole) // 2)
    while size:
        for end in range(len(whole), 0, -size):
            yield max(0, end - size), end
        size = -(-size // 2) if size > 1 else 0
