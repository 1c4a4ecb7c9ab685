"""The names that a module of scenarios imports: the vocabulary of testharness.js, in Python."""

from conformance.suite.assertions import (
    assert_approx_equals,
    assert_array_equals,
    assert_equals,
    assert_false,
    assert_greater_than,
    assert_greater_than_equal,
    assert_implements,
    assert_implements_optional,
    assert_in_array,
    assert_less_than,
    assert_less_than_equal,
    assert_not_equals,
    assert_precondition,
    assert_regexp_match,
    assert_throws_dom,
    assert_throws_exactly,
    assert_throws_js,
    assert_true,
    assert_unreached,
    promise_rejects_dom,
    promise_rejects_exactly,
    promise_rejects_js,
)
from conformance.suite.context import Test
from conformance.suite.event_watcher import EventWatcher
from conformance.suite.scenario import Collection, Variant

#: Every scenario of the suite whose module has been imported.
SCENARIOS = Collection()

promise_test = SCENARIOS.promise_test

__all__ = [
    "SCENARIOS",
    "EventWatcher",
    "Test",
    "Variant",
    "assert_approx_equals",
    "assert_array_equals",
    "assert_equals",
    "assert_false",
    "assert_greater_than",
    "assert_greater_than_equal",
    "assert_implements",
    "assert_implements_optional",
    "assert_in_array",
    "assert_less_than",
    "assert_less_than_equal",
    "assert_not_equals",
    "assert_precondition",
    "assert_regexp_match",
    "assert_throws_dom",
    "assert_throws_exactly",
    "assert_throws_js",
    "assert_true",
    "assert_unreached",
    "promise_rejects_dom",
    "promise_rejects_exactly",
    "promise_rejects_js",
    "promise_test",
]
