"""Assertions in the vocabulary of testharness.js. The actual value comes first, then the expected one, then a
description.
"""

import math
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NoReturn, Protocol, cast

import numpy as np

from codecmodel.web.errors import DOM_EXCEPTION_NAMES, DOMException

_LONGEST_VALUE = 200


class ExpectationError(AssertionError):
    """A scenario's expectation was not met."""


class OptionalFeatureUnsupportedError(Exception):
    """This machine, or this implementation, lacks a feature that the spec does not demand."""


class Array(Protocol):
    """A numpy array."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def size(self) -> int: ...

    def __len__(self) -> int: ...


def format_value(value: object) -> str:
    """``value`` as messages show it: its repr, which is cut if it is long."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _fail(assertion: str, description: str | None, message: str) -> NoReturn:
    raise ExpectationError(f"{assertion}: {description} {message}" if description else f"{assertion}: {message}")


def _same_value(actual: object, expected: object) -> bool:
    """As ECMAScript's SameValue: NaN is itself, zeros differ by sign, a boolean is no number."""
    if isinstance(actual, bool) != isinstance(expected, bool):
        return False
    if isinstance(actual, float) and isinstance(expected, float):
        if math.isnan(actual) or math.isnan(expected):
            return math.isnan(actual) and math.isnan(expected)
        if actual == expected == 0:
            return math.copysign(1, actual) == math.copysign(1, expected)
    return bool(actual == expected)


def assert_true(actual: object, description: str | None = None) -> None:
    """``actual`` is True itself."""
    if actual is not True:
        _fail("assert_true", description, f"expected True but got {format_value(actual)}")


def assert_false(actual: object, description: str | None = None) -> None:
    """``actual`` is False itself."""
    if actual is not False:
        _fail("assert_false", description, f"expected False but got {format_value(actual)}")


def assert_equals(actual: object, expected: object, description: str | None = None) -> None:
    """The values are the same (NaN is itself, zeros differ by sign, a boolean is no number)."""
    if not _same_value(actual, expected):
        _fail("assert_equals", description, f"expected {format_value(expected)} but got {format_value(actual)}")


def assert_not_equals(actual: object, expected: object, description: str | None = None) -> None:
    if _same_value(actual, expected):
        _fail("assert_not_equals", description, f"got disallowed value {format_value(actual)}")


def assert_in_array(actual: object, expected: Iterable[object], description: str | None = None) -> None:
    """``actual`` is one of ``expected``."""
    allowed = list(expected)
    if not any(_same_value(actual, value) for value in allowed):
        _fail("assert_in_array", description, f"value {format_value(actual)} not in array {format_value(allowed)}")


def assert_array_equals(
    actual: Sequence[object] | Array, expected: Sequence[object] | Array, description: str | None = None
) -> None:
    """The same number of items, and the same items; numpy arrays also have the same shape."""
    name = "assert_array_equals"
    if isinstance(actual, np.ndarray) or isinstance(expected, np.ndarray):
        actual, expected = np.asarray(actual), np.asarray(expected)
        if actual.shape != expected.shape:
            _fail(name, description, f"lengths differ, expected shape {expected.shape} got {actual.shape}")
        different = np.argwhere(actual != expected)
        if len(different):
            first = tuple(int(i) for i in different[0])
            place = first[0] if len(first) == 1 else first
            message = f"property {place}, expected {expected[first]} but got {actual[first]}"
            _fail(name, description, f"{message} ({len(different)} of {actual.size} differ)")
        return
    actual_items, expected_items = list(cast("Sequence[object]", actual)), list(cast("Sequence[object]", expected))
    if len(actual_items) != len(expected_items):
        _fail(name, description, f"lengths differ, expected {len(expected_items)} got {len(actual_items)}")
    for index, (item, expected_item) in enumerate(zip(actual_items, expected_items, strict=True)):
        if not _same_value(item, expected_item):
            message = f"expected {format_value(expected_item)} but got {format_value(item)}"
            _fail(name, description, f"property {index}, {message}")


def assert_approx_equals(actual: float, expected: float, epsilon: float, description: str | None = None) -> None:
    """``actual`` is within ``epsilon`` of ``expected``."""
    if not abs(actual - expected) <= epsilon:
        _fail("assert_approx_equals", description, f"expected {expected} +/- {epsilon} but got {actual}")


def assert_less_than(actual: float, expected: float, description: str | None = None) -> None:
    if not actual < expected:
        _fail("assert_less_than", description, f"expected a number less than {expected} but got {actual}")


def assert_greater_than(actual: float, expected: float, description: str | None = None) -> None:
    if not actual > expected:
        _fail("assert_greater_than", description, f"expected a number greater than {expected} but got {actual}")


def assert_less_than_equal(actual: float, expected: float, description: str | None = None) -> None:
    if not actual <= expected:
        message = f"expected a number less than or equal to {expected} but got {actual}"
        _fail("assert_less_than_equal", description, message)


def assert_greater_than_equal(actual: float, expected: float, description: str | None = None) -> None:
    if not actual >= expected:
        message = f"expected a number greater than or equal to {expected} but got {actual}"
        _fail("assert_greater_than_equal", description, message)


def assert_regexp_match(actual: str, expected: str, description: str | None = None) -> None:
    """The regular expression ``expected`` is found in ``actual``."""
    if not re.search(expected, actual):
        _fail("assert_regexp_match", description, f"expected {expected!r} but got {format_value(actual)}")


def assert_unreached(description: str | None = None) -> NoReturn:
    _fail("assert_unreached", description, "Reached unreachable code")


def assert_implements(condition: object, description: str | None = None) -> None:
    """A mandatory feature is there. Without it the scenario fails."""
    if not condition:
        raise ExpectationError(f"assert_implements: {description or 'feature not implemented'}")


def assert_implements_optional(condition: object, description: str) -> None:
    """An optional feature is there. Without it the scenario ends as PRECONDITION_FAILED."""
    if not condition:
        raise OptionalFeatureUnsupportedError(f"assert_implements_optional: {description}")


def assert_precondition(condition: object, description: str) -> None:
    """The machine has everything that the scenario needs. Otherwise the scenario ends as PRECONDITION_FAILED."""
    if not condition:
        raise OptionalFeatureUnsupportedError(description)


def _check_dom(assertion: str, name: str, exception: BaseException, description: str | None) -> None:
    if name not in DOM_EXCEPTION_NAMES:
        raise ValueError(f"{name} is not a name of DOMException's")
    if not isinstance(exception, DOMException):
        _fail(assertion, description, f"expected a DOMException, {name}, but got {format_value(exception)}")
    if exception.name != name:
        _fail(assertion, description, f"expected {name} but got {exception.name}: {exception.message}")
    if exception.code != DOM_EXCEPTION_NAMES[name]:
        _fail(assertion, description, f"expected code {DOM_EXCEPTION_NAMES[name]} but got {exception.code}")


def _check_js(
    assertion: str, constructor: type[BaseException], exception: BaseException, description: str | None
) -> None:
    if type(exception) is not constructor:
        _fail(assertion, description, f"expected {constructor.__name__} but got {format_value(exception)}")


def _check_exactly(assertion: str, expected: BaseException, exception: BaseException, description: str | None) -> None:
    if exception is not expected:
        _fail(assertion, description, f"expected {format_value(expected)} itself but got {format_value(exception)}")


def _thrown_by(assertion: str, func: Callable[[], object], description: str | None) -> BaseException:
    try:
        func()
    except (ExpectationError, OptionalFeatureUnsupportedError):
        raise
    except Exception as exception:
        return exception
    _fail(assertion, description, f"{getattr(func, '__name__', 'the function')} did not throw")


def assert_throws_dom(name: str, func: Callable[[], object], description: str | None = None) -> None:
    """``func()`` throws a DOMException of that name."""
    _check_dom("assert_throws_dom", name, _thrown_by("assert_throws_dom", func, description), description)


def assert_throws_js(
    constructor: type[BaseException], func: Callable[[], object], description: str | None = None
) -> None:
    """``func()`` throws an exception of that type and no subtype of it: TypeError, RangeError."""
    _check_js("assert_throws_js", constructor, _thrown_by("assert_throws_js", func, description), description)


def assert_throws_exactly(exception: BaseException, func: Callable[[], object], description: str | None = None) -> None:
    """``func()`` throws that very exception."""
    thrown = _thrown_by("assert_throws_exactly", func, description)
    _check_exactly("assert_throws_exactly", exception, thrown, description)


async def _rejection_of(assertion: str, promise: Awaitable[object], description: str | None) -> BaseException:
    try:
        value = await promise
    except (ExpectationError, OptionalFeatureUnsupportedError):
        raise
    except Exception as exception:
        return exception
    _fail(assertion, description, f"Should have rejected, but resolved with {format_value(value)}")


async def promise_rejects_dom(
    test: object, name: str, promise: Awaitable[object], description: str | None = None
) -> None:
    """``promise`` is rejected with a DOMException of that name."""
    rejection = await _rejection_of("promise_rejects_dom", promise, description)
    _check_dom("promise_rejects_dom", name, rejection, description)


async def promise_rejects_js(
    test: object, constructor: type[BaseException], promise: Awaitable[object], description: str | None = None
) -> None:
    """``promise`` is rejected with an exception of that type and no subtype of it."""
    rejection = await _rejection_of("promise_rejects_js", promise, description)
    _check_js("promise_rejects_js", constructor, rejection, description)


async def promise_rejects_exactly(
    test: object, exception: BaseException, promise: Awaitable[object], description: str | None = None
) -> None:
    """``promise`` is rejected with that very exception."""
    rejection = await _rejection_of("promise_rejects_exactly", promise, description)
    _check_exactly("promise_rejects_exactly", exception, rejection, description)
