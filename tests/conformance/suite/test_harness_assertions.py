"""The values that each assertion accepts, and the message of its failure."""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from codecmodel.web.errors import DOMException, RangeError
from conformance.suite import harness
from conformance.suite.assertions import ExpectationError, OptionalFeatureUnsupportedError


def fails(message: str, assertion: Callable[..., object], *args: object) -> None:
    with pytest.raises(ExpectationError) as caught:
        assertion(*args)
    assert str(caught.value) == message


def throwing(exception: Exception) -> Callable[[], object]:
    def func() -> object:
        raise exception

    return func


async def rejecting(exception: Exception) -> None:
    raise exception


async def resolving(value: object) -> object:
    return value


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (1, 1),
        (1, 1.0),
        ("a", "a"),
        (None, None),
        (float("nan"), float("nan")),
        ([1, 2], [1, 2]),
        (True, True),
        (float("inf"), float("inf")),
    ],
)
def test_equal_values(actual: object, expected: object) -> None:
    harness.assert_equals(actual, expected)
    with pytest.raises(ExpectationError, match=r"^assert_not_equals: got disallowed value"):
        harness.assert_not_equals(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected"), [(1, 2), (True, 1), (0, False), (0.0, -0.0), (None, 0), ("1", 1), (float("nan"), 0.0)]
)
def test_unequal_values(actual: object, expected: object) -> None:
    harness.assert_not_equals(actual, expected)
    fails(f"assert_equals: expected {expected!r} but got {actual!r}", harness.assert_equals, actual, expected)
    fails(
        f"assert_equals: what expected {expected!r} but got {actual!r}",
        harness.assert_equals,
        actual,
        expected,
        "what",
    )


def test_long_values_are_cut() -> None:
    fails(f"assert_equals: expected 1 but got [{'0, ' * 66}…", harness.assert_equals, [0] * 100, 1)


def test_true_and_false_are_meant_literally() -> None:
    harness.assert_true(True)
    harness.assert_false(False)
    fails("assert_true: flag expected True but got 1", harness.assert_true, 1, "flag")
    fails("assert_false: expected False but got None", harness.assert_false, None)


def test_comparisons() -> None:
    harness.assert_less_than(1, 2)
    harness.assert_less_than_equal(2, 2)
    harness.assert_greater_than(3, 2)
    harness.assert_greater_than_equal(2, 2)
    harness.assert_approx_equals(1.05, 1.0, 0.1)
    harness.assert_in_array(2, [1, 2])
    fails("assert_less_than: expected a number less than 2 but got 2", harness.assert_less_than, 2, 2)
    fails("assert_greater_than: expected a number greater than 2 but got 2", harness.assert_greater_than, 2, 2)
    fails(
        "assert_less_than_equal: size expected a number less than or equal to 2 but got 3",
        harness.assert_less_than_equal,
        3,
        2,
        "size",
    )
    fails(
        "assert_greater_than_equal: expected a number greater than or equal to 2 but got 1",
        harness.assert_greater_than_equal,
        1,
        2,
    )
    fails("assert_approx_equals: expected 1.0 +/- 0.1 but got 1.2", harness.assert_approx_equals, 1.2, 1.0, 0.1)
    fails(
        "assert_approx_equals: expected 1.0 +/- 0.1 but got nan", harness.assert_approx_equals, float("nan"), 1.0, 0.1
    )
    fails("assert_in_array: value 3 not in array [1, 2]", harness.assert_in_array, 3, [1, 2])
    fails("assert_in_array: value True not in array [1, 2]", harness.assert_in_array, True, [1, 2])


def test_regular_expressions() -> None:
    harness.assert_regexp_match("h264.annexb", r"\.annexb$")
    fails("assert_regexp_match: expected '^x' but got 'abc'", harness.assert_regexp_match, "abc", "^x")


def test_arrays() -> None:
    harness.assert_array_equals([1, 2], (1, 2))
    harness.assert_array_equals(memoryview(b"ab"), b"ab")
    harness.assert_array_equals(np.array([1, 2]), [1, 2])
    fails("assert_array_equals: lengths differ, expected 3 got 2", harness.assert_array_equals, [1, 2], [1, 2, 3])
    fails(
        "assert_array_equals: what property 1, expected 3 but got 2",
        harness.assert_array_equals,
        b"\1\2",
        b"\1\3",
        "what",
    )
    fails("assert_array_equals: property 0, expected 1 but got True", harness.assert_array_equals, [True], [1])


def test_numpy_arrays() -> None:
    harness.assert_array_equals(np.zeros((2, 3)), np.zeros((2, 3)))
    fails(
        "assert_array_equals: lengths differ, expected shape (3,) got (2,)",
        harness.assert_array_equals,
        np.zeros(2),
        np.zeros(3),
    )
    fails(
        "assert_array_equals: plane property (1, 2), expected 7 but got 5 (1 of 6 differ)",
        harness.assert_array_equals,
        np.array([[0, 1, 2], [3, 4, 5]]),
        np.array([[0, 1, 2], [3, 4, 7]]),
        "plane",
    )
    fails(
        "assert_array_equals: property 1, expected 3 but got 2 (1 of 2 differ)",
        harness.assert_array_equals,
        np.array([1, 2]),
        np.array([1, 3]),
    )


def test_unreached_and_implements() -> None:
    fails("assert_unreached: Reached unreachable code", harness.assert_unreached)
    harness.assert_implements(1)
    fails("assert_implements: no VideoDecoder", harness.assert_implements, None, "no VideoDecoder")


def test_throws_dom() -> None:
    harness.assert_throws_dom("DataError", throwing(DOMException("m", "DataError")))
    fails(
        "assert_throws_dom: decode expected DataError but got InvalidStateError: closed",
        harness.assert_throws_dom,
        "DataError",
        throwing(DOMException("closed", "InvalidStateError")),
        "decode",
    )
    fails(
        "assert_throws_dom: expected a DOMException, DataError, but got TypeError('x')",
        harness.assert_throws_dom,
        "DataError",
        throwing(TypeError("x")),
    )
    fails("assert_throws_dom: dict did not throw", harness.assert_throws_dom, "DataError", dict)
    with pytest.raises(ValueError, match="DateError is not a name"):
        harness.assert_throws_dom("DateError", throwing(DOMException("m", "DataError")))


def test_throws_dom_checks_the_legacy_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DOMException, "code", 3)
    fails(
        "assert_throws_dom: expected code 11 but got 3",
        harness.assert_throws_dom,
        "InvalidStateError",
        throwing(DOMException("m", "InvalidStateError")),
    )


def test_throws_js() -> None:
    harness.assert_throws_js(TypeError, throwing(TypeError()))
    harness.assert_throws_js(RangeError, throwing(RangeError()))
    fails(
        "assert_throws_js: expected ValueError but got RangeError('x')",
        harness.assert_throws_js,
        ValueError,
        throwing(RangeError("x")),
    )
    fails("assert_throws_js: list did not throw", harness.assert_throws_js, TypeError, list)


def test_throws_exactly() -> None:
    error = ValueError("one")
    harness.assert_throws_exactly(error, throwing(error))
    fails(
        "assert_throws_exactly: expected ValueError('one') itself but got ValueError('one')",
        harness.assert_throws_exactly,
        error,
        throwing(ValueError("one")),
    )


def test_assertions_within_a_function_that_should_throw_are_not_swallowed() -> None:
    fails(
        "assert_equals: expected 2 but got 1",
        harness.assert_throws_js,
        ExpectationError,
        lambda: harness.assert_equals(1, 2),
    )


def rejects_with(message: str, promise: Awaitable[None]) -> None:
    async def main() -> None:
        await promise

    with pytest.raises(ExpectationError) as caught:
        asyncio.run(main())
    assert str(caught.value) == message


def test_promise_rejects() -> None:
    error = DOMException("m", "AbortError")

    async def main() -> None:
        await harness.promise_rejects_dom(None, "AbortError", rejecting(error))
        await harness.promise_rejects_js(None, TypeError, rejecting(TypeError()))
        await harness.promise_rejects_exactly(None, error, rejecting(error))

    asyncio.run(main())


def test_promise_rejects_messages() -> None:
    rejects_with(
        "promise_rejects_dom: flush Should have rejected, but resolved with None",
        harness.promise_rejects_dom(None, "AbortError", resolving(None), "flush"),
    )
    rejects_with(
        "promise_rejects_dom: expected AbortError but got EncodingError: m",
        harness.promise_rejects_dom(None, "AbortError", rejecting(DOMException("m", "EncodingError"))),
    )
    rejects_with(
        "promise_rejects_js: expected TypeError but got ValueError('x')",
        harness.promise_rejects_js(None, TypeError, rejecting(ValueError("x"))),
    )
    rejects_with(
        "promise_rejects_exactly: expected ValueError('x') itself but got ValueError('x')",
        harness.promise_rejects_exactly(None, ValueError("x"), rejecting(ValueError("x"))),
    )


def test_a_missing_feature_is_no_exception_that_was_expected() -> None:
    lack = OptionalFeatureUnsupportedError("no such thing")
    with pytest.raises(OptionalFeatureUnsupportedError):
        harness.assert_throws_js(TypeError, throwing(lack))
    with pytest.raises(OptionalFeatureUnsupportedError):
        asyncio.run(harness.promise_rejects_js(None, TypeError, rejecting(lack)))
